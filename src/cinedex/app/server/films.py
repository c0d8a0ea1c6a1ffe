"""Films over HTTP: list, add, look at, play, take facts out, remove."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import Field

from cinedex.app.server import shapes
from cinedex.app.server.fetching import fetched
from cinedex.app.server.openapi import operation
from cinedex.app.server.ranges import stretch_of
from cinedex.app.server.service import Admin, Analyst, Film, Given, Reader, found_film, shown
from cinedex.app.tables import plan_facts
from cinedex.errors import NotFoundError, UsageError
from cinedex.formats.annotations import PRIVATE
from cinedex.formats.report import render_report
from cinedex.segments import process_movie_segment

router = APIRouter(prefix="/v1/films", tags=["films"], generate_unique_id_function=operation)

_PLAYED = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".ogv": "video/ogg",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
}

_UNKNOWN = "application/octet-stream"
_CONTENT: dict[str, Any] = {kind: {} for kind in sorted({*_PLAYED.values(), _UNKNOWN})}

SEGMENT_SECONDS = 120.0
"""The longest stretch that is processed while the caller waits."""


class NewFilm(shapes.Body):
    """A film to take in, by one of these."""

    path: str | None = Field(
        default=None, min_length=1, max_length=4096, description="Where it is on the server, in an allowed folder."
    )
    url: str | None = Field(
        default=None, min_length=1, max_length=4096, description="Where it is fetched from, of an allowed origin."
    )


@router.get("", response_model=shapes.Films)
def films(
    service: Given,
    _: Reader,
    text: Annotated[str, Query(max_length=200, description="Only films with this in their name.")] = "",
    after: Annotated[str, Query(max_length=128, description="The id that the page before ended with.")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> dict[str, Any]:
    """Films by name, a page at a time; `next` is the `after` of the next page."""
    found = [m for m in service.library.movies() if text.casefold() in m.name.casefold()]
    place = next((n + 1 for n, m in enumerate(found) if m.id == after), 0 if not after else len(found))
    page = found[place : place + limit]
    more = page[-1].id if place + limit < len(found) else None
    return {"films": [shown(m) for m in page], "total": len(found), "next": more}


@router.post("", status_code=201, response_model=shapes.Film)
def add(new: NewFilm, service: Given, who: Analyst) -> dict[str, Any]:
    """Take a film in from an allowed folder of the server, or fetch it. The same content is the same film."""
    if (new.path is None) == (new.url is None):
        raise UsageError("a film is added by its path or by its url", remedy="Say one of them.")
    if new.url is not None:
        movie = fetched(service, new.url)
        service.state.note(who.name, "fetch film", f"{movie.id} {movie.name}")
        return shown(movie)
    path = service.allowed(new.path or "")
    if not path.is_file():
        raise NotFoundError("there is no such file in the allowed folders")
    movie = service.library.add(path)
    service.state.note(who.name, "add film", f"{movie.id} {movie.name}")
    return shown(movie)


@router.get("/{film}", response_model=shapes.FilmFacts)
def film(movie: Film, service: Given) -> dict[str, Any]:
    """One film, and what is known, missing and failed of it."""
    facts, held = service.library.evidence(movie), dict(service.library.known.held(movie))
    held |= {n: (len(facts.tracks[n]), ()) for n in facts.tracks if n not in held}  # what was taught is stored nowhere
    tracks = [
        {"kind": kind, "stage": stage, "rows": rows, "models": list(models)}
        for (stage, kind), (rows, models) in sorted(held.items())
        if kind not in PRIVATE
    ]
    return shown(movie) | {"tracks": tracks, "failures": facts.failures}


@router.delete("/{film}", status_code=204)
def remove(film: str, service: Given, who: Admin) -> None:
    """Forget a film and all that is known of it; its file stays."""
    movie = found_film(service, film)
    service.library.remove(movie)
    service.state.note(who.name, "remove film", f"{movie.id} {movie.name}")


@router.get("/{film}/plan", response_model=shapes.PlanShape)
def plan(movie: Film, service: Given) -> dict[str, Any]:
    """What an analysis would do, and what it takes, before it is asked for."""
    facts = plan_facts(service.library.plan(movie))
    del facts["movie"]  # which says where the film lies on the server
    return facts | {"film": shown(movie)}


@router.get(
    "/{film}/media",
    response_class=FileResponse,
    responses={
        200: {"content": _CONTENT, "description": "The whole film."},
        206: {"content": _CONTENT | {"multipart/byteranges": {}}, "description": "The bytes that were asked for."},
        416: {"description": "It has no such bytes."},
    },
)
def media(movie: Film, request: Request) -> Response:
    """The film itself, whole or in byte ranges (RFC 9110)."""
    path = Path(movie.uri)
    kind = _PLAYED.get(path.suffix.lower(), _UNKNOWN)
    try:
        return stretch_of(path, kind, request)
    except OSError as gone:
        raise NotFoundError(
            "the film's file is not where it was", film=movie.name, remedy="Add it again from there."
        ) from gone


@router.get("/{film}/report", response_class=HTMLResponse)
def report(movie: Film, service: Given) -> HTMLResponse:
    """The film's page: player, lanes, scenes, people, words."""
    timeline, names = service.library.told(movie)
    page = render_report(timeline, link="media", names=names)
    return HTMLResponse(page)


class Stretch(shapes.Body):
    """A stretch of a film, in seconds."""

    start: float = Field(ge=0, le=1e6)
    end: float = Field(gt=0, le=1e6)


@router.post("/{film}/segment", response_model=shapes.SegmentShape)
def segment(new: Stretch, movie: Film, service: Given, who: Analyst) -> dict[str, Any]:
    """Process a stretch now: visual analysis, transcription, one vector of both, tags. At most two minutes of film."""
    if not 0 < new.end - new.start <= SEGMENT_SECONDS:
        raise UsageError("a stretch has up to two minutes", remedy="Ask for an analysis of the film: POST /v1/jobs.")
    with service.heavily():
        found = process_movie_segment(movie, new.start, new.end, library=service.library)
    service.state.note(who.name, "process segment", f"{movie.id} {new.start:g} {new.end:g}")
    return {f.name: getattr(found, f.name) for f in fields(found)}
