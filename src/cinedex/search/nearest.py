"""Where nothing answers: which words of the question are nowhere, what of it is somewhere, and likely misspellings."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from cinedex.models.detector import coco_labels
from cinedex.models.kinds import NAMES as KIND_NAMES
from cinedex.models.tagger import imagenet_labels
from cinedex.search.answer import Evidence, cut, numbered
from cinedex.search.basics import IN_FORMS, SHOWN
from cinedex.search.facets import KEYS
from cinedex.search.filters import ANYWHERE, Where
from cinedex.search.hits import Candidate
from cinedex.search.matcher import Matcher
from cinedex.search.noises import NAMED
from cinedex.search.resolve import called
from cinedex.search.sets import Sets
from cinedex.search.stems import stem
from cinedex.search.terms import terms_of, words_of
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Time

_ASKING = ("where", "what", "when", "which", "show", "find", "does")
_LETTERS = 4
"""Words that begin questions, of so many letters and more: how is not show."""

_WORDS = 8
"""Words of a question that are looked for one by one."""

_EACH = 2
"""Moments told of each word that is somewhere."""

_SHORTEST = 6
"""Letters of a word that is taken to be misspelled: shorter ones are too like one another."""


class Nearest(Sets):
    """Tells what is near to a question that nothing answers, and what of it has no evidence."""

    def nearest(self, text: str, movie: Movie | None, *, spoken: bool = False) -> tuple[list[str], list[Evidence]]:
        """What to say of words that are nowhere, and moments that have the others: near, and no answer.

        `spoken` says that only what people say is asked about, so that nothing is said of what models look for.
        """
        query = self._query(text)
        where = Where(movies=(movie.id,)) if movie else ANYWHERE
        told = [w.casefold() for w in words_of(query.words) if w.casefold() not in IN_FORMS]
        nowhere, pieces = list[str](), list[Evidence]()
        for word in list(dict.fromkeys(told))[:_WORDS]:
            own = self._with(word, where)
            pieces += own
            nowhere += [] if own or self._facets_called(word) else [word]
        notes = []
        if nowhere:
            notes.append(f"nothing is said, read, seen or heard here by the name of {_either(nowhere)}")
        looked = [w for w in nowhere if stem(w, "en") in known_names()]
        unknown = [w for w in nowhere if w not in looked]
        if looked and not spoken:
            notes.append(
                f"the models look for {_either(looked)} and have not found it, which is no proof that it is not there"
            )
        if unknown and not spoken:
            notes.append(
                f"no model has a name for {_either(unknown)}: what is only to be seen or heard would not be known"
            )
        return notes, list(numbered(pieces))

    def _with(self, word: str, where: Where) -> list[Evidence]:
        """The first moments that have a word, and how."""
        stems, found = self._finder.index.stems, list[Evidence]()
        matcher = Matcher(terms_of([word], stems), stems)
        rows = [row for own in self._finder.index.lists(word, {}, _EACH * 3, where).values() for row, _ in own]
        for row in rows:
            candidate = Candidate(row)
            candidate.look(matcher)
            for how in candidate.found:
                kind = how.removesuffix(" in English")
                text = ", ".join(str(row[c]) for c in SHOWN[kind] if row[c])
                if text:
                    found.append(self._piece(row["movie"], Time(row["start"]), Time(row["end"]), kind, cut(text)))
                    break
        return found[:_EACH]

    def mended(self, text: str) -> tuple[str, list[str]]:
        """A question with words that are nowhere put right where one name here is a letter away; and what was."""
        here, said = self._here(), list[str]()
        first, space, rest = text.partition(" ")
        meant = [w for w in _ASKING if _one_apart(first.casefold(), w)]
        if meant and len(first) >= _LETTERS and first.casefold() not in _ASKING:
            text = f"{meant[0]}{space}{rest}"
            said.append(f"“{first}” is read as {meant[0]}")
        for word in dict.fromkeys(words_of(text)):
            folded = word.casefold()
            if len(folded) < _SHORTEST or not folded.isalpha() or stem(folded, "en") in known_names() | here:
                continue
            like = [name for name in _whole(here) if name[0] == folded[0] and _one_apart(folded, name)]
            if len(like) == 1 and not self._with(folded, ANYWHERE):
                text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", like[0], text)
                said.append(f"“{word}” is read as {like[0]}, which is here")
        return text, said

    def _here(self) -> frozenset[str]:
        """The words by which things, sounds, places and films are known in this library."""
        labels = {f.partition(":")[2] for f in self._finder.index.vocabulary if f.partition(":")[0] in KEYS}
        names = {called(m).replace("_", " ") for m in self._movies.values()}
        return frozenset(w.casefold() for name in labels | names for w in words_of(name) if w.isalpha())


@cache
def known_names() -> frozenset[str]:
    """The stems of all words by which models name what is seen and heard."""
    labels = [*imagenet_labels(), *coco_labels()[1], *NAMED, *KIND_NAMES]
    return frozenset(stem(w, "en") for label in labels for w in words_of(label))


def _whole(words: Collection[str]) -> list[str]:
    return sorted(w for w in words if len(w) >= _SHORTEST - 1)


def _either(words: list[str]) -> str:
    return " or ".join(f"“{w}”" for w in words)


def _one_apart(one: str, other: str) -> bool:
    """Whether one letter more, less or other, or letters in another order, make one word of another."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    if sorted(one) == sorted(other):
        return True
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, others = one[start:], other[start:]
    return rest[1:] == others[1:] or rest[1:] == others or rest == others[1:]
