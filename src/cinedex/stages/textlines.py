"""Lines of text followed through looks: found where text is likely, read once while they stay, the same when they move.

A small picture shows whether there may be text at all. Only then the whole picture is searched, and only lines that
were not there before are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cinedex.media.image import reduced
from cinedex.models.tasks import Floats, LineReader, TextFinder
from cinedex.stages.textcut import cut
from cinedex.stages.textwords import alike, clean, letters

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]

HINTS = 192
"""Height of the picture in which text is suspected. All of the lines that a viewer can read still leave a mark there."""

SUSPECT = 0.6
"""Score from which a suspicion is followed up."""

SURE = 0.5
"""Score from which a found line is read."""

SAME = 0.8
"""How alike (correlation) two cuts of one line are at least."""

BELIEVED = 0.75
"""Score from which a reading may name what stands there."""

MOST = 150
"""Lines of a look that are read, and lines that are followed at a time."""

_READINGS = 3
"""How often a line is read at most while it stays and its readings are doubtful."""

_CLEAR = 0.95
"""Score from which one reading is enough."""

_CLEARER = 1.25
"""How much more contrast a cut needs to be worth another reading: texts fade in."""

_FADED = 0.4
"""Share of a line's contrast below which it counts as gone."""

_PATIENCE = 2
"""Looks after which a line that is not seen again has ended: one may be missed."""

_FLAT = 3.0
"""Standard deviation of brightness below which a picture shows nothing at all."""

_STILL = 1.0
"""Mean difference of brightness below which a picture without text is not searched again."""


@dataclass
class Line:
    """One line of text for as long as it was seen: `path` holds the looks and the middle of the line in each."""

    corners: Numbers
    path: list[tuple[int, float, float]]
    look: Numbers
    contrast: float
    readings: list[tuple[str, float]] = field(default_factory=list)

    @property
    def first(self) -> int:
        """The look in which it was first seen."""
        return self.path[0][0]

    @property
    def last(self) -> int:
        """The look in which it was last seen."""
        return self.path[-1][0]

    @property
    def best(self) -> tuple[str, float]:
        """The reading that most of the scores speak for, with the best score it had."""
        votes: dict[str, float] = {}
        for text, score in self.readings:
            votes[text] = votes.get(text, 0.0) + score**4
        text = max(votes, key=lambda t: (votes[t], t))
        return text, max(score for said, score in self.readings if said == text)


class Follower:
    """Takes looks in order (`see`) and keeps the lines of text that they show (`lines`)."""

    def __init__(self, finder: TextFinder, reader: LineReader) -> None:
        self.lines: list[Line] = []
        self.searched = self.read = 0
        self._finder, self._reader = finder, reader
        self._open: list[Line] = []
        self._empty: npt.NDArray[np.int16] | None = None

    def see(self, number: int, picture: Pixels) -> None:
        """One look. `number` counts looks from 0."""
        self._open = [line for line in self._open if number - line.last <= _PATIENCE]
        small = reduced(picture, HINTS) if picture.shape[0] > HINTS else picture
        if self._shows_nothing(small):
            return
        standing = [line for line in self._open if self._stands(line, picture)]
        hints = self._finder.find(small[None])[0]
        hints = hints[hints[:, 8] >= SUSPECT]
        if not len(hints) and not self._open:
            self._empty = small[..., 1].astype(np.int16)
            return
        self._empty = None
        if len(standing) == len(self._open) and _covered(hints, standing):
            self._again(number, standing, picture)
        elif len(hints):
            self._search(number, picture, standing)
        else:
            self._again(number, standing, picture)

    def _shows_nothing(self, small: Pixels) -> bool:
        """Whether the picture is flat, or still what it was when it showed no text."""
        bright = small[..., 1].astype(np.int16)
        if bright.std() < _FLAT:
            return True
        known = self._empty
        return known is not None and known.shape == bright.shape and float(np.abs(bright - known).mean()) < _STILL

    def _stands(self, line: Line, picture: Pixels) -> bool:
        """Whether the line is seen at its place."""
        look, contrast = _seen(cut(picture, line.corners, self._reader.height))
        return float(np.vdot(look, line.look)) >= SAME and contrast >= _FADED * line.contrast

    def _again(self, number: int, lines: Sequence[Line], picture: Pixels) -> None:
        """The lines are where they were."""
        doubtful = []
        for line in lines:
            line.path.append((number, *_middle(line.corners)))
            image = cut(picture, line.corners, self._reader.height)
            clearer = _seen(image)[1] > _CLEARER * line.contrast
            if (line.best[1] < _CLEAR or clearer) and len(line.readings) < _READINGS:
                doubtful.append((line, image))
        for (line, image), reading in zip(doubtful, self._spelled([i for _, i in doubtful]), strict=True):
            line.contrast = max(line.contrast, _seen(image)[1])
            if reading[0]:
                line.readings.append(reading)

    def _search(self, number: int, picture: Pixels, standing: Sequence[Line]) -> None:
        """Find all lines, then tell those that stand, those that moved and those that are new."""
        self.searched += 1
        found = self._finder.find(picture[None])[0]
        corners = [np.asarray(f[:8], np.float64) for f in found[found[:, 8] >= SURE][:MOST]]
        staying = list(standing)
        left = [c for c in corners if not any(_shared(c, line.corners) > 0.6 for line in staying)]
        # A line that is part of something larger now was seen while it faded in.
        staying = [s for s in staying if not any(_within(s.corners, c) > 0.8 for c in left)]
        self._again(number, staying, picture)
        images = [cut(picture, c, self._reader.height) for c in left]
        others = [line for line in self._open if line.last < number]
        moved = self._moved(others, left, images)
        for place, line in moved.items():
            line.corners = left[place]
            line.path.append((number, *_middle(line.corners)))
        new = [n for n in range(len(left)) if n not in moved]
        step = _step(self._open, number)
        for n, reading in zip(new, self._spelled([images[n] for n in new]), strict=True):
            self._place(number, left[n], images[n], reading, step)

    def _moved(self, lines: Sequence[Line], places: Sequence[Numbers], images: Sequence[Pixels]) -> dict[int, Line]:
        """Which lines are seen elsewhere now, as most of them agree on how far they moved."""
        looks = [_seen(image)[0] for image in images]
        pairs = []
        for n, corners in enumerate(places):
            for line in lines:
                if _alike_in_size(corners, line.corners) and (score := float(np.vdot(looks[n], line.look))) >= SAME:
                    x, y = np.subtract(_middle(corners), line.path[-1][1:])
                    pairs.append((score, n, line, (x, y)))
        if not pairs:
            return {}
        agreed = max(pairs, key=lambda p: (sum(_near(p[3], q[3]) for q in pairs), p[0]))[3]
        found: dict[int, Line] = {}
        for _, n, line, step in sorted(pairs, key=lambda p: -p[0]):
            if _near(step, agreed) and n not in found and not any(line is taken for taken in found.values()):
                found[n] = line
        return found

    def _place(
        self,
        number: int,
        corners: Numbers,
        image: Pixels,
        reading: tuple[str, float],
        step: tuple[float, float] | None,
    ) -> None:
        """Give what was read to a line that it continues, or begin a new one."""
        text, score = reading
        if not letters(text):
            return
        look, contrast = _seen(image)
        line = next((o for o in self._open if o.last < number and _continues(o, corners, text, step)), None)
        if line is not None:
            line.readings.append(reading)
            line.path.append((number, *_middle(corners)))
            line.corners, line.look, line.contrast = corners, look, contrast
        elif score >= BELIEVED and len(self._open) < MOST:
            line = Line(corners, [(number, *_middle(corners))], look, contrast, [reading])
            self.lines.append(line)
            self._open.append(line)

    def _spelled(self, images: Sequence[Pixels]) -> list[tuple[str, float]]:
        self.read += len(images)
        return [(clean(text), score) for text, score in self._reader.read(images)] if images else []


def _seen(image: Pixels) -> tuple[Numbers, float]:
    """What two cuts of a line are compared by, whatever its brightness: 12 by 64 means of length 1; and its contrast."""
    bright = image[..., 1].astype(np.float64)
    rows = bright[: len(bright) // 12 * 12].reshape(12, -1, bright.shape[1]).mean(axis=1)
    sums = np.concatenate([np.zeros((12, 1)), np.cumsum(rows, axis=1)], axis=1)
    edges = np.linspace(0, bright.shape[1], 65)
    at = np.minimum(edges.astype(int), bright.shape[1] - 1)
    means = np.diff(sums[:, at] + (sums[:, at + 1] - sums[:, at]) * (edges - at), axis=1)
    means -= means.mean()
    length = float(np.linalg.norm(means))
    return (means / length if length > 0 else means), float(bright.std())


def _bounds(corners: Numbers) -> tuple[float, float, float, float]:
    """Left, top, right and bottom."""
    points = corners.reshape(4, 2)
    return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


def _middle(corners: Numbers) -> tuple[float, float]:
    x, y = corners.reshape(4, 2).mean(axis=0).tolist()
    return x, y


def _overlap(one: Numbers, other: Numbers) -> tuple[float, float, float]:
    """The area that two lines' bounds share, and the area of each."""
    a, b = _bounds(one), _bounds(other)
    shared = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    return shared, (a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1])


def _shared(one: Numbers, other: Numbers) -> float:
    """The shared area as a share of what both cover."""
    shared, first, second = _overlap(one, other)
    return shared / max(first + second - shared, 1e-9)


def _within(one: Numbers, other: Numbers) -> float:
    """The share of `one` that lies in `other`."""
    shared, first, _ = _overlap(one, other)
    return shared / max(first, 1e-9)


def _covered(hints: Floats, lines: Iterable[Line]) -> bool:
    """Whether every suspicion lies where a line is known to stand."""
    known = list(lines)
    return all(any(_within(hint[:8].astype(np.float64), line.corners) > 0.5 for line in known) for hint in hints)


def _alike_in_size(one: Numbers, other: Numbers) -> bool:
    a, b = _bounds(one), _bounds(other)
    wide, high = (b[2] - b[0]) / max(a[2] - a[0], 1e-9), (b[3] - b[1]) / max(a[3] - a[1], 1e-9)
    return 0.85 < wide < 1.18 and 0.7 < high < 1.4


def _near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] - other[0]) < 0.015 and abs(one[1] - other[1]) < 0.015


def _step(lines: Sequence[Line], number: int) -> tuple[float, float] | None:
    """How far most lines moved with this look; None where none was followed."""
    steps = Counter(
        (round(line.path[-1][1] - line.path[-2][1], 2), round(line.path[-1][2] - line.path[-2][2], 2))
        for line in lines
        if line.last == number and len(line.path) > 1
    )
    return steps.most_common(1)[0][0] if steps else None


def _continues(line: Line, corners: Numbers, text: str, step: tuple[float, float] | None) -> bool:
    """Whether a line goes on as what was read: the same words near by, or more of the words at the same place."""
    x, y = np.subtract(_middle(corners), line.path[-1][1:]).tolist()
    here, there = letters(text), letters(line.best[0])
    same = alike(here, there)
    if same and step is not None:
        return _near((x, y), step) or _shared(corners, line.corners) > 0.3
    if same:
        return abs(x) < 0.15 and abs(y) < 0.25
    shared, first, second = _overlap(corners, line.corners)
    return shared > 0.6 * min(first, second) and min(len(here), len(there)) > 2 and (here in there or there in here)
