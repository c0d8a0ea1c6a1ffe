"""What a file of edits says when it is read, and the spellings of time that several formats share."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from cinedex.compliance.edits import ACTS, Act, Edit, EditList
from cinedex.errors import UsageError
from cinedex.timeline.time import FLICKS_PER_SECOND, Span, Time

TEXT_MAX = 1 << 22
"""Most characters that a file of edits may have."""

_CLOCK = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,2}):)?(\d{1,9}(?:[.,]\d{1,9})?)\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listed:
    """An edit of a file, with its sorts as (category, strength) where the format tells them."""

    span: Span
    act: Act
    sorts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """An edit in whole units of a format."""

    edit: Edit
    start: int
    end: int


def placed(edits: EditList, per_second: int, acts: Collection[Act] = ACTS) -> list[Placed]:
    """The edits in whole units, rounded outward so that nothing meant to be missed is left.

    Edits that touch still only touch: what two of them would share goes to the one that skips, else to the first.
    """
    found: list[Placed] = []
    last: dict[Act, int] = {}
    for edit in (e for e in edits.edits if e.act in acts):
        start, end = earlier(edit.span.start, per_second), later(edit.span.end, per_second)
        for act, number in last.items():
            other = found[number]
            if other.end <= start or (act != edit.act and "skip" not in {act, edit.act}):
                continue
            if edit.act == "skip" != act:
                found[number] = replace(other, end=start)
            else:
                start = other.end
        last[edit.act] = len(found)
        found.append(Placed(edit, start, end))
    return [p for p in found if p.start < p.end]


def earlier(at: Time, per_second: int) -> int:
    """A beginning in units of a format, rounded down: what is left out begins no later than meant."""
    return int(at) * per_second // FLICKS_PER_SECOND


def later(at: Time, per_second: int) -> int:
    """An end in units of a format, rounded up: what is left out ends no earlier than meant."""
    return -(-int(at) * per_second // FLICKS_PER_SECOND)


def clock(units: int, per_second: int, *, pad: int = 2) -> str:
    """'00:01:02.345' of a whole number of thousandths (or hundredths); `pad` is the least digits of the hours."""
    seconds, part = divmod(units, per_second)
    digits = len(str(per_second)) - 1
    return f"{seconds // 3600:0{pad}d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{part:0{digits}d}"


def parsed(text: str, where: str) -> Time:
    """A time as 'h:mm:ss.f', 'm:ss' or seconds. Raises UsageError."""
    found = _CLOCK.match(text.strip())
    if not found:
        raise UsageError(f"{where}: {text[:40]!r} is not a time", remedy="Write h:mm:ss.mmm or seconds.")
    hours, minutes, seconds = found.groups()
    return Time.from_seconds((seconds or "0").replace(",", ".")) + Time.from_seconds(
        int(hours or 0) * 3600 + int(minutes or 0) * 60
    )


def stretch(start: str, end: str, where: str) -> Span:
    """Two times as a span. Raises UsageError where the second lies before the first."""
    first, last = parsed(start, where), parsed(end, where)
    if last < first:
        raise UsageError(f"{where}: it ends before it starts", remedy="Mend the times.")
    return Span(first, last)


def lines(text: str, name: str) -> list[str]:
    """The lines of a file. Raises UsageError for an endless one."""
    if len(text) > TEXT_MAX:
        raise UsageError(f"{name}: {len(text):,} characters", remedy=f"At most {TEXT_MAX:,} are read.")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def told(text: str) -> str:
    """A note as it can stand on one line of any of the formats: no breaks, no arrows, no brackets, and short."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line.translate(str.maketrans("", "", "()<>#=/\\'\"")).replace("--", "-")[:80].strip()
