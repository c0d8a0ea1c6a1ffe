"""The loudness of the whole programme, from the loudness of its tenths: as a whole, and where somebody speaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.stages.loudness import MOMENTARY, SHORT_TERM, TENTH
from cinedex.stages.weighting import Numbers
from cinedex.timeline.rows import Loudness, Programme, Row, Voice
from cinedex.timeline.track import Spans, Track

_ABSOLUTE = -70.0
"""LUFS that a window must exceed to count at all."""
_RELATIVE = -10.0
"""LU below the mean of those from which they count to the integrated loudness (BS.1770-4)."""
_RANGE_GATE = -20.0
"""The same for the loudness range (EBU Tech 3342)."""
_RANGE = (10, 95)
"""Percentiles between which the loudness range lies."""


@dataclass(frozen=True)
class Programmes(Stage):
    """Integrated loudness and range, highest loudness and true peak, and the loudness of speech alone.

    'integrated-loudness', 'max-momentary', 'max-short-term' and 'speech-loudness' are in LUFS, 'loudness-range' in LU,
    'true-peak' in dBTP, 'speech-share' (0..1) is the share of what is heard in which somebody speaks. Speech counts in
    windows of 400 ms that lie in speech entirely and are above -70 LUFS. A measure is missing where no window is above
    -70 LUFS or the sound is too short for one; those of speech also where voice was not looked for.
    """

    name: ClassVar[str] = "programme"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Programme,)
    cost: ClassVar[Cost] = Cost(cpus=0.1, memory_mib=64, cpu_seconds_per_minute=0.01, disk_kib_per_minute=0.1)

    @property
    def needs(self) -> tuple[Need, ...]:
        """The tenths alone; the film is not heard again."""
        return (Loudness,)

    @property
    def welcomes(self) -> tuple[type[Row], ...]:
        """Where somebody speaks."""
        return (Voice,)

    def run(self, inputs: Inputs) -> Iterator[Programme]:
        """Each measure that there is."""
        track = inputs.track(Loudness)
        found: dict[str, float | None] = {}
        if len(track):
            spans, number = track.spans, track.spans.starts // int(TENTH)
            whole = spans.ends - spans.starts == int(TENTH)
            momentary, short = (track.column(n).astype(np.float64) for n in ("momentary", "short_term"))
            full, settled = whole & (number >= MOMENTARY - 1), whole & (number >= SHORT_TERM - 1)
            found["integrated-loudness"] = integrated(momentary[full])
            found["loudness-range"] = loudness_range(short[settled])
            found["true-peak"] = float(track.column("peak").max())
            found["max-momentary"] = _highest(momentary[full])
            found["max-short-term"] = _highest(short[settled])
            heard = full & (momentary > _ABSOLUTE)
            voice = inputs.welcomed(Voice)
            if voice is not None and heard.any():
                speech = heard & _spoken(spans, voice)
                found["speech-loudness"] = _mean(momentary[speech])
                found["speech-share"] = float(speech.sum() / heard.sum())
        for measure, value in found.items():
            if value is not None:
                film = inputs.movie.span
                yield Programme(start=film.start, end=film.end, measure=measure, value=value)


def integrated(momentary: Numbers) -> float | None:
    """The integrated loudness (LUFS) of full windows of 400 ms a tenth apart, by both gates."""
    loud = momentary[momentary > _ABSOLUTE]
    mean = _mean(loud)
    return None if mean is None else _mean(loud[loud > mean + _RELATIVE])


def loudness_range(short: Numbers) -> float | None:
    """The loudness range (LU) of full windows of 3 s."""
    loud = short[short > _ABSOLUTE]
    mean = _mean(loud)
    if mean is None:
        return None
    low, high = np.percentile(loud[loud > mean + _RANGE_GATE], _RANGE, method="nearest")
    return float(high - low)


def _mean(loudness: Numbers) -> float | None:
    """The loudness of the mean power."""
    return float(10 * np.log10(np.mean(10 ** (loudness / 10)))) if len(loudness) else None


def _highest(loudness: Numbers) -> float | None:
    return float(loudness.max()) if len(loudness) and loudness.max() > _ABSOLUTE else None


def _spoken(tenths: Spans, voice: Track[Voice]) -> npt.NDArray[np.bool_]:
    """Of each tenth, whether the 400 ms up to its end lie in speech entirely."""
    window = int(TENTH) * MOMENTARY
    covered = Spans(tenths.ends - window, tenths.ends).overlap(voice.spans.support())
    return np.asarray(covered == window)
