"""Whether memory grows: a line through what was weighed once everything had been used, with what it may be off by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FLAT = 1.0
"""MiB a minute up to which memory counts as flat: less than a tenth of the server's in half an hour."""

_SURE = 1.96
_STRETCHES = 12
"""Samples of neighbouring seconds tell little anew: the line goes through the means of so many stretches."""


@dataclass(frozen=True)
class Trend:
    """MiB at the beginning of the line, and MiB a minute with half the width of its 95 % interval."""

    first: float
    slope: float
    off: float

    @property
    def flat(self) -> bool | None:
        """Whether it is; None where the run was too short to say."""
        if self.slope + self.off <= FLAT:
            return True
        return False if self.slope - self.off > FLAT else None

    def __str__(self) -> str:
        verdict = {True: "flat", False: "GROWS", None: "cannot be said: run longer, or on a quieter machine"}
        return f"{self.first:.0f} MiB, {self.slope:+.2f} ± {self.off:.2f} MiB a minute: {verdict[self.flat]}"


def trend(weighed: Sequence[tuple[float, float]], warm: float) -> Trend | None:
    """The line through (seconds, MiB) from `warm` seconds after the first; None for fewer than three stretches."""
    samples = np.array([(at, mib) for at, mib in weighed if np.isfinite(mib) and at - weighed[0][0] >= warm])
    if len(samples) < 2 * _STRETCHES:
        return None
    minutes, mib = (np.array([part.mean() for part in np.array_split(column, _STRETCHES)]) for column in samples.T)
    minutes = (minutes - minutes[0]) / 60
    (slope, first), covered = np.polyfit(minutes, mib, 1, cov=True)
    return Trend(float(first), float(slope), float(_SURE * np.sqrt(covered[0, 0])))
