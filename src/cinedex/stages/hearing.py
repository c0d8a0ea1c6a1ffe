"""What every half second of the sound is like, in film terms; which stretches that makes is told by the stage `sounds`.

Each step is judged by a second of sound around it, and steps in blocks that lie on a fixed grid, so that an answer is
the same however the film is cut into reels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from cinedex.errors import UsageError
from cinedex.media.views import SampleChunk, Samples
from cinedex.models.tasks import Floats
from cinedex.stages.base import Cost, Inputs, Need
from cinedex.stages.listening import Listening
from cinedex.stages.soundterms import VOCABULARY, grouped, heard_by
from cinedex.timeline.rows import Hearing, Row
from cinedex.timeline.time import FLICKS_PER_SECOND, Rate, Time

RATE = 16_000
STEP = 7_680
"""Samples of a step: 0.48 s, half of what the model hears at once."""
_STEPS = 16
_BLOCK = _STEPS * STEP
"""Samples judged together."""
_REACH = STEP
"""Samples that are kept before and after a block, for what the model hears around its first and last step."""


@dataclass(frozen=True)
class Hearings(Listening):
    """One `Hearing` for every 0.48 s of one sound stream, scored by the terms of policies/sounds.toml.

    `terms` names exactly what the terms are heard by, so that what is stored under others is not taken for theirs.
    """

    name: ClassVar[str] = "hearing"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Hearing,)
    halo: ClassVar[Time | None] = Rate(RATE).time(_BLOCK + 2 * _REACH)
    cost: ClassVar[Cost] = Cost(cpus=0.2, memory_mib=64, cpu_seconds_per_minute=0.9, disk_kib_per_minute=5)

    model: str = "yamnet"
    terms: str = field(default_factory=heard_by)

    @property
    def needs(self) -> tuple[Need, ...]:
        """One sound stream."""
        return (Samples(rate=RATE, stream=self.stream),)

    @property
    def uses(self) -> tuple[str, ...]:
        """The sound tagger."""
        return (self.model,)

    def run(self, inputs: Inputs) -> Iterator[Hearing]:
        """The steps of every block that the chunks cover."""
        if self.terms != heard_by():
            raise UsageError(
                f"the sound terms {self.terms} were asked for, and here are {heard_by()}",
                remedy="Install the same Cinedex everywhere.",
            )
        clock = Rate(RATE)
        for start, end, samples in _blocks(inputs.chunks):
            tagger = inputs.model(self.model)
            count = -(-(end - start) // STEP)
            ahead = _REACH + STEP // 2 - tagger.window // 2
            clips = np.stack([samples[ahead + i * STEP :][: tagger.window] for i in range(count)])
            scores = grouped(tagger.sounds(clips), tagger.labels).astype(np.float64).round(3)
            for i, row in enumerate(scores.tolist()):
                begin = start + i * STEP
                yield Hearing(
                    start=clock.time(begin),
                    end=clock.time(min(begin + STEP, end)),
                    vocabulary=VOCABULARY,
                    scores=tuple(row),
                )


def _blocks(chunks: Iterator[object]) -> Iterator[tuple[int, int, Floats]]:
    """Each block as far as the sound goes: its first sample, the one after its last, and its sound with that around it.

    There is silence before the film and after it.
    """
    held = np.zeros(0, np.float32)
    first: int | None = None
    block = 0
    for chunk in chunks:
        if not isinstance(chunk, SampleChunk):
            raise TypeError(f"hearing listens to samples, got {chunk!r}")
        if first is None:
            first = round(int(chunk.start) * RATE / FLICKS_PER_SECOND)
            block = 0 if first == 0 else -(-(first + _REACH) // _BLOCK) * _BLOCK
            if first == 0:
                first, held = -_REACH, np.zeros(_REACH, np.float32)
        held = np.concatenate([held, chunk.samples])
        while first + len(held) >= block + _BLOCK + _REACH:
            yield block, block + _BLOCK, held[block - _REACH - first :][: _BLOCK + 2 * _REACH]
            block += _BLOCK
            first, held = block - _REACH, held[block - _REACH - first :]
    while first is not None and (end := first + len(held)) > block:
        sound = held[block - _REACH - first :][: _BLOCK + 2 * _REACH]
        yield block, min(end, block + _BLOCK), np.pad(sound, (0, _BLOCK + 2 * _REACH - len(sound)))
        block += _BLOCK
