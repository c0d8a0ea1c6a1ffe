"""Subtitles that come with a film: the text streams inside it, read in one go, and the files beside it as they are."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av.error

from cinedex.errors import CancelledError
from cinedex.media.container import opened
from cinedex.media.sidecars import content
from cinedex.media.views import CaptionChunk, Captions
from cinedex.timeline.movie import Movie, SubtitleStream
from cinedex.timeline.time import SECOND, Span, Time

MOST = 20_000
"""Entries of one stream."""

_LASTS = SECOND * 4
"""How long an entry is shown where nothing says it."""

_LONGEST = SECOND * 60

_STYLE = re.compile(r"\{\\[^{}]*\}")
"""FFmpeg gives every text as ASS: slanted words come between such marks."""

Entry = tuple[Span, str]


def captions(movie: Movie, view: Captions, stop: threading.Event) -> Iterator[CaptionChunk]:
    """A chunk for each text stream, then one for each file of the view."""
    yield from _streams(movie, stop)
    there = {s.name: s for s in movie.sidecars}
    for name, digest in view.files:
        data = content(Path(there[name].uri)) if name in there else b""
        if hashlib.sha256(data).hexdigest() == digest:
            yield CaptionChunk(name, None, data=data)
        else:
            yield CaptionChunk(name, None, fault="the file is gone or has changed since the film was taken in")


def _streams(movie: Movie, stop: threading.Event) -> Iterator[CaptionChunk]:
    wanted = {s.index: s for s in movie.subtitles if s.text}
    if not wanted:
        return
    if movie.joined:
        for stream in wanted.values():
            yield CaptionChunk(_name(stream), stream.language, fault="the film's clock restarts on the way")
        return
    entries: dict[int, list[Entry]] = {index: [] for index in wanted}
    faults: dict[int, str] = {}
    with opened(movie.uri, name=movie.name) as container:
        streams = [s for s in container.streams.subtitles if s.index in wanted]
        try:
            for packet in container.demux(streams):
                if stop.is_set():
                    raise CancelledError("interrupted", film=movie.name)
                index = packet.stream.index
                if packet.size and packet.pts is not None and len(entries[index]) < MOST:
                    try:
                        entries[index] += _entries(packet, movie)
                    except (av.error.FFmpegError, ValueError) as bad:
                        faults[index] = f"some of it cannot be read: {bad}"
        except (av.error.FFmpegError, OSError) as broken:
            faults |= dict.fromkeys(wanted, f"the film breaks off: {broken}")
    for index, stream in wanted.items():
        yield CaptionChunk(_name(stream), stream.language, tuple(entries[index]), fault=faults.get(index, ""))


def _entries(packet: Any, movie: Movie) -> Iterator[Entry]:
    """What one packet shows; its own time and length count."""
    start = Time.from_pts(packet.pts, packet.time_base) - movie.origin
    lasts = Time.from_pts(packet.duration, packet.time_base) if packet.duration and packet.duration > 0 else _LASTS
    for part in packet.decode():
        text = getattr(part, "dialogue", None)
        if text and start >= 0:
            yield Span(start, start + min(lasts, _LONGEST)), _STYLE.sub("", text.decode("utf-8", "replace"))


def _name(stream: SubtitleStream) -> str:
    return f"stream {stream.index}"
