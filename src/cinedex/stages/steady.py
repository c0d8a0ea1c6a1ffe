"""The steadiest explanation of a sequence: states that are cheap at every place and change seldom."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def steadiest(costs: Numbers, change: float) -> npt.NDArray[np.int64]:
    """The state at every place, [n] from costs [n, states], for which the sum of costs and changes is least.

    Every change of state costs `change` (Viterbi's algorithm); of equal sums, that with the first states.
    """
    count, states = costs.shape
    came = np.zeros((count, states), dtype=np.int64)
    total = np.zeros(states)
    for place in range(count):
        best = int(total.argmin())
        stay = total <= total[best] + change
        came[place] = np.where(stay, np.arange(states), best)
        total = np.where(stay, total, total[best] + change) + costs[place]
    path = np.zeros(count, dtype=np.int64)
    if count:
        path[-1] = int(total.argmin())
        for place in range(count - 1, 0, -1):
            path[place - 1] = came[place, path[place]]
    return path


def stretches(path: npt.NDArray[np.generic]) -> list[tuple[int, int]]:
    """Where the same state holds, as (first, one past the last)."""
    edges = np.flatnonzero(path[1:] != path[:-1]) + 1 if len(path) else np.empty(0, dtype=np.int64)
    marks = [0, *edges.tolist(), len(path)]
    return list(pairwise(marks)) if len(path) else []
