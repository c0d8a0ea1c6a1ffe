"""What a film is about, in the lines of it that tell most; who made it is not guessed, what it says is quoted."""

from __future__ import annotations

from cinedex.search.answer import Evidence, numbered, quoted
from cinedex.search.basics import Basics, Done
from cinedex.search.filters import Where
from cinedex.search.resolve import called
from cinedex.search.scope import films_of
from cinedex.search.summary import lines_of
from cinedex.timeline.movie import Movie

_NAME = r"(?P<film>[^?]{1,120}?)"

GIST = (
    rf"what (?:is|was|are) {_NAME} (?:all )?about",
    rf"what (?:happens|is going on|goes on) in {_NAME}",
    rf"(?:summari[sz]e|sum up|describe|tell me about|tell me what happens in) {_NAME}",
)
"""Forms of questions about a film as a whole."""

_FILMS = 3
_LINES = 5
_TELLING = 3
"""Moments in which something is said or read, from which on those without are left out."""


class Gist(Basics):
    """Answers about whole films."""

    def _gist(self, film: str, *, movie: Movie | None = None) -> Done:
        every = [*self._movies.values()]
        found = films_of(film, every) or ([movie] if movie and film.casefold() in _THIS else [])
        if not found:
            return None
        pieces: list[Evidence] = []
        for one in found[:_FILMS]:
            rows = self._finder.index.within(Where(movies=(one.id,)))
            telling = [r for r in rows if r["words"] or r["english"] or r["screen"]]
            rows = telling if len(telling) >= _TELLING else rows
            lines = lines_of(rows, _LINES if len(found) == 1 else _LINES - 1)
            pieces += [self._piece(one.id, line.start, line.end, line.kind, line.text) for line in lines]
        evidence = list(numbered(pieces))
        told = ", ".join(called(m) for m in found[:_FILMS])
        notes = ["these are its own lines and what is seen and heard in it; what it all means is not judged"]
        if len(found) > _FILMS:
            notes.append(f"{len(found)} films are called so; these are {_FILMS} of them")
        if not evidence:
            notes = [f"nothing is known of {told} yet; analyse it first"]
        return [f"the most telling lines of {told}"], ([quoted(e) for e in evidence], evidence, notes)


_THIS = frozenset(["it", "this", "the film", "this film", "the movie", "the clip", "the video", "the trailer"])
