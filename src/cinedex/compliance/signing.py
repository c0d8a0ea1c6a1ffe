"""Signing off a clause as a whole: what somebody decided about it, and whether that still holds for what is found now.

A sign-off holds for what was looked at: the clause as it was worded and bounded then, in the film as it was, with the
places that it rested on. Where any of it has changed it is told as one of before, and decides nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from cinedex.canonical import canonical, plain
from cinedex.compliance.places import FITS, SLACK, Place
from cinedex.timeline.time import Span
from cinedex.timeline.track import Spans

if TYPE_CHECKING:
    from cinedex.compliance.model import Clause, Finding, Outcome

Word: TypeAlias = Literal["pass", "fail", "not applicable", "waive", "reopen"]
WORDS: tuple[Word, ...] = get_args(Word)

_SAYS: Mapping[str, str] = {
    "pass": "passed",
    "fail": "failed",
    "not applicable": "said not to apply",
    "waive": "waived",
    "reopen": "reopened",
}

_WORSE = 0.01
"""A measured value may be further outside than the one that was signed off by this share of it, for rounding."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Stretches of one sort of place that a clause rested on when it was signed off."""

    kind: str
    category: str
    label: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class SignOff:
    """What somebody decided about a clause as a whole. `number` is the entry's in the log.

    `clause_digest` names the clause's wording and bounds, `measured` and `value` what it came to without people's word
    on it as a whole, `looked` the places it rested on; `where` names the address of the film's file, so that another
    cut of it is known for one. `times` are those that the signer points at.
    """

    number: int
    film: str
    where: str
    pack: str
    version: int
    clause: str
    clause_digest: str
    do: Word
    note: str
    by: str
    at: str
    measured: str
    value: float | None
    looked: tuple[Looked, ...] = ()
    times: tuple[Span, ...] = ()

    @property
    def state(self) -> str:
        """It in one or two words: 'passed', 'waived'."""
        return _SAYS[self.do]

    @property
    def says(self) -> str:
        """It in words, for reports."""
        return f"{self.state} by {self.by} on {self.at[:10]}: {self.note}"


def digest(clause: Clause) -> str:
    """A name of all that a clause says and bounds, and of no more: 32 hex digits."""
    return hashlib.sha256(canonical(plain(clause))).hexdigest()[:32]


def address(uri: str) -> str:
    """A name of the address of a film's file, which does not give it away."""
    return hashlib.sha256(b"film at " + uri.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def looked_at(places: Iterable[Place]) -> tuple[Looked, ...]:
    """Places by sort, stretches that touch as one."""
    sorts: dict[tuple[str, str, str], list[Span]] = {}
    for place in places:
        sorts.setdefault(place.sort, []).append(place.span)
    return tuple(Looked(*sort, tuple(Spans.of(spans).support())) for sort, spans in sorted(sorts.items()))


def stale(signed: SignOff, film: str, pack_version: int, found: Finding) -> str:
    """Why a sign-off does not hold for what is found now, in words; '' where it does.

    Places that are gone leave it in force, and so does a value that is no further outside; what is new does not.
    """
    clause = found.clause
    if signed.film != film:
        return "of another cut of the film"
    if signed.clause_digest != digest(clause):
        return f"under version {signed.version} of the pack, which is now {pack_version}: the clause has changed"
    if signed.measured != found.measured:
        return f"when it came to {signed.measured!r}"
    new = _unseen(signed.looked, [e.place for e in found.evidence if e.place is not None and e.counts])
    if new:
        return f"before {new[0].span.start.clock} was flagged"
    if _worse(clause, signed.value, found.value):
        was = "nothing" if signed.value is None else f"{signed.value:.4g}"
        return f"when {was} was measured"
    return ""


def _worse(clause: Clause, then: float | None, now: float | None) -> bool:
    if now is None or then is None:
        return now is not None
    return clause.beyond(now) > clause.beyond(then) + _WORSE * abs(then)


def _unseen(looked: Sequence[Looked], places: Sequence[Place]) -> list[Place]:
    """Places of which less than half lies in what was looked at, with the slack of places."""
    seen = {(one.kind, one.category, one.label): Spans.of(s.grow(SLACK) for s in one.spans).support() for one in looked}
    found = []
    for sort in dict.fromkeys(p.sort for p in places):
        there = sorted((p for p in places if p.sort == sort), key=lambda p: p.span)
        if sort not in seen:
            found += there
            continue
        shares = Spans.of(p.span.grow(SLACK) for p in there).overlap(seen[sort])
        found += [
            p
            for p, share in zip(there, shares, strict=True)
            if int(share) < FITS * int(p.span.duration + SLACK + SLACK)
        ]
    return sorted(found, key=lambda p: p.span)


def outcome_of(signed: SignOff) -> Outcome:
    """What a clause comes to by somebody's word. A waiver leaves a fail a fail."""
    return "fail" if signed.do == "waive" else signed.do  # type: ignore[return-value]
