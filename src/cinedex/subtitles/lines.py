"""Breaking a run of tokens into lines, and joining tokens into text: the best break of all, found exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from cinedex.subtitles.guide import Guide
from cinedex.subtitles.marks import CLOSING, NO_END, NO_START, OPENING, ends_clause, ends_sentence
from cinedex.subtitles.tokens import Token

NOTE = "♪"
_NOTES = 4.0
"""Characters that music marks take: one and a space at each end."""


class Run:
    """Tokens with what is needed to break any part of them in constant time a break."""

    def __init__(self, tokens: Sequence[Token], guide: Guide) -> None:
        self.tokens, self.guide = tokens, guide
        space = guide.length(" ")
        self.spaces = [space if t.space else 0.0 for t in tokens]
        widths = [guide.length(t.text) + s for t, s in zip(tokens, self.spaces, strict=True)]
        self._sums = [0.0, *accumulate(widths)]
        self.breaks = [0.0, *(boundary(a, b, guide) for a, b in pairwise(tokens)), 0.0]
        """The cost of a break before each token; dear where it leaves one word of a sentence behind or ahead."""
        ends = [False, *(ends_sentence(t.text) for t in tokens)]
        for at in range(1, len(tokens)):
            if not ends[at] and tokens[at].space and (ends[at - 1] or at == 1):
                self.breaks[at] += 12
            if not ends[at] and tokens[at].space and ends[at + 1]:
                self.breaks[at] += 5

    def width(self, first: int, end: int) -> float:
        """How long tokens `first` up to `end` are on one line."""
        return self._sums[end] - self._sums[first] - (self.spaces[first] if first < end else 0.0)

    def text(self, first: int, end: int) -> str:
        """The tokens as one line."""
        return "".join(f"{' ' if t.space and i else ''}{t.text}" for i, t in enumerate(self.tokens[first:end]))

    def layout(self, first: int, end: int) -> Layout | None:
        """How tokens `first` up to `end` are set as one cue; None where they do not fit."""
        part = self.tokens[first:end]
        voices = [i for i in range(first + 1, end) if self.tokens[i].speaker != self.tokens[i - 1].speaker]
        if voices:
            return self._dialogue(first, voices, end)
        if any(t.sung != part[0].sung for t in part):
            return None
        room = self.guide.line - (_NOTES if part[0].sung else 0)
        return self._broken(first, end, self.guide.lines, room)

    def set(self, first: int, end: int, layout: Layout) -> tuple[str, ...]:
        """The lines of a cue."""
        edges = [first, *layout.breaks, end]
        lines = [self.text(a, b) for a, b in pairwise(edges)]
        if layout.dialogue:
            return tuple(p + line for p, line in zip(self.guide.dialogue, lines, strict=True))
        if self.tokens[first].sung:
            lines[0] = f"{NOTE} {lines[0]}"
            lines[-1] += f" {NOTE}"
        return tuple(lines)

    def _dialogue(self, first: int, voices: list[int], end: int) -> Layout | None:
        """Two people in one cue, a line each."""
        if len(voices) != 1 or self.guide.lines < 2 or any(t.sung or t.sound for t in self.tokens[first:end]):
            return None
        edges = (first, voices[0], end)
        for number, prefix in enumerate(self.guide.dialogue):
            if self.width(edges[number], edges[number + 1]) + self.guide.length(prefix) > self.guide.line:
                return None
        marks = sum(self.guide.length(p) for p in self.guide.dialogue)
        return Layout((voices[0],), 6.0, self.width(first, end) + marks, dialogue=True)

    def _broken(self, first: int, end: int, lines: int, room: float) -> Layout | None:
        """The fewest lines that hold it, broken where it costs least; a single token is set however long it is."""
        whole = self.width(first, end)
        marks = self.guide.line - room
        if whole <= room or end - first == 1:
            return Layout((), 0.0, whole + marks)
        if lines < 2:
            return None
        best: Layout | None = None
        for at in range(first + 1, end):
            upper, lower = self.width(first, at), self.width(at, end)
            if upper > room and at - first > 1:
                break
            if lower > room and lines == 2 and end - at > 1:
                continue
            rest = self._broken(at, end, lines - 1, room)
            if rest is None:
                continue
            uneven = abs(upper - lower) / room * 7 + (2 if upper > lower else 0)
            over = 100.0 if upper > room or lower > room * (lines - 1) else 0.0
            cost = self.breaks[at] + uneven + rest.cost + over
            if best is None or cost < best.cost:
                best = Layout((at, *rest.breaks), cost, upper + rest.length)
        return best


@dataclass(frozen=True, slots=True)
class Layout:
    """Before which tokens lines break, what that costs, and how many characters there are to read."""

    breaks: tuple[int, ...]
    cost: float
    length: float
    dialogue: bool = False


def boundary(left: Token, right: Token, guide: Guide) -> float:
    """What a break between two tokens costs: nothing after a sentence, much inside a phrase, most inside a word."""
    if left.sound or right.sound or left.speaker != right.speaker:
        return 0
    if right.text[:1] in NO_START or left.text[-1:] in NO_END:
        return 80
    if right.glued:
        return 60 if left.text.isascii() else 20
    if ends_sentence(left.text):
        return 0
    return 2 if ends_clause(left.text) else _phrase(left.text.rstrip(CLOSING), right.text, guide)


def _phrase(a: str, b: str, guide: Guide) -> float:
    """Between two words of a phrase, as the guide's lists of words have it."""
    good = b.casefold().strip(OPENING) in guide.lead or (bool(guide.trail) and a.endswith(guide.trail))
    if a.casefold().strip(OPENING) in guide.cling:
        return 11 if good else 14
    if a[:1].isupper() and b[:1].isupper() and len(a) > 1:
        return 13
    return 4 if good else 8
