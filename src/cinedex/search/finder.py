"""The finder: a library's search in one place, with the names that it has for films, people and what is in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from cinedex.errors import ModelError, StoreError, UsageError
from cinedex.media.image import stretched
from cinedex.models.tasks import Floats, ImageTagger, Reranker
from cinedex.people.cast import Cast
from cinedex.people.photos import photo_at
from cinedex.people.scan import ReadTracks
from cinedex.people.view import Character
from cinedex.people.voices import Owned, owned, said_by
from cinedex.search.columns import LOOK
from cinedex.search.examples import Like
from cinedex.search.filters import ANYWHERE, Where
from cinedex.search.index import Index
from cinedex.search.query import SearchResult, search
from cinedex.search.resolve import called, films_called, resolve
from cinedex.search.syntax import Known, Query, parse
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Cue, Person, Speaker, Speaking
from cinedex.timeline.time import Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans


class Finder:
    """Searches a library's index. `tagger` gives the model whose features say what pictures look like.

    `read` gives tracks of a film: those that say whose a voice is, and who says a line. `reranker` gives what reads the
    best hits again; where it raises ModelError that is left out, and said.
    """

    def __init__(
        self,
        index: Index,
        movies: Callable[[], Sequence[Movie]],
        cast: Cast,
        tagger: Callable[[], ImageTagger],
        read: ReadTracks = lambda movie, _: Timeline(movie, {}),
        reranker: Callable[[], Reranker] | None = None,
    ) -> None:
        self.index = index
        self.movies = movies
        self._cast = cast
        self._tagger = tagger
        self._read = read
        self._reranker = reranker

    def search(
        self,
        text: str,
        *,
        limit: int = 10,
        movie: Movie | None = None,
        like: Path | None = None,
        more_like: tuple[Movie, Time] | None = None,
        examples: Sequence[Like] = (),
    ) -> SearchResult:
        """The moments that fit words and filters, that look like a picture, that are like a moment or an example."""
        try:
            return self._found(text, limit, movie, like, more_like, examples)
        except StoreError:  # the index was made anew meanwhile
            return self._found(text, limit, movie, like, more_like, examples)

    def _found(
        self,
        text: str,
        limit: int,
        movie: Movie | None,
        like: Path | None,
        more_like: tuple[Movie, Time] | None,
        examples: Sequence[Like],
    ) -> SearchResult:
        with self.index.steady():
            query = self.read(text) if text.strip() or not (like or more_like or examples) else Query()
            near = self._likeness(like, more_like)
            return self.asked(query, limit=limit, movie=movie, like=near, examples=examples)

    def asked(
        self,
        query: Query,
        *,
        limit: int = 10,
        movie: Movie | None = None,
        like: Mapping[str, Floats] | None = None,
        examples: Sequence[Like] = (),
    ) -> SearchResult:
        """The same of a query that has been read."""
        where = Where(movies=(movie.id,)) if movie else ANYWHERE
        resolved = resolve(query, self.index, self.movies(), self.presence, where, voices=self.voices)
        reranker, notes = self._reading()
        notes = (*resolved.notes, *notes)
        return search(
            self.index,
            query,
            limit=limit,
            where=resolved.where,
            like=like,
            notes=notes,
            reranker=reranker,
            examples=examples,
        )

    def _reading(self) -> tuple[Reranker | None, tuple[str, ...]]:
        """What reads hits again, or why nothing does though it was wanted."""
        if self._reranker is None:
            return None, ()
        try:
            return self._reranker(), ()
        except ModelError as missing:
            return None, (f"the best hits were not read again: {missing}",)

    def read(self, text: str) -> Query:
        """A query, with plain words read into filters that the library has."""
        names = [p.name for p in self._cast.register.people.values() if p.name and not p.hidden]
        folded = text.casefold()
        speakers = [n for n in names if n.casefold() in folded and self.voices(n)]
        return parse(text, Known(self.index.vocabulary, names, [called(m) for m in self.movies()], speakers))

    def presence(self, name: str) -> dict[str, Spans]:
        """Where in which films somebody is on screen, by what they are called or by FILM#3; empty for nobody."""
        spans: dict[str, Spans] = {}
        for one in self.characters(name):
            before = spans.get(one.film, Spans.of([]))
            spans[one.film] = Spans.of([*before, *one.spans])
        return spans

    def named_in(self, text: str) -> tuple[str, ...]:
        """The ids of the people whose names stand in a text, in the order in which they first do."""
        folded, found = text.casefold(), dict[str, int]()
        for one, person in self._cast.register.people.items():
            if person.name and not person.hidden:
                match = re.search(rf"(?<!\w){re.escape(person.name.casefold())}(?!\w)", folded)
                found |= {one: match.start()} if match else {}
        return tuple(sorted(found, key=lambda one: found[one]))

    def name_of(self, person: str) -> str:
        """What somebody is called, by id; empty for nobody, and for who is hidden."""
        known = self._cast.register.people.get(person)
        return known.name if known is not None and not known.hidden else ""

    def voices(self, name: str) -> dict[str, set[int]]:
        """The numbers of somebody's voices, by film; none where no voice is known to be theirs."""
        return {film: {o.number for o in own} for film, own in self.owned(name).items()}

    def owned(self, name: str) -> dict[str, list[Owned]]:
        """The same with whose they are and how sure that is."""
        wanted = {(c.film, c.label) for c in self.characters(name)}
        films = {m.id: m for m in self.movies()}
        found: dict[str, list[Owned]] = {}
        for film in sorted({film for film, _ in wanted} & films.keys()):
            timeline = self._read(films[film], (Speaker, Speaking, Person))
            own = owned(timeline, self._cast.film(films[film])) if timeline.find(Speaking) is not None else []
            if mine := [o for o in own if (film, o.character.label) in wanted]:
                found[film] = mine
        return found

    def lines(self, film: str, voices: Collection[int] | None = None) -> list[Cue]:
        """What some voices of a film say: the cues in which one of them speaks longest; of all voices where None."""
        movie = next((m for m in self.movies() if m.id == film), None)
        timeline = self._read(movie, (Cue, Speaker)) if movie is not None else None
        cues = timeline.find(Cue) if timeline is not None else None
        if timeline is None or cues is None:
            return []
        if voices is None:
            return [*cues]
        return [cue for cue, voice in zip(cues, said_by(timeline), strict=True) if voice in voices]

    def characters(self, name: str) -> list[Character]:
        """Everybody of that name, or with it as a part of theirs, in every film; hidden people are nobody."""
        film, _, label = name.rpartition("#")
        if film and label:
            own = [c for m in films_called(film, self.movies()) for c in self.people_of(m)]
            return [c for c in own if c.label.casefold() == label.casefold().strip()]
        wanted = name.casefold().strip()
        known = [p for p in self._cast.register.people.values() if p.name and not p.hidden]
        exact = {p.id for p in known if p.name.casefold() == wanted}
        meant = exact or {p.id for p in known if wanted in p.name.casefold().split()}
        if not meant:  # to look through the people of every film takes seconds
            return []
        return [c for p in self._cast.everybody() if p.person in meant for c in p.characters if not c.hidden]

    def people_of(self, movie: Movie) -> tuple[Character, ...]:
        """Who is in a film, those seen longest first, without those who are hidden."""
        return self._cast.film(movie).shown

    @property
    def recognition(self) -> bool:
        """Whether people are recognised from one film to another."""
        return self._cast.on

    def _likeness(self, like: Path | None, more_like: tuple[Movie, Time] | None) -> dict[str, Floats] | None:
        if like is not None:
            return {"look": self._look_of(like)}
        if more_like is None:
            return None
        movie, at = more_like
        found = self.index.vectors_at(movie.id, int(at))
        if not found:
            raise UsageError(
                f"there is nothing to compare with at {at} in {movie.name}",
                remedy="Name a time inside a shot with tags or speech.",
            )
        return found

    def _look_of(self, path: Path) -> Floats:
        data = photo_at(path)
        tagger = self._tagger()
        if tagger.space != LOOK[0]:
            raise UsageError(f"the index compares looks by {LOOK[0]}, and pictures are seen by {tagger.space} here")
        try:
            pixels = stretched(data, tagger.size)
        except ValueError as wrong:
            raise UsageError(f"{path}: {wrong}", remedy="Give a JPEG, PNG or WebP.") from wrong
        feature = tagger.tags(pixels[None])[1][0]
        return np.asarray(feature / max(float(np.linalg.norm(feature)), 1e-6), np.float32)
