"""The palette of a film or a scene: its stored palettes put together so that the colours that make it stand out.

Colours are joined in OKLab, in which equal distances look about equally far apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cinedex.formats.seen import binned
from cinedex.stages.oklab import oklab
from cinedex.timeline.rows import Motion, Palette
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans, Ticks, Track

Rgb = tuple[int, int, int]
Numbers = npt.NDArray[np.float64]

_NEAR = 0.085
"""Colours nearer than this are shown as one."""

_FINE = 0.04


@dataclass(frozen=True)
class Swatch:
    """One colour of a palette and its share of the picture, 0..1."""

    colour: Rgb
    share: float


def palette(track: Track[Palette] | None, most: int = 8) -> list[Swatch]:
    """The palette of the whole film, largest share first."""
    found = _colours(track)
    return _put_together(found[0], found[1], most) if found else []


def palettes(track: Track[Palette] | None, spans: Spans, most: int = 5) -> list[list[Swatch]]:
    """The palette of each stretch."""
    found = _colours(track)
    if track is None or found is None:
        return [[] for _ in range(len(spans))]
    colours, weights, rows = found
    left, right = spans.join(track.spans)
    where = np.searchsorted(left, np.arange(len(spans) + 1))
    made = []
    for first, last in zip(where[:-1].tolist(), where[1:].tolist(), strict=True):
        own = np.isin(rows, right[first:last])
        made.append(_put_together(colours[own], weights[own], most) if own.any() else [])
    return made


def _colours(track: Track[Palette] | None) -> tuple[Numbers, Numbers, Ticks] | None:
    """Every stored colour [n, 3] (0..255), its weight (share x time), and the number of its row."""
    if track is None or not len(track):
        return None
    colours, weights, rows = [], [], []
    lengths = (track.spans.ends - track.spans.starts).astype(np.float64)
    both = (track.table.column(name).to_pylist() for name in ("colours", "shares"))
    for row, (values, shares) in enumerate(zip(*both, strict=True)):
        for number, share in enumerate(shares[: len(values) // 3]):
            colours.append(values[3 * number : 3 * number + 3])
            weights.append(share * max(lengths[row], 1.0))
            rows.append(row)
    if not colours:
        return None
    return np.clip(np.array(colours, float), 0, 255), np.array(weights), np.array(rows)


def _put_together(colours: Numbers, weights: Numbers, most: int) -> list[Swatch]:
    """Join near colours, then keep those that matter: large ones, and small ones that are vivid."""
    weights = np.where(np.isfinite(weights) & (weights > 0), weights, 0.0)
    total = float(weights.sum())
    if not total:
        return []
    lab = oklab(colours)
    fine, where = np.unique(np.rint(lab / _FINE).astype(int), axis=0, return_inverse=True)
    where = where.reshape(-1)
    sums = np.bincount(where, weights, len(fine))
    means = [np.stack([np.bincount(where, weights * part, len(fine)) for part in side.T], 1) for side in (lab, colours)]
    kept = sums > 0
    lab, colours = (side[kept] / sums[kept, None] for side in means)
    sums = sums[kept]
    taken: list[tuple[float, Rgb]] = []
    while len(sums) and len(taken) < most:
        vivid = np.hypot(lab[:, 1], lab[:, 2])
        best = int(np.argmax(sums * (0.25 + 4 * vivid)))
        near = np.linalg.norm(lab - lab[best], axis=1) < _NEAR
        mean = (colours[near] * sums[near, None]).sum(0) / sums[near].sum()
        red, green, blue = (round(float(v)) for v in mean)
        taken.append((float(sums[near].sum()) / total, (red, green, blue)))
        lab, colours, sums = lab[~near], colours[~near], sums[~near]
    return [Swatch(colour, share) for share, colour in sorted(taken, key=lambda t: (-t[0], t[1]))]


def over_time(track: Track[Palette] | None, name: str, edges: Ticks) -> Numbers:
    """'warmth', 'contrast' or 'saturation' by bin, NaN where nothing was measured."""
    if track is None or not len(track):
        return np.full(len(edges) - 1, np.nan)
    return binned(track.spans.starts, track.spans.ends, track.column(name).astype(np.float64), edges)


def movement(timeline: Timeline, edges: Ticks) -> tuple[Numbers, Numbers]:
    """How much the picture as a whole moves in each bin, in picture widths a second, and how unsteadily."""
    track = timeline.find(Motion)
    if track is None or not len(track):
        nothing = np.full(len(edges) - 1, np.nan)
        return nothing, nothing
    right, down, zoom, turn, shake = (
        track.column(n).astype(np.float64) for n in ("right", "down", "zoom", "turn", "shake")
    )
    # A zoom or a turn moves the picture's edges, half a width from its middle, by half of what it says.
    moved = np.hypot(right, down) + (np.abs(zoom) + np.abs(turn)) / 2
    starts, ends = track.spans.starts, track.spans.ends
    return binned(starts, ends, moved, edges), binned(starts, ends, shake, edges)


def hexadecimal(colour: Sequence[int]) -> str:
    """A colour as '#rrggbb'."""
    return "#" + "".join(f"{min(max(int(v), 0), 255):02x}" for v in colour)
