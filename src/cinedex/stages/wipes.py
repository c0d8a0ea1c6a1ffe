"""Finds wipes: a straight front that runs across the picture and leaves another shot behind it.

The shot boundary network does not see them. The model here is the change itself: column by column (or row by row) the
picture changes once, in order, while what lies before and behind the front stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cinedex.models.tasks import Pixels

Fronts = npt.NDArray[np.bool_]

LONGEST = 64
"""Pictures that a wipe may take at most."""

_SCALES = ((1, 8, 24), (2, 16, LONGEST))
"""Half the pictures that the front may take to pass a line, and the shortest and longest wipe looked for with it."""

_STEP = 6.0
"""By how many of 255 levels a line changes at least when the front passes."""

_STILL = 2.0
"""How many times as much it changes then as just before and after."""

_PASSED = 0.75
"""Share of the lines that must change when a straight front would pass them."""

_AT_ONCE = 0.5
"""Share of the lines that may change at the same time; at a cut, all do."""

_COVER, _LEVELS = 0.6, 20
"""Share of the pixels that must differ between the picture before and the one after, and by how many levels."""

_MISFIT = 0.3
"""How far the pictures in between may be from old and new put together at the front, in parts of how far they are from
old and new the wrong way round."""

_EDGE = 0.75
"""Pictures before and after the front that are not compared."""

_RETURN, _BACK = 36, 0.5
"""For how many pictures the old picture must stay away, and how near, in parts of the difference, is a return.

Something that passes close before the camera looks like a wipe until then.
"""

_BEFORE = 3 * _SCALES[-1][0] + 1
_AFTER = LONGEST + _RETURN + _BEFORE
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Change:
    """Pictures `first` to `last` (exclusive) show both shots. `score` 0..1 says how well the model fits."""

    first: int
    last: int
    score: float


class WipeSearch:
    """Looks for wipes in a film that comes piece by piece; holds a bounded stretch of it."""

    def __init__(self) -> None:
        self._held: list[Pixels] = []
        self._count = 0
        self._offset = 0
        """The number of the first picture held, and from which picture on nothing was looked for yet."""
        self._next = 0
        self._found: list[Change] = []

    def push(self, pictures: Pixels) -> None:
        """Take in the next pictures, uint8 [n, height, width, 3]."""
        self._held.append(pictures)
        self._count += len(pictures)
        if self._offset + self._count - self._next >= _BLOCK + _AFTER:
            self._look(self._offset + self._count - _AFTER)

    def finish(self) -> list[Change]:
        """The wipes of the whole film, in order, the best of those that overlap."""
        self._look(self._offset + self._count)
        kept: list[Change] = []
        for wipe in sorted(self._found, key=lambda w: (-w.score, w.first, w.last)):
            if all(wipe.last <= other.first or other.last <= wipe.first for other in kept):
                kept.append(wipe)
        return sorted(kept, key=lambda w: w.first)

    def _look(self, until: int) -> None:
        """Look for wipes that start before picture `until`; what comes before them is forgotten."""
        if not self._count:
            return
        pictures = np.concatenate(self._held)
        for wipe in _wipes(pictures):
            first = wipe.first + self._offset
            if self._next <= first < until:
                self._found.append(Change(first, wipe.last + self._offset, wipe.score))
        drop = max(until - _BEFORE - self._offset, 0)
        self._held, self._count = [pictures[drop:]], len(pictures) - drop
        self._offset, self._next = self._offset + drop, until


def _wipes(pictures: Pixels) -> Iterator[Change]:
    """Every place and length that fits."""
    gray = pictures.sum(axis=3, dtype=np.int16)
    for gap, shortest, longest in _SCALES:
        if len(gray) <= shortest + 6 * gap:
            continue
        steps = np.abs(gray[2 * gap :] - gray[: -2 * gap])
        for axis in (1, 2):
            fronts = _fronts(steps.mean(axis=axis, dtype=np.float32) / 3, len(gray), gap)
            for first, length, backwards in _lines(fronts, shortest, longest):
                score = _fit(pictures, first, length, axis, backwards=backwards)
                if score:
                    yield Change(first, first + length, score)


def _fronts(steps: npt.NDArray[np.float32], count: int, gap: int) -> Fronts:
    """At which pictures each line changes as if a front passed: bool [count, lines].

    `steps` [count - 2 gap, lines] is how much each line changes over 2 gap pictures, from each picture on.
    """
    fronts = np.zeros((count, steps.shape[1]), bool)
    middle = steps[2 * gap : -2 * gap]
    around = np.maximum(steps[: -4 * gap], steps[4 * gap :])
    fronts[3 * gap : -3 * gap] = (middle > _STEP) & (middle > _STILL * around)
    return fronts


def _lines(fronts: Fronts, shortest: int, longest: int) -> Iterator[tuple[int, int, bool]]:
    """Straight lines through the fronts: (first picture, length, whether it runs backwards)."""
    count, lines = fronts.shape
    at_once = fronts.mean(axis=1)
    near = fronts.copy()
    near[1:] |= fronts[:-1]
    near[:-1] |= fronts[1:]
    if not near.any():
        return
    length = shortest
    while length <= min(longest, count - 1):
        late = np.round((np.arange(lines) + 0.5) * length / lines).astype(int)
        for backwards in (False, True):
            passed = np.zeros(count - length, np.int16)
            for line, by in enumerate(late[::-1] if backwards else late):
                passed += near[by : by + count - length, line]
            for first in np.flatnonzero(passed >= _PASSED * lines).tolist():
                if at_once[first : first + length].max() <= _AT_ONCE:
                    yield first, length, backwards
        length += max(1, length // 8)


def _fit(pictures: Pixels, first: int, length: int, axis: int, *, backwards: bool) -> float:
    """How well old and new picture, put together at the front, explain what is seen: 0 (not a wipe) to 1."""
    before, after = max(first - 2, 0), min(first + length + 2, len(pictures) - 1)
    old, new = pictures[before].astype(np.int16), pictures[after].astype(np.int16)
    apart = np.abs(old - new)
    if np.mean(apart.max(axis=2) > _LEVELS) < _COVER:
        return 0.0
    later = pictures[after + 1 : after + 1 + _RETURN : 3].astype(np.int16)
    if len(later) and np.abs(later - old).mean(axis=(1, 2, 3)).min() < _BACK * apart.mean():
        return 0.0
    shown = pictures[first : first + length].astype(np.int16)
    to_old, to_new = (np.abs(shown - one).mean(axis=(axis, 3), dtype=np.float32) for one in (old, new))
    lines = to_old.shape[1]
    reached = (np.arange(lines) + 0.5) * length / lines
    ahead = np.arange(length)[:, None] - (reached[::-1] if backwards else reached)
    # Lines at the front show some of both.
    behind, beyond = ahead > _EDGE, ahead < -_EDGE
    right = to_new[behind].sum() + to_old[beyond].sum()
    wrong = to_old[behind].sum() + to_new[beyond].sum()
    misfit = float(right / max(wrong, 1.0))
    return 1 - misfit if misfit <= _MISFIT else 0.0
