"""Scoring subtitles against a style guide: every departure with its rule, value, limit, time and number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cinedex.subtitles.guide import Guide, Level
from cinedex.subtitles.subtitle import Subtitle, frame_of
from cinedex.subtitles.timing import Limits, off_cut
from cinedex.timeline.time import FLICKS_PER_SECOND, Rate, Time

_ROUNDING = Fraction(1, 100)
"""Seconds that a format's clock may round a duration by, two ends together: ASS counts hundredths."""
_SMALL = re.compile(r"(?<![\w.,:/%$€£-])(\d{1,2})(?![\w.,:/%°€$£-])")


@dataclass(frozen=True, slots=True)
class Fault:
    """A departure from a rule: of subtitle `number` (from 1, in the file's order) at `at`; `value` against `limit`."""

    rule: str
    level: Level
    number: int
    at: Time
    value: float
    limit: float
    says: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: `count` subtitles, `bad` of which depart from a rule that must be kept."""

    count: int
    faults: tuple[Fault, ...]

    @property
    def bad(self) -> int:
        """Subtitles that break a rule that must be kept."""
        return len({f.number for f in self.faults if f.level == "must"})

    @property
    def conforming(self) -> float:
        """The share of subtitles that keep every rule that must be kept, 0..1."""
        return 1 - self.bad / self.count if self.count else 1.0

    @property
    def by_rule(self) -> dict[str, int]:
        """How often each rule is broken, most often first."""
        return dict(Counter(f.rule for f in self.faults).most_common())


def check(subtitles: Sequence[Subtitle], guide: Guide, rate: Rate, cuts: Sequence[int] = ()) -> Verdict:
    """Score subtitles, in the file's order. Times are judged in whole frames of `rate`, `cuts` are the frames of cuts.

    Reading speed is judged on the clock, forgiving what formats round.
    """
    found = [f for n in range(len(subtitles)) for f in _Checker(guide, rate, tuple(cuts)).of(subtitles, n)]
    return Verdict(len(subtitles), tuple(found))


class _Checker:
    def __init__(self, guide: Guide, rate: Rate, cuts: tuple[int, ...]) -> None:
        self.guide, self.rate, self.cuts, self.limits = guide, rate, cuts, Limits.of(guide, rate)

    def of(self, subtitles: Sequence[Subtitle], index: int) -> Iterator[Fault]:
        subtitle = subtitles[index]
        for rule, value, limit, says in (
            *self._times(subtitle, subtitles[index - 1] if index else None),
            *self._text(subtitle),
        ):
            yield Fault(rule, self.guide.level(rule), index + 1, subtitle.start, float(value), float(limit), says)

    def _times(self, it: Subtitle, before: Subtitle | None) -> Iterator[tuple[str, float, float, str]]:
        start, end = frame_of(it.start, self.rate), frame_of(it.end, self.rate)
        seconds, limits = Fraction(int(it.end - it.start), FLICKS_PER_SECOND), self.limits
        if start < 0:
            yield "before-start", start, 0, f"begins {-start} frames before the film"
        if before is not None:
            yield from self._gap(frame_of(before.start, self.rate), frame_of(before.end, self.rate), start)
        if end - start < limits.shortest:
            yield "min-duration", float(seconds), float(self.guide.shortest), _over(seconds, self.guide.shortest, "s")
        if end - start > limits.longest:
            yield "max-duration", float(seconds), float(self.guide.longest), _over(seconds, self.guide.longest, "s")
        length = sum(self.guide.length(line) for line in it.lines)
        if seconds > 0 and length > self.guide.speed * (seconds + _ROUNDING):
            speed = length / float(seconds)
            yield "reading-speed", speed, float(self.guide.speed), _over(speed, self.guide.speed, "characters a second")
        for edge, frames in off_cut(start, end, self.cuts, limits):
            where = f"{abs(frames)} frames {'before' if frames < 0 else 'after'} a cut"
            yield "shot-change", frames, limits.window, f"{edge}s {where}"

    def _gap(self, begun: int, ended: int, start: int) -> Iterator[tuple[str, float, float, str]]:
        gap, limits = start - ended, self.limits
        if start < begun:
            yield "order", start - begun, 0, f"begins {begun - start} frames before the one that stands before it"
        elif gap < 0:
            yield "overlap", gap, 0, f"begins {-gap} frames before the one before it ends"
        elif gap < limits.gap:
            yield "gap", gap, limits.gap, f"{gap} frames after the one before it; at least {limits.gap}"
        elif limits.gap < gap <= limits.close:
            says = f"{gap} frames after the one before it; {limits.gap}, or more than {limits.close}"
            yield "gap-to-close", gap, limits.close, says

    def _text(self, it: Subtitle) -> Iterator[tuple[str, float, float, str]]:
        guide = self.guide
        if not any(line.strip() for line in it.lines):
            yield "empty", 0, 1, "holds no text"
        if len(it.lines) > guide.lines:
            yield "lines", len(it.lines), guide.lines, _over(len(it.lines), guide.lines, "lines")
        for line in it.lines:
            if (length := guide.length(line)) > guide.line:
                yield "line-length", length, guide.line, _over(length, guide.line, "characters in a line")
            if line != line.strip() or "  " in line:
                yield "whitespace", line.count("  "), 0, "spaces at the end of a line, or two together"
        if guide.ellipsis and guide.ellipsis != "..." and "..." in it.text:
            yield "ellipsis", it.text.count("..."), 0, f"three dots; the guide has {guide.ellipsis}"
        if (says := self._dialogue(it)) is not None:
            yield "dialogue", 1, 0, says
        yield from self._style(it)

    def _style(self, it: Subtitle) -> Iterator[tuple[str, float, float, str]]:
        guide = self.guide
        for found in _SMALL.finditer(it.text) if guide.numbers else ():
            if int(found[1]) <= guide.numbers:
                yield "number", int(found[1]), guide.numbers, f"{found[1]} is written in digits"
        if it.italic and not guide.italics:
            yield "italics", 1, 0, f"italics are not used in {guide.language!r}"

    def _dialogue(self, it: Subtitle) -> str | None:
        """What is wrong with the hyphens of two people's lines; a single hyphen may be anything."""
        if len(it.lines) != 2 or not all(_HYPHEN.match(line) for line in it.lines[1:]):
            return None
        first, second = self.guide.dialogue
        both = bool(_HYPHEN.match(it.lines[0]))
        if not both and first:
            return None
        for line, prefix in zip(it.lines, (first, second), strict=True):
            found = _HYPHEN.match(line)
            if (found[0] if found else "") != prefix:
                return f"a speaker's line begins with {found[0] if found else ''!r}; here with {prefix!r}"
        return None


_HYPHEN = re.compile("[-\u2010\u2011\u2013\u2014] ?")


def _over(value: float | Fraction, limit: float | Fraction, unit: str) -> str:
    return f"{float(value):.4g} {unit}; {'at least' if value < limit else 'at most'} {float(limit):.4g}"
