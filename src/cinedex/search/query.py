"""Queries: full text and every vector space, fused by reciprocal rank, with reasons, or an honest nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cinedex.errors import UsageError
from cinedex.search.index import Index
from cinedex.search.terms import TELLS_NOTHING, Term, matches, terms_of, words_of
from cinedex.timeline.time import SECOND, Time

LONGEST_QUERY = 500
"""Characters of a query that are used."""

_FUSE = 60
"""The constant of reciprocal rank fusion (Cormack, Clarke, Buettcher 2009)."""

_CANDIDATES = 50
"""Of each list, or twice the hits asked for where that is more."""

BOUNDS = {"meaning": 0.83}
"""Cosine from which what is said counts as near; for what is seen, the picture embedder brings its own. A first
calibration, for multilingual-e5-small alone: set on the 'tune' queries of tests/quality/search_queries.json, so that
hardly any of those without an answer finds one."""

WORDS_LEAST = 0.5
"""Share of a query's telling words that must be found where nothing else speaks for a moment."""

_SAME = 1e-4
"""Scores of one list that differ by less are equal."""

_JOIN_GAP = SECOND
_JOINED_MAX = SECOND * 60

_SPOKEN_FOR = {"meaning": "words near in meaning", "concept": "picture near in meaning"}


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
    """The lists that it is in and its place in each: 'text', 'meaning', 'concept'."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first; none means that nothing in the library fits, of what `films` and `moments` say was searched."""

    query: str
    hits: tuple[Hit, ...]
    films: int
    moments: int
    notes: tuple[str, ...] = ()


@dataclass
class _Candidate:
    row: dict[str, Any]
    said: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    seen: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    near: dict[str, float] = field(default_factory=dict)


def search(index: Index, text: str, *, limit: int = 10, movie: str | None = None) -> SearchResult:
    """The moments that fit plain words best. Raises UsageError for an empty query."""
    query = " ".join(unicodedata.normalize("NFC", text[: LONGEST_QUERY * 4]).split())[:LONGEST_QUERY]
    if not words_of(query):
        raise UsageError("the query has no words", remedy="Say what is heard or seen, for example: red car at night.")
    telling = [w for w in words_of(query) if w.casefold() not in TELLS_NOTHING] or words_of(query)
    terms = terms_of(telling, index.stems)
    most = max(_CANDIDATES, 2 * limit)
    found: dict[tuple[str, int], _Candidate] = {}
    _rank(found, "text", _by_words(index, telling, terms, most, movie))
    vectors = index.query_vectors(query)
    bounds = BOUNDS | index.near
    for space, vector in vectors.items():
        rows = ((r, 1 - r["_distance"]) for r in index.by_vector(space, vector, most, movie))
        _rank(found, space, [(_Candidate(row), near) for row, near in rows if near >= bounds[space]])
    for candidate in found.values():
        if "text" not in candidate.ranks:
            _look(candidate, terms, index)
    hits = _joined(_hit(candidate, terms) for candidate in found.values())
    best = sorted(hits, key=lambda h: (-h.score, h.name, h.movie, h.start))[: max(limit, 0)]
    films, moments = index.size
    return SearchResult(query, tuple(best), films, moments, () if vectors or not moments else (_only_words(index),))


def _only_words(index: Index) -> str:
    why = index.without_meaning or "the index was made with another text embedder; analyse the films again"
    return f"searched by words only: {why}"


def _by_words(
    index: Index, telling: Sequence[str], terms: Sequence[Term], most: int, movie: str | None
) -> list[tuple[_Candidate, float]]:
    """Moments with enough of the query's words in what is said or seen, best first."""
    kept = []
    for row in index.by_text(" ".join(telling), most, movie):
        candidate = _Candidate(row)
        _look(candidate, terms, index)
        if len(candidate.said.keys() | candidate.seen.keys()) >= WORDS_LEAST * len(terms):
            kept.append((candidate, float(row["_score"])))
    return kept


def _look(candidate: _Candidate, terms: Sequence[Term], index: Index) -> None:
    candidate.said = matches(candidate.row["words"], terms, index.stems)
    candidate.seen = matches(f"{candidate.row['tags']}, {candidate.row['kinds']}", terms, index.stems)


def _rank(found: dict[tuple[str, int], _Candidate], source: str, ranked: Sequence[tuple[_Candidate, float]]) -> None:
    place, last = 0, float("inf")
    for number, (new, near) in enumerate(ranked, 1):
        # Full text often says the same of many, in no order; they share a place, and the other lists decide.
        if last - near > _SAME:
            place, last = number, near
        candidate = found.setdefault((new.row["movie"], new.row["start"]), new)
        candidate.ranks[source] = place
        candidate.near[source] = near


def _hit(candidate: _Candidate, terms: Sequence[Term]) -> Hit:
    """A hit with its reasons. Words that are really there count on top of the places in the lists."""
    row, said, seen = candidate.row, candidate.said, candidate.seen
    why = [f"{how}: {', '.join(sorted(words))}" for how, words in (("said", said), ("seen", seen)) if words]
    why += [f"{_SPOKEN_FOR[s]} ({near:.2f})" for s, near in candidate.near.items() if s in _SPOKEN_FOR]
    fused = sum(1 / (_FUSE + place) for place in candidate.ranks.values())
    start = Time(row["start"])
    return Hit(
        movie=row["movie"],
        name=row["name"],
        start=start,
        end=Time(row["end"]),
        score=fused * (1 + len(said.keys() | seen.keys()) / len(terms)),
        words=row["words"],
        language=row["language"],
        tags=row["tags"],
        flags=row["flags"],
        picture_at=Time(row["picture_at"]),
        at=start,
        matched=tuple(sorted({place for places in said.values() for place in places})),
        why=tuple(why),
        ranks=tuple(candidate.ranks.items()),
    )


def _joined(hits: Iterable[Hit]) -> list[Hit]:
    """Neighbouring hits of a film as one."""
    joined: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.movie, h.start)):
        last = joined[-1] if joined else None
        near = last is not None and last.movie == hit.movie and hit.start - last.end <= _JOIN_GAP
        if last is None or not near or hit.end - last.start > _JOINED_MAX:
            joined.append(hit)
        else:
            joined[-1] = _both(last, hit)
    return joined


def _both(first: Hit, second: Hit) -> Hit:
    """One hit of two: the better gives its place, picture and reasons first."""
    shift = len(first.words) + 1 if first.words else 0
    better, other = (second, first) if second.score > first.score else (first, second)
    return replace(
        better,
        start=first.start,
        end=second.end,
        words=f"{first.words} {second.words}" if first.words and second.words else first.words or second.words,
        language=better.language or other.language,
        tags=_listed(better.tags, other.tags),
        flags=_listed(better.flags, other.flags),
        picture_at=better.picture_at if better.picture_at >= 0 else other.picture_at,
        matched=(*first.matched, *((a + shift, b + shift) for a, b in second.matched)),
        why=_reasons(better.why, other.why),
        ranks=tuple((dict(other.ranks) | dict(better.ranks)).items()),
    )


def _reasons(better: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    """The reasons of both; how near the other is in meaning only where the better is not."""
    near = [s for s in _SPOKEN_FOR.values() if any(reason.startswith(s) for reason in better)]
    return tuple(dict.fromkeys((*better, *(r for r in other if not r.startswith(tuple(near))))))


def _listed(*lists: str) -> str:
    return ", ".join(dict.fromkeys(x for one in lists for x in one.split(", ") if x))
