"""Pictures that are missing where things move: repeated in place of the right one, or left out with a gap in time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.timeline.rows import Flag, Frame, Quality, Row
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, Time
from cinedex.timeline.track import Ticks

Numbers = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]

_SLOWEST = 1.05
"""Seconds that the longest pattern lasts: one picture more in every second, as when 24 a second become 25."""

_OFTEN, _SELDOM, _WIDE = 6, 3, 6
"""How many distances in a row must agree for a pattern; fewer where they are so many pictures or more."""

_CHANCE = 1e-4
"""How likely distances may be multiples of one number by chance and still be no chance."""

_UNLIKE = 8.0
"""Of the changes before and after repeats one is at most so many times the other; larger ones are cuts."""

_STEADY = 0.9
"""Share of the pictures that must last as long as the most usual one for a longer one to be a gap."""


@dataclass(frozen=True)
class Cadence(Stage):
    """The flag 'dropped-frames': pictures that repeat the one before where things move, in no pattern; gaps in time.

    A picture repeats if it differs from the one before (measure 'change') by `same` at most, and `share` of what the
    pictures right before and right after the repeats do, which is `moving` at least. Repeats that come in a pattern
    are the film's cadence (drawings shown twice, film at 30, 25 or 60 pictures a second) and no fault, and holds longer
    than `longest` are meant. Gaps are pictures shown more than one and a half times as long as usual in a film of
    constant rate. Faults closer than `near` are one flag if they come in `least` places; one alone may be meant. A
    picture that was left out without a trace in time, and one so still that nothing shows it, cannot be told.
    """

    name: ClassVar[str] = "cadence"
    version: ClassVar[int] = 2
    makes: ClassVar[tuple[type[Row], ...]] = (Flag,)
    cost: ClassVar[Cost] = Cost(cpus=0.1, memory_mib=64, cpu_seconds_per_minute=0.02, disk_kib_per_minute=0.1)

    same: float = 0.0015
    share: float = 0.15
    moving: float = 0.004
    longest: Time = Time(SECOND // 2)  # noqa: RUF009 - Time is frozen
    near: Time = SECOND * 2
    least: int = 2

    @property
    def needs(self) -> tuple[Need, ...]:
        """When pictures are shown, and how much they change."""
        return (Frame, Quality)

    def run(self, inputs: Inputs) -> Iterator[Flag]:
        """The flags in order of time."""
        frames = inputs.track(Frame)
        if len(frames) < 3:
            return
        starts, ends = frames.spans.starts, frames.spans.ends
        change = _changes(inputs.track(Quality), starts)
        usual = int(np.median(ends - starts))
        repeats = self._repeats(change, starts, usual)
        gaps = self._gaps(starts, ends, usual)
        at = np.flatnonzero(repeats | gaps)
        if not len(at):
            return
        apart = np.flatnonzero(np.diff(starts[at]) > int(self.near)) + 1
        for some in np.split(at, apart):
            if 1 + int((np.diff(some) > 1).sum()) >= self.least:
                yield self._flag(some, (starts, ends), repeats, gaps)

    def _repeats(self, change: Numbers, starts: Ticks, usual: int) -> Marks:
        """Pictures that repeat the one before, in no pattern, where things move."""
        rate = FLICKS_PER_SECOND / max(usual, 1)
        known = np.nan_to_num(change, nan=0.0)
        still = ~np.isnan(change) & (change <= self.same)
        still = self._amid(still, known, starts)
        return still & ~_patterned(still, round(_SLOWEST * rate))

    def _amid(self, still: Marks, change: Numbers, starts: Ticks) -> Marks:
        """The still pictures right between moves, of runs that are over soon; a move that comes to rest is none."""
        edges = np.flatnonzero(np.diff(still, prepend=False, append=False))
        found = np.zeros(len(still), dtype=np.bool_)
        for first, last in edges.reshape(-1, 2).tolist():
            if first == 0 or last >= len(starts) or starts[last] - starts[first] > int(self.longest):
                continue
            before, after = change[first - 1], change[last]
            moved = min(before, after)
            if max(before, after) > _UNLIKE * moved:
                continue
            if moved >= self.moving and change[first:last].max() <= self.share * moved:
                found[first:last] = True
        return found

    def _gaps(self, starts: Ticks, ends: Ticks, usual: int) -> Marks:
        """Pictures shown too long in a film of constant rate, the last one left out."""
        lasting = ends - starts
        if (np.abs(lasting - usual) <= usual // 20 + 1).mean() < _STEADY:
            return np.zeros(len(starts), dtype=np.bool_)
        long = lasting * 2 > usual * 3
        long[-1] = False
        return np.asarray(long & (lasting <= int(self.longest) + usual), dtype=np.bool_)

    def _flag(self, some: npt.NDArray[np.int64], spans: tuple[Ticks, Ticks], repeats: Marks, gaps: Marks) -> Flag:
        starts, ends = spans
        first, last = int(some[0]), int(some[-1])
        count, twice, late = last - first + 1, int(repeats[some].sum()), int(gaps[some].sum())
        told = [f"{twice} of {count} pictures repeat the one before where things move"] if twice else []
        told += [f"{late} are shown too long"] if late else []
        return Flag(
            start=Time(int(starts[first])),
            end=Time(int(ends[last])),
            refs=(f"{Frame.kind}@{int(starts[first])}",),
            label="dropped-frames",
            score=round(min(1.0, len(some) / 10), 2),
            note="; ".join(told),
        )


def _changes(track: object, starts: Ticks) -> Numbers:
    """The measure 'change' of every picture; NaN where it was not taken."""
    table = track.table  # type: ignore[attr-defined]
    rows = table.filter(pc.equal(table.column("measure"), "change"))
    found = np.full(len(starts), np.nan)
    places = np.searchsorted(starts, rows.column("start").to_numpy())
    found[places.clip(0, len(starts) - 1)] = rows.column("value").to_numpy()
    return found


def _patterned(still: Marks, slowest: int) -> Marks:
    """The still pictures that come every n pictures, or every n or n + 1, time after time.

    Where little moves some of a pattern's repeats do not show: distances that are all multiples of an n are one too.
    """
    at = np.flatnonzero(still)
    apart = np.diff(at)
    found = np.zeros(len(still), dtype=np.bool_)
    for count, least in ((_OFTEN, 1), (_SELDOM, _WIDE)):
        if len(apart) < count:
            continue
        some = np.lib.stride_tricks.sliding_window_view(apart, count)
        low, high = some.min(axis=1), some.max(axis=1)
        for first in np.flatnonzero((high - low <= 1) & (low >= least) & (high <= slowest)).tolist():
            found[at[first : first + count + 1]] = True
    for every in range(2, slowest + 1):
        count = max(_SELDOM, math.ceil(math.log(_CHANCE) / -math.log(every)))
        if len(apart) >= count:
            multiples = np.lib.stride_tricks.sliding_window_view(apart % every == 0, count).all(axis=1)
            for first in np.flatnonzero(multiples).tolist():
                found[at[first : first + count + 1]] = True
    return found
