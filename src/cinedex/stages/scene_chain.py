"""The best of all ways to part a sequence into groups, exactly, and how sure each border of it is.

A sequence of n shots is parted into scenes. `begin[i]` is what speaks for shot i beginning a scene; `stay[i, m - 1]`
for its staying in one that has m shots before it, and `stay[i, reach - 1]` for `reach` shots or more. The score of a
parting is the sum of these, and exp(score) its weight. How many shots the scene has so far, counted up to `reach`, is
all that the future depends on, so one walk along the shots finds the best among all 2^(n - 1) partings, however long
scenes are, and two walks give the share of the weight that has a border at each shot.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


def best(stay: Scores, begin: Scores, scenes: int | None = None) -> Numbers:
    """The shots that begin a scene in the parting of the highest score, the first among them.

    Among the partings into exactly `scenes` scenes, if that is given (into single shots, if there are fewer). O(n
    reach) or O(n reach scenes).
    """
    count, reach = stay.shape
    if not count:
        return np.zeros(0, dtype=np.int64)
    step = 0 if scenes is None else 1
    levels = 1 if scenes is None else min(scenes, count)
    now = np.full((levels, reach + 1), -np.inf)
    now[0, 0] = 0.0
    opened = np.zeros((count, levels), dtype=np.uint16)
    older = np.zeros((count, levels), dtype=bool)
    rows = np.arange(levels)
    for i in range(1, count):
        opened[i] = now.argmax(axis=1)
        first = now[rows, opened[i]] + begin[i]
        older[i] = now[:, reach] > now[:, reach - 1]
        last = np.maximum(now[:, reach - 1], now[:, reach])
        now[:, 1:reach] = now[:, : reach - 1] + stay[i, : reach - 1]
        now[:, reach] = last + stay[i, reach - 1]
        now[:, 0] = -np.inf
        now[step:, 0] = first[: levels - step]
    return _traced(int(now[-1].argmax()), reach, opened, older, step)


def _traced(age: int, reach: int, opened: npt.NDArray[np.uint16], older: npt.NDArray[np.bool_], step: int) -> Numbers:
    """Back along the best way, from the number of shots that the last scene has before the last one."""
    level = opened.shape[1] - 1
    starts = []
    for i in range(len(opened) - 1, -1, -1):
        if age == 0:
            starts.append(i)
            level -= step
            age = int(opened[i, level])
        elif age < reach or not older[i, level]:
            age -= 1
    return np.array(starts[::-1], dtype=np.int64)


def borders(stay: Scores, begin: Scores) -> Scores:
    """For each shot, the share (0..1) of the weight of all partings that have a scene begin at it; 1 at the first."""
    return occupancy(stay, begin)[:, 0]


def occupancy(stay: Scores, begin: Scores) -> Scores:
    """For each shot and number of shots before it in its scene (0 .. `reach`), the share of the weight of partings."""
    count, reach = stay.shape
    if not count:
        return np.zeros((0, reach + 1))
    ahead = np.full((count, reach + 1), -np.inf)
    ahead[0, 0] = 0.0
    for i in range(1, count):
        past = ahead[i - 1]
        ahead[i, 0] = _total(past) + begin[i]
        ahead[i, 1:] = past[:reach] + stay[i]
        ahead[i, reach] = np.logaddexp(ahead[i, reach], past[reach] + stay[i, reach - 1])
    behind = np.zeros((count, reach + 1))
    for i in range(count - 1, 0, -1):
        after = behind[i]
        onward = np.append(stay[i] + after[1:], stay[i, reach - 1] + after[reach])
        behind[i - 1] = np.logaddexp(onward, begin[i] + after[0])
    shares = ahead + behind
    return np.asarray(np.exp(np.minimum(shares - _total(ahead[-1]), 0.0)))


def _total(values: Scores) -> float:
    """log(sum(exp(values))); at least one is finite."""
    top = values.max()
    return float(top + np.log(np.exp(values - top).sum()))
