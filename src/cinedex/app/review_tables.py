"""Flags to review and what was decided about them, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.markup import escape

from cinedex.compliance.places import Decision
from cinedex.compliance.review import ReviewFlag
from cinedex.timeline.time import Span

RESTS_MAX = 20
"""Most references listed of what a flag rests on."""

_COLOURS = {"open": "yellow", "accepted": "red", "rejected": "green", "corrected": "cyan"}


def flag_facts(flag: ReviewFlag) -> dict[str, Any]:
    """A flag for programs; times in seconds. `severity` is None where it is not known."""
    e, decision = flag.evidence, flag.decision
    return {
        "id": flag.id,
        "film": flag.movie.id,
        "film_name": flag.movie.name,
        "title": e.note or flag.place.label,
        "kind": flag.place.kind,
        "category": e.category,
        "severity": e.strength or None,
        "score": round(e.score, 4),
        **_span(e.span),
        "rests_on": list(e.rests[:RESTS_MAX] or (e.ref,)),
        "clauses": list(flag.clauses),
        "state": flag.state,
        "note": decision.note if decision else None,
        "by": decision.by if decision else None,
        "at": decision.at if decision else None,
    }


def decision_facts(decision: Decision, film: str | None = None) -> dict[str, Any]:
    """An entry of the log for programs; what a correction leaves as it is, is None."""
    changed = _span(decision.span) if decision.span is not None else {"start": None, "end": None}
    return {
        "number": decision.number,
        "at": decision.at,
        "by": decision.by,
        "decision": decision.do,
        "note": decision.note,
        "film": decision.film,
        "film_name": film,
        "flag": decision.flag,
        "kind": decision.place.kind,
        "category": decision.place.category,
        "label": decision.place.label,
        **_span(decision.place.span),
        "to": {**changed, "category": decision.category, "severity": decision.strength},
    }


def _span(span: Span) -> dict[str, float]:
    return {"start": round(float(span.start.seconds), 4), "end": round(float(span.end.seconds), 4)}


def queue_lines(flags: Iterable[ReviewFlag]) -> Iterator[str]:
    """Flags for the terminal, in their order."""
    for flag in flags:
        e = flag.evidence
        strength = e.strength or "strength unknown"
        what = f"{e.category}, {strength}, {e.score:.2f}: {e.note or flag.place.label}"
        said = escape(flag.decision.says) if flag.decision is not None else flag.state
        yield f"[bold]{flag.id}[/] {e.span.start.clock} - {e.span.end.clock}  {escape(what)}"
        film, clauses = escape(flag.movie.name), escape(", ".join(flag.clauses))
        yield f"  {film}  [{_COLOURS[flag.state]}]{said}[/]  [dim]{clauses}[/]"


def log_lines(decisions: Iterable[Decision], films: Mapping[str, str]) -> Iterator[str]:
    """The log for the terminal, the latest last."""
    for d in decisions:
        place = d.place
        what = f"{place.category} {place.label} at {place.span.start.clock}{_changes(d)}"
        note = f": {d.note}" if d.note else ""
        said = f"{d.do} {d.flag} ({what}) of {films.get(d.film, d.film[:16])}{note}"
        yield f"[dim]{d.number:>5}  {d.at.replace('T', ' ')[:19]}[/]  [bold]{escape(d.by)}[/]  {escape(said)}"


def _changes(decision: Decision) -> str:
    to = [
        f"{decision.span.start.clock}-{decision.span.end.clock}" if decision.span is not None else "",
        decision.category or "",
        decision.strength or "",
    ]
    return f" -> {', '.join(t for t in to if t)}" if any(to) else ""
