"""Who is on screen: the tracklets of a film's faces, grouped into its characters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.stages.grouping import Floats, Labels, distances, exclude, grouped
from cinedex.timeline.rows import Faceprint, Person, Row, Tracklet
from cinedex.timeline.time import FLICKS_PER_SECOND, Time
from cinedex.timeline.track import Track

Numbers = npt.NDArray[np.float64]

_STEEPNESS = 0.03
"""Over which distance it changes whether two faces are one person's, as measured on pairs of faces."""


@dataclass(frozen=True)
class People(Stage):
    """Characters of a film, numbered by how long they are on screen, each with one or more looks.

    Tracklets whose prints are nearer than `same` on average are one character, those nearer than `alike` one look of
    it. Two that are visible at once are two people. Faces seen worse than `clear` found no character: they join one
    that is nearer than `alike`, and nearer by `apart` than the next, or stay nobody's, as those worse than `faint` do.
    Of more than `most` tracklets, those seen best and longest decide, and the others join. The bounds belong to the
    embedder whose prints these are, and lie below its `same`: means of several prints lie closer than single ones.
    """

    name: ClassVar[str] = "people"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Person,)
    cost: ClassVar[Cost] = Cost(cpus=1, memory_mib=256, cpu_seconds_per_minute=0.05, disk_kib_per_minute=1.0)
    halo: ClassVar[Time | None] = None

    same: float = 0.35
    alike: float = 0.29
    clear: float = 0.35
    faint: float = 0.12
    apart: float = 0.05
    most: int = 5000

    @property
    def needs(self) -> tuple[Need, ...]:
        """Tracklets and their prints."""
        return (Tracklet, Faceprint)

    def run(self, inputs: Inputs) -> Iterator[Person]:
        """One `Person` for every tracklet that is somebody's."""
        tracklets, vectors = _known(inputs.track(Tracklet), inputs.track(Faceprint))
        if not tracklets:
            return
        starts = np.array([int(t.start) for t in tracklets], np.int64)
        ends = np.array([int(t.end) for t in tracklets], np.int64)
        clearness = np.array([t.quality for t in tracklets])
        weights = np.maximum(clearness, 0.05) * np.minimum([t.seen for t in tracklets], 5)
        order = np.lexsort((starts, -weights))
        core = np.sort(order[clearness[order] >= self.clear][: self.most])
        looks, people = _core(self, vectors[core], starts[core], ends[core], weights[core])
        look, person = np.full(len(tracklets), -1), np.full(len(tracklets), -1)
        look[core], person[core] = core[looks], core[people]
        self._attach(vectors, (starts, ends), weights, clearness, (look, person))
        scores = _scores(vectors, weights, person, self.same)
        seconds = (ends - starts) / FLICKS_PER_SECOND
        numbers = _ranked(person, seconds)
        within = _ranked_within(person, look, seconds)
        for i, tracklet in enumerate(tracklets):
            if person[i] >= 0:
                yield Person(
                    start=tracklet.start,
                    end=tracklet.end,
                    refs=(tracklet.ref,),
                    number=numbers[int(person[i])],
                    look=within[int(look[i])],
                    score=round(float(scores[i]), 4),
                )

    def _attach(
        self,
        vectors: Floats,
        spans: tuple[Labels, Labels],
        weights: Numbers,
        clearness: Numbers,
        found: tuple[Labels, Labels],
    ) -> None:
        """Let the others join the characters that are there, the best seen first: `found` (look, person) in place."""
        look, person = found
        members = {int(p): np.flatnonzero(person == p) for p in np.unique(person[person >= 0])}
        if not members:
            return
        names = np.array(list(members))
        means = np.stack([np.average(vectors[m], axis=0, weights=weights[m]) for m in members.values()])
        starts, ends = spans
        waiting = np.flatnonzero((person < 0) & (clearness >= self.faint)).tolist()
        for i in sorted(waiting, key=lambda i: (-weights[i], i)):
            near = np.linalg.norm(means - vectors[i], axis=1)
            first = int(near.argmin())
            next_best = float(np.partition(near, 1)[1]) if len(near) > 1 else np.inf
            if not (near[first] < self.alike and next_best - near[first] >= self.apart):
                continue
            others = members[int(names[first])]
            if np.any((starts[others] < ends[i]) & (starts[i] < ends[others])):
                continue
            nearest = others[np.linalg.norm(vectors[others] - vectors[i], axis=1).argmin()]
            person[i], look[i] = names[first], look[nearest]
            members[int(names[first])] = np.append(others, i)


def _known(tracklets: Track[Tracklet], prints: Track[Faceprint]) -> tuple[list[Tracklet], Floats]:
    """The tracklets that have a print in the space that most prints are of, and those prints."""
    by_number = {t.number: t for t in tracklets}
    spaces = [p.space for p in prints]
    if not spaces:
        return [], np.zeros((0, 0), np.float32)
    space = max(sorted(set(spaces)), key=spaces.count)
    chosen = [p for p in prints if p.space == space and p.tracklet in by_number]
    vectors = np.array([p.values for p in chosen], np.float32).reshape(len(chosen), -1)
    return [by_number[p.tracklet] for p in chosen], vectors


def _core(stage: People, vectors: Floats, starts: Labels, ends: Labels, weights: Numbers) -> tuple[Labels, Labels]:
    """The look and the character of each, as places among them."""
    if not len(vectors):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    apart = distances(vectors, vectors)
    exclude(apart, starts, ends)
    looks, people = grouped(apart, weights, (min(stage.alike, stage.same), stage.same))
    return looks, people


def _scores(vectors: Floats, weights: Numbers, person: Labels, same: float) -> Numbers:
    """How much more likely each is its own character's than the nearest other's."""
    scores = np.zeros(len(vectors))
    names = np.unique(person[person >= 0])
    if not len(names):
        return scores
    means = np.stack([np.average(vectors[person == n], axis=0, weights=weights[person == n]) for n in names])
    for at in range(0, len(vectors), 512):
        block = slice(at, at + 512)
        near = distances(vectors[block], means)
        own = names[None] == person[block, None]
        mine = _likely(np.where(own, near, np.inf).min(axis=1), same)
        theirs = _likely(np.where(own, np.inf, near).min(axis=1), same)
        scores[block] = mine / np.maximum(mine + theirs, 1e-9)
    return scores


def _likely(apart: npt.NDArray[np.floating], same: float) -> Numbers:
    """How likely two faces so far apart are one person's."""
    return np.asarray(1 / (1 + np.exp(np.clip((apart - same) / _STEEPNESS, -60, 60))), np.float64)


def _ranked(names: Labels, seconds: Numbers) -> dict[int, int]:
    """Names as numbers from 1, those that last longest together first, then those that begin first."""
    found = [int(n) for n in np.unique(names[names >= 0])]
    lasting = {n: float(seconds[names == n].sum()) for n in found}
    first = {n: int(np.flatnonzero(names == n)[0]) for n in found}
    return {n: i for i, n in enumerate(sorted(found, key=lambda n: (-lasting[n], first[n])), start=1)}


def _ranked_within(person: Labels, look: Labels, seconds: Numbers) -> dict[int, int]:
    """The looks of each character as numbers from 1."""
    numbers: dict[int, int] = {}
    for name in np.unique(person[person >= 0]):
        numbers |= _ranked(np.where(person == name, look, -1), seconds)
    return numbers
