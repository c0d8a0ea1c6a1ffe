"""Looks: a few pictures of every row of a track by sparse seeks, grouped by key frame, strictly forward.

A look that may snap is moved to a key frame inside its own share of its row, which costs one decoded picture instead
of up to a whole group of pictures. Looks of several consumers at the same time share the decoding.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from types import TracebackType
from typing import Any, Self

import numpy as np

from cinedex.errors import CancelledError
from cinedex.media.convert import PictureMaker, geometry
from cinedex.media.decode import ending
from cinedex.media.outlet import Outlet
from cinedex.media.reading import BACK, Reading, reading
from cinedex.media.views import Look, Looks
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Frame, Row
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.track import Track

_TOGETHER = SECOND * 4
"""Without a frame index, looks no further apart than this are decoded in one go."""


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
    if snap:
        keys = _key_starts(index)
        first, last = np.searchsorted(keys, [low, high])
        if last > first:
            # The first frames after a cut may still carry the transition; the key frame nearest the middle is safest.
            inside = keys[first:last]
            return Time(int(inside[np.argmin(np.abs(inside - middle))]))
    starts = index.column("start")
    shown = int(np.searchsorted(starts, middle, side="right")) - 1
    return Time(int(starts[max(shown, 0)]))


def _key_starts(index: Track[Frame]) -> Any:
    return index.column("start")[np.asarray(index.column("key"), dtype=bool)]


class LookPass:
    """Looks for any number of consumers in one forward reading. Use it as `Pass`: `open` per consumer, then `run`.

    `views` gives for each consumer its view and the track it looks at; rows are those that start inside `span`.
    Each consumer gets its looks in order of time. What is seen of a row does not depend on the span.
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
        self.movie, self.views, self.threads = movie, dict(views), threads
        self.index = index if index is not None and len(index) else None
        self.stop = stop or threading.Event()
        self._outlets = {name: Outlet(8, self.stop) for name in views}
        self.decoded = 0
        wishes = []
        for name, (view, track) in self.views.items():
            for number, row in enumerate(track.rows):
                if span is None or row.start in span:
                    times = look_times(row, view, self.index)
                    wishes += [_Wish(int(t), number, place, name) for place, t in enumerate(times)]
        self._wishes = sorted(wishes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for outlet in self._outlets.values():
            outlet.end(CancelledError("the looks were left before their end", film=self.movie.name))

    def open(self, name: str) -> Outlet:
        """A consumer's looks; consume them in a thread of their own."""
        return self._outlets[name]

    def run(self) -> None:
        """Seek and decode until every look is delivered or every consumer has left."""
        with ending(self._outlets, self.movie, self.stop):
            if self._wishes and self.movie.video is not None:
                self._look()

    def _look(self) -> None:
        makers = self._makers()
        with _Seeker(self.movie, self.threads) as seeker:
            left = self._wishes
            while left and self._wanted():
                count = self._together(left) if seeker.able else len(left)
                group, left = left[:count], left[count:]
                at = [Time(wish.at) for wish in group]
                pictures = seeker.pictures(at[0], at[-1], only=set(at) if self.index is not None else None)
                for wishes, shown, frame in _matched(group, pictures):
                    self._deliver(wishes, shown, frame, makers)
                    if not self._wanted():
                        break
            self.decoded = seeker.decoded

    def _wanted(self) -> bool:
        return not self.stop.is_set() and any(o.open for o in self._outlets.values())

    def _together(self, wishes: Sequence[_Wish]) -> int:
        """How many of the next wishes are best decoded in one go: those after the same key frame."""
        if self.index is None:
            near = (n for n, w in enumerate(wishes) if n and w.at - wishes[n - 1].at > _TOGETHER)
            return next(near, len(wishes))
        keys = _key_starts(self.index)
        following = np.searchsorted(keys, wishes[0].at, side="right")
        if following == len(keys):
            return len(wishes)
        return next((n for n, w in enumerate(wishes) if w.at >= keys[following]), len(wishes))

    def _makers(self) -> dict[str, PictureMaker]:
        video = self.movie.video
        shared: dict[Any, PictureMaker] = {}
        makers = {}
        for name, (view, _) in self.views.items():
            if video is not None:
                what = (geometry(video, view.height, view.width), view.format)
                makers[name] = shared.setdefault(what, PictureMaker(video, *what))
        return makers

    def _deliver(self, wishes: Sequence[_Wish], shown: Time, frame: Any, makers: Mapping[str, PictureMaker]) -> None:
        made: dict[int, Any] = {}
        for wish in wishes:
            outlet, maker = self._outlets[wish.name], makers[wish.name]
            if not outlet.open:
                continue
            pixels = made.get(id(maker))
            if pixels is None:
                pixels = made[id(maker)] = maker(frame)
                pixels.flags.writeable = False
            outlet.put(Look(wish.row, shown, pixels))


def _matched(
    wishes: Sequence[_Wish], pictures: Iterator[tuple[Time, Any]]
) -> Iterator[tuple[Sequence[_Wish], Time, Any]]:
    """Each wish with the picture that is shown at its time: the last to start by then, or else the first."""
    times = deque((Time(at), list(same)) for at, same in groupby(wishes, key=lambda w: w.at))
    last: tuple[Time, Any] | None = None
    for shown, frame in pictures:
        while times and times[0][0] < shown:
            yield times.popleft()[1], *(last or (shown, frame))
        if times and times[0][0] == shown:
            yield times.popleft()[1], shown, frame
        if not times:
            return
        last = shown, frame
    while times and last is not None:
        yield times.popleft()[1], *last


class _Seeker:
    """An open film that is decoded from key frames on. Once seeks prove useless (`able`), it reads from the start."""

    def __init__(self, movie: Movie, threads: int) -> None:
        self.movie, self.threads = movie, threads
        self.able = not movie.joined
        self._stack = ExitStack()
        self._source: Reading | None = None
        self._earlier = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def decoded(self) -> int:
        """Pictures decoded so far."""
        return self._earlier + (self._source.decoded if self._source is not None else 0)

    def pictures(self, first: Time, last: Time, *, only: Collection[Time] | None) -> Iterator[tuple[Time, Any]]:
        """Decoded pictures in order, from one shown at `first` at the latest.

        With `only`, which are times of frames, none after `last`, and of those between perhaps no others.
        """
        for back in BACK:
            sought = self.able and self._seek(first - back)
            if not sought and back != BACK[-1] and first > back:
                continue
            if not sought:
                self._reopen()
                self.able = self.able and first <= back
            pictures = self._decoded(last, only)
            start = next(pictures, None)
            if start is not None and (not sought or (start[0] <= first and start[1].key_frame)):
                yield start
                yield from pictures
                return

    def _seek(self, to: Time) -> bool:
        return (self._source or self._reopen()).seek(to)

    def _reopen(self) -> Reading:
        self._earlier = self.decoded
        self._stack.close()
        self._source = self._stack.enter_context(reading(self.movie, video=True, threads=self.threads))
        return self._source

    def _decoded(self, last: Time, only: Collection[Time] | None) -> Iterator[tuple[Time, Any]]:
        source = self._source
        if source is None:
            return
        for frame in _until(source, last, only):
            at = source.at(frame, source.video)
            if at is not None:
                yield at, frame


def _until(source: Reading, last: Time, only: Collection[Time] | None) -> Iterator[Any]:
    """Frames, with `only` up to the one shown at `last`: once its packet is in, the decoder is drained and fed no more.

    Pictures that are not asked for and that no other is made from need not be decoded: a third of a usual film.
    """
    stream: Any = source.video
    decoder = stream.codec_context
    asked = set() if only is None or source.reordered else set(only)
    try:
        for packet in source.packets():
            at = source.at(packet, stream) if packet is not None and asked else None
            decoder.skip_frame = "DEFAULT" if at is None or at in asked else "NONREF"
            if packet is not None:
                yield from source.decode(packet)
            if packet is None or (at is not None and at == last):
                yield from source.drain(stream)
                return
    finally:
        decoder.skip_frame = "DEFAULT"
