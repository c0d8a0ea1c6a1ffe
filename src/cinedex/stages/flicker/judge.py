"""The verdict on flashing by one standard, from stored rows alone: which windows fail which rule, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from cinedex.stages.flicker.profiles import FlashRule, Outcome, Profile
from cinedex.timeline.rows import Flash, Pattern
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Ticks, Track

Counts = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
State: TypeAlias = Literal["fail", "not measured", "caution", "pass"]

TOGETHER = Time(SECOND // 10)
"""Changes the same way are concurrent when no more than this apart. What moves changes cells too, but one by one."""

DOWN, ACROSS = 27, 48
_CELLS = DOWN * ACROSS


@dataclass(frozen=True, slots=True)
class Finding:
    """A window that breaks `rule`: `value` is what was measured against `limit`, over `area` of the field.

    Of 'flashes' and 'extended' `value` is the number of changes in a second that more than the allowed area saw (two
    make a flash); of 'stripes' the number of stripes. `at` is when it was worst.
    """

    rule: FlashRule
    span: Span
    at: Time
    value: float
    limit: float
    area: float
    refs: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        return self.rule.outcome


@dataclass(frozen=True, slots=True)
class Worst:
    """The most that a rule measured anywhere, whether it breaks the rule or not; `at` None where there was nothing."""

    rule: FlashRule
    value: float
    limit: float
    at: Time | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a standard says of a film: its findings in order of time, the worst of each rule, and what is not known."""

    profile: Profile
    findings: tuple[Finding, ...]
    worst: tuple[Worst, ...]
    unmeasured: tuple[FlashRule, ...]

    @property
    def state(self) -> State:
        """Never 'pass' while a rule could not be judged."""
        if any(f.outcome == "fail" for f in self.findings):
            return "fail"
        if self.unmeasured:
            return "not measured"
        return "caution" if self.findings else "pass"


def verdict(profile: Profile, flashes: Track[Flash] | None, patterns: Track[Pattern] | None) -> Verdict:
    """Judge by every rule of a profile. A track that is None was not made: its rules are 'not measured', not passed."""
    findings: list[Finding] = []
    worst: list[Worst] = []
    unmeasured: list[FlashRule] = []
    swings: dict[str, Swings] = {}
    for rule in profile.rules:
        if rule.test == "stripes":
            if patterns is None:
                unmeasured.append(rule)
                continue
            found, most = _stripes(rule, patterns.rows)
        else:
            if flashes is None:
                unmeasured.append(rule)
                continue
            if rule.how not in swings:
                swings[rule.how] = Swings.of(flashes, rule.how)
            found, most = _judged(rule, swings[rule.how])
        findings += found
        worst.append(most)
    findings.sort(key=lambda f: (f.span.start, f.span.end))
    return Verdict(profile, tuple(findings), tuple(worst), tuple(unmeasured))


@dataclass(frozen=True, eq=False)
class Swings:
    """The changes of one sort: when, in which cells, over which share, and under which name."""

    starts: Ticks
    ends: Ticks
    cells: npt.NDArray[np.uint8]
    areas: npt.NDArray[np.float64]
    rises: Marks

    @classmethod
    def of(cls, flashes: Track[Flash], how: str) -> Swings:
        """Those of a track. Raises ValueError where the cells of a row are not 48x27."""
        table = flashes.table.filter(pc.equal(flashes.table.column("how"), how))
        packed = b"".join(table.column("cells").to_pylist())
        if len(packed) != table.num_rows * _CELLS // 8:
            raise ValueError("the cells of a flash are not 48x27 bits")
        starts, ends, areas, rises = (
            table.column(c).to_numpy(zero_copy_only=False) for c in ("start", "end", "area", "rise")
        )
        cells = np.unpackbits(np.frombuffer(packed, np.uint8)).reshape(-1, _CELLS)
        return cls(starts, ends, cells, areas, rises)

    def concurrent(self, least: float) -> Swings:
        """Those that happen together: with others the same way, so near in time, over more than `least`."""
        kept = np.zeros(len(self.starts), dtype=bool)
        for way in (True, False):
            these = np.flatnonzero(self.rises == way)
            at, sums = self.starts[these], np.concatenate(([0.0], np.cumsum(self.areas[these])))
            first = np.searchsorted(at, at - TOGETHER, side="left")
            last = np.searchsorted(at, at + TOGETHER, side="right")
            kept[these] = sums[last] - sums[first] > least
        return Swings(self.starts[kept], self.ends[kept], self.cells[kept], self.areas[kept], self.rises[kept])

    def counts(self, first: int, last: int) -> Counts:
        """How many of the changes `first` to `last` each cell had."""
        found: Counts = self.cells[first:last].sum(axis=0, dtype=np.int64)
        return found

    @cached_property
    def moments(self) -> Ticks:
        """The distinct times, in order."""
        return np.unique(self.starts)

    def windows(self, window: int) -> Iterator[tuple[int, int, int, float]]:
        """For every moment the changes (first, last) in the time up to it, and the sum of their areas."""
        firsts = np.searchsorted(self.starts, self.moments - window, side="right")
        lasts = np.searchsorted(self.starts, self.moments, side="right")
        sums = np.concatenate(([0.0], np.cumsum(self.areas)))
        loads = sums[lasts] - sums[firsts]
        yield from zip(self.moments.tolist(), firsts.tolist(), lasts.tolist(), loads.tolist(), strict=True)


def seen(rule: FlashRule, counts: Counts) -> int:
    """The most changes that more than the rule's area of some field of its size had, from those of every cell."""
    wide, high = max(1, round(rule.width * ACROSS)), max(1, round(rule.height * DOWN))
    allowed = int(rule.area * wide * high)
    if (wide, high) == (ACROSS, DOWN):
        cells_with = np.bincount(counts)[::-1].cumsum()[::-1]
        return int((cells_with > allowed).sum()) - 1 if cells_with[0] > allowed else 0
    for most in range(int(counts.max()), 0, -1):
        if _fullest(counts >= most, wide, high) > allowed:
            return most
    return 0


def share(rule: FlashRule, counts: Counts, least: float) -> float:
    """The share of the fullest field of the rule's size in which there were `least` changes or more."""
    wide, high = max(1, round(rule.width * ACROSS)), max(1, round(rule.height * DOWN))
    return _fullest(counts >= least, wide, high) / (wide * high)


def _fullest(cells: Marks, wide: int, high: int) -> int:
    sums = np.zeros((DOWN + 1, ACROSS + 1), np.int64)
    sums[1:, 1:] = cells.reshape(DOWN, ACROSS).cumsum(axis=0).cumsum(axis=1)
    boxes = sums[high:, wide:] - sums[:-high, wide:] - sums[high:, :-wide] + sums[:-high, :-wide]
    return int(boxes.max())


def _judged(rule: FlashRule, swings: Swings) -> tuple[list[Finding], Worst]:
    limit = rule.limit
    window = int(Time.from_seconds(rule.window)) if rule.test == "flashes" else int(SECOND)
    cell_share = rule.area * rule.width * rule.height
    swings = swings.concurrent(cell_share)
    most, at = 0, None
    over: list[tuple[int, int, int, int]] = []
    for moment, first, last, load in swings.windows(window):
        # No more cells than the load allows can have had so many changes: most windows need no closer look.
        if last - first <= min(limit, most) or load <= cell_share * min(limit, most):
            continue
        value = seen(rule, swings.counts(first, last))
        if value > most:
            most, at = value, Time(moment)
        if value > limit:
            over.append((moment, first, last, value))
    runs = _runs(rule, swings, over, window)
    return [_finding(rule, swings, run, limit) for run in runs], Worst(rule, most, limit, at)


def _runs(
    rule: FlashRule, swings: Swings, over: Sequence[tuple[int, int, int, int]], window: int
) -> list[list[tuple[int, int, int, int]]]:
    """Moments over the limit, joined while their windows touch; of 'extended' only those that last."""
    runs: list[list[tuple[int, int, int, int]]] = []
    for moment in over:
        if runs and moment[0] - runs[-1][-1][0] <= window:
            runs[-1].append(moment)
        else:
            runs.append([moment])
    if rule.test == "flashes":
        return runs
    return [run for run in runs if _lasting(rule, swings, run, window)]


def _lasting(rule: FlashRule, swings: Swings, run: Sequence[tuple[int, int, int, int]], window: int) -> bool:
    """Whether the rate is kept for `seconds` out of some `window` of the rule.

    After a moment over the limit it is kept until the oldest change that it needs is a second old.
    """
    kept: list[tuple[int, int]] = []
    for moment, first, last, _ in run:
        ends = moment
        for gone in range(first, last):
            if seen(rule, swings.counts(gone, last)) < rule.transitions:
                break
            ends = int(swings.starts[gone]) + window
        if kept and moment <= kept[-1][1]:
            kept[-1] = (kept[-1][0], max(ends, kept[-1][1]))
        else:
            kept.append((moment, ends))
    wide, needed = rule.window * FLICKS_PER_SECOND, rule.seconds * FLICKS_PER_SECOND
    for _, closes in kept:
        inside = sum(max(0, min(b, closes) - max(a, closes - wide)) for a, b in kept)
        if inside >= needed:
            return True
    return False


def _finding(rule: FlashRule, swings: Swings, run: Sequence[tuple[int, int, int, int]], limit: float) -> Finding:
    worst = max(run, key=lambda moment: moment[3])
    first, last = run[0][1], run[-1][2]
    start, end = Time(int(swings.starts[first])), Time(int(swings.ends[first:last].max()))
    area = share(rule, swings.counts(worst[1], worst[2]), limit + 1)
    ways = ["up" if swings.rises[worst[2] - 1] else "down"]
    refs = tuple(f"{Flash.kind}@{worst[0]}#{rule.how}-{way}" for way in ways)
    return Finding(rule, Span(start, end), Time(worst[0]), float(worst[3]), limit, round(area, 4), refs)


def _stripes(rule: FlashRule, rows: Sequence[Pattern]) -> tuple[list[Finding], Worst]:
    runs: list[list[Pattern]] = []
    for row in rows:
        if not rule.counts(row) or row.stripes < rule.stripes:
            continue
        if runs and row.start <= runs[-1][-1].end:
            runs[-1].append(row)
        else:
            runs.append([row])
    needed = rule.seconds * FLICKS_PER_SECOND
    findings = []
    for run in runs:
        span = Span(run[0].start, max(r.end for r in run))
        if span.duration >= needed:
            most = max(run, key=lambda r: r.stripes)
            value, limit = float(most.stripes), float(rule.stripes)
            findings.append(Finding(rule, span, most.start, value, limit, most.area, tuple(r.ref for r in run[:16])))
    worst = max((r for r in rows if rule.counts(r)), key=lambda r: r.stripes, default=None)
    return findings, Worst(rule, worst.stripes if worst else 0, rule.stripes, worst.start if worst else None)


def pace(flashes: Track[Flash], rule: FlashRule) -> tuple[Ticks, Counts]:
    """The times of a rule's changes, and how many more than its area saw in the second up to each: for drawing."""
    swings = Swings.of(flashes, rule.how).concurrent(rule.area * rule.width * rule.height)
    found = [(moment, seen(rule, swings.counts(first, last))) for moment, first, last, _ in swings.windows(int(SECOND))]
    table = np.array(found, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def steps(flashes: Track[Flash], rule: FlashRule, view: Span) -> tuple[Ticks, Counts]:
    """The same at every time in `view` at which it can change, its two ends among them: exact steps, for drawing."""
    swings = Swings.of(flashes, rule.how).concurrent(rule.area * rule.width * rule.height)
    turns = np.concatenate((swings.moments, swings.moments + int(SECOND)))
    inside = turns[(turns > int(view.start)) & (turns < int(view.end))]
    times = np.unique(np.concatenate(([int(view.start)], inside, [int(view.end)])))
    firsts = np.searchsorted(swings.starts, times - int(SECOND), side="right")
    lasts = np.searchsorted(swings.starts, times, side="right")
    found = [seen(rule, swings.counts(a, b)) for a, b in zip(firsts.tolist(), lasts.tolist(), strict=True)]
    return times, np.array(found, dtype=np.int64)


def judged(timeline: Timeline, profile: Profile) -> Verdict:
    """The verdict of a standard on what is known of a film."""
    return verdict(profile, timeline.find(Flash), timeline.find(Pattern))
