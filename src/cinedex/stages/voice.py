"""Where somebody speaks: voice activity over the film, the same however the film is cut into reels.

The film is laid on a fixed grid of blocks, each segmented by itself, so that an answer depends on its block alone;
speech across an edge becomes two rows that touch. The detector starts anew in every cell of a block: over music it
grows deaf to speech in half a minute, and from a blank state it hears it (docs/decisions/0008-speech.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cinedex.media.views import SampleChunk, Samples
from cinedex.models.tasks import Floats, VoiceDetector
from cinedex.stages.base import Cost, Inputs, Made, Need
from cinedex.stages.listening import Listening
from cinedex.timeline.rows import Row, Voice
from cinedex.timeline.time import FLICKS_PER_SECOND, Rate, Time

RATE = 16_000
_HOP = 512
_CELL = 128 * _HOP
"""Samples between two fresh starts of the detector."""
_WARM = 32 * _HOP
"""Samples that it hears before a cell, to have a state at all."""
_BLOCK = 2 * _CELL
"""Samples segmented together."""


@dataclass(frozen=True)
class VoiceActivity(Listening):
    """Where somebody speaks. A stretch starts at `onset`, lasts while above `offset`, and outlives short pauses."""

    name: ClassVar[str] = "voice"
    version: ClassVar[int] = 2
    makes: ClassVar[tuple[type[Row], ...]] = (Voice,)
    halo: ClassVar[Time | None] = Rate(RATE).time(_BLOCK + _WARM)
    cost: ClassVar[Cost] = Cost(cpus=0.2, memory_mib=64, cpu_seconds_per_minute=0.4, disk_kib_per_minute=1)

    onset: float = 0.5
    offset: float = 0.35
    shortest_seconds: float = 0.2
    pause_seconds: float = 0.4
    padding_seconds: float = 0.16
    model: str = "silero-vad"

    @property
    def needs(self) -> tuple[Need, ...]:
        """One sound stream."""
        return (Samples(rate=RATE, stream=self.stream),)

    @property
    def uses(self) -> tuple[str, ...]:
        """The voice detector."""
        return (self.model,)

    def run(self, inputs: Inputs) -> Iterator[Made]:
        """Speech in every block that the chunks cover."""
        for start, warm, samples in _blocks(inputs.chunks):
            heard = _judged(inputs.model(self.model), samples, warm)
            for first, last in self._stretches(heard):
                begin, end = start + first * _HOP, min(start + last * _HOP, start - warm + len(samples))
                yield Voice(
                    start=Rate(RATE).time(begin),
                    end=Rate(RATE).time(end),
                    score=float(heard[first:last].mean()),
                )

    def _stretches(self, heard: Floats) -> list[tuple[int, int]]:
        """Speech as half-open ranges of hops inside one block."""
        pause, shortest, padding = (
            round(s * RATE / _HOP) for s in (self.pause_seconds, self.shortest_seconds, self.padding_seconds)
        )
        found: list[list[int]] = []
        speaking = False
        for i, probability in enumerate(heard.tolist()):
            if speaking and probability >= self.offset:
                found[-1][1] = i + 1
            elif not speaking and probability >= self.onset:
                if found and i - found[-1][1] <= pause:
                    found[-1][1] = i + 1
                else:
                    found.append([i, i + 1])
                speaking = True
            else:
                speaking = False
        edge = {0, len(heard)}  # what touches the cell's edge may be the end of something long next door
        kept = [(a, b) for a, b in found if b - a >= shortest or {a, b} & edge]
        grown = [(max(0, a - padding), min(len(heard), b + padding)) for a, b in kept]
        joined: list[tuple[int, int]] = []
        for a, b in grown:
            if joined and a <= joined[-1][1]:
                joined[-1] = (joined[-1][0], b)
            else:
                joined.append((a, b))
        return joined


def _judged(detector: VoiceDetector, samples: Floats, warm: int) -> Floats:
    """Speech probability of each hop of a block, whose samples come with `warm` samples before them."""
    parts = []
    for cell in range(warm, len(samples), _CELL):
        before = min(cell, _WARM)
        piece = samples[cell - before : cell + _CELL]
        parts.append(detector.voice(np.pad(piece, (0, -len(piece) % _HOP)))[before // _HOP :])
    return np.concatenate(parts)


def _blocks(chunks: Iterator[object]) -> Iterator[tuple[int, int, Floats]]:
    """Each block as far as the sound goes: its first sample, how many samples of warm-up lie before it, and all."""
    held: list[Floats] = []
    first: int | None = None
    block = count = 0
    for chunk in chunks:
        if not isinstance(chunk, SampleChunk):
            raise TypeError(f"voice listens to samples, got {chunk!r}")
        if first is None:
            first = round(int(chunk.start) * RATE / FLICKS_PER_SECOND)
            block = 0 if first == 0 else -(-(first + _WARM) // _BLOCK) * _BLOCK
        held.append(chunk.samples)
        count += len(chunk)
        while first + count >= block + _BLOCK:
            sound = np.concatenate(held)
            warm = min(block, _WARM)
            yield block, warm, sound[block - warm - first : block + _BLOCK - first]
            block += _BLOCK
            first, rest = block - _WARM, sound[block - _WARM - first :]
            held, count = [rest], len(rest)
    if first is not None and first + count > block:
        warm = min(block, _WARM)
        yield block, warm, np.concatenate(held)[block - warm - first :]
