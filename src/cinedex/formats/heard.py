"""How loud a film is, as the report and the terminal say it: its measures in words, its loudness along time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cinedex.timeline.rows import Loudness, Programme
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Ticks

TARGET = -23.0
"""LUFS at which programmes are delivered by EBU R 128; drawn for comparison."""

LOWEST, HIGHEST = -59.0, 0.0
"""LUFS between which loudness is drawn."""

Values = npt.NDArray[np.float64]

_MEASURES = (
    ("integrated-loudness", "integrated", "LUFS"),
    ("loudness-range", "range", "LU"),
    ("true-peak", "true peak", "dBTP"),
    ("speech-loudness", "speech", "LUFS"),
    ("max-short-term", "highest short-term", "LUFS"),
    ("max-momentary", "highest momentary", "LUFS"),
)


@dataclass(frozen=True)
class Measure:
    """One number for the whole of the sound, in words."""

    name: str
    value: float
    unit: str

    @property
    def says(self) -> str:
        """The number with its unit."""
        return f"{self.value:.1f} {self.unit}"


def measures(timeline: Timeline) -> list[Measure]:
    """The film's measures in the order in which people ask for them; those that are missing are left out."""
    track = timeline.find(Programme)
    known = {row.measure: row.value for row in track or ()}
    return [Measure(name, known[key], unit) for key, name, unit in _MEASURES if key in known]


def speech_share(timeline: Timeline) -> float | None:
    """The share of what is heard in which somebody speaks."""
    track = timeline.find(Programme)
    return next((row.value for row in track or () if row.measure == "speech-share"), None)


def along(timeline: Timeline, edges: Ticks, column: str) -> Values:
    """The highest value of a column of the loudness in each bin between `edges` (flicks); NaN where there is none."""
    highest = np.full(len(edges) - 1, np.nan)
    track = timeline.find(Loudness)
    if track is not None and len(track):
        bins = np.searchsorted(edges, track.spans.starts, side="right") - 1
        inside = (bins >= 0) & (bins < len(highest))
        np.fmax.at(highest, bins[inside], track.column(column)[inside].astype(np.float64))
    return highest


def height(loudness: Values) -> Values:
    """Loudness (LUFS) as a height of 0 to 1 in a drawing; NaN stays."""
    return np.asarray(((loudness - LOWEST) / (HIGHEST - LOWEST)).clip(0, 1))
