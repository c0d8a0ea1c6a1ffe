"""`cinedex search` and `cinedex index`: moments found, and the index that they are found in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cinedex.app.opening import Json, open_library, out, print_json
from cinedex.canonical import plain
from cinedex.errors import CinedexError, StoreError, UsageError
from cinedex.library import Library
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Time

index_app = typer.Typer(help="Check the search index, make it anew, tidy it.", no_args_is_help=True)


def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(help='Plain words, "phrases", and filters: film: person: place: sound: text: time: year: ...'),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many moments at most.")] = 10,
    film: Annotated[str | None, typer.Option("--film", help="Only in this film.")] = None,
    like: Annotated[Path | None, typer.Option("--like", help="A picture that the moments are to look like.")] = None,
    more_like: Annotated[
        str | None, typer.Option("--more-like", help="FILM@TIME: a moment that the others are to be like.")
    ] = None,
    face: Annotated[
        Path | None, typer.Option("--face", help="A photo of somebody who is to be on screen (recognition must be on).")
    ] = None,
    voice: Annotated[
        Path | None, typer.Option("--voice", help="A recording of a voice that is to speak (recognition must be on).")
    ] = None,
    sound: Annotated[Path | None, typer.Option("--sound", help="A recording of what is to be heard.")] = None,
    pictures: Annotated[
        bool | None,
        typer.Option("--pictures/--no-pictures", help="Show stills; by default where the terminal has graphics."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find moments by what is said, read, seen or heard in them, and by who is on screen."""
    from cinedex.app import thumbs  # noqa: PLC0415 - only this command shows hits
    from cinedex.app.tables import hits_table, result_facts  # noqa: PLC0415 - only this command shows hits

    library = open_library()
    result = library.search(
        " ".join(words or []),
        limit=limit,
        movie=library.find(film) if film else None,
        like=like,
        more_like=_moment(library, more_like) if more_like else None,
        face=face,
        voice=voice,
        sound=sound,
    )
    if as_json:
        print_json(result_facts(result))
    else:
        how = thumbs.way(out, pictures)
        shown = thumbs.stills(library, result.hits) if how else []
        out.print(hits_table(result, [thumbs.Still(s, how) if s else None for s in shown] if how else ()))


def _moment(library: Library, text: str) -> tuple[Movie, Time]:
    """FILM@TIME as a film and a time of it."""
    film, _, at = text.rpartition("@")
    if not film:
        raise UsageError(f"{text!r} names no moment", remedy="Say FILM@TIME, for example holiday@0:12:30.")
    try:
        time = Time.parse(at)
    except (ValueError, CinedexError) as wrong:
        raise UsageError(f"{at!r} is no time: {wrong}", remedy="Say it as 0:12:30 or 12:30.") from None
    return library.find(film), time


@index_app.command()
def check(as_json: Json = False) -> None:
    """Say whether the index holds every film of the library as it is known now; else leave with an exit code."""
    library = open_library()
    wrong = library.indexing.check()
    films, moments = library.index.size
    if as_json:
        print_json({"films": films, "moments": moments, "wrong": wrong})
    else:
        for line in wrong:
            out.print(f"[red]✗[/] {escape(line)}", soft_wrap=True)
        out.print(f"{films} films, {moments} moments" + ("" if wrong else ": all up to date"))
    raise typer.Exit(StoreError.exit_code if wrong else 0)


@index_app.command()
def rebuild() -> None:
    """Make the index anew from what is stored of the films; nothing is analysed again."""
    library = open_library()
    library.indexing.rebuild()
    films, moments = library.index.size
    out.print(f"Made the index anew: {films} films, {moments} moments.")


@index_app.command()
def compact() -> None:
    """Join the index's small files and drop versions that no reader needs any more."""
    library = open_library()
    library.index.compact()
    out.print("Tidied the index.")


def ask(
    question: Annotated[list[str], typer.Argument(help="A question in plain words.")],
    film: Annotated[str | None, typer.Option("--film", help="Only of this film.")] = None,
    session: Annotated[
        str, typer.Option("--session", help="A name: the next question under it may lean on this answer.")
    ] = "",
    new: Annotated[bool, typer.Option("--new", help="Begin the session anew.")] = False,
    as_json: Json = False,
) -> None:
    """Answer a question with claims that cite where they are from, or say that the library does not know."""
    from cinedex.app.telling import answer_facts, answer_text  # noqa: PLC0415 - only this command answers

    library = open_library()
    if session and new:
        library.sessions.forget(session)
    answer = library.ask(" ".join(question), movie=library.find(film) if film else None, session=session)
    if as_json:
        print_json(answer_facts(answer))
    else:
        out.print(answer_text(answer), soft_wrap=True)


def summary(
    film: Annotated[
        str | None,
        typer.Argument(help="A film of the library: its name or part of it, path, or start of id; else all."),
    ] = None,
    length: Annotated[str, typer.Option("--length", help="short, medium or long.")] = "short",
    scene: Annotated[int | None, typer.Option("--scene", min=0, help="Only this scene.")] = None,
    person: Annotated[str, typer.Option("--person", help="Only where this person is on screen.")] = "",
    topic: Annotated[str, typer.Option("--topic", help="Only moments that these words find.")] = "",
    as_json: Json = False,
) -> None:
    """Sum up a film in quoted lines and chapters, or what the whole library has of a topic or a person."""
    from cinedex.app.telling import digest_text, summary_text  # noqa: PLC0415 - only this command sums up
    from cinedex.search.summary import LENGTHS  # noqa: PLC0415 - only this command sums up

    if length not in LENGTHS:
        raise UsageError(f"a summary is {', '.join(LENGTHS)}, not {length!r}")
    library = open_library()
    if film is None:
        if scene is not None:
            raise UsageError("a scene is a film's", remedy="Name the film before --scene.")
        every = library.digest(length=length, person=person, topic=topic)
        if as_json:
            print_json(plain(every))
        else:
            out.print(digest_text(every), soft_wrap=True)
        return
    told = library.summary(library.find(film), length=length, scene=scene, person=person, topic=topic)
    if as_json:
        print_json(plain(told))
    else:
        out.print(summary_text(told), soft_wrap=True)
