"""Exact film time: `Time` counts flicks, `Span` is half-open, `Rate` is a ratio of whole numbers.

A flick is 1/705 600 000 s: one frame at 24, 25, 30, 50, 60, 24000/1001, 30000/1001 ... frames a second, one sample
at every common audio rate and one tick of the 90 kHz clock are whole numbers of flicks. Seconds, timecode and frame
numbers exist only where films enter and answers leave.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Self, overload

FLICKS_PER_SECOND = 705_600_000
"""Flicks in a second; the unit was published by Facebook in 2018 (github.com/OculusVR/Flicks)."""

_CLOCK = re.compile(r"^(?:(?:(?P<h>\d+):)?(?P<m>\d+):)?(?P<s>\d+(?:[.,]\d+)?)$")


class Time(int):
    """A moment or a duration in flicks. Adds, subtracts and compares exactly; refuses floats."""

    __slots__ = ()

    def __new__(cls, flicks: int) -> Self:
        if isinstance(flicks, float):
            raise TypeError(f"Time counts whole flicks, got the float {flicks!r}; use Time.from_seconds")
        return super().__new__(cls, flicks)

    @classmethod
    def from_seconds(cls, seconds: float | Fraction | str) -> Time:
        """The nearest flick to `seconds` (a number, or text such as '83.5')."""
        return cls(round(Fraction(seconds) * FLICKS_PER_SECOND))

    @classmethod
    def from_pts(cls, pts: int, time_base: Fraction) -> Time:
        """The nearest flick to a stream's own time stamp; exact for every common time base."""
        scaled = pts * time_base.numerator * FLICKS_PER_SECOND
        return cls((2 * scaled + time_base.denominator) // (2 * time_base.denominator))

    @classmethod
    def parse(cls, text: str) -> Time:
        """Read '83.5', '1:23.5' or '0:01:23,500'. Raises ValueError with the forms that are understood."""
        found = _CLOCK.match(text.strip())
        if not found:
            raise ValueError(f"not a time: {text!r}; write seconds (83.5), m:ss (1:23.5) or h:mm:ss (0:01:23.5)")
        clock = Fraction(found["s"].replace(",", "."))
        return cls.from_seconds(int(found["h"] or 0) * 3600 + int(found["m"] or 0) * 60 + clock)

    @property
    def seconds(self) -> float:
        """Seconds as a float, for showing and for formats; never for arithmetic on film time."""
        return int(self) / FLICKS_PER_SECOND

    @property
    def clock(self) -> str:
        """'h:mm:ss.mmm', rounded to the nearest millisecond."""
        ms = (abs(int(self)) * 1000 + FLICKS_PER_SECOND // 2) // FLICKS_PER_SECOND
        sign = "-" if self < 0 and ms else ""
        return f"{sign}{ms // 3_600_000}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"

    def __add__(self, other: int, /) -> Time:
        return Time(int(self) + _whole(other))

    def __radd__(self, other: int, /) -> Time:
        return Time(_whole(other) + int(self))

    def __sub__(self, other: int, /) -> Time:
        return Time(int(self) - _whole(other))

    def __rsub__(self, other: int, /) -> Time:
        return Time(_whole(other) - int(self))

    def __mul__(self, other: int, /) -> Time:
        return Time(int(self) * _whole(other))

    def __rmul__(self, other: int, /) -> Time:
        return Time(_whole(other) * int(self))

    def __neg__(self) -> Time:
        return Time(-int(self))

    def __abs__(self) -> Time:
        return Time(abs(int(self)))

    def __repr__(self) -> str:
        return f"Time({int(self)})"

    def __str__(self) -> str:
        return self.clock


def _whole(value: int) -> int:
    if not isinstance(value, int):
        raise TypeError(f"film time counts whole flicks, got {type(value).__name__}; use Time.from_seconds")
    return int(value)


SECOND = Time(FLICKS_PER_SECOND)
"""One second."""

ZERO = Time(0)
"""The start of every film."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of film, `[start, end)`. An instant has start == end and overlaps nothing."""

    start: Time
    end: Time

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a span ends at or after its start, got [{self.start!r}, {self.end!r})")

    @classmethod
    def from_seconds(cls, start: float, end: float) -> Span:
        """A span between two times given in seconds."""
        return cls(Time.from_seconds(start), Time.from_seconds(end))

    @property
    def duration(self) -> Time:
        """How long it lasts."""
        return self.end - self.start

    @property
    def middle(self) -> Time:
        """The flick half way through, rounded down."""
        return Time((int(self.start) + int(self.end)) // 2)

    def __contains__(self, moment: Time) -> bool:
        return self.start <= moment < self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two share more than an edge."""
        return max(self.start, other.start) < min(self.end, other.end)

    def __and__(self, other: Span) -> Span | None:
        """The stretch that both share, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None

    def __or__(self, other: Span) -> Span:
        """The smallest span that covers both."""
        return Span(min(self.start, other.start), max(self.end, other.end))

    def grow(self, by: Time) -> Span:
        """The span with `by` added on both sides (taken off when negative, down to its middle)."""
        start, end = self.start - by, self.end + by
        return Span(start, end) if start <= end else Span(self.middle, self.middle)

    def cut(self, length: Time) -> Iterator[Span]:
        """Its consecutive pieces, each `length` long but the last. Raises ValueError for a length below one flick."""
        if length <= 0:
            raise ValueError(f"cannot cut into pieces of {length!r}")
        start = self.start
        while start < self.end:
            end = min(start + length, self.end)
            yield Span(start, end)
            start = end

    def __str__(self) -> str:
        return f"{self.start.clock}-{self.end.clock}"


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """Things per second (frames, samples) as an exact ratio in lowest terms."""

    num: int
    den: int = 1

    def __post_init__(self) -> None:
        if self.num <= 0 or self.den <= 0:
            raise ValueError(f"a rate is a positive ratio, got {self.num}/{self.den}")
        exact = Fraction(self.num, self.den)
        object.__setattr__(self, "num", exact.numerator)
        object.__setattr__(self, "den", exact.denominator)

    @classmethod
    def of(cls, value: Fraction | int | str) -> Rate:
        """From a ratio, a whole number, or text such as '24000/1001'."""
        exact = Fraction(value)
        return cls(exact.numerator, exact.denominator)

    @property
    def fraction(self) -> Fraction:
        """The ratio as a Fraction."""
        return Fraction(self.num, self.den)

    @property
    def exact(self) -> bool:
        """Whether one unit lasts a whole number of flicks, as for all common rates."""
        return (FLICKS_PER_SECOND * self.den) % self.num == 0

    def time(self, count: int) -> Time:
        """When unit number `count` starts (nearest flick)."""
        return Time((2 * count * FLICKS_PER_SECOND * self.den + self.num) // (2 * self.num))

    def count(self, at: Time) -> int:
        """How many units have started before or at `at`, minus one: the number of the unit that covers it."""
        number = int(at) * self.num // (FLICKS_PER_SECOND * self.den)
        # `time` rounds to the nearest flick, so an inexact unit may start half a flick early.
        return number + 1 if self.time(number + 1) <= at else number

    def timecode(self, at: Time) -> str:
        """'hh:mm:ss:ff' without frame dropping, counted at the rate rounded up, as editing systems do."""
        base = -(-self.num // self.den)
        frame = self.count(at)
        seconds, ff = divmod(frame, base)
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{ff:02d}"

    def __float__(self) -> float:
        return self.num / self.den

    def __str__(self) -> str:
        return str(self.num) if self.den == 1 else f"{self.num}/{self.den}"


@overload
def as_time(value: Time | float | str) -> Time: ...
@overload
def as_time(value: None) -> None: ...
def as_time(value: Time | float | str | None) -> Time | None:
    """Read what a person or a program gave as a time: a `Time` as it is, numbers as seconds, text by `Time.parse`."""
    if value is None or isinstance(value, Time):
        return value
    return Time.parse(value) if isinstance(value, str) else Time.from_seconds(value)
