"""What every shot looks like in a space that words share, seen by a model that embeds pictures and texts alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

import numpy as np

from cinedex.errors import UsageError
from cinedex.media.views import Look, Looks
from cinedex.models.spec import ModelSpec
from cinedex.models.tasks import ImageEmbedder
from cinedex.stages.arrays import expect
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.timeline.rows import Row, Shot, Sight


@dataclass(frozen=True)
class Visuals(Stage):
    """One unit vector a shot, of the mean of three looks, by the picture embedder called `model`.

    It is part of an analysis where the settings name such a model; the stand-in of the core tier knows pictures by
    their tags and need not look again. Vectors are rounded to half precision.
    """

    name: ClassVar[str] = "visuals"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Sight,)
    cost: ClassVar[Cost] = Cost(cpus=1, memory_mib=256, cpu_seconds_per_minute=6.0, disk_kib_per_minute=20.0)

    model: str
    height: int
    width: int
    count: int = 3

    @property
    def needs(self) -> tuple[Need, ...]:
        """Shots, and looks at each in the model's size."""
        return (Shot, Looks(at=Shot, height=self.height, width=self.width, count=self.count))

    @property
    def uses(self) -> tuple[str, ...]:
        """The picture embedder."""
        return (self.model,)

    def run(self, inputs: Inputs) -> Iterator[Sight]:
        """The `Sight` of every shot that starts in the span."""
        shots = inputs.track(Shot)
        for row, looks in groupby(expect(Look, inputs.chunks), key=lambda look: look.row):
            model: ImageEmbedder = inputs.model(self.model)
            mean = model.embed_pictures(np.stack([look.pixels for look in looks])).mean(axis=0)
            unit = mean / max(float(np.linalg.norm(mean)), 1e-6)
            shot = shots[row]
            yield Sight(
                start=shot.start,
                end=shot.end,
                refs=(shot.ref,),
                space=model.space,
                values=tuple(unit.astype(np.float16).astype(np.float64).tolist()),
            )


def visuals(name: str, models: Mapping[str, ModelSpec]) -> tuple[Visuals, ...]:
    """The stage of the picture embedder called `name`, none for no name. Raises UsageError for another model."""
    if not name:
        return ()
    fit = [n for n, spec in models.items() if spec.task == "embed-picture"]
    if name not in fit:
        there = ", ".join(fit) or "none is described"
        raise UsageError(f"no model {name!r} embeds pictures", remedy=f"Set CINEDEX_SIGHT to one of: {there}.")
    return (Visuals(name, int(models[name].options["height"]), int(models[name].options["width"])),)
