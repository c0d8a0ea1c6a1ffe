"""Turning points of the light and colour of cells: when each went up or down far enough to count, after WCAG 2."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float32]
Marks = npt.NDArray[np.bool_]
Ways = npt.NDArray[np.int8]

_BT709 = np.array([0.2126, 0.7152, 0.0722], np.float32)

_D65 = np.array([0.19784, 0.46834], np.float32)
"""Where u'v' of the white that black is taken for lies."""

_RED = np.array([0.45070, 0.52289], np.float32)
"""The red primary of BT.709 and sRGB in u'v'."""

_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32)

DOWN, ACROSS = 27, 48
"""The cells of a picture."""

_REACH = 2
"""How many cells to all sides are the surroundings of one."""

_BESIDE_DOWN, _BESIDE_ACROSS = (
    (np.abs(np.subtract.outer(np.arange(n), np.arange(n))) <= _REACH).astype(np.float32) for n in (DOWN, ACROSS)
)

_AT_ONCE, _NEARLY = 1 / 3, 1 / 2
"""Share of the surroundings that must change the same way in the same picture, or in that and those beside it."""

_MIXED = 3
"""How many times as many cells around must change this way as the other way: where things move, both do."""

_LIT = 0.02
"""A cell whose linear red, green and blue sum to less is black, and has no colour."""


_SLACK = 1e-4
"""By how much, relatively, a test that is only to be quick errs on the safe side."""


def _curve() -> Numbers:
    code = np.arange(256) / 255
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype(np.float32)


_LINEAR = _curve()


def linear(pixels: npt.NDArray[np.uint8]) -> Numbers:
    """Linear light 0..1 from gamma-encoded sRGB."""
    found: Numbers = np.take(_LINEAR, pixels)
    return found


def luminance(light: Numbers) -> Numbers:
    """Relative luminance 0..1 from linear red, green and blue in the last axis."""
    found: Numbers = light @ _BT709
    return found


def redness(light: Numbers) -> Numbers:
    """R - G - B, at least 0."""
    found: Numbers = np.maximum(light[..., 0] - light[..., 1] - light[..., 2], 0)
    return found


def saturated(light: Numbers, share: float) -> Marks:
    """Where red is at least `share` of all the light of a cell that has any."""
    total = light.sum(axis=-1)
    found: Marks = (light[..., 0] >= share * total) & (total >= _LIT)
    return found


def reddish(pixels: npt.NDArray[np.uint8], share: float) -> Marks:
    """Where gamma-encoded sRGB can be `saturated` at all: a cheap test that lets through more than it need."""
    red, green, blue = np.moveaxis(pixels, -1, 0)
    most = (_LINEAR * np.float32(1 / share - 1)).astype(np.float64) * (1 + _SLACK)
    # By code of red: the last code of another colour that is not by itself too much beside it.
    limits = (np.searchsorted(_LINEAR.astype(np.float64), most, side="right") - 1).astype(np.uint8)
    dim = int(np.searchsorted(_LINEAR, np.float32(share * _LIT * (1 - _SLACK))))
    limit = np.take(limits, red)
    found: Marks = (green <= limit) & (blue <= limit) & (red >= dim)
    return found


def chromaticities(light: Numbers) -> Numbers:
    """CIE 1976 u'v' of linear light; that of D65 where it is black."""
    x, y, z = np.moveaxis(light @ _XYZ.T, -1, 0)
    whole = x + 15 * y + 3 * z
    black = light.sum(axis=-1) < _LIT
    whole = np.where(black, 1, whole)
    found = np.stack([4 * x / whole, 9 * y / whole], axis=-1)
    return np.where(black[..., None], _D65, found).astype(np.float32)


def swings(
    values: Numbers, least: float, *, below: float = np.inf, also: Numbers | None = None
) -> tuple[Ways, Numbers, Numbers]:
    """When each cell of `values` [pictures, cells] has come `least` from its last turning point: 1 up, -1 down, 0 else.

    The ways of a cell alternate. A change counts only when its lower end is under `below`, and when `also`, a second
    value, has moved by `least` as well. Also the lower and upper end of each change, as far as it has come by then.
    """
    step = np.float32(least)
    ways = np.zeros(values.shape, np.int8)
    lows, highs = np.zeros(values.shape, np.float32), np.zeros(values.shape, np.float32)
    # Two watchers of every cell, turned so that what each waits for is a fall: the first half of them for a rise, the
    # second for a fall. The first to see it stays, and is turned round by each change; the other is put to sleep.
    count = values.shape[1]
    signs = np.repeat(np.array([-1, 1], np.float32), count)
    peaks = signs * np.tile(values[0], 2)
    peaks_also = None if also is None else np.tile(also[0], 2)
    turned, fallen = np.empty_like(peaks), np.empty_like(peaks)
    for at, now in enumerate(values):
        np.multiply(signs.reshape(2, -1), now, out=turned.reshape(2, -1))
        if also is not None and peaks_also is not None:
            np.copyto(peaks_also.reshape(2, -1), also[at], where=(turned > peaks).reshape(2, -1))
        np.maximum(peaks, turned, out=peaks)
        np.subtract(peaks, turned, out=fallen)
        if fallen.max() < step:
            continue
        seen = np.flatnonzero(fallen >= step)
        cells = seen % count
        came, peak = now[cells], np.abs(peaks[seen])
        counts = np.minimum(came, peak) < below
        if also is not None and peaks_also is not None:
            counts &= np.abs(also[at, cells] - peaks_also[seen]) >= step
            # Both watchers of a cell can see a change together only if `also` kept them waiting: then it is the rise.
            rises = np.zeros(count, bool)
            rises[cells[counts & (seen < count)]] = True
            counts &= (seen < count) | ~rises[cells]
        if not counts.all():
            seen, cells, came, peak = seen[counts], cells[counts], came[counts], peak[counts]
        sign = signs[seen]
        ways[at, cells] = -sign
        lows[at, cells], highs[at, cells] = np.minimum(peak, came), np.maximum(peak, came)
        signs[seen], peaks[seen] = -sign, -sign * came
        asleep = (seen + count) % (2 * count)
        signs[asleep] = peaks[asleep] = 0
        if also is not None and peaks_also is not None:
            peaks_also[seen] = also[at, cells]
    return ways, lows, highs


def away_and_back(full: Marks, places: Numbers, least: float) -> tuple[Ways, Numbers, Numbers]:
    """When each cell became saturated red (1) or ceased to be (-1), by more than `least` in u'v'; `full` says where.

    The other end of a change is the place furthest from pure red that the cell had since it was red. Lower ends are 0,
    upper ends the distances.
    """
    ways = np.zeros(full.shape, np.int8)
    apart = np.zeros(full.shape, np.float32)
    red = full[0].copy()
    mark = places[0].copy()
    off = _length(places - _RED)
    mark_off = off[0].copy()
    for at in range(1, len(full)):
        now = places[at]
        far = _length(now - mark)
        to_red = full[at] & ~red & (far > least)
        from_red = red & ~full[at] & (far > least)
        ways[at][to_red], ways[at][from_red] = 1, -1
        apart[at] = np.where(to_red | from_red, far, 0)
        red = (red | to_red) & ~from_red
        moved = to_red | from_red | (red & full[at] & (off[at] < mark_off)) | (~red & (off[at] > mark_off))
        mark = np.where(moved[:, None], now, mark)
        mark_off = np.where(moved, off[at], mark_off)
    return ways, np.zeros_like(apart), apart


def _length(way: Numbers) -> Numbers:
    """How long ways in u'v' (the last axis) are."""
    across, up = way[..., 0], way[..., 1]
    found: Numbers = np.sqrt(across * across + up * up)
    return found


def together(now: Ways, near: Ways, way: int) -> Marks:
    """The cells that change `way` in one picture (`now`) as their surroundings do: light that falls on a place.

    `near` are the same for that picture and those beside it. Corners of what flashes keep their cells; single cells,
    edges of what moves, and grain do not.
    """
    these: Marks = now == way
    if not these.any():
        return these
    at_once, against = _around(these), _around(now == -way)
    nearly, nearly_against = _around((near == way).any(axis=0)), _around((near == -way).any(axis=0))
    clear = (at_once > _AT_ONCE * _SIZE) & (at_once >= _MIXED * against)
    found: Marks = these & (clear | ((nearly > _NEARLY * _SIZE) & (nearly >= _MIXED * nearly_against)))
    return found


def _around(cells: Marks) -> Numbers:
    """How many of the surroundings of each cell, itself among them, are marked; whole numbers."""
    found: Numbers = (_BESIDE_DOWN @ cells.reshape(DOWN, ACROSS).astype(np.float32) @ _BESIDE_ACROSS).ravel()
    return found


_SIZE = _around(np.ones(DOWN * ACROSS, dtype=bool))
"""How many surroundings each cell has; fewer at the borders."""
