"""Lines of text followed through looks: found where text is likely, read once while they stay, the same when they move.

Three questions, each asked only where the one before says yes: are there strokes as letters have them, does the finder
see lines in a small picture, and where are they in the whole picture? Only lines that were not there before are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from cinedex.media.image import reduced
from cinedex.models.tasks import Floats, LineReader, TextFinder
from cinedex.stages.textcut import cut
from cinedex.stages.textplaces import (
    Line,
    Numbers,
    Pixels,
    Sight,
    Step,
    alike_in_size,
    middle,
    near,
    overlap,
    seen,
    shared,
    within,
)
from cinedex.stages.textwords import alike, clean, letters
from cinedex.timeline.time import SECOND, Time

HINTS = 192
"""Height of the picture in which text is suspected: lines that a viewer can read still leave a mark there."""

SUSPECT = 0.65
"""Score from which a suspicion is followed up."""

PAUSE = Time(SECOND * 3 // 4)
"""While there is no text, looks that follow a searched one within this time are passed over.

The last of them is kept: where the next look shows text, it is searched as well, so that times do not suffer.
"""

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

_FEW = 6
"""Lines that are read again to tell whether they are still there; of more, the whole picture is searched."""

_PAIRS = 2000
"""Pairs of line and place that are weighed at most."""

_FADED = 0.4
"""Share of a line's contrast below which it counts as gone."""

_PATIENCE = 2
"""Looks after which a line that is not seen again has ended: one may be missed."""

_STEP = 24
"""Levels between neighbouring pixels of the small picture from which they are the edge of a stroke."""

_STROKES = 0.075
"""Share of rising, and of falling, edges that a window of the size of a short word must have somewhere."""

_WINDOW = (8, 32)
"""Its height and width in pixels of the small picture."""

_STILL = 1.0
"""Mean difference of brightness below which a picture without text is not searched again."""


class _Look(NamedTuple):
    """One look of the film: its number, its time in seconds, and what it shows."""

    number: int
    at: float
    picture: Pixels

    def sight(self, corners: Numbers) -> Sight:
        return Sight(self.number, self.at, *middle(corners))


_Pair: TypeAlias = tuple[float, int, Line, Step]
"""A line and a place that it may have moved to: how alike they are, the place's number, the line, the way there."""


class Follower:
    """Takes looks in order (`see`) and keeps the lines of text that they show (`lines`)."""

    def __init__(self, finder: TextFinder, reader: LineReader) -> None:
        self.lines: list[Line] = []
        self._finder, self._reader = finder, reader
        self._open: list[Line] = []
        self._empty: npt.NDArray[np.int16] | None = None
        self._passed: _Look | None = None
        self._asked: Time | None = None

    def see(self, number: int, at: Time, picture: Pixels) -> None:
        """One look, taken at a time. `number` counts looks from 0."""
        look = _Look(number, at.seconds, picture)
        self._open = [line for line in self._open if number - line.last <= _PATIENCE]
        if not self._open and self._asked is not None and at - self._asked < PAUSE:
            self._passed = look
            return
        self._asked = at
        passed, self._passed = self._passed, None
        hints = self._suspected(picture)
        if passed is not None and len(hints):
            self._watch(passed, self._suspected(passed.picture))
        self._watch(look, hints)

    def _suspected(self, picture: Pixels) -> Floats:
        """Where the small picture looks like text."""
        small = reduced(picture, HINTS) if picture.shape[0] > HINTS else picture
        bright = small[..., 1].astype(np.int16)
        known, self._empty = self._empty, None
        if known is not None and known.shape == bright.shape and float(np.abs(bright - known).mean()) < _STILL:
            self._empty = known
        elif _strokes(bright):
            hints = self._finder.find(small[None])[0]
            hints = hints[hints[:, 8] >= SUSPECT]
            if len(hints):
                return hints
            self._empty = bright
        return np.zeros((0, 9), np.float32)

    def _watch(self, look: _Look, hints: Floats) -> None:
        """Follow the lines that are known, and search the picture where there is more."""
        standing = [line for line in self._open if self._stands(line, look.picture)]
        others = [line for line in self._open if not any(line is s for s in standing)]
        if 0 < len(others) <= _FEW:
            standing += self._confirmed([line for line in others if _hinted(line, hints)], look.picture)
        if _covered(hints, standing):
            self._again(look, standing)
        else:
            self._search(look, standing)

    def _stands(self, line: Line, picture: Pixels) -> bool:
        """Whether the line is seen at its place."""
        now, contrast = seen(cut(picture, line.corners, self._reader.height))
        return float(np.vdot(now, line.print)) >= SAME and contrast >= _FADED * line.contrast

    def _confirmed(self, lines: Sequence[Line], picture: Pixels) -> list[Line]:
        """Those that can be read at their places, whatever has become of what is behind them."""
        images = [cut(picture, line.corners, self._reader.height) for line in lines]
        found = []
        for line, (text, score) in zip(lines, self._spelled(images), strict=True):
            if score >= BELIEVED and alike(letters(text), letters(line.best[0])):
                line.readings = [*line.readings, (text, score)][:_READINGS]
                found.append(line)
        return found

    def _again(self, look: _Look, lines: Sequence[Line]) -> None:
        """The lines are where they were. What was doubtful, or has become clearer, is read again."""
        doubtful = []
        for line in lines:
            line.path.append(look.sight(line.corners))
            image = cut(look.picture, line.corners, self._reader.height)
            clearer = seen(image)[1] > _CLEARER * line.contrast
            if (line.best[1] < _CLEAR or clearer) and len(line.readings) < _READINGS:
                doubtful.append((line, image))
        for (line, image), reading in zip(doubtful, self._spelled([i for _, i in doubtful]), strict=True):
            line.contrast = max(line.contrast, seen(image)[1])
            if reading[0]:
                line.readings.append(reading)

    def _search(self, look: _Look, standing: Sequence[Line]) -> None:
        """Find all lines, then tell those that stand, those that moved and those that are new."""
        found = self._finder.find(look.picture[None])[0]
        corners = [np.asarray(f[:8], np.float64) for f in found[found[:, 8] >= SURE][:MOST]]
        left = [c for c in corners if not any(shared(c, line.corners) > 0.6 for line in standing)]
        # A line that is part of something larger now was seen while it faded in.
        self._again(look, [s for s in standing if not any(within(s.corners, c) > 0.8 for c in left)])
        images = [cut(look.picture, c, self._reader.height) for c in left]
        moved = self._moved(look, left, images)
        for place, line in moved.items():
            line.corners = left[place]
            line.path.append(look.sight(line.corners))
        new = [n for n in range(len(left)) if n not in moved]
        readings = dict(zip(new, self._spelled([images[n] for n in new]), strict=True))
        readings = {n: reading for n, reading in readings.items() if letters(reading[0])}
        steps = [line.step_to(left[n]) for n, line in moved.items()]
        known = self._continued(look, left, readings, steps)
        for n, reading in readings.items():
            self._place(look, left[n], images[n], reading, known.get(n))

    def _moved(self, look: _Look, places: Sequence[Numbers], images: Sequence[Pixels]) -> dict[int, Line]:
        """Which lines are seen elsewhere now, by what they look like."""
        prints = [seen(image)[0] for image in images]
        lines = [line for line in self._open if line.last < look.number]
        pairs: list[_Pair] = []
        for n, corners in enumerate(places):
            fit = [(float(np.vdot(prints[n], o.print)), o) for o in lines if alike_in_size(corners, o.corners)]
            pairs += [(like, n, line, line.step_to(corners)) for like, line in fit if like >= SAME]
        return _agreed(pairs)

    def _continued(
        self,
        look: _Look,
        places: Sequence[Numbers],
        readings: Mapping[int, tuple[str, float]],
        steps: Sequence[Step],
    ) -> dict[int, Line]:
        """Which lines go on as what was read: the same words elsewhere, or more of the words at the same place."""
        pairs: list[_Pair] = []
        grown: dict[int, Line] = {}
        for line in (line for line in self._open if line.last < look.number):
            there = letters(line.best[0])
            for n, (text, score) in readings.items():
                here = letters(text)
                if alike_in_size(places[n], line.corners) and alike(here, there):
                    step = line.step_to(places[n])
                    if not steps or any(near(step, s) for s in steps):
                        pairs.append((score, n, line, step))
                elif n not in grown and _grown(places[n], line.corners, here, there):
                    grown[n] = line
        agreed = _agreed(pairs)
        taken = {id(line) for line in agreed.values()}
        return {n: line for n, line in grown.items() if id(line) not in taken} | agreed

    def _place(
        self, look: _Look, corners: Numbers, image: Pixels, reading: tuple[str, float], line: Line | None
    ) -> None:
        """Give what was read to the line that it continues, or begin a new one."""
        print_, contrast = seen(image)
        if line is not None:
            line.readings.append(reading)
            line.path.append(look.sight(corners))
            line.corners, line.print, line.contrast = corners, print_, contrast
        elif reading[1] >= BELIEVED and len(self._open) < MOST:
            line = Line(corners, [look.sight(corners)], print_, contrast, [reading])
            self.lines.append(line)
            self._open.append(line)

    def _spelled(self, images: Sequence[Pixels]) -> list[tuple[str, float]]:
        return [(clean(text), score) for text, score in self._reader.read(images)] if images else []


def _agreed(pairs: Sequence[_Pair]) -> dict[int, Line]:
    """Of pairs of line and place, those that moved as most of them did; each line and each place once.

    Names are repeated in credits, so that a line may look like many others: only the roll as a whole tells.
    """
    pairs = sorted(pairs, key=lambda p: -p[0])[:_PAIRS]
    if not pairs:
        return {}
    steps = np.array([p[3] for p in pairs])
    votes = (np.abs(steps[:, None] - steps[None]) < 0.015).all(axis=2).sum(axis=1)
    # Of equals the shortest way: what is alone is where it was rather than somewhere else.
    best = min(range(len(pairs)), key=lambda n: (-votes[n], float(np.hypot(*pairs[n][3]))))
    found: dict[int, Line] = {}
    taken: set[int] = set()
    for _, n, line, step in pairs:
        if near(step, pairs[best][3]) and n not in found and id(line) not in taken:
            found[n] = line
            taken.add(id(line))
    return found


def _grown(place: Numbers, before: Numbers, here: str, there: str) -> bool:
    """Whether more, or less, of the same words is seen at the same place."""
    common, first, second = overlap(place, before)
    return common > 0.6 * min(first, second) and min(len(here), len(there)) > 2 and (here in there or there in here)


def _covered(hints: Floats, lines: Iterable[Line]) -> bool:
    """Whether every suspicion lies where a line is known to stand."""
    known = list(lines)
    return all(any(within(hint[:8].astype(np.float64), line.corners) > 0.5 for line in known) for hint in hints)


def _hinted(line: Line, hints: Floats) -> bool:
    """Whether a suspicion has about the place and size of the line."""
    return any(shared(hint[:8].astype(np.float64), line.corners) > 0.4 for hint in hints)


def _strokes(bright: npt.NDArray[np.int16]) -> bool:
    """Whether somewhere many edges rise and as many fall: strokes, not the rim of a thing."""
    step = np.diff(bright, axis=1)
    rising, falling = (
        ndimage.uniform_filter(edges.astype(np.float32), _WINDOW, mode="constant")
        for edges in (step > _STEP, step < -_STEP)
    )
    return bool(step.shape[1] and np.minimum(rising, falling).max() >= _STROKES)
