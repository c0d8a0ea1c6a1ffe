"""A stretch of a film as a film of its own: its packets copied from the key frame before it on, not encoded anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import av.error

from cinedex.errors import MediaError, UsageError
from cinedex.media.container import film_time, opened
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import SECOND, Span, Time

_TAIL = SECOND
"""How much after the end is copied too: pictures are stored out of order, and sound before or after its picture."""


def cut_segment(movie: Movie, span: Span, to: Path) -> Time:
    """Write a stretch as Matroska, and give the film time at which its file begins (at or before the stretch).

    Raises UsageError for a stretch outside the film, MediaError for streams that cannot be copied.
    """
    if not 0 <= span.start < span.end or span.start >= movie.duration:
        raise UsageError(
            f"the film has no stretch {span.start} to {span.end}",
            film=movie.name,
            remedy=f"It lasts {movie.duration}.",
        )
    try:
        with opened(movie.uri, name=movie.name) as source, av.open(str(to), "w", format="matroska") as target:
            return _copied(movie, span, source, target)
    except (av.error.FFmpegError, ValueError, OSError) as wrong:
        raise MediaError(
            f"the stretch cannot be cut out ({wrong})", film=movie.name, remedy="Analyse the whole film instead."
        ) from wrong


def _copied(movie: Movie, span: Span, source: Any, target: Any) -> Time:
    wanted = [*([movie.video.index] if movie.video is not None else []), *(a.index for a in movie.audio)]
    streams = [source.streams[i] for i in wanted]
    made = {s.index: target.add_stream_from_template(s) for s in streams}
    lead = streams[0]
    goal = int((span.start + movie.origin) / SECOND / lead.time_base) if span.start else 0
    if span.start:
        source.seek(goal, stream=lead)
    first: Time | None = None
    for packet in source.demux(streams):
        if packet.pts is None or packet.size == 0:
            continue
        at = film_time(packet.pts, packet.stream, movie.origin)
        if packet.stream is lead and first is None:
            first = at
        if packet.stream is lead and at >= span.end + _TAIL:
            break
        if first is None or (packet.stream is not lead and at >= span.end + _TAIL):
            continue
        if packet.stream is not lead and at < first:
            continue
        base = int((first + movie.origin) / SECOND / packet.time_base)
        packet.pts -= base
        packet.dts = None if packet.dts is None else packet.dts - base
        packet.stream = made[packet.stream.index]
        target.mux(packet)
    if first is None:
        raise MediaError("nothing of the stretch could be read", film=movie.name)
    return min(first, span.start)
