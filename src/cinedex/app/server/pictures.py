"""Pictures over HTTP: a film's poster, the still at a time, sheets of stills for a player's bar, portraits."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any
from urllib.parse import quote

import numpy as np
from fastapi import APIRouter, Query, Request, Response

from cinedex.app.server.answering import cached
from cinedex.app.server.openapi import operation
from cinedex.app.server.service import Film, Given, Service
from cinedex.errors import NotFoundError
from cinedex.formats.storyboard import Storyboard, storyboard
from cinedex.media.image import smaller
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Picture
from cinedex.timeline.time import Time

router = APIRouter(prefix="/v1/films", tags=["pictures"], generate_unique_id_function=operation)

_IMAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}}, "description": "The picture."},
    304: {"description": "It is the same."},
}
_NOTHING: dict[int | str, dict[str, Any]] = {204: {"description": "The film was not analysed yet."}}

Height = Annotated[int | None, Query(ge=16, le=2160, description="Pixels at most; else as it is kept.")]


@router.get("/{film}/poster", response_class=Response, responses=_IMAGE | _NOTHING)
def poster(movie: Film, service: Given, request: Request, height: Height = None) -> Response:
    """The still of the longest shot of the film's first half; nothing (204) before the film is analysed."""
    stills = service.library.timeline(movie, (Picture,)).find(Picture)
    rows = [p for p in stills.rows if p.role == "thumbnail"] if stills is not None else []
    if not rows:
        return Response(status_code=204)
    first = [p for p in rows if p.at * 2 <= movie.duration] or rows
    return _image(max(first, key=lambda p: p.end - p.start), service, request, height)


@router.get("/{film}/still", response_class=Response, responses=_IMAGE)
def still(
    movie: Film,
    service: Given,
    request: Request,
    at: Annotated[float, Query(ge=0, le=1e6, description="Seconds.")] = 0,
    height: Height = None,
) -> Response:
    """The still of the shot at a time."""
    found = service.library.timeline(movie, (Picture,)).find(Picture)
    if found is None or not len(found):
        raise NotFoundError("this film has no stills yet", film=movie.name, remedy="Ask for an analysis.")
    place = int(np.searchsorted(found.column("start"), int(Time.from_seconds(at)), side="right")) - 1
    return _image(found[max(place, 0)], service, request, height)


def _image(best: Picture, service: Service, request: Request, height: int | None) -> Response:
    if height is None or height >= best.height:
        return cached(best.data, f"image/{best.format}", request)
    try:
        key = f"{hashlib.sha256(best.data).hexdigest()}-{height}"
        return cached(service.pictures.made(key, lambda: smaller(best.data, height)), "image/jpeg", request)
    except ValueError:
        return cached(best.data, f"image/{best.format}", request)


@router.get(
    "/{film}/storyboard.vtt",
    response_class=Response,
    responses={200: {"content": {"text/vtt": {}}, "description": "Which tile of which sheet is shown when."}},
)
def storyboard_times(movie: Film, service: Given, request: Request) -> Response:
    """The film's storyboard as WebVTT, as players show it over their bar."""
    board = _board(movie, service)
    address = f"/v1/films/{quote(movie.id)}/storyboard/{{}}.jpg"
    return cached(board.vtt(address).encode(), "text/vtt", request)


@router.get("/{film}/storyboard/{sheet}.jpg", response_class=Response, responses=_IMAGE)
def storyboard_sheet(sheet: int, movie: Film, service: Given, request: Request) -> Response:
    """One sheet of the storyboard."""
    board = _board(movie, service)
    if not 0 <= sheet < board.sheets:
        raise NotFoundError("there is no such sheet", film=movie.name, remedy=f"There are {board.sheets}.")
    shown = [t for t in board.tiles if t.sheet == sheet]
    digest = hashlib.sha256(b"".join(t.picture.data for t in shown)).hexdigest()

    def made() -> bytes:
        with service.heavily():
            return board.jpeg(sheet)

    return cached(service.pictures.made(f"{digest}-sheet-{board.width}x{board.height}", made), "image/jpeg", request)


def _board(movie: Movie, service: Given) -> Storyboard:
    try:
        return storyboard(service.library.timeline(movie, (Picture,)))
    except LookupError as missing:
        raise NotFoundError("this film has no stills yet", film=movie.name, remedy="Ask for an analysis.") from missing
