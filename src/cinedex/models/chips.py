"""Cuts faces out of pictures: upright and centred for a recogniser, or framed with a margin for people to see.

Whatever embeds faces (films and photographs alike) takes its chips from here, so that their prints can be compared.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]

_PLACES: Numbers = np.array(
    [(0.2255, 0.2160), (0.7548, 0.2160), (0.4901, 0.5156), (0.2541, 0.7802), (0.7261, 0.7802)], np.float64
)
"""Where eyes, nose and corners of the mouth lie in a face of side 1."""

_MARGIN = 0.25
"""How much of a face's side a chip shows around the face on every side."""

TEMPLATE: Numbers = (_PLACES + _MARGIN) / (1 + 2 * _MARGIN)
"""Where they lie in a chip of side 1: x, y of left eye, right eye, nose, corners of the mouth."""


def aligned(picture: Pixels, points: Numbers, size: int) -> Pixels:
    """Chips uint8 [n, size, size, 3] of faces in RGB uint8 [height, width, 3], upright and of one scale.

    `points` [n, 5, 2] are x, y in shares of the picture's width and height. Turning, scaling and moving (Umeyama 1991)
    bring them as near to the template as can be; outside the picture its edge goes on.
    """
    height, width = picture.shape[:2]
    chips = np.zeros((len(points), size, size, 3), np.uint8)
    for chip, found in zip(chips, np.asarray(points, np.float64) * (width, height), strict=True):
        chip[:] = _warped(picture, *similarity(TEMPLATE * size, found), (size, size))
    return chips


def framed(picture: Pixels, box: tuple[float, float, float, float], size: int, *, margin: float = 0.35) -> Pixels:
    """A square still uint8 [size, size, 3] of a face and what is around it. `box` is x, y, width, height in shares."""
    height, width = picture.shape[:2]
    x, y, across, down = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    side = min(max(across, down, 1.0) * (1 + 2 * margin), float(min(height, width)))
    # A still that would reach beyond the picture is moved inside.
    corner = np.clip(np.array([x + across / 2, y + down / 2]) - side / 2, 0, np.array([width, height]) - side)
    turn = np.eye(2) * side / size
    return _warped(picture, turn, corner, (size, size))


def similarity(source: Numbers, target: Numbers) -> tuple[Numbers, Numbers]:
    """The turn with scale [2, 2] and the move [2] that bring points [n, 2] nearest to others by least squares.

    Points that lie on one spot give a scale of 0, and all of the picture that is taken is that spot.
    """
    from_centre, to_centre = source.mean(axis=0), target.mean(axis=0)
    a, b = source - from_centre, target - to_centre
    spread = float(np.square(a).sum())
    if spread == 0:
        return np.zeros((2, 2)), to_centre
    # For the plane, turn and scale are one complex number.
    along = float((a * b).sum()) / spread
    across = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / spread
    turn = np.array([[along, -across], [across, along]])
    return turn, to_centre - turn @ from_centre


def _warped(picture: Pixels, turn: Numbers, move: Numbers, size: tuple[int, int]) -> Pixels:
    """The picture at the places where (turn, move) puts each pixel of a new one of `size`, weighed between pixels."""
    scale = float(np.sqrt(abs(np.linalg.det(turn))))
    part, turn, move = _reduced(picture, turn, move, max(1, int(scale)), size)
    across, down = np.meshgrid(np.arange(size[1]) + 0.5, np.arange(size[0]) + 0.5)
    places = np.stack([across, down], axis=-1) @ turn.T + move - 0.5
    height, width = part.shape[:2]
    x, y = np.clip(places[..., 0], 0, width - 1), np.clip(places[..., 1], 0, height - 1)
    left, top = np.minimum(x.astype(np.int64), max(width - 2, 0)), np.minimum(y.astype(np.int64), max(height - 2, 0))
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    fx, fy = (x - left)[..., None].astype(np.float32), (y - top)[..., None].astype(np.float32)
    upper = part[top, left] * (1 - fx) + part[top, right] * fx
    lower = part[bottom, left] * (1 - fx) + part[bottom, right] * fx
    return np.asarray(np.rint(upper * (1 - fy) + lower * fy), np.uint8)


def _reduced(
    picture: Pixels, turn: Numbers, move: Numbers, factor: int, size: tuple[int, int]
) -> tuple[npt.NDArray[np.float32], Numbers, Numbers]:
    """The part of the picture that is needed, averaged over squares of `factor` pixels: fine patterns would alias."""
    corners = np.array([(0, 0), (size[1], 0), (0, size[0]), (size[1], size[0])]) @ turn.T + move
    height, width = picture.shape[:2]
    low = np.clip(np.floor(corners.min(axis=0)).astype(np.int64) - factor, 0, (width - 1, height - 1))
    high = np.clip(np.ceil(corners.max(axis=0)).astype(np.int64) + factor, low + 1, (width, height))
    part = picture[low[1] : high[1], low[0] : high[0]].astype(np.float32)
    if factor > 1:
        spare = [(0, -part.shape[0] % factor), (0, -part.shape[1] % factor), (0, 0)]
        part = np.pad(part, spare, mode="edge")
        part = part.reshape(part.shape[0] // factor, factor, part.shape[1] // factor, factor, 3).mean(axis=(1, 3))
    return part, turn / factor, (move - low) / factor
