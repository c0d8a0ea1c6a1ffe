"""Changes of shot, scored against the truth of films that were cut by hand or looked through picture by picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cinedex.timeline.rows import Frame, Transition
from cinedex.timeline.track import Track

NEAR = 2
"""Pictures by which a cut may be off."""


@dataclass(frozen=True)
class Score:
    """Hard cuts hit, of how many, and falsely found; gradual changes hit, of how many, and falsely found."""

    cuts: int
    of_cuts: int
    false_cuts: tuple[int, ...]
    gradual: int
    of_gradual: int
    false_gradual: tuple[tuple[int, int], ...]

    @property
    def f1(self) -> float:
        """Of hard cuts."""
        return 2 * self.cuts / (self.of_cuts + self.cuts + len(self.false_cuts))


def score(found: Sequence[Transition], frames: Track[Frame], truth: dict[str, Any]) -> Score:
    """A cut matches one true cut at most two pictures off; a gradual change is hit where any row overlaps it.

    A cut said inside a gradual change, or where the truth itself is in doubt, is not called false.
    """
    starts = frames.column("start")
    cuts, soft = [], []
    for row in found:
        first, end = np.searchsorted(starts, [int(row.start), int(row.end)]).tolist()
        (cuts if row.how == "cut" else soft).append((first - 1 if row.how == "cut" else first, end - 1))
    true_soft = [(g["start"], g["end"]) for g in truth["gradual"]]
    doubt = [(at, at) for at in truth.get("ambiguous_frames", [])]
    free = [c for c, _ in cuts]
    hit = 0
    for cut in (c["last_frame"] for c in truth["hard_cuts"]):
        near = [c for c in free if abs(c - cut) <= NEAR]
        if near:
            free.remove(min(near, key=lambda c: abs(c - cut)))
            hit += 1
    rest = [c for c in free if not any(a - NEAR <= c <= b + NEAR for a, b in [*true_soft, *doubt])]
    told = [*soft, *((c, c) for c in free)]
    return Score(
        hit, len(truth["hard_cuts"]), tuple(rest),
        sum(any(a <= d and c <= b for a, b in told) for c, d in true_soft), len(true_soft),
        tuple((a, b) for a, b in soft if not any(a <= d and c <= b for c, d in [*true_soft, *doubt])),
    )  # fmt: skip
