"""`cinedex tags`: teach the library a tag by a few example shots, list what was taught, forget it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from cinedex.app.opening import Json, open_library, out, print_json
from cinedex.errors import UsageError
from cinedex.library import Library
from cinedex.taught import VOCABULARY
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Tag
from cinedex.timeline.time import Time

app = typer.Typer(help="Tags of one's own: teach, list, forget.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The tag.")]
Moments = Annotated[list[str] | None, typer.Option(help="A moment of a shot, as FILM@1:23; may be given many times.")]


@app.command()
def teach(name: Name, like: Moments = None, unlike: Moments = None) -> None:
    """Learn a tag from shots that are like it; every film that was or will be analysed then has it."""
    library = open_library()
    lesson = library.taught.teach(name, _moments(library, like), _moments(library, unlike))
    found = _found(library, lesson.name)
    out.print(
        f"[bold]{escape(lesson.name)}[/] fits {sum(map(len, found.values()))} shots in {len(found)} of "
        f"{len(library.movies())} films, and every film to come is asked."
    )
    for movie, tags in found.items():
        times = ", ".join(t.start.clock[:-4] for t in sorted(tags, key=lambda t: -t.score)[:8])
        out.print(f"  {escape(movie)}  [dim]{times}{' ...' if len(tags) > 8 else ''}[/]", soft_wrap=True)


@app.command("list")
def list_tags(as_json: Json = False) -> None:
    """Show the tags that were taught, with their examples and how often they fit."""
    library = open_library()
    facts = [
        {
            "name": lesson.name,
            "like": sum(e.like for e in lesson.examples),
            "unlike": sum(not e.like for e in lesson.examples),
            "shots": {movie: len(tags) for movie, tags in _found(library, lesson.name).items()},
        }
        for lesson in sorted(library.taught, key=lambda lesson: lesson.name.casefold())
    ]
    if as_json:
        print_json(facts)
        return
    for fact in facts:
        shots = fact["shots"]
        out.print(
            f"[bold]{escape(str(fact['name']))}[/]  like {fact['like']}, unlike {fact['unlike']}  "
            f"[dim]{sum(shots.values()) if isinstance(shots, dict) else 0} shots[/]"
        )
    if not facts:
        out.print("No tag was taught yet. `cinedex tags teach NAME --like FILM@1:23` teaches one.")


@app.command()
def forget(name: Name) -> None:
    """Unlearn a tag: no film has it any more."""
    open_library().taught.forget(name)
    out.print(f"Forgot the tag {escape(name)}.")


def _moments(library: Library, told: list[str] | None) -> list[tuple[Movie, Time]]:
    found = []
    for text in told or ():
        film, _, clock = text.rpartition("@")
        try:
            at = Time.parse(clock)
        except ValueError as wrong:
            raise UsageError(f"{text!r} names no moment: {wrong}", remedy="Write FILM@1:23.") from None
        if not film:
            raise UsageError(f"{text!r} names no film", remedy="Write FILM@1:23.")
        found.append((library.find(film), at))
    return found


def _found(library: Library, name: str) -> dict[str, list[Tag]]:
    """The shots that have the tag, by the film's name."""
    found: dict[str, list[Tag]] = {}
    for movie in library.movies():
        track = library.timeline(movie).find(Tag)
        tags = [t for t in track or () if t.vocabulary == VOCABULARY and t.label == name]
        if tags:
            found[movie.name] = tags
    return found
