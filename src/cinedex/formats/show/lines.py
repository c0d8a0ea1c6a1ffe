"""One line at a time: text from films made safe for a terminal, and fitted to what its letters take there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from cinedex.timeline.time import FLICKS_PER_SECOND, Time

_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


def title(name: str, about: str, width: int) -> Text:
    """A heading with something about it."""
    room = width - len(name) - 2
    return Text.assemble((name, "bold"), ("  " + said(about, room) if about else "", "dim"))


def rest(hidden: int, thing: str, where: str) -> Iterable[Text]:
    """How many are not listed, and where they are; an empty line in any case."""
    if hidden > 0:
        yield Text(f"        and {hidden:,} more {thing}{'s' * (hidden > 1)}; {where}", style="dim")
    yield Text()


def one_line(text: str) -> str:
    """Text from a film on one line, without anything that a terminal would obey."""
    return " ".join("".join(c if c.isprintable() or c in _JOINERS else " " for c in text).split())


def fit(text: str, width: int) -> str:
    """As much of a line as fits, by what its letters take on a terminal."""
    fitted = Text(text)
    fitted.truncate(max(width, 1), overflow="ellipsis")
    return fitted.plain


def said(text: str, width: int) -> str:
    """Text from a film or a stage, made safe and fitted."""
    return fit(one_line(text[: 4 * max(width, 1)]), width)


def wrapped(parts: Sequence[str], between: str, width: int, style: str, indent: str = "") -> Iterable[Text]:
    """Parts on as many lines as they need, none of them broken unless it is longer than a line."""
    line = ""
    for part in map(one_line, parts):
        longer = f"{line}{between}{part}" if line else part
        if line and len(indent) + len(longer) > width:
            yield Text(indent + line, style=style)
            line = part
        else:
            line = longer
    if line:
        yield Text(indent + fit(line, width - len(indent)), style=style)


def clock(at: Time, duration: int) -> str:
    """h:mm:ss, or m:ss for films under an hour."""
    text = at.clock[:-4]
    return text if duration >= 3600 * FLICKS_PER_SECOND else text[2:].removeprefix("0")
