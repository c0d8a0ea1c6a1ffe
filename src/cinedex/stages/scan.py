"""What full-height pictures show of how they were made: bars at the sides, fields woven together, loss of detail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from cinedex.media.views import Look, Looks
from cinedex.stages.arrays import expect
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.timeline.rows import Glance, Row, Scan

Plane = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]

_WIDTH = 480
"""Pixels across: what is asked of the picture stands in its lines, so that only their number must not change."""

_DARK = 24
"""Up to this level, 0..255, a pixel may belong to a bar."""

_STRAY = 0.01
"""Share of a line that may be brighter all the same: coding noise, a speck."""

_INSIDE = 0.015
"""How far inside of a bar, as a share of the picture, the picture should be lit if the bar is one."""

_TILE = 16
"""Lines and columns of the tiles in which combs and detail are judged."""

_STEP = 5.0
"""Mean difference of neighbouring lines, in 255 levels, from which on a tile may be combed."""

_WOVEN = 1.25
"""In a combed tile neighbouring lines differ so many times as much as those two lines apart."""

_TEXTURE = 1.5
"""Mean difference of neighbouring lines, in 255 levels, from which on a tile has detail to judge."""

_REACH = 4
"""Lines on both sides over which a tile is blurred, to see what that takes away."""

_FINEST = 0.9
"""The detail of a picture is that which this share of its tiles does not exceed: what is in focus counts."""


@dataclass(frozen=True)
class Scans(Stage):
    """One `Scan` for every glance, from one gray look with as many lines as the picture has.

    A tile is combed if neighbouring lines in it differ more than those two lines apart: two fields of a moving picture.
    Its detail is what blurring it along the columns takes away of the differences between its lines, as a share (Crete
    et al. 2007 call the rest the blur). Rotated pictures have columns for lines and are not looked at for combs.
    """

    name: ClassVar[str] = "scan"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Scan,)
    cost: ClassVar[Cost] = Cost(cpus=0.3, memory_mib=64, cpu_seconds_per_minute=0.5, disk_kib_per_minute=2.0)

    @property
    def needs(self) -> tuple[Need, ...]:
        """One look at every glance."""
        return (Glance, Looks(at=Glance, height=None, width=_WIDTH, format="gray8"))

    def run(self, inputs: Inputs) -> Iterator[Scan]:
        """One `Scan` per glance that starts in the span."""
        glances = inputs.track(Glance)
        video = inputs.movie.video
        woven = video is not None and video.rotation % 180 == 0
        for look in expect(Look, inputs.chunks):
            glance = glances[look.row]
            bars, edges = bars_of(look.pixels)
            height, width = look.pixels.shape
            left, top, right, bottom = (round(s * e) for s, e in zip(bars, (width, height, width, height), strict=True))
            inner = look.pixels[top : height - bottom, left : width - right]
            comb, detail, shown = lines_of(inner)
            yield Scan(
                start=glance.start,
                end=glance.end,
                bars=tuple(round(b, 4) for b in bars),
                edges=tuple(round(e, 2) for e in edges),
                comb=round(comb, 4) if woven else 0.0,
                detail=round(detail, 3),
                shown=round(shown, 3),
            )


def bars_of(picture: Plane) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The dark shares at the left, top, right and bottom, and how much of what is next to each of them is lit.

    In an altogether dark picture each side is dark up to the middle, and nothing is lit.
    """
    lit = picture > _DARK
    bars, edges = [], []
    for axis, backwards in ((0, False), (1, False), (0, True), (1, True)):
        sides = lit.mean(axis=axis)
        sides = sides[::-1] if backwards else sides
        bright = np.flatnonzero(sides > _STRAY)
        if not len(bright):
            bars.append(0.5)
            edges.append(0.0)
            continue
        first, size = int(bright[0]), len(sides)
        inside = sides[first : first + max(2, round(_INSIDE * size))]
        bars.append(min(0.5, first / size))
        edges.append(float(inside.max()))
    return tuple(bars), tuple(edges)


def lines_of(picture: Plane) -> tuple[float, float, float]:
    """Share of the tiles that are combed, detail of the finest, share of the tiles that show any."""
    rows, columns = picture.shape[0] // _TILE * _TILE, picture.shape[1] // _TILE * _TILE
    if rows < 2 * _TILE or columns < _TILE:
        return 0.0, 0.0, 0.0
    lines = picture[:rows, :columns].astype(np.int16)
    near = _tiles(np.abs(np.diff(lines, axis=0)))
    apart = _tiles(np.abs(lines[2:] - lines[:-2]))
    combed = (near >= _STEP) & (near > _WOVEN * apart)
    # A box filter's difference of neighbours is that of the lines which enter and leave the box.
    width = 2 * _REACH + 1
    differences = np.abs(np.diff(lines, axis=0))[_REACH:-_REACH]
    softened = np.abs(lines[width:] - lines[:-width]) / np.float32(width)
    kept = _tiles(np.maximum(differences - softened, 0))
    steps = _tiles(differences)
    shown = steps >= _TEXTURE
    if not shown.any():
        return float(combed.mean()), 0.0, 0.0
    detail = np.sort(kept[shown] / steps[shown])
    return float(combed.mean()), float(detail[int(_FINEST * (len(detail) - 1))]), float(shown.mean())


def _tiles(differences: npt.NDArray[np.generic]) -> Numbers:
    """Means over tiles, [rows, columns]; lines that fill no tile are left out."""
    rows, columns = differences.shape[0] // _TILE, differences.shape[1] // _TILE
    cut = differences[: rows * _TILE, : columns * _TILE].reshape(rows, _TILE, columns, _TILE)
    found: Numbers = cut.mean(axis=(1, 3), dtype=np.float64)
    return found
