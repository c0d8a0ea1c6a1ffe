"""Films that browsers cannot play, played: HLS (RFC 8216) of fragments made on demand, or one stream from a time on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from cinedex.app.server.answering import cached
from cinedex.app.server.openapi import operation
from cinedex.app.server.service import Film, Given
from cinedex.errors import NotFoundError
from cinedex.media.preview import LENGTH, count, span_of
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Time

router = APIRouter(prefix="/v1/films/{film}", tags=["playing"], generate_unique_id_function=operation)

_LIST = "application/vnd.apple.mpegurl"


@router.get(
    "/hls/index.m3u8",
    response_class=Response,
    responses={200: {"content": {_LIST: {}}, "description": "The film's fragments, four seconds each."}},
)
def hls(movie: Film, request: Request) -> Response:
    """The film as HLS: H.264 and AAC of at most 720 lines, whatever it is stored in."""
    _there(movie)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{round(LENGTH.seconds)}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="init.mp4"',
    ]
    for number in range(count(movie)):
        lines += [f"#EXTINF:{span_of(movie, number).duration.seconds:.6f},", f"seg-{number}.m4s"]
    return cached("\n".join([*lines, "#EXT-X-ENDLIST", ""]).encode(), _LIST, request)


@router.get(
    "/hls/init.mp4",
    response_class=Response,
    responses={200: {"content": {"video/mp4": {}}, "description": "What every fragment needs before it."}},
)
def hls_head(movie: Film, service: Given, request: Request) -> Response:
    """What a player reads before any fragment."""
    _there(movie)
    return cached(service.previews.get(movie, 0).head, "video/mp4", request)


@router.get(
    "/hls/seg-{number}.m4s",
    response_class=Response,
    responses={200: {"content": {"video/iso.segment": {}}, "description": "Four seconds of the film."}},
)
def hls_fragment(number: int, movie: Film, service: Given, request: Request) -> Response:
    """A fragment, made now unless it was asked for lately."""
    _there(movie)
    if not 0 <= number < count(movie):
        raise NotFoundError("there is no such fragment", film=movie.name, remedy=f"There are {count(movie)}.")
    return cached(service.previews.get(movie, number).body, "video/iso.segment", request)


@router.get(
    "/preview.mp4",
    response_class=StreamingResponse,
    responses={200: {"content": {"video/mp4": {}}, "description": "The film from there on, as it is made."}},
)
def preview(
    movie: Film,
    service: Given,
    start: Annotated[float, Query(alias="from", ge=0, le=1e6, description="Seconds.")] = 0,
) -> StreamingResponse:
    """The film from the fragment with a time on, for a `video` element; `X-Cinedex-From` says where it begins.

    What is played keeps the film's own times: a picture of minute ten says 600 s.
    """
    _there(movie)
    first = int(Time.from_seconds(start)) // int(LENGTH)
    if first >= count(movie):
        raise NotFoundError("the film has ended by then", film=movie.name, remedy=f"It lasts {movie.duration}.")
    began = service.previews.get(movie, first)  # so that what is wrong is said while it can be

    def told() -> Iterator[bytes]:
        yield began.head + began.body
        for number in range(first + 1, count(movie)):
            if service.worker.stop.is_set():
                return
            yield service.previews.get(movie, number).body

    headers = {"Cache-Control": "no-store", "X-Cinedex-From": f"{span_of(movie, first).start.seconds:g}"}
    return StreamingResponse(told(), media_type="video/mp4", headers=headers)


def _there(movie: Movie) -> None:
    if "://" not in movie.uri and not Path(movie.uri).is_file():
        raise NotFoundError("the film's file is not where it was", film=movie.name, remedy="Add it again from there.")
    if not count(movie):
        raise NotFoundError("the film has no length", film=movie.name, remedy="The file may be damaged.")
