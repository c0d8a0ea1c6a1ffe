"""Where somebody speaks: voice activity over the film, the same however the film is cut into reels.

The film is laid on a fixed grid of cells. Each is judged from a blank state after a short warm-up and segmented by
itself, so that an answer depends on its own cell alone; speech across an edge becomes two rows that touch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cinedex.media.views import SampleChunk, Samples
from cinedex.models.tasks import Floats, VoiceDetector
from cinedex.stages.base import Cost, Inputs, Made, Need, Stage
from cinedex.timeline.rows import Row, Sound
from cinedex.timeline.time import FLICKS_PER_SECOND, Rate, Time

RATE = 16_000
_HOP = 512
_CELL = 256 * _HOP
_WARM = 64 * _HOP


@dataclass(frozen=True)
class Voice(Stage):
    """Rows of label 'speech'. A stretch starts at `onset`, lasts while above `offset`, and outlives short pauses."""

    name: ClassVar[str] = "voice"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Sound,)
    halo: ClassVar[Time | None] = Rate(RATE).time(_CELL + _WARM)
    cost: ClassVar[Cost] = Cost(cpus=0.2, memory_mib=64, cpu_seconds_per_minute=0.4, disk_kib_per_minute=1)

    onset: float = 0.5
    offset: float = 0.35
    shortest_seconds: float = 0.2
    pause_seconds: float = 0.4
    padding_seconds: float = 0.16
    model: str = "silero-vad"

    @property
    def needs(self) -> tuple[Need, ...]:
        """The first sound stream."""
        return (Samples(rate=RATE),)

    @property
    def uses(self) -> tuple[str, ...]:
        """The voice detector."""
        return (self.model,)

    def run(self, inputs: Inputs) -> Iterator[Made]:
        """Speech in every cell that the span touches."""
        for start, samples in _cells(inputs.chunks):
            detector: VoiceDetector = inputs.model(self.model)
            warm = start - max(start - _WARM, 0)
            heard = detector.voice(samples)[warm // _HOP :]
            for first, last in self._stretches(heard):
                begin, end = start + first * _HOP, min(start + last * _HOP, start - warm + len(samples))
                yield Sound(
                    start=Rate(RATE).time(begin),
                    end=Rate(RATE).time(end),
                    label="speech",
                    score=float(heard[first:last].mean()),
                )

    def _stretches(self, heard: Floats) -> list[tuple[int, int]]:
        """Speech as half-open ranges of hops inside one cell."""
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


def _cells(chunks: Iterator[object]) -> Iterator[tuple[int, Floats]]:
    """Each cell's first sample number and its samples with the warm-up before them, as far as the sound goes."""
    held: list[Floats] = []
    first: int | None = None
    cell = 0
    for chunk in chunks:
        if not isinstance(chunk, SampleChunk):
            raise TypeError(f"voice listens to samples, got {chunk!r}")
        if first is None:
            first = round(int(chunk.start) * RATE / FLICKS_PER_SECOND)
            cell = 0 if first == 0 else -(-(first + _WARM) // _CELL) * _CELL
        held.append(chunk.samples)
        while first + sum(map(len, held)) >= cell + _CELL:
            sound = np.concatenate(held)
            begin = max(cell - _WARM, 0) - first
            yield cell, sound[begin : cell + _CELL - first]
            cell += _CELL
            keep = max(cell - _WARM, 0)
            held, first = [sound[keep - first :]], keep
    if first is not None:
        sound = np.concatenate(held)
        if first + len(sound) > cell:
            rest = sound[max(cell - _WARM, 0) - first :]
            yield cell, np.pad(rest, (0, -len(rest) % _HOP))
