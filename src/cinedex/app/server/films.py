"""Films over HTTP: list, add, look at, play, take facts out, remove."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from cinedex.app.server.service import Admin, Analyst, Film, Given, Reader, shown
from cinedex.app.tables import plan_facts
from cinedex.errors import NotFoundError, UsageError
from cinedex.formats.annotations import PRIVATE
from cinedex.formats.report import render_report
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import KINDS, Picture, Tag
from cinedex.timeline.time import Time

router = APIRouter(prefix="/v1/films", tags=["films"])

EXPORTS = ("json", "srt", "vtt", "otio", "google-video")

_TYPES = {
    "json": "application/json",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "otio": "application/json",
    "google-video": "application/json",
}

_ENDINGS = {"google-video": "json"}

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


class NewFilm(BaseModel):
    """A film to take in."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(min_length=1, max_length=4096, description="Where it is on the server, in an allowed folder.")


@router.get("")
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


@router.post("", status_code=201)
def add(new: NewFilm, service: Given, who: Analyst) -> dict[str, Any]:
    """Take a film in from an allowed folder of the server. The same content is the same film."""
    path = service.allowed(new.path)
    if not path.is_file():
        raise NotFoundError("there is no such file in the allowed folders")
    movie = service.library.add(path)
    service.state.note(who.name, "add film", f"{movie.id} {movie.name}")
    return shown(movie)


@router.get("/{film}")
def film(movie: Film, service: Given) -> dict[str, Any]:
    """One film, and what is known, missing and failed of it."""
    timeline = service.library.timeline(movie)
    tracks = [
        {"kind": kind, "stage": stage, "rows": len(track), "models": list(track.maker.models)}
        for (stage, kind), track in sorted(timeline.tracks.items())
        if kind not in PRIVATE
    ]
    return shown(movie) | {"tracks": tracks, "failures": timeline.failures}


@router.delete("/{film}", status_code=204)
def remove(film: str, service: Given, who: Admin) -> None:
    """Forget a film and all that is known of it; its file stays."""
    movie = service.library.find(film)
    service.library.remove(movie)
    service.state.note(who.name, "remove film", f"{movie.id} {movie.name}")


@router.get("/{film}/plan")
def plan(movie: Film, service: Given) -> dict[str, Any]:
    """What an analysis would do, and what it takes, before it is asked for."""
    return plan_facts(service.library.plan(movie))


@router.get("/{film}/tracks/{kind}", response_model=None)
def track(
    kind: str,
    movie: Film,
    service: Given,
    form: Annotated[Literal["json", "arrow"], Query(alias="format")] = "json",
    begin: Annotated[float | None, Query(alias="from", ge=0, le=1e6, description="Seconds.")] = None,
    to: Annotated[float | None, Query(ge=0, le=1e6, description="Seconds.")] = None,
) -> Response | dict[str, Any]:
    """The rows of one kind, those that overlap a stretch if one is given; times in seconds, in Arrow in ticks."""
    row = KINDS.get(kind)
    if row is None or kind in PRIVATE:
        raise NotFoundError(
            f"no kind {kind!r} is given out", remedy=f"There are: {', '.join(sorted(set(KINDS) - PRIVATE))}."
        )
    found = service.library.timeline(movie, None if row is Tag else (row,)).find(row)
    if found is None:
        raise NotFoundError(f"{kind!r} was never computed", film=movie.name, remedy="Ask for an analysis.")
    if begin is not None or to is not None:
        first = Time.from_seconds(begin or 0)
        last = Time.from_seconds(to) if to is not None else movie.duration
        if last <= first:
            raise UsageError("the stretch ends before it begins")
        starts, ends = found.column("start"), found.column("end")
        table = found.table.filter(pa.array((starts < int(last)) & (ends > int(first))))
    else:
        table = found.table
    if form == "arrow":
        return Response(_arrow(table), media_type="application/vnd.apache.arrow.stream")
    return {"kind": kind, "film": movie.id, "rows": [_plain(r) for r in table.to_pylist()]}


def _arrow(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table)
    return bytes(sink.getvalue())


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    times = {n: Time(row[n]).seconds for n in ("start", "end", "at") if isinstance(row.get(n), int)}
    return {n: v for n, v in row.items() if not isinstance(v, bytes)} | times


@router.get("/{film}/poster")
def poster(movie: Film, service: Given, request: Request) -> Response:
    """The still of the longest shot of the film's first half; nothing (204) before the film is analysed."""
    stills = service.library.timeline(movie, (Picture,)).find(Picture)
    rows = [p for p in stills.rows if p.role == "thumbnail"] if stills is not None else []
    if not rows:
        return Response(status_code=204)
    first = [p for p in rows if p.at * 2 <= movie.duration] or rows
    return _image(max(first, key=lambda p: p.end - p.start), request)


@router.get("/{film}/still")
def still(movie: Film, service: Given, request: Request, at: Annotated[float, Query(ge=0, le=1e6)] = 0) -> Response:
    """The still of the shot at a time, in seconds."""
    found = service.library.timeline(movie, (Picture,)).find(Picture)
    if found is None or not len(found):
        raise NotFoundError("this film has no stills yet", film=movie.name, remedy="Ask for an analysis.")
    place = int(np.searchsorted(found.column("start"), int(Time.from_seconds(at)), side="right")) - 1
    return _image(found[max(place, 0)], request)


def _image(best: Picture, request: Request) -> Response:
    tag = f'"{hashlib.sha256(best.data).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=60"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(best.data, media_type=f"image/{best.format}", headers=headers)


@router.get("/{film}/media", response_class=FileResponse)
def media(movie: Film) -> FileResponse:
    """The film itself, whole or in byte ranges (RFC 9110)."""
    path = Path(movie.uri)
    if not path.is_file():
        raise NotFoundError("the film's file is not where it was", film=movie.name, remedy="Add it again from there.")
    kind = _PLAYED.get(path.suffix.lower(), "application/octet-stream")
    return FileResponse(path, media_type=kind, headers={"Cache-Control": "private"})


@router.get("/{film}/report", response_class=HTMLResponse)
def report(movie: Film, service: Given) -> HTMLResponse:
    """The film's page: player, lanes, scenes, people, words."""
    timeline, names = service.library.told(movie)
    page = render_report(timeline, link="media", names=names)
    return HTMLResponse(page)


@router.get("/{film}/export", response_class=StreamingResponse)
def export(
    movie: Film,
    service: Given,
    form: Annotated[str, Query(alias="format", pattern="^[a-z-]{2,20}$")] = "json",
    language: Annotated[
        str | None,
        Query(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}$", description="All cues in it, as far as is known."),
    ] = None,
) -> StreamingResponse:
    """The film's facts as a file of an installed format. Nothing is translated for it that is not there."""
    if form not in EXPORTS:
        raise UsageError(f"no format {form!r}", remedy=f"There are: {', '.join(EXPORTS)}.")
    folder = tempfile.TemporaryDirectory(prefix="cinedex-export-")
    try:
        path = service.library.export(movie, form, Path(folder.name) / "film", language=language)
    except BaseException:
        folder.cleanup()
        raise
    headers = {"Content-Disposition": f'attachment; filename="{_ascii(movie)}.{_ENDINGS.get(form, form)}"'}
    return StreamingResponse(_sent(path, folder), media_type=_TYPES[form], headers=headers)


def _sent(path: Path, folder: tempfile.TemporaryDirectory[str]) -> Iterator[bytes]:
    with folder, path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block


def _ascii(movie: Movie) -> str:
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in Path(movie.name).stem)
    return stem.strip("-.") or movie.id[:16]
