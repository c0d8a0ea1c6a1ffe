"""The frame index: when every picture of the film is shown, its own time stamp, and where decoding can start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from cinedex.media.views import FrameChunk, Frames
from cinedex.stages.arrays import TINY, expect, row_table
from cinedex.stages.base import Cost, Inputs, Stage
from cinedex.timeline.rows import Frame, Row
from cinedex.timeline.time import ZERO, Time


@dataclass(frozen=True)
class FrameIndex(Stage):
    """One row per decoded picture. Seeking goes through it, never by arithmetic from a frame rate."""

    name: ClassVar[str] = "frames"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Frame,)
    cost: ClassVar[Cost] = Cost(cpus=0.1, memory_mib=16, cpu_seconds_per_minute=0.001, disk_kib_per_minute=20.0)
    halo: ClassVar[Time] = ZERO

    @property
    def needs(self) -> tuple[Frames]:
        """The smallest pictures; only their times are used."""
        return (TINY,)

    def run(self, inputs: Inputs) -> Iterator[pa.Table]:
        """A table of `Frame` rows, in film order."""
        chunks = [(c.starts, c.ends, c.pts, c.keys) for c in expect(FrameChunk, inputs.chunks)]
        if chunks:
            start, end, pts, key = (np.concatenate(column) for column in zip(*chunks, strict=True))
            yield row_table(Frame, start=start, end=end, pts=pts, key=key)
