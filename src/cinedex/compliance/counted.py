"""Rows as a judge counts them: as the machine made them, or as people have corrected them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from cinedex.compliance.model import Evidence
from cinedex.compliance.places import Decision, Decisions, Place
from cinedex.timeline.rows import Row
from cinedex.timeline.time import Span

_TOPICS = {"profanity": "language", "sexual": "language"}
"""Topics of words that are called otherwise among the categories."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A row with what people say of it. `score` is 1 where somebody has accepted or corrected it.

    One that was rejected, or corrected to something that a clause is not about, does not count for it.
    """

    row: Row
    place: Place
    decision: Decision | None
    span: Span
    category: str
    strength: str
    score: float
    counts: bool = True

    @property
    def untouched(self) -> Counted:
        """It as the machine made it."""
        return _as_decided(self.row, self.place, None)

    @property
    def topic(self) -> str:
        """Of a word: its topic, or the one that a corrected category comes to."""
        own = str(getattr(self.row, "topic", ""))
        if self.category == _TOPICS.get(own, own):
            return own
        return "profanity" if self.category == "language" else self.category

    def evidence(self, note: str, ref: str = "") -> Evidence:
        """It as a finding's evidence."""
        ref = ref or self.row.ref
        return Evidence(
            self.span,
            ref,
            note,
            self.score,
            self.category,
            self.strength,
            self.row.refs,
            self.place,
            self.decision,
            self.counts,
        )


def place_of(row: Row, about: str) -> Place:
    """What the machine flagged by a row. The category is as it says itself, else what the clause is `about`."""
    named = str(getattr(row, "category", "") or getattr(row, "topic", ""))
    label = str(getattr(row, "label", "") or getattr(row, "text", "") or getattr(row, "measure", ""))
    return Place(row.kind, _TOPICS.get(named, named) or about, label.casefold(), row.span)


def counted(rows: Sequence[Row], about: str, decisions: Decisions) -> list[Counted]:
    """Rows, all of their kind and label that the film has, with what was decided about each."""
    places = [place_of(row, about) for row in rows]
    decided = decisions.of(places)
    return [_as_decided(row, place, decided.get(place)) for row, place in zip(rows, places, strict=True)]


def _as_decided(row: Row, place: Place, decision: Decision | None) -> Counted:
    strength, score = str(getattr(row, "strength", "")), float(getattr(row, "score", 1.0))
    if decision is None or decision.do in {"reopen", "reject"}:
        return Counted(row, place, decision, place.span, place.category, strength, score)
    span = decision.span or place.span
    return Counted(row, place, decision, span, decision.category or place.category, decision.strength or strength, 1.0)


def sifted(found: Iterable[Counted], meant: Callable[[Counted], bool]) -> list[Counted]:
    """Those that a clause is about, or would be had nobody corrected them; the latter do not count."""
    kept = []
    for c in found:
        if c.decision is None:
            if meant(c):
                kept.append(c)
        elif (now := meant(c)) or meant(c.untouched):
            kept.append(replace(c, counts=now and c.decision.do != "reject"))
    return kept


def standing(found: Iterable[Counted | Evidence]) -> list[str]:
    """How many of them people have decided about, in words; nothing where nobody has."""
    states = Counter(f.decision.state for f in found if f.decision is not None and f.decision.do != "reopen")
    return [f"{count} {state} by people" for state, count in states.items()]
