"""Answers and summaries as what people read on a terminal, and an answer as JSON with links that play."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from cinedex.app.tables import printable
from cinedex.canonical import plain
from cinedex.search.answer import Answer, Evidence
from cinedex.search.digest import Digest
from cinedex.search.summary import Summary
from cinedex.timeline.time import Time

_NEAR = 80
"""Characters shown of what is near."""


def answer_text(answer: Answer) -> RenderableType:
    """The claims with their numbers, then the evidence, then what the answer rests on."""
    parts: list[RenderableType] = []
    if not answer.claims:
        parts.append(Text("This library does not say."))
    parts += [Text.assemble(printable(c.text), (f" {[*c.cites]}", "cyan")) for c in answer.claims]
    if answer.evidence:
        parts.append(Text())
    for piece in answer.evidence:
        where = f"{printable(piece.name)} {_clock(piece.start)}-{_clock(piece.end)}"
        parts.append(Text.assemble((f"[{piece.number}] ", "cyan"), (where, "bold"), f"  {piece.kind}"))
    if answer.near:
        parts += [Text(), Text("Near, but no answer:")]
    for piece in answer.near:
        where = f"{printable(piece.name)} {_clock(piece.start)}-{_clock(piece.end)}"
        parts.append(Text.assemble((f"  {where}", "bold"), f"  {piece.kind}: {printable(piece.text[:_NEAR])}"))
    parts += [Text(), Text(f"How: {printable('; '.join(answer.plan))}", style="dim")]
    parts.append(Text(f"Rests on: {answer.coverage}.", style="dim"))
    if answer.dropped:
        parts.append(Text(f"{answer.dropped} sentences were left out: the evidence does not say them.", style="yellow"))
    parts += [Text(printable(note), style="yellow") for note in answer.notes]
    return Group(*parts)


def answer_facts(answer: Answer) -> dict[str, Any]:
    """An answer as JSON; every piece of evidence has `seconds` and `play`, the film's address with the time to play."""
    facts = dict(plain(answer))
    for part, pieces in (("evidence", answer.evidence), ("near", answer.near)):
        facts[part] = [dict(plain(piece)) | _played(piece) for piece in pieces]
    return facts


def summary_text(told: Summary) -> RenderableType:
    """Lines and chapters, each with its time."""
    parts: list[RenderableType] = [
        Text(f"{printable(told.name)}: {printable(told.about)}", style="bold"),
        *_lines(told),
    ]
    if told.chapters:
        parts += [Text(), Text("Chapters", style="bold")]
    for chapter in told.chapters:
        people = f"  ({printable(', '.join(chapter.people))})" if chapter.people else ""
        parts.append(Text.assemble((f"{_clock(chapter.start)}  ", "cyan"), printable(chapter.title), (people, "dim")))
    parts += [Text(printable(note), style="yellow") for note in told.notes]
    return Group(*parts)


def digest_text(told: Digest) -> RenderableType:
    """The lines of each film, and how many films there are beside."""
    parts: list[RenderableType] = []
    for film in told.films:
        parts += [Text(printable(film.name), style="bold"), *_lines(film), Text()]
    parts += [Text(printable(note), style="yellow") for note in told.notes]
    beside = f"; {told.others:,} more have something of it" if told.others else ""
    parts.append(Text(f"{len(told.films):,} of {told.searched:,} films{beside}", style="dim"))
    return Group(*parts)


def _lines(told: Summary) -> list[RenderableType]:
    marks = {"said": "“{}”", "read": "reads “{}”", "seen": "sees {}", "heard": "hears {}"}
    return [
        Text.assemble((f"{_clock(line.start)}  ", "cyan"), marks[line.kind].format(printable(line.text)))
        for line in told.lines
    ]


def _played(piece: Evidence) -> dict[str, Any]:
    start, end = round(piece.start.seconds, 3), round(piece.end.seconds, 3)
    return {"seconds": [start, end], "play": f"{piece.uri}#t={start},{end}"}


def _clock(time: Time) -> str:
    return time.clock[:-4]
