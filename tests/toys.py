"""Small real stages whose answers over the films of `tests.films` are known: for tests of plans, jobs and runners."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from tests.films import number_of

from cinedex.media.views import Frames, Listens, Looks, Samples
from cinedex.stages.base import Inputs, Need, Stage
from cinedex.timeline.rows import Flag, Frame, Quality, Row, Shot, Sound, Tag
from cinedex.timeline.time import SECOND, Time

VIEW = Frames(height=54)


@dataclass(frozen=True)
class Index(Stage):
    name: ClassVar[str] = "index"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Frame,)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (VIEW,)

    def run(self, inputs: Inputs) -> Iterator[Row]:
        for chunk in inputs.chunks:
            for i in range(len(chunk)):
                start, end = Time(int(chunk.starts[i])), Time(int(chunk.ends[i]))
                yield Frame(start=start, end=end, pts=int(chunk.pts[i]), key=bool(chunk.keys[i]))


@dataclass(frozen=True)
class Numbers(Stage):
    """Reads the bar codes: whatever the reels, every picture must be seen once, in its place."""

    name: ClassVar[str] = "numbers"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Quality,)
    halo: ClassVar[Time | None] = Time(int(SECOND) // 2)
    offset: float = 0.0

    @property
    def needs(self) -> tuple[Need, ...]:
        return (VIEW,)

    def run(self, inputs: Inputs) -> Iterator[Row]:
        for chunk in inputs.chunks:
            for start, end, pixels in zip(chunk.starts, chunk.ends, chunk.pixels, strict=True):
                value = number_of(pixels) + self.offset
                yield Quality(start=Time(int(start)), end=Time(int(end)), measure="number", value=value)


@dataclass(frozen=True)
class Halves(Stage):
    name: ClassVar[str] = "halves"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Shot,)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Frame,)

    def run(self, inputs: Inputs) -> Iterator[Row]:
        frames = inputs.track(Frame).rows
        middle = frames[len(frames) // 2].start
        yield Shot(start=Time(0), end=middle, number=0, opening="start", score=1.0)
        yield Shot(start=middle, end=inputs.movie.duration, number=1, opening="cut", score=1.0)


@dataclass(frozen=True)
class Looker(Stage):
    name: ClassVar[str] = "looker"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Tag,)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Looks(at=Shot, height=54, count=2),)

    def run(self, inputs: Inputs) -> Iterator[Row]:
        shots = inputs.track(Shot).rows
        for look in inputs.chunks:
            shot, label = shots[look.row], f"{number_of(look.pixels)}@{int(look.at)}"
            yield Tag(start=shot.start, end=shot.end, label=label, vocabulary="numbers", score=1.0)


@dataclass(frozen=True)
class Loud(Stage):
    """The level of every whole second of the film, wherever the chunks that it comes in begin."""

    name: ClassVar[str] = "loud"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Sound,)
    halo: ClassVar[Time | None] = SECOND

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Samples(),)

    def run(self, inputs: Inputs) -> Iterator[Row]:
        chunks = list(inputs.chunks)
        if not chunks:
            return
        rate, heard = chunks[0].rate, np.concatenate([c.samples for c in chunks])
        first = round(int(chunks[0].start) * rate / int(SECOND))
        for second in range(-(-first // rate), -(-(first + len(heard)) // rate)):
            start, part = Time(int(SECOND) * second), heard[second * rate - first :][:rate]
            if start in inputs.span:
                end = start + Time(int(SECOND) * len(part) // rate)
                yield Sound(start=start, end=end, label="sound", score=float(np.abs(part).mean()))


@dataclass(frozen=True)
class Ears(Stage):
    name: ClassVar[str] = "ears"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Flag,)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Sound, Listens())

    def run(self, inputs: Inputs) -> Iterator[Row]:
        for sound in inputs.track(Sound):
            if sound.start in inputs.span:
                power = float(np.abs(inputs.listen(sound.span)).mean())
                yield Flag(start=sound.start, end=sound.end, label="loud", score=round(power, 3), note="")


ALL = (Looker(), Ears(), Halves(), Numbers(), Index(), Loud())
