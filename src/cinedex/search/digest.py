"""What a whole library has of a topic or a person, in few lines: the films that have most of it, each summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from cinedex.errors import UsageError
from cinedex.search.finder import Finder
from cinedex.search.summary import LENGTHS, Length, Summary, summarise
from cinedex.timeline.movie import Movie
from cinedex.timeline.timeline import Timeline

_HITS = 200
"""Moments that a digest is made of, at most."""


@dataclass(frozen=True, slots=True)
class Digest:
    """Summaries of the films that have it, most of it first; `others` films have it too and are left out."""

    about: str
    films: tuple[Summary, ...]
    others: int
    searched: int
    notes: tuple[str, ...] = ()


def digest(
    finder: Finder,
    timeline: Callable[[Movie], Timeline],
    *,
    length: Length = "short",
    person: str = "",
    topic: str = "",
) -> Digest:
    """Every film's moments of `topic`, or of where `person` is on screen, in as many lines as one film would have.

    Raises UsageError where neither is given.
    """
    if not person and not topic:
        raise UsageError(
            "a library is summed up by a topic or a person", remedy="Name a film, or add --topic or --person."
        )
    movies = {movie.id: movie for movie in finder.movies()}
    weights, about = Counter[str](), []
    if person:
        weights.update({film: int(spans.total) for film, spans in finder.presence(person).items()})
        about.append(person)
    if topic:
        found = Counter(hit.movie for hit in finder.search(topic, limit=_HITS).hits)
        weights = Counter({f: n for f, n in found.items() if not person or f in weights})
        about.append(f"“{topic}”")
    ranked = [movies[film] for film, _ in weights.most_common() if film in movies]
    most = LENGTHS[length]
    chosen = ranked[:most]
    shares = _shares([weights[m.id] for m in chosen], most)
    told = [
        summarise(finder, timeline(movie), length=length, person=person, topic=topic, most=share)
        for movie, share in zip(chosen, shares, strict=True)
    ]
    films = tuple(one for one in told if one.lines)
    notes = () if films else (f"nothing in this library is about {', '.join(about)}",)
    return Digest(", ".join(about), films, max(len(ranked) - len(films), 0), len(movies), notes)


def _shares(weights: list[int], most: int) -> list[int]:
    """`most` lines shared out by weight, at least one to each."""
    shares = [1] * len(weights)
    for _ in range(most - len(weights)):
        neediest = max(range(len(weights)), key=lambda i: weights[i] / shares[i], default=None)
        if neediest is not None:
            shares[neediest] += 1
    return shares
