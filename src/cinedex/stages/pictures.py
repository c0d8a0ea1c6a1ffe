"""One still a shot, small enough to keep, clear enough to recognise the shot by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

import numpy as np

from cinedex.media.image import jpeg
from cinedex.media.views import Look, Looks
from cinedex.stages.base import Cost, Inputs, Made, Need, Stage
from cinedex.timeline.rows import Picture, Row, Shot


@dataclass(frozen=True)
class Pictures(Stage):
    """The clearest of a few looks at every shot, as JPEG, role 'thumbnail'."""

    name: ClassVar[str] = "pictures"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Picture,)
    cost: ClassVar[Cost] = Cost(cpus=0.5, memory_mib=64, cpu_seconds_per_minute=0.8, disk_kib_per_minute=110)

    height: int = 180
    looks: int = 3
    quality: int = 80

    @property
    def needs(self) -> tuple[Need, ...]:
        """Looks inside every shot."""
        return (Shot, Looks(at=Shot, height=self.height, count=self.looks))

    def run(self, inputs: Inputs) -> Iterator[Made]:
        """A picture for every shot that could be looked at."""
        shots = inputs.track(Shot).rows
        looks = (c for c in inputs.chunks if isinstance(c, Look))
        for number, group in groupby(looks, key=lambda look: look.row):
            best = max(group, key=lambda look: _clarity(look.pixels))
            height, width = best.pixels.shape[:2]
            shot = shots[number]
            yield Picture(
                start=shot.start,
                end=shot.end,
                at=best.at,
                role="thumbnail",
                width=width,
                height=height,
                format="jpeg",
                data=jpeg(best.pixels, quality=self.quality),
                refs=(shot.ref,),
            )


def _clarity(pixels: np.ndarray) -> float:
    """Contrast and detail: low for black, blank, blown and blurred pictures."""
    gray = pixels.mean(axis=2, dtype=np.float32)
    detail = np.abs(np.diff(gray, axis=0)).mean() + np.abs(np.diff(gray, axis=1)).mean()
    return float(gray.std() + 4 * detail)
