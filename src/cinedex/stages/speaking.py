"""Which character a voice belongs to, from who is on screen while it is heard, over the whole film.

Who speaks is mostly seen, and more often than somebody who does not. Every turn weighs in for those on screen by how
much more usual that is if the voice is theirs than if it is not, and against those who are not there; "somebody else,
or nobody seen" is an answer too. Two who are always seen together share what speaks for them, so neither is certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.timeline.rows import Person, Row, Speaker, Speaking
from cinedex.timeline.time import FLICKS_PER_SECOND, Time
from cinedex.timeline.track import Spans

Numbers = npt.NDArray[np.float64]

_RARE, _COMMON = 0.02, 0.75
"""Between which shares being on screen is taken to lie for somebody who does not speak."""


@dataclass(frozen=True)
class Speakings(Stage):
    """For each voice the likeliest character, if that is at least `least` likely.

    Whoever speaks is taken to be on screen for `shown` of the time. A turn of `full_seconds` counts as `trust` of an
    independent observation, a shorter one as less. How often a character is seen while others speak is mixed with how
    often it is seen in the film, which counts for `prior_seconds`.
    """

    name: ClassVar[str] = "speaking"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Speaking,)
    halo: ClassVar[Time | None] = None
    cost: ClassVar[Cost] = Cost(cpus=1, memory_mib=64, cpu_seconds_per_minute=0.01, disk_kib_per_minute=0.1)

    shown: float = 0.8
    trust: float = 0.6
    full_seconds: float = 3.0
    prior_seconds: float = 20.0
    least: float = 0.3

    @property
    def needs(self) -> tuple[Need, ...]:
        """Turns of voices, and appearances of characters."""
        return (Speaker, Person)

    def run(self, inputs: Inputs) -> Iterator[Speaking]:
        """A row for each voice that is somebody's."""
        turns, people = inputs.track(Speaker), inputs.track(Person)
        if not len(turns) or not len(people):
            return
        speakers, persons = turns.column("number"), people.column("number")
        spans, numbers = turns.spans, np.unique(persons)
        lengths = (spans.ends - spans.starts).astype(np.float64)
        appear = [Spans(people.spans.starts[persons == n], people.spans.ends[persons == n]) for n in numbers]
        present = np.stack([np.asarray(spans.overlap(a.support()), np.float64) for a in appear], axis=1)
        usual = np.array([int(a.support().total) for a in appear]) / max(int(inputs.movie.duration), 1)
        for speaker in np.unique(speakers).tolist():
            own = speakers == speaker
            likely = self._likely(present, lengths, own, usual)
            best = int(likely.argmax())
            if likely[best] >= self.least:
                yield Speaking(
                    start=Time(int(spans.starts[own].min())),
                    end=Time(int(spans.ends[own].max())),
                    speaker=int(speaker),
                    person=int(numbers[best]),
                    score=round(float(likely[best]), 4),
                )

    def _likely(self, present: Numbers, lengths: Numbers, own: npt.NDArray[np.bool_], usual: Numbers) -> Numbers:
        """How likely the voice of the turns `own` is each character's; what is left to one is nobody's."""
        prior = self.prior_seconds * FLICKS_PER_SECOND
        others = (present[~own].sum(axis=0) + usual * prior) / (lengths[~own].sum() + prior)
        others = np.clip(others, _RARE, _COMMON)
        shares = present[own] / np.maximum(lengths[own, None], 1)
        weights = self.trust * np.minimum(lengths[own] / (self.full_seconds * FLICKS_PER_SECOND), 1)
        tells = shares * np.log(self.shown / others) + (1 - shares) * np.log((1 - self.shown) / (1 - others))
        evidence = np.append((weights[:, None] * tells).sum(axis=0), 0.0)
        odds = np.exp(evidence - evidence.max())
        return np.asarray((odds / odds.sum())[:-1])
