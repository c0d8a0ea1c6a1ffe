"""Where lines of text were seen, and what two sightings of them are compared by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of the picture."""

Step: TypeAlias = tuple[float, float]
"""How far something moved to the right and down, as shares of the picture."""


class Sight(NamedTuple):
    """A line as seen in one look, taken at so many seconds: the middle of the line."""

    look: int
    at: float
    x: float
    y: float


@dataclass
class Line:
    """One line of text for as long as it was seen.

    `corners` are those of the last sighting; `print` and `contrast` are what it looked like when it was last read.
    """

    corners: Numbers
    path: list[Sight]
    print: Numbers
    contrast: float
    readings: list[tuple[str, float]] = field(default_factory=list)

    @property
    def first(self) -> int:
        """The look in which it was first seen."""
        return self.path[0].look

    @property
    def last(self) -> int:
        """The look in which it was last seen."""
        return self.path[-1].look

    @property
    def seen(self) -> int:
        """In how many looks it was seen."""
        return len({sight.look for sight in self.path})

    @property
    def best(self) -> tuple[str, float]:
        """The reading that most of the scores speak for, with the best score it had."""
        votes: dict[str, float] = {}
        for text, score in self.readings:
            votes[text] = votes.get(text, 0.0) + score**4
        text = max(votes, key=lambda t: (votes[t], t))
        return text, max(score for said, score in self.readings if said == text)

    def step_to(self, corners: Numbers) -> Step:
        """How far it would have moved from where it was seen last."""
        x, y = middle(corners)
        return x - self.path[-1].x, y - self.path[-1].y


def bounds(corners: Numbers) -> Box:
    """Left, top, right and bottom of a line's corners."""
    points = corners.reshape(4, 2)
    left, top = points.min(axis=0).tolist()
    right, bottom = points.max(axis=0).tolist()
    return left, top, right, bottom


def middle(corners: Numbers) -> tuple[float, float]:
    """The middle of a line."""
    x, y = corners.reshape(4, 2).mean(axis=0).tolist()
    return x, y


def overlap(one: Numbers, other: Numbers) -> tuple[float, float, float]:
    """The area that two lines' bounds share, and the area of each."""
    a, b = bounds(one), bounds(other)
    shared = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    return shared, (a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1])


def shared(one: Numbers, other: Numbers) -> float:
    """The area that two lines share, as a share of what both cover."""
    common, first, second = overlap(one, other)
    return common / max(first + second - common, 1e-9)


def within(one: Numbers, other: Numbers) -> float:
    """The share of `one` that lies in `other`."""
    common, first, _ = overlap(one, other)
    return common / max(first, 1e-9)


def alike_in_size(one: Numbers, other: Numbers) -> bool:
    """Whether two lines could be one, seen twice."""
    a, b = bounds(one), bounds(other)
    wide, high = (b[2] - b[0]) / max(a[2] - a[0], 1e-9), (b[3] - b[1]) / max(a[3] - a[1], 1e-9)
    return 0.85 < wide < 1.18 and 0.7 < high < 1.4


def near(one: Step, other: Step) -> bool:
    """Whether two lines moved alike."""
    return abs(one[0] - other[0]) < 0.015 and abs(one[1] - other[1]) < 0.015


def seen(image: Pixels) -> tuple[Numbers, float]:
    """What two cuts of a line are compared by, whatever its brightness (12 by 64 means), and its contrast."""
    bright = image[..., 1].astype(np.float64)
    rows = bright[: len(bright) // 12 * 12].reshape(12, -1, bright.shape[1]).mean(axis=1)
    sums = np.concatenate([np.zeros((12, 1)), np.cumsum(rows, axis=1)], axis=1)
    edges = np.linspace(0, bright.shape[1], 65)
    at = np.minimum(edges.astype(int), bright.shape[1] - 1)
    means = np.diff(sums[:, at] + (sums[:, at + 1] - sums[:, at]) * (edges - at), axis=1)
    means -= means.mean()
    length = float(np.linalg.norm(means))
    return (means / length if length > 0 else means), float(bright.std())
