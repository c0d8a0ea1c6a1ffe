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
    CELLS,
    Turns,
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
Marks = npt.NDArray[np.bool_]
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
    version: ClassVar[int] = 2
    makes: ClassVar[tuple[type[Row], ...]] = (Flash,)
    cost: ClassVar[Cost] = Cost(cpus=0.3, memory_mib=48, cpu_seconds_per_minute=0.1, disk_kib_per_minute=12.0)
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
            while held.full:
                yield from self._block(held, inputs.span)
                held.go_on()
        while held.chunks:
            yield from self._block(held, inputs.span)
            held.go_on()

    def _block(self, held: _Held, span: Span) -> Iterator[Flash]:
        opens, closes = held.until - BLOCK, held.until
        if closes <= span.start or opens >= span.end:
            return
        starts, ends, pixels = held.between(opens - LEAD, closes + NEAR)
        if not len(starts):
            return
        wanted = (starts >= opens) & (starts < closes)
        # The pictures before and after each, or itself where that is too far away.
        close = np.diff(starts) <= NEAR
        before = np.arange(len(starts)) - np.append(False, close)
        after = np.arange(len(starts)) + np.append(close, False)
        for how, turns in self._turns(pixels.reshape(len(starts), -1, 3)).items():
            yield from self._rows(how, turns, starts, ends, wanted, before, after)

    def _rows(
        self, how: How, turns: Turns, starts: Ticks, ends: Ticks, wanted: Marks, *beside: Ticks
    ) -> Iterator[Flash]:
        """Rows of the pictures in which enough changes one way."""
        least = self.least * CELLS
        enough = {w: np.bincount(turns.at[turns.ways == w], minlength=len(starts)) >= least for w in (1, -1)}
        pictures = np.flatnonzero(wanted & (enough[1] | enough[-1]))
        if not len(pictures):
            return
        ways = np.zeros((len(starts), CELLS), np.int8)
        ways[turns.at, turns.cells] = turns.ways
        now = {w: ways == w for w in (1, -1)}
        near = {w: n[pictures] | n[beside[0][pictures]] | n[beside[1][pictures]] for w, n in now.items()}
        kept = {w: together(now[w][pictures], now[-w][pictures], near[w], near[-w]) for w in (1, -1)}
        edges = np.searchsorted(turns.at, [pictures, pictures + 1])
        for place, (at, first, last) in enumerate(zip(pictures.tolist(), *edges.tolist(), strict=True)):
            span = Span(Time(int(starts[at])), Time(int(ends[at])))
            for way in (1, -1):
                cells = kept[way][place]
                if not enough[way][at] or np.count_nonzero(cells) < least:
                    continue
                own = first + np.flatnonzero(cells[turns.cells[first:last]])
                yield _row(how, span, cells, turns.lows[own], turns.highs[own], rise=way > 0)

    def _turns(self, pixels: npt.NDArray[np.uint8]) -> dict[How, Turns]:
        """The changes of every cell."""
        light = linear(pixels)
        found: dict[How, Turns] = {"luminance": swings(luminance(light), self.change, below=self.dark)}
        # Too few red cells in every picture make no row, and most films need not be looked at twice more.
        least = self.least * CELLS
        maybe = reddish(pixels, self.saturation)
        if np.count_nonzero(maybe, axis=1).max() < least:
            return found
        cells = np.flatnonzero(maybe.any(axis=0))
        light = light.take(cells, axis=1)
        full = saturated(light, self.saturation)
        if np.count_nonzero(full, axis=1).max() >= least:
            # A cell that is never saturated red changes neither to it nor from it.
            ever = np.flatnonzero(full.any(axis=0))
            cells, light, full = cells[ever], light.take(ever, axis=1), full.take(ever, axis=1)
            raw = redness(light)
            step = np.nextafter(np.float32(self.red / RED_MOST), np.float32(1))
            found["red"] = swings(np.where(full, raw, np.float32(0)), float(step), also=raw).within(cells)
            found["chroma"] = away_and_back(full, chromaticities(light), self.chroma).within(cells)
        return found


def _row(how: How, span: Span, cells: Marks, low: Numbers, high: Numbers, *, rise: bool) -> Flash:
    return Flash(
        start=span.start,
        end=span.end,
        how=how,
        rise=rise,
        area=round(float(cells.mean()), 4),
        dark=round(float(low.mean(dtype=np.float64)), 3),
        bright=round(float(high.mean(dtype=np.float64)), 3),
        cells=np.packbits(cells).tobytes(),
    )


class _Held:
    """The pictures of the stretch that is being filled, and of the two seconds before it, as they came."""

    def __init__(self) -> None:
        self.chunks: list[FrameChunk] = []
        self.until: Time = ZERO

    def add(self, chunk: FrameChunk) -> None:
        if not self.chunks:
            self.until = _end_of_block(int(chunk.starts[0]))
        self.chunks.append(chunk)

    @property
    def full(self) -> bool:
        return bool(self.chunks[-1].starts[-1] >= self.until)

    def between(self, start: int, end: int) -> tuple[Ticks, Ticks, npt.NDArray[np.uint8]]:
        """Starts, ends and pixels of the pictures that start in a stretch."""
        parts = []
        for chunk in self.chunks:
            some = slice(*np.searchsorted(chunk.starts, [start, end]).tolist())
            parts.append((chunk.starts[some], chunk.ends[some], chunk.pixels[some]))
        starts, ends, pixels = (np.concatenate(part) for part in zip(*parts, strict=True))
        return starts, ends, pixels

    def go_on(self) -> None:
        """To the next stretch that has pictures; what it has no use for is forgotten."""
        later = next((c.starts[c.starts >= self.until] for c in self.chunks if c.starts[-1] >= self.until), None)
        if later is None:
            self.chunks = []
            return
        self.until = _end_of_block(int(later[0]))
        self.chunks = [c for c in self.chunks if c.starts[-1] >= self.until - BLOCK - LEAD]


def _end_of_block(start: int) -> Time:
    return Time((start // int(BLOCK) + 1) * int(BLOCK))
