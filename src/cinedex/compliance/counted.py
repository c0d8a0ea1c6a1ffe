"""Rows as a judge counts them: as the machine made them, or as people have corrected them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from cinedex.compliance.model import Evidence
from cinedex.compliance.places import Decision, Decisions, Place
from cinedex.stages.wordlists import LANGUAGE, languages, words_of
from cinedex.timeline.rows import Concern, Flag, Mention, Row
from cinedex.timeline.time import Span

_TOPICS = {"profanity": "language", "sexual": "language"}
"""Topics of words that are called otherwise among the categories."""

ADDED: tuple[type[Row], ...] = (Concern, Mention, Flag)
"""Kinds of row that people can add."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A row with what people say of it. `score` is 1 where somebody has accepted or corrected it.

    One that was rejected, or corrected to something that a clause is not about, does not count for it.
    """

    row: Row
    about: str
    decision: Decision | None
    span: Span
    category: str
    strength: str
    score: float
    counts: bool = True

    @property
    def added(self) -> bool:
        """Whether a person has marked it."""
        return self.decision is not None and self.decision.do == "add"

    @property
    def untouched(self) -> Counted:
        """It as the machine made it."""
        return _as_decided(self.row, self.about, None)

    @property
    def place(self) -> Place:
        """What the machine flagged."""
        return place_of(self.row, self.about)

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
    label = str(getattr(row, "label", "") or getattr(row, "text", "") or getattr(row, "measure", ""))
    return Place(row.kind, _category(row, about), label.casefold(), row.span)


def _category(row: Row, about: str) -> str:
    named = str(getattr(row, "category", "") or getattr(row, "topic", ""))
    return _TOPICS.get(named, named) or about


def counted(rows: Sequence[Row], about: str, decisions: Decisions, kind: type[Row]) -> list[Counted]:
    """Rows, all of their kind and label that the film has, with what was decided about each; and those people added.

    A place that was added and is now flagged as well is one.
    """
    if not decisions:
        return [_as_decided(row, about, None) for row in rows]
    places = [place_of(row, about) for row in rows]
    decided = decisions.of(places)
    met = {d.flag for d in decided.values()}
    there = [_as_decided(row, about, decided.get(place)) for row, place in zip(rows, places, strict=True)]
    more = ((row_of(d), d) for d in decisions.added if d.flag not in met)
    return there + [_as_decided(row, about, d) for row, d in more if isinstance(row, kind)]


def row_of(added: Decision) -> Row | None:
    """What a person added, as a row of its kind; None for flashing, which is judged by no single row."""
    place, strength = added.place, added.strength or ""
    at: dict[str, Any] = {"start": place.span.start, "end": place.span.end}
    if place.kind == Flag.kind:
        return Flag(**at, label=place.label, score=1.0, note=added.note or place.label)
    if place.kind == Concern.kind:
        return Concern(
            **at, category=place.category, label=place.label, strength=strength, score=1.0, rule="added by a person"
        )
    if place.kind != Mention.kind:
        return None
    topic = _topic(place.label) if place.category == "language" else place.category
    return Mention(**at, topic=topic, strength=strength, text=place.label, language="", origin="speech", score=1.0)


@cache
def _topic(word: str) -> str:
    """What a strong word is about, by the lists; an oath where they do not have it."""
    hits = (hit for language in sorted(languages()) for hit in words_of(word, language))
    return next((hit.topic for hit in hits if hit.topic in LANGUAGE), LANGUAGE[0])


def _as_decided(row: Row, about: str, decision: Decision | None) -> Counted:
    strength, score = str(getattr(row, "strength", "")), float(getattr(row, "score", 1.0))
    category = _category(row, about)
    if decision is None or decision.do in {"reopen", "reject"}:
        return Counted(row, about, decision, row.span, category, strength, score)
    span, category = decision.span or row.span, decision.category or category
    return Counted(row, about, decision, span, category, decision.strength or strength, 1.0)


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
