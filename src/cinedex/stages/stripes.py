"""Straight stripes: where a picture repeats light and dark along one direction, how often, and over which part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.fft import rfft2

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

_GRID = 3
"""Points of every so many lines and columns are tried first, since most waves are found to be strong nowhere."""

_OFTEN = np.hypot(np.fft.fftfreq(_HIGH)[:, None] * _HIGH, np.fft.rfftfreq(_WIDE)[None, :] * _WIDE) >= _CYCLES
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
    cost: ClassVar[Cost] = Cost(cpus=0.1, memory_mib=48, cpu_seconds_per_minute=0.1, disk_kib_per_minute=0.2)
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
        high, wide = shine.shape
        # Too few of them fit into the picture.
        if 2 * (abs(down) * (high - 1) + abs(across) * (wide - 1)) < self.stripes - 0.5:
            return None
        rate = float(np.hypot(down, across))
        size = max(3, round(_TIGHT / rate) | 1)
        if high == _HIGH and self._roughly(shine, down, across, size) < self.least / 2:
            return None
        mean = _blur(shine, size)
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

    def _roughly(self, half: Numbers, down: float, across: float, size: int) -> float:
        """Over which share of the picture of half the size a wave is strong enough, from some of its points."""
        lines, columns = _means(_HIGH, size), _means(_WIDE, size)
        # A third of the lines at a time: too little for BLAS to wake a second thread, which costs more than it saves.
        mean = ((lines @ half).reshape(3, -1, _WIDE) @ columns.T).reshape(half.shape)
        bare = half - mean
        lines, columns = lines[::_GRID], columns[::_GRID]
        power = lines @ (bare * bare) @ columns.T
        turned = (lines * _turn(down, _HIGH)) @ bare @ (columns * _turn(across, _WIDE)).T
        wave = turned.real**2 + turned.imag**2
        swing = np.sqrt(wave) * (np.pi / (np.cos(np.pi * down / 2) * np.cos(np.pi * across / 2)))
        dark = mean[::_GRID, ::_GRID] - swing / 2 < self.dark
        return float(np.mean((2 * wave >= self.share * power) & (swing >= self.contrast) & dark))


def _turn(rate: float, length: int) -> npt.NDArray[np.complex64]:
    """A wave that goes so many times per pixel, the other way round."""
    return np.asarray(np.exp((-2j * np.pi * rate) * np.arange(length)), np.complex64)


@lru_cache(maxsize=64)
def _means(length: int, size: int) -> Numbers:
    """The means that `_blur` makes along one axis, as a matrix."""
    at = np.arange(length)
    near = (np.abs(at[:, None] - at[None, :]) <= size // 2).astype(np.float32)
    found: Numbers = near / near.sum(axis=1, keepdims=True)
    return found


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
    quarters -= quarters.mean(axis=(1, 2), keepdims=True)
    quarters *= _TAPER
    power = _power(quarters)
    whole = 2 * power.sum(axis=(1, 2)) - power[:, :, 0].sum(axis=1) - power[:, :, -1].sum(axis=1)
    peaks = np.argmax((power * _OFTEN).reshape(len(power), -1), axis=1)
    around = np.arange(-_SPREAD, _SPREAD + 1)
    ys, xs = np.divmod(peaks, _OFTEN.shape[1])
    near = _near(power, ys[:, None] + around, xs[:, None] + around)
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
    """The power of every wave in each of the pictures, as `rfft2` orders them."""
    parts: Numbers = rfft2(pictures, workers=1).view(np.float32)
    parts *= parts
    found: Numbers = parts[:, :, ::2] + parts[:, :, 1::2]
    return found


def _near(power: Numbers, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Numbers:
    """Power at rows and columns of each picture, [pictures, rows, columns]; what lies beyond is a mirror image."""
    columns = columns % _WIDE
    mirrored = columns > _WIDE // 2
    columns = np.where(mirrored, _WIDE - columns, columns)
    all_rows = np.where(mirrored[:, None, :], -rows[:, :, None], rows[:, :, None]) % _HIGH
    found: Numbers = power[np.arange(len(power))[:, None, None], all_rows, columns[:, None, :]]
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
