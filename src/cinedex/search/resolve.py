"""Filters of a query against a library: which films, moments and facets they mean, and which of them mean nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from cinedex.search.facets import KEYS, facet
from cinedex.search.filters import ANYWHERE, Where, touching
from cinedex.search.index import Index
from cinedex.search.syntax import METADATA, Filter, Query, facets_of, times_of, years_of
from cinedex.timeline.movie import Movie
from cinedex.timeline.track import Spans

Presence = Callable[[str], Mapping[str, Spans]]
"""Where somebody of that name is on screen, by film; empty for nobody."""

Voices = Callable[[str], Mapping[str, Collection[int]]]
"""The numbers of the voices of somebody of that name, by film; empty where none is known."""

_TOLD = 8
"""Names of a key that are told where a filter names none of them."""

_PLACE = ["id", "movie", "start", "end"]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What may be found, and what is to be said of filters that nothing in the library can fit."""

    where: Where = ANYWHERE
    notes: tuple[str, ...] = ()


def resolve(
    query: Query,
    index: Index,
    movies: Sequence[Movie],
    presence: Presence,
    where: Where = ANYWHERE,
    *,
    voices: Voices = lambda _: {},
) -> Resolved:
    """The query's filters, on top of `where`. One that fits nothing lets nothing be found, and says so."""
    notes: list[str] = []
    for one in query.filters:
        if one.key == "film":
            where = _films(one, where, movies, notes)
        elif one.key in METADATA:
            where = _described(one, where, movies, notes)
        elif one.key == "time":
            where = replace(where, times=(*where.times, *times_of(one)))
        elif one.key == "year":
            where = replace(where, years=(*where.years, *years_of(one)))
        elif one.key in KEYS:
            where = _facets(one, where, index, notes)
        elif one.key == "speaker":
            where = _speakers(one, where, (presence, voices), notes)
    for one in query.of("person"):  # last, so that all else has narrowed down where to look
        where = _people(one, where, index, presence, notes)
    return Resolved(where, tuple(notes))


def called(movie: Movie) -> str:
    """What a film is called in queries: its file's name without the ending."""
    return _stem(movie.name)


@lru_cache(50_000)
def _stem(name: str) -> str:
    return Path(name).stem


def films_called(name: str, movies: Sequence[Movie]) -> list[Movie]:
    """The films with exactly that name, title or id; else those whose name has it in it."""
    wanted = _plain(name)
    titles = {
        m.id: {_plain(called(m)), _plain(m.name), m.id} | {_plain(v) for k, v in m.tags if k.casefold() == "title"}
        for m in movies
    }
    exact = [m for m in movies if wanted in titles[m.id]]
    return exact or [m for m in movies if wanted and any(f" {wanted} " in f" {t} " for t in titles[m.id])]


@lru_cache(50_000)
def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def _films(one: Filter, where: Where, movies: Sequence[Movie], notes: list[str]) -> Where:
    found = {m.id for value in one.values for m in films_called(value, movies)}
    if not found:
        notes.append(f"no film is called {' or '.join(one.values)}; there are {_some(called(m) for m in movies)}")
        return where.only(frozenset())
    kept = tuple(sorted(found & {*where.movies} if where.movies else found))
    return replace(where, movies=kept) if kept else where.only(frozenset())


def _described(one: Filter, where: Where, movies: Sequence[Movie], notes: list[str]) -> Where:
    """The films whose file has one of the values, as whole words, in its tag of that name."""
    wanted = [plain for value in one.values if (plain := _plain(value))]
    told = {m.id: [_plain(v) for k, v in m.tags if k.casefold() == one.key] for m in movies}
    found = {film for film, own in told.items() if any(f" {w} " in f" {t} " for w in wanted for t in own)}
    if not found:
        own = sorted({v for m in movies for k, v in m.tags if k.casefold() == one.key})
        some = f"there are {_some(own)}" if own else f"no film here says its {one.key}"
        notes.append(f"no film's {one.key} is {' or '.join(one.values)}; {some}")
        return where.only(frozenset())
    kept = tuple(sorted(found & {*where.movies} if where.movies else found))
    return replace(where, movies=kept) if kept else where.only(frozenset())


def _facets(one: Filter, where: Where, index: Index, notes: list[str]) -> Where:
    there = index.vocabulary
    found = facets_of(one, there)
    if one.without:
        return replace(where, without=(*where.without, *found))
    if not found:
        own = sorted(f.partition(":")[2] for f in there if f.startswith(f"{one.key}:"))
        some = f"there are {_some(own)}" if own else f"no film here has any {one.key}"
        notes.append(f"no {one.key} is called {' or '.join(one.values)}; {some}")
        return where.only(frozenset())
    return replace(where, facets=(*where.facets, tuple(found)))


def _speakers(one: Filter, where: Where, who: tuple[Presence, Voices], notes: list[str]) -> Where:
    """Voices are numbers in the index; whose they are is asked now."""
    presence, voices = who
    own: dict[str, set[str]] = {}
    for value in one.values:
        heard = voices(value)
        if not heard:
            known = f"no voice is known to be that of {value}; person:{value} says where they are on screen"
            nobody = f"nobody is called {value}; `cinedex people` says who is in a film, and names them"
            notes.append(known if presence(value) else nobody)
        for film, numbers in heard.items():
            own.setdefault(film, set()).update(facet("voice", str(n)) for n in numbers)
    group = tuple((film, tuple(sorted(f))) for film, f in sorted(own.items()))
    if one.without:
        return replace(where, none=(*where.none, group))
    return replace(where, each=(*where.each, group))


def _people(one: Filter, where: Where, index: Index, presence: Presence, notes: list[str]) -> Where:
    spans: dict[str, list[Spans]] = {}
    for value in one.values:
        seen = presence(value)
        if not seen:
            notes.append(f"nobody is called {value}; `cinedex people` says who is in a film, and names them")
        for film, own in seen.items():
            spans.setdefault(film, []).append(own)
    there = {film: _union(own) for film, own in spans.items()}
    movies = tuple(sorted(m for m in there if not where.movies or m in where.movies))
    if one.without:
        rows = index.within(where, shown=_PLACE)
        return where.only(frozenset(str(r["id"]) for r in rows) - touching(rows, there))
    if not movies:
        return where.only(frozenset())
    rows = index.within(replace(where, movies=movies), shown=_PLACE)
    return where.only(touching(rows, there))


def _union(own: Sequence[Spans]) -> Spans:
    return Spans.of(span for spans in own for span in spans)


def _some(names: Iterable[str]) -> str:
    every = [*names]
    return ", ".join(every[:_TOLD]) + (f" and {len(every) - _TOLD} more" if len(every) > _TOLD else "") or "none"
