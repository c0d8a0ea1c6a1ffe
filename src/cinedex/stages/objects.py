"""What things are in the picture and where: one look at every glance, in the words of an object detector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cinedex.media.views import Look, Looks
from cinedex.models.tasks import Floats, ObjectDetector
from cinedex.stages.arrays import expect
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.timeline.rows import Glance, Object, Row

_MODEL = "ssd-mobilenet-v2"

_HEIGHT, _WIDTH = 192, 320
"""What the model takes: the shape of most films, so that things keep theirs; others are stretched to it."""

_SLOPE, _SHIFT = 0.84, -1.11
"""How likely it is that a thing is there of which the network is so sure, as a line between their log odds."""


@dataclass(frozen=True)
class Objects(Stage):
    """At most `most` things of every glance, the surest first, each with its box."""

    name: ClassVar[str] = "objects"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Object,)
    cost: ClassVar[Cost] = Cost(cpus=0.5, memory_mib=96, cpu_seconds_per_minute=1.2, disk_kib_per_minute=8.0)

    threshold: float = 0.3
    most: int = 20

    @property
    def needs(self) -> tuple[Need, ...]:
        """Glances, and one look at each."""
        return (
            Glance,
            Looks(at=Glance, height=_HEIGHT, width=_WIDTH, count=1),
        )

    @property
    def uses(self) -> tuple[str, ...]:
        """The object detector."""
        return (_MODEL,)

    def run(self, inputs: Inputs) -> Iterator[Object]:
        """The `Object` rows of every glance that starts in the span."""
        glances = inputs.track(Glance)
        for look in expect(Look, inputs.chunks):
            model: ObjectDetector = inputs.model(_MODEL)
            yield from self._seen(glances[look.row], model.objects(look.pixels[None])[0], model)

    def _seen(self, glance: Glance, things: Floats, model: ObjectDetector) -> Iterator[Object]:
        scores = likelihood(things[:, 4])
        for place in np.flatnonzero(scores >= self.threshold)[: self.most].tolist():
            x, y, width, height, _, label = things[place].tolist()
            yield Object(
                start=glance.start,
                end=glance.end,
                refs=(glance.ref,),
                label=model.labels[int(label)],
                vocabulary=model.vocabulary,
                score=round(float(scores[place]), 4),
                x=round(x, 4),
                y=round(y, 4),
                width=round(width, 4),
                height=round(height, 4),
            )


def likelihood(scores: Floats) -> Floats:
    """How likely things are there that a network gives these scores: the same order, and truer numbers."""
    sure = np.clip(scores.astype(np.float64), 1e-6, 1 - 1e-6)
    odds = _SLOPE * np.log(sure / (1 - sure)) + _SHIFT
    return (1 / (1 + np.exp(-odds))).astype(np.float32)
