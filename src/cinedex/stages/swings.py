"""Turning points of the light and colour of cells: when each went up or down far enough to count, after WCAG 2."""

from __future__ import annotations

from dataclasses import dataclass

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
CELLS = DOWN * ACROSS
"""The cells of a picture."""

_REACH = 2
"""How many cells to all sides are the surroundings of one."""

_AT_ONCE, _NEARLY = 3, 2
"""One in so many of the surroundings must change the same way in the same picture, or in that and those beside it."""

_MIXED = 3
"""How many times as many cells around must change this way as the other way: where things move, both do."""

_LIT = 0.02
"""A cell whose linear red, green and blue sum to less is black, and has no colour."""


_SLACK = 1e-4
"""By how much, relatively, a test that is only to be quick errs on the safe side."""


@dataclass(frozen=True, eq=False, slots=True)
class Turns:
    """Changes of cells, picture by picture: which picture, which cell, which way (1, -1), and between which values."""

    at: npt.NDArray[np.intp]
    cells: npt.NDArray[np.intp]
    ways: Ways
    lows: Numbers
    highs: Numbers

    def within(self, cells: npt.NDArray[np.intp]) -> Turns:
        """The same, of cells that are only `cells` of a picture's."""
        return Turns(self.at, cells[self.cells], self.ways, self.lows, self.highs)


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
    total = _whole(light)
    found: Marks = (light[..., 0] >= share * total) & (total >= _LIT)
    return found


def _whole(light: Numbers) -> Numbers:
    """Red, green and blue together."""
    found: Numbers = light[..., 0] + light[..., 1]
    found += light[..., 2]
    return found


def reddish(pixels: npt.NDArray[np.uint8], share: float) -> Marks:
    """Where gamma-encoded sRGB can be `saturated` at all: a cheap test that lets through more than it need."""
    red, green, blue = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
    most = (_LINEAR * np.float32(1 / share - 1)).astype(np.float64) * (1 + _SLACK)
    # By code of red: the last code of another colour that is not by itself too much beside it.
    limits = (np.searchsorted(_LINEAR.astype(np.float64), most, side="right") - 1).astype(np.uint8)
    dim = int(np.searchsorted(_LINEAR, np.float32(share * _LIT * (1 - _SLACK))))
    limit = np.frombuffer(red.tobytes().translate(limits.tobytes()), np.uint8).reshape(red.shape)
    found: Marks = (green <= limit) & (blue <= limit) & (red >= dim)
    return found


def chromaticities(light: Numbers) -> Numbers:
    """CIE 1976 u' and v' (the first axis) of linear light; those of D65 where it is black."""
    x, y, z = np.ascontiguousarray(np.moveaxis(light @ _XYZ.T, -1, 0))
    whole = x + 15 * y + 3 * z
    black = _whole(light) < _LIT
    whole[black] = 1
    found = np.stack([4 * x / whole, 9 * y / whole])
    found[:, black] = _D65[:, None]
    return found


def swings(values: Numbers, least: float, *, below: float = np.inf, also: Numbers | None = None) -> Turns:
    """When each cell of `values` [pictures, cells] has come `least` from its last turning point.

    The ways of a cell alternate. A change counts only when its lower end is under `below`, and when `also`, a second
    value, has moved by `least` as well. The ends of a change are as far as it has come by then.
    """
    step, count = np.float32(least), values.shape[1]
    bright = values.max(axis=1) >= below
    # Two watchers of every cell, turned so that what each waits for is a fall: the first half of them for a rise, the
    # second for a fall. The first to see it stays, and is turned round by each change; the other is put to sleep.
    signs = np.repeat(np.array([-1, 1], np.float32), count)
    twins = np.roll(np.arange(2 * count), count)
    peaks = signs * np.tile(values[0], 2)
    peaks_also = None if also is None else np.tile(also[0], 2)
    turned, fallen, far = np.empty_like(peaks), np.empty_like(peaks), np.empty(2 * count, bool)
    both, both_turned = signs.reshape(2, -1), turned.reshape(2, -1)
    found: list[tuple[int, npt.NDArray[np.intp], Numbers, Numbers, Numbers]] = []
    for at, now in enumerate(values):
        np.multiply(both, now, out=both_turned)
        if also is not None and peaks_also is not None:
            np.copyto(peaks_also.reshape(2, -1), also[at], where=(turned > peaks).reshape(2, -1))
        np.maximum(peaks, turned, out=peaks)
        np.subtract(peaks, turned, out=fallen)
        seen = np.greater_equal(fallen, step, out=far).nonzero()[0]
        if not len(seen):
            continue
        # Where all is dark, so is the lower end of each change.
        if bright[at]:
            seen = seen[np.minimum(np.abs(turned[seen]), np.abs(peaks[seen])) < below]
        if also is not None and peaks_also is not None:
            seen = seen[np.abs(also[at, seen % count] - peaks_also[seen]) >= step]
            # Both watchers of a cell can see a change together only if `also` kept them waiting: then it is the rise.
            rises = np.zeros(count, bool)
            rises[seen[seen < count]] = True
            seen = seen[(seen < count) | ~rises[seen % count]]
            peaks_also[seen] = also[at, seen % count]
        sign, came = signs[seen], turned[seen]
        found.append((at, seen, sign, came, peaks[seen]))
        signs[seen], peaks[seen] = -sign, -came
        asleep = twins[seen]
        signs[asleep] = peaks[asleep] = 0
    return _turns(found, count)


def _turns(found: list[tuple[int, npt.NDArray[np.intp], Numbers, Numbers, Numbers]], count: int) -> Turns:
    """Changes from what watchers saw: the picture; of each of them its number, sign, value and peak, both turned."""
    if not found:
        none = np.empty(0, np.intp), np.empty(0, np.float32)
        return Turns(none[0], none[0], np.empty(0, np.int8), none[1], none[1])
    at = np.repeat([f[0] for f in found], [len(f[1]) for f in found])
    seen, signs, came, peaks = (np.concatenate([f[part] for f in found]) for part in range(1, 5))
    came, peaks = np.abs(came), np.abs(peaks)
    return Turns(at, seen % count, (-signs).astype(np.int8), np.minimum(came, peaks), np.maximum(came, peaks))


def away_and_back(full: Marks, places: Numbers, least: float) -> Turns:
    """When each cell became saturated red (1) or ceased to be (-1), by more than `least` in u'v'; `full` says where.

    The other end of a change is the place furthest from pure red that the cell had since it was red. Lower ends are 0,
    upper ends the distances.
    """
    red, mark = full[0].copy(), places[:, 0].copy()
    off = _length(places - _RED[:, None, None])
    mark_off = off[0].copy()
    found = [(0, np.empty(0, np.intp), np.empty(0, np.float32), np.empty(0, bool))]
    for at in range(1, len(full)):
        now = places[:, at]
        moved = np.where(red, full[at] & (off[at] < mark_off), off[at] > mark_off)
        other = np.flatnonzero(full[at] != red)
        if len(other):
            far = _length(now[:, other] - mark[:, other])
            other, far = other[far > least], far[far > least]
            red[other], moved[other] = full[at, other], True
            found.append((at, other, far, red[other]))
        np.copyto(mark, now, where=moved)
        np.copyto(mark_off, off[at], where=moved)
    pictures = np.repeat([f[0] for f in found], [len(f[1]) for f in found])
    cells, highs, reds = (np.concatenate([f[part] for f in found]) for part in (1, 2, 3))
    return Turns(pictures, cells, np.where(reds, 1, -1).astype(np.int8), np.zeros_like(highs), highs)


def _length(way: Numbers) -> Numbers:
    """How long ways in u' and v' (the first axis) are."""
    across, up = way
    found: Numbers = np.sqrt(across * across + up * up)
    return found


def together(now: Marks, against: Marks, near: Marks, near_against: Marks) -> Marks:
    """The cells that change one way in a picture (`now`) as their surroundings do: light that falls on a place.

    All are [pictures, cells]: what changes the same way and the other way (`against`) in each picture, and the same for
    that picture and those beside it. Corners of what flashes keep their cells; single cells, edges of what moves, and
    grain do not.
    """
    at_once, mixed = _around(now), _MIXED * _around(against)
    nearly, nearly_mixed = _around(near), _MIXED * _around(near_against)
    clear = (_AT_ONCE * at_once > _SIZE) & (at_once >= mixed)
    found: Marks = now & (clear | ((_NEARLY * nearly > _SIZE) & (nearly >= nearly_mixed)))
    return found


def _around(cells: Marks) -> npt.NDArray[np.uint8]:
    """How many of the surroundings of each cell, itself among them, are marked."""
    wide = np.zeros((len(cells), DOWN + 2 * _REACH, ACROSS + 2 * _REACH), np.uint8)
    wide[:, _REACH:-_REACH, _REACH:-_REACH] = cells.reshape(-1, DOWN, ACROSS)
    lines = wide[:, :DOWN].copy()
    for down in range(1, 2 * _REACH + 1):
        lines += wide[:, down : down + DOWN]
    found = lines[:, :, :ACROSS].copy()
    for across in range(1, 2 * _REACH + 1):
        found += lines[:, :, across : across + ACROSS]
    return found.reshape(cells.shape)


_SIZE = _around(np.ones((1, DOWN * ACROSS), dtype=bool))
"""How many surroundings each cell has; fewer at the borders."""
