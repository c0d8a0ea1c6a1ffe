"""`cinedex review`: what people should look at, deciding about it, and the log of what was decided."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import typer
from rich.markup import escape

from cinedex.app.compliance_cli import OwnPacks, Packs, chosen_packs
from cinedex.app.opening import Json, err, open_library, out, print_json
from cinedex.app.review_tables import clause_facts, clause_lines, entry_facts, flag_facts, log_lines, queue_lines
from cinedex.compliance.log import Head
from cinedex.compliance.marking import KINDS, Mark
from cinedex.compliance.model import Pack
from cinedex.compliance.review import NOTHING, STATES, Change, Reviewer, ReviewFlag
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
    """Take back what was decided about a flag, or the sign-off of a clause (PACK/CLAUSE); the log keeps both."""
    if "/" in flag:
        _sign(film, flag, "reopen", ((note, by), []), chosen_packs("", []), as_json=as_json)
    else:
        _decide(film, flag, "reopen", NOTHING, (note, by), as_json=as_json)


@app.command()
def add(
    film: Film,
    start: Annotated[str, typer.Option("--from", help="Where it begins: seconds or 1:02:03.5.")],
    end: Annotated[str, typer.Option("--to", help="Where it ends.")],
    category: Annotated[str, typer.Option("--category", help="What it is: violence, language, technical, flashing.")],
    severity: Annotated[str, typer.Option("--severity", help="mild, moderate, strong or very-strong.")] = "",
    label: Annotated[str, typer.Option("--label", help="Which word, fault (black, freeze) or sign (gunfire).")] = "",
    kind: Annotated[str, typer.Option("--kind", help=f"{', '.join(KINDS)}; else by the category.")] = "",
    note: Note = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Mark a place that the machine has missed: it counts in reports and edit lists."""
    library = open_library()
    movie = library.find(film)
    begins, ends = _time(start), _time(end)
    if begins is None or ends is None:
        raise UsageError("where is it?", remedy="Give --from and --to.")
    mark = Mark(begins, ends, category, severity, label, kind)
    _tell_flag(_by(library, by).add(movie, mark, note=note), as_json=as_json)


@app.command()
def withdraw(film: Film, flag: Flag, note: Note = "", by: By = "", as_json: Json = False) -> None:
    """Take out a place that somebody added; the log keeps both."""
    _decide(film, flag, "withdraw", NOTHING, (note, by), as_json=as_json)


@app.command()
def clauses(
    film: Film,
    packs: Packs = "",
    pack: OwnPacks = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that pass, and those signed off.")] = False,
    as_json: Json = False,
) -> None:
    """List the clauses that wait for a person to sign them off as a whole, what they come to, and why."""
    library = open_library()
    movie = library.find(film)
    found = library.reviewer.clauses(movie, chosen_packs(packs, pack or []))
    found = [one for one in found if every or not one[1].settled]
    if as_json:
        print_json([clause_facts(movie, *one) for one in found])
        return
    for line in clause_lines(found):
        out.print(line, soft_wrap=True)
    if not found:
        out.print("No clause waits.")


@app.command()
def sign(
    film: Film,
    clause: Annotated[str, typer.Argument(help="The clause, as `clauses` lists it: PACK/CLAUSE.")],
    verdict: Annotated[
        Literal["pass", "fail", "not-applicable", "waive"],
        typer.Argument(help="`waive` answers for a measured fail, which stays one."),
    ],
    note: Annotated[str, typer.Option("--note", help="What was looked at, and why it is so.")],
    at: Annotated[
        list[str] | None, typer.Option("--at", help="A place that shows it: 1:02-1:05. May be repeated.")
    ] = None,
    pack: OwnPacks = None,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Sign off a clause as a whole, by hand: it holds until the clause, the film or what is found changes."""
    packs = [*chosen_packs("", []), *(chosen_packs("", pack) if pack else [])]
    _sign(film, clause, verdict.replace("-", " "), ((note, by), at or []), packs, as_json=as_json)


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
    entries = reviews.entries()[-last:]
    films = {m.id: m.name for m in library.movies()}
    if as_json:
        print_json([entry_facts(e, films.get(e.film)) for e in entries])
        return
    for line in log_lines(entries, films):
        out.print(line, soft_wrap=True)


def _decide(film: str, flag: str, do: str, change: Change, said: tuple[str, str], *, as_json: bool) -> None:
    library = open_library()
    movie, (note, by) = library.find(film), said
    _tell_flag(_by(library, by).decide(movie, flag, do, change, note=note), as_json=as_json)


def _sign(
    film: str, clause: str, do: str, said: tuple[tuple[str, str], list[str]], packs: list[Pack], *, as_json: bool
) -> None:
    library = open_library()
    movie, ((note, by), at) = library.find(film), said
    found = _by(library, by).sign(movie, clause, do, note=note, times=map(_stretch, at), packs=packs)
    if as_json:
        print_json(clause_facts(movie, *found))
        return
    for line in clause_lines([found]):
        out.print(line, soft_wrap=True)


def _by(library: Library, by: str) -> Reviewer:
    return library.reviewer.as_by(by) if by else library.reviewer


def _tell_flag(found: ReviewFlag, *, as_json: bool) -> None:
    if as_json:
        print_json(flag_facts(found))
        return
    for line in queue_lines([found]):
        out.print(line, soft_wrap=True)


def _stretch(text: str) -> tuple[Time, Time]:
    start, _, end = text.partition("-")
    begins, ends = _time(start.strip()), _time(end.strip())
    if begins is None or ends is None:
        raise UsageError(f"{text!r} is no place", remedy="Write where it begins and ends: 1:02-1:05.")
    return begins, ends


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
