"""Faults of the picture that its measures show: stretches of black, and of pictures that stand still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from cinedex.stages.base import Cost, Inputs, Stage
from cinedex.stages.quality import LAG, SHARE
from cinedex.timeline.rows import Flag, Frame, Quality, Row
from cinedex.timeline.time import SECOND, Time
from cinedex.timeline.track import Ticks, Track

Numbers = npt.NDArray[np.float64]

_EYE = "measured on pictures of 48x27"


@dataclass(frozen=True)
class Faults(Stage):
    """Flags 'black' and 'freeze', as FFmpeg's `blackdetect` and `freezedetect` mean them.

    Black: 98 % of the picture at most `black_level` bright (0..1) for at least `black_least`. Freeze: every picture
    within `freeze_noise` (mean absolute difference, 0..1) of the one before and of that a second before, for at least
    `freeze_least`. `score` is 0 at the limit and 1 for full black or no difference at all.

    The measures come from pictures of 48x27, which see less: a bright mark much smaller than a 27th of the height is
    dimmed and spread, so black with thin letters or stars may be taken for black, or not for black where FFmpeg says
    so; and grain averages out. `freeze_noise` is therefore half of FFmpeg's: still shots with grain keep above it, and
    frozen ones, coded again at common qualities, below.
    """

    name: ClassVar[str] = "faults"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Flag,)
    cost: ClassVar[Cost] = Cost(cpus=0.1, memory_mib=32, cpu_seconds_per_minute=0.01, disk_kib_per_minute=0.1)

    black_level: float = 0.10
    black_least: Time = SECOND * 2
    freeze_noise: float = 0.0005
    freeze_least: Time = SECOND * 2

    @property
    def needs(self) -> tuple[type[Row], ...]:
        """The measures alone; the film is not watched again."""
        return (Quality,)

    def run(self, inputs: Inputs) -> Iterator[Flag]:
        """The flags, black first."""
        track = inputs.track(Quality)
        starts, ends, values = _measure(track, "highlight")
        if not len(starts):
            return
        for first, last in _stretches(values <= self.black_level):
            brightest = values[first:last].max()
            yield from _flag(
                "black",
                (starts, ends),
                (first, last),
                least=self.black_least,
                score=1 - brightest / self.black_level if self.black_level else 1.0,
                note=f"{SHARE:.0%} of the picture at most {brightest:.1%} bright ({_EYE})",
            )
        change, drift = _spread(track, "change", starts), _spread(track, "drift", starts)
        for first, last in _frozen(starts, change, drift, self.freeze_noise):
            most = np.nanmax(change[first + 1 : last]) if last > first + 1 else 0.0
            yield from _flag(
                "freeze",
                (starts, ends),
                (first, last),
                least=self.freeze_least,
                score=1 - most / self.freeze_noise if self.freeze_noise else 1.0,
                note=f"no picture differs from the one before by more than {most:.3%} ({_EYE})",
            )


def _measure(track: Track[Quality], name: str) -> tuple[Ticks, Ticks, Numbers]:
    """Starts, ends and values of one measure, in film order."""
    rows = track.table.filter(pc.equal(track.table.column("measure"), name))
    starts, ends, values = (rows.column(c).to_numpy() for c in ("start", "end", "value"))
    return starts, ends, values.astype(np.float64)


def _spread(track: Track[Quality], name: str, starts: Ticks) -> Numbers:
    """One measure for every picture; NaN where it was not taken."""
    at, _, values = _measure(track, name)
    spread = np.full(len(starts), np.nan)
    spread[np.searchsorted(starts, at)] = values
    return spread


def _stretches(true: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """The runs of True as (first, one past the last)."""
    edges = np.flatnonzero(np.diff(true, prepend=False, append=False)).tolist()
    yield from zip(edges[::2], edges[1::2], strict=True)


def _frozen(starts: Ticks, change: Numbers, drift: Numbers, noise: float) -> Iterator[tuple[int, int]]:
    """Runs of pictures that stay as their first one was, as (first, one past the last); single pictures are runs too.

    A slow fade changes too little from picture to picture: there the difference over a second ends the run.
    """
    moves = ~(change <= noise)
    moves[0] = True
    drifts = np.flatnonzero(drift > noise)
    opens = np.flatnonzero(moves).tolist()
    for first, last in zip(opens, [*opens[1:], len(starts)], strict=True):
        reference = first
        for at in drifts[np.searchsorted(drifts, first) : np.searchsorted(drifts, last)].tolist():
            # What was shown a second earlier says nothing of this run while the run is younger than that.
            if starts[at] - starts[reference] >= LAG:
                yield reference, at
                reference = at
        yield reference, last


def _flag(
    label: str, spans: tuple[Ticks, Ticks], run: tuple[int, int], *, least: Time, score: float, note: str
) -> Iterator[Flag]:
    """The flag of a run of pictures that lasts long enough."""
    (starts, ends), (first, last) = spans, run
    start = Time(int(starts[first]))
    end = Time(int(starts[last]) if last < len(starts) else int(ends[-1]))
    if end - start >= least:
        yield Flag(
            start=start,
            end=end,
            refs=(f"{Frame.kind}@{int(start)}",),
            label=label,
            score=float(np.clip(score, 0, 1)),
            note=note,
        )
