"""What a stage may ask to see of a film, and the pieces in which it arrives.

A view is frozen data: equal views asked for by several stages are converted once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from cinedex.timeline.rows import Row
from cinedex.timeline.time import Rate, Span, Time
from cinedex.timeline.track import Ticks

PixelFormat: TypeAlias = Literal["rgb24", "gray8"]


@dataclass(frozen=True, slots=True)
class Frames:
    """Every decoded picture of the dense pass (`rate=None`), or at most `rate` a second, scaled and upright.

    With both `width` and `height` the picture is stretched to that size; with `height` alone its width follows the
    display aspect ratio (even, at least 2). Pictures are scaled by area averaging, 8 bits, full range.
    """

    height: int
    width: int | None = None
    rate: Rate | None = None
    format: PixelFormat = "rgb24"
    chunk: int = 32
    """How many pictures a chunk carries at most."""
    exact: bool = False
    """Whether colours are within half a step of those that are coded, for who measures light; else they are up to two
    of 255 steps too dark, which costs less."""


@dataclass(frozen=True, slots=True)
class Samples:
    """The sound of one audio stream (by its place among the audio streams), float32: mono, or every channel by itself.

    `rate` None leaves the stream's own rate. With `mixed` False the channels come as the stream's layout orders them.
    """

    rate: int | None = 16_000
    stream: int = 0
    chunk: int = 16_000
    """How many samples a chunk carries."""
    mixed: bool = True


@dataclass(frozen=True, slots=True)
class Looks:
    """`count` pictures of every row of kind `at`, spread evenly inside it, by sparse seeks.

    `height` None leaves the lines of the picture as they are stored, for stages that ask how they were made.

    `snap` lets a look move to a key frame inside its own share of the row: the same question at a fraction of the
    decoding, for stages that do not care which frame of a stretch they see.
    """

    at: type[Row]
    height: int | None
    width: int | None = None
    count: int = 1
    format: PixelFormat = "rgb24"
    snap: bool = True


@dataclass(frozen=True, slots=True)
class Listens:
    """Random access to the sound of one audio stream by `Inputs.listen(span)`; mono, float32, `rate` a second."""

    rate: int = 16_000
    stream: int = 0


@dataclass(frozen=True, slots=True)
class Captions:
    """The film's own subtitle streams of text and the subtitle files beside it, each as one chunk."""

    files: tuple[tuple[str, str], ...] = ()
    """Name and SHA-256 of each file that is read; one that has changed since is not."""


View: TypeAlias = Frames | Samples | Looks | Listens | Captions


@dataclass(frozen=True, eq=False, slots=True)
class FrameChunk:
    """Consecutive pictures of the dense pass. `pixels` is uint8 [n, height, width, 3] ([n, height, width] in gray)."""

    starts: Ticks
    ends: Ticks
    pts: Ticks
    keys: npt.NDArray[np.bool_]
    pixels: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.starts)

    def __repr__(self) -> str:
        return f"FrameChunk({len(self)} of {self.pixels.shape[1:]} from {self.starts[:1]})"


@dataclass(frozen=True, eq=False, slots=True)
class SampleChunk:
    """Consecutive samples, float32 [n] in -1..1, or [n, channels] as they are; the first is at `start`."""

    start: Time
    rate: int
    samples: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.samples)

    def __repr__(self) -> str:
        return f"SampleChunk({len(self)} at {self.rate}/s from {self.start})"


@dataclass(frozen=True, eq=False, slots=True)
class Look:
    """One picture taken for row `row` (its place in the track): `at` is the time of the frame shown."""

    row: int
    at: Time
    pixels: npt.NDArray[np.uint8]

    def __repr__(self) -> str:
        return f"Look(row {self.row} at {self.at}, {self.pixels.shape})"


@dataclass(frozen=True, slots=True)
class CaptionChunk:
    """One source of subtitles: the entries of a stream as (span, text), or the bytes of a file that nobody has read."""

    name: str
    language: str | None
    """As the container tags it."""
    entries: tuple[tuple[Span, str], ...] = ()
    data: bytes | None = None
    fault: str = ""
    """Why there is nothing in it, or not all."""


Chunk: TypeAlias = FrameChunk | SampleChunk | Look | CaptionChunk
