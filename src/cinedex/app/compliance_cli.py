"""`cinedex compliance`: what rule packs say of films. `compliance FILM` is short for `compliance show FILM`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from cinedex.app.compliance_tables import (
    change_facts,
    changes_csv,
    changes_lines,
    standing_facts,
    standings_csv,
    standings_lines,
)
from cinedex.app.opening import Json, open_library, out, print_json
from cinedex.app.people_cli import FilmFirst
from cinedex.compliance.model import Judgement, Pack
from cinedex.compliance.overview import change, check_highest, stands
from cinedex.compliance.read import built_in, load_pack
from cinedex.errors import UsageError
from cinedex.formats.compliance import failing, render_compliance
from cinedex.formats.compliance.curves import told
from cinedex.library import Library
from cinedex.many import comply_all
from cinedex.stages.flicker.fix import Remedy
from cinedex.timeline.movie import Movie

_COLOURS = {
    "fail": "red",
    "needs a human": "yellow",
    "pass": "green",
    "not measured": "magenta",
    "not applicable": "dim",
}


Packs = Annotated[str, typer.Option("--for", help="Rule packs, with commas between: us,uk,in,wcag.")]
OwnPacks = Annotated[list[Path] | None, typer.Option("--pack", help="A rule pack of one's own, in TOML.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV for spreadsheets.")]
Films = Annotated[list[str] | None, typer.Option("--film", help="Only this film; may be repeated.")]

app = typer.Typer(
    cls=FilmFirst,
    help="Judge films by rule packs: one with evidence, a whole library, or by two versions of a pack.",
    no_args_is_help=True,
)


@app.command()
def show(
    film: Annotated[str, typer.Argument(help="A film of the library: its name or part of it, path, or start of id.")],
    packs: Packs = "",
    pack: OwnPacks = None,
    form: Annotated[Literal["html", "json", "csv"], typer.Option("--format", help="What -o is written as.")] = "html",
    fix: Annotated[bool, typer.Option("--fix", help="Try what would make each failing flash pass.")] = False,
    to: Annotated[Path | None, typer.Option("-o", "--output", help="The file of the report.")] = None,
) -> None:
    """Judge a film by rule packs: pass, fail, needs a human or not measured, with evidence. Never a certificate."""
    library = open_library()
    movie = library.find(film)
    chosen = chosen_packs(packs, pack or [])
    judged = library.comply(movie, chosen)
    for j in judged:
        rating = f"  {escape(j.low)} to {escape(j.high)}" if j.high != j.low else f"  {escape(j.low)}"
        out.print(f"[bold]{escape(j.pack.name)}[/]{rating if j.low else ''}  [dim]{escape(j.pack.title)}[/]")
        for f in j.findings:
            colour = _COLOURS[f.outcome]
            out.print(f"  [{colour}]{f.outcome:<14}[/] {f.clause.id}: {escape(f.why)}", soft_wrap=True)
    cures = _remedies(library, movie, judged) if fix else None
    for standard, found in (cures or {}).items():
        for cure in found:
            when = f"{cure.span.start.clock} - {cure.span.end.clock}"
            out.print(f"[cyan]remedy[/] {escape(standard)} {when}  {escape(told(cure))}", soft_wrap=True)
    if to is not None:
        text = render_compliance(library.timeline(movie), judged, form, cures)
        try:
            to.write_text(text, encoding="utf-8", newline="")
        except OSError as wrong:
            raise UsageError(f"{to}: cannot be written ({wrong})", remedy="Name a file that you may write.") from wrong
        out.print(f"{escape(str(to))}", soft_wrap=True)


def _remedies(library: Library, movie: Movie, judged: Sequence[Judgement]) -> dict[str, list[Remedy]]:
    """By standard on flashing that fails: the mildest remedy for each window, tried on the film's own pictures."""
    found = failing(judged)
    return {s: list(library.flicker.remedies(movie, library.flicker.verdict(movie, s))) for s in found}


@app.command("library")
def whole_library(
    packs: Packs = "",
    pack: OwnPacks = None,
    up_to: Annotated[str, typer.Option("--up-to", help="The highest rating that may be shown: 'UA 13+'.")] = "",
    film: Films = None,
    csv: Csv = False,
    as_json: Json = False,
) -> None:
    """List which films cannot be shown by rule packs, and why; which are not decided; against which nothing speaks.

    Without --up-to ratings bar nothing. What was not measured never counts as passed.
    """
    library = open_library()
    chosen = chosen_packs(packs, pack or [])
    check_highest(chosen, up_to)
    found = [
        stands(movie, j, up_to) for movie, judged in comply_all(library, _films(library, film), chosen) for j in judged
    ]
    if as_json:
        print_json([standing_facts(s) for s in found])
    elif csv:
        typer.echo(standings_csv(found), nl=False)
    else:
        for line in standings_lines(found):
            out.print(line, soft_wrap=True)


@app.command()
def compare(
    old: Annotated[str, typer.Argument(help="A rule pack: its name, or a TOML file.")],
    new: Annotated[str, typer.Argument(help="Another version of it.")],
    film: Films = None,
    csv: Csv = False,
    as_json: Json = False,
) -> None:
    """List what another version of a rule pack would change, by film and clause. Nothing is analysed again."""
    library = open_library()
    before = _pack(old)
    # What was signed off under the pack is looked at under its new version, whatever that is called.
    after = replace(_pack(new), name=before.name)
    judged = comply_all(library, _films(library, film), [before, after])
    found = [c for movie, (one, other) in judged if (c := change(movie, one, other))]
    if as_json:
        print_json([change_facts(c) for c in found])
    elif csv:
        typer.echo(changes_csv(found), nl=False)
    else:
        for line in changes_lines(found):
            out.print(line, soft_wrap=True)
        out.print(f"{len(found):,} films change." if found else "Nothing changes.")


def chosen_packs(names: str, own: list[Path]) -> list[Pack]:
    """The packs that options name: those asked for and one's own, or all that come with Cinedex."""
    known = built_in()
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in known:
            raise UsageError(f"there is no rule pack {name!r}", remedy=f"There are: {', '.join(known)}.")
    return [*(known[name] for name in wanted or (known if not own else ())), *(load_pack(path) for path in own)]


def _pack(name: str) -> Pack:
    known = built_in()
    if name in known:
        return known[name]
    if name.endswith(".toml") or Path(name).is_file():
        return load_pack(Path(name))
    raise UsageError(f"there is no rule pack {name!r}", remedy=f"Name a TOML file, or one of {', '.join(known)}.")


def _films(library: Library, names: list[str] | None) -> list[Movie]:
    return [library.find(name) for name in names] if names else library.movies()
