"""One picture against the next: the similarity that most of it follows, from the shifts of its blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

HEIGHT, WIDTH = 90, 160
"""The size of the pictures, whatever the shape of the film; a bounded size for any film."""

Plane = npt.NDArray[np.float32]

_SIDE = 32
"""Pixels across a block."""

_GRID = (4, 6)
"""Rows and columns of blocks, overlapping, spread over what is not bars."""

_DARK = 24
"""A row or column that is nowhere brighter belongs to a bar, or to the dark."""

_SMALLEST = 48
"""Pixels across the stretch that is left between bars, at least; otherwise the whole picture is used."""

_TEXTURE = 2.0
"""Mean gradient, in 255 levels a pixel, from which on a block shows something that can be followed."""

_FIRM = 8.0
"""Mean gradient, in 255 levels a pixel, from which on more texture makes a block hardly surer."""

_SURE = 0.18
"""Height of a block's correlation peak (1 for the same picture twice) from which on its shift is believed."""

_EXPLAINED = 0.24
"""The peak that a quarter of the blocks exceed wherever the pictures show the same; across cuts 0.22 at most."""

_LIMITS = (6.0, 3.0, 1.5, 0.8)
"""Pixels beyond which a block's shift does not count, in one round after the other."""

_NEAR, _SHARE = 0.5, 0.12
"""A block follows if it lies no further from the common motion than so many pixels, and this share of its way."""


@dataclass(frozen=True)
class Move:
    """What the picture did from one to the next, in picture widths (down, too); `zoom` is a log, `turn` clockwise."""

    right: float
    down: float
    zoom: float
    turn: float
    fit: float


class Tracker:
    """Follows pictures, uint8 [90, 160]. `shape` is the film's height by its width, as shown."""

    def __init__(self, shape: float) -> None:
        window = np.hanning(_SIDE + 2)[1:-1]
        self._window = np.outer(window, window).astype(np.float32)
        self._pass = _low_pass(_SIDE, _SIDE, 0.22)
        self._coarse_pass = _low_pass(HEIGHT // 2, WIDTH // 2, 0.30)
        self._unit = np.array([WIDTH, HEIGHT / shape])
        """Pixels of the small picture in a picture's width, across and down."""
        self._before: npt.NDArray[np.uint8] | None = None

    @property
    def begun(self) -> bool:
        """Whether there is a picture to compare with."""
        return self._before is not None

    def follow(self, pixels: npt.NDArray[np.uint8], *, compare: bool = True) -> Move | None:
        """How the picture has moved since the last one; None where that cannot be told."""
        before, self._before = self._before, pixels
        if before is None or not compare:
            return None
        return self._move(before, pixels)

    def _move(self, one: npt.NDArray[np.uint8], two: npt.NDArray[np.uint8]) -> Move | None:
        tops, lefts = _lit(np.maximum(one, two))
        first, second = one.astype(np.float32), two.astype(np.float32)
        shift = self._whole(first, second, tops, lefts)
        rows, columns = _places(tops, _GRID[0]), _places(lefts, _GRID[1])
        corners = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
        moved = corners + shift
        fits = ((moved >= 0) & (moved <= np.array([HEIGHT - _SIDE, WIDTH - _SIDE]))).all(axis=1)
        moved = np.clip(moved, 0, [HEIGHT - _SIDE, WIDTH - _SIDE])
        blocks, later = _cut(first, corners), _cut(second, moved)
        tensors = _tensors(blocks, self._window)
        shown = np.sqrt(tensors[:, 0] + tensors[:, 2]) >= _TEXTURE
        textured = fits & shown
        if textured.sum() < 3:
            return None
        found, peaks = _shifts(blocks * self._window, later * self._window, self._pass)
        found += (moved - corners)[:, ::-1]
        centres = (corners[:, ::-1] + (_SIDE - 1) / 2 - np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])) / self._unit
        sure = textured & (peaks >= _SURE)
        if sure.sum() < 3 or np.quantile(peaks[textured], 0.75) < _EXPLAINED:
            return None
        return self._explained(found, centres, tensors, sure, textured)

    def _whole(self, first: Plane, second: Plane, tops: slice, lefts: slice) -> npt.NDArray[np.int64]:
        """The shift of the whole picture to two pixels, (down, right)."""
        small = [_halved(plane) for plane in (first, second)]
        window = np.zeros((HEIGHT // 2, WIDTH // 2), dtype=np.float32)
        down, across = slice(tops.start // 2, tops.stop // 2), slice(lefts.start // 2, lefts.stop // 2)
        window[down, across] = np.outer(np.hanning(down.stop - down.start), np.hanning(across.stop - across.start))
        total = float(window.sum())
        planes = np.stack([(p - float((p * window).sum()) / total) * window for p in small])
        spectra = fft.rfft2(planes)
        surface = _correlation(spectra[:1], spectra[1:], self._coarse_pass)[0]
        row, column = divmod(int(surface.argmax()), WIDTH // 2)
        half = (HEIGHT // 4, WIDTH // 4)
        return 2 * np.array(
            [row - (HEIGHT // 2) * (row > half[0]), column - (WIDTH // 2) * (column > half[1])], dtype=np.int64
        )

    def _explained(
        self,
        found: npt.NDArray[np.float64],
        centres: npt.NDArray[np.float64],
        tensors: npt.NDArray[np.float64],
        sure: npt.NDArray[np.bool_],
        textured: npt.NDArray[np.bool_],
    ) -> Move | None:
        """The similarity that explains the blocks' shifts best, and the share of blocks that follow it."""
        across, down = self._unit
        x, y = centres[:, 0], centres[:, 1]
        one, none = np.ones_like(x), np.zeros_like(x)
        model = np.stack(
            [np.stack([one, none, x, -y], axis=-1) * across, np.stack([none, one, y, x], axis=-1) * down], axis=1
        )
        scale = np.sqrt(tensors[:, 0] + tensors[:, 2])
        shares = tensors / (scale * (scale + _FIRM))[:, None].clip(1e-9)
        weigh = shares[:, [[0, 1], [1, 2]]]
        weighed = weigh @ model
        normals = (model.transpose(0, 2, 1) @ weighed).reshape(-1, 16)
        wanted = (weighed.transpose(0, 2, 1) @ found[:, :, None])[:, :, 0]
        prior = np.diag([1e-6, 1e-6, 1e-3, 1e-3]) * across * across
        middle = np.median(found[sure], axis=0) / self._unit
        answer = np.array([middle[0], middle[1], 0.0, 0.0])
        for limit in _LIMITS:
            far = _far(found - model @ answer, shares)
            counts = np.where(sure, np.maximum(0.0, 1 - (far / limit) ** 2) ** 2, 0.0)
            if counts.sum() < 1e-3:
                return None
            answer = np.linalg.solve((counts @ normals).reshape(4, 4) + prior, counts @ wanted)
        expected = model @ answer
        far = _far(found - expected, shares)
        follows = sure & (far <= _NEAR + _SHARE * np.hypot(expected[:, 0], expected[:, 1]))
        fit = float(follows.sum() / textured.sum())
        right, low, zoom, turn = answer.tolist()
        return Move(right, low, float(np.log(max(1 + zoom, 0.1))), turn, fit)


def _far(off: npt.NDArray[np.float64], shares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How far off a block's shift is in pixels, in the directions in which the block shows anything."""
    x, y = off[:, 0], off[:, 1]
    squares = shares[:, 0] * x * x + 2 * shares[:, 1] * x * y + shares[:, 2] * y * y
    found: npt.NDArray[np.float64] = np.sqrt(2 * squares.clip(0) / (shares[:, 0] + shares[:, 2]).clip(1e-9))
    return found


def _lit(picture: npt.NDArray[np.uint8]) -> tuple[slice, slice]:
    """The rows and columns from the first to the last that are not dark."""
    found = []
    for axis in (1, 0):
        lit = np.flatnonzero(picture.max(axis=axis) > _DARK)
        size = picture.shape[1 - axis]
        wide = len(lit) > 0 and lit[-1] + 1 - lit[0] >= _SMALLEST
        found.append(slice(int(lit[0]), int(lit[-1]) + 1) if wide else slice(0, size))
    return found[0], found[1]


def _places(stretch: slice, count: int) -> npt.NDArray[np.int64]:
    """Where blocks begin, spread evenly."""
    return np.rint(np.linspace(stretch.start, stretch.stop - _SIDE, count)).astype(np.int64)


def _halved(plane: Plane) -> Plane:
    four = plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]
    return np.asarray(four / 4, dtype=np.float32)


def _low_pass(rows: int, columns: int, width: float) -> Plane:
    """A Gaussian over the spectrum of a real picture: phases of fine detail are noise."""
    down, across = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :]
    found: Plane = np.exp(-(down**2 + across**2) / (2 * width**2)).astype(np.float32)
    found[0, 0] = 0
    return found


def _cut(plane: Plane, corners: npt.NDArray[np.int64]) -> Plane:
    """Blocks by their corners (row, column), each less its mean: float32 [n, side, side]."""
    within = np.lib.stride_tricks.sliding_window_view(plane, (_SIDE, _SIDE))
    blocks = within[corners[:, 0], corners[:, 1]]
    found: Plane = blocks - blocks.mean(axis=(1, 2), keepdims=True)
    return found


def _tensors(blocks: Plane, window: Plane) -> npt.NDArray[np.float64]:
    """Mean squares of the gradient in each block: across, mixed, down."""
    across = (blocks[:, 1:-1, 2:] - blocks[:, 1:-1, :-2]) / 2
    down = (blocks[:, 2:, 1:-1] - blocks[:, :-2, 1:-1]) / 2
    inner = window[1:-1, 1:-1] / window[1:-1, 1:-1].sum()
    products = (across * across, across * down, down * down)
    return np.stack([(p * inner).sum(axis=(1, 2)) for p in products], axis=1).astype(np.float64)


def _correlation(one: npt.NDArray[np.complex64], two: npt.NDArray[np.complex64], low: Plane) -> Plane:
    """Phase correlation surfaces, 1 at the peak for a picture with itself."""
    cross = two * one.conj()
    size = np.abs(cross)
    cross *= low / (size + 1e-3 * size.mean(axis=(1, 2), keepdims=True) + 1e-12)
    shape = (low.shape[0], 2 * (low.shape[1] - 1))
    top = low.sum() * 2 - low[:, 0].sum() - low[:, -1].sum()
    surface: Plane = fft.irfft2(cross, s=shape) * np.float32(shape[0] * shape[1] / top)
    return surface


def _shifts(blocks: Plane, later: Plane, low: Plane) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """By how much (right, down) each block has moved, to a fraction of a pixel, and how high its peak is."""
    surface = _correlation(fft.rfft2(blocks), fft.rfft2(later), low)
    count = len(surface)
    flat = surface.reshape(count, -1)
    best = flat.argmax(axis=1)
    rows, columns = np.divmod(best, _SIDE)
    peaks = flat[np.arange(count), best].astype(np.float64)
    number = np.arange(count)
    found = []
    for place, steps in ((columns, (0, 1)), (rows, (1, 0))):
        around = [
            surface[number, (rows + sign * steps[0]) % _SIDE, (columns + sign * steps[1]) % _SIDE].astype(np.float64)
            for sign in (-1, 1)
        ]
        low_side, centre, high_side = (np.log(np.maximum(v, 1e-3)) for v in (around[0], peaks, around[1]))
        bend = low_side - 2 * centre + high_side
        part = np.where(bend < -1e-6, 0.5 * (low_side - high_side) / np.minimum(bend, -1e-6), 0.0)
        found.append(place - _SIDE * (place > _SIDE // 2) + part.clip(-0.5, 0.5))
    return np.stack(found, axis=1), peaks
