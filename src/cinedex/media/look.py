"""Looks: a few pictures of every row of a track by sparse seeks, grouped by key frame, strictly forward.

A look that may snap is moved to a key frame inside its own share of its row, which costs one decoded picture instead
of up to a whole group of pictures. Looks of several consumers at the same time share the decoding.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import av
import av.error
import numpy as np

from cinedex.errors import CancelledError, CinedexError, MediaError
from cinedex.media.container import JUMPS, Clock, opened, picture_stream
from cinedex.media.convert import PictureMaker, geometry
from cinedex.media.decode import Outlet
from cinedex.media.views import Look, Looks
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Frame, Row
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.track import Track

_SEEK_WORTH = SECOND * 4
"""A target further ahead than this, with a key frame on the way, is sought instead of decoded to."""


@dataclass(frozen=True, order=True)
class _Wish:
    """One picture wanted by one consumer."""

    at: int
    row: int
    place: int
    name: str


def look_times(row: Row, view: Looks, index: Track[Frame] | None) -> list[Time]:
    """The frame times at which a row is looked at: the middles of `count` equal shares, snapped as the view allows."""
    length = int(row.end) - int(row.start)
    times = []
    for i in range(view.count):
        low = int(row.start) + length * i // view.count
        high = int(row.start) + length * (i + 1) // view.count
        times.append(_snapped(low, high, view.snap, index))
    return times


def _snapped(low: int, high: int, snap: bool, index: Track[Frame] | None) -> Time:
    middle = (low + high) // 2
    if index is None or not len(index):
        return Time(middle)
    starts = index.column("start")
    if snap:
        keys = _key_starts(index)
        first, last = np.searchsorted(keys, [low, high])
        if last > first:
            # The first frames after a cut may still carry the transition; the key frame nearest the middle is safest.
            inside = keys[first:last]
            return Time(int(inside[np.argmin(np.abs(inside - middle))]))
    shown = int(np.searchsorted(starts, middle, side="right")) - 1
    return Time(int(starts[max(shown, 0)]))


def _key_starts(index: Track[Frame]) -> Any:
    return index.column("start")[np.asarray(index.column("key"), dtype=bool)]


class LookPass:
    """Looks for any number of consumers in one forward reading. Use it as `Pass`: `open` per consumer, then `run`.

    `views` gives for each consumer its view and the track it looks at; rows are those that start inside `span`.
    Each consumer gets its looks in order of row, then time.
    """

    def __init__(
        self,
        movie: Movie,
        views: Mapping[str, tuple[Looks, Track[Any]]],
        *,
        span: Span | None = None,
        index: Track[Frame] | None = None,
        threads: int = 0,
        stop: threading.Event | None = None,
    ) -> None:
        self.movie, self.views, self.index, self.threads = movie, dict(views), index, threads
        self.stop = stop or threading.Event()
        self._outlets = {name: Outlet(8) for name in views}
        self.decoded = 0
        wishes = []
        for name, (view, track) in self.views.items():
            for number, row in enumerate(track.rows):
                if span is None or row.start in span:
                    times = look_times(row, view, index)
                    wishes += [_Wish(int(t), number, place, name) for place, t in enumerate(times)]
        self._wishes = sorted(wishes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for outlet in self._outlets.values():
            outlet.close()

    def open(self, name: str) -> Outlet:
        """A consumer's looks; consume them in a thread of their own."""
        return self._outlets[name]

    def run(self) -> None:
        """Seek and decode until every look is delivered or every consumer has left."""
        last: Exception | None = None
        try:
            if self._wishes:
                with opened(self.movie.uri, name=self.movie.name) as container:
                    self._read(container)
            if self.stop.is_set():
                last = CancelledError("interrupted", film=self.movie.name)
        except CinedexError as error:
            last = error
            raise
        except (av.error.FFmpegError, OSError, MemoryError, ValueError) as error:
            last = MediaError(f"decoding failed: {error}", film=self.movie.name, remedy="The file may be damaged.")
            raise last from error
        finally:
            for outlet in self._outlets.values():
                outlet.put(last, self.stop)

    def _read(self, container: Any) -> None:
        stream = picture_stream(container)
        if stream is None or self.movie.video is None:
            return
        for other in container.streams:
            if other is not stream:
                other.discard = av.stream.Discard.all
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = self.threads
        makers = self._makers()
        reader = _Forward(container, stream, self)
        waiting = 0
        while waiting < len(self._wishes) and not self.stop.is_set() and any(o.open for o in self._outlets.values()):
            at = self._wishes[waiting].at
            frame = reader.frame_at(Time(at))
            end = waiting
            while end < len(self._wishes) and self._wishes[end].at == at:
                end += 1
            if frame is not None:
                self._deliver(self._wishes[waiting:end], frame, reader.shown, makers)
            waiting = end

    def _makers(self) -> dict[str, PictureMaker]:
        video = self.movie.video
        shared: dict[Any, PictureMaker] = {}
        makers = {}
        for name, (view, _) in self.views.items():
            if video is not None:
                what = (geometry(video, view.height, view.width), view.format)
                makers[name] = shared.setdefault(what, PictureMaker(*what, video.rotation))
        return makers

    def _deliver(self, wishes: list[_Wish], frame: Any, shown: Time, makers: dict[str, PictureMaker]) -> None:
        made: dict[int, Any] = {}
        for wish in wishes:
            outlet, maker = self._outlets[wish.name], makers[wish.name]
            if not outlet.open:
                continue
            pixels = made.get(id(maker))
            if pixels is None:
                pixels = made[id(maker)] = maker(frame)
                pixels.flags.writeable = False
            outlet.put(Look(wish.row, shown, pixels), self.stop)


class _Forward:
    """Finds the frame that is shown at a time, going only forward, by seeking where that saves decoding."""

    def __init__(self, container: Any, stream: Any, owner: LookPass) -> None:
        self.container, self.stream, self.owner = container, stream, owner
        self.clock = Clock(stream, owner.movie.origin)
        self.keys = _key_starts(owner.index) if owner.index is not None else None
        self.may_seek = not any(JUMPS in w for w in owner.movie.warnings)
        self.frames = self._decoded()
        self.current: Any = None
        self.shown = Time(-1)
        self.upcoming: tuple[Time, Any] | None = None

    def frame_at(self, at: Time) -> Any | None:
        """The last frame that starts at or before `at` (the film's first one for earlier times)."""
        if self.may_seek and self._worth_seeking(at):
            self._seek(at)
        while True:
            if self.upcoming is None:
                self.upcoming = next(self.frames, None)
            if self.upcoming is None or (self.upcoming[0] > at and self.current is not None):
                return self.current
            self.shown, self.current = self.upcoming
            self.upcoming = None
            if self.shown >= at:
                return self.current

    def _worth_seeking(self, at: Time) -> bool:
        reached = self.upcoming[0] if self.upcoming is not None else self.shown
        if at <= reached:
            return False
        if self.keys is None:
            return at - reached > _SEEK_WORTH
        first, last = np.searchsorted(self.keys, [int(reached), int(at)], side="right")
        return bool(last > first)

    def _seek(self, at: Time) -> None:
        goal = at + self.owner.movie.origin
        base = self.stream.time_base
        offset = -(-int(goal) * base.denominator // (base.numerator * SECOND))
        try:
            self.container.seek(int(offset), stream=self.stream)
        except (av.error.FFmpegError, OSError):
            return
        self.clock = Clock(self.stream, self.owner.movie.origin)
        before = (self.shown, self.current)
        self.frames, self.upcoming, self.current = self._decoded(), None, None
        first = next(self.frames, None)
        if first is None or (first[0] > at and before[1] is not None):
            # The seek landed too late or nowhere: read on from the start of the film instead.
            self.may_seek = False
            self.container.seek(0)
            self.clock = Clock(self.stream, self.owner.movie.origin)
            self.frames, first = self._decoded(), None
        self.upcoming = first

    def _decoded(self) -> Iterator[tuple[Time, Any]]:
        packets = self.container.demux(self.stream)
        while not self.owner.stop.is_set():
            try:
                packet = next(packets, None)
            except (av.error.FFmpegError, OSError):
                return
            if packet is None:
                return
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, ValueError):
                continue
            for frame in frames:
                self.owner.decoded += 1
                if frame.pts is not None:
                    yield self.clock.film(frame.pts), frame
