"""From followed lines to texts: lines that belong together, and what role they play in the picture.

Roles follow from how a text behaves: where it stands, how long, beside what, and whether it moves with the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from cinedex.stages.textlines import Line
from cinedex.stages.textwords import letters

Role: TypeAlias = Literal["title", "credit", "sign", "subtitle", "caption"]

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of the picture."""

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

_MANY = 4
"""Lines in a picture from which they are a list."""

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
        return len({look for line in self.lines for look, _, _ in line.path})


def box_of(line: Line) -> Box:
    """The bounds of a line where it was seen last, moved to the middle of its path."""
    points = line.corners.reshape(4, 2)
    _, x, y = line.path[len(line.path) // 2]
    dx, dy = x - line.path[-1][1], y - line.path[-1][2]
    left, top = points.min(axis=0).tolist()
    right, bottom = points.max(axis=0).tolist()
    return left + dx, top + dy, right + dx, bottom + dy


def believed(line: Line) -> bool:
    """Whether what was read may be told: texture of the film can look like a letter or two, but rarely like a word."""
    text, score = line.best
    plain = letters(text)
    wide = sum(ord(c) >= 0x2E80 for c in plain)
    enough = len(plain) + 2 * wide >= 3
    if len({look for look, _, _ in line.path}) > 1:
        return enough and score >= 0.8
    return enough and score >= (0.85 if len(plain) + 2 * wide >= 5 else 0.95)


def blocks(lines: Iterable[Line]) -> list[Block]:
    """Texts: lines that come and go together and lie close above or beside each other."""
    known = sorted((line for line in lines if believed(line)), key=lambda line: (line.first, line.last))
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


def _together(one: Line, other: Line) -> bool:
    """Whether two lines are of one text: seen at the same time, close to each other, and of like size."""
    moving = scrolls(one) and scrolls(other)
    if not moving and (abs(one.first - other.first) > 1 or abs(one.last - other.last) > 1):
        return False
    at = {look: (x, y) for look, x, y in one.path}
    shared = next((p for p in other.path if p[0] in at), None)
    if shared is None:
        return False
    a, b = _placed(one, *at[shared[0]]), _placed(other, *shared[1:])
    high = min(a[3] - a[1], b[3] - b[1])
    if max(a[3] - a[1], b[3] - b[1]) > 2.5 * high:
        return False
    above, beside = max(a[1], b[1]) - min(a[3], b[3]), max(a[0], b[0]) - min(a[2], b[2])
    if above < -0.5 * high:
        return beside < _WORDS * high
    return above < _GAP * high and beside < 0


def _placed(line: Line, x: float, y: float) -> Box:
    """The bounds of a line when its middle was there."""
    points = line.corners.reshape(4, 2)
    width, height = np.ptp(points, axis=0).tolist()
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


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
        some = [sorted(row, key=lambda item: item.path[0][1]) for row in rows[at : at + LINES]]
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
    """How far a group moves down from look to look."""
    moved = [(line.path[-1][2] - line.path[0][2]) / (line.last - line.first) for line in group if len(line.path) > 1]
    return float(np.median(moved)) if moved else 0.0


def _depth(line: Line, drift: float) -> float:
    """How far down a line stands in its text, whenever it was seen."""
    look, _, y = line.path[0]
    return y - drift * look


def scrolls(line: Line) -> bool:
    """Whether it moves straight up or down."""
    x, y = np.array([p[1:] for p in line.path]).T
    return bool(np.ptp(y) > _SCROLLED and np.ptp(x) < 0.3 * np.ptp(y))


def _wanders(line: Line) -> bool:
    """Whether it moves in another way: with the picture."""
    x, y = np.array([p[1:] for p in line.path]).T
    return not scrolls(line) and bool(max(np.ptp(x), np.ptp(y)) > _SCROLLED)


def _leans(line: Line) -> bool:
    points = line.corners.reshape(4, 2)
    right = points[1] - points[0]
    return bool(abs(right[1]) > _LEVEL * max(abs(right[0]), 1e-9))


def roles(found: Sequence[Block], seconds: Sequence[tuple[float, float]], length: float) -> list[Role]:
    """The role of each block; `seconds` are its start and end, `length` is how long the film is."""
    crowd = [sum(len(o.lines) for o in found if o.first <= b.last and b.first <= o.last) for b in found]
    first = [_alone(b, s, c) for b, s, c in zip(found, seconds, crowd, strict=True)]
    places = [b.middle[1] for b, role in zip(found, first, strict=True) if role == "subtitle"]
    decided: list[Role] = []
    for block, role, (start, end) in zip(found, first, seconds, strict=True):
        near = sum(abs(block.middle[1] - y) < 0.08 for y in places)
        final = role
        if role == "subtitle" and near < 2 and len(letters(block.text)) < 8:
            final = "caption"  # one short text at the bottom names something
        if role in {"title", "caption"} and _beside_credits((start, end), found, first, seconds):
            final = "credit" if _at_an_end(start, end, length) else role
        decided.append(final)
    return decided


def _alone(block: Block, seconds: tuple[float, float], crowd: int) -> Role:
    """The role that a block has by itself."""
    x, y = block.middle
    wide, lasts = block.box[2] - block.box[0], max(seconds[1] - seconds[0], 1e-3)
    if any(_leans(line) for line in block.lines) or any(_wanders(line) for line in block.lines):
        return "sign"
    if any(scrolls(line) for line in block.lines) or crowd >= 2 * _MANY:
        return "credit"
    central = abs(x - 0.5) < 0.06
    rows = block.text.count("\n") + 1
    pace = len(block.text) / lasts
    if central and (y > 0.72 or y < 0.18) and rows <= 3 and block.height < 0.12 and lasts < 12 and pace > 1.5:
        return "subtitle"
    if crowd >= _MANY:
        return "credit"
    if central and 0.15 < y < 0.85 and (block.height > 0.04 or wide > 0.15):
        return "title"
    if y > 0.6 and block.height < 0.1 and block.seen > 1:
        return "caption"
    return "sign"


def _at_an_end(start: float, end: float, length: float) -> bool:
    return start < _ENDS * length or end > (1 - _ENDS) * length


def _beside_credits(
    span: tuple[float, float], found: Sequence[Block], first: Sequence[Role], seconds: Sequence[tuple[float, float]]
) -> bool:
    """Whether lists of names are shown at the same time or within some seconds."""
    del found
    return any(
        role == "credit" and start < span[1] + 4 and span[0] < end + 4
        for role, (start, end) in zip(first, seconds, strict=True)
    )
