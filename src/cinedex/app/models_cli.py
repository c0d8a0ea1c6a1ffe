"""`cinedex models`: what is described, what is here, under which terms; fetching and checking it."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Table

from cinedex.errors import CinedexError, ModelError, UsageError
from cinedex.models.fetch import present
from cinedex.models.fetch import pull as fetch
from cinedex.models.fetch import verify as check
from cinedex.models.registry import licence_table, registry
from cinedex.models.spec import ModelSpec
from cinedex.settings import Settings

app = typer.Typer(help="The models: list, pull, verify, licences.", no_args_is_help=True)

out = Console(highlight=False)

Names = Annotated[list[str] | None, typer.Argument(help="Models by name; all of the core tier where none is named.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def _specs(settings: Settings, names: list[str] | None) -> list[ModelSpec]:
    known = registry(*([settings.registry] if settings.registry else []))
    for name in names or ():
        if name not in known:
            raise UsageError(f"no model is called {name!r}", remedy=f"There are: {', '.join(sorted(known))}.")
    return [known[n] for n in names] if names else [s for s in known.values() if s.tier == "core"]


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """Show every described model and whether its files are here."""
    settings = Settings.from_env()
    cache = settings.cache / "models"
    known = registry(*([settings.registry] if settings.registry else [])).values()
    if as_json:
        facts = [
            {"name": s.name, "task": s.task, "tier": s.tier, "bytes": s.size, "here": present(s, cache)} for s in known
        ]
        sys.stdout.write(json.dumps(facts, indent=1) + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("model", "task", "tier", "size", "here", "what it is"):
        table.add_column(column)
    for s in known:
        here = "[green]yes[/]" if present(s, cache) else "[dim]no[/]"
        table.add_row(s.name, s.task, s.tier, f"{s.size / 2**20:.0f} MiB", here, escape(s.summary))
    out.print(table)


@app.command()
def pull(names: Names = None, offline: Annotated[bool, typer.Option("--offline", help="Only look.")] = False) -> None:
    """Fetch models' files once; after that no network is needed."""
    settings = Settings.from_env(offline=offline or None)
    specs = _specs(settings, names)
    bars = Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=28), DownloadColumn(), console=out, transient=True
    )
    worst = 0
    with bars:
        for spec in specs:
            bar = bars.add_task(spec.name, total=spec.size or None)

            def told(done: int, total: int, bar: TaskID = bar) -> None:
                bars.update(bar, completed=done, total=total)

            try:
                fetch(spec, settings.cache / "models", offline=settings.offline, progress=told)
            except CinedexError as error:
                worst = error.exit_code
                out.print(f"[red]✗[/] {escape(str(error))}")
            else:
                out.print(f"[green]✓[/] {spec.name:<18} {spec.size / 2**20:6.1f} MiB  {escape(spec.licence.name)}")
            bars.remove_task(bar)
    raise typer.Exit(worst)


@app.command()
def verify(names: Names = None) -> None:
    """Hash the files that are here and compare them with the registry."""
    settings = Settings.from_env()
    bad = False
    for spec in _specs(settings, names):
        problems = check(spec, settings.cache / "models")
        bad = bad or bool(problems)
        out.print(
            f"{'[red]✗[/]' if problems else '[green]✓[/]'} {spec.name:<18} {escape('; '.join(problems) or 'as pinned')}"
        )
    raise typer.Exit(ModelError.exit_code if bad else 0)


@app.command()
def licences(as_json: Json = False) -> None:
    """Show every model's terms and how well they are known."""
    settings = Settings.from_env()
    terms = licence_table(registry(*([settings.registry] if settings.registry else [])).values())
    if as_json:
        sys.stdout.write(json.dumps(terms, indent=1) + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("model", "licence", "known how", "note"):
        table.add_column(column)
    for term in terms:
        style = {"verified": "green", "stated": "default", "unverified": "yellow"}[term["status"]]
        status = f"[{style}]{term['status']}[/]"
        table.add_row(term["name"], escape(term["licence"]), status, escape(term["note"]))
    out.print(table)
