"""Looks: a few pictures of every row of a track by sparse seeks, grouped by key frame, delivered in order of time.

A look that may snap is moved to a key frame inside its own share of its row, which costs one decoded picture instead
of up to a whole group of pictures. Looks of several consumers at the same time share the decoding.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from types import TracebackType
from typing import Any, Self

import numpy as np

from cinedex.errors import CancelledError
from cinedex.media.decode import ending
from cinedex.media.outlet import Outlet
from cinedex.media.seeking import Lane, Seeing, Seeker, Seen, Wish
from cinedex.media.views import Look, Looks
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Frame, Row
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.track import Track

_READERS = 4
"""More would read a disk to pieces and hold ever more pictures."""

_TOGETHER = SECOND * 4
"""Without a frame index, looks no further apart than this are decoded in one go."""


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
    Each consumer gets its looks in order of time. What is seen of a row does not depend on the span. So many `readers`
    take turns with the key frames, each with the file open for itself.
    """

    def __init__(
        self,
        movie: Movie,
        views: Mapping[str, tuple[Looks, Track[Any]]],
        *,
        span: Span | None = None,
        index: Track[Frame] | None = None,
        readers: int = 2,
        stop: threading.Event | None = None,
    ) -> None:
        self.movie, self.views, self.readers = movie, dict(views), max(1, min(readers, _READERS))
        self.index = index if index is not None and len(index) else None
        self.stop = stop or threading.Event()
        self._outlets = {name: Outlet[Look](8, self.stop) for name in views}
        self.decoded = 0
        wishes = []
        for name, (view, track) in self.views.items():
            for number, row in enumerate(track.rows):
                if span is None or row.start in span:
                    times = look_times(row, view, self.index)
                    wishes += [Wish(int(t), number, place, name) for place, t in enumerate(times)]
        self._wishes = sorted(wishes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for outlet in self._outlets.values():
            outlet.end(CancelledError("the looks were left before their end", film=self.movie.name))

    def open(self, name: str) -> Outlet[Look]:
        """A consumer's looks; consume them in a thread of their own."""
        return self._outlets[name]

    def run(self) -> None:
        """Seek and decode until every look is delivered or every consumer has left."""
        with ending(self._outlets, self.movie, self.stop):
            if self._wishes and self.movie.video is not None:
                self._look()

    def _look(self) -> None:
        seeing = Seeing(self.movie, {n: v for n, (v, _) in self.views.items()}, exact=self.index is not None)
        groups = [] if self.movie.joined else list(self._groups())
        lanes = [Lane(seeing, groups[n :: self.readers], self.stop) for n in range(min(self.readers, len(groups)))]
        for lane in lanes:
            lane.start()
        try:
            done = 0
            while done < len(groups) and self._wanted() and self._took(lanes[done % len(lanes)]):
                done += 1
        finally:
            for lane in lanes:
                lane.out.close()
            for lane in lanes:
                lane.join()
                self.decoded += lane.decoded
        if rest := [w for g in groups[done:] for w in g] if groups else self._wishes:
            self._read_on(seeing, rest)

    def _took(self, lane: Lane) -> bool:
        """Deliver a reader's next group; False if it gave up before it, as it found no place to start from."""
        for seen in lane.out:
            if seen is None:
                return True
            self._deliver(seen)
            if not self._wanted():
                break
        return False

    def _read_on(self, seeing: Seeing, wishes: Sequence[Wish]) -> None:
        """Where seeks lead nowhere: one reading from the start to the last wish."""
        if not self._wanted():
            return
        with Seeker(self.movie, threads=self.readers) as seeker:
            seeker.able = False
            for seen in seeing.seen(wishes, seeker, seeing.makers()):
                self._deliver(seen)
                if not self._wanted():
                    break
            self.decoded += seeker.decoded

    def _wanted(self) -> bool:
        return not self.stop.is_set() and any(o.open for o in self._outlets.values())

    def _groups(self) -> Iterator[Sequence[Wish]]:
        """The wishes in lots that are best decoded in one go: those after the same key frame."""
        at = np.array([w.at for w in self._wishes], dtype=np.int64)
        if self.index is None:
            starts = np.flatnonzero(np.diff(at) > int(_TOGETHER)) + 1
        else:
            starts = np.flatnonzero(np.diff(np.searchsorted(_key_starts(self.index), at, side="right"))) + 1
        for first, last in pairwise([0, *starts.tolist(), len(at)]):
            yield self._wishes[first:last]

    def _deliver(self, seen: Seen) -> None:
        for wish in seen.wishes:
            self._outlets[wish.name].put(Look(wish.row, seen.shown, seen.pixels[wish.name]))
