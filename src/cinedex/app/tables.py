"""Values as what people and programs read on a terminal: tables for the one, plain JSON for the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cinedex.canonical import plain
from cinedex.run.events import Event
from cinedex.run.plan import Plan, StepState
from cinedex.search.query import SearchResult
from cinedex.stages.listening import Listening, heard
from cinedex.timeline.movie import Movie

_MARKS = {StepState.HIT: "[green]hit[/]", StepState.RUN: "[cyan]run[/]", StepState.BLOCKED: "[red]blocked[/]"}


def movie_facts(movie: Movie) -> str:
    """A film on a line or two: name, id, length, streams, warnings."""
    video = movie.video
    picture = "no picture"
    if video is not None:
        rate = f" {float(video.rate):.5g} fps" if video.rate else ""
        notes = "".join(
            f" {n}" for n in ("variable" * video.variable, "interlaced" * video.interlaced, video.hdr or "") if n
        )
        picture = f"{video.display[0]}x{video.display[1]}{rate} {video.codec}{notes}"
    sound = (
        ", ".join(f"{a.codec} {a.layout}{f' {a.language}' if a.language else ''}" for a in movie.audio) or "no sound"
    )
    length = movie.duration.clock[:-4]
    line = f"[bold]{escape(movie.name)}[/]  [dim]{movie.id[:16]}[/]  {length}  {picture}  {escape(sound)}"
    return "\n".join([line, *(f"  [yellow]! {escape(w)}[/]" for w in movie.warnings)])


def sound_fact(movie: Movie, wish: str) -> str:
    """Which of several sound streams is listened to, and why; nothing to say where there is one or none."""
    if len(movie.audio) < 2:
        return ""
    chosen = heard(movie, wish)
    stream = movie.audio[chosen.number]
    about = ", ".join(filter(None, (stream.language, stream.title and printable(stream.title))))
    return f"Listened to: sound {chosen.number + 1} of {len(movie.audio)}{about and f' ({about})'}, {chosen.why}."


def plan_table(plan: Plan, cores: int) -> RenderableType:
    """A plan for people: what will run and why, on which models, and what it takes."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("stage", "", "why", "models"):
        table.add_column(name)
    for step in plan.steps:
        models = ", ".join(f"{m.name} ({m.licence.name})" for m in step.models)
        table.add_row(step.name, _MARKS[step.state], escape(step.why), escape(models))
    run = plan.having(StepState.RUN)
    if not run:
        ask = "Nothing to do." if not plan.having(StepState.BLOCKED) else "Nothing can run."
    else:
        ask = (
            f"{len(run)} of {len(plan.steps)} stages to run: about {_length(plan.seconds(cores))} on {cores} cores, "
            f"{plan.disk_bytes / 2**20:.1f} MiB to store. "
            "The estimate comes from what stages declare, models to load and pictures to decode."
        )
    listened = sound_fact(plan.movie, _wish(plan))
    heard_too = [Text(listened)] if listened else []
    return Group(Text.from_markup(movie_facts(plan.movie)), *heard_too, table, Text(ask))


def plan_facts(plan: Plan) -> dict[str, Any]:
    """A plan as JSON."""
    steps = [
        {
            "stage": s.name,
            "key": s.key,
            "state": s.state.value,
            "why": s.why,
            "needs": list(s.needs),
            "models": [m.name for m in s.models],
        }
        for s in plan.steps
    ]
    models = [{"name": m.name, "licence": plain(m.licence), "bytes": m.size} for m in plan.models]
    chosen = heard(plan.movie, _wish(plan))
    return {
        "movie": plain(plan.movie),
        "sound": {"number": chosen.number + 1, "of": len(plan.movie.audio), "why": chosen.why},
        "steps": steps,
        "models": models,
        "estimate": {"cpu_seconds": round(plan.cpu_seconds, 1), "disk_bytes": round(plan.disk_bytes)},
    }


def _wish(plan: Plan) -> str:
    """The sound that the plan's stages are asked to listen to."""
    return next((s.stage.sound for s in plan.steps if isinstance(s.stage, Listening)), "")


def event_facts(event: Event) -> dict[str, Any]:
    """An event as JSON."""
    facts = {"what": event.what.value, "film": event.film, "movie": event.movie_id, "stage": event.stage}
    numbers = {"fraction": round(event.fraction, 4), "rows": event.rows, "seconds": round(event.seconds, 3)}
    return {**facts, **numbers, "why": event.why}


def result_facts(result: SearchResult) -> dict[str, Any]:
    """A search result as JSON."""
    return dict(plain(result))


def hits_table(result: SearchResult, stills: Sequence[RenderableType | None] = ()) -> RenderableType:
    """Found moments for people, best first, or that there are none; each with its still, where one is given."""
    searched = f"{_count(result.moments, 'moment')} of {_count(result.films, 'film')} searched"
    notes = [Text(printable(note), style="yellow") for note in result.notes]
    if result.read:
        notes.append(Text(f"Understood as: {printable(result.understood)}", style="yellow"))
    if not result.hits:
        nothing = "The library is empty." if not result.moments else "Nothing in this library matches"
        rest = (
            f" “{printable(result.understood or result.query)}”; {searched}."
            if result.moments
            else " `cinedex analyze FILM` fills it."
        )
        return Group(Text(nothing + rest), *notes)
    parts: list[RenderableType] = []
    for number, (hit, still) in enumerate(zip_longest(result.hits, stills), 1):
        head = Text.assemble(
            (f"{number:>2}  ", "dim"),
            (printable(hit.name), "bold"),
            "  ",
            (f"{hit.start.clock[:-4]}-{hit.end.clock[:-4]}", "cyan"),
        )
        parts += [head] if still is None else [head, still]
        if hit.words:
            said = Text(printable(hit.words))
            for start, end in hit.matched:
                said.stylize("bold yellow", start, end)
            said.truncate(400, overflow="ellipsis")
            parts.append(Padding(said, (0, 0, 0, 4)))
        for label, text in (
            ("in English", hit.english), ("read", hit.screen), ("seen", hit.tags), ("there", hit.things),
            ("heard", hit.heard), ("flags", hit.flags),
        ):  # fmt: skip
            if text:
                shown = Text(f"{label}: {printable(text)}", style="dim")
                shown.truncate(200, overflow="ellipsis")
                parts.append(Padding(shown, (0, 0, 0, 4)))
        parts.append(Padding(Text("because " + printable("; ".join(hit.why)), style="dim italic"), (0, 0, 1, 4)))
    return Group(*parts, Text(f"{_count(len(result.hits), 'hit')}, {searched}.", style="dim"), *notes)


def printable(text: str) -> str:
    """Text of somebody's with a space for each character that a terminal would obey; places in it stay as they are."""
    return "".join(c if c.isprintable() else " " for c in text)


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _length(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 90
        else f"{seconds / 60:.0f} min"
        if seconds < 5400
        else f"{seconds / 3600:.1f} h"
    )
