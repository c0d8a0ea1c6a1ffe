"""How films of a library stand by rule packs, and what another version of one changes: for programs and for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.markup import escape

from cinedex.compliance.model import Finding
from cinedex.compliance.overview import OUTCOMES, FilmChange, FilmStanding
from cinedex.formats.compliance import allowed, inert, signed_facts

PLACES_MAX = 3
"""Most times listed of one reason."""

_COLOURS = {"cannot be shown": "red", "not decided": "yellow", "waived": "cyan", "nothing against it": "green"}


def standing_facts(found: FilmStanding) -> dict[str, Any]:
    """How a film stands, for programs; times in seconds."""
    j = found.judged
    return {
        "film": found.movie.id,
        "film_name": found.movie.name,
        "pack": j.pack.name,
        "version": j.pack.version,
        "standing": found.standing,
        "rating": {"from": j.low, "to": j.high} if j.low else None,
        "counts": {outcome: j.count(outcome) for outcome in OUTCOMES},
        "because": [_reason(f) for f in found.against],
        "waived": [_reason(f) for f in found.waived],
        "open": [_reason(f) for f in found.open],
    }


def _reason(finding: Finding) -> dict[str, Any]:
    clause = finding.clause
    return {
        "clause": clause.id,
        "text": clause.text,
        "verdict": finding.outcome,
        "value": finding.value,
        "allowed": allowed(clause),
        "rating": clause.lifts or None,
        "why": finding.why,
        "signed": signed_facts(finding.signed),
        "signed_before": signed_facts(finding.before),
        "places": [
            {"start": round(e.span.start.seconds, 3), "end": round(e.span.end.seconds, 3)}
            for e in finding.evidence
            if e.counts and e.place is not None
        ],
    }


def standings_csv(found: Iterable[FilmStanding]) -> str:
    """A line for every reason against a film or open question; one for each film that has neither."""
    to = io.StringIO()
    write = csv.writer(to, lineterminator="\n")
    write.writerow(
        ["film", "pack", "version", "standing", "rating", "clause", "verdict", "value", "allowed", "why", "first"]
    )
    for s in found:
        j = s.judged
        about = [inert(s.movie.name), j.pack.name, j.pack.version, s.standing, _range(j.low, j.high)]
        for f in (*s.against, *s.waived, *s.open):
            value = "" if f.value is None else f"{f.value:.6g}"
            write.writerow(
                [*about, f.clause.id, f.outcome, value, allowed(f.clause), inert(f.why), "".join(_times(f)[:1])]
            )
        if not (s.against or s.waived or s.open):
            write.writerow([*about, "", "", "", "", "", ""])
    return to.getvalue()


def standings_lines(found: Sequence[FilmStanding]) -> Iterator[str]:
    """For the terminal, a film and pack after another, those that cannot be shown first; and how many there are."""
    ranks = list(_COLOURS)
    for s in sorted(found, key=lambda s: (ranks.index(s.standing), s.judged.pack.name, s.movie.name.casefold())):
        j = s.judged
        left = [f"{j.count('needs a human')} need a human", f"{j.count('not measured')} not measured"]
        rest = ", ".join(part for part in left if not part.startswith("0 "))
        rating = f"  {escape(_range(j.low, j.high))}" if j.low else ""
        name, colour = escape(s.movie.name), _COLOURS[s.standing]
        yield f"[{colour}]{s.standing:<18}[/] [bold]{escape(j.pack.name)}[/]{rating}  {name}  [dim]{rest}[/]"
        yield from (f"    {escape(_told(f))}" for f in (*s.against, *s.waived))
    counts = ((standing, sum(s.standing == standing for s in found)) for standing in ranks)
    yield (
        "; ".join(f"[{_COLOURS[standing]}]{count:,} {standing}[/]" for standing, count in counts if count) or "No film."
    )


def _told(finding: Finding) -> str:
    limit = allowed(finding.clause)
    said = f"{finding.clause.id}: {finding.why}" + (f", allowed {limit}" if limit else "")
    times = _times(finding)
    return f"{said}; at {', '.join(times)}" if times else said


def _times(finding: Finding) -> list[str]:
    places = [e.span.start.clock for e in finding.evidence if e.counts and e.place is not None]
    return places[:PLACES_MAX]


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def change_facts(found: FilmChange) -> dict[str, Any]:
    """What changes for a film, for programs."""
    return {
        "film": found.movie.id,
        "film_name": found.movie.name,
        "rating": {"before": _range(*found.before), "after": _range(*found.after)} if found.after[0] else None,
        "clauses": [
            {"clause": c.clause, "before": _side(c.before), "after": _side(c.after)} for c in found.changes
        ],
    }  # fmt: skip


def _side(finding: Finding | None) -> dict[str, Any] | None:
    if finding is None:
        return None
    facts = {"verdict": finding.outcome, "value": finding.value, "allowed": allowed(finding.clause)}
    facts |= {"rating": finding.clause.lifts or None, "why": finding.why}
    return facts | {"signed": signed_facts(finding.signed), "signed_before": signed_facts(finding.before)}


def changes_csv(found: Iterable[FilmChange]) -> str:
    """A line for every clause that changes."""
    to = io.StringIO()
    write = csv.writer(to, lineterminator="\n")
    write.writerow(
        ["film", "clause", "before", "after", "value before", "value after", "allowed before", "allowed after"]
    )
    for film in found:
        for c in film.changes:
            cells = [inert(film.movie.name), c.clause]
            for what in (_outcome, _value, _limit):
                cells += [what(c.before), what(c.after)]
            write.writerow(cells)
        if film.before != film.after:
            cells = [inert(film.movie.name), "(rating)", _range(*film.before), _range(*film.after)]
            write.writerow([*cells, "", "", "", ""])
    return to.getvalue()


def changes_lines(found: Iterable[FilmChange]) -> Iterator[str]:
    """For the terminal, film by film."""
    for film in found:
        rating = ""
        if film.before != film.after:
            rating = f"  {escape(_range(*film.before))} -> {escape(_range(*film.after))}"
        yield f"[bold]{escape(film.movie.name)}[/]{rating}"
        for c in film.changes:
            yield f"    {c.clause}: {escape(_brief(c.before))} -> {escape(_brief(c.after))}"


def _brief(finding: Finding | None) -> str:
    if finding is None:
        return "(no such clause)"
    limit = allowed(finding.clause)
    waived = ", waived" if finding.waived else ""
    return f"{finding.outcome}{waived}: {finding.why}" + (f" (allowed {limit})" if limit else "")


def _outcome(finding: Finding | None) -> str:
    return finding.outcome if finding is not None else ""


def _value(finding: Finding | None) -> str:
    return f"{finding.value:.6g}" if finding is not None and finding.value is not None else ""


def _limit(finding: Finding | None) -> str:
    return allowed(finding.clause) if finding is not None else ""
