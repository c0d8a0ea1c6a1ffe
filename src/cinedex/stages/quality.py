"""Measures that fall out of the pass for nearly nothing: brightness and change of every picture, colour over time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cinedex.media.views import FrameChunk, Frames
from cinedex.stages.arrays import TINY, expect, row_table
from cinedex.stages.base import Cost, Inputs, Stage
from cinedex.timeline.rows import Quality, Row
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.track import Ticks

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]

BIN = Time(SECOND // 2)
"""Colour is averaged over the pictures that start in the same half second of film time, wherever a reel begins."""

LAG = SECOND
"""'drift' compares a picture with the one shown this long before it."""

REACH = SECOND * 2
"""A picture is compared with none older than this, so that the answer does not depend on where the film was cut."""

SHARE = 0.98
"""'highlight' is the luma that this share of the picture does not exceed (FFmpeg's `blackdetect` uses the same)."""

_PIXELS = 27 * 48

_BT709 = (13933, 46871, 4732)
"""The luma weights of ITU-R BT.709 in 1/65536: whole numbers, so that sums do not depend on the batch."""

_STEPS = {"luma": 1 << 13, "highlight": 1 << 13, "change": 1 << 16, "drift": 1 << 16, "colour": 1 << 13}
"""Steps from 0 to 1 to which values are rounded, so that they store small."""


@dataclass(frozen=True)
class Measures(Stage):
    """Numbers from 0 to 1 on gamma-encoded RGB pictures of 48x27, each pixel the mean of the area it stands for.

    Of every picture: 'luma', its mean by BT.709's weights; 'highlight', the luma that 98 % of the pixels do not exceed;
    'change', the mean absolute difference from the picture before; 'drift', the same from the picture shown a second
    before. The last two are missing where no such picture started within two seconds. Of every half second of film
    time: 'red', 'green' and 'blue', means over the pictures that start in it; such a row lasts until the half second in
    which its last picture ends, so that these rows tile a film of any rate.
    """

    name: ClassVar[str] = "quality"
    version: ClassVar[int] = 2
    makes: ClassVar[tuple[type[Row], ...]] = (Quality,)
    cost: ClassVar[Cost] = Cost(cpus=0.3, memory_mib=32, cpu_seconds_per_minute=0.04, disk_kib_per_minute=40.0)
    halo: ClassVar[Time] = REACH

    @property
    def needs(self) -> tuple[Frames]:
        """The smallest pictures."""
        return (TINY,)

    def run(self, inputs: Inputs) -> Iterator[pa.Table]:
        """A table of `Quality` rows per measure."""
        past = _Past()
        seen: dict[str, list[npt.NDArray[np.generic]]] = {}
        for chunk in expect(FrameChunk, inputs.chunks):
            for name, values in _measured(chunk, past).items():
                seen.setdefault(name, []).append(values)
        if not seen:
            return
        whole = {name: np.concatenate(parts) for name, parts in seen.items()}
        starts, ends = whole.pop("start"), whole.pop("end")
        yield from _colours(starts, ends, whole.pop("colour"), inputs.movie.span)
        for name, values in whole.items():
            known = ~np.isnan(values)
            yield _table(name, starts[known], ends[known], values[known], _STEPS[name])


def _measured(chunk: FrameChunk, past: _Past) -> Mapping[str, npt.NDArray[np.generic]]:
    """What is measured of each picture of a chunk, by name; NaN where there is nothing to compare with."""
    planes = np.ascontiguousarray(np.moveaxis(chunk.pixels.reshape(len(chunk), -1, 3), -1, 0))
    colour = planes.sum(axis=2, dtype=np.uint32).T.astype(np.int64)
    luma = np.multiply(planes[0], _BT709[0], dtype=np.uint32)
    for plane, weight in zip(planes[1:], _BT709[1:], strict=True):
        luma += np.multiply(plane, weight, dtype=np.uint32)
    # Sorting takes the same time whatever the picture shows; a selection is slow where most of it is of one value.
    luma.sort(axis=1)
    change, drift = past.compared(chunk)
    return {
        "start": chunk.starts,
        "end": chunk.ends,
        "luma": (colour @ np.array(_BT709)) / _PIXELS / (255 << 16),
        "highlight": luma[:, ceil(SHARE * _PIXELS) - 1] / (255 << 16),
        "change": change,
        "drift": drift,
        "colour": colour,
    }


class _Past:
    """The pictures of the last two seconds."""

    def __init__(self) -> None:
        self.starts: Ticks = np.empty(0, dtype=np.int64)
        self.pixels: Pixels | None = None

    def compared(self, chunk: FrameChunk) -> tuple[Numbers, Numbers]:
        """How far each picture is from the one before it and from the one shown `LAG` before; NaN for neither."""
        first = len(self.starts)
        starts = np.concatenate((self.starts, chunk.starts))
        pixels = chunk.pixels if self.pixels is None else np.concatenate((self.pixels, chunk.pixels))
        before = np.arange(first, len(starts)) - 1
        earlier = np.searchsorted(starts, chunk.starts - LAG, side="right") - 1
        change = _apart(starts, pixels, first, before)
        drift = _apart(starts, pixels, first, earlier)
        recent = starts >= starts[-1] - REACH
        self.starts, self.pixels = starts[recent], pixels[recent]
        return change, drift


def _apart(starts: Ticks, pixels: Pixels, first: int, others: Ticks) -> Numbers:
    """Mean absolute difference, 0..1, of the pictures from `first` on to `others`; NaN for those too old or missing."""
    near = (others >= 0) & (starts[others] >= starts[first:] - REACH)
    one, two = pixels[first:][near], pixels[others[near]]
    apart = np.full(len(others), np.nan)
    difference = np.maximum(one, two)
    difference -= np.minimum(one, two, out=two)
    apart[near] = difference.reshape(len(difference), 3 * _PIXELS).sum(axis=1, dtype=np.uint32) / (3 * _PIXELS) / 255
    return apart


def _colours(starts: Ticks, ends: Ticks, sums: Ticks, film: Span) -> Iterator[pa.Table]:
    """The colour rows from the sums over each picture's pixels, [n, 3]."""
    bins = starts // int(BIN)
    first = np.flatnonzero(np.diff(bins, prepend=bins[0] - 1))
    counts = np.diff(first, append=len(bins))
    means = np.add.reduceat(sums, first, axis=0) / (counts[:, None] * 255 * _PIXELS)
    opens = bins[first] * int(BIN)
    over = ends[first + counts - 1]
    closes = np.maximum(opens + int(BIN), over // int(BIN) * int(BIN))
    closes = np.where(over >= film.end, over, np.minimum(closes, int(film.end)))
    for channel, name in enumerate(("red", "green", "blue")):
        yield _table(name, opens, closes, means[:, channel], _STEPS["colour"])


def _table(measure: str, starts: Ticks, ends: Ticks, values: Numbers, steps: int) -> pa.Table:
    rounded = (np.rint(values * steps) / steps).astype(np.float32)
    return row_table(Quality, start=starts, end=ends, measure=pa.repeat(measure, len(starts)), value=rounded)
