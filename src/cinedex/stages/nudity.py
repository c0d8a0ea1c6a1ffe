"""Where a film may show nudity: a look at every glance, and closer ones where the first is suspicious."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from cinedex.media.views import Look, Looks
from cinedex.models.tasks import NudityScorer
from cinedex.stages.arrays import expect
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.timeline.rows import Glance, Nudity, Row, Suspect
from cinedex.timeline.time import SECOND, Span, Time

_MODEL = "open-nsfw"

_SIDE = 256
"""What the model takes. Films are stretched to it, as the pictures were on which it was trained."""


@dataclass(frozen=True)
class FirstLooks(Stage):
    """How much the picture at every glance is like pictures of nudity.

    A glance that scores `suspicious` or more has no answer yet: it is cut into stretches of at most `close` seconds
    (rows of kind 'suspect'), each of which is looked at again. One look can mislead, for faces that fill the picture,
    sand and wood are the colour of skin too; several pictures of a stretch rarely do.
    """

    name: ClassVar[str] = "nudity"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Nudity, Suspect)
    cost: ClassVar[Cost] = Cost(cpus=0.5, memory_mib=96, cpu_seconds_per_minute=1.2, disk_kib_per_minute=1.5)
    # What a glance is cut into may begin far behind it.
    seam: ClassVar[type[Row] | None] = Glance

    suspicious: float = 0.1
    close: float = 0.5

    @property
    def needs(self) -> tuple[Need, ...]:
        """Glances, and one look at each."""
        return (Glance, Looks(at=Glance, height=_SIDE, width=_SIDE, count=1))

    @property
    def uses(self) -> tuple[str, ...]:
        """The scorer of pictures."""
        return (_MODEL,)

    def run(self, inputs: Inputs) -> Iterator[Nudity | Suspect]:
        """A `Nudity` row, or `Suspect` rows, for every glance that starts in the span."""
        for glance, score in _scored(inputs, Glance):
            if score < self.suspicious:
                yield Nudity(start=glance.start, end=glance.end, refs=(glance.ref,), score=score)
                continue
            for part in _parts(glance.span, Time.from_seconds(self.close)):
                yield Suspect(start=part.start, end=part.end, refs=(glance.ref,), score=score)


@dataclass(frozen=True)
class CloserLooks(Stage):
    """The answer for the stretches that a first look found suspicious: a look at each, half a second apart or less."""

    name: ClassVar[str] = "nudity-closer"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Nudity,)
    cost: ClassVar[Cost] = Cost(cpus=0.5, memory_mib=96, cpu_seconds_per_minute=0.2, disk_kib_per_minute=0.2)

    @property
    def needs(self) -> tuple[Need, ...]:
        """What is suspicious, and one look at each stretch of it."""
        return (Suspect, Looks(at=Suspect, height=_SIDE, width=_SIDE, count=1, snap=False))

    @property
    def uses(self) -> tuple[str, ...]:
        """The scorer of pictures."""
        return (_MODEL,)

    def run(self, inputs: Inputs) -> Iterator[Nudity]:
        """A `Nudity` row for every suspicious stretch that starts in the span."""
        for suspect, score in _scored(inputs, Suspect):
            yield Nudity(start=suspect.start, end=suspect.end, refs=(suspect.ref,), score=score)


def _scored(inputs: Inputs, at: type[Row]) -> Iterator[tuple[Row, float]]:
    """Each row that is looked at with its picture's score, to four places; one at a time, so that cuts change none."""
    seen = inputs.track(at)
    for look in expect(Look, inputs.chunks):
        model: NudityScorer = inputs.model(_MODEL)
        yield seen[look.row], round(float(model.nudity(look.pixels[None])[0]), 4)


def _parts(span: Span, longest: Time) -> Iterator[Span]:
    """The span in equal parts of at most so long."""
    count = max(1, -(-int(span.duration) // max(int(longest), int(SECOND) // 100)))
    edges = [Time(int(span.start) + int(span.duration) * i // count) for i in range(count + 1)]
    return (Span(a, b) for a, b in pairwise(edges))
