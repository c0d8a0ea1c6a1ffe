"""`cinedex compliance`: what rule packs say of a film, clause by clause."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from cinedex.app.opening import open_library, out
from cinedex.compliance.model import Judgement, Pack
from cinedex.compliance.read import built_in, load_pack
from cinedex.errors import UsageError
from cinedex.formats.compliance import render_compliance
from cinedex.formats.compliance.curves import told
from cinedex.library import Library
from cinedex.stages.flicker.fix import Remedy
from cinedex.timeline.movie import Movie

_COLOURS = {"fail": "red", "needs a human": "yellow", "pass": "green", "not measured": "magenta"}


Packs = Annotated[str, typer.Option("--for", help="Rule packs, with commas between: us,uk,in,wcag.")]
OwnPacks = Annotated[list[Path] | None, typer.Option("--pack", help="A rule pack of one's own, in TOML.")]


def compliance(
    film: Annotated[str, typer.Argument(help="A film of the library: its name, path, or the beginning of its id.")],
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
            out.print(f"  [{colour}]{f.outcome:<13}[/] {f.clause.id}: {escape(f.why)}", soft_wrap=True)
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
    failing = (f for j in judged for f in j.findings if f.clause.test == "flashing" and f.outcome == "fail")
    standards = dict.fromkeys(f.clause.labels[0] for f in failing)
    return {s: list(library.flicker.remedies(movie, library.flicker.verdict(movie, s))) for s in standards}


def chosen_packs(names: str, own: list[Path]) -> list[Pack]:
    """The packs that options name: those asked for and one's own, or all that come with Cinedex."""
    known = built_in()
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in known:
            raise UsageError(f"there is no rule pack {name!r}", remedy=f"There are: {', '.join(known)}.")
    return [*(known[name] for name in wanted or (known if not own else ())), *(load_pack(path) for path in own)]
