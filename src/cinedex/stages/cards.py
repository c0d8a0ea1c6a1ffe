"""Colour bars and test cards: still pictures in which colours or greys stand side by side in a standard's order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from cinedex.media.views import Look, Looks
from cinedex.stages.arrays import expect
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.timeline.rows import Flag, Row, Shot

Pixels = npt.NDArray[np.uint8]

_ORDER = ((1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1))
"""White or grey, yellow, cyan, green, magenta, red, blue: the order of SMPTE's and EBU's bars, by falling luma."""

_STRIPS = 30
"""Strips into which a picture is cut from top to bottom."""

_FLAT = 10.0
"""Standard deviation down a strip, in 255 levels, up to which a column is of one colour."""

_JUMP = 18
"""Difference between neighbouring columns, in the channel that changes most, where a bar ends."""

_THIN = 0.02
"""Share of the width below which a stretch between two jumps is an edge, not a bar."""

_EVEN = 0.25
"""By how much of the usual width bars may be wider or narrower."""

_GREY = 14
"""Difference between channels, in 255 levels, up to which a bar is grey."""

_Bar = tuple[float, npt.NDArray[np.float64]]
"""Share of the width, and colour."""


@dataclass(frozen=True)
class Cards(Stage):
    """Flags 'colour-bars' and 'test-card' for shots.

    Colour bars: at least `bars` of the seven bars of SMPTE or EBU in their order, of even width, over `high` of the
    picture's height and `wide` of its width, in most looks. A test card: one picture in all looks (`same` is the mean
    difference in 255 levels up to which it is one), with such bars over less, or `steps` greys or more of even width
    that rise or fall evenly. Cards without either (a grid, a circle, a head) are not told from other stills. The looks
    are those of the stills.
    """

    name: ClassVar[str] = "cards"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Flag,)
    cost: ClassVar[Cost] = Cost(cpus=0.2, memory_mib=32, cpu_seconds_per_minute=0.1, disk_kib_per_minute=0.1)

    height: int = 180
    same: float = 3.0
    bars: int = 6
    steps: int = 6
    high: float = 0.3
    wide: float = 0.6

    @property
    def needs(self) -> tuple[Need, ...]:
        """Shots, and three looks at each."""
        return (Shot, Looks(at=Shot, height=self.height, count=3))

    def run(self, inputs: Inputs) -> Iterator[Flag]:
        """One `Flag` at most per shot that starts in the span."""
        shots = inputs.track(Shot)
        for row, looks in groupby(expect(Look, inputs.chunks), key=lambda look: look.row):
            yield from self._judged(shots[row], [look.pixels for look in looks])

    def _judged(self, shot: Shot, pictures: Sequence[Pixels]) -> Iterator[Flag]:
        seen = [self._seen([_bars(s) for s in np.array_split(p, _STRIPS) if len(s)]) for p in pictures]
        share, width, most = sorted(seen, key=lambda found: found[:3])[(len(seen) - 1) // 2][:3]
        if share >= self.high and width >= self.wide:
            note = f"{most} of 7 bars in order over {share:.0%} of the height and {width:.0%} of the width"
            yield _flag(shot, "colour-bars", most / 7, note)
            return
        greys = min(found[3] for found in seen)
        still = _apart(pictures) <= self.same
        if still and (share > 0 or greys >= self.steps):
            told = [f"colour bars over {share:.0%} of the height"] if share else []
            told += [f"{greys} even steps of grey"] if greys >= self.steps else []
            yield _flag(shot, "test-card", 0.9 if len(told) > 1 else 0.6, " and ".join(told))

    def _seen(self, strips: Sequence[Sequence[_Bar]]) -> tuple[float, float, int, int]:
        """Share of the height with bars, of the width, bars in order, steps of grey."""
        coloured = [_coloured(s) for s in strips]
        enough = [(count, width) for count, width in coloured if count >= self.bars]
        greys = max((_greys(s) for s in strips), default=0)
        if not enough:
            return 0.0, 0.0, 0, greys
        return len(enough) / len(strips), max(w for _, w in enough), max(c for c, _ in enough), greys


def _flag(shot: Shot, label: str, score: float, note: str) -> Flag:
    return Flag(start=shot.start, end=shot.end, refs=(shot.ref,), label=label, score=round(score, 2), note=note)


def _apart(pictures: Sequence[Pixels]) -> float:
    """The largest mean difference between looks that follow each other, in 255 levels; a clock hardly counts."""
    return max(
        (float(np.abs(a.astype(np.int16) - b).mean()) for a, b in pairwise(pictures)),
        default=0.0,
    )


def _bars(strip: Pixels) -> list[_Bar]:
    """What stands side by side in a strip, between jumps; columns that are not of one colour make gaps."""
    width = strip.shape[1]
    middle = np.median(strip, axis=0)
    flat = strip.std(axis=0).max(axis=1) <= _FLAT
    jumps = np.flatnonzero(np.abs(np.diff(middle, axis=0)).max(axis=1) > _JUMP) + 1
    edges = [0, *jumps.tolist(), width]
    found: list[_Bar] = []
    for first, last in pairwise(edges):
        if (last - first) / width < _THIN:
            continue
        colour = np.median(middle[first:last], axis=0)
        even = np.abs(middle[first:last] - colour).max() <= _JUMP and flat[first:last].mean() > 0.8
        found.append(((last - first) / width, colour if even else np.full(3, np.nan)))
    return found


def _even(widths: Sequence[float]) -> bool:
    """Whether bars are of one width; the outer two may be cut."""
    usual = float(np.median(widths))
    return all(abs(w - usual) <= _EVEN * usual for w in widths[1:-1]) and max(widths) <= (1 + _EVEN) * usual


def _coloured(bars: Sequence[_Bar]) -> tuple[int, float]:
    """How many of the standard's bars follow each other in its order, and how wide they are together."""
    codes = [_code(colour) for _, colour in bars]
    best = (0, 0.0)
    for first in range(len(bars)):
        if codes[first] not in _ORDER:
            continue
        place = _ORDER.index(codes[first])
        count = 1
        while (
            first + count < len(bars) and place + count < len(_ORDER) and codes[first + count] == _ORDER[place + count]
        ):
            count += 1
        widths = [w for w, _ in bars[first : first + count]]
        if _even(widths):
            best = max(best, (count, sum(widths)))
    return best


def _code(colour: npt.NDArray[np.float64]) -> tuple[int, ...] | None:
    """Which of red, green and blue a bar has; None if it has one by half."""
    if np.isnan(colour).any() or (most := float(colour.max())) < 90:
        return None
    parts = colour / most
    if ((parts > 0.35) & (parts < 0.75)).any():
        return None
    return tuple(int(p >= 0.75) for p in parts)


def _greys(bars: Sequence[_Bar]) -> int:
    """The longest row of greys of even width that rise or fall by even steps."""
    best, run, slope = 1, 1, 0.0
    for place in range(1, len(bars)):
        (wide, colour), (before, last) = bars[place], bars[place - 1]
        grey = bool(not np.isnan(colour + last).any() and max(np.ptp(colour), np.ptp(last)) <= _GREY)
        step = float((colour - last).mean())
        if run > 1:
            grey = grey and step * slope > 0 and abs(step - slope) <= 0.4 * abs(slope)
        if grey and abs(wide - before) <= _EVEN * max(wide, before):
            run, slope = run + 1, step
        else:
            run, slope = 1, 0.0
        best = max(best, run)
    return best if best > 1 else 0
