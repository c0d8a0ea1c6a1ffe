"""Measures that fall out of the pass for nearly nothing: brightness and change of every picture, colour over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cinedex.media.views import FrameChunk, Frames
from cinedex.stages.arrays import TINY, expect, row_table
from cinedex.stages.base import Cost, Inputs, Stage
from cinedex.timeline.rows import Quality, Row
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.track import Ticks

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]

BIN = Time(SECOND // 2)
"""Colour is averaged over pictures that start in the same half second of film time, wherever a reel begins."""

LAG = SECOND
"""'drift' compares a picture with the one shown this long before it."""

REACH = SECOND * 2
"""A picture older than this is not compared with: what a reel sees must not depend on where the film was cut."""

SHARE = 0.98
"""'highlight' is the luma that this share of the picture does not exceed."""

_BT709 = np.array([13933, 46871, 4732], dtype=np.uint32)
"""The luma weights of ITU-R BT.709 in 1/65536, so that sums are exact whatever the batch."""


@dataclass(frozen=True)
class Measures(Stage):
    """Numbers from 0 to 1 on gamma-encoded RGB pictures of 48x27, each pixel the mean of the area that it stands for.

    For every picture: 'luma', the mean BT.709 luma; 'highlight', the luma that 98 % of the pixels do not exceed;
    'change', the mean absolute difference from the picture before; 'drift', the same from the picture shown a second
    before. The last two are missing where no picture to compare with started in the two seconds before. For every half
    second of film time: 'red', 'green', 'blue', means over the pictures that start in it; a row reaches on to the half
    second in which its last picture ends, so that the rows tile a film of any rate.
    """

    name: ClassVar[str] = "quality"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Quality,)
    cost: ClassVar[Cost] = Cost(cpus=0.3, memory_mib=32, cpu_seconds_per_minute=0.2, disk_kib_per_minute=16.0)
    halo: ClassVar[Time] = REACH

    @property
    def needs(self) -> tuple[Frames]:
        """The smallest pictures."""
        return (TINY,)

    def run(self, inputs: Inputs) -> Iterator[pa.Table]:
        """Tables of `Quality` rows."""
        recent, colours = _Recent(), _Colours(inputs.movie.span)
        for chunk in expect(FrameChunk, inputs.chunks):
            shade = _luma(chunk.pixels)
            yield _rows(chunk, "luma", shade.mean(axis=1), 1 << 13)
            yield _rows(chunk, "highlight", _highlight(shade), 1 << 13)
            change, drift = recent.differences(chunk)
            yield _rows(chunk, "change", change, 1 << 16)
            yield _rows(chunk, "drift", drift, 1 << 16)
            colours.take(chunk)
        yield from colours.tables()
