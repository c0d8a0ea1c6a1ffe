"""`cinedex flashes`: what the standards on flashing say of a film, and what would make it pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cinedex.app.opening import Json, open_library, out, print_json
from cinedex.formats.compliance import facts_of
from cinedex.formats.compliance.curves import allowed_by, amount, told
from cinedex.stages.flashing import DEFAULT, measured
from cinedex.stages.flicker.fix import Remedy
from cinedex.stages.flicker.judge import Finding, Verdict
from cinedex.timeline.time import Time

_COLOURS = {"fail": "red", "caution": "yellow", "pass": "green", "not measured": "magenta"}

Standards = Annotated[
    list[str] | None,
    typer.Option(
        "--profile",
        "-p",
        help="A standard: wcag-2-1, wcag-2-2, wcag-field, itu-bt1702, ofcom or iris; may be given many times. "
        "Default: all but wcag-field.",
    ),
]


def flashes(
    film: Annotated[str, typer.Argument(help="A film of the library: its name or part of it, path, or start of id.")],
    profile: Standards = None,
    fix: Annotated[bool, typer.Option("--fix", help="Say what would make each failing window pass.")] = False,
    as_json: Json = False,
) -> None:
    """Judge a film's flashes, red flashes and stripes by the standards. Leaves with 1 where one of them fails."""
    library = open_library()
    movie = library.find(film)
    found = [library.flicker.verdict(movie, name) for name in profile or DEFAULT]
    cures = [list(library.flicker.remedies(movie, judged)) if fix else [] for judged in found]
    if as_json:
        print_json([_facts(judged, cure, fix=fix) for judged, cure in zip(found, cures, strict=True)])
    for judged, cure in [] if as_json else zip(found, cures, strict=True):
        _print(judged, cure)
    if any(judged.state not in {"pass", "caution"} for judged in found):
        raise typer.Exit(1)


def _print(judged: Verdict, cures: Sequence[Remedy]) -> None:
    state = judged.state
    out.print(f"[bold]{escape(judged.profile.name)}[/]  [{_COLOURS[state]}]{state}[/]  {escape(judged.profile.title)}")
    table = Table(box=None, pad_edge=False, header_style="dim", show_header=True)
    for name in ("  rule", "most", "allowed", "at", "known"):
        table.add_column(name)
    for worst in judged.worst:
        at = worst.at.clock if worst.at is not None else ""
        table.add_row(
            f"  {worst.rule.name}", amount(worst.rule, worst.value), allowed_by(worst.rule), at, worst.rule.known
        )
    for rule in judged.unmeasured:
        table.add_row(f"  {rule.name}", "not measured", "", "", rule.known)
    out.print(table)
    for finding in judged.findings:
        out.print(
            f"  [{_COLOURS[finding.outcome]}]{finding.outcome}[/] {finding.span.start.clock} - "
            f"{finding.span.end.clock}  {finding.rule.name}: {measured(finding)}"
        )
    for cure in cures:
        out.print(f"  [cyan]remedy[/] {cure.span.start.clock} - {cure.span.end.clock}  {told(cure)}")
    if judged.unmeasured:
        out.print("  [dim]`cinedex analyze FILM` measures what is missing.[/]")


def _facts(judged: Verdict, cures: Sequence[Remedy], *, fix: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "profile": judged.profile.name,
        "title": judged.profile.title,
        "version": judged.profile.version,
        "state": judged.state,
        "findings": [_finding(f) for f in judged.findings],
        "worst": [
            {"rule": w.rule.name, "value": w.value, "limit": w.limit, "at": _seconds(w.at)} for w in judged.worst
        ],
        "not_measured": [r.name for r in judged.unmeasured],
    }
    if fix:
        facts["remedies"] = [facts_of(cure) for cure in cures]
    return facts


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.name,
        "outcome": finding.outcome,
        "start": finding.span.start.seconds,
        "end": finding.span.end.seconds,
        "at": finding.at.seconds,
        "value": finding.value,
        "limit": finding.limit,
        "area": finding.area,
        "text": finding.rule.text,
        "source": finding.rule.source,
        "known": finding.rule.known,
        "refs": list(finding.refs),
    }


def _seconds(at: Time | None) -> float | None:
    return at.seconds if at is not None else None
