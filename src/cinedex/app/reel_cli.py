"""`cinedex reel` and `cinedex chapters`: a film in a minute for editing programs, and its scenes for players."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cinedex.app.opening import Json, open_library, out, print_json
from cinedex.canonical import plain
from cinedex.errors import UsageError
from cinedex.search.reel import PURPOSES

Film = Annotated[str, typer.Argument(help="A film of the library: its name or part of it, path, or start of id.")]


def reel(
    film: Film,
    to: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write: .edl or .otio; none: only say what is in.")
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", "-s", help="How long it may play.")] = 60.0,
    purpose: Annotated[str, typer.Option("--for", help="highlights, or previously for what has happened so far.")] = (
        "highlights"
    ),
    as_json: Json = False,
) -> None:
    """Choose the clips that show a film in a minute, never cutting into a word, for an editing program."""
    if purpose not in PURPOSES:
        raise UsageError(f"a reel is for {' or '.join(PURPOSES)}, not for {purpose!r}")
    library = open_library()
    movie = library.find(film)
    made = library.reel(movie, seconds, purpose)
    if to is not None:
        library.write_reel(movie, made, to)
    if as_json:
        print_json(dict(plain(made)) | {"seconds": round(made.duration.seconds, 3)})
        return
    for clip in made.clips:
        why = f"  {', '.join(clip.why)}" if clip.why else ""
        out.print(f"[cyan]{clip.start.clock}-{clip.end.clock}[/]{why}", highlight=False)
    out.print(f"{len(made.clips)} clips, {made.duration.seconds:.1f} s")
    for note in made.notes:
        out.print(f"[yellow]{escape(note)}[/]", soft_wrap=True)
    if to is not None:
        out.print(f"Wrote [bold]{escape(str(to))}[/]", soft_wrap=True)


def chapters(
    film: Film,
    to: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The file to write: .vtt, .ffmeta or .txt; default FILM.chapters.vtt here."
        ),
    ] = None,
) -> None:
    """Write a film's scenes as chapters for players (.vtt), for FFmpeg (.ffmeta) or for YouTube (.txt)."""
    library = open_library()
    movie = library.find(film)
    path = to or Path(f"{Path(movie.name).stem or movie.id[:16]}.chapters.vtt")
    out.print(f"Wrote [bold]{escape(str(library.chapters(movie, path)))}[/]", soft_wrap=True)
