"""Changes of shot: hard cuts and gradual ones, found by a shot boundary network in one look at every picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from cinedex.media.views import FrameChunk
from cinedex.models.tasks import Floats, Pixels, TransitionDetector
from cinedex.stages.arrays import TINY, expect
from cinedex.stages.base import Cost, Inputs, Made, Need, Stage
from cinedex.timeline.rows import Row, Transition
from cinedex.timeline.time import SECOND, Time

CUT, ANY = 0, 1
"""The network's two answers: a hard cut after this picture; a change of any kind here."""


@dataclass(frozen=True)
class Transitions(Stage):
    """Rows for every change whose score passes `threshold`; one that spreads over pictures is gradual.

    A hard cut's row is the first picture of the new shot; a gradual change's row covers the pictures that show it.
    """

    name: ClassVar[str] = "transitions"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Transition,)
    halo: ClassVar[Time | None] = SECOND * 10
    cost: ClassVar[Cost] = Cost(cpus=1, memory_mib=200, cpu_seconds_per_minute=4, disk_kib_per_minute=1)

    model: str = "transnetv2"
    threshold: float = 0.5
    longest_cut: int = 3
    """Pictures on which a hard cut may be seen; what is seen on more is gradual."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """Every picture, small."""
        return (TINY,)

    @property
    def uses(self) -> tuple[str, ...]:
        """The shot boundary network."""
        return (self.model,)

    def run(self, inputs: Inputs) -> Iterator[Made]:
        """Rows in order of time."""
        chunks = expect(FrameChunk, inputs.chunks)
        first = next(chunks, None)
        if first is None:
            return
        detector: TransitionDetector = inputs.model(self.model)
        starts: list[npt.NDArray[np.int64]] = []
        ends: list[npt.NDArray[np.int64]] = []

        def pieces() -> Iterator[Pixels]:
            for chunk in chain([first], chunks):
                starts.append(chunk.starts)
                ends.append(chunk.ends)
                yield chunk.pixels

        scores = np.concatenate(list(detector.follow(pieces())))
        yield from self._rows(scores, np.concatenate(starts), np.concatenate(ends))

    def _rows(self, scores: Floats, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> Iterator[Transition]:
        wide = _runs(scores[:, ANY] > self.threshold)
        for a, b in _runs(scores[:, CUT] > self.threshold):
            score = float(scores[a:b, CUT].max())
            around = [(a, b), *(w for w in wide if w[0] < b and w[1] > a)]
            first, last = min(w[0] for w in around), max(w[1] for w in around)
            if last - first > self.longest_cut:
                yield Transition(
                    start=Time(int(starts[first])), end=Time(int(ends[last - 1])), how="gradual", score=score
                )
            elif (new := a + int(scores[a:b, CUT].argmax()) + 1) < len(starts):
                yield Transition(start=Time(int(starts[new])), end=Time(int(ends[new])), how="cut", score=score)


def _runs(holds: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where it holds, as half-open ranges."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], holds.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
