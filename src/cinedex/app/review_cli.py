"""`cinedex review`: what people should look at, deciding about it, and the log of what was decided."""

from __future__ import annotations

import re
from typing import Annotated

import typer
from rich.markup import escape

from cinedex.app.compliance_cli import OwnPacks, Packs, chosen_packs
from cinedex.app.opening import Json, err, open_library, out, print_json
from cinedex.app.review_tables import decision_facts, flag_facts, log_lines, queue_lines
from cinedex.compliance.log import Head
from cinedex.compliance.review import NOTHING, STATES, Change
from cinedex.errors import UsageError
from cinedex.library import Library
from cinedex.timeline.time import Time

app = typer.Typer(help="Look at what was flagged in films and decide about it.", no_args_is_help=True)

Film = Annotated[str, typer.Argument(help="A film of the library: its name or part of it, path, or start of id.")]
Flag = Annotated[str, typer.Argument(help="A flag's id, as the queue lists it, or the beginning of it.")]
Note = Annotated[str, typer.Option("--note", help="Why.")]
By = Annotated[str, typer.Option("--by", help="Who decides (else CINEDEX_USER, else who is logged in).")]


@app.command()
def queue(
    film: Annotated[str | None, typer.Argument(help="A film of the library; else say --all.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Of every film of the library.")] = False,
    packs: Packs = "",
    pack: OwnPacks = None,
    state: Annotated[str, typer.Option("--state", help=f"With commas between: {', '.join(STATES)}; or all.")] = "open",
    last: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")] = 50,
    as_json: Json = False,
) -> None:
    """List what waits for a person: the strongest first, then what the machine is least sure of."""
    library = open_library()
    if (film is None) != every:
        raise UsageError("one film or all of them?", remedy="Name a film, or write --all.")
    movies = library.movies() if film is None else [library.find(film)]
    found = library.reviewer.queue(movies, chosen_packs(packs, pack or []), _states(state))
    if as_json:
        print_json([flag_facts(f) for f in found])
        return
    for line in queue_lines(found[:last]):
        out.print(line, soft_wrap=True)
    if len(found) > last:
        out.print(f"[dim]and {len(found) - last:,} more; -n shows more, --json all[/]")
    elif not found:
        out.print("Nothing waits.")
    for movie in movies if every else ():
        _tell_lost(library, movie.name)
    if film is not None:
        _tell_lost(library, film)


@app.command()
def accept(film: Film, flag: Flag, note: Note = "", by: By = "", as_json: Json = False) -> None:
    """Say that a flag is right: it counts as sure."""
    _decide(film, flag, "accept", NOTHING, (note, by), as_json=as_json)


@app.command()
def reject(film: Film, flag: Flag, note: Note = "", by: By = "", as_json: Json = False) -> None:
    """Say that a flag is wrong: it counts for nothing any more, and is still told."""
    _decide(film, flag, "reject", NOTHING, (note, by), as_json=as_json)


@app.command()
def reopen(film: Film, flag: Flag, note: Note = "", by: By = "", as_json: Json = False) -> None:
    """Take back what was decided about a flag; the log keeps both."""
    _decide(film, flag, "reopen", NOTHING, (note, by), as_json=as_json)


@app.command()
def correct(
    film: Film,
    flag: Flag,
    start: Annotated[str, typer.Option("--from", help="Where it begins: seconds or 1:02:03.5.")] = "",
    end: Annotated[str, typer.Option("--to", help="Where it ends.")] = "",
    category: Annotated[str, typer.Option("--category", help="What it is.")] = "",
    severity: Annotated[str, typer.Option("--severity", help="mild, moderate, strong or very-strong.")] = "",
    note: Note = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Say what is right about a flag that is nearly so."""
    change = Change(_time(start), _time(end), category or None, severity or None)
    _decide(film, flag, "correct", change, (note, by), as_json=as_json)


@app.command()
def log(
    verify: Annotated[
        bool, typer.Option("--verify", help="Look whether anything in it was changed or is gone.")
    ] = False,
    anchor: Annotated[str, typer.Option("--anchor", help="An end of the log as noted before: NUMBER:HASH.")] = "",
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="How many entries at most.")] = 50,
    as_json: Json = False,
) -> None:
    """List what was decided, the latest last. With --verify it leaves with 1 where something is wrong."""
    library = open_library()
    reviews = library.reviewer.log
    if verify or anchor:
        found = reviews.verify(_anchor(anchor) if anchor else None)
        end = f"{found.head.entries}:{found.head.hash}"
        if as_json:
            print_json({"entries": found.head.entries, "end": end, "problems": list(found.problems)})
        else:
            for problem in found.problems:
                err.print(f"[red]✗[/] {escape(problem)}", soft_wrap=True)
            if not found.problems:
                out.print(f"[green]✓[/] {found.head.entries} entries, nothing changed, nothing missing")
            out.print(f"Its end, to note elsewhere: {end}", soft_wrap=True)
        raise typer.Exit(1 if found.problems else 0)
    decisions = reviews.decisions()[-last:]
    films = {m.id: m.name for m in library.movies()}
    if as_json:
        print_json([decision_facts(d, films.get(d.film)) for d in decisions])
        return
    for line in log_lines(decisions, films):
        out.print(line, soft_wrap=True)


def _decide(film: str, flag: str, do: str, change: Change, said: tuple[str, str], *, as_json: bool) -> None:
    library = open_library()
    movie, (note, by) = library.find(film), said
    reviewer = library.reviewer.as_by(by) if by else library.reviewer
    found = reviewer.decide(movie, flag, do, change, note=note)
    if as_json:
        print_json(flag_facts(found))
        return
    for line in queue_lines([found]):
        out.print(line, soft_wrap=True)


def _tell_lost(library: Library, film: str) -> None:
    """Say which decisions hold for nothing now, so that none is lost unseen."""
    movie = library.find(film)
    for d in library.reviewer.flags(movie)[1]:
        what = f"{d.place.category} {d.place.label} at {d.place.span.start.clock}"
        err.print(f"[yellow]{escape(movie.name)}: {d.says}, but not flagged now: {escape(what)}[/]", soft_wrap=True)


def _states(text: str) -> set[str]:
    wanted = {s.strip() for s in text.split(",") if s.strip()}
    if unknown := sorted(wanted - {*STATES, "all"}):
        raise UsageError(f"there is no state {unknown[0]!r}", remedy=f"There are: {', '.join(STATES)}, all.")
    return set(STATES) if "all" in wanted else wanted


def _time(text: str) -> Time | None:
    if not text:
        return None
    try:
        return Time.parse(text)
    except ValueError as wrong:
        raise UsageError(f"{text!r} is no time", remedy="Write seconds, or 1:02:03.5.") from wrong


def _anchor(text: str) -> Head:
    match = re.fullmatch(r"(\d{1,9}):([0-9a-f]{64})", text)
    if match is None:
        raise UsageError(f"{text!r} is no end of a log", remedy="Write it as `--verify` prints it: NUMBER:HASH.")
    return Head(int(match.group(1)), match.group(2))
