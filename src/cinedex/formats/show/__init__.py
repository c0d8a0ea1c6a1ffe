"""The terminal view: what is known of a film, drawn along time with blocks, then listed, at any width."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from cinedex.formats.facts import Known, format_facts, known
from cinedex.formats.seen import Names
from cinedex.formats.show.along import lanes
from cinedex.formats.show.lines import fit, one_line, said, title, wrapped
from cinedex.formats.show.lists import lists
from cinedex.timeline.timeline import State, Timeline

_LEAST, _MOST = 40, 160
"""Columns that the drawing has at least and at most; wider lines are hard to follow."""


def render(timeline: Timeline, width: int, names: Names | None = None) -> Show:
    """What is known of the film for a terminal `width` columns wide; rich decides about colours.

    `names` says what the film's people are called, by number.
    """
    return Show(timeline, min(max(width, _LEAST), _MOST), names)


class Show:
    """The view as rich draws it; without colours the same facts are told by the shapes of blocks."""

    def __init__(self, timeline: Timeline, width: int, names: Names | None = None) -> None:
        self.timeline, self.width, self.names = timeline, width, names

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        colours = console.color_system is not None
        yield from _head(self.timeline, self.width)
        yield from lanes(self.timeline, self.width, self.names, colours=colours)
        yield from lists(self.timeline, self.width, self.names, colours=colours)
        yield from _status(self.timeline, self.width)
        yield from _next(self.timeline, self.width)


def _head(timeline: Timeline, width: int) -> Iterable[Text]:
    yield Text(said(timeline.movie.name, width), style="bold")
    yield from wrapped(format_facts(timeline.movie), " · ", width, "dim")
    for warning in timeline.movie.warnings:
        yield Text(said(f"! {warning}", width), style="yellow")
    yield Text()


def _status(timeline: Timeline, width: int) -> Iterable[Text]:
    """What is known of each kind: computed, failed or not computed, and by what."""
    yield title("Known", "", width)
    marks = {State.DONE: ("●", "green"), State.FAILED: ("✗", "red"), State.MISSING: ("○", "dim")}
    for one in known(timeline):
        mark, style = marks[one.state]
        line = fit(f"{one.title:<13} {said(one.says, 30):<21} {one_line(_by(one))}", width - 4)
        yield Text.assemble((f"  {mark} ", style), (line, "dim" if one.state is State.MISSING else ""))
        for why in one.why:
            yield Text(f"{'':<18}{said(why, width - 18)}", style="red")
    yield Text()


def _by(one: Known) -> str:
    makers = [
        " ".join([f"{m.stage} {m.version}", f"({', '.join(m.models)})" * bool(m.models)]).strip() for m in one.makers
    ]
    return ", ".join(makers or one.stages)


def _next(timeline: Timeline, width: int) -> Iterable[Text]:
    name = timeline.movie.name
    film = shlex.quote(name) if name.isprintable() and len(name) <= 40 else timeline.movie.id[:16]
    states = [k.state for k in known(timeline)]
    ways = []
    if State.FAILED in states:
        ways.append((f"cinedex plan {film}", "what would run again, and why"))
    if State.MISSING in states or State.FAILED in states:
        ways.append((f"cinedex analyze {film}", "compute what is missing"))
    if State.DONE in states:
        ways.append((f"cinedex report {film}", "a page to look at, to play and to filter"))
        ways.append(("cinedex search WORDS", "moments by what is said or seen"))
    widest = max((len(command) for command, _ in ways), default=0)
    for command, gives in ways:
        yield Text.assemble(f"{command:<{widest}}   ", (fit(gives, width - widest - 3), "dim"))
