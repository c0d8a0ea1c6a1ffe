"""Stills on a terminal: by the graphics of kitty or iTerm2 where it has them, else in half blocks if asked for.

Sources: kitty's "Terminal graphics protocol"; iTerm2's "Inline Images Protocol".
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import ControlType, Segment
from rich.style import Style

from cinedex.library import Library
from cinedex.media.image import png, read_photo, resized
from cinedex.search.hits import Hit
from cinedex.timeline.rows import Picture

Way = Literal["kitty", "iterm", "blocks"]

COLUMNS = 36
"""Width of a still in characters."""
_INDENT = 4
_SIDE = 480
_CHUNK = 4096
"""Characters of one escape sequence of kitty's at most."""


def way(console: Console, wished: bool | None, env: Mapping[str, str] = os.environ) -> Way | None:
    """How stills are shown: not at all where nobody looks, or where nobody asked and the terminal has no graphics."""
    if wished is False or not console.is_terminal or console.is_dumb_terminal:
        return None
    program, inside = env.get("TERM_PROGRAM", ""), env.get("TERM", "")
    if not inside.startswith(("screen", "tmux")):  # which do not pass graphics on
        if inside in {"xterm-kitty", "xterm-ghostty"} or program in {"ghostty", "WezTerm"}:
            return "kitty"
        if program == "iTerm.app":
            return "iterm"
    return "blocks" if wished and console.color_system in {"truecolor", "256"} else None


def stills(library: Library, hits: tuple[Hit, ...]) -> list[bytes | None]:
    """The still of the shot in which each hit begins; None where there is none."""
    found, films = list[bytes | None](), dict[str, list[Picture]]()
    for hit in hits:
        if hit.movie not in films:
            track = library.timeline(library.find(hit.movie), (Picture,)).find(Picture)
            films[hit.movie] = [] if track is None else [p for p in track.rows if p.role == "thumbnail"]
        before = [p for p in films[hit.movie] if p.start <= hit.start]
        found.append(before[-1].data if before else None)
    return found


@dataclass(frozen=True, slots=True)
class Still:
    """A picture file's bytes as something that `rich` prints; a picture that cannot be read shows nothing."""

    data: bytes
    how: Way

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Escape sequences, or half blocks: each character two pixels, one above the other."""
        try:
            pixels = read_photo(self.data, _SIDE)
        except ValueError:
            return
        columns = max(8, min(COLUMNS, options.max_width - _INDENT - 1))
        rows = max(1, round(columns * pixels.shape[0] / pixels.shape[1] / 2))
        yield Segment(" " * _INDENT)
        if self.how == "blocks":
            yield from _blocks(resized(pixels, (rows * 2, columns)))
            return
        # Made anew of the pixels, so that nothing of a stored file reaches the terminal as it is.
        text = base64.b64encode(png(pixels)).decode()
        code = (_kitty if self.how == "kitty" else _iterm)(text, columns, rows)
        # As a control, nothing of it is counted as width, wrapped, or written to what is no terminal.
        yield Segment(code, None, [(ControlType.BELL,)])
        yield Segment.line()


def _kitty(text: str, columns: int, rows: int) -> str:
    parts = [text[i : i + _CHUNK] for i in range(0, len(text), _CHUNK)]
    heads = [f"a=T,f=100,q=2,c={columns},r={rows},", *[""] * (len(parts) - 1)]
    return "".join(
        f"\x1b_G{head}m={int(n < len(parts) - 1)};{part}\x1b\\"
        for n, (head, part) in enumerate(zip(heads, parts, strict=True))
    )


def _iterm(text: str, columns: int, rows: int) -> str:
    return f"\x1b]1337;File=inline=1;width={columns};height={rows};preserveAspectRatio=1:{text}\a"


def _blocks(small: npt.NDArray[np.uint8]) -> Iterator[Segment]:
    """A picture of two rows of pixels for each line, in half blocks."""
    lines = len(small) // 2
    for y in range(lines):
        for upper, lower in zip(small[2 * y], small[2 * y + 1], strict=True):
            above, below = ("#{:02x}{:02x}{:02x}".format(*pixel) for pixel in (upper, lower))
            yield Segment("▀", Style(color=above, bgcolor=below))
        yield Segment.line()
        if y < lines - 1:
            yield Segment(" " * _INDENT)
