"""Seeking readers: an open film decoded from key frames on, by several side by side where seeks lead somewhere."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, groupby
from types import TracebackType
from typing import Any, Self

from cinedex.media.convert import PictureMaker, geometry
from cinedex.media.outlet import Outlet
from cinedex.media.reading import BACK, Reading, reading
from cinedex.media.views import Looks
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Time

AHEAD = 16
"""Pictures that a reader is ahead of the one whose turn it is, at most."""


@dataclass(frozen=True, order=True)
class Wish:
    """One picture wanted by one consumer."""

    at: int
    row: int
    place: int
    name: str


@dataclass(frozen=True)
class Seen:
    """A picture, when it is shown, whose wishes it fulfils, and its pixels for each consumer by name."""

    wishes: Sequence[Wish]
    shown: Time
    pixels: Mapping[str, Any]


class Seeing:
    """What readers need to know: the film, each consumer's view, and whether wishes are times of frames."""

    def __init__(self, movie: Movie, views: Mapping[str, Looks], *, exact: bool) -> None:
        self.movie, self.views, self.exact = movie, dict(views), exact

    def seen(self, wishes: Sequence[Wish], seeker: Seeker, makers: Mapping[str, PictureMaker]) -> Iterator[Seen]:
        """The pictures of wishes in order of time, from one seek on; none where it shows that the film cannot seek."""
        at = [Time(wish.at) for wish in wishes]
        able = seeker.able
        pictures = seeker.pictures(at[0], only=set(at) if self.exact else None)
        first = next(pictures, None)
        if first is None or seeker.able != able:
            return
        for same, shown, frame in _matched(wishes, chain([first], pictures)):
            made: dict[int, Any] = {}
            for name in {w.name for w in same}:
                maker = makers[name]
                if id(maker) not in made:
                    made[id(maker)] = maker(frame)
                    made[id(maker)].flags.writeable = False
            yield Seen(same, shown, {w.name: made[id(makers[w.name])] for w in same})

    def makers(self) -> dict[str, PictureMaker]:
        """A maker of pixels for every consumer, one for all that want the same. They serve one thread."""
        video = self.movie.video
        shared: dict[Any, PictureMaker] = {}
        makers = {}
        for name, view in self.views.items():
            if video is not None:
                what = (geometry(video, view.height, view.width), view.format)
                makers[name] = shared.setdefault(what, PictureMaker(video, *what))
        return makers


class Lane(threading.Thread):
    """One reader in a thread of its own. After each group's pictures comes None; where seeks prove useless, the end."""

    def __init__(self, seeing: Seeing, groups: Sequence[Sequence[Wish]], stop: threading.Event) -> None:
        super().__init__(name="look", daemon=True)
        self.seeing, self.groups, self.stopped = seeing, groups, stop
        self.out: Outlet[Seen | None] = Outlet(AHEAD, stop)
        self.decoded = 0

    def run(self) -> None:
        """Read the groups one after another. What goes wrong goes out."""
        try:
            # One thread each: a decoder of several starts every seek with all but one of them idle.
            with Seeker(self.seeing.movie, threads=1) as seeker:
                try:
                    self._read(seeker, self.seeing.makers())
                finally:
                    self.decoded = seeker.decoded
        except Exception as error:  # noqa: BLE001 - it is raised where the pictures are taken
            self.out.end(error)
        else:
            self.out.end()

    def _read(self, seeker: Seeker, makers: Mapping[str, PictureMaker]) -> None:
        for group in self.groups:
            if self._done():
                return
            for seen in self.seeing.seen(group, seeker, makers):
                self.out.put(seen)
                if self._done():
                    return
            if not seeker.able:
                return
            self.out.put(None)

    def _done(self) -> bool:
        return self.stopped.is_set() or not self.out.open


def _matched(
    wishes: Sequence[Wish], pictures: Iterator[tuple[Time, Any]]
) -> Iterator[tuple[Sequence[Wish], Time, Any]]:
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


class Seeker:
    """An open film that is decoded from key frames on. Once seeks prove useless (`able`), it reads from the start."""

    def __init__(self, movie: Movie, *, threads: int) -> None:
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

    def pictures(self, first: Time, *, only: Collection[Time] | None) -> Iterator[tuple[Time, Any]]:
        """Decoded pictures in order, from one shown at `first` at the latest.

        With `only`, which are times of frames, perhaps no others than those.
        """
        for back in BACK[1:] if (self._source or self._reopen()).misdated else BACK:
            sought = self.able and self._seek(first - back)
            if not sought and back != BACK[-1] and first > back:
                continue
            if not sought:
                self._reopen()
                self.able = self.able and back != BACK[-1]
            pictures = self._decoded(only)
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

    def _decoded(self, only: Collection[Time] | None) -> Iterator[tuple[Time, Any]]:
        source = self._source
        if source is None:
            return
        for frame in _until(source, only):
            at = source.at(frame, source.video)
            if at is not None:
                yield at, frame


def _until(source: Reading, only: Collection[Time] | None) -> Iterator[Any]:
    """Frames, with `only` those shown at these times at least: once their packets are in, the decoder is drained.

    Pictures that are not asked for and that no other is made from need not be decoded: a third of a usual film.
    """
    stream: Any = source.video
    decoder = stream.codec_context
    asked = set() if only is None or source.reordered or source.misdated else set(only)
    left = set(asked)
    try:
        for packet in source.packets():
            at = source.at(packet, stream) if packet is not None and asked else None
            decoder.skip_frame = "DEFAULT" if at is None or at in asked else "NONREF"
            if packet is not None:
                yield from source.decode(packet)
            if at is not None:
                left.discard(at)
            if packet is None or (asked and not left):  # not all come in the order in which they are shown
                yield from source.drain(stream)
                return
    finally:
        decoder.skip_frame = "DEFAULT"
