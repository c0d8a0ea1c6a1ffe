"""Decoded sound at the rate asked for: samples whose place on film time is exact, in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import Any

import av
import numpy as np

from cinedex.media.hearing import CELL, Floats, Heard
from cinedex.media.views import SampleChunk
from cinedex.timeline.movie import AudioStream
from cinedex.timeline.time import FLICKS_PER_SECOND, Rate, Span

_SLACK = 0.025
"""Seconds by which a time stamp may differ from the count of samples before it is believed."""

_LOST = 0.5
"""Seconds of difference that mean a gap or an overlap, not rounding."""


class SampleMaker:
    """Makes the samples of `span`, as far as the stream goes: sample n is heard at n / rate from film time 0.

    Silence fills a late start and gaps, overlaps are cut. Within a cell samples are counted, since many containers
    round their time stamps. The resampler is fed from a multiple of its period, so that its phase is always the same.
    """

    def __init__(self, sound: AudioStream, *, rate: int | None, chunk: int, span: Span, mixed: bool = True) -> None:
        self.rate = rate = rate or sound.rate
        self.chunk, self.mixed = chunk, mixed
        self.layout = "mono" if mixed else sound.layout
        self._shape: tuple[int, ...] = () if mixed else (sound.channels,)
        self.next = -(-int(span.start) * rate // FLICKS_PER_SECOND)
        last = min(span.end, sound.start + sound.duration)
        self.end = max(self.next, -(-int(last) * rate // FLICKS_PER_SECOND))
        self._buffer = np.zeros((chunk, *self._shape), dtype=np.float32)
        self._held = 0
        self._resampler: Any = None
        self._kind = (-1, 0)
        self._fed: int | None = None
        self._made = 0

    @property
    def done(self) -> bool:
        """Whether all samples of the span are made."""
        return self.next + self._held >= self.end

    def push(self, heard: Heard) -> Iterator[SampleChunk]:
        """Take decoded sound in; gives the chunks that are full."""
        if (heard.cell, heard.rate) != self._kind:
            yield from self._drain()
            self._kind, self._fed = (heard.cell, heard.rate), None
        samples = heard.mono if self.mixed else heard.channels
        if samples is None:
            raise ValueError("the sound was not decoded in the shape that is asked for")
        off = heard.place - (self._fed or 0)
        if self._fed is None or abs(off) > heard.rate * _LOST:
            yield from self._drain()
            samples = self._begin(samples, heard.place)
        elif abs(off) > heard.rate * _SLACK:
            samples = _late(samples, off) if off > 0 else samples[-off:]
        yield from self._feed(samples)

    def finish(self) -> Iterator[SampleChunk]:
        """The rest, when the stream has ended; what it promised and did not hold is silence."""
        yield from self._drain()
        yield from self._pour(self.end, self._buffer[:0])
        if self._held:
            yield self._cut()

    def _begin(self, samples: Floats, place: int) -> Floats:
        """Start a resampler on a multiple of its period; silence fills up to the first sample."""
        source = self._kind[1]
        period = source // gcd(source, self.rate)
        start = place // period * period
        self._fed, self._made = start, start * self.rate // source
        if self.rate != source:
            self._resampler = av.AudioResampler(format="flt", layout=self.layout, rate=self.rate)
        return _late(samples, place - start)

    def _feed(self, samples: Floats) -> Iterator[SampleChunk]:
        if not len(samples):
            return
        self._fed = (self._fed or 0) + len(samples)
        if self._resampler is None:
            yield from self._made_of(samples)
            return
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout=self.layout)
        frame.sample_rate = self._kind[1]
        for part in self._resampler.resample(frame):
            yield from self._made_of(part.to_ndarray().reshape(-1, *self._shape))

    def _drain(self) -> Iterator[SampleChunk]:
        if self._resampler is not None:
            rest, self._resampler = self._resampler.resample(None), None
            for part in rest:
                yield from self._made_of(part.to_ndarray().reshape(-1, *self._shape))

    def _made_of(self, samples: Floats) -> Iterator[SampleChunk]:
        """Keep what lies in the cell."""
        start, self._made = self._made, self._made + len(samples)
        first = self._kind[0] * int(CELL) * self.rate // FLICKS_PER_SECOND
        last = first + int(CELL) * self.rate // FLICKS_PER_SECOND
        low = max(first - start, 0)
        inside = samples[low : max(last - start, 0)]
        if len(inside):
            yield from self._pour(start + low, inside)

    def _pour(self, start: int, samples: Floats) -> Iterator[SampleChunk]:
        """Put samples that begin at number `start` where they belong, after silence if that is further on."""
        have = self.next + self._held
        silent = min(start, self.end) - have
        samples = samples[max(have - start, 0) : max(self.end - start, 0)]
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


def _late(samples: Floats, count: int) -> Floats:
    """The samples after `count` silent ones."""
    return np.pad(samples, ((count, 0), *[(0, 0)] * (samples.ndim - 1)))
