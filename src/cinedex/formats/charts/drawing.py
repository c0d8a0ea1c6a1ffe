"""A drawing as a list of shapes, in points from the upper left corner; `svg` and `raster` make files of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Point = tuple[float, float]
Rgb = tuple[int, int, int]
Anchor = Literal["start", "middle", "end"]

PAPER: Rgb = (18, 18, 19)
TEXT: Rgb = (235, 234, 231)
QUIET: Rgb = (148, 147, 150)
LINE: Rgb = (48, 48, 52)
FAINT: Rgb = (30, 30, 33)
BLOCK: Rgb = (72, 72, 78)
ACCENT: Rgb = (255, 176, 74)
TEAL: Rgb = (121, 176, 162)
WARM: Rgb = (216, 132, 62)
COLD: Rgb = (84, 132, 190)


@dataclass(frozen=True)
class Polygon:
    """A filled shape."""

    points: tuple[Point, ...]
    fill: Rgb
    opacity: float = 1.0


@dataclass(frozen=True)
class Line:
    """A line through points."""

    points: tuple[Point, ...]
    stroke: Rgb
    width: float = 1.0
    opacity: float = 1.0


@dataclass(frozen=True)
class Rect:
    """A filled rectangle with round corners of `radius`."""

    x: float
    y: float
    width: float
    height: float
    fill: Rgb
    opacity: float = 1.0
    radius: float = 0.0


@dataclass(frozen=True)
class Words:
    """One line of text; `y` is its baseline."""

    x: float
    y: float
    text: str
    size: float
    fill: Rgb = TEXT
    anchor: Anchor = "start"


@dataclass(frozen=True)
class Photo:
    """A still in a circle of `size` across; `data` are its bytes in `format`."""

    x: float
    y: float
    size: float
    format: str
    data: bytes


Shape = Polygon | Line | Rect | Words | Photo


@dataclass
class Drawing:
    """A page of `width` by `height` points and what is drawn on it, in order."""

    width: int
    height: int
    title: str
    shapes: list[Shape] = field(default_factory=list)

    def polygon(self, points: Sequence[Point], fill: Rgb, opacity: float = 1.0) -> None:
        self.shapes.append(Polygon(tuple(points), fill, opacity))

    def line(self, points: Sequence[Point], stroke: Rgb, width: float = 1.0, opacity: float = 1.0) -> None:
        if len(points) > 1:
            self.shapes.append(Line(tuple(points), stroke, width, opacity))

    def rect(
        self, x: float, y: float, width: float, height: float, fill: Rgb, *, opacity: float = 1.0, radius: float = 0.0
    ) -> None:
        if width > 0 and height > 0:
            self.shapes.append(Rect(x, y, width, height, fill, opacity, min(radius, width / 2, height / 2)))

    def words(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        fill: Rgb = TEXT,
        *,
        anchor: Anchor = "start",
        room: float | None = None,
    ) -> None:
        """A line of text, made to fit `room` points where that is given: smaller first, then shorter."""
        line = one_line(text)
        if room is not None and line:
            size = max(min(size, size * room / max(text_width(line, size), 1e-9)), size * 0.6)
            line = fitted(line, size, room)
        if line:
            self.shapes.append(Words(x, y, line, size, fill, anchor))

    def photo(self, x: float, y: float, size: float, form: str, data: bytes) -> None:
        self.shapes.append(Photo(x, y, size, form, data))


def one_line(text: str) -> str:
    """Text from a film on one line, without controls, bounded."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:400]).split())


def text_width(text: str, size: float) -> float:
    """About how wide text is, rather too wide than too narrow: no font is the same everywhere."""
    wide = sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.53 if c.islower() else 0.64 for c in text)
    return wide * size


def fitted(text: str, size: float, room: float) -> str:
    """As much of a line as fits."""
    if text_width(text, size) <= room:
        return text
    while text and text_width(text, size) + size > room:
        text = text[:-1]
    return f"{text.rstrip()}\N{HORIZONTAL ELLIPSIS}" if text else ""
