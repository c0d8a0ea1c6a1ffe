"""Shots: the film from transition to transition, without gap or overlap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cinedex.stages.base import Cost, Inputs, Made, Need, Stage
from cinedex.timeline.rows import Frame, Row, Shot, Transition
from cinedex.timeline.time import ZERO, Time


@dataclass(frozen=True)
class Shots(Stage):
    """The first shot starts at 0 and the last ends with the film; a gradual change is halved at its middle picture."""

    name: ClassVar[str] = "shots"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Shot,)
    cost: ClassVar[Cost] = Cost(cpu_seconds_per_minute=0.02, disk_kib_per_minute=0.3)

    @property
    def needs(self) -> tuple[Need, ...]:
        """Changes of shot, and the pictures that they fall between."""
        return (Transition, Frame)

    def run(self, inputs: Inputs) -> Iterator[Made]:
        """Every shot of a film that has pictures."""
        frames = inputs.track(Frame)
        if not len(frames):
            return
        starts = frames.column("start")
        opened: dict[Time, Transition | None] = {ZERO: None}
        for change in inputs.track(Transition):
            at = change.start if change.how == "cut" else _middle(change, starts)
            if ZERO < at < inputs.movie.duration and at not in opened:
                opened[at] = change
        edges = sorted(opened)
        for number, (start, end) in enumerate(zip(edges, [*edges[1:], inputs.movie.duration], strict=True)):
            by = opened[start]
            yield Shot(
                start=start,
                end=end,
                number=number,
                opening=by.how if by is not None else "start",
                score=by.score if by is not None else 1.0,
                refs=(by.ref,) if by is not None else (),
            )


def _middle(change: Transition, starts: np.ndarray) -> Time:
    """When the middle picture of a gradual change is shown."""
    first, last = np.searchsorted(starts, [int(change.start), int(change.end)])
    return Time(int(starts[min((first + last) // 2, len(starts) - 1)]))
