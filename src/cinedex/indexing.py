"""Keeps a library's search index up to date with what is known of its films."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cinedex.run.plan import Plan, StepState
from cinedex.search.index import TABLE, Index
from cinedex.search.moments import SOURCES, key_of
from cinedex.store import Store
from cinedex.taught import Lessons
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Faceprint, Person, Portrait, Tag, Vector
from cinedex.timeline.timeline import Timeline

_MARK = "indexed"
"""The mark of a film in the store that says of which tracks its rows in the index are made."""


@dataclass(frozen=True)
class Indexing:
    """What is put into the index, and when. `plan` says what is stored of a film, `read` reads it, with taught tags."""

    index: Index
    store: Store
    movies: Callable[[], Iterable[Movie]]
    plan: Callable[[Movie], Plan]
    read: Callable[[Movie], Timeline]
    taught: Callable[[], Lessons]

    def update(self, movie: Movie) -> None:
        """Bring the index up to date with a film, reading its tracks only if they are not those in it."""
        key = self._key(movie)
        self.complete()
        if self.store.mark(movie.id, _MARK) == key:
            return
        self.index.update(self.read(movie))
        if not self.index.lacking:
            self.store.put_mark(movie.id, _MARK, key)

    def complete(self) -> None:
        """Make the index of every film again where it is lost or of an earlier form."""
        if not self._there() and (movies := [*self.movies()]):
            self.rebuild(movies)

    def update_all(self) -> None:
        """The same with every film that is in it."""
        for movie in self.movies():
            if self.holds(movie):
                self.update(movie)

    def holds(self, movie: Movie) -> bool:
        """Whether a film has been put in."""
        return self.store.mark(movie.id, _MARK) is not None

    def check(self) -> list[str]:
        """What is wrong with the index, film by film; nothing where it is up to date."""
        return self.index.check({m.id: self.read(m) for m in self.movies() if self.holds(m)})

    def rebuild(self, movies: Iterable[Movie] | None = None) -> None:
        """Make the index anew from the tracks of films, of all of them where none are named."""
        self.index.rebuild(self.read(movie) for movie in (self.movies() if movies is None else movies))

    def unlist(self, movies: Iterable[Movie]) -> None:
        """Make the rows of films anew, and keep nothing of the old ones, where anything in them is of people."""
        if not {Person, Portrait, Faceprint} & set(SOURCES) or not self._there():
            return
        for movie in movies:
            self.index.remove(movie.id)
            self.store.put_mark(movie.id, _MARK, "")
            self.update(movie)
        self.index.compact(forget=True)

    def _key(self, movie: Movie) -> str:
        """A name of the tracks that a film's rows are to be made of, none of which is read for it."""
        steps = self.plan(movie).having(StepState.HIT)
        made = [(row.kind, s.key) for s in steps for row in s.stage.makes if row in SOURCES]
        looked = [s.key for s in steps if Vector in s.stage.makes]
        taught = self.taught().key(looked)
        return key_of(movie.name, [*made, *([(Tag.kind, taught)] if taught and looked else [])])

    def _there(self) -> bool:
        return self.store.holds(f"index/{TABLE}.lance")
