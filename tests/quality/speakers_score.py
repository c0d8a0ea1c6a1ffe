"""Diarization error rate: which share of the speech is missed, invented or given to the wrong speaker.

Speech of several speakers counts for each. Speakers are matched one to one so that most time agrees. A collar leaves
out that much time on both sides of every true edge; without overlap, time with several true speakers is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

Turn = tuple[float, float, str]
"""Start and end in seconds, and who."""

_STEP = 0.01


@dataclass(frozen=True)
class Error:
    """Seconds."""

    missed: float = 0.0
    invented: float = 0.0
    confused: float = 0.0
    speech: float = 0.0

    @property
    def rate(self) -> float:
        return (self.missed + self.invented + self.confused) / max(self.speech, 1e-9)

    def __add__(self, other: Error) -> Error:
        return Error(
            self.missed + other.missed,
            self.invented + other.invented,
            self.confused + other.confused,
            self.speech + other.speech,
        )

    def __str__(self) -> str:
        parts = (self.missed, self.invented, self.confused)
        told = ", ".join(f"{p / self.speech:.1%}" for p in parts)
        return f"{self.rate:.1%} (missed, invented, confused {told}) of {self.speech:.0f} s"


def error(truth: Sequence[Turn], found: Sequence[Turn], *, collar: float = 0.0, overlap: bool = True) -> Error:
    """The error of found turns against the true ones, which say the whole truth from 0 to the last end."""
    length = max((end for _, end, _ in [*truth, *found]), default=0.0)
    count = round(length / _STEP) + 1
    true, made = _grid(truth, count), _grid(found, count)
    judged = np.ones(count, np.bool_)
    if collar:
        for start, end, _ in truth:
            for edge in (start, end):
                judged[max(0, round((edge - collar) / _STEP)) : round((edge + collar) / _STEP)] = False
    if not overlap:
        judged &= true.sum(axis=0) < 2
    true, made = true[:, judged], made[:, judged]
    agree = true.astype(np.int64) @ made.T.astype(np.int64)
    rows, columns = linear_sum_assignment(-agree)
    right = sum((true[r] & made[c]).astype(np.int64) for r, c in zip(rows, columns, strict=True))
    spoken, told = true.sum(axis=0), made.sum(axis=0)
    return Error(
        float(np.maximum(spoken - told, 0).sum()) * _STEP,
        float(np.maximum(told - spoken, 0).sum()) * _STEP,
        float((np.minimum(spoken, told) - right).sum()) * _STEP,
        float(spoken.sum()) * _STEP,
    )


def _grid(turns: Sequence[Turn], count: int) -> np.ndarray:
    names = sorted({who for _, _, who in turns})
    grid = np.zeros((len(names), count), np.bool_)
    for start, end, who in turns:
        grid[names.index(who), round(start / _STEP) : round(end / _STEP)] = True
    return grid
