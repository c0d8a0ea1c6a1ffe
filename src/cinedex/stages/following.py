"""Follows faces from look to look: by where they were going, by how they overlap, and by how alike they are.

Looks are far apart, so a face may have moved by its own width and more between two of them. What decides is likeness,
where there is one; a face that two tracklets could have become goes where all of them together fit best. A wrong link
makes one person of two for good, a missing one is mended when tracklets are grouped: in doubt a new one begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from cinedex.timeline.time import Time

Numbers = npt.NDArray[np.float64]

_NEVER = 1e6
"""The cost of what cannot be."""

_SCALE = float(np.log(2.2))
"""How much larger or smaller a face may be at the next look (as a logarithm)."""

_REACH, _SPEED = 1.2, 1.0
"""How many of its own sizes a face may be off from where it should be: at once, and more for every second."""

_TINTS_APART = 0.16
"""How much the tints of one face may differ, where nothing better tells faces apart."""


@dataclass(frozen=True, eq=False, slots=True)
class Sighting:
    """A face in one look.

    `place` is the number of the glance, `at` when it was seen; `tint` is what it looks like, coarsely; `vector` its
    print, where it was taken.
    """

    place: int
    at: Time
    box: Numbers
    points: Numbers
    score: float
    quality: float
    tint: Numbers
    vector: Numbers | None = None


@dataclass(eq=False)
class Followed:
    """A tracklet in the making: its sightings in order of time."""

    number: int
    sightings: list[Sighting] = field(default_factory=list)
    missed: int = 0

    @property
    def best(self) -> Sighting:
        """The sighting that would do best for recognition; of equals the largest, then the first."""
        return max(self.sightings, key=lambda s: (s.quality, s.box[2] * s.box[3]))

    def vector(self, most: int) -> Numbers | None:
        """The mean of the best prints, each counted by its quality, as a unit vector."""
        seen = sorted((s for s in self.sightings if s.vector is not None), key=lambda s: -s.quality)[:most]
        total = sum((s.vector * max(s.quality, 1e-3) for s in seen if s.vector is not None), np.zeros(()))
        length = float(np.linalg.norm(total)) if seen else 0.0
        return np.asarray(total) / length if length > 0 else None


@dataclass
class Follower:
    """Follows the faces of one shot. `aspect` is the picture's width by its height, `same` the embedder's."""

    aspect: float
    same: float
    begin: float
    patience: int = 1
    following: list[Followed] = field(default_factory=list)
    _count: int = 0

    def step(self, sightings: Sequence[Sighting]) -> list[Followed]:
        """Take in the faces of the next look (they may be none); gives the tracklets that have ended."""
        costs = self._costs(sightings)
        rows, columns = linear_sum_assignment(costs)
        taken = set()
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            if costs[row, column] < _NEVER:
                followed = self.following[row]
                followed.sightings.append(sightings[column])
                followed.missed = -1
                taken.add(column)
        for followed in self.following:
            followed.missed += 1
        ended = [f for f in self.following if f.missed > self.patience]
        self.following = [f for f in self.following if f.missed <= self.patience]
        for column, sighting in enumerate(sightings):
            if column not in taken and sighting.score >= self.begin:
                self.following.append(Followed(self._count, [sighting]))
                self._count += 1
        return ended

    def end(self) -> list[Followed]:
        """The tracklets that were followed to the end."""
        ended, self.following = self.following, []
        return ended

    def _costs(self, sightings: Sequence[Sighting]) -> Numbers:
        """What it costs to take each sighting [columns] for the next of each tracklet [rows]."""
        if not self.following or not sightings:
            return np.zeros((len(self.following), len(sightings)))
        aspect = np.array([self.aspect, 1.0, self.aspect, 1.0])
        last = [f.sightings[-1] for f in self.following]
        expected = np.array([self._expected(f, sightings[0].at) for f in self.following]) * aspect
        found = np.array([s.box for s in sightings]) * aspect
        seconds = np.array([max((sightings[0].at - s.at).seconds, 0.0) for s in last])
        here, there = _sizes(expected)[:, None], _sizes(found)[None, :]
        apart = np.linalg.norm(_centres(expected)[:, None] - _centres(found)[None], axis=2) / np.sqrt(here * there)
        off = apart / (_REACH + _SPEED * seconds[:, None])
        overlap = _overlaps(expected, found)
        where = 0.5 * (1 - overlap) + 0.5 * np.minimum(off, 1)
        tints = _apart([s.tint for s in last], [s.tint for s in sightings])
        cost = 0.6 * where + 0.4 * np.minimum(tints / (2 * _TINTS_APART), 1)
        possible = (off < 1) & ((tints < _TINTS_APART) | (overlap > 0.5))
        prints = [f.vector(3) for f in self.following]
        rows = [i for i, p in enumerate(prints) if p is not None]
        columns = [i for i, s in enumerate(sightings) if s.vector is not None]
        if rows and columns:
            both = np.ix_(rows, columns)
            unlike = _apart([p for p in prints if p is not None], [s.vector for s in sightings if s.vector is not None])
            cost[both] = 0.4 * where[both] + 0.6 * np.minimum(unlike / (2 * self.same), 1)
            near = (unlike < self.same) & (off[both] < 2)
            # A print of a face that turned or blurred says little against two boxes on one spot.
            blurred = (unlike < 1.35 * self.same) & (overlap[both] > 0.3)
            possible[both] = near | blurred
        possible &= np.abs(np.log(there / here)) < _SCALE
        return np.where(possible, cost, _NEVER)

    def _expected(self, followed: Followed, at: Time) -> Numbers:
        """Where the face should be by then: half as far on as it went last, since few faces go straight on."""
        last = followed.sightings[-1]
        if len(followed.sightings) < 2:
            return last.box
        before = followed.sightings[-2]
        took, takes = (last.at - before.at).seconds, (at - last.at).seconds
        if took <= 0:
            return last.box
        move = (last.box[:2] + last.box[2:] / 2) - (before.box[:2] + before.box[2:] / 2)
        return np.concatenate([last.box[:2] + move * 0.5 * min(takes / took, 1.0), last.box[2:]])


def _sizes(boxes: Numbers) -> Numbers:
    sizes: Numbers = np.sqrt(np.maximum(boxes[:, 2] * boxes[:, 3], 1e-12))
    return sizes


def _centres(boxes: Numbers) -> Numbers:
    return boxes[:, :2] + boxes[:, 2:] / 2


def _overlaps(a: Numbers, b: Numbers) -> Numbers:
    """Intersection over union of every pair."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, :2] + a[:, None, 2:], b[None, :, :2] + b[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    areas = np.prod(a[:, None, 2:], axis=2) + np.prod(b[None, :, 2:], axis=2)
    overlaps: Numbers = shared / np.maximum(areas - shared, 1e-12)
    return overlaps


def _apart(a: Sequence[Numbers], b: Sequence[Numbers]) -> Numbers:
    """Distances of every pair of vectors."""
    left, right = np.array(a), np.array(b)
    squares = (left**2).sum(1)[:, None] + (right**2).sum(1)[None] - 2 * left @ right.T
    distances: Numbers = np.sqrt(np.maximum(squares, 0))
    return distances
