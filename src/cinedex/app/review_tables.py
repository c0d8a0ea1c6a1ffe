"""Flags to review and what was decided about them, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.markup import escape
from rich.table import Table

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


def queue_table(flags: Iterable[ReviewFlag]) -> Table:
    """Flags as a table for the terminal, in their order."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("flag", "film", "from", "to", "category", "severity", "score", "what", "clauses", ""):
        table.add_column(name)
    for flag in flags:
        e = flag.evidence
        said = f"[{_COLOURS[flag.state]}]{flag.state}[/]"
        if flag.decision is not None:
            said += f" [dim]{escape(flag.decision.by)}, {flag.decision.at[:10]}[/]"
        table.add_row(
            flag.id, escape(flag.movie.name), e.span.start.clock, e.span.end.clock, e.category, e.strength or "?",
            f"{e.score:.2f}", escape(e.note or flag.place.label), ", ".join(flag.clauses), said,
        )  # fmt: skip
    return table


def log_lines(decisions: Iterable[Decision], films: dict[str, str]) -> Table:
    """The log as a table for the terminal."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "when", "who", "", "film", "flag", "what", "note"):
        table.add_column(name)
    for d in decisions:
        film, place = films.get(d.film, d.film[:16]), d.place
        what = f"{place.category} {place.label} at {place.span.start.clock}{_changes(d)}"
        when = d.at.replace("T", " ")[:19]
        table.add_row(str(d.number), when, escape(d.by), d.do, escape(film), d.flag, escape(what), escape(d.note))
    return table


def _changes(decision: Decision) -> str:
    to = [
        f"{decision.span.start.clock}-{decision.span.end.clock}" if decision.span is not None else "",
        decision.category or "",
        decision.strength or "",
    ]
    return f" -> {', '.join(t for t in to if t)}" if any(to) else ""
