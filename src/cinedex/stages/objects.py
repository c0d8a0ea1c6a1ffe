"""What things are in the picture and where: one look at every glance, in the words of an object detector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from cinedex.media.views import Look, Looks
from cinedex.models.tasks import Floats, ObjectDetector
from cinedex.stages.arrays import expect
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.timeline.rows import Glance, Object, Row

_MODEL = "ssd-mobilenet-v2"

_SIDE = 300
"""What the model takes. Films are stretched to it, as the photographs were on which it was trained."""


@dataclass(frozen=True)
class Objects(Stage):
    """At most `most` things of every glance, the surest, each with its box and how likely it is that it is there.

    A thing stands for the whole glance, which is as long as little moves. The model is asked for one look at a time:
    batches are hardly faster on a CPU, and an answer that depends on nothing but its look is the same however the film
    is cut.
    """

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
            Looks(at=Glance, height=_SIDE, width=_SIDE, count=1),
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
        for x, y, width, height, score, label in things[things[:, 4] >= self.threshold][: self.most].tolist():
            yield Object(
                start=glance.start,
                end=glance.end,
                refs=(glance.ref,),
                label=model.labels[int(label)],
                vocabulary=model.vocabulary,
                score=round(score, 4),
                x=round(x, 4),
                y=round(y, 4),
                width=round(width, 4),
                height=round(height, 4),
            )
