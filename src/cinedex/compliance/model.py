"""What a rule pack says and what it finds of a film: pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cinedex.compliance.places import Decision, Place
from cinedex.compliance.signing import SignOff
from cinedex.stages.concerns import CATEGORIES as SIGNS
from cinedex.timeline.time import Span

Known = Literal["verified", "secondary", "unverified"]
Outcome = Literal["pass", "fail", "needs a human", "not measured", "not applicable"]
"""'not applicable' is what only a person says."""

Test = Literal[
    "count",
    "per-minute",
    "seconds",
    "longest",
    "share",
    "value",
    "words",
    "words-per-minute",
    "signs",
    "signs-warned",
    "flashing",
    "person",
]

CATEGORIES = tuple(sorted({*SIGNS, "blood", "dangerous-acts", "flashing", "technical"} - {"tobacco-warning"}))
"""What a place can be flagged for; rows of other categories than these bring their own."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence of a standard: what is measured, what is allowed, and what follows where it is not.

    `least` and `most` bound the measured number; `over` is what it means to be outside. `lifts` names the rating that
    a film outside them has at least. A clause whose test is 'person' cannot be measured;
    one whose test is 'flashing' is decided by the profile of flashing in `labels`. Words are counted by `topics` (of
    strong language where there are none) and `strengths` (all where there are none). 'signs' are the concerns of the
    categories in `labels`; 'signs-warned' is how much of them, at least, a warning of tobacco in the picture covers.
    Signs are never a pass nor a fail.
    """

    id: str
    text: str
    source: str
    known: Known
    test: Test
    stage: str = ""
    kind: str = ""
    labels: tuple[str, ...] = ()
    strengths: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    score: float = 0.0
    over: Literal["fail", "needs a human"] = "fail"
    lifts: str = ""
    unit: str = ""

    @property
    def about(self) -> str:
        """The category of what it counts, as far as the clause itself tells it; '' where the rows do."""
        if self.test in {"words", "words-per-minute"} and {*self.topics} <= {"profanity", "sexual"}:
            return "language"
        if self.test == "flashing":
            return "flashing"
        named = {*self.labels, *self.id.split("-")}
        return next((c for c in CATEGORIES if c in named), "technical" if self.kind == "flag" else "")

    def beyond(self, value: float) -> float:
        """How far a value is outside what is allowed; 0 inside."""
        low = self.least - value if self.least is not None else 0.0
        high = value - self.most if self.most is not None else 0.0
        return max(low, high, 0.0)


@dataclass(frozen=True, slots=True)
class Pack:
    """A standard or a body's criteria as clauses; `ratings` is its ladder, mildest first, if it rates."""

    name: str
    title: str
    version: int
    about: str
    ratings: tuple[str, ...]
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place in the film that a finding rests on; `ref` names the row, `rests` the rows that it rests on itself.

    `category` and `strength` say what it is flagged for and how strong that is; '' where that is not known. All is as
    people have decided: `place` is what the machine flagged (None for a measure of the whole film), `decision` what was
    decided about it. One that was rejected, or corrected to something else, is still told and does not count.
    """

    span: Span
    ref: str
    note: str
    score: float
    category: str = ""
    strength: str = ""
    rests: tuple[str, ...] = ()
    place: Place | None = None
    decision: Decision | None = None
    counts: bool = True

    @property
    def rejected(self) -> bool:
        """Whether somebody said that it is wrong."""
        return self.decision is not None and self.decision.do == "reject"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one clause comes to: `value` is None where nothing was measured, and `found` says why.

    Where somebody has signed it off, `outcome` is by their word, and `unsigned` what it comes to without. `before` is a
    sign-off that holds no more, since it was of something else.
    """

    clause: Clause
    outcome: Outcome
    value: float | None
    found: str
    evidence: tuple[Evidence, ...]
    signed: SignOff | None = None
    unsigned: Outcome | None = None
    before: SignOff | None = None
    lapsed: str = ""
    """Why `before` holds no more."""

    @property
    def why(self) -> str:
        """What it rests on in words, and by whose word it is so."""
        if self.signed is not None:
            return f"{self.signed.says}; {self.found}"
        earlier = f"; signed off earlier, {self.lapsed}: {self.before.says}" if self.before is not None else ""
        return f"{self.found}{earlier}"

    @property
    def measured(self) -> Outcome:
        """What it comes to without anybody's word on it as a whole."""
        return self.unsigned or self.outcome

    @property
    def waived(self) -> bool:
        """Whether it fails and somebody has answered for that."""
        return self.signed is not None and self.signed.do == "waive"

    @property
    def settled(self) -> bool:
        """Whether nobody has to look at it any more."""
        return self.signed is not None or self.outcome == "pass"

    @property
    def lifted(self) -> bool:
        """Whether the film goes beyond what the clause allows at a lower rating, for sure or perhaps."""
        if self.clause.lifts and self.signed is not None:
            return self.outcome == "fail"
        if not self.clause.lifts or self.value is None:
            return False
        found = self.clause.test == "flashing" or self.clause.beyond(self.value) > 0
        return self.outcome == "fail" or (self.outcome == "needs a human" and found)


@dataclass(frozen=True, slots=True)
class Judgement:
    """All findings of one pack. `low` and `high` bound the rating; both are '' where the body rates nothing.

    `high` is the top of the ladder as long as anything that decides it is left to a person or was not measured.
    """

    pack: Pack
    findings: tuple[Finding, ...]
    low: str
    high: str
    drives: tuple[str, ...]

    def count(self, outcome: Outcome) -> int:
        """How many clauses came to that."""
        return sum(f.outcome == outcome for f in self.findings)
