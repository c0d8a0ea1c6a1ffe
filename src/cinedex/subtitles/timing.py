"""When subtitles come and go: in whole frames, inside the guide's limits, on cuts, near the words: the best of all.

A cue's end depends only on its own start and the next one's, so that the best times are found by dynamic programming
over the starts that come into question for each cue. One of them, the soonest that leaves every cue its least time,
can always be had: limits of duration and gap are therefore kept whatever is said how fast.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from cinedex.subtitles.guide import Guide
from cinedex.timeline.time import Rate

_EARLY, _LATE, _CUT_OFF, _LINGER = 0.8, 2.0, 3.0, 0.02
"""The price of a frame: before the words begin, after they have begun, words not covered, standing on after them."""
_HURRIED, _HURRY = 60.0, 10.0
"""The price of too little time to read, and of each frame that lacks."""
_SHORT = 0.2
"""The price of a frame less than it would stand on."""
_OFF_CUT = 25.0
_AFTER_ALL = 30.0
"""The price of a frame after the film's end."""


@dataclass(frozen=True, slots=True)
class Limits:
    """A guide's limits in frames."""

    shortest: int
    longest: int
    gap: int
    close: int
    window: int
    cut_gap: int

    @classmethod
    def of(cls, guide: Guide, rate: Rate) -> Limits:
        """At a frame rate: least durations are rounded up, greatest down."""
        per = rate.fraction
        shortest = ceil(guide.shortest * per)
        return cls(
            max(shortest, 1), max(int(guide.longest * per), shortest), guide.gap, guide.close,
            round(guide.cut_window * per), guide.cut_gap,
        )  # fmt: skip

    @property
    def apart(self) -> int:
        """The least gap that is not closed."""
        return max(self.close + 1, self.gap)


def off_cut(start: int, end: int, cuts: Sequence[int], limits: Limits) -> list[tuple[str, int]]:
    """Where a cue's edges lie badly to cuts: which edge, and by how many frames from the cut (before it: negative)."""
    found, window = [], limits.window
    if not cuts or not window:
        return []
    at = bisect_left(cuts, start)
    if at == len(cuts) or cuts[at] != start:
        if at and start - cuts[at - 1] < window:
            found.append(("start", start - cuts[at - 1]))
        elif at < len(cuts) and cuts[at] - start < window:
            found.append(("start", start - cuts[at]))
    at = bisect_right(cuts, end)
    if at and end - cuts[at - 1] < window and cuts[at - 1] > start:
        found.append(("end", end - cuts[at - 1]))
    elif at < len(cuts) and cuts[at] - end < limits.cut_gap:
        found.append(("end", end - cuts[at]))
    return found


@dataclass(frozen=True, slots=True)
class Wish:
    """What a cue would have: the frames in which its words are said, and how many frames reading takes."""

    start: int
    end: int
    need: int
    linger: int = 0
    """Frames for which it would stand on."""


def timed(
    wishes: Sequence[Wish], guide: Guide, rate: Rate, cuts: Sequence[int] = (), last: int | None = None
) -> list[tuple[int, int]]:
    """Start and end of each cue, in frames, in order; `last` is the film's end, kept where there is room at all."""
    if not wishes:
        return []
    limits = Limits.of(guide, rate)
    sure = _sure(wishes, limits, last)
    starts = [_starts(w, s, cuts, limits) for w, s in zip(wishes, sure, strict=True)]
    best: list[dict[int, tuple[float, int, int]]] = [dict.fromkeys(starts[0], (0.0, 0, 0))]
    for number in range(1, len(wishes)):
        ways: dict[int, tuple[float, int, int]] = {}
        for start, (cost, _, _) in best[-1].items():
            for following in starts[number]:
                found = _end(wishes[number - 1], start, following, cuts, limits, last)
                if found is None:
                    continue
                whole = cost + found[0]
                if following not in ways or whole < ways[following][0]:
                    ways[following] = (whole, start, found[1])
        best.append(ways)
    final = [
        (cost + found[0], start, found[1])
        for start, (cost, _, _) in best[-1].items()
        if (found := _end(wishes[-1], start, None, cuts, limits, last)) is not None
    ]
    _, start, end = min(final)
    made = [(start, end)]
    for number in range(len(wishes) - 1, 0, -1):
        _, before, its_end = best[number][start]
        made.append((before, its_end))
        start = before
    return made[::-1]


def _sure(wishes: Sequence[Wish], limits: Limits, last: int | None) -> list[int]:
    """Starts that leave every cue its least time and gap: as said, or later; earlier where the film would end."""
    step, made = limits.shortest + limits.gap, list[int]()
    for wish in wishes:
        made.append(max(wish.start, made[-1] + step if made else 0, 0))
    if last is not None and last - limits.shortest - step * (len(wishes) - 1) >= 0:
        latest = last - limits.shortest
        for number in range(len(made) - 1, -1, -1):
            made[number] = min(made[number], latest)
            latest = made[number] - step
    return made


def _starts(wish: Wish, sure: int, cuts: Sequence[int], limits: Limits) -> list[int]:
    found = {wish.start, sure, wish.start - 6, wish.start - 12}
    found |= {wish.start + late for late in (3, 8)}
    for at in range(bisect_left(cuts, wish.start - limits.window), bisect_right(cuts, wish.start + limits.window)):
        found |= {cuts[at], cuts[at] - limits.window}
    return sorted(s for s in found if s >= 0)


def _end(
    wish: Wish, start: int, following: int | None, cuts: Sequence[int], limits: Limits, last: int | None
) -> tuple[float, int] | None:
    """The best end of a cue and what the cue then costs; None where the next one leaves no room."""
    low, high = start + limits.shortest, start + limits.longest
    found = {low, wish.end, wish.end + 12, start + wish.need, high}
    for at in range(bisect_right(cuts, start), bisect_right(cuts, wish.end + 3 * limits.window)):
        found.add(cuts[at] - limits.cut_gap)
    if last is not None and last >= low:
        high = min(high, last)
        found.add(last)
    near = following - limits.gap if following is not None else None
    if following is not None:
        high_apart = min(high, following - limits.apart)
        found.add(following - limits.apart)
    else:
        high_apart = high
    ends = {min(max(e, low), high_apart) for e in found} if high_apart >= low else set()
    if near is not None and low <= near <= high:
        ends.add(near)
    best: tuple[float, int] | None = None
    for end in ends:
        cost = _cost(wish, start, end, cuts, limits)
        if last is not None and end > last:
            cost += _AFTER_ALL * (end - last)
        if best is None or (cost, end) < best:
            best = (cost, end)
    return best


def _cost(wish: Wish, start: int, end: int, cuts: Sequence[int], limits: Limits) -> float:
    cost = (start - wish.start) * _LATE if start > wish.start else (wish.start - start) * _EARLY
    cost += (wish.end - end) * _CUT_OFF if end < wish.end else (end - wish.end) * _LINGER
    if end - wish.end < wish.linger:
        cost += _SHORT * (wish.linger - max(end - wish.end, 0))
    lack = wish.need - (end - start)
    if lack > 0:
        cost += _HURRIED + _HURRY * lack
    return cost + _OFF_CUT * len(off_cut(start, end, cuts, limits))
