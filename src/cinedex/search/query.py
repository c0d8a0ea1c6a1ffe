"""Queries: full text and every vector space, fused by reciprocal rank, with reasons, or an honest nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cinedex.errors import UsageError
from cinedex.search.index import Index
from cinedex.timeline.time import SECOND, Time

LONGEST_QUERY = 500
"""Characters of a query that are used."""

_FUSE = 60
"""The constant of reciprocal rank fusion (Cormack, Clarke, Buettcher 2009)."""

_CANDIDATES = 50

MEANING_LEAST = 0.84
"""Cosine from which words count as near in meaning."""

CONCEPT_LEAST = 0.42
"""Centred cosine from which what is seen counts as near."""

WORDS_LEAST = 0.5
"""Share of a query's telling words that must be found where nothing else speaks for a moment."""

_JOIN_GAP = SECOND
_JOINED_MAX = SECOND * 60

_TELLING_NOTHING = """
a an and are as at be by do does for from has have he her his how i in is it its me my of on or our she so that the
their them there they this to was we were what when where which who why will with you your find show scene moment
"""

_STOP = frozenset(_TELLING_NOTHING.split())
"""Words of a query that tell nothing apart."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A found moment. `matched` are character ranges of `words`; `why` says in words what spoke for it."""

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
    matched: tuple[tuple[int, int], ...] = ()
    why: tuple[str, ...] = ()


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
    score: float = 0.0
    near: dict[str, float] = field(default_factory=dict)


def search(index: Index, text: str, *, limit: int = 10, movie: str | None = None) -> SearchResult:
    """The moments that fit plain words best. Raises UsageError for an empty query."""
    query = " ".join(unicodedata.normalize("NFC", text).split())[:LONGEST_QUERY]
    terms = [t for t in _words(query) if t not in _STOP] or _words(query)
    if not terms:
        raise UsageError("the query has no words", remedy="Say what is heard or seen, for example: red car at night.")
    found: dict[tuple[str, int], _Candidate] = {}
    _rank(found, index.by_text(" ".join(terms), _CANDIDATES, movie), "text")
    for column, vector in index.query_vectors(query).items():
        _rank(found, index.by_vector(column, vector, _CANDIDATES, movie), column)
    hits = [hit for c in found.values() if (hit := _judged(c, terms)) is not None]
    best = sorted(_joined(hits), key=lambda h: (-h.score, h.name, h.start))[:limit]
    films, moments = index.size
    notes = (f"searched by words only: {index.without_meaning}",) if index.without_meaning else ()
    return SearchResult(query, tuple(best), films, moments, notes)


def _rank(found: dict[tuple[str, int], _Candidate], rows: Sequence[dict[str, Any]], source: str) -> None:
    for place, row in enumerate(rows):
        candidate = found.setdefault((row["movie"], row["start"]), _Candidate(row))
        near = row["_score"] if source == "text" else 1 - row["_distance"]
        candidate.near[source] = float(near)
        candidate.score += 1 / (_FUSE + place + 1)


def _judged(candidate: _Candidate, terms: Sequence[str]) -> Hit | None:
    """A hit with its reasons, or None where nothing speaks for it strongly enough."""
    row, near = candidate.row, candidate.near
    spoken, said = _matches(row["words"], terms)
    _, seen = _matches(row["tags"], terms)
    why = []
    if said:
        why.append(f"said: {', '.join(sorted(said))}")
    if seen:
        why.append(f"seen: {', '.join(sorted(seen))}")
    enough = len(said | seen) >= WORDS_LEAST * len(set(terms))
    if near.get("meaning", 0.0) >= MEANING_LEAST:
        why.append(f"words near in meaning ({near['meaning']:.2f})")
        enough = True
    if near.get("concept", 0.0) >= CONCEPT_LEAST:
        why.append(f"picture near in meaning ({near['concept']:.2f})")
        enough = True
    if not enough or not why:
        return None
    return Hit(
        movie=row["movie"],
        name=row["name"],
        start=Time(row["start"]),
        end=Time(row["end"]),
        score=candidate.score * (1 + len(said | seen) / len(set(terms))),
        words=row["words"],
        language=row["language"],
        tags=row["tags"],
        flags=row["flags"],
        picture_at=Time(row["picture_at"]),
        matched=tuple(spoken),
        why=tuple(why),
    )


def _joined(hits: Sequence[Hit]) -> list[Hit]:
    """Neighbouring hits of a film as one moment; the better one gives its picture."""
    joined: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.movie, h.start)):
        last = joined[-1] if joined else None
        near = last is not None and last.movie == hit.movie and hit.start - last.end <= _JOIN_GAP
        if last is None or not near or hit.end - last.start > _JOINED_MAX:
            joined.append(hit)
            continue
        shift = len(last.words) + 1 if last.words else 0
        joined[-1] = replace(
            last,
            end=hit.end,
            score=max(last.score, hit.score),
            words=f"{last.words} {hit.words}".strip(),
            tags=", ".join(dict.fromkeys(t for t in (*last.tags.split(", "), *hit.tags.split(", ")) if t)),
            flags=", ".join(dict.fromkeys(f for f in (*last.flags.split(", "), *hit.flags.split(", ")) if f)),
            matched=(*last.matched, *((a + shift, b + shift) for a, b in hit.matched)),
            why=tuple(dict.fromkeys((*last.why, *hit.why))),
            picture_at=hit.picture_at if hit.score > last.score else last.picture_at,
        )
    return joined


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _matches(text: str, terms: Sequence[str]) -> tuple[list[tuple[int, int]], set[str]]:
    """Where words of the text are forms of query words, and which query words were found."""
    places, found = [], set()
    for token in re.finditer(r"[^\W_]+", text):
        word = token.group().casefold()
        for term in terms:
            if _same(word, term):
                places.append(token.span())
                found.add(term)
                break
    return places, found


def _same(word: str, term: str) -> bool:
    """Equal, or forms of one word: a common beginning that leaves at most three letters on either side."""
    if word == term:
        return True
    short = min(len(word), len(term))
    common = next((i for i in range(short) if word[i] != term[i]), short)
    return common >= 4 and max(len(word), len(term)) - common <= 3 and short - common <= 1
