"""What limits a search, as values: checked here and turned into the index's filter text, which holds nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cinedex.errors import StoreError
from cinedex.search.facets import label_of
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.track import Spans

_MOVIE_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}\Z")
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_NAMED_YEAR = re.compile(r"[(\[](1[89]\d\d|20\d\d)[)\]]")
_ROW_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}@-?\d+\Z")


MINUTE = int(SECOND * 60)

_MOST_MINUTES = 600
"""From which a stretch of time is not looked for minute by minute."""

InFilms = tuple[tuple[str, tuple[str, ...]], ...]
"""Facets that mean something inside one film only, such as the numbers of its voices: (film, facets)."""


@dataclass(frozen=True, slots=True)
class Where:
    """Which moments may be found. Every condition must hold; empty ones are none.

    `facets` are groups of which one each must be there, `without` such as must not. `times` are (from, to) in flicks
    of film time, `years` (first, last). `rows` are the only moments that may be found; None stands for all.

    `each` are groups of (film, facets): of each group, a moment must be of one of the films and have one of the facets
    that go with that film. `none` are groups of which it must not.
    """

    movies: tuple[str, ...] = ()
    facets: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()
    times: tuple[tuple[int, int], ...] = ()
    years: tuple[tuple[int, int], ...] = ()
    rows: frozenset[str] | None = None
    each: tuple[InFilms, ...] = ()
    none: tuple[InFilms, ...] = ()

    def sql(self) -> str:
        """The filter as the index takes it; empty for everything."""
        parts = []
        if self.movies:
            parts.append(f"movie IN ({_list(safe(m) for m in self.movies)})")
        parts += [f"array_has_any(facets, [{_list(_facet(f) for f in group)}])" for group in self.facets]
        if self.without:
            parts.append(f"NOT array_has_any(facets, [{_list(_facet(f) for f in self.without)}])")
        parts += [_in_films(group) for group in self.each]
        parts += [f"NOT {_in_films(group)}" for group in self.none]
        parts += self._times()
        if self.years:
            parts.append("(" + " OR ".join(f"(year >= {int(a)} AND year <= {int(b)})" for a, b in self.years) + ")")
        if self.rows is not None:
            parts.append(f"id IN ({_list(_row(r) for r in sorted(self.rows))})" if self.rows else "false")
        return " AND ".join(parts)

    def _times(self) -> list[str]:
        """By minutes where that narrows down, and by the very ends where these are not whole minutes."""
        if not self.times:
            return []
        minutes = sorted({m for a, b in self.times for m in minutes_of(a, min(b, a + _MOST_MINUTES * MINUTE))})
        narrow = not self.movies and all(b - a < _MOST_MINUTES * MINUTE for a, b in self.times)
        parts = [f"array_has_any(minutes, [{', '.join(map(str, minutes))}])"] if narrow else []
        if not narrow or any(a % MINUTE or b % MINUTE for a, b in self.times):
            parts.append("(" + " OR ".join(f'("end" > {int(a)} AND start < {int(b)})' for a, b in self.times) + ")")
        return parts

    def only(self, rows: frozenset[str]) -> Where:
        """Also limited to these moments."""
        return replace(self, rows=rows if self.rows is None else self.rows & rows)


ANYWHERE = Where()


def touching(rows: Sequence[Mapping[str, object]], spans: Mapping[str, Spans]) -> frozenset[str]:
    """The ids of moments that share more than an edge with the spans of their film."""
    found: set[str] = set()
    by_film: dict[str, list[Mapping[str, object]]] = {}
    for row in rows:
        by_film.setdefault(str(row["movie"]), []).append(row)
    for film, own in by_film.items():
        ordered = sorted(own, key=lambda r: (int(str(r["start"])), int(str(r["end"]))))
        cells = Spans.of(_span(r) for r in ordered)
        left, _ = cells.join(spans.get(film, Spans.of([])).support())
        found.update(str(ordered[i]["id"]) for i in left.tolist())
    return frozenset(found)


def minutes_of(start: int, end: int) -> range:
    """The minutes of a film that a stretch has a part of, by number from 0."""
    return range(start // MINUTE, max(-(-end // MINUTE), start // MINUTE + 1))


def year_of(movie: Movie) -> int:
    """A film's year by its container's tags, or in brackets in its name; 0 where neither tells."""
    tags = {key.casefold(): value for key, value in movie.tags}
    told = [tags.get(key, "") for key in ("year", "date", "originaldate", "original_year", "release_date")]
    found = [match for text in told if (match := _YEAR.search(text))]
    named = _NAMED_YEAR.search(movie.name)
    return int(found[0][1]) if found else int(named[1]) if named else 0


def safe(movie_id: str) -> str:
    """Ids go into filter text, so nothing else may."""
    if not _MOVIE_ID.match(movie_id):
        raise StoreError(f"{movie_id!r} is not a film's id")
    return movie_id


def _span(row: Mapping[str, object]) -> Span:
    return Span(Time(int(str(row["start"]))), Time(int(str(row["end"]))))


def _list(texts: Iterable[str]) -> str:
    return ", ".join(f"'{t}'" for t in texts)


def _in_films(group: InFilms) -> str:
    parts = [f"(movie = '{safe(m)}' AND array_has_any(facets, [{_list(_facet(f) for f in own)}]))" for m, own in group]
    return f"({' OR '.join(parts)})" if parts else "false"


def _facet(text: str) -> str:
    key, _, label = text.partition(":")
    return f"{label_of(key)}:{label_of(label)}"


def _row(text: str) -> str:
    if not _ROW_ID.match(text):
        raise StoreError(f"{text!r} is not a moment's id")
    return text
