"""What a subtitle is here: a time and lines of plain text; and how long a text is to somebody who reads it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from cinedex.timeline.time import FLICKS_PER_SECOND, Rate, Time

_JOINER = "\u200d"
_CONJUNCTS = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d")
"""Viramas after which the next consonant is written as one with it (UAX 29, rule GB9c)."""
_SPACING = frozenset("\u0e33\u0eb3")
"""Vowels that stand with the letter before them though they are letters."""


@dataclass(frozen=True, slots=True)
class Subtitle:
    """One subtitle. `end` may lie before `start` in a stranger's file; `lines` are plain text, without markup."""

    start: Time
    end: Time
    lines: tuple[str, ...]
    italic: bool = False

    @property
    def text(self) -> str:
        """The lines joined by newlines."""
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A subtitle file as read: its subtitles in the file's order, and what had to be mended to read it."""

    form: str
    subtitles: tuple[Subtitle, ...]
    notes: tuple[str, ...] = ()


def graphemes(text: str) -> Iterator[str]:
    """The characters as a reader counts them: a letter with its marks is one, and so is a picture made of several."""
    cluster = ""
    for char in text:
        if cluster and _joins(cluster, char):
            cluster += char
        else:
            if cluster:
                yield cluster
            cluster = char
    if cluster:
        yield cluster


def length(text: str, *, halves: bool = False) -> float:
    """Characters as read, spaces and punctuation included; with `halves`, those of half width count one half.

    Half width is what Unicode (UAX 11) calls neither wide, full nor ambiguous.
    """
    total = 0.0
    for cluster in graphemes(text):
        if all(unicodedata.category(c) in {"Cf", "Cc"} for c in cluster):
            continue
        wide = not halves or unicodedata.east_asian_width(cluster[0]) in "WFA"
        total += 1 if wide else 0.5
    return total


def frame_of(at: Time, rate: Rate) -> int:
    """The number of the frame that begins nearest to a time; before the film's start it is negative."""
    return (2 * int(at) * rate.num + FLICKS_PER_SECOND * rate.den) // (2 * FLICKS_PER_SECOND * rate.den)


def _joins(cluster: str, char: str) -> bool:
    kind = unicodedata.category(char)
    last = cluster[-1]
    if kind in {"Mn", "Me", "Mc", "Cf"} or char in _SPACING or 0x1F3FB <= ord(char) <= 0x1F3FF:
        return True
    if 0x1160 <= ord(char) <= 0x11FF:
        return True
    if last == _JOINER and kind == "So":
        return True
    if (last in _CONJUNCTS or (last == _JOINER and cluster[-2:-1] in _CONJUNCTS)) and kind == "Lo":
        return True
    flags = [c for c in cluster if 0x1F1E6 <= ord(c) <= 0x1F1FF]
    return len(flags) == len(cluster) == 1 and 0x1F1E6 <= ord(char) <= 0x1F1FF
