"""How the picture moves as a whole: translation, zoom, rotation and unsteadiness of every half second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cinedex.media.views import FrameChunk, Frames
from cinedex.stages.arrays import expect, row_table
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.stages.camera import HEIGHT, WIDTH, Move, Tracker
from cinedex.timeline.rows import Motion, Row
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, Rate, Span, Time
from cinedex.timeline.track import Ticks

Numbers = npt.NDArray[np.float64]

BIN = Time(SECOND // 2)
"""Motion is averaged over the pictures that start in the same half second of film time, wherever a reel begins."""

AROUND = Time(SECOND // 4)
"""Unsteadiness is judged on so much film before and after the half second, too."""

APART = Time(SECOND * 35 // 100)
"""Pictures further apart than this are not compared: what happened between them cannot be told."""

_LEAST = 5
"""Positions in a row by which unsteadiness can be told from the way that the picture goes."""

_CURVED = 8
"""From so many positions on, a way may be curved; fewer would bend with the shaking."""

_SPREAD = 1.2
"""From a median distance in the plane to a root mean square, if distances are normal; one jump does not count."""

_DIGITS = {"right": 3, "down": 3, "zoom": 3, "turn": 3, "shake": 4, "fit": 2}
"""Decimals that are kept: no more than is known, so that rows are the same on every machine and store small."""


@dataclass(frozen=True)
class CameraMotion(Stage):
    """The similarity (shift, zoom, turn) that most of the picture follows, for every half second of film time.

    Up to twelve gray pictures a second are compared, block by block, each with the one before; the blocks' shifts are
    explained by one similarity, robustly, so that what moves by itself does not count. Differences that no such motion
    explains for at least `least` of the blocks that show something (cuts, flames, blackness) are left out, and a half
    second without any other has no row.
    """

    name: ClassVar[str] = "motion"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Motion,)
    cost: ClassVar[Cost] = Cost(cpus=0.5, memory_mib=48, cpu_seconds_per_minute=1.0, disk_kib_per_minute=4.0)
    halo: ClassVar[Time | None] = SECOND

    least: float = 0.3

    @property
    def needs(self) -> tuple[Need, ...]:
        """Small gray pictures, twelve a second."""
        return (Frames(height=HEIGHT, width=WIDTH, rate=Rate(12), format="gray8"),)

    def run(self, inputs: Inputs) -> Iterator[pa.Table]:
        """One table."""
        video = inputs.movie.video
        shape = video.display[1] / video.display[0] if video is not None else HEIGHT / WIDTH
        way = _Way()
        tracker = Tracker(shape)
        before = 0
        for chunk in expect(FrameChunk, inputs.chunks):
            for start, pixels in zip(chunk.starts.tolist(), chunk.pixels, strict=True):
                near = tracker.begun and start - before <= APART
                move = tracker.follow(pixels, compare=near)
                if move is not None and move.fit >= self.least:
                    way.add(before, start, move)
                before = start
        if way.starts:
            yield from way.table(inputs.movie.span, shape)


@dataclass
class _Way:
    """The moves between pictures, in order."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    moves: list[tuple[float, float, float, float, float]] = field(default_factory=list)

    def add(self, start: int, end: int, move: Move) -> None:
        self.starts.append(start)
        self.ends.append(end)
        self.moves.append((move.right, move.down, move.zoom, move.turn, move.fit))

    def table(self, film: Span, shape: float) -> Iterator[pa.Table]:
        """The rows of all half seconds in which a move ends."""
        starts, ends = np.array(self.starts), np.array(self.ends)
        moves = np.array(self.moves)
        bins = ends // int(BIN)
        first = np.flatnonzero(np.diff(bins, prepend=bins[0] - 1))
        last = np.append(first[1:], len(bins))
        found: dict[str, list[float]] = {name: [] for name in _DIGITS}
        for low, high in zip(first.tolist(), last.tolist(), strict=True):
            seconds = float((ends[low:high] - starts[low:high]).sum()) / FLICKS_PER_SECOND
            for place, name in enumerate(("right", "down", "zoom", "turn")):
                found[name].append(float(moves[low:high, place].sum()) / seconds)
            found["fit"].append(float(moves[low:high, 4].mean()))
            opens = int(bins[low]) * int(BIN)
            near = slice(*np.searchsorted(ends, [opens - int(AROUND), opens + int(BIN) + int(AROUND)]).tolist())
            found["shake"].append(_shake(starts[near], ends[near], moves[near]))
        found["down"] = [value / shape for value in found["down"]]
        opens_at = bins[first] * int(BIN)
        yield row_table(
            Motion,
            start=opens_at,
            end=np.minimum(opens_at + int(BIN), int(film.end)) if film.end > opens_at[-1] else opens_at + int(BIN),
            **{name: np.round(np.array(values), _DIGITS[name]) + 0.0 for name, values in found.items()},
        )


def _shake(starts: Ticks, ends: Ticks, moves: Numbers) -> float:
    """How far the picture is from its smooth way, in picture widths, in the middle; 0 where too little is known."""
    breaks = np.flatnonzero(starts[1:] != ends[:-1]) + 1
    off: list[Numbers] = []
    for low, high in zip([0, *breaks.tolist()], [*breaks.tolist(), len(starts)], strict=True):
        if high - low + 1 < _LEAST:
            continue
        at = np.concatenate((starts[low : low + 1], ends[low:high]))
        at = (at - at[0]) / float(at[-1] - at[0]) * 2 - 1
        place = np.concatenate((np.zeros((1, 2)), np.cumsum(moves[low:high, :2], axis=0)))
        powers = np.stack([at**n for n in range(3 if len(at) >= _CURVED else 2)])
        smooth = np.linalg.solve(powers @ powers.T, powers @ place)
        apart = place - powers.T @ smooth
        off.append(np.hypot(apart[:, 0], apart[:, 1]) * np.sqrt(len(at) / (len(at) - len(powers))))
    return _SPREAD * float(np.median(np.concatenate(off))) if off else 0.0
