"""Decoded sound as mono samples whose place on film time is exact, whatever was read before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from math import gcd
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from cinedex.media.reading import Reading, reading
from cinedex.media.views import SampleChunk
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, Rate, Span, Time

Floats = npt.NDArray[np.float32]

_ANCHOR = SECOND * 5
_LEAD = Time.from_seconds(0.25)
_PREROLL = Time.from_seconds(0.5)
_SKEW = SECOND * 10
_SLACK = 0.025
"""Seconds by which a time stamp may differ from the count before it is believed at once."""

_LOST = 0.5
"""Seconds of difference that mean a gap or an overlap, not rounding."""


def listen_from(start: Time) -> Time:
    """Where reading must start for samples from `start` on to be those of an uninterrupted reading."""
    return _anchor(start) - _PREROLL


def in_time(at: Time | None, start: Time, movie: Movie, stream: int, back: Time) -> bool:
    """Whether a reading whose first sound frame is at `at` began early enough for samples from `start` on.

    It did if that is before the fixed point ahead of `start`; a hole in the stream looks the same as a seek that
    landed too late, so from `_SKEW` further back on it is taken for one.
    """
    latest = max(_anchor(start), movie.audio[stream].start)
    return back >= _SKEW or (at is not None and at <= latest)


def _anchor(start: Time) -> Time:
    return Time(int(start) // int(_ANCHOR) * int(_ANCHOR)) - _LEAD


@dataclass(frozen=True)
class Grid:
    """Where a stream's frames lie if it runs through: `base` + k * `size` samples, to within `slack` of their stamps.

    Matroska, FLV and the like round time stamps to milliseconds; the frames' constant length gives the rest back.
    """

    base: int
    size: int
    slack: int

    @classmethod
    def of(cls, source: Reading, stream: int) -> Grid | None:
        """The grid of a stream whose time stamps are coarser than its samples and whose frames are equally long."""
        rate = source.movie.audio[stream].rate
        slack = int(source.sounds[stream].time_base * rate) + 1
        if slack < 2:
            return None
        with reading(source.movie, sounds=[stream]) as fresh:
            sound = fresh.sounds[stream]
            first = list(islice(fresh.frames(sound), 5))
            sizes = {f.samples for f in first[1:]}
            if len(first) < 5 or len(sizes) != 1 or (at := fresh.at(first[0], sound)) is None:
                return None
            return cls(_place(at, rate) + first[0].samples, sizes.pop(), slack)

    def snap(self, place: int) -> int:
        """The grid's place next to a time stamp's, if it is near enough to be the same."""
        exact = self.base + round((place - self.base) / self.size) * self.size
        return exact if abs(exact - place) <= self.slack else place


def _place(at: Time, rate: int) -> int:
    return round(Fraction(int(at) * rate, FLICKS_PER_SECOND))


class SoundMaker:
    """Turns a stream's decoded frames into mono float32 samples: sample n is heard at n / rate from film time 0.

    It gives exactly the samples of `span` up to the stream's end: silence fills a late start and gaps, overlaps are
    cut. Samples are counted, since many containers round their time stamps; the count is compared with the stamps at
    fixed points of film time only, so that a reading that starts before one of them gives from there on what an
    uninterrupted reading gives (but for codecs that make noise from a running state, as AAC may). The resampler is fed
    from a multiple of its period for the same reason. Channels are mixed by FFmpeg's standard down-mix.
    """

    def __init__(self, source: Reading, stream: int, *, rate: int, chunk: int, span: Span) -> None:
        sound = source.movie.audio[stream]
        self.rate, self.chunk = rate, chunk
        self.next = -(-int(span.start) * rate // FLICKS_PER_SECOND)
        last = min(span.end, sound.start + sound.duration)
        self.end = max(self.next, -(-int(last) * rate // FLICKS_PER_SECOND))
        self._grid = Grid.of(source, stream)
        self._mixer = _Mixer()
        self._buffer = np.zeros(chunk, dtype=np.float32)
        self._held = 0
        self._resampler: Any = None
        self._source = 0
        self._fed: int | None = None
        self._made = 0
        self._cell = 0

    @property
    def done(self) -> bool:
        """Whether all samples of the span are made."""
        return self.next + self._held >= self.end

    def push(self, frame: Any, at: Time | None) -> Iterator[SampleChunk]:
        """Take in a frame that starts at `at` (None: where the last one ended); gives the chunks that are full."""
        if frame.sample_rate != self._source:
            yield from self._drain()
            self._source, self._fed = frame.sample_rate, None
        samples = self._mixer(frame)
        place = self._where(at)
        cell, before = (place * FLICKS_PER_SECOND // self._source + int(_LEAD)) // int(_ANCHOR), self._cell
        self._cell = cell
        if self._fed is None or abs(place - self._fed) > self._source * _LOST:
            yield from self._drain()
            samples = self._begin(samples, place)
        elif cell != before or abs(place - self._fed) > self._source * _SLACK:
            samples = _fitted(samples, place - self._fed)
        yield from self._feed(samples)

    def finish(self) -> Iterator[SampleChunk]:
        """The rest, when the stream has ended; what it promised and did not hold is silence."""
        yield from self._drain()
        yield from self._pour(self.end, np.zeros(0, dtype=np.float32))
        if self._held:
            yield self._cut()

    def _where(self, at: Time | None) -> int:
        if at is None:
            return self._fed if self._fed is not None else 0
        place = _place(at, self._source)
        return self._grid.snap(place) if self._grid is not None else place

    def _begin(self, samples: Floats, place: int) -> Floats:
        """Start a resampler on a multiple of its period; silence fills up to the first sample."""
        period = self._source // gcd(self._source, self.rate)
        start = place // period * period
        self._fed, self._made = start, start * self.rate // self._source
        if self.rate != self._source:
            self._resampler = av.AudioResampler(format="flt", layout="mono", rate=self.rate)
        return np.pad(samples, (place - start, 0))

    def _feed(self, samples: Floats) -> Iterator[SampleChunk]:
        if not len(samples):
            return
        self._fed = (self._fed or 0) + len(samples)
        if self._resampler is None:
            made = [samples]
        else:
            made = [f.to_ndarray().reshape(-1) for f in self._resampler.resample(_frame(samples, self._source))]
        for part in made:
            start, self._made = self._made, self._made + len(part)
            yield from self._pour(start, part)

    def _drain(self) -> Iterator[SampleChunk]:
        if self._resampler is not None:
            rest, self._resampler = self._resampler.resample(None), None
            for frame in rest:
                part = frame.to_ndarray().reshape(-1)
                start, self._made = self._made, self._made + len(part)
                yield from self._pour(start, part)

    def _pour(self, start: int, samples: Floats) -> Iterator[SampleChunk]:
        """Put samples that begin at number `start` where they belong, after silence if that is further on."""
        have = self.next + self._held
        samples = samples[max(have - start, 0) : max(self.end - start, 0)]
        silent = min(start, self.end) - have
        while silent > 0 or len(samples):
            room = self.chunk - self._held
            if silent > 0:
                count = min(silent, room)
                self._buffer[self._held : self._held + count] = 0
                silent -= count
            else:
                count = min(len(samples), room)
                self._buffer[self._held : self._held + count] = samples[:count]
                samples = samples[count:]
            self._held += count
            if self._held == self.chunk:
                yield self._cut()

    def _cut(self) -> SampleChunk:
        chunk = SampleChunk(Rate(self.rate).time(self.next), self.rate, self._buffer[: self._held].copy())
        self.next, self._held = self.next + self._held, 0
        return chunk


class _Mixer:
    """Brings frames of any sample format and channel layout to mono float32 at their own rate."""

    def __init__(self) -> None:
        self._kind: tuple[Any, ...] = ()
        self._resampler: Any = None

    def __call__(self, frame: Any) -> Floats:
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind != self._kind:
            self._kind = kind
            self._resampler = av.AudioResampler(format="flt", layout="mono", rate=frame.sample_rate)
        stamp, frame.pts = frame.pts, None
        try:
            mixed: Floats = np.concatenate([f.to_ndarray().reshape(-1) for f in self._resampler.resample(frame)])
        finally:
            frame.pts = stamp
        return mixed


def _frame(samples: Floats, rate: int) -> Any:
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate = rate
    return frame


def _fitted(samples: Floats, off: int) -> Floats:
    """Samples that end where they should although they start `off` samples late (or early, below 0).

    A little is stretched, which nobody hears; more is filled with silence, or left out.
    """
    if off and abs(off) * 16 <= len(samples):
        count = len(samples)
        at = np.linspace(0, count - 1, count + off)
        return np.interp(at, np.arange(count), samples).astype(np.float32)
    return np.pad(samples, (off, 0)) if off >= 0 else samples[-off:]
