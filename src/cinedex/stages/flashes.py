"""Changes of light and of saturated red, cell by cell, in every picture: the facts that flashing is judged by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from cinedex.media.views import FrameChunk, Frames
from cinedex.stages.arrays import TINY, expect
from cinedex.stages.base import Cost, Inputs, Stage
from cinedex.stages.swings import (
    away_and_back,
    chromaticities,
    linear,
    luminance,
    reddish,
    redness,
    saturated,
    swings,
    together,
)
from cinedex.timeline.rows import Flash, Row
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.track import Ticks

Numbers = npt.NDArray[np.float32]
Ways = npt.NDArray[np.int8]
How: TypeAlias = Literal["luminance", "red", "chroma"]

BLOCK = SECOND * 8
"""Film is judged in stretches of this length, counted from its start: the answer is the same wherever it is cut."""

LEAD = SECOND * 2
"""So much of what comes before a stretch is looked at too, to know the state that its first change starts from."""

NEAR = Time(SECOND // 10)
"""The pictures right before and after one are looked at with it when they start no more than this apart."""

RED_MOST = 320.0
"""The value of full red in WCAG's (R - G - B) x 320."""


@dataclass(frozen=True)
class Flashes(Stage):
    """`Flash` rows: in which of 48x27 cells the picture got lighter, darker, redder or less red, and in which picture.

    Luminance is relative (sRGB, linear light). A cell changes when its luminance has moved by `change` from the last
    turning point, in one picture or in many, and the darker side is below `dark`. It changes in red when (R - G - B) x
    320 has moved by more than `red` between a saturated red (R at least `saturation` of R + G + B) and another state,
    and in chroma when the way there is longer than `chroma` in CIE 1976 u'v'. The changes of one cell alternate in
    direction. What was shown more than two seconds before is forgotten.
    A cell's change counts only with changes the same way around it, so that what moves through the picture does not.
    Changes of less than `least` of the picture in one picture are left out. HDR is judged as the SDR that
    it is shown as.
    """

    name: ClassVar[str] = "flashes"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Flash,)
    cost: ClassVar[Cost] = Cost(cpus=0.3, memory_mib=48, cpu_seconds_per_minute=0.4, disk_kib_per_minute=12.0)
    halo: ClassVar[Time | None] = BLOCK + LEAD

    change: float = 0.1
    dark: float = 0.8
    saturation: float = 0.8
    red: float = 20.0
    chroma: float = 0.2
    least: float = 0.02

    @property
    def needs(self) -> tuple[Frames]:
        """The smallest pictures, all of them."""
        return (TINY,)

    def run(self, inputs: Inputs) -> Iterator[Flash]:
        """The changes, stretch by stretch."""
        held = _Held()
        for chunk in expect(FrameChunk, inputs.chunks):
            held.add(chunk)
            while held.starts[-1] >= held.until:
                yield from self._block(held, inputs.span)
                held.go_on()
        while len(held.starts):
            yield from self._block(held, inputs.span)
            held.go_on()

    def _block(self, held: _Held, span: Span) -> Iterator[Flash]:
        opens, closes = held.until - BLOCK, held.until
        if closes <= span.start or opens >= span.end:
            return
        inside = (held.starts >= opens - LEAD) & (held.starts < closes + NEAR)
        if not inside.any():
            return
        starts, ends = held.starts[inside], held.ends[inside]
        pixels = held.pixels[inside].reshape(len(starts), -1, 3)
        for how, (ways, low, high) in self._ways(pixels).items():
            for at in np.flatnonzero(ways.any(axis=1) & (starts >= opens) & (starts < closes)).tolist():
                span_of = Span(Time(int(starts[at])), Time(int(ends[at])))
                near = slice(at - 1 if at and starts[at] - starts[at - 1] <= NEAR else at, at + 2)
                if at + 1 < len(starts) and starts[at + 1] - starts[at] > NEAR:
                    near = slice(near.start, at + 1)
                for way in (1, -1):
                    if np.count_nonzero(ways[at] == way) < self.least * ways.shape[1]:
                        continue
                    cells = together(ways[at], ways[near], way)
                    if cells.mean() >= self.least:
                        yield _row(how, span_of, cells, low[at], high[at], rise=way > 0)

    def _ways(self, pixels: npt.NDArray[np.uint8]) -> dict[How, tuple[Ways, Numbers, Numbers]]:
        """Of every picture and cell: the way it changed (1, -1, 0 for not), and between which values."""
        light = linear(pixels)
        shine = luminance(light)
        found: dict[How, tuple[Ways, Numbers, Numbers]] = {"luminance": swings(shine, self.change, below=self.dark)}
        # Too few red cells in every picture make no row, and most films need not be looked at twice more.
        least = self.least * pixels.shape[1]
        maybe = reddish(pixels, self.saturation)
        if np.count_nonzero(maybe, axis=1).max() < least:
            return found
        cells = np.flatnonzero(maybe.any(axis=0))
        light = light[:, cells]
        full = saturated(light, self.saturation)
        if np.count_nonzero(full, axis=1).max() >= least:
            # A cell that is never saturated red changes neither to it nor from it.
            ever = full.any(axis=0)
            cells, light, full = cells[ever], light[:, ever], full[:, ever]
            raw = redness(light)
            step = np.nextafter(np.float32(self.red / RED_MOST), np.float32(1))
            red = swings(np.where(full, raw, np.float32(0)), float(step), also=raw)
            chroma = away_and_back(full, chromaticities(light), self.chroma)
            found["red"], found["chroma"] = (_spread(x, cells, shine.shape) for x in (red, chroma))
        return found


def _spread(
    some: tuple[Ways, Numbers, Numbers], cells: npt.NDArray[np.intp], shape: tuple[int, ...]
) -> tuple[Ways, Numbers, Numbers]:
    """What was found of some cells, among all of them."""
    ways, low, high = (np.zeros(shape, part.dtype) for part in some)
    for whole, part in zip((ways, low, high), some, strict=True):
        whole[:, cells] = part
    return ways, low, high


def _row(how: How, span: Span, cells: npt.NDArray[np.bool_], low: Numbers, high: Numbers, *, rise: bool) -> Flash:
    return Flash(
        start=span.start,
        end=span.end,
        how=how,
        rise=rise,
        area=round(float(cells.mean()), 4),
        dark=round(float(low[cells].mean(dtype=np.float64)), 3),
        bright=round(float(high[cells].mean(dtype=np.float64)), 3),
        cells=np.packbits(cells).tobytes(),
    )


class _Held:
    """The pictures of the stretch that is being filled, and of the two seconds before it."""

    def __init__(self) -> None:
        self.starts: Ticks = np.empty(0, dtype=np.int64)
        self.ends: Ticks = np.empty(0, dtype=np.int64)
        self.pixels: npt.NDArray[np.uint8] = np.empty((0, 27, 48, 3), dtype=np.uint8)
        self.until: Time = ZERO

    def add(self, chunk: FrameChunk) -> None:
        if not len(self.starts):
            self.until = _end_of_block(int(chunk.starts[0]))
        self.starts = np.concatenate((self.starts, chunk.starts))
        self.ends = np.concatenate((self.ends, chunk.ends))
        self.pixels = np.concatenate((self.pixels, chunk.pixels))

    def go_on(self) -> None:
        """To the next stretch that has pictures; what it has no use for is forgotten."""
        later = self.starts[self.starts >= self.until]
        if len(later):
            self.until = _end_of_block(int(later[0]))
        wanted = self.starts >= (self.until - BLOCK - LEAD if len(later) else self.until)
        self.starts, self.ends, self.pixels = self.starts[wanted], self.ends[wanted], self.pixels[wanted]


def _end_of_block(start: int) -> Time:
    return Time((start // int(BLOCK) + 1) * int(BLOCK))
