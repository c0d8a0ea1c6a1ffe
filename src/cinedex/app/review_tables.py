"""Flags to review and what was decided about them, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.markup import escape

from cinedex.compliance.model import Finding, Pack
from cinedex.compliance.places import Decision
from cinedex.compliance.review import ReviewFlag
from cinedex.compliance.signing import SignOff
from cinedex.formats.compliance import allowed, signed_facts
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Span

PLACES_MAX = 200
"""Most places listed of a clause to sign off."""

RESTS_MAX = 20
"""Most references listed of what a flag rests on."""

_COLOURS = {
    "open": "yellow",
    "accepted": "red",
    "rejected": "green",
    "corrected": "cyan",
    "added": "magenta",
    "withdrawn": "dim",
}


def flag_facts(flag: ReviewFlag) -> dict[str, Any]:
    """A flag for programs; times in seconds. `severity` is None where it is not known."""
    e, decision = flag.evidence, flag.decision
    return {
        "id": flag.id,
        "film": flag.movie.id,
        "film_name": flag.movie.name,
        "title": _title(flag),
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


def _title(flag: ReviewFlag) -> str:
    """What it is; of flashing also by which standard, since several flag the same stretch."""
    told = flag.evidence.note or flag.place.label
    standard, between, _ = flag.place.label.partition("/")
    return f"{standard}, {told}" if flag.place.kind == "flashing" and between else told


def clause_facts(movie: Movie, pack: Pack, finding: Finding) -> dict[str, Any]:
    """A clause to sign off, for programs; times in seconds. `signed_before` is a sign-off that holds no more."""
    clause = finding.clause
    return {
        "id": f"{pack.name}/{clause.id}",
        "film": movie.id,
        "film_name": movie.name,
        "pack": pack.name,
        "pack_title": pack.title,
        "version": pack.version,
        "text": clause.text,
        "source": clause.source,
        "known": clause.known,
        "verdict": finding.outcome,
        "measured": finding.measured,
        "value": finding.value,
        "unit": clause.unit,
        "allowed": allowed(clause),
        "rating": clause.lifts or None,
        "found": finding.found,
        "signed": signed_facts(finding.signed),
        "signed_before": signed_facts(finding.before),
        "lapsed": finding.lapsed or None,
        "places": [_span(e.span) | {"note": e.note} for e in finding.evidence if e.counts][:PLACES_MAX],
    }


def entry_facts(entry: Decision | SignOff, film: str | None = None) -> dict[str, Any]:
    """An entry of the log for programs."""
    return decision_facts(entry, film) if isinstance(entry, Decision) else _signing_facts(entry, film)


def _signing_facts(entry: SignOff, film: str | None) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at,
        "by": entry.by,
        "decision": entry.do,
        "note": entry.note,
        "film": entry.film,
        "film_name": film,
        "clause": f"{entry.pack}/{entry.clause}",
        "version": entry.version,
        "measured": entry.measured,
        "value": entry.value,
        "times": [_span(s) for s in entry.times],
    }


def decision_facts(decision: Decision, film: str | None = None) -> dict[str, Any]:
    """A decision about a flag for programs; what a correction leaves as it is, is None."""
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
        what = f"{e.category}, {strength}, {e.score:.2f}: {_title(flag)}"
        said = escape(flag.decision.says) if flag.decision is not None else flag.state
        yield f"[bold]{flag.id}[/] {e.span.start.clock} - {e.span.end.clock}  {escape(what)}"
        film, clauses = escape(flag.movie.name), escape(", ".join(flag.clauses))
        yield f"  {film}  [{_COLOURS[flag.state]}]{said}[/]  [dim]{clauses}[/]"


def clause_lines(found: Iterable[tuple[Pack, Finding]]) -> Iterator[str]:
    """Clauses for the terminal: what each comes to, and by whose word."""
    for pack, f in found:
        waived = " (waived)" if f.waived else ""
        yield f"[bold]{escape(f'{pack.name}/{f.clause.id}')}[/]  {f.outcome}{waived}: {escape(f.why)}"
        yield f"  [dim]{escape(f.clause.text)}[/]"


def log_lines(entries: Iterable[Decision | SignOff], films: Mapping[str, str]) -> Iterator[str]:
    """The log for the terminal, the latest last."""
    for d in entries:
        if isinstance(d, SignOff):
            what = f"{d.do}: {d.pack}/{d.clause}, version {d.version}"
        else:
            place = d.place
            where = f"{place.category} {place.label} at {place.span.start.clock}"
            what = f"{d.do} {d.flag} ({where}{_changes(d)})"
        note = f": {d.note}" if d.note else ""
        said = f"{what} of {films.get(d.film, d.film[:16])}{note}"
        yield f"[dim]{d.number:>5}  {d.at.replace('T', ' ')[:19]}[/]  [bold]{escape(d.by)}[/]  {escape(said)}"


def _changes(decision: Decision) -> str:
    to = [
        f"{decision.span.start.clock}-{decision.span.end.clock}" if decision.span is not None else "",
        decision.category or "",
        decision.strength or "",
    ]
    return f" -> {', '.join(t for t in to if t)}" if any(to) else ""
