"""Where to look: stretches of every shot in which one look is worth taking, shorter where more moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cinedex.stages.arrays import row_table
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.timeline.rows import Glance, Quality, Row, Shot
from cinedex.timeline.time import FLICKS_PER_SECOND
from cinedex.timeline.track import Ticks, Track

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Glances(Stage):
    """Stretches that tile every shot, more of them where more moves.

    There are `slow` a second where nothing moves, `fast` where the picture changes by `busy` (measure 'change') or
    more from frame to frame, something between where it moves a little. Every shot has at least one, a shot of
    `double` seconds at least two. Stages that look at glances share one reading of the film, and see more of it where
    there is more to see.
    """

    name: ClassVar[str] = "glances"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Glance,)
    cost: ClassVar[Cost] = Cost(cpus=0.1, memory_mib=32, cpu_seconds_per_minute=0.02, disk_kib_per_minute=0.5)

    slow: float = 0.5
    fast: float = 2.0
    busy: float = 0.03
    double: float = 1.5

    @property
    def needs(self) -> tuple[Need, ...]:
        """Shots, and how much the picture changes."""
        return (Shot, Quality)

    def run(self, inputs: Inputs) -> Iterator[pa.Table]:
        """One table of all glances."""
        shots = inputs.track(Shot)
        if not len(shots):
            return
        starts, ends, change = _changes(inputs.track(Quality))
        edges: list[Ticks] = []
        numbers: list[int] = []
        for row, (first, last) in enumerate(zip(shots.spans.starts.tolist(), shots.spans.ends.tolist(), strict=True)):
            low, high = np.searchsorted(starts, [first, last])
            # The picture after a cut differs from the one before it by the cut, not by motion.
            cells = self._cells(first, last, (starts[low:high], ends[low:high], change[low:high]))
            edges.append(cells)
            numbers += [row] * (len(cells) - 1)
        yield row_table(
            Glance,
            start=np.concatenate([e[:-1] for e in edges]),
            end=np.concatenate([e[1:] for e in edges]),
            shot=np.array(numbers, dtype=np.int64),
        )

    def _cells(self, first: int, last: int, changes: tuple[Ticks, Ticks, Numbers]) -> Ticks:
        """The edges of a shot's glances, so placed that each holds the same amount of interest."""
        starts, ends, change = changes
        change = change.copy()
        if len(starts) and starts[0] == first:
            change[0] = change[1] if len(change) > 1 else 0.0
        at = np.unique(np.concatenate(([first], starts, ends, [last])).clip(first, last))
        lengths = np.diff(at) / FLICKS_PER_SECOND
        rate = np.full(len(lengths), self.slow)
        if len(starts):
            held = np.searchsorted(starts, at[:-1], side="right") - 1
            known = (held >= 0) & (at[:-1] < ends[held.clip(0)])
            rate[known] += (self.fast - self.slow) * np.minimum(change[held[known]] / self.busy, 1.0)
        interest = np.concatenate(([0.0], np.cumsum(lengths * rate)))
        least = 2 if (last - first) / FLICKS_PER_SECOND >= self.double else 1
        count = max(least, round(float(interest[-1])))
        inner = np.interp(np.arange(1, count) * interest[-1] / count, interest, at)
        edges = np.concatenate(([first], np.rint(inner).astype(np.int64), [last]))
        return np.unique(edges)


def _changes(track: Track[Quality]) -> tuple[Ticks, Ticks, Numbers]:
    """Starts, ends and values of the measure 'change'."""
    rows = track.table.filter(pc.equal(track.table.column("measure"), "change"))
    starts, ends, values = (rows.column(c).to_numpy() for c in ("start", "end", "value"))
    return starts, ends, values.astype(np.float64)
