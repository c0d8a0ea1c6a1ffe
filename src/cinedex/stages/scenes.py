"""Scenes: shots of one place and action, by the best of all ways to part the film, with reasons and doubts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, isfinite
from typing import Any, ClassVar

import numpy as np

from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.stages.scene_chain import best, borders
from cinedex.stages.scene_evidence import CALM, Scores, Weighed, expected, weighed
from cinedex.stages.scene_rows import evidence_of
from cinedex.timeline.rows import Cue, Palette, Person, Picture, Place, Quality, Row, Scene, Shot, Vector, Voice
from cinedex.timeline.time import Time
from cinedex.timeline.track import Track

_MOST_SCENES = 1000
"""The largest number that can be asked for: the work grows with it."""

_REASONS = {
    "pictures": "other pictures",
    "colours": "other colours",
    "people": "other people",
    "places": "other place",
    "pause": "pause in speech",
    "dark": "through black",
    "gradual": "gradual transition",
    "length": "long shots",
}
"""What each piece of evidence is called where it speaks for a new scene."""

_WHOLE = "what follows belongs together"
"""The reason where nothing speaks for a border but the scenes on both sides of it."""

_WORTH = 0.2
"""Log odds from which on a piece of evidence is a reason."""

_TYPICAL = 8
"""Shots on either side, of the same scene, that the most typical one is the most like."""


@dataclass(frozen=True)
class Scenes(Stage):
    """Parts the film so that likeness within scenes and unlikeness between them are greatest in all.

    It weighs how like the shots' pictures and colours are, who is seen, where, whether somebody talks across a cut,
    whether speech pauses, fades through black, and how long shots last; what no stage could make is left out, and
    never is a reason. There are about as many scenes as are to be expected over all ways to part the film, times e to
    the power of `granularity` (above 0: finer), or `count` of them (single shots, where there are fewer). A scene's
    score is how probable its beginning is over all ways, however many scenes were asked for; 1 for the first.
    """

    name: ClassVar[str] = "scenes"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Scene,)
    cost: ClassVar[Cost] = Cost(cpus=0.5, memory_mib=128, cpu_seconds_per_minute=0.02, disk_kib_per_minute=0.2)

    granularity: float = 0.0
    count: int | None = None

    def __post_init__(self) -> None:
        if not (isfinite(self.granularity) and abs(self.granularity) <= 5):
            raise ValueError(f"granularity is a number from -5 to 5, got {self.granularity!r}")
        if self.count is not None and not 1 <= self.count <= _MOST_SCENES:
            raise ValueError(f"count is a whole number from 1 to {_MOST_SCENES}, got {self.count!r}")

    @property
    def needs(self) -> tuple[Need, ...]:
        """What is grouped."""
        return (Shot,)

    @property
    def welcomes(self) -> tuple[type[Row], ...]:
        """Whatever tells one scene from the next, and the stills that may stand for it."""
        return (Vector, Palette, Quality, Person, Place, Voice, Cue, Picture)

    def run(self, inputs: Inputs) -> Iterator[Scene]:
        """Scenes that tile the film's shots."""
        shots = inputs.track(Shot)
        if not len(shots):
            return
        evidence = weighed(evidence_of(inputs, shots))
        chances = borders(evidence.stay, evidence.begin)
        scenes = self.count or min(expected(chances, exp(self.granularity)), _MOST_SCENES)
        begins, scores = best(evidence.stay, evidence.begin, scenes), _calm(chances)
        stills, cast = _Stills(inputs.welcomed(Picture)), _Cast(inputs, shots)
        for number, (first, after) in enumerate(pairwise([*begins.tolist(), len(shots)])):
            typical = shots[first + _most_typical(evidence.alike[first:after])]
            yield Scene(
                start=shots[first].start,
                end=shots[after - 1].end,
                refs=(*(shots[i].ref for i in range(first, after)), *cast.refs(first, after)),
                number=number,
                score=round(float(scores[first]), 4),
                reasons=_reasons(evidence, first) if first else ("the film begins",),
                at=stills.of(typical),
            )


def _calm(chances: Scores) -> Scores:
    """What the chain says, made as true as it was on films that it had not seen; 1 at the start."""
    slope, offset = CALM
    kept = chances.clip(1e-9, 1 - 1e-9)
    odds = np.log(kept) - np.log1p(-kept)
    calmed = 1 / (1 + np.exp(-(slope * odds + offset)))
    calmed[0] = 1.0
    return np.asarray(calmed)


def _reasons(evidence: Weighed, at: int) -> tuple[str, ...]:
    """What speaks for the border, strongest first; the strongest alone where all are weak. At least one."""
    told = sorted(
        ((float(evidence.parts[name][at]), name) for name in _REASONS if name in evidence.parts), reverse=True
    )
    strong = [name for value, name in told if value >= _WORTH]
    weak = [name for value, name in told[:1] if value > 0]
    return tuple(_REASONS[name] for name in strong or weak) or (_WHOLE,)


def _most_typical(alike: Scores) -> int:
    """The shot that is the most like those around it in its scene; the middle one where nothing is known."""
    count = len(alike)
    total, known = np.zeros(count), np.zeros(count)
    for by in range(1, min(_TYPICAL, count - 1) + 1):
        values = alike[by:, by - 1]
        there = np.isfinite(values)
        values = np.where(there, values, 0.0)
        total[by:] += values
        total[:-by] += values
        known[by:] += there
        known[:-by] += there
    if not known.any():
        return count // 2
    return int(np.argmax(np.where(known > 0, total / np.maximum(known, 1), -np.inf)))


class _Stills:
    """Which picture stands for a shot: the still that was chosen for it, or else its middle."""

    def __init__(self, track: Track[Picture] | None) -> None:
        table = None if track is None else track.table.select(["start", "at"])
        self._at = (
            {} if table is None else dict(zip(*(table.column(c).to_pylist() for c in ("start", "at")), strict=True))
        )

    def of(self, shot: Shot) -> Time:
        at = self._at.get(int(shot.start))
        return Time(at) if at is not None and shot.start <= at < shot.end else shot.span.middle


class _Cast:
    """Who and what place is seen in which shots."""

    def __init__(self, inputs: Inputs, shots: Track[Shot]) -> None:
        self._people = _joined(inputs.welcomed(Person), shots)
        self._places = _joined(inputs.welcomed(Place), shots)

    def refs(self, first: int, after: int) -> tuple[str, ...]:
        """Each character's surest appearance in the shots from `first` to before `after`, and what place they show.

        That is, of each aspect of the place, the surest row of the label whose scores sum up to the most.
        """
        people: dict[int, Person] = {}
        for row in _between(self._people, first, after):
            if row.number not in people or row.score > people[row.number].score:
                people[row.number] = row
        sums: dict[tuple[str, str], float] = {}
        surest: dict[tuple[str, str], Place] = {}
        for row in _between(self._places, first, after):
            key = (row.aspect, row.label)
            sums[key] = sums.get(key, 0.0) + row.score
            if key not in surest or row.score > surest[key].score:
                surest[key] = row
        labels = {aspect: max((k for k in sums if k[0] == aspect), key=lambda k: (sums[k], k)) for aspect, _ in sums}
        return (*(people[n].ref for n in sorted(people)), *(f"{surest[k].ref}" for _, k in sorted(labels.items())))


def _joined(track: Track[Any] | None, shots: Track[Shot]) -> tuple[Sequence[Any], Any, Any]:
    if track is None or not len(track):
        return (), np.zeros(0, np.int64), np.zeros(0, np.int64)
    return track.rows, *shots.spans.join(track.spans)


def _between(joined: tuple[Sequence[Any], Any, Any], first: int, after: int) -> Iterator[Any]:
    rows, shots, places = joined
    low, high = np.searchsorted(shots, [first, after])
    return (rows[i] for i in dict.fromkeys(places[low:high].tolist()))
