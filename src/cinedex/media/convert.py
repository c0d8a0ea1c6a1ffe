"""Decoded frames as the arrays that stages see: pictures scaled and upright, sound resampled on film time's grid."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import gcd
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from cinedex.media.container import Clock
from cinedex.media.views import PixelFormat, SampleChunk
from cinedex.timeline.movie import VideoStream
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, Rate, Time

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_HD_HEIGHT = 720
_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}


def geometry(video: VideoStream, height: int, width: int | None) -> tuple[int, int]:
    """(width, height) of a view upright; a width that is not given follows the display shape, even and at least 2."""
    if width is not None:
        return width, height
    across, down = video.display
    return max(2, round(Fraction(height * across, down) / 2) * 2), height


class PictureMaker:
    """Scales pictures to one size by area averaging, as full-range 8-bit RGB or gray, upright.

    The colour matrix is the stream's; where it names none, BT.709 from 720 lines on and BT.601 below, as players do.
    """

    def __init__(self, size: tuple[int, int], pixel_format: PixelFormat, rotation: int) -> None:
        self.size, self.format, self.turns = size, pixel_format, rotation // 90
        self._scaler = VideoReformatter()

    def __call__(self, frame: Any) -> Pixels:
        """uint8 [height, width, 3], or [height, width] in gray."""
        width, height = self.size if self.turns % 2 == 0 else self.size[::-1]
        matrix = _MATRICES.get(
            int(frame.colorspace), Colorspace.ITU709 if frame.height >= _HD_HEIGHT else Colorspace.ITU601
        )
        small = self._scaler.reformat(
            frame,
            width=width,
            height=height,
            format="rgb24" if self.format == "rgb24" else "gray",
            src_colorspace=matrix,
            dst_colorspace=matrix,
            interpolation=Interpolation.AREA,
            dst_color_range=ColorRange.JPEG,
            threads=1,
        )
        pixels: Pixels = small.to_ndarray().astype(np.uint8, copy=False)
        return np.rot90(pixels, -self.turns).copy() if self.turns else pixels


class SoundMaker:
    """Turns a stream's decoded frames into mono float32 samples whose place on film time is exact.

    Sample n is heard at n / rate from film time 0: silence fills a late start and gaps, overlaps are cut. The
    resampler is fed from a whole multiple of its own period and the count is anchored on fixed points, so that samples
    after a seek are those of an uninterrupted reading (but for codecs that synthesise noise from a running state, as
    AAC may). Channels are mixed by FFmpeg's standard down-mix.
    """

    def __init__(self, rate: int, clock: Clock, chunk: int, first: Time, last: Time | None) -> None:
        self.rate, self.clock, self.chunk = rate, clock, chunk
        self.next = -(-int(first) * rate // FLICKS_PER_SECOND)
        self.end = None if last is None else -(-int(last) * rate // FLICKS_PER_SECOND)
        self.done = False
        self._parts: list[Floats] = []
        self._held = 0
        self._resampler: Any = None
        self._fed = 0
        self._made = 0
        self._source = 0
        self._cell = 0

    def push(self, frame: Any) -> Iterator[SampleChunk]:
        """Take a decoded frame in; gives the chunks that are full."""
        if self._resampler is not None and frame.sample_rate != self._source:
            self._take(self._drain())
        step = Time.from_seconds(Fraction(frame.samples, frame.sample_rate))
        if frame.pts is not None:
            at = self.clock.film(frame.pts, step)
        elif self._resampler is not None:
            at = Rate(self._source).time(self._fed)
        else:
            at = Time(0)
        place = round(int(at) * frame.sample_rate / FLICKS_PER_SECOND)
        cell, before = int(at) // int(ANCHOR), self._cell
        self._cell = cell
        if self._resampler is None or abs(place - self._fed) > frame.sample_rate * _LOST:
            if self._resampler is not None:
                self._take(self._drain())
            frame = self._begin(frame, place)
        elif cell != before or abs(place - self._fed) > frame.sample_rate * _SLACK:
            frame = self._anchored(frame, place - self._fed)
        if frame is not None:
            self._feed(frame)
        yield from self._full()

    def _feed(self, frame: Any) -> None:
        self._fed += frame.samples
        frame.pts = None
        self._take(self._resampler.resample(frame))

    def _anchored(self, frame: Any, off: int) -> Any | None:
        """Bring the count of samples back to the time stamp, by a little silence or by leaving a few samples out."""
        if off > 0:
            self._feed(_silence(frame, off))
        return frame if off >= 0 else _shortened(frame, -off) if -off < frame.samples else None

    def finish(self) -> Iterator[SampleChunk]:
        """The rest, when the stream has ended."""
        if self._resampler is not None:
            self._take(self._drain())
        yield from self._full()
        if self._held:
            yield self._cut(self._held)

    def _begin(self, frame: Any, place: int) -> Any | None:
        """Start a resampler at the first place on its period's grid; what lies before it in the frame is left out."""
        self._source = frame.sample_rate
        period = self._source // gcd(self._source, self.rate)
        start = -(-place // period) * period
        skip = start - place
        if skip >= frame.samples:
            return None
        if skip:
            frame = _shortened(frame, skip)
        self._resampler = av.AudioResampler(format="flt", layout="mono", rate=self.rate)
        self._fed = start
        self._made = start * self.rate // self._source
        return frame

    def _drain(self) -> list[Any]:
        rest: list[Any] = self._resampler.resample(None)
        self._resampler = None
        return rest

    def _take(self, frames: list[Any]) -> None:
        for frame in frames:
            samples = frame.to_ndarray().reshape(-1)
            start, self._made = self._made, self._made + len(samples)
            have = self.next + self._held
            if start > have:
                gap = start - have if self.end is None else min(start, self.end) - have
                self._add(np.zeros(max(gap, 0), dtype=np.float32))
            elif start < have:
                samples = samples[have - start :]
            self._add(samples)

    def _add(self, samples: Floats) -> None:
        if self.end is not None:
            room = self.end - self.next - self._held
            self.done = self.done or len(samples) >= room
            samples = samples[: max(room, 0)]
        if len(samples):
            self._parts.append(samples)
            self._held += len(samples)

    def _full(self) -> Iterator[SampleChunk]:
        while self._held >= self.chunk:
            yield self._cut(self.chunk)

    def _cut(self, count: int) -> SampleChunk:
        whole = np.concatenate(self._parts) if len(self._parts) > 1 else self._parts[0]
        chunk = SampleChunk(Rate(self.rate).time(self.next), self.rate, np.ascontiguousarray(whole[:count]))
        self._parts, self._held, self.next = [whole[count:]], self._held - count, self.next + count
        return chunk


ANCHOR = SECOND * 5
"""On every multiple of this the count of samples is taken afresh from the stream's time stamps.

Between them samples are counted, since many containers round their time stamps. Because the points are fixed, a reading
that starts before one of them gives what an uninterrupted reading gives from there on.
"""

_SLACK = 0.025
"""Seconds by which a time stamp may differ from the count before it is believed at once."""

_LOST = 0.5
"""Seconds of difference that mean a gap or an overlap, not rounding."""


def _silence(like: Any, count: int) -> Any:
    """A frame of `count` silent samples in the format of another."""
    channels = like.layout.nb_channels
    shape = (channels, count) if like.format.is_planar else (1, count * channels)
    quiet = np.zeros(shape, dtype=like.to_ndarray().dtype)
    if like.format.name.startswith("u8"):
        quiet += 128  # unsigned samples rest at the middle
    frame = av.AudioFrame.from_ndarray(quiet, format=like.format.name, layout=like.layout.name)
    frame.sample_rate = like.sample_rate
    return frame


def _shortened(frame: Any, skip: int) -> Any:
    """The frame without its first `skip` samples per channel."""
    samples = frame.to_ndarray()
    channels = frame.layout.nb_channels
    rest = samples[:, skip:] if frame.format.is_planar else samples[:, skip * channels :]
    short = av.AudioFrame.from_ndarray(np.ascontiguousarray(rest), format=frame.format.name, layout=frame.layout.name)
    short.sample_rate = frame.sample_rate
    return short
