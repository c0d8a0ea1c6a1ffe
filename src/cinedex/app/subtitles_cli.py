"""`cinedex subtitles`: make a film's subtitles, translate them, check a file's.

`subtitles FILM` is short for `subtitles make FILM`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from cinedex.app.opening import Json, open_library, out, print_json
from cinedex.canonical import plain
from cinedex.errors import UsageError
from cinedex.formats.languages import lacking
from cinedex.library import Library
from cinedex.subtitles.check import Verdict
from cinedex.subtitles.drift import Drift
from cinedex.subtitles.files import FORMS, SCC_LINE, form_of
from cinedex.subtitles.film import code_of
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Rate
from cinedex.translate.film import Translated

_SHOWN = 30


class MakeFirst(TyperGroup):
    """A group whose first word may be a film: then `make` is meant. A film called like a command needs `make`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `make` before what is no command."""
        helps = set(ctx.help_option_names)
        first = next((a for a in args if a != "--"), None)
        if first is not None and first not in self.commands and not helps & set(args):
            args = ["make", *args]
        return list(super().parse_args(ctx, args))


app = typer.Typer(
    cls=MakeFirst, help="Subtitles that keep a style guide: make a film's, check a file's.", no_args_is_help=True
)

Style = Annotated[str, typer.Option("--style", "-s", help="A style guide: netflix, or the path of a TOML file.")]
Sdh = Annotated[bool, typer.Option("--sdh", help="For those who do not hear: sounds in brackets, songs marked.")]
Audience = Annotated[str, typer.Option("--audience", help="adult or child: how fast they read.")]


@app.command()
def make(
    film: Annotated[str, typer.Argument(help="A film of the library: its name or part of it, path, or start of id.")],
    style: Style = "netflix",
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="As en; default the one spoken most.")
    ] = None,
    sdh: Sdh = False,
    audience: Audience = "adult",
    form: Annotated[str | None, typer.Option("--format", "-f", help="srt, vtt, ass, ttml or scc.")] = None,
    to: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; default FILM.LANGUAGE.FORMAT here.")
    ] = None,
    ask: Annotated[
        bool, typer.Option("--translate/--no-translate", help="Have the writer translate what is not there otherwise.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Make a film's subtitles from its words, so that they keep a style guide, and say how well they do.

    In a language in which there is nothing, CINEDEX_WRITER is asked to translate; how much of it is said first.
    """
    library = open_library()
    movie = library.find(film)
    form = _form(form) if form else form_of(to) if to else "srt"
    if language and ask and library.translator.writer and lacking(library.timeline(movie), code_of(language)):
        _translated(library, movie, language, quiet=as_json)
    made = library.subtitles(
        movie,
        style,
        language=language,
        sdh=sdh,
        audience=_audience(audience),
        widest=SCC_LINE if form == "scc" else None,
    )
    if not made.subtitles:
        if as_json:
            print_json({"file": None, "notes": list(made.notes), **_facts(made.verdict)})
            return
        what = "Nobody speaks and no sound is told" if sdh else "Nobody speaks"
        also = "" if sdh else " (--sdh tells sounds)"
        out.print(f"{what} in {escape(movie.name)}: there is nothing to write{also}.", soft_wrap=True)
        return
    path = to or Path(f"{Path(movie.name).stem or movie.id[:16]}.{made.guide.language}.{form}")
    library.write_subtitles(made.subtitles, path, form=form, language=made.guide.language)
    if as_json:
        print_json({"file": str(path), "notes": list(made.notes), **_facts(made.verdict)})
        return
    _table(made.verdict, f"{made.guide.title}, {made.guide.language}")
    for note in made.notes:
        out.print(f"[yellow]{escape(note)}[/]", soft_wrap=True)
    out.print(f"Wrote [bold]{escape(str(path))}[/]", soft_wrap=True)


@app.command()
def translate(
    film: Annotated[str, typer.Argument(help="A film of the library: its name or part of it, path, or start of id.")],
    language: Annotated[str, typer.Option("--language", "-l", help="Into which, as fr or pt-BR.")],
    only_plan: Annotated[bool, typer.Option("--plan", help="Say what would be asked, and ask nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Have the writer of the settings translate a film's lines; what it answers is checked and kept.

    `cinedex subtitles FILM --language fr` then makes subtitles of them.
    """
    library = open_library()
    movie = library.find(film)
    if only_plan:
        order = library.translator.order(movie, language)
        if as_json:
            sent, back = order.tokens
            print_json(dict(plain(order)) | {"tokens_sent": sent, "tokens_written": back})
            return
        out.print(f"{escape(movie.name)}: {escape(str(order))}", soft_wrap=True)
        return
    made = _translated(library, movie, language, quiet=as_json)
    if as_json:
        print_json(
            {"language": made.to, "lines": made.lines, "translated": len(made.rows), "requests": made.requests,
             "maker": made.maker, "notes": list(made.notes)}
        )  # fmt: skip
        return
    for note in made.notes:
        out.print(escape(note), soft_wrap=True)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A subtitle file: SubRip, WebVTT, ASS, TTML or SCC.")],
    style: Style = "netflix",
    language: Annotated[str, typer.Option("--language", "-l", help="Its language.")] = "en",
    sdh: Sdh = False,
    audience: Audience = "adult",
    fps: Annotated[str | None, typer.Option("--fps", help="Frames a second, as 25 or 24000/1001; else 24.")] = None,
    cuts_from: Annotated[str | None, typer.Option("--cuts-from", help="The film whose cuts and frames count.")] = None,
    against: Annotated[str | None, typer.Option("--against", help="The film to measure offset and speed by.")] = None,
    retime: Annotated[bool, typer.Option("--retime", help="Mend offset and speed (with --against, --fix).")] = False,
    fix: Annotated[Path | None, typer.Option("--fix", help="Write the file mended, as far as words allow.")] = None,
    as_json: Json = False,
) -> None:
    """Score a subtitle file by a style guide; leaves with 1 if a rule that must be kept is broken, with --fix still."""
    if retime and (against is None or fix is None):
        raise UsageError("--retime needs to know the film and where to write", remedy="Add --against FILM --fix OUT.")
    if fix is not None:
        form_of(fix)
    library = open_library()
    found = library.check_subtitles(
        file,
        style,
        language=language,
        sdh=sdh,
        audience=_audience(audience),
        rate=_rate(fps),
        cuts_from=library.find(cuts_from) if cuts_from else None,
        against=library.find(against) if against else None,
        retime=retime,
        fix=fix is not None,
    )
    if fix is not None and found.mended is not None:
        library.write_subtitles(found.mended.subtitles, fix, language=language)
    last = found.mended.verdict if found.mended is not None else found.verdict
    if as_json:
        facts = {"file": str(file), "form": found.read.form, "notes": list(found.notes), **_facts(found.verdict)}
        facts |= {"drift": None if found.drift is None else _drift(found.drift)}
        facts |= {"fixed": None if found.mended is None else {"file": str(fix), **_facts(found.mended.verdict)}}
        print_json(facts)
        raise typer.Exit(1 if last.bad else 0)
    _faults(found.verdict)
    _table(found.verdict, f"{file.name} by {found.guide.title}, {found.guide.language}")
    for note in found.notes:
        out.print(f"[yellow]{escape(note)}[/]", soft_wrap=True)
    if found.mended is not None:
        _table(found.mended.verdict, f"{fix}, mended")
        for note in found.mended.notes:
            out.print(f"[yellow]{escape(note)}[/]", soft_wrap=True)
    raise typer.Exit(1 if last.bad else 0)


def _translated(library: Library, movie: Movie, language: str, *, quiet: bool) -> Translated:
    """Say what is going to be asked, and ask it."""
    order = library.translator.order(movie, language)
    if quiet or not order.requests:
        return library.translator.translate(movie, language)
    out.print(f"Translating {escape(str(order))}", soft_wrap=True)
    with out.status("") as status:
        made = library.translator.translate(
            movie, language, on_lines=lambda n, of: status.update(f"{n:,} of {of:,} lines translated")
        )
    for reason in made.reasons:
        out.print(f"[yellow]{escape(reason)}[/]", soft_wrap=True)
    return made


def _drift(drift: Drift) -> dict[str, Any]:
    return {
        "name": drift.name,
        "pace": float(drift.pace),
        "shift": drift.shift.seconds,
        "fit": round(drift.fit, 3),
        "before": round(drift.before, 3),
        "sure": drift.sure,
    }


def _facts(verdict: Verdict) -> dict[str, Any]:
    return {
        "count": verdict.count,
        "conforming": round(verdict.conforming, 4),
        "bad": verdict.bad,
        "by_rule": verdict.by_rule,
        "faults": [
            {
                "rule": f.rule, "level": f.level, "number": f.number, "at": f.at.clock, "value": round(f.value, 3),
                "limit": round(f.limit, 3), "says": f.says,
            }
            for f in verdict.faults
        ],
    }  # fmt: skip


def _faults(verdict: Verdict) -> None:
    for fault in verdict.faults[:_SHOWN]:
        colour = {"must": "red", "should": "yellow"}.get(fault.level, "dim")
        out.print(f"{fault.number:>5} {fault.at.clock}  [{colour}]{fault.rule}[/] {escape(fault.says)}", soft_wrap=True)
    if len(verdict.faults) > _SHOWN:
        out.print(f"[dim]and {len(verdict.faults) - _SHOWN:,} more; --json lists them[/]")


def _table(verdict: Verdict, title: str) -> None:
    out.print(f"[bold]{escape(title)}[/]", soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    for name in ("rule", "weight"):
        table.add_column(name)
    table.add_column("times", justify="right")
    levels = {f.rule: f.level for f in verdict.faults}
    for rule, times in verdict.by_rule.items():
        table.add_row(rule, levels[rule], f"{times:,}")
    if levels:
        out.print(table)
    good = verdict.count - verdict.bad
    out.print(f"{good:,} of {verdict.count:,} subtitles keep every rule that must be kept ({verdict.conforming:.1%})")


def _audience(told: str) -> Literal["adult", "child"]:
    if told not in {"adult", "child"}:
        raise UsageError(f"there is no audience {told!r}", remedy="Write adult or child.")
    return cast("Literal['adult', 'child']", told)


def _form(told: str) -> str:
    if told not in FORMS:
        raise UsageError(f"there is no subtitle format {told!r}", remedy=f"There are: {', '.join(FORMS)}.")
    return told


def _rate(told: str | None) -> Rate | None:
    try:
        rate = Rate.of(told) if told else None
    except (ValueError, ZeroDivisionError) as wrong:
        raise UsageError(f"{told!r} is no frame rate", remedy="Write 25 or 24000/1001.") from wrong
    if rate is not None and not 5 <= float(rate) <= 300:
        raise UsageError(f"{told!r} is no frame rate of a film", remedy="Write 25 or 24000/1001.")
    return rate
