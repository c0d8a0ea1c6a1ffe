"""`cinedex people`: who is in a film and in the library. `people FILM` is short for `people show FILM`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from cinedex.app import people_acts
from cinedex.app.opening import Json, open_library, out, print_json
from cinedex.people.register import live


class FilmFirst(TyperGroup):
    """A group whose first word may be a film: then `show` is meant. A film called like a command needs `show`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `show` before what is no command."""
        helps = set(ctx.help_option_names)
        first = next((a for a in args if a != "--"), None)
        if first is not None and first not in self.commands and not helps & set(args):
            args = ["show", *args]
        return list(super().parse_args(ctx, args))


app = typer.Typer(
    cls=FilmFirst,
    help="Who is in a film and in the library: show, name, merge, split, enrol, delete.",
    no_args_is_help=True,
)


@app.command()
def show(
    film: Annotated[str, typer.Argument(help="A film of the library: its name or part of it, path, or start of id.")],
    page: Annotated[Path | None, typer.Option("--page", help="Write an HTML page with everybody instead.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Also those who are hidden, and however many.")] = False,
    as_json: Json = False,
) -> None:
    """Show who is in a film, with portraits where the terminal has colours."""
    from cinedex.app.people_tables import gallery_facts, gallery_table  # noqa: PLC0415 - only these commands draw

    library = open_library()
    movie = library.find(film)
    if page is not None:
        path = library.gallery(movie, page)
        print_json({"page": str(path)}) if as_json else out.print(f"Wrote [bold]{escape(str(path))}[/]")
        return
    colours = out.color_system is not None and not as_json
    gallery = library.people(movie, portraits=colours)
    if as_json:
        print_json(gallery_facts(gallery))
        return
    out.print(gallery_table(gallery, colours=colours, everybody=everybody))
    people_acts.warn_of_due(library)


@app.command("list")
def list_people(as_json: Json = False) -> None:
    """List everybody who is known in the library, and strangers seen in several films."""
    from cinedex.app.people_tables import people_table, somebody_facts  # noqa: PLC0415 - as above

    library = open_library()
    movies = {m.id: m for m in library.movies()}
    people = library.cast.everybody()
    if as_json:
        print_json([somebody_facts(p, movies) for p in people])
        return
    out.print(people_table([p for p in people if not p.hidden], movies))
    hidden = sum(p.hidden for p in people)
    if hidden:
        out.print(f"[dim]{hidden:,} hidden; --json lists them[/]")
    people_acts.warn_of_due(library)


@app.command()
def suggestions(
    film: Annotated[str | None, typer.Option("--film", help="Only of this film.")] = None, as_json: Json = False
) -> None:
    """List characters that somebody known may be, to confirm or to refuse."""
    from cinedex.app.people_tables import _title, character_facts, suggestions_table  # noqa: PLC0415 - as above

    library = open_library()
    movies = {m.id: m for m in library.movies()}
    found = library.cast.suggestions(library.find(film) if film else None)
    if as_json:
        print_json([{"film": c.film, "film_name": _title(c, movies), **character_facts(c)} for c in found])
        return
    out.print(suggestions_table(found, movies))


@app.command()
def log(
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="How many entries at most.")] = 50,
    as_json: Json = False,
) -> None:
    """List what was decided about people, the latest last; what was taken back is struck out."""
    from cinedex.app.people_tables import entry_facts, log_table  # noqa: PLC0415 - as above

    entries = open_library().cast.log.entries()
    counting = frozenset(e.id for e in live(entries))
    shown = entries[-last:]
    if as_json:
        print_json([entry_facts(e, counting) for e in shown])
        return
    out.print(log_table(shown, counting))


people_acts.add_to(app)
