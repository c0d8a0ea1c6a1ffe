"""Facts over HTTP: a film's tracks as JSON, Web Annotations, WebVTT and Arrow, and everything in every format."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

import pyarrow as pa
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from cinedex import plugins
from cinedex.app.server.answering import ARROW, ascii_name, cached, cached_json
from cinedex.app.server.openapi import operation
from cinedex.app.server.service import Film, Given, Service
from cinedex.app.server.shapes import Rows
from cinedex.errors import NotFoundError, UsageError
from cinedex.formats.annotations import PRIVATE
from cinedex.formats.weblinks import annotation_page, track_vtt
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import KINDS, Tag
from cinedex.timeline.time import Time

router = APIRouter(prefix="/v1/films", tags=["facts"], generate_unique_id_function=operation)

_TYPES = {
    "json": "application/json",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "ad.vtt": "text/vtt",
    "ass": "text/x-ssa",
    "ttml": "application/ttml+xml",
    "otio": "application/json",
    "google-video": "application/json",
}
_ENDINGS = {"google-video": "json"}

Form = Literal["json", "annotation", "vtt", "arrow"]

_ANNOTATION = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'

GIVEN_OUT = sorted(set(KINDS) - PRIVATE)
"""Kinds that leave the library: not those by which somebody could be found elsewhere."""


def exports(service: Service) -> list[str]:
    """The formats that are installed."""
    return sorted(plugins.found("cinedex.formats", others=service.library.settings.plugins))


@router.get(
    "/{film}/tracks/{kind}",
    response_class=Response,
    responses={
        200: {
            "model": Rows,
            "content": {"text/vtt": {}, ARROW: {}, "application/ld+json": {}},
            "description": "The rows; `ETag` names exactly these, `Link` the next page.",
        },
        304: {"description": "The caller has them already."},
    },
)
def track(
    kind: str,
    movie: Film,
    service: Given,
    request: Request,
    form: Annotated[Form, Query(alias="format", description="annotation: W3C Web Annotations.")] = "json",
    begin: Annotated[float | None, Query(alias="from", ge=0, le=1e6, description="Seconds.")] = None,
    to: Annotated[float | None, Query(ge=0, le=1e6, description="Seconds.")] = None,
    text: Annotated[str, Query(max_length=200, description="Only rows whose text or label has this in it.")] = "",
    every: Annotated[int, Query(ge=1, le=100_000, description="Only every so many-th row, as curves need.")] = 1,
    after: Annotated[int, Query(ge=0, le=1 << 40, description="How many rows to pass over.")] = 0,
    limit: Annotated[int | None, Query(ge=1, le=100_000, description="1,000, but all as WebVTT and Arrow.")] = None,
) -> Response:
    """The rows of one kind, those that overlap a stretch if one is given; times in seconds, in Arrow in ticks."""
    table = _within(_table(kind, movie, service), movie, begin, to)
    table = _saying(table, text) if text else table
    table = table.take(pa.array(range(0, len(table), every), pa.int64())) if every > 1 else table
    total, most = len(table), limit or (1_000 if form in {"json", "annotation"} else len(table) or 1)
    page = table.slice(after, most)
    following = after + most if after + most < total else None
    next_page = str(request.url.include_query_params(after=following)) if following is not None else ""
    path = next_page.partition(request.url.netloc)[2]
    headers = {"Link": f'<{path}>; rel="next"'} if path else {}
    if form == "arrow":
        return cached(_arrow(page), ARROW, request, **headers)
    rows = page.to_pylist()
    if form == "vtt":
        return cached(track_vtt(kind, rows).encode(), "text/vtt", request, **headers)
    if form == "annotation":
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        media = f"/v1/films/{quote(movie.id)}/media"
        made = annotation_page(kind, rows, media=media, page=here, first=after, total=total, following=path)
        return cached_json(made, request, _ANNOTATION, **headers)
    told = {"kind": kind, "film": movie.id, "total": total, "next": following, "rows": [_plain(r) for r in rows]}
    return cached_json(told, request, **headers)


def _table(kind: str, movie: Movie, service: Service) -> pa.Table:
    row = KINDS.get(kind)
    if row is None or kind in PRIVATE:
        raise NotFoundError(f"no kind {kind!r} is given out", remedy=f"There are: {', '.join(GIVEN_OUT)}.")
    found = service.library.timeline(movie, None if row is Tag else (row,)).find(row)
    if found is None:
        raise NotFoundError(f"{kind!r} was never computed", film=movie.name, remedy="Ask for an analysis.")
    return found.table


def _within(table: pa.Table, movie: Movie, begin: float | None, to: float | None) -> pa.Table:
    if begin is None and to is None:
        return table
    first = Time.from_seconds(begin or 0)
    last = Time.from_seconds(to) if to is not None else max(movie.duration, first + 1)
    if last <= first:
        raise UsageError("the stretch ends before it begins")
    starts, ends = (table.column(n).to_numpy() for n in ("start", "end"))
    return table.filter(pa.array((starts < int(last)) & (ends > int(first))))


def _saying(table: pa.Table, text: str) -> pa.Table:
    name = next((n for n in ("text", "label") if n in table.column_names), None)
    if name is None:
        raise UsageError("rows of this kind have no text")
    wanted = text.casefold()
    return table.filter(pa.array([wanted in str(v).casefold() for v in table.column(name).to_pylist()], pa.bool_()))


def _arrow(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table)
    return bytes(sink.getvalue())


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    times = {n: Time(row[n]).seconds for n in ("start", "end", "at") if isinstance(row.get(n), int)}
    return {n: v for n, v in row.items() if not isinstance(v, bytes)} | times


@router.get(
    "/{film}/export",
    response_class=StreamingResponse,
    responses={200: {"content": {kind: {} for kind in sorted(set(_TYPES.values()))}, "description": "The file."}},
)
def export(
    movie: Film,
    service: Given,
    form: Annotated[str, Query(alias="format", min_length=1, max_length=60, description="See /v1/about.")] = "json",
    language: Annotated[str | None, Query(max_length=35, description="All cues in this language.")] = None,
) -> StreamingResponse:
    """The film's facts as a file of an installed format."""
    if form not in exports(service):
        raise UsageError(f"no format {form!r}", remedy=f"There are: {', '.join(exports(service))}.")
    if language is not None and not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", language):
        raise UsageError(f"{language!r} is no language", remedy="Write it as en, or pt-BR.")
    folder = tempfile.TemporaryDirectory(prefix="cinedex-export-")
    try:
        path = service.library.export(movie, form, Path(folder.name) / "film", language=language)
    except BaseException:
        folder.cleanup()
        raise
    ending = re.sub(r"[^A-Za-z0-9.]", "-", _ENDINGS.get(form, form))
    headers = {"Content-Disposition": f'attachment; filename="{ascii_name(movie)}.{ending}"'}
    kind = _TYPES.get(form, "application/octet-stream")
    return StreamingResponse(_sent(path, folder), media_type=kind, headers=headers)


def _sent(path: Path, folder: tempfile.TemporaryDirectory[str]) -> Iterator[bytes]:
    with folder, path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block
