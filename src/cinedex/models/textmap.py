"""Lines of text from a map of where text is: connected parts, the smallest rectangle around each, grown to full height.

M. Liao et al., Real-time Scene Text Detection with Differentiable Binarization (AAAI 2020): the network marks the inner
part of every line, shrunk by an offset that follows from area and perimeter; growing by the like offset undoes it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from cinedex.models.tasks import Floats

Numbers = npt.NDArray[np.float64]

MARKED = 0.3
"""Probability from which a point of the map counts as text."""

GROWN = 1.6
"""How far a rectangle is grown: its area times this over its perimeter, on each side."""

THINNEST = 3
"""Points of the map that a line's inner part must be high and wide."""

MOST = 1000
"""Parts of one picture that are looked at, the largest first: noise cannot make more work than that."""

_STRAIGHT = 1.15
"""How much larger than the smallest rectangle the upright one may be and still be taken."""


def lines(marked: Floats, least: float) -> Floats:
    """Lines as float32 [k, 9] (corners as shares, score) from a map of probabilities [height, width].

    `least` is the mean probability that a line's inner part must have.
    """
    parts, count = ndimage.label(marked > MARKED, np.ones((3, 3)))
    if not count:
        return np.zeros((0, 9), np.float32)
    scores = ndimage.mean(marked, parts, np.arange(1, count + 1))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    places = ndimage.find_objects(parts)
    found = []
    for number in np.argsort(-sizes, kind="stable")[:MOST].tolist():
        rows, columns = places[number]
        if min(rows.stop - rows.start, columns.stop - columns.start) < THINNEST or scores[number] < least:
            continue
        inside = parts[rows, columns] == number + 1
        corners = _grown(_rectangle(inside) + np.array([columns.start, rows.start]))
        if corners is not None:
            found.append(np.append(_shares(corners, marked.shape), scores[number]))
    ranked = sorted(found, key=lambda line: -line[8])
    return np.array(ranked, np.float32).reshape(-1, 9)


def _shares(corners: Numbers, shape: tuple[int, ...]) -> Numbers:
    shares: Numbers = np.clip(corners / (shape[1], shape[0]), 0, 1)
    return shares.ravel()


def _rectangle(inside: npt.NDArray[np.bool_]) -> Numbers:
    """The corners [4, 2] (x, y) of the smallest rectangle around the points, upright where that is hardly larger."""
    height, width = inside.shape
    upright = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    # The first and last point of every row are enough: what lies between them is inside their hull.
    first, last = inside.argmax(axis=1), width - inside[:, ::-1].argmax(axis=1)
    rows = np.arange(height)
    points = np.concatenate([np.stack([x, y], axis=1) for x in (first, last) for y in (rows, rows + 1)])
    if inside.sum() * _STRAIGHT > height * width:
        return upright
    try:
        hull = points[ConvexHull(points).vertices]
    except QhullError:
        return upright
    edges = np.diff(hull, axis=0, append=hull[:1])
    angles = np.unique(np.arctan2(edges[:, 1], edges[:, 0]) % (np.pi / 2))
    cosines, sines = np.cos(angles), np.sin(angles)
    along = np.outer(cosines, hull[:, 0]) + np.outer(sines, hull[:, 1])
    across = np.outer(cosines, hull[:, 1]) - np.outer(sines, hull[:, 0])
    areas = np.ptp(along, axis=1) * np.ptp(across, axis=1)
    best = int(np.argmin(areas))
    if areas[best] * _STRAIGHT > height * width:
        return upright
    left, right, top, bottom = along[best].min(), along[best].max(), across[best].min(), across[best].max()
    box = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    turned: Numbers = box @ np.array([[cosines[best], sines[best]], [-sines[best], cosines[best]]])
    # Text runs along the longer side and is never more than a quarter turn from upright.
    longer = 1 if np.linalg.norm(turned[1] - turned[0]) < np.linalg.norm(turned[2] - turned[1]) else 0
    return np.roll(turned, longer, axis=0) if longer else turned


def _grown(corners: Numbers) -> Numbers | None:
    """The rectangle grown on all sides; None where it is too thin to be text."""
    right, down = corners[1] - corners[0], corners[3] - corners[0]
    width, height = float(np.linalg.norm(right)), float(np.linalg.norm(down))
    if min(width, height) < THINNEST:
        return None
    more = width * height * GROWN / (2 * (width + height))
    along, across = right / width * more, down / height * more
    grown: Numbers = corners + np.array([-along - across, along - across, along + across, across - along])
    return grown
