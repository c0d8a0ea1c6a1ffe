"""Lines of text cut out of pictures: turned upright and brought to one height, whatever way they run."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]

LONGEST = 2048
"""Pixels that a cut line is wide at most; a longer one is squeezed."""

_FINEST = 8
"""Samples each way that a pixel is averaged from at most."""


def cut(picture: Pixels, corners: Numbers, height: int) -> Pixels:
    """The line with these corners (x and y [4, 2] as shares, from its top left, clockwise), RGB uint8 [height, w, 3].

    Its shape is kept. A line higher than `height` is averaged, a lower one interpolated.
    """
    shape = picture.shape
    points = np.asarray(corners, np.float64).reshape(4, 2) * (shape[1], shape[0])
    right = (points[1] - points[0] + points[2] - points[3]) / 2
    down = (points[3] - points[0] + points[2] - points[1]) / 2
    long, high = float(np.linalg.norm(right)), max(float(np.linalg.norm(down)), 1.0)
    width = int(np.clip(round(long * height / high), 1, LONGEST))
    fine = int(np.clip(np.ceil(high / height), 1, _FINEST))
    across = (np.arange(width * fine) + 0.5) / (width * fine)
    along = (np.arange(height * fine) + 0.5) / (height * fine)
    if _upright(points):
        found = _straight(picture, points[0, 0] + across * right[0], points[0, 1] + along * down[1])
    else:
        x = points[0, 0] + across[None, :] * right[0] + along[:, None] * down[0]
        y = points[0, 1] + across[None, :] * right[1] + along[:, None] * down[1]
        found = _turned(picture, x, y)
    pooled = found.reshape(height, fine, width, fine, 3).mean(axis=(1, 3))
    found_line: Pixels = np.rint(pooled).astype(np.uint8)
    return found_line


def _upright(points: Numbers) -> bool:
    """Whether its sides run along those of the picture, so that rows and columns can be taken apart."""
    return bool(np.ptp(points[:2, 1]) < 0.5 and np.ptp(points[[0, 3], 0]) < 0.5)


def _between(places: Numbers, size: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Numbers]:
    """The pixels on both sides of each place, and how much the second counts. Pixels are at halves."""
    inside = np.clip(places - 0.5, 0, size - 1)
    first = np.floor(inside).astype(np.intp)
    return first, np.minimum(first + 1, size - 1), inside - first


def _straight(picture: Pixels, x: Numbers, y: Numbers) -> Numbers:
    top, bottom, lower = _between(y, picture.shape[0])
    left, right, later = _between(x, picture.shape[1])
    rows = picture[top] * (1 - lower)[:, None, None] + picture[bottom] * lower[:, None, None]
    found: Numbers = rows[:, left] * (1 - later)[None, :, None] + rows[:, right] * later[None, :, None]
    return found


def _turned(picture: Pixels, x: Numbers, y: Numbers) -> Numbers:
    top, bottom, lower = _between(y, picture.shape[0])
    left, right, later = _between(x, picture.shape[1])
    lower, later = lower[..., None], later[..., None]
    above = picture[top, left] * (1 - later) + picture[top, right] * later
    below = picture[bottom, left] * (1 - later) + picture[bottom, right] * later
    found: Numbers = above * (1 - lower) + below * lower
    return found
