"""How well a film was parted into scenes: the measures of the field, and simple ways to do it to stand beside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


def hits(found: Sequence[float] | Values | Numbers, true: Sequence[float] | Values | Numbers, near: float) -> int:
    """The most borders that can be paired one to one, at most `near` apart; both in order."""
    count, j, others = 0, 0, [float(x) for x in true]
    for at in found:
        while j < len(others) and others[j] < at - near:
            j += 1
        if j < len(others) and abs(others[j] - at) <= near:
            count, j = count + 1, j + 1
    return count


def f1(found: Sequence[float] | Values | Numbers, true: Sequence[float] | Values | Numbers, near: float) -> float:
    """Of borders at most `near` apart; 1 where there are none and none is found."""
    both = len(found) + len(true)
    return 2 * hits(found, true, near) / both if both else 1.0


def average_precision(scores: Values, true: Numbers) -> float:
    """Area under precision over recall of the shots 1 .. n - 1 in order of score, no tolerance; ties count as one."""
    is_true = np.zeros(len(scores), dtype=bool)
    is_true[true] = True
    values, truth = scores[1:], is_true[1:]
    _, level = np.unique(-values, return_inverse=True)
    gained = np.bincount(level, weights=truth)
    taken = np.cumsum(np.bincount(level))
    return float((gained * np.cumsum(gained) / taken).sum() / max(1, truth.sum()))


def fco(found: Numbers, true: Numbers, shots: int) -> float:
    """Harmonic mean of coverage and 1 - overflow (Vendrig and Worring, 2002), in shots."""
    ours, theirs = np.concatenate(([0], found, [shots])), np.concatenate(([0], true, [shots]))
    shared = np.minimum(ours[1:, None], theirs[None, 1:]) - np.maximum(ours[:-1, None], theirs[None, :-1])
    shared = shared.clip(0)
    lengths = np.diff(theirs)
    coverage = shared.max(axis=0).sum() / shots
    beyond = ((np.diff(ours)[:, None] - shared) * (shared > 0)).sum(axis=0)
    padded = np.concatenate(([0], lengths, [0]))
    beside = padded[:-2] + padded[2:]
    overflow = (lengths * np.minimum(1.0, beyond / np.maximum(beside, 1))).sum() / shots
    return float(2 * coverage * (1 - overflow) / max(coverage + 1 - overflow, 1e-9))


def apart(found: Values, true: Values, film: float) -> Values:
    """For each true border, seconds to the nearest found one (to the film's ends where none is nearer)."""
    ends = np.concatenate((found, [0.0, film]))
    return np.asarray(np.abs(true[:, None] - ends[None, :]).min(axis=1))


def reliability(
    said: Values, true: npt.NDArray[np.bool_], bins: int = 10
) -> tuple[float, list[tuple[float, float, int]]]:
    """Expected calibration error, and for each bin of what was said: its mean, the share that was true, its size."""
    place = np.minimum((said * bins).astype(np.int64), bins - 1)
    rows = [(float(said[place == b].mean()), float(true[place == b].mean()), int((place == b).sum()))
            for b in range(bins) if (place == b).any()]  # fmt: skip
    return sum(abs(a - b) * n for a, b, n in rows) / max(1, len(said)), rows


def fixed(starts: Values, end: float, scenes: int) -> Numbers:
    """Scenes of one length, as many as `scenes`, each border moved to the nearest shot."""
    wanted = np.arange(1, scenes) * end / scenes
    nearest = np.abs(wanted[:, None] - starts[None, :]).argmin(axis=1) if len(wanted) else np.zeros(0, np.int64)
    return np.unique(nearest[nearest > 0]).astype(np.int64)


def linked(colours: Values, bound: float, window: int) -> Numbers:
    """Time-constrained clustering (after Yeung, Yeo and Liu, 1998): a scene goes on as long as links reach over.

    Shots at most `window` apart are linked whose colour histograms intersect by `bound` or more.
    """
    count, reach = len(colours), np.arange(len(colours))
    for by in range(1, min(window, count - 1) + 1):
        alike = np.minimum(colours[by:], colours[:-by]).sum(axis=1) >= bound
        at = np.flatnonzero(alike)
        reach[at] = np.maximum(reach[at], at + by)
    return np.flatnonzero(np.maximum.accumulate(reach)[:-1] < np.arange(1, count)) + 1


def link_scores(colours: Values, window: int) -> Values:
    """For each shot, how unlike the most alike shots on both sides of its start are: what `linked` goes by."""
    count = len(colours)
    over = np.zeros(count)
    for by in range(1, min(window, count - 1) + 1):
        alike = np.minimum(colours[by:], colours[:-by]).sum(axis=1)
        for step in range(by):
            at = np.arange(count - by) + 1 + step
            np.maximum.at(over, at, alike)
    return np.asarray(1 - over)


def sequential(distance: Values, scenes: int | None = None) -> Numbers:
    """Optimal sequential grouping (Rotman, Porat and Ashour, 2016): blocks on the diagonal with least distances inside.

    By dynamic programming; the number of blocks, if not given, is the elbow of the matrix's log singular values.
    """
    count = len(distance)
    groups = min(count, scenes or elbow(distance))
    whole = np.zeros((count + 1, count + 1))
    whole[1:, 1:] = distance.cumsum(axis=0).cumsum(axis=1)
    inside = np.diag(whole)[None, :] + np.diag(whole)[:, None] - whole - whole.T
    cost = inside[0].copy()
    back = np.zeros((groups, count + 1), dtype=np.int64)
    upper = np.where(np.tri(count + 1, k=-1, dtype=bool).T, inside, np.inf)
    for k in range(1, groups):
        ways = cost[:, None] + upper
        back[k], cost = ways.argmin(axis=0), ways.min(axis=0)
    at, found = count, []
    for k in range(groups - 1, 0, -1):
        at = int(back[k, at])
        found.append(at)
    return np.unique([x for x in found if x > 0]).astype(np.int64)


def elbow(distance: Values) -> int:
    """The place on the curve of log singular values farthest from the line between its ends."""
    values = np.log(np.linalg.svd(distance, compute_uv=False).clip(1e-9))
    x = np.arange(len(values), dtype=np.float64)
    run, rise = x[-1], values[-1] - values[0]
    off = np.abs(rise * x - run * (values - values[0])) / np.hypot(run, rise)
    return max(1, int(off.argmax()) + 1)
