"""Where one subtitle ends and the next begins: the best division of all the words, by dynamic programming.

The cost of a cue does not depend on where others end, so the best way to divide the first n tokens is the best way to
divide some fewer and one more cue: exact, in time linear in the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import ceil

from cinedex.subtitles.guide import Guide
from cinedex.subtitles.lines import Layout, Run
from cinedex.subtitles.marks import ends_sentence
from cinedex.subtitles.tokens import Token
from cinedex.timeline.time import Rate

_CUE = 6.0
_PAUSE = 0.8
"""Seconds of silence after which a break is free wherever it falls."""
_PHRASE = 8.0
"""The cost of a break from which it is amid a phrase."""
_LONG_PAUSE = 1.2
"""Seconds of silence over which a cue should not stand."""
_MOST = 160
"""Tokens in a cue at most: characters where words are not written apart."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A cue without its times: when its words are said, in frames, and how much there is to read."""

    lines: tuple[str, ...]
    start: int
    end: int
    length: float


def divide(tokens: Sequence[Token], guide: Guide, rate: Rate, cuts: Sequence[int] = ()) -> list[Draft]:
    """The tokens as cues that fit the guide's lines and leave time to read, as far as what is said leaves it."""
    if not tokens:
        return []
    run, costs = Run(tokens, guide), _Costs(tokens, guide, rate, cuts)
    best = [0.0] + [float("inf")] * len(tokens)
    how: list[tuple[int, Layout] | None] = [None] * (len(tokens) + 1)
    room = guide.line * guide.lines
    for first in range(len(tokens)):
        for end in range(first + 1, min(first + _MOST, len(tokens)) + 1):
            if end - first > 1 and (run.width(first, end) > room or costs.pauses(first, end) > 400):
                break
            layout = run.layout(first, end)
            if layout is None:
                continue
            cost = best[first] + costs.cue(first, end, layout.length, run.breaks[end]) + layout.cost * 0.8
            if cost < best[end]:
                best[end], how[end] = cost, (first, layout)
    drafts, end = [], len(tokens)
    while end:
        step = how[end]
        if step is None:
            raise AssertionError("a single token is always a cue")
        first, layout = step
        drafts.append(
            Draft(
                run.set(first, end, layout), tokens[first].start, max(t.end for t in tokens[first:end]), layout.length
            )
        )
        end = first
    return drafts[::-1]


class _Costs:
    """What a cue of certain tokens costs: silence in it, sentences in it, too little time to read it."""

    def __init__(self, tokens: Sequence[Token], guide: Guide, rate: Rate, cuts: Sequence[int]) -> None:
        self.tokens, self.guide, self.rate = tokens, guide, rate
        second = float(rate)
        gaps = [0.0, *((b.start - a.end) / second for a, b in pairwise(tokens)), 9.0]
        self.gaps = gaps
        self._pauses = [0.0, *accumulate(500 * max(0.0, g - _LONG_PAUSE) for g in gaps)]
        ends = [0.0, *(4.0 if ends_sentence(a.text) else 0.0 for a in tokens[:-1]), 0.0]
        self._sentences = [0.0, *accumulate(ends)]
        inside = set(cuts)
        self._cuts = [0.0, *(1.0 if _cut(a, b, inside) else 0.0 for a, b in pairwise(tokens)), 0.0]
        self.shortest, self.longest = ceil(guide.shortest * rate.fraction), int(guide.longest * rate.fraction)

    def pauses(self, first: int, end: int) -> float:
        """The cost of the silences inside."""
        return self._pauses[end] - self._pauses[first + 1]

    def cue(self, first: int, end: int, length: float, boundary: float) -> float:
        """The cost of one cue; what the guide calls for weighs more than any phrase."""
        tokens, gap = self.tokens, self.gaps[end]
        start, said = tokens[first].start, tokens[end - 1].end
        ease = max(0.0, 1 - max(0.0, gap) / _PAUSE)
        if boundary >= _PHRASE and gap < _LONG_PAUSE:  # people pause for effect amid phrases
            ease = max(ease, 0.6)
        cost = _CUE + boundary * ease * 1.2 - 3 * self._cuts[end]
        cost += self.pauses(first, end) + self._sentences[end] - self._sentences[first + 1]
        after = tokens[end].start - self.guide.gap if end < len(tokens) else start + self.longest
        room = min(self.longest, max(after - start, 0))
        need = max(ceil(length / self.guide.speed * self.rate.fraction), self.shortest)
        if room < need:
            cost += 150 + 500 * (need - room) / need
        if said - start > self.longest:
            cost += 200 + 500 * (said - start - self.longest) / self.longest
        return cost


def _cut(left: Token, right: Token, cuts: set[int]) -> bool:
    """Whether the picture changes between two tokens; in long silences it does not matter."""
    return right.start - left.end < 50 and any(f in cuts for f in range(left.end - 6, right.start + 7))
