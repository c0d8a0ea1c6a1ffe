"""`cinedex compliance`: what rule packs say of a film, clause by clause."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from cinedex.app.opening import open_library, out
from cinedex.compliance.model import Pack
from cinedex.compliance.read import built_in, load_pack
from cinedex.errors import UsageError
from cinedex.formats.compliance import render_compliance

_COLOURS = {"fail": "red", "needs a human": "yellow", "pass": "green", "not measured": "magenta"}


Packs = Annotated[str, typer.Option("--for", help="Rule packs, with commas between: us,uk,in,wcag.")]
OwnPacks = Annotated[list[Path] | None, typer.Option("--pack", help="A rule pack of one's own, in TOML.")]


def compliance(
    film: Annotated[str, typer.Argument(help="A film of the library: its name or part of it, path, or start of id.")],
    packs: Packs = "",
    pack: OwnPacks = None,
    form: Annotated[Literal["html", "json", "csv"], typer.Option("--format", help="What -o is written as.")] = "html",
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
    if to is not None:
        try:
            to.write_text(render_compliance(library.timeline(movie), judged, form), encoding="utf-8", newline="")
        except OSError as wrong:
            raise UsageError(f"{to}: cannot be written ({wrong})", remedy="Name a file that you may write.") from wrong
        out.print(f"{escape(str(to))}", soft_wrap=True)


def chosen_packs(names: str, own: list[Path]) -> list[Pack]:
    """The packs that options name: those asked for and one's own, or all that come with Cinedex."""
    known = built_in()
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in known:
            raise UsageError(f"there is no rule pack {name!r}", remedy=f"There are: {', '.join(known)}.")
    return [*(known[name] for name in wanted or (known if not own else ())), *(load_pack(path) for path in own)]
