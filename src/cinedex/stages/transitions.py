"""Changes of shot: hard cuts and gradual ones, found by a shot boundary network and a model of wipes in one look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from cinedex.media.views import FrameChunk
from cinedex.models.tasks import Floats, Pixels, TransitionDetector
from cinedex.stages.arrays import TINY, expect
from cinedex.stages.base import Cost, Inputs, Made, Need, Stage
from cinedex.stages.wipes import Change, WipeSearch
from cinedex.timeline.rows import Row, Transition
from cinedex.timeline.time import SECOND, Time
from cinedex.timeline.track import Ticks

CUT, ANY = 0, 1
"""The network's two answers: a hard cut after this picture; this picture is part of a change of any kind."""

_SHORTEST = 5
"""Pictures on which a gradual change is seen at least; around a hard cut, up to four can be."""

_RAMP = 4
"""Pictures on which one side of a fade is seen at least, for the two sides to be one change."""

_FLAT = 4.0
"""Standard deviation, in 255 levels, below which a picture shows one colour and nothing else."""

_HOLD = SECOND * 2
"""How long a fade may rest on one colour and still be one change; longer, and the colour is a shot of its own."""

_FRINGE = 12
"""Pictures on each side by which a change may reach beyond what the threshold shows of it."""

_LONGEST = SECOND * 5
"""No change is said to last longer, so that what a stretch answers never depends on what lies far beyond it."""

_ABRUPT = 2.5
"""A cut's step is so many times as large as the steps before and after it; one inside a fade is not."""


@dataclass(frozen=True)
class Transitions(Stage):
    """Rows for every change of shot: what spreads over pictures is gradual, the rest are hard cuts.

    A hard cut's row is the first picture of the new shot; a gradual change's row covers the pictures that show it. A
    fade out and the fade in after it are one change where the picture rests on one colour for two seconds at most.
    """

    name: ClassVar[str] = "transitions"
    version: ClassVar[int] = 2
    makes: ClassVar[tuple[type[Row], ...]] = (Transition,)
    halo: ClassVar[Time | None] = SECOND * 10
    cost: ClassVar[Cost] = Cost(cpus=1, memory_mib=200, cpu_seconds_per_minute=4, disk_kib_per_minute=1)

    model: str = "transnetv2"
    threshold: float = 0.5
    fringe: float = 0.25
    """Score down to which the pictures next to a gradual change are still part of it."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """Every picture, small."""
        return (TINY,)

    @property
    def uses(self) -> tuple[str, ...]:
        """The shot boundary network."""
        return (self.model,)

    def run(self, inputs: Inputs) -> Iterator[Made]:
        """Rows in order of time, those of one reel at once."""
        chunks = expect(FrameChunk, inputs.chunks)
        first = next(chunks, None)
        if first is None:
            return
        detector: TransitionDetector = inputs.model(self.model)
        seen = _Seen()
        scores = np.concatenate(list(detector.follow(seen.watch(chain([first], chunks)))))
        yield from self.rows(scores, seen)

    def rows(self, scores: Floats, seen: _Seen) -> Iterator[Transition]:
        """The changes that the network's scores [n, 2] and the wipes among the pictures tell of."""
        starts, ends = np.concatenate(seen.starts), np.concatenate(seen.ends)
        cuts, soft, unsure = self._sorted(scores, np.concatenate(seen.steps))
        joined = _joined(sorted([*soft, *unsure]), np.concatenate(seen.flat), starts)
        cuts += [run for run in unsure if run in joined]
        taken = np.zeros(len(scores), bool)
        for a, b in cuts:
            taken[max(a - 1, 0) : b + 1] = True
        fringe = (scores[:, ANY] > self.fringe) & ~taken
        changes = [
            Change(*_reach(a, b, fringe), float(scores[a:b, ANY].max()))
            for a, b in joined
            if b - a >= _SHORTEST and (a, b) not in cuts
        ]
        cut_at = [a + int(scores[a:b, CUT].argmax()) for a, b in cuts]
        for wipe in seen.wipes.finish():
            if all(w.last <= wipe.first or wipe.last <= w.first for w in changes):
                # The network may take the middle of a wipe for a cut.
                cut_at = [c for c in cut_at if not wipe.first - 1 <= c <= wipe.last]
                changes.append(wipe)
        found = [_cut(c, float(scores[c, CUT]), starts, ends) for c in cut_at if c + 1 < len(starts)]
        found += [_gradual(w, starts, ends) for w in changes]
        yield from sorted(found, key=lambda row: (row.start, row.end))

    def _sorted(self, scores: Floats, steps: npt.NDArray[np.float32]) -> tuple[list[_Run], list[_Run], list[_Run]]:
        """Runs of pictures past the threshold: hard cuts, gradual ones, and short ones that may be either."""
        cuts, soft, unsure = [], [], []
        for a, b in _runs(np.any(scores > self.threshold, axis=1)):
            hard = scores[a:b, CUT]
            if b - a >= _SHORTEST or hard.max() <= self.threshold:
                soft.append((a, b))
            elif _abrupt(steps, a + int(hard.argmax())):
                cuts.append((a, b))
            else:
                unsure.append((a, b))
        return cuts, soft, unsure


@dataclass
class _Seen:
    """What is kept of the pictures that went by."""

    starts: list[Ticks] = field(default_factory=list)
    ends: list[Ticks] = field(default_factory=list)
    steps: list[npt.NDArray[np.float32]] = field(default_factory=list)
    """Mean difference of each picture from the one before, in 255 levels."""
    flat: list[npt.NDArray[np.bool_]] = field(default_factory=list)
    wipes: WipeSearch = field(default_factory=WipeSearch)

    def watch(self, chunks: Iterable[FrameChunk]) -> Iterator[Pixels]:
        """The pictures, on their way to the network."""
        before: npt.NDArray[np.int16] | None = None
        for chunk in chunks:
            self.starts.append(chunk.starts)
            self.ends.append(chunk.ends)
            gray = chunk.pixels.sum(axis=3, dtype=np.int16)
            whole = np.concatenate([gray[:1] if before is None else before, gray])
            before = gray[-1:]
            self.steps.append(np.abs(np.diff(whole, axis=0)).mean(axis=(1, 2), dtype=np.float32) / 3)
            self.flat.append(gray.std(axis=(1, 2), dtype=np.float32) < _FLAT * 3)
            self.wipes.push(chunk.pixels)
            yield chunk.pixels


_Run: TypeAlias = tuple[int, int]
"""Pictures from the first to the second (exclusive)."""


def _runs(holds: npt.NDArray[np.bool_]) -> list[_Run]:
    """Where it holds."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], holds.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _abrupt(steps: npt.NDArray[np.float32], cut: int) -> bool:
    """Whether the step after picture `cut` stands out from its neighbours. `steps[i]` leads to picture i."""
    if cut + 1 >= len(steps):
        return True
    around = max(steps[cut], steps[cut + 2] if cut + 2 < len(steps) else 0.0)
    return bool(steps[cut + 1] >= _ABRUPT * around)


def _joined(runs: list[_Run], flat: npt.NDArray[np.bool_], starts: Ticks) -> list[_Run]:
    """Runs, those joined that are the two sides of a fade through one colour."""
    joined: list[_Run] = []
    last = 0
    for a, b in runs:
        if joined:
            before = joined[-1][1]
            ramp = max(last, b - a) >= _RAMP
            if ramp and flat[before:a].any() and starts[a] - starts[before] <= _HOLD:
                joined[-1] = joined[-1][0], b
                last = b - a
                continue
        joined.append((a, b))
        last = b - a
    return joined


def _reach(first: int, last: int, fringe: npt.NDArray[np.bool_]) -> _Run:
    """The run with its fringes."""
    before, after = fringe[max(first - _FRINGE, 0) : first][::-1], fringe[last : last + _FRINGE]
    return first - _leading(before), last + _leading(after)


def _leading(holds: npt.NDArray[np.bool_]) -> int:
    """For how many from the first on it holds."""
    return len(holds) if holds.all() else int(holds.argmin())


def _cut(at: int, score: float, starts: Ticks, ends: Ticks) -> Transition:
    return Transition(start=Time(int(starts[at + 1])), end=Time(int(ends[at + 1])), how="cut", score=_round(score))


def _gradual(change: Change, starts: Ticks, ends: Ticks) -> Transition:
    start = Time(int(starts[change.first]))
    own = ends[change.first : change.last]
    end = Time(int(own[max(int(np.searchsorted(own, start + _LONGEST, side="right")) - 1, 0)]))
    return Transition(start=start, end=end, how="gradual", score=_round(change.score))


def _round(score: float) -> float:
    """To what the runtimes agree on."""
    return round(score, 4)
