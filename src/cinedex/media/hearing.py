"""A sound stream's packets decoded so that what is heard at a time never depends on where reading began.

Decoders carry state from packet to packet, some even random numbers. So film time is divided into cells of five
seconds, and each cell is decoded anew from half a second ahead of it, in a pass over the whole film as after a seek.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from cinedex.media.reading import Reading, reading
from cinedex.timeline.movie import AudioStream
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, Time

Floats = npt.NDArray[np.float32]

CELL = SECOND * 5
"""Length of a cell: a whole number of samples at every rate."""

_AHEAD = Time.from_seconds(0.5)
"""Sound decoded before a cell, so that the decoder has settled when it begins."""

_LEAD = Time.from_seconds(0.1)
"""Sound read before what is decoded: the first packet after a seek may have the rest of another one stuck to it."""

_SETTLED = Time.from_seconds(0.25)
"""Sound before a cell that is handed on, for the resampler; its first frame fixes where the cell's samples lie."""

_BEYOND = Time.from_seconds(0.1)
"""Sound decoded after a cell, so that the resampler has all it needs for the cell's last sample."""

_SKEW = SECOND * 10
"""Seconds further back from which on a late first frame is taken for a hole in the stream, not for a bad seek."""

_RANDOM = {"aac", "ac3", "eac3", "mp2"}
"""Codecs whose decoders make noise or dither from a state that flushing does not reset; they are opened afresh."""


def listen_from(start: Time) -> Time:
    """Where reading must start for the sound from `start` on."""
    return Time(int(start) // int(CELL) * int(CELL)) - _AHEAD - _LEAD


def begins_with(start: Time, begins: Time) -> bool:
    """Whether sound from `start` on is decoded from the stream's very beginning, at `begins`."""
    return listen_from(start) <= begins


def in_time(at: Time | None, start: Time, source: Reading, stream: int, back: Time) -> bool:
    """Whether a reading whose first packet of a sound stream is at `at` began early enough for sound from `start`."""
    latest = max(listen_from(start) + _LEAD, source.movie.audio[stream].start)
    return back >= _SKEW or (at is not None and at <= latest)


@dataclass(frozen=True, slots=True)
class Heard:
    """Decoded sound: float32 samples at the stream's own rate, the first being number `place` from film time 0.

    `mono` is [n], `channels` [n, channels]; what nobody asked for is None.
    """

    cell: int
    place: int
    mono: Floats | None
    channels: Floats | None
    rate: int


class Hearing:
    """Decodes one sound stream from the cell of `start` on.

    `mono` mixes the channels by FFmpeg's standard down-mix, `channels` keeps each of them.
    """

    def __init__(self, source: Reading, number: int, start: Time, *, mono: bool = True, channels: bool = False) -> None:
        self.source, self.stream = source, source.sounds[number]
        self._cell = int(max(start, Time(0))) // int(CELL)
        self._grid = Grid.of(source, number)
        self._begins = source.movie.audio[number].start
        self._decoder: Any = self._fresh()
        self._mixer = _Mixer() if mono else None
        self._splitter = _Splitter(source.movie.audio[number]) if channels else None
        self._waiting: deque[tuple[Time, Any]] = deque()
        self._last = Time(-1 << 62)
        self._next: int | None = None

    def push(self, packet: Any) -> Iterator[Heard]:
        """Take a packet in. What it gives may begin before its cell: the resampler needs that, nobody else does."""
        at = self.source.at(packet, self.stream)
        self._last = at = at if at is not None else self._last
        while at >= (self._cell + 1) * CELL + _BEYOND:
            yield from self._next_cell(at)
        if at + self._length(packet) < self._cell * CELL - _AHEAD:
            return
        self._waiting.append((at, packet))
        while self._waiting and self._waiting[0][0] < at - _AHEAD - _BEYOND - SECOND:
            self._waiting.popleft()
        yield from self._decoded(packet)

    def finish(self) -> Iterator[Heard]:
        """The rest, when the stream has ended."""
        if self._last >= (self._cell + 1) * CELL - _AHEAD:
            yield from self._drained()
            yield from self._next_cell(self._last)
        yield from self._drained()

    def _next_cell(self, at: Time) -> Iterator[Heard]:
        self._cell += 1
        start = self._cell * CELL - _AHEAD
        while self._waiting and self._waiting[0][0] + self._length(self._waiting[0][1]) < start:
            self._waiting.popleft()
        if not self._waiting:
            self._cell = max(self._cell, int(at - _BEYOND) // int(CELL))
        self._decoder, self._next = self._fresh(), None
        for _, packet in self._waiting:
            yield from self._decoded(packet)

    def _length(self, packet: Any) -> Time:
        return Time.from_pts(packet.duration or 0, self.stream.time_base)

    def _fresh(self) -> Any:
        """A decoder without a past; None for the stream's own, which alone knows how much to leave out at its start."""
        context = self.stream.codec_context
        if begins_with(self._cell * CELL, self._begins):
            return None
        if context.codec.canonical_name not in _RANDOM:
            context.flush_buffers()
            return None
        decoder = av.CodecContext.create(context.codec.name, "r")
        decoder.extradata = context.extradata
        decoder.sample_rate = context.sample_rate
        if context.layout.nb_channels:
            decoder.layout = context.layout
        return decoder

    def _decoded(self, packet: Any) -> Iterator[Heard]:
        yield from self._heard(self.source.decode(packet, self._decoder))

    def _drained(self) -> Iterator[Heard]:
        yield from self._heard(self.source.drain(self.stream, self._decoder))

    def _heard(self, frames: list[Any]) -> Iterator[Heard]:
        for frame in frames:
            at = self.source.at(frame, self.stream)
            mono = self._mixer(frame) if self._mixer is not None else None
            channels = self._splitter(frame) if self._splitter is not None else None
            rate = frame.sample_rate
            place = self._next or 0 if at is None else place_of(at, rate)
            if at is not None and self._grid is not None:
                place = self._grid.snap(place)
            self._next = place + next(len(s) for s in (mono, channels) if s is not None)
            if self._next > place_of(self._cell * CELL - _SETTLED, rate):
                yield Heard(self._cell, place, mono, channels, rate)


@dataclass(frozen=True)
class Grid:
    """Where a stream's frames lie if it runs through: `base` + k * `size` samples, to within `slack` of their stamps.

    Matroska, FLV and the like round time stamps to milliseconds; the frames' constant length gives the rest back.
    """

    base: int
    size: int
    slack: int

    @classmethod
    def of(cls, source: Reading, number: int) -> Grid | None:
        """The grid of a stream whose time stamps are coarser than its samples and whose frames are equally long."""
        rate = source.movie.audio[number].rate
        slack = int(source.sounds[number].time_base * rate) + 1
        if slack < 2:
            return None
        with reading(source.movie, sounds=[number]) as fresh:
            sound = fresh.sounds[number]
            first = list(islice(fresh.frames(sound), 5))
            sizes = {f.samples for f in first[1:]}
            if len(first) < 5 or len(sizes) != 1 or (at := fresh.at(first[0], sound)) is None:
                return None
            return cls(place_of(at, rate) + first[0].samples, sizes.pop(), slack)

    def snap(self, place: int) -> int:
        """The grid's place next to a time stamp's, if it is near enough to be the same."""
        exact = self.base + round((place - self.base) / self.size) * self.size
        return exact if abs(exact - place) <= self.slack else place


def place_of(at: Time, rate: int) -> int:
    """The number of the sample at a time."""
    return round(Fraction(int(at) * rate, FLICKS_PER_SECOND))


class _Mixer:
    """Brings frames of any sample format and channel layout to mono float32 at their own rate."""

    def __init__(self) -> None:
        self._kind: tuple[Any, ...] = ()
        self._resampler: Any = None

    def __call__(self, frame: Any) -> Floats:
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind != self._kind:
            self._kind = kind
            how = {"rematrix_maxval": "1.0"}  # else loud channels add up beyond full scale
            self._resampler = av.AudioResampler(format="flt", layout="mono", rate=frame.sample_rate, options=how)
        stamp, frame.pts = frame.pts, None
        try:
            mixed: Floats = np.concatenate([f.to_ndarray().reshape(-1) for f in self._resampler.resample(frame)])
        finally:
            frame.pts = stamp
        return mixed


class _Splitter:
    """Brings frames of any sample format to float32 [n, channels] in the stream's layout, at their own rate."""

    def __init__(self, sound: AudioStream) -> None:
        self.sound = sound
        self._kind: tuple[Any, ...] = ()
        self._resampler: Any = None

    def __call__(self, frame: Any) -> Floats:
        if frame.layout.name != self.sound.layout:
            frame = self._laid_out(frame)
        values = frame.to_ndarray()
        if frame.format.is_planar:
            values = values.T
        values = values.reshape(-1, self.sound.channels)
        if values.dtype.kind == "u":
            return np.asarray((values.astype(np.float32) - 128) / 128)
        full = 1.0 if values.dtype.kind == "f" else float(-np.iinfo(values.dtype).min)
        return np.asarray(values, dtype=np.float32) / np.float32(full)

    def _laid_out(self, frame: Any) -> Any:
        """A frame whose layout is not that of the stream's first one, mixed to it."""
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind != self._kind:
            self._kind = kind
            how = {"rematrix_maxval": "1.0"}
            self._resampler = av.AudioResampler(
                format="flt", layout=self.sound.layout, rate=frame.sample_rate, options=how
            )
        frame.pts = None  # nobody needs it any more, and the resampler would fill gaps by it
        parts = [f.to_ndarray().reshape(1, -1) for f in self._resampler.resample(frame)]
        mixed = av.AudioFrame.from_ndarray(np.concatenate(parts, axis=1), format="flt", layout=self.sound.layout)
        mixed.sample_rate = frame.sample_rate
        return mixed


def channel_names(layout: str, count: int) -> tuple[str, ...]:
    """The channels of a layout by FFmpeg's names ('FL', 'LFE'); of one that names none, those usual for so many."""
    names = tuple(c.name for c in av.AudioLayout(layout).channels)
    if "NONE" in names and count in _USUAL:
        names = tuple(c.name for c in av.AudioLayout(_USUAL[count]).channels)
    return names


_USUAL = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
