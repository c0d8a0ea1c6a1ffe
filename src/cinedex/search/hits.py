"""Hits: found moments with their reasons, neighbours joined into one, and films taking turns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cinedex.search.matcher import Matcher
from cinedex.search.terms import Term
from cinedex.timeline.time import SECOND, Time

FUSE = 60
"""The constant of reciprocal rank fusion (Cormack, Clarke, Buettcher 2009)."""

_SAME = 1e-4
"""Scores of one list that differ by less are equal."""

_JOIN_GAP = SECOND
_JOINED_MAX = SECOND * 60

_AGAIN = 0.1
"""What a hit loses, as a share, for every better one of its film, so that one film does not fill the list."""

SPOKEN_FOR = {
    "meaning": "words near in meaning", "concept": "picture near in meaning", "look": "picture looks alike",
    "face": "a face like it", "voice": "a voice like it", "sound": "sounds like it",
}  # fmt: skip

_COLUMNS = {
    "said": ("words",), "said in English": ("english",), "read": ("screen",), "seen": ("tags", "kinds", "things"),
    "heard": ("heard", "noises"),
}  # fmt: skip
"""How a word may be there, and in which columns it then is."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A found stretch: a moment, or neighbours joined. Why it was found: `matched`, `why` and `ranks`."""

    movie: str
    name: str
    start: Time
    end: Time
    score: float
    words: str
    language: str
    tags: str
    flags: str
    picture_at: Time
    """Where a still is to be taken; -1 where there is none."""
    at: Time
    """Where the best moment of it starts: the place to play from."""
    matched: tuple[tuple[int, int], ...] = ()
    """Character ranges of `words` that are forms of query words."""
    why: tuple[str, ...] = ()
    """What spoke for it, in words."""
    ranks: tuple[tuple[str, int], ...] = ()
    """The lists that it is in and its place in each: 'text', 'meaning', 'concept', 'look', 'face', 'voice', 'sound'."""
    english: str = ""
    """What is said, translated."""
    screen: str = ""
    """What stands in the picture."""
    things: str = ""
    """Places, objects and events."""
    heard: str = ""
    scene: int = -1
    """The number of its scene; -1 where scenes are not known."""
    year: int = 0
    """Of the film; 0 where nobody says."""


@dataclass
class Candidate:
    """A moment that some list has. `found` says how each word is there, and where in the column."""

    row: Mapping[str, Any]
    found: dict[str, dict[str, list[tuple[int, int]]]] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    near: dict[str, float] = field(default_factory=dict)

    @property
    def terms(self) -> set[str]:
        """The words of the query that are there in any way."""
        return {term for own in self.found.values() for term in own}

    def look(self, matcher: Matcher) -> None:
        """Find the query's words in it."""
        for how, columns in _COLUMNS.items():
            text = ", ".join(self.row[c] for c in columns if self.row[c])
            if text and (found := matcher.find(text, self.row["language"] if how == "said" else "")):
                self.found[how] = found


def rank(found: dict[str, Candidate], source: str, ranked: Sequence[tuple[Candidate, float]]) -> None:
    """Put a list's moments, best first, to those of the other lists."""
    place, last = 0, float("inf")
    for number, (new, near) in enumerate(ranked, 1):
        # Full text often says the same of many, in no order; they share a place, and the other lists decide.
        if last - near > _SAME:
            place, last = number, near
        candidate = found.setdefault(new.row["id"], new)
        candidate.ranks[source] = place
        candidate.near[source] = near


def hit_of(candidate: Candidate, terms: Sequence[Term], filtered: Sequence[str] = ()) -> Hit:
    """A hit with its reasons. Words that are really there count on top of the places in the lists."""
    row = candidate.row
    why = [f"{how}: {', '.join(sorted(words))}" for how, words in candidate.found.items()]
    why += [f"{SPOKEN_FOR[s]} ({near:.2f})" for s, near in candidate.near.items() if s in SPOKEN_FOR]
    fused = sum(1 / (FUSE + place) for place in candidate.ranks.values())
    start = Time(row["start"])
    return Hit(
        movie=row["movie"],
        name=row["name"],
        start=start,
        end=Time(row["end"]),
        score=fused * (1 + len(candidate.terms) / max(len(terms), 1)),
        words=row["words"],
        language=row["language"],
        tags=row["tags"],
        flags=row["flags"],
        picture_at=Time(row["picture_at"]),
        at=start,
        matched=tuple(sorted({p for places in candidate.found.get("said", {}).values() for p in places})),
        why=(*why, *filtered),
        ranks=tuple(candidate.ranks.items()),
        english=row["english"],
        screen=row["screen"],
        things=row["things"],
        heard=row["heard"],
        scene=row["scene"],
        year=row["year"],
    )


def joined(hits: Iterable[Hit]) -> list[Hit]:
    """Neighbouring hits of a film as one."""
    found: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.movie, h.start)):
        last = found[-1] if found else None
        near = last is not None and last.movie == hit.movie and hit.start - last.end <= _JOIN_GAP
        if last is None or not near or hit.end - last.start > _JOINED_MAX:
            found.append(hit)
        else:
            found[-1] = _both(last, hit)
    return found


def in_turn(hits: Iterable[Hit], limit: int) -> list[Hit]:
    """The best hits first; where several films have some, each hit of a film makes its next ones wait a little."""
    ordered = sorted(hits, key=lambda h: (-h.score, h.name, h.movie, h.start))
    taken: dict[str, int] = {}
    scored = []
    for hit in ordered:
        before = taken.get(hit.movie, 0)
        taken[hit.movie] = before + 1
        scored.append((hit.score * (1 - _AGAIN) ** before, hit))
    if len(taken) > 1:
        scored.sort(key=lambda pair: -pair[0])
    return [hit for _, hit in scored[: max(limit, 0)]]


def _both(first: Hit, second: Hit) -> Hit:
    """One hit of two: the better gives its place, picture and reasons first."""
    shift = len(first.words) + 1 if first.words else 0
    better, other = (second, first) if second.score > first.score else (first, second)
    return replace(
        better,
        start=first.start,
        end=second.end,
        words=_told(first.words, second.words),
        language=better.language or other.language,
        tags=_listed(better.tags, other.tags),
        flags=_listed(better.flags, other.flags),
        picture_at=better.picture_at if better.picture_at >= 0 else other.picture_at,
        matched=(*first.matched, *((a + shift, b + shift) for a, b in second.matched)),
        why=reasons(better.why, other.why),
        ranks=tuple((dict(other.ranks) | dict(better.ranks)).items()),
        english=_told(first.english, second.english),
        screen=" ".join(dict.fromkeys(x for x in (first.screen, second.screen) if x)),
        things=_listed(better.things, other.things),
        heard=_listed(better.heard, other.heard),
    )


def reasons(better: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    """The reasons of both; how near the other is in meaning only where the better is not."""
    near = [s for s in SPOKEN_FOR.values() if any(reason.startswith(s) for reason in better)]
    return tuple(dict.fromkeys((*better, *(r for r in other if not r.startswith(tuple(near))))))


def _told(first: str, second: str) -> str:
    return f"{first} {second}" if first and second else first or second


def _listed(*lists: str) -> str:
    return ", ".join(dict.fromkeys(x for one in lists for x in one.split(", ") if x))
