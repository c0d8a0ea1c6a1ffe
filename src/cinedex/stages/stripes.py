"""Straight stripes: where a picture repeats light and dark along one direction, how often, and over which part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from cinedex.media.views import Chunk, FrameChunk, Frames
from cinedex.stages.arrays import expect
from cinedex.stages.base import Cost, Inputs, Stage
from cinedex.stages.camera import HEIGHT, WIDTH
from cinedex.stages.swings import linear
from cinedex.timeline.rows import Pattern, Row
from cinedex.timeline.time import SECOND, Rate, Time

Numbers = npt.NDArray[np.float32]
Marks = npt.NDArray[np.bool_]

SLOT = Time(SECOND // 4)
"""One picture of every quarter second of film time stands for it."""

_SPREAD = 2
"""Steps to which the taper of a window spreads a wave to all sides."""

_TRIED = 3
"""Waves that are followed at most."""

_HIGH, _WIDE = HEIGHT // 2, WIDTH // 2
_DOWN, _ACROSS = (0, 22, 45), (0, 40, 80)
"""Where the windows lie, a quarter of the picture each, in which a direction and a width of stripes are looked for."""

_CYCLES = 2.5
"""Pairs of stripes that a window must hold; what repeats less is not told from a single edge or a slope of light."""

_TIGHT = 2.0
"""How many periods wide the surroundings are over which the stripes at a point are averaged."""

_COARSE = 0.1
"""Waves that repeat so often a pixel, or more rarely, are followed in a picture of half the width and height."""

_OFTEN = np.hypot(np.fft.fftfreq(_HIGH)[:, None] * _HIGH, np.fft.fftfreq(_WIDE)[None, :] * _WIDE) >= _CYCLES
_TAPER = np.outer(np.hanning(_HIGH), np.hanning(_WIDE)).astype(np.float32)


@dataclass(frozen=True, eq=False, slots=True)
class _Shown:
    """The picture of a quarter second, by its number, and when it ends."""

    slot: int
    end: int
    pixels: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Stripes(Stage):
    """`Pattern` rows: every quarter second that shows `stripes` straight light and dark stripes or more.

    Every second of them is looked at, and those between where a neighbour is striped or missing: stripes of less than
    half a second, which no standard minds, can be left out.
    A quarter of the picture is striped where at least `share` of what varies in it, in relative luminance, is one wave
    in one direction; how far the stripes go is then followed over the whole picture. Stripes count where light and
    dark are `contrast` apart and the dark ones below `dark`, and those over less than `least` of the picture are left
    out. Stripes finer than three pixels of 160x90 are not seen, nor are circles, checks and stripes of uneven width;
    of fewer than five pairs that run aslant over the whole picture, some are missed.
    """

    name: ClassVar[str] = "stripes"
    version: ClassVar[int] = 2
    makes: ClassVar[tuple[type[Row], ...]] = (Pattern,)
    cost: ClassVar[Cost] = Cost(cpus=0.1, memory_mib=48, cpu_seconds_per_minute=0.15, disk_kib_per_minute=0.2)
    halo: ClassVar[Time | None] = SECOND

    share: float = 0.5
    contrast: float = 0.1
    dark: float = 0.8
    stripes: int = 5
    least: float = 0.1

    @property
    def needs(self) -> tuple[Frames]:
        """The small gray pictures that camera motion is measured on."""
        return (Frames(height=HEIGHT, width=WIDTH, rate=Rate(12), format="gray8"),)

    def run(self, inputs: Inputs) -> Iterator[Pattern]:
        """A row for every quarter second with stripes."""
        between: _Shown | None = None
        before, plain = -2, False
        for now in _slots(inputs.chunks):
            if now.slot % 2:
                yield from self._row(between)
                between = now
                continue
            rows = list(self._row(now))
            if between is not None and not (plain and not rows and before + 1 == between.slot == now.slot - 1):
                yield from self._row(between)
            yield from rows
            between, before, plain = None, now.slot, not rows
        yield from self._row(between)

    def _row(self, shown: _Shown | None) -> Iterator[Pattern]:
        found = self.look(linear(shown.pixels)) if shown is not None else None
        if shown is None or found is None:
            return
        stripes, area, dark, bright = found
        opens = shown.slot * int(SLOT)
        yield Pattern(
            start=Time(opens),
            end=Time(max(opens + int(SLOT), shown.end)),
            stripes=stripes,
            area=round(area, 3),
            dark=round(max(dark, 0.0), 3),
            bright=round(min(bright, 1.0), 3),
        )

    def look(self, shine: Numbers) -> tuple[int, float, float, float] | None:
        """Stripes, area, dark and bright of a picture in relative luminance; None without stripes."""
        if shine.std() < self.contrast / 8:
            return None
        pairs = shine[::2] + shine[1::2]
        half = np.asarray((pairs[:, ::2] + pairs[:, 1::2]) / 4, np.float32)
        best: tuple[int, float, float, float] | None = None
        for down, across in _waves(shine, half, self.share):
            coarse = np.hypot(down, across) <= _COARSE
            found = self._follow(half, 2 * down, 2 * across) if coarse else self._follow(shine, down, across)
            if found is not None and (best is None or found[1] > best[1]):
                best = found
        return best

    def _follow(self, shine: Numbers, down: float, across: float) -> tuple[int, float, float, float] | None:
        """How far the wave that goes so many times per pixel down and across is strong enough."""
        rate = float(np.hypot(down, across))
        size = max(3, round(_TIGHT / rate) | 1)
        mean = _blur(shine, size)
        high, wide = shine.shape
        rows, columns = np.arange(high)[:, None], np.arange(wide)[None, :]
        turned = np.exp(-2j * np.pi * down * rows) * np.exp(-2j * np.pi * across * columns)
        bare = shine - mean
        wave = np.abs(_blur(bare * turned, size))
        swing = wave * np.pi
        # Averaging four pixels took some of the wave that is followed in the picture of half the size.
        if high == _HIGH:
            swing /= np.cos(np.pi * down / 2) * np.cos(np.pi * across / 2)
        alone = 2 * wave**2 >= self.share * _blur(bare**2, size)
        striped = alone & (swing >= self.contrast) & (mean - swing / 2 < self.dark)
        area = float(striped.mean())
        if area < self.least:
            return None
        along = (down * rows + across * columns)[striped]
        low, high = np.percentile(along, [0.5, 99.5])
        stripes = round(2 * float(high - low))
        if stripes < self.stripes:
            return None
        middle, half = float(mean[striped].mean()), float(swing[striped].mean()) / 2
        return stripes, area, middle - half, middle + half


def _slots(chunks: Iterable[Chunk]) -> Iterator[_Shown]:
    """The first picture of every quarter second."""
    last = -1
    for chunk in expect(FrameChunk, chunks):
        for start, end, pixels in zip(chunk.starts.tolist(), chunk.ends.tolist(), chunk.pixels, strict=True):
            if start // int(SLOT) != last:
                last = start // int(SLOT)
                yield _Shown(last, end, pixels)


def _waves(shine: Numbers, half: Numbers, share: float) -> list[tuple[float, float]]:
    """The waves (times per pixel down, across) that make up most of some quarter of the picture, or of all of it."""
    quarters = np.stack([*(shine[y : y + _HIGH, x : x + _WIDE] for y in _DOWN for x in _ACROSS), half])
    quarters = (quarters - quarters.mean(axis=(1, 2), keepdims=True)) * _TAPER
    power = _power(quarters)
    whole = power.sum(axis=(1, 2))
    peaks = np.argmax(np.where(_OFTEN, power, 0).reshape(len(power), -1), axis=1)
    around = np.arange(-_SPREAD, _SPREAD + 1)
    ys, xs = np.divmod(peaks, _WIDE)
    rows, columns = (ys[:, None] + around) % _HIGH, (xs[:, None] + around) % _WIDE
    near = power[np.arange(len(power))[:, None, None], rows[:, :, None], columns[:, None, :]]
    sums = near.sum(axis=(1, 2))
    # A wave has its mirror image in the other half.
    most = (whole > 0) & (2 * sums >= share * whole)
    found: list[tuple[float, float]] = []
    for at in (a for a in np.argsort(-whole).tolist() if most[a]):
        y = ys[at] + float(near[at].sum(axis=1) @ around / sums[at])
        x = xs[at] + float(near[at].sum(axis=0) @ around / sums[at])
        down, across = (y + _HIGH / 2) % _HIGH - _HIGH / 2, (x + _WIDE / 2) % _WIDE - _WIDE / 2
        if at == len(quarters) - 1:
            down, across = down / 2, across / 2
        if all(np.hypot(down - a, across - b) > 1 and np.hypot(down + a, across + b) > 1 for a, b in found):
            found.append((down, across))
    return [(down / _HIGH, across / _WIDE) for down, across in found[:_TRIED]]


def _power(pictures: Numbers) -> Numbers:
    """The power of every wave in each of the pictures, as `fft2` orders them."""
    part = np.fft.rfft2(pictures)
    power = part.real**2 + part.imag**2
    mirrored = power[:, -np.arange(_HIGH) % _HIGH, :][:, :, _WIDE // 2 - 1 : 0 : -1]
    found: Numbers = np.concatenate((power, mirrored), axis=2)
    return found


def _blur(values: Any, size: int) -> Any:
    """Means over squares of `size` (odd) pixels; at the borders over what there is of them."""
    out = np.asarray(values, np.complex128 if np.iscomplexobj(values) else np.float64)
    half = size // 2
    for axis in (0, 1):
        length = out.shape[axis]
        sums = np.concatenate((np.zeros_like(np.take(out, [0], axis)), np.cumsum(out, axis=axis)), axis=axis)
        low, high = np.maximum(np.arange(length) - half, 0), np.minimum(np.arange(length) + half + 1, length)
        shape = (-1, 1) if axis == 0 else (1, -1)
        out = (np.take(sums, high, axis) - np.take(sums, low, axis)) / (high - low).reshape(shape)
    return out
