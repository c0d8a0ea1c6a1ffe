"""A film's characters as people have decided: the machine's, with decisions laid over them; rows stay as they are.

One rule for every decision: a tracklet that a decision points at is as decided, the latest decision first. Tracklets of
the same character that none points at follow the weightiest decision about the whole character.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from cinedex.people.decisions import Sighting
from cinedex.people.evidence import ANCHORS, NOBODY, Evidence, Floats, unit
from cinedex.people.register import Register
from cinedex.timeline.track import Spans


@dataclass(frozen=True, eq=False)
class Look:
    """One look of a character: its tracklets (by place) and the middle of their prints, of length 0 without any."""

    number: int
    places: tuple[int, ...]
    print: Floats


@dataclass(frozen=True, eq=False)
class Part:
    """Tracklets of a film that are one character: `number` is the machine's, `letter` tells apart what was split off.

    `person` is who people have said that it is (an id of the register), or empty; `denied` who it is not.
    """

    evidence: Evidence
    number: int
    letter: str
    places: tuple[int, ...]
    person: str
    denied: frozenset[str]
    looks: tuple[Look, ...]

    @property
    def label(self) -> str:
        """What it is called inside its film."""
        return f"{self.number}{self.letter}"

    @property
    def spans(self) -> Spans:
        """When it is seen."""
        order = list(self.places)
        return Spans(self.evidence.spans.starts[order], self.evidence.spans.ends[order])

    @property
    def seconds(self) -> float:
        """How long it is seen, moments of two tracklets counted once."""
        return float(self.spans.total.seconds)


@dataclass(frozen=True, eq=False)
class Resolved:
    """A film's parts, those seen longest first, and how many characters of it were deleted."""

    evidence: Evidence
    parts: tuple[Part, ...]
    erased: frozenset[int]
    """Places of tracklets of deleted people."""


def resolve(evidence: Evidence, register: Register) -> Resolved:
    """The film's characters with every decision of the register that is about them."""
    erased = erased_places(evidence, register)
    person, whole = _assigned(evidence, register)
    denied = _denied(evidence, register)
    groups: dict[tuple[str, int], list[int]] = {}
    for place in range(len(evidence)):
        who, character = person[place], int(evidence.character[place])
        if place not in erased and (who or character != NOBODY):
            # Characters that are one person are one character.
            groups.setdefault((who, NOBODY if who else character), []).append(place)
    parts = [_part(evidence, who, places, denied) for (who, _), places in groups.items()]
    return Resolved(evidence, tuple(_lettered(parts, whole)), erased)


def erased_places(evidence: Evidence, register: Register) -> frozenset[int]:
    """Tracklets at which a deleted person had been seen, also those that only may be theirs."""
    found: set[int] = set()
    for deletion in register.deletions:
        for seen in deletion.seen:
            if seen.film != evidence.movie.id:
                continue
            if seen.key == evidence.key:
                found |= {evidence.places[a.tracklet] for a in seen.anchors if a.tracklet in evidence.places}
            else:
                found |= {p for anchor in seen.anchors for p in evidence.at(anchor, every=True)}
    return frozenset(found)


def _assigned(evidence: Evidence, register: Register) -> tuple[list[str], list[str]]:
    """For every tracklet the person whom people say it is, or ''; and whom they say that whole characters are."""
    person = [""] * len(evidence)
    whole: dict[int, str] = {}
    for claim in register.claims:  # later ones write over earlier ones
        for place in evidence.found(claim.sighting):
            person[place] = claim.person
            if claim.sighting.whole:
                whole[place] = claim.person
    votes: dict[int, dict[str, float]] = {}
    for place, who in whole.items():
        character = int(evidence.character[place])
        if character != NOBODY and person[place] == who:
            own = votes.setdefault(character, {})
            own[who] = own.get(who, 0.0) + float(evidence.lengths[place])
    for character, own in votes.items():
        weightiest = max(own, key=lambda who: (own[who], who))
        for place in np.flatnonzero(evidence.character == character).tolist():
            person[place] = person[place] or weightiest
    return person, list(dict.fromkeys(c.person for c in register.claims if c.sighting.whole))


def _denied(evidence: Evidence, register: Register) -> dict[str, frozenset[int]]:
    """For every person the tracklets that people say are not theirs."""
    denied: dict[str, set[int]] = {}
    for denial in register.denials:
        denied.setdefault(denial.person, set()).update(evidence.found(denial.sighting))
    return {person: frozenset(places) for person, places in denied.items()}


def _part(evidence: Evidence, who: str, places: list[int], denied: dict[str, frozenset[int]]) -> Part:
    total = evidence.lengths[places].sum()
    refused = {
        other
        for other, those in denied.items()
        if those and evidence.lengths[[p for p in places if p in those]].sum() * 2 >= total
    }
    seconds: dict[int, float] = {}
    for place in places:
        number = int(evidence.character[place])
        seconds[number] = seconds.get(number, 0.0) + float(evidence.lengths[place]) * (number != NOBODY)
    number = max(seconds, key=lambda n: (seconds[n], -n))
    return Part(
        evidence, number, "", tuple(places), who, frozenset(refused - {who}), tuple(_looks(evidence, places))
    )  # fmt: skip


def _looks(evidence: Evidence, places: list[int]) -> Iterable[Look]:
    by_look: dict[tuple[int, int], list[int]] = {}
    for place in places:
        by_look.setdefault((int(evidence.character[place]), int(evidence.look[place])), []).append(place)
    ordered = sorted(by_look.values(), key=lambda own: -evidence.lengths[own].sum())
    for number, own in enumerate(ordered):
        yield Look(number, tuple(own), unit(evidence.prints[own].sum(axis=0)))


def _lettered(parts: list[Part], whole: list[str]) -> Iterable[Part]:
    """The parts, those seen longest first. What is left of a machine's character keeps the plain number."""
    ranks = {person: rank for rank, person in enumerate(["", *whole])}
    seen: dict[int, int] = {}
    lettered = []
    for part in sorted(parts, key=lambda p: (ranks.get(p.person, len(ranks)), p.places)):
        seen[part.number] = count = seen.get(part.number, 0) + 1
        lettered.append(replace(part, letter=_letters(count) if count > 1 else ""))
    return sorted(lettered, key=lambda p: (-p.seconds, p.number, p.letter))


def _letters(count: int) -> str:
    """a, b ... z, aa, ab ...; the first part is called a, so to speak, and the next one b."""
    letters = ""
    while count:
        count, rest = divmod(count - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def sightings(part: Part, chosen: Iterable[int] | None = None) -> list[Sighting]:
    """A character as decisions point at it, or `chosen` tracklets of it: one sighting for every machine's character."""
    evidence, whole = part.evidence, chosen is None
    by_number: dict[int, list[int]] = {}
    for place in part.places if chosen is None else sorted(chosen):
        by_number.setdefault(int(evidence.character[place]), []).append(place)
    made = []
    for number, places in by_number.items():
        longest = whole and len(places) > ANCHORS and len(places) == int((evidence.character == number).sum())
        anchors = evidence.anchors(places, ANCHORS if longest else None)
        made.append(
            Sighting(evidence.movie.id, evidence.key, number, anchors, whole and number != NOBODY, longest)
        )  # fmt: skip
    return made
