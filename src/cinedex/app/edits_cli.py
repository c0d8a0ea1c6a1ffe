"""`cinedex edits`: lists for players and editors of what to skip, mute or blur in a film."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from cinedex.app.compliance_cli import OwnPacks, Packs, chosen_packs
from cinedex.app.opening import Json, err, open_library, out, print_json
from cinedex.compliance.edits import ACTS, Act, Edit, EditList, Margins, Wish, wished
from cinedex.compliance.model import CATEGORIES, Pack
from cinedex.errors import UsageError
from cinedex.formats.edits.forms import EDIT_FORMS, write_edits
from cinedex.library import Library
from cinedex.timeline.time import Time

_COLOURS = {"skip": "red", "mute": "yellow", "blur": "cyan"}

Skip = Annotated[str, typer.Option("--skip", help="What to leave out: violence:strong,nudity.")]
Mute = Annotated[str, typer.Option("--mute", help="What not to let be heard: language:moderate.")]
Blur = Annotated[str, typer.Option("--blur", help="What not to let be seen.")]
Pad = Annotated[float, typer.Option("--pad", help="Seconds added on both sides; words stay whole.")]
Near = Annotated[float, typer.Option("--near", help="Seconds within which an edge goes to a cut.")]
Score = Annotated[float, typer.Option("--score", help="How sure a flag has to be, from 0 to 1.")]


def edits(
    film: Annotated[str, typer.Argument(help="A film of the library: its name or part of it, path, or start of id.")],
    skip: Skip = "",
    mute: Mute = "",
    blur: Blur = "",
    pad: Pad = 0.25,
    near: Near = 1.0,
    score: Score = 0.0,
    packs: Packs = "",
    pack: OwnPacks = None,
    form: Annotated[str, typer.Option("--format", "-f", help=f"What -o is written as: {', '.join(EDIT_FORMS)}.")] = "",
    to: Annotated[Path | None, typer.Option("-o", "--output", help="The file of the list.")] = None,
    copy: Annotated[Path | None, typer.Option("--copy", help="Write a copy of the film (MP4) edited so.")] = None,
    as_json: Json = False,
) -> None:
    """List what to skip, mute or blur in a film by category and strength; write it for players and editors.

    Words are never cut, and edges go to cuts where one is near. Leaves with 1 where something asked for could not be
    looked for.
    """
    library = open_library()
    movie, chosen = library.find(film), chosen_packs(packs, pack or [])
    wishes = _wishes({"skip": skip, "mute": mute, "blur": blur}, chosen, score)
    made = library.edits(movie, wishes, chosen, Margins(pad=_time("pad", pad), near=_time("near", near)))
    if as_json:
        print_json(edit_facts(made))
    else:
        _print(made)
    if to is not None:
        lost = write_edits(made, form or _form(to), to)
        err.print(f"Wrote {escape(str(to))}", soft_wrap=True)
        if lost:
            err.print(f"[yellow]{lost} edits are not in it: the format cannot say them.[/]")
    if copy is not None:
        _copy(library, made, copy)
    raise typer.Exit(1 if made.unlooked else 0)


def edit_facts(made: EditList) -> dict[str, Any]:
    """Edits for programs; times in seconds."""
    return {
        "film": made.movie.name,
        "id": made.movie.id,
        "seconds_left": float(made.left.seconds),
        "edits": [
            {
                "act": e.act,
                "start": float(e.span.start.seconds),
                "end": float(e.span.end.seconds),
                "sorts": [{"category": c, "strength": s or None} for c, s in e.sorts],
                "flags": [
                    {"start": float(f.span.start.seconds), "end": float(f.span.end.seconds), "note": f.note,
                     "score": round(f.score, 4), "clause": f.clause, "ref": f.ref}
                    for f in e.flags
                ],
            }
            for e in made.edits
        ],
        "not_looked_for": list(made.unlooked),
    }  # fmt: skip


def _copy(library: Library, made: EditList, to: Path) -> None:
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("Copying", total=int(made.movie.duration))
        library.safe_copy(made, to, lambda at: bar.update(task, completed=int(at)))
    err.print(f"Wrote {escape(str(to))}", soft_wrap=True)


def _wishes(given: dict[Act, str], packs: list[Pack], score: float) -> list[Wish]:
    if not 0 <= score <= 1:
        raise UsageError(f"a score of {score:g}", remedy="Write a number from 0 to 1.")
    own = {label for p in packs for clause in p.clauses for label in (clause.about,) if label}
    wishes = [w for act in ACTS for w in wished(act, given[act], {*CATEGORIES, *own})]
    if not wishes:
        raise UsageError(
            "nothing is asked for", remedy="Write --skip violence:strong, --mute language or --blur nudity."
        )
    return [Wish(w.act, w.category, w.strength, score) for w in wishes]


def _time(name: str, seconds: float) -> Time:
    if not 0 <= seconds <= 60:
        raise UsageError(f"{name} of {seconds:g} s", remedy="From 0 to 60 seconds.")
    return Time.from_seconds(seconds)


def _form(to: Path) -> str:
    fitting = [name for name, form in EDIT_FORMS.items() if to.name.endswith(f".{form.ending}")]
    if not fitting:
        raise UsageError(f"{to.name} does not say which format is meant", remedy=f"Add -f: {', '.join(EDIT_FORMS)}.")
    return fitting[0]


def _print(made: EditList) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "from", "to", "s", "for", "because of"):
        table.add_column(name)
    for edit in made.edits:
        sorts = ", ".join(f"{c} {s}".strip() for c, s in edit.sorts)
        start, end, long = edit.span.start.clock, edit.span.end.clock, f"{edit.span.duration.seconds:.1f}"
        table.add_row(f"[{_COLOURS[edit.act]}]{edit.act}[/]", start, end, long, escape(sorts), escape(_because(edit)))
    out.print(table)
    counts = ", ".join(f"{len(made.spans(act))} to {act}" for act in ACTS if made.spans(act))
    out.print(f"{counts or 'Nothing to edit'}; {made.left.clock[:-4]} of {made.movie.duration.clock[:-4]} are left.")
    for lost in made.unlooked:
        err.print(f"[yellow]Not looked for: {escape(lost)}[/]", soft_wrap=True)


def _because(edit: Edit) -> str:
    notes = list(dict.fromkeys(f.note for f in edit.flags if f.note))
    return "; ".join(notes[:3]) + (f" and {len(notes) - 3} more" if len(notes) > 3 else "")
