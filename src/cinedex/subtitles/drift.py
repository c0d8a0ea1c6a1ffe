"""How far a file's subtitles lie from where people speak in the film, and whether they run at another speed.

Voices and subtitles are two curves of 0 and 1; for every speed at which films are run for television, one is moved
along the other (by Fourier transform), and what fits best is told with how well it fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from cinedex.subtitles.subtitle import Subtitle
from cinedex.timeline.rows import Voice
from cinedex.timeline.time import FLICKS_PER_SECOND, Time

PACES: dict[str, Fraction] = {
    "as it is": Fraction(1),
    "25 run as 24": Fraction(25, 24),
    "24 run as 25": Fraction(24, 25),
    "25 run as 23.976": Fraction(25 * 1001, 24000),
    "23.976 run as 25": Fraction(24000, 25 * 1001),
    "24 run as 23.976": Fraction(1001, 1000),
    "23.976 run as 24": Fraction(1000, 1001),
}
"""By what a file's times are multiplied, and what that is called: its frame rate run as the film's."""

_STEP = 0.02
_MARGIN = 600.0
"""Seconds that a file may lie before or behind."""
_CLEARLY = 0.005
"""By how much another speed has to fit better before it is believed."""
_LEAST = 4
_WELL = 0.3

Curve = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Drift:
    """What mends a file: times are multiplied by `pace` then moved by `shift`; `fit` is the correlation then, -1..1.

    `before` is the correlation as it stands; `sure` whether to go by it.
    """

    pace: Fraction
    name: str
    shift: Time
    fit: float
    before: float
    sure: bool

    def __call__(self, subtitles: Sequence[Subtitle]) -> list[Subtitle]:
        """The subtitles with their times mended."""
        return [Subtitle(self._at(s.start), self._at(s.end), s.lines, s.italic) for s in subtitles]

    def _at(self, at: Time) -> Time:
        return Time(round(int(at) * self.pace)) + self.shift


def measure(subtitles: Sequence[Subtitle], voice: Sequence[Voice]) -> Drift:
    """Offset and speed of subtitles against where people speak. Of a film without voices nothing is sure."""
    spans = [(int(s.start), int(s.end)) for s in subtitles if s.end > s.start >= 0 and any(s.lines)]
    spoken = [(int(v.start), int(v.end)) for v in voice]
    if not spans or not spoken:
        return Drift(Fraction(1), "as it is", Time(0), 0.0, 0.0, sure=False)
    latest = max(e for _, e in spans) * max(PACES.values())
    seconds = min(max(float(latest), float(max(e for _, e in spoken))) / FLICKS_PER_SECOND + 1, 12 * 3600.0)
    size = int(seconds / _STEP) + 1
    heard = _curve(spoken, Fraction(1), size)
    length = 1 << (size + int(_MARGIN / _STEP)).bit_length()
    spectrum = np.conj(np.fft.rfft(_centred(heard), length))
    found: list[tuple[float, str, int, float]] = []
    for name, pace in PACES.items():
        curve = _centred(_curve(spans, pace, size))
        norm = float(np.linalg.norm(curve) * np.linalg.norm(_centred(heard))) or 1.0
        # Where the curves are moved against each other, the one's beginning meets the other's later part.
        likeness = np.fft.irfft(np.fft.rfft(curve, length) * spectrum, length) / norm
        reach = min(int(_MARGIN / _STEP), length // 2 - 1)
        window: Any = np.concatenate([likeness[-reach:], likeness[: reach + 1]])
        at = int(window.argmax())
        found.append((float(window[at]), name, reach - at, float(likeness[0])))
    same = found[0]
    best = max(found)
    if best[0] - same[0] < _CLEARLY:
        best = same
    sure = best[0] >= _WELL and len(spans) >= _LEAST
    return Drift(PACES[best[1]], best[1], Time.from_seconds(best[2] * _STEP), best[0], same[3], sure=sure)


def _curve(spans: Sequence[tuple[int, int]], pace: Fraction, size: int) -> Curve:
    """1 where a span is, 0 elsewhere."""
    edges = np.zeros(size + 1, np.float32)
    scale = float(pace) / FLICKS_PER_SECOND / _STEP
    for start, end in spans:
        a, b = (min(max(round(t * scale), 0), size) for t in (start, end))
        edges[a] += 1
        edges[b] -= 1
    return np.minimum(np.cumsum(edges[:-1]), 1).astype(np.float32)


def _centred(curve: Curve) -> Curve:
    return np.asarray(curve - curve.mean(), np.float32)
