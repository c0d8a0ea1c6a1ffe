"""A whole library by rule packs: what cannot be shown, and why; and what another version of a pack would change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cinedex.compliance.model import Clause, Finding, Judgement, Outcome, Pack
from cinedex.errors import UsageError
from cinedex.timeline.movie import Movie

Standing = Literal["cannot be shown", "not decided", "waived", "nothing against it"]

OUTCOMES: tuple[Outcome, ...] = ("fail", "needs a human", "not measured", "not applicable", "pass")


@dataclass(frozen=True, slots=True)
class FilmStanding:
    """How a film stands by a pack: `against` are the findings for which it cannot be shown.

    `waived` are those for which it could not be shown, had nobody answered for them.
    """

    movie: Movie
    judged: Judgement
    against: tuple[Finding, ...]
    waived: tuple[Finding, ...] = ()

    @property
    def open(self) -> tuple[Finding, ...]:
        """What a person has to decide, and what was not measured."""
        return tuple(f for f in self.judged.findings if f.outcome in {"needs a human", "not measured"})

    @property
    def standing(self) -> Standing:
        """What is not decided or not measured never comes to 'nothing against it'."""
        if self.against:
            return "cannot be shown"
        if self.open:
            return "not decided"
        return "waived" if self.waived else "nothing against it"


def stands(movie: Movie, judged: Judgement, highest: str = "") -> FilmStanding:
    """How a film stands. `highest` is the highest rating that may be shown; without one, ratings bar nothing.

    A failed clause that lifts the rating bars a film only where it lifts it above the highest one.
    """
    ladder = judged.pack.ratings

    def bars(clause: Clause) -> bool:
        return not clause.lifts or (bool(highest) and ladder.index(clause.lifts) > ladder.index(highest))

    failed = [f for f in judged.findings if f.outcome == "fail" and bars(f.clause)]
    against, waived = ([f for f in failed if f.waived == yes] for yes in (False, True))
    return FilmStanding(movie, judged, tuple(against), tuple(waived))


def check_highest(packs: Iterable[Pack], highest: str) -> None:
    """Raise UsageError where a pack has no such rating."""
    for pack in packs:
        if highest and highest not in pack.ratings:
            there = f"There are: {', '.join(pack.ratings)}." if pack.ratings else "It rates nothing."
            raise UsageError(f"the pack {pack.name} has no rating {highest!r}", remedy=there)


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """What a clause comes to by the old pack and by the new one; None where a pack has no such clause."""

    clause: str
    before: Finding | None
    after: Finding | None


@dataclass(frozen=True, slots=True)
class FilmChange:
    """What changes for a film: clauses of which the outcome, the value or the rating changes, and the range."""

    movie: Movie
    changes: tuple[ClauseChange, ...]
    before: tuple[str, str]
    after: tuple[str, str]

    def __bool__(self) -> bool:
        return bool(self.changes) or self.before != self.after


def change(movie: Movie, old: Judgement, new: Judgement) -> FilmChange:
    """Compare what two versions of a pack say of one film."""
    before, after = ({f.clause.id: f for f in j.findings} for j in (old, new))
    pairs = (ClauseChange(c, before.get(c), after.get(c)) for c in dict.fromkeys([*before, *after]))
    changed = tuple(p for p in pairs if _said(p.before) != _said(p.after))
    return FilmChange(movie, changed, (old.low, old.high), (new.low, new.high))


def _said(finding: Finding | None) -> tuple[object, ...] | None:
    return None if finding is None else (finding.outcome, finding.value, finding.clause.lifts, finding.waived)
