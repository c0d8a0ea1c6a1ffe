"""Which films a question is about: a name of one, or the beginning of it, behind a preposition or as a whole."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cinedex.search.resolve import called, films_called
from cinedex.timeline.movie import Movie

_NOUNS = "film|movie|clip|video|trailer|recording|picture|episode"

_BARE = re.compile(rf"(?:the|this|that|a|an|our)? ?(?:whole |entire )?(?:{_NOUNS}|it|library)s?", re.IGNORECASE)
"""Words for a film that name none."""

_INSIDE = re.compile(rf"\b(?:(?:in|of|from|on)\s+)?(the (?:[\w-]+ ){{1,5}}?(?:{_NOUNS}))\b", re.IGNORECASE)

_AT_END = re.compile(r"(?:^|(?<=\s))(?:in|of|from|on)\s+((?:\S+\s+){0,5}?\S+)$", re.IGNORECASE)


def films_of(name: str, movies: Sequence[Movie]) -> list[Movie]:
    """The films that somebody means by a name, such as 'the trailer', 'the sintel film', 'sintel'; none if none.

    Their file's name is meant where it is given whole or begins so, or where a word such as 'film' says that a film
    is meant: a car is not the film intel_car.
    """
    plain = re.sub(r"^(?:the|this|that)\s+", "", " ".join(name.split()), flags=re.IGNORECASE)
    bare = re.sub(rf"\s+(?:{_NOUNS})$", "", plain, flags=re.IGNORECASE)
    found = films_called(plain, movies)
    if bare != plain or re.fullmatch(_NOUNS, plain, re.IGNORECASE):
        return found or films_called(bare, movies)
    wanted = _words(plain)
    begins = [m for m in found if _words(called(m))[: len(wanted)] == wanted]
    return [] if plain != " ".join(name.split()) and len(wanted) < 2 else begins


def scoped(text: str, movies: Sequence[Movie]) -> tuple[str, list[Movie] | None]:
    """A question without the films that it names, and these; None where it names none, but may mean any."""
    named = _INSIDE.search(text)
    if named is not None and (found := films_of(named[1], movies)):
        return " ".join(f"{text[: named.start()]} {text[named.end() :]}".split()), found
    match = _AT_END.search(text)
    if match is None:
        return text, None
    if _BARE.fullmatch(match[1]) and not films_of(match[1], movies):
        return text[: match.start()].rstrip(), None
    found = films_of(match[1], movies)
    return (text[: match.start()].rstrip(), found) if found else (text, None)


def _words(name: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in name.casefold()).split()
