"""Groups vectors that belong together, by average linkage, where some may never come together.

Grown from single vectors, always joining the two groups that are nearest on average (UPGMA, weighted by the vectors'
weights), until none are nearer than a bound. Groups that hold two vectors that exclude each other are never joined.
Memory grows with the square of the number of vectors, so callers bound it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

_NEVER = np.float32(np.inf)


def distances(a: Floats, b: Floats) -> Floats:
    """Euclidean distances of every pair of rows."""
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None] - 2 * (a @ b.T)
    apart: Floats = np.sqrt(np.maximum(squares, 0), dtype=np.float32)
    return apart


def exclude(apart: Floats, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> None:
    """Set to infinity what lies between two vectors whose spans overlap; in place, a block of rows at a time."""
    for at in range(0, len(starts), 512):
        block = slice(at, at + 512)
        together = (starts[block, None] < ends[None]) & (starts[None] < ends[block, None])
        apart[block][together] = _NEVER


def grouped(apart: Floats, weights: npt.NDArray[np.float64], bounds: Sequence[float]) -> list[Labels]:
    """For each bound (in rising order) the group of every vector, named by the first vector in it.

    `apart` [n, n] holds distances, infinite where two exclude each other; it is used up.
    """
    count = len(apart)
    np.fill_diagonal(apart, _NEVER)
    labels, found = np.arange(count), []
    weights = weights.astype(np.float32)
    nearest = apart.argmin(axis=1) if count else np.zeros(0, np.int64)
    nearness = apart[np.arange(count), nearest] if count else np.zeros(0, np.float32)
    for bound in bounds:
        while count:
            one = int(nearness.argmin())
            if not nearness[one] < bound:
                break
            other = int(nearest[one])
            one, other = min(one, other), max(one, other)
            _join(apart, weights, one, other)
            labels[labels == other] = one
            nearness[other] = _NEVER
            # Joining never brings a group nearer to a third than the nearer of its two parts was.
            for row in {one, *np.flatnonzero(((nearest == one) | (nearest == other)) & np.isfinite(nearness)).tolist()}:
                nearest[row] = apart[row].argmin()
                nearness[row] = apart[row, nearest[row]]
        found.append(labels.copy())
    return found


def _join(apart: Floats, weights: npt.NDArray[np.floating], one: int, other: int) -> None:
    """Make one group of two: `one` is their mean from now on, `other` is gone."""
    total = weights[one] + weights[other]
    row = (apart[one] * weights[one] + apart[other] * weights[other]) / total
    row[one] = row[other] = _NEVER
    apart[one] = apart[:, one] = row
    apart[other] = apart[:, other] = _NEVER
    weights[one] = total
