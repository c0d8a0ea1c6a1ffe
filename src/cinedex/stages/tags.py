"""What every shot shows, in the words of a picture tagger, and a vector by which like-looking shots are found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

import numpy as np

from cinedex.media.views import Look, Looks
from cinedex.models.tasks import Floats, ImageTagger
from cinedex.stages.arrays import expect
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.timeline.rows import Row, Shot, Tag, Vector

_MODEL = "efficientnet-lite2"

_SIDE = 260
"""What the model takes. Films are stretched to it: measured on photographs cut to 16:9, that loses less than a crop."""


@dataclass(frozen=True)
class Tags(Stage):
    """The labels that three looks at a shot agree on, and one unit vector per shot, the mean of the looks' features.

    A label's score is its mean over the looks; at most `most` labels of at least `threshold` are kept. The model is
    asked for one shot at a time: batches of several shots are no faster on a CPU, and an answer that depends on nothing
    but its shot is the same however the film is cut. Vectors are rounded to half precision.
    """

    name: ClassVar[str] = "tags"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Tag, Vector)
    cost: ClassVar[Cost] = Cost(cpus=0.5, memory_mib=96, cpu_seconds_per_minute=1.1, disk_kib_per_minute=35.0)

    threshold: float = 0.1
    most: int = 5

    @property
    def needs(self) -> tuple[Need, ...]:
        """Shots, and three looks at each."""
        return (Shot, Looks(at=Shot, height=_SIDE, width=_SIDE, count=3))

    @property
    def uses(self) -> tuple[str, ...]:
        """The picture tagger."""
        return (_MODEL,)

    def run(self, inputs: Inputs) -> Iterator[Tag | Vector]:
        """The `Tag` rows and the `Vector` of every shot that starts in the span."""
        shots = inputs.track(Shot)
        for row, looks in groupby(expect(Look, inputs.chunks), key=lambda look: look.row):
            model: ImageTagger = inputs.model(_MODEL)
            scores, features = model.tags(np.stack([look.pixels for look in looks]))
            yield from self._named(shots[row], scores.mean(axis=0), model)
            yield _placed(shots[row], features.mean(axis=0), model.space)

    def _named(self, shot: Shot, scores: Floats, model: ImageTagger) -> Iterator[Tag]:
        for place in np.argsort(-scores, kind="stable")[: self.most].tolist():
            if scores[place] >= self.threshold:
                yield Tag(
                    start=shot.start,
                    end=shot.end,
                    refs=(shot.ref,),
                    label=model.labels[place],
                    vocabulary=model.vocabulary,
                    score=round(float(scores[place]), 4),
                )


def _placed(shot: Shot, feature: Floats, space: str) -> Vector:
    """The feature as a vector of length 1 (of length 0 where the feature is)."""
    length = float(np.linalg.norm(feature))
    unit = feature / length if length > 0 else feature
    values = tuple(unit.astype(np.float16).astype(np.float64).tolist())
    return Vector(start=shot.start, end=shot.end, refs=(shot.ref,), space=space, values=values)
