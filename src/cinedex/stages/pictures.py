"""One thumbnail per shot: of the few pictures looked at, one that shows something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from cinedex.media.image import jpeg
from cinedex.media.views import Look, Looks
from cinedex.stages.arrays import expect
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.timeline.rows import Picture, Row, Shot

_CLEARLY = 1.25
"""How many times sharper a picture must be than the one in the middle of its shot to be shown instead."""


@dataclass(frozen=True)
class Pictures(Stage):
    """A JPEG still of every shot, role 'thumbnail', `height` pixels high in the film's display shape.

    The picture nearest the middle of the shot, unless one a third of the shot away has clearly more detail, as the
    middle of a fade, a flash or a fast pan has little. The looks are those of the tags: one reading serves both.
    """

    name: ClassVar[str] = "pictures"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Picture,)
    cost: ClassVar[Cost] = Cost(cpus=0.5, memory_mib=32, cpu_seconds_per_minute=0.6, disk_kib_per_minute=200.0)

    height: int = 180
    quality: int = 80

    @property
    def needs(self) -> tuple[Need, ...]:
        """Shots, and three looks at each."""
        return (Shot, Looks(at=Shot, height=self.height, count=3))

    def run(self, inputs: Inputs) -> Iterator[Picture]:
        """One `Picture` per shot that starts in the span."""
        shots = inputs.track(Shot)
        for row, looks in groupby(expect(Look, inputs.chunks), key=lambda look: look.row):
            yield self._still(shots[row], best(tuple(looks)))

    def _still(self, shot: Shot, look: Look) -> Picture:
        height, width = look.pixels.shape[:2]
        return Picture(
            start=shot.start,
            end=shot.end,
            refs=(shot.ref,),
            at=look.at,
            role="thumbnail",
            width=width,
            height=height,
            format="jpeg",
            data=jpeg(look.pixels, quality=self.quality),
        )


def best(looks: Sequence[Look]) -> Look:
    """The look in the middle, or the one with the most detail where that has clearly more."""
    middle = looks[len(looks) // 2]
    richest = max(looks, key=lambda look: detail(look.pixels))
    return richest if detail(richest.pixels) > _CLEARLY * detail(middle.pixels) else middle


def detail(pixels: npt.NDArray[np.uint8]) -> float:
    """Mean absolute difference between neighbouring pixels of RGB uint8 [height, width, 3], in levels of green."""
    green = pixels[:, :, 1].astype(np.int16)
    return float(sum(np.abs(np.diff(green, axis=axis)).mean() if green.shape[axis] > 1 else 0.0 for axis in (0, 1)))
