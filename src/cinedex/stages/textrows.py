"""From followed lines to texts: lines that belong together, and what role they play in the picture.

Roles follow from how a text behaves: where it stands, how long, beside what, and whether it moves with the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from cinedex.stages.textplaces import Box, Line, alike_in_size, bounds
from cinedex.stages.textwords import alike, letters

Role: TypeAlias = Literal["title", "credit", "sign", "subtitle", "caption"]

LINES = 40
"""Lines that one text holds at most."""

_GAP = 0.7
"""How far lines of one text lie apart at most, in heights of a line."""

_WORDS = 1.6
"""How far parts of one line lie apart at most, in its heights."""

_LEVEL = 0.035
"""Slope (rise per run, in picture widths) from which a line is not level: nothing laid over a film leans."""

_SCROLLED = 0.02
"""How far a text must move to be one that moves, as a share of the picture."""

_FASTEST = 0.35
"""How far a roll moves in a second at most, in picture heights."""

_RECENT = 300
"""Lines among which one is sought that goes on."""

_WANDERED = 0.04
"""How far a text must move otherwise to be part of the picture; titles may drift a little."""

_MANY = 4
"""Lines in a picture from which they are a list."""

_RECURS = 2
"""How many subtitles there must be more of, at one height of the upper half, to be believed there."""

_LESSER = 0.6
"""How high a card's text is at most, beside the highest title, to be one of a row of credits."""

_PAUSE = 6.0
"""Seconds between cards of one row at most."""

_ENDS = 0.12
"""The share of a film at its beginning, and at its end, in which credits are expected."""


@dataclass(frozen=True)
class Block:
    """Lines that stand together: `first` and `last` are looks, `text` has a line for each of theirs."""

    lines: tuple[Line, ...]
    text: str
    score: float
    first: int
    last: int
    box: Box

    @property
    def middle(self) -> tuple[float, float]:
        """Where it stands."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def height(self) -> float:
        """Of its highest line."""
        return max(box_of(line)[3] - box_of(line)[1] for line in self.lines)

    @property
    def seen(self) -> int:
        """In how many looks."""
        return len({sight.look for line in self.lines for sight in line.path})


def box_of(line: Line) -> Box:
    """The bounds of a line in the middle of its path."""
    sight = line.path[len(line.path) // 2]
    return _placed(line, sight.x, sight.y)


def believed(line: Line) -> bool:
    """Whether what was read may be told: texture of the film can look like a letter or two, but rarely like a word."""
    text, score = line.best
    plain = letters(text)
    weight = len(plain) + sum(ord(c) >= 0x2E80 for c in plain)  # a sign of a syllable or a word counts twice
    if line.seen > 1:
        return weight >= 3 and score >= 0.8
    return weight >= 3 and score >= (0.85 if weight >= 5 else 0.95)


def blocks(lines: Iterable[Line]) -> list[Block]:
    """Texts: lines that come and go together and lie close above or beside each other."""
    known = sorted((line for line in joined(lines) if believed(line)), key=lambda line: (line.first, line.last))
    parent = list(range(len(known)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for n, line in enumerate(known):
        for m in range(n + 1, len(known)):
            if known[m].first > line.last:
                break
            if root(n) != root(m) and _together(line, known[m]):
                parent[root(m)] = root(n)
    groups: dict[int, list[Line]] = {}
    for n, line in enumerate(known):
        groups.setdefault(root(n), []).append(line)
    found = [block for group in groups.values() for block in _written(group)]
    return sorted(found, key=lambda b: (b.first, b.last, b.box[1], b.box[0]))


def joined(lines: Iterable[Line]) -> list[Line]:
    """Lines that were lost while they moved up or down, and found again as what seemed another, made one again."""
    found: list[Line] = []
    for line in sorted(lines, key=lambda line: (line.first, line.last)):
        before = next((known for known in reversed(found[-_RECENT:]) if _goes_on(known, line)), None)
        if before is None:
            found.append(replace(line, path=list(line.path), readings=list(line.readings)))
        else:
            before.path += line.path
            before.readings += line.readings
            before.corners = line.corners
    return found


def _goes_on(one: Line, other: Line) -> bool:
    """Whether one line ends where the other begins, with the same words straight above or below."""
    if not 0 < other.first - one.last <= 2 or not alike_in_size(one.corners, other.corners):
        return False
    end, start = one.path[-1], other.path[0]
    speed = abs(start.y - end.y) / max(start.at - end.at, 1e-3)
    return abs(start.x - end.x) < _SCROLLED and speed < _FASTEST and alike(letters(one.best[0]), letters(other.best[0]))


def _together(one: Line, other: Line) -> bool:
    """Whether two lines are of one text: seen at the same time, close to each other, and of like size."""
    moving = scrolls(one) and scrolls(other)
    if not moving and (abs(one.first - other.first) > 1 or abs(one.last - other.last) > 1):
        return False
    at = {sight.look: sight for sight in one.path}
    there = next((sight for sight in other.path if sight.look in at), None)
    if there is None:
        return False
    here = at[there.look]
    a, b = _placed(one, here.x, here.y), _placed(other, there.x, there.y)
    high = min(a[3] - a[1], b[3] - b[1])
    if max(a[3] - a[1], b[3] - b[1]) > 2.5 * high:
        return False
    above, beside = max(a[1], b[1]) - min(a[3], b[3]), max(a[0], b[0]) - min(a[2], b[2])
    if above < -0.5 * high:
        return beside < _WORDS * high
    return above < _GAP * high and beside < 0


def _placed(line: Line, x: float, y: float) -> Box:
    """The bounds of a line when its middle was there."""
    left, top, right, bottom = bounds(line.corners)
    wide, high = (right - left) / 2, (bottom - top) / 2
    return x - wide, y - high, x + wide, y + high


def _written(group: Sequence[Line]) -> Iterable[Block]:
    """A group of lines as one block, or several where there are too many, from top to bottom, from left to right."""
    drift = _drift(group)
    rows: list[list[Line]] = []
    for line in sorted(group, key=lambda item: _depth(item, drift)):
        box = box_of(line)
        if rows and _depth(line, drift) - _depth(rows[-1][0], drift) < 0.5 * (box[3] - box[1]):
            rows[-1].append(line)
        else:
            rows.append([line])
    for at in range(0, len(rows), LINES):
        some = [sorted(row, key=lambda item: item.path[0].x) for row in rows[at : at + LINES]]
        lines = tuple(line for row in some for line in row)
        boxes = np.array([box_of(line) for line in lines])
        yield Block(
            lines=lines,
            text="\n".join(" ".join(line.best[0] for line in row) for row in some),
            score=float(np.mean([line.best[1] for line in lines])),
            first=min(line.first for line in lines),
            last=max(line.last for line in lines),
            box=(*np.clip(boxes[:, :2].min(axis=0), 0, 1).tolist(), *np.clip(boxes[:, 2:].max(axis=0), 0, 1).tolist()),
        )


def _drift(group: Sequence[Line]) -> float:
    """How far a group moves down in a second."""
    ways = [(line.path[0], line.path[-1]) for line in group]
    moved = [(end.y - start.y) / (end.at - start.at) for start, end in ways if end.at > start.at]
    return float(np.median(moved)) if moved else 0.0


def _depth(line: Line, drift: float) -> float:
    """How far down a line stands in its text, whenever it was seen."""
    return float(np.median([sight.y - drift * sight.at for sight in line.path]))


def _ways(line: Line) -> tuple[float, float, float]:
    """How wide and how high the path of a line is, and how far it moves from look to look, as a rule."""
    x, y = np.array([[sight.x, sight.y] for sight in line.path]).T
    steps = np.hypot(np.diff(x), np.diff(y))
    return float(np.ptp(x)), float(np.ptp(y)), float(np.median(steps)) if len(steps) else 0.0


def scrolls(line: Line) -> bool:
    """Whether it moves straight up or down."""
    across, along, _ = _ways(line)
    return along > _SCROLLED and across < 0.3 * along


def _wanders(line: Line) -> bool:
    """Whether it moves in another way: with the picture."""
    across, along, step = _ways(line)
    return not scrolls(line) and max(across, along) > _WANDERED and step > _WANDERED / 8


def _leans(line: Line) -> bool:
    points = line.corners.reshape(4, 2)
    right = points[1] - points[0]
    return bool(abs(right[1]) > _LEVEL * max(abs(right[0]), 1e-9))


def roles(found: Sequence[Block], seconds: Sequence[tuple[float, float]], length: float) -> list[Role]:
    """The role of each block; `seconds` are its start and end, `length` is how long the film is."""
    crowd = [sum(len(o.lines) for o in found if o.first <= b.last and b.first <= o.last) for b in found]
    played = [_alone(b, s, c) for b, s, c in zip(found, seconds, crowd, strict=True)]
    depths = [b.middle[1] for b, role in zip(found, played, strict=True) if role == "subtitle"]
    tallest = max((b.height for b, role in zip(found, played, strict=True) if role == "title"), default=0.0)
    decided: list[Role] = []
    for block, role, span in zip(found, played, seconds, strict=True):
        alike = sum(abs(block.middle[1] - y) < 0.08 for y in depths)
        listed = _in_a_row(span, played, seconds, length)
        if role == "subtitle" and block.middle[1] < 0.5 and alike <= _RECURS:
            decided.append("credit" if listed else "caption")  # only a habit makes the top a place for subtitles
        elif role == "subtitle" and alike < 2 and len(letters(block.text)) < 8:
            decided.append("caption")  # one short text at the bottom, and no other, names something
        elif role != "subtitle" and listed and not (role == "title" and block.height >= _LESSER * tallest):
            decided.append("credit")
        else:
            decided.append(role)
    return decided


def _alone(block: Block, seconds: tuple[float, float], crowd: int) -> Role:
    """The role that a block has by itself."""
    x, y = block.middle
    wide, lasts = block.box[2] - block.box[0], max(seconds[1] - seconds[0], 1e-3)
    few, pace = block.text.count("\n") < 3, len(block.text) / lasts
    central, edge = abs(x - 0.5) < 0.06, y > 0.72 or y < 0.18
    rules: tuple[tuple[Role, bool], ...] = (
        ("sign", any(_leans(line) or _wanders(line) for line in block.lines)),
        ("credit", crowd >= 2 * _MANY or any(scrolls(line) for line in block.lines)),
        ("subtitle", central and edge and few and block.height < 0.12 and lasts < 12 and pace > 1.5),
        ("credit", crowd >= _MANY),
        ("title", central and not edge and (block.height > 0.04 or wide > 0.15)),
        ("caption", y > 0.6 and block.height < 0.1 and block.seen > 1),
    )
    return next((role for role, holds in rules if holds), "sign")


def _in_a_row(
    span: tuple[float, float], played: Sequence[Role], seconds: Sequence[tuple[float, float]], length: float
) -> bool:
    """Whether it is one of several cards at the film's beginning or end: names, then, rather than titles."""
    if span[0] > _ENDS * length and span[1] < (1 - _ENDS) * length:
        return False
    cards = (s for role, s in zip(played, seconds, strict=True) if role in {"title", "credit"})
    return sum(start < span[1] + _PAUSE and span[0] < end + _PAUSE for start, end in cards) >= _MANY
