"""What a machine flagged and what people decided about it: pure values, and how one is found for the other again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from cinedex.canonical import canonical
from cinedex.timeline.time import SECOND, Span, Time

if TYPE_CHECKING:
    from cinedex.compliance.signing import SignOff

Verb: TypeAlias = Literal["accept", "reject", "correct", "reopen", "add", "withdraw"]
VERBS: tuple[Verb, ...] = get_args(Verb)

_STATES: Mapping[str, str] = {
    "accept": "accepted",
    "reject": "rejected",
    "correct": "corrected",
    "reopen": "open",
    "add": "added",
    "withdraw": "withdrawn",
}

FITS = 0.5
"""The least share of two places' union that they have in common, for a decision about one to hold for the other."""

SLACK = Time(SECOND // 2)
"""Both places are taken to be longer by this on either side: recognisers put a word a little earlier or later."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place as the machine flagged it: of which `kind` of row, for which `category`, as which `label`, and where."""

    kind: str
    category: str
    label: str
    span: Span

    @property
    def sort(self) -> tuple[str, str, str]:
        """What has to be the same for a decision to hold for it."""
        return self.kind, self.category, self.label

    def id(self, film: str) -> str:
        """Its name in a film: twelve hex digits that follow from what it says."""
        said = canonical([film, *self.sort, self.span.start, self.span.end])
        return hashlib.sha256(said).hexdigest()[:12]

    def overlap(self, other: Place) -> float:
        """The share of both places' union that they have in common, 0 to 1, with the slack of both."""
        start = max(self.span.start, other.span.start) - SLACK
        end = min(self.span.end, other.span.end) + SLACK
        union = max(self.span.end, other.span.end) - min(self.span.start, other.span.start) + SLACK + SLACK
        return max(int(end - start), 0) / int(union)


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about a flag. Corrected values are None where they stay as the machine has them.

    'add' says that there is something that the machine has missed: `place` is then as a person has it. `flag` is the
    flag's id; a later decision about it has the same, whatever analyses have come between. `number` is the entry's in
    the log.
    """

    number: int
    film: str
    flag: str
    place: Place
    do: Verb
    note: str
    by: str
    at: str
    span: Span | None = None
    category: str | None = None
    strength: str | None = None

    @property
    def state(self) -> str:
        """What the flag is by it: 'open', 'accepted', 'rejected', 'corrected', 'added' or 'withdrawn'."""
        return _STATES[self.do]

    @property
    def says(self) -> str:
        """It in words, for reports."""
        return f"{self.state} by {self.by} on {self.at[:10]}" + (f": {self.note}" if self.note else "")


class Decisions:
    """A film's decisions that are in force: of every flag the latest, and of every clause the latest sign-off.

    `signed` may hold sign-offs of other cuts of the film: they are told where it has none of its own.
    """

    def __init__(self, decided: Iterable[Decision] = (), signed: Iterable[SignOff] = (), film: str = "") -> None:
        latest: dict[str, Decision] = {}
        for decision in sorted(decided, key=lambda d: d.number):
            latest[decision.flag] = decision
        self.latest: Mapping[str, Decision] = latest
        self._sorts: dict[tuple[str, str, str], list[Decision]] = {}
        for decision in latest.values():
            if decision.do != "withdraw":
                self._sorts.setdefault(decision.place.sort, []).append(decision)
        self.added = tuple(sorted((d for d in latest.values() if d.do == "add"), key=lambda d: d.place.span))
        """Places that people have added."""
        signatures: dict[tuple[str, str], SignOff] = {}
        for one in sorted(signed, key=lambda s: (s.film == film, s.number)):
            signatures[one.pack, one.clause] = one
        self.signed: Mapping[tuple[str, str], SignOff] = {k: s for k, s in signatures.items() if s.do != "reopen"}
        """The latest sign-off by pack and clause; whether it holds is for the judge to say."""
        self.met: set[str] = set()
        """Flags whose place was found."""

    def __bool__(self) -> bool:
        return bool(self.latest)

    def of(self, places: Sequence[Place]) -> Mapping[Place, Decision]:
        """For places, all of their sorts that the film has, the decision that holds for each.

        A decision holds for one place: of those of its sort that it fits at all, the one that it overlaps most.
        """
        found: dict[Place, Decision] = {}
        if not self._sorts:
            return found
        rivals: dict[tuple[str, str, str], list[Place]] = {}
        for place in dict.fromkeys(places):
            if place.sort in self._sorts:
                rivals.setdefault(place.sort, []).append(place)
        for sort, there in rivals.items():
            fits = ((d.place.overlap(p), d, p) for d in self._sorts[sort] for p in there)
            taken: set[str] = set()
            for overlap, decision, place in sorted(fits, key=lambda f: (-f[0], -f[1].number, f[2].span)):
                if overlap >= FITS and decision.flag not in taken and place not in found:
                    found[place] = decision
                    taken.add(decision.flag)
            self.met |= taken
        return found

    @property
    def unmet(self) -> tuple[Decision, ...]:
        """Decisions whose place was not among what was looked at: they are kept, and told."""
        kept = {"accept", "reject", "correct"}
        lost = (d for d in self.latest.values() if d.flag not in self.met and d.do in kept)
        return tuple(sorted(lost, key=lambda d: d.place.span))
