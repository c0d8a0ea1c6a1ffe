"""A query's words found in texts, whatever their form, with their places to show."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cinedex.search.stems import stemmer
from cinedex.search.terms import Stems, Term, folded, tokens_of, words_of

_BEGINNING = 3
"""Letters that forms of one word share at least; spares asking for the stem of every word of a text."""


class Matcher:
    """Finds a query's terms in texts. One for each query: a word that many of the texts have is judged once."""

    def __init__(self, terms: Sequence[Term], stems: Stems) -> None:
        self.terms = terms
        self._stems = stems
        self._spaced = [t for t in terms if not t.unspaced]
        self._unspaced = [(t, re.compile(re.escape(t.written))) for t in terms if t.unspaced]
        self._beginnings = {t.folded[:_BEGINNING] for t in self._spaced}
        self._initials = {initial for t in self._spaced for initial in (t.folded[:1], t.written[:1])}
        self._judged: dict[tuple[str, str], str] = {}

    def find(self, text: str, language: str = "") -> dict[str, list[tuple[int, int]]]:
        """Which terms a text has, and where: the character ranges of every form of each.

        Its words are those of a `language` that has rules of its own, and of English.
        """
        found: dict[str, list[tuple[int, int]]] = {}
        if self._perhaps(text, language) and any(self._judge(word, language) for word in {*words_of(text)}):
            for token in tokens_of(text):
                if term := self._judge(token.group(), language):
                    found.setdefault(term, []).append(token.span())
        for one, written in self._unspaced:
            if places := [m.span() for m in written.finditer(text)]:
                found[one.written] = places
        return found

    def _perhaps(self, text: str, language: str) -> bool:
        """Whether some word can be a form of a term: English ones and plain ones begin alike."""
        if not text.isascii() or stemmer(language) is not None:
            return bool(self._spaced)
        plain = text.casefold()
        return any(beginning in plain for beginning in self._beginnings)

    def _judge(self, word: str, language: str) -> str:
        """The term that a word is a form of; empty for none."""
        known = self._judged.get((word, language))
        if known is None:
            plain = folded(word)
            perhaps = plain[:1] in self._initials or word[:1].casefold() in self._initials
            known = self._judged[word, language] = self._form_of(word, plain, stemmer(language)) if perhaps else ""
        return known

    def _form_of(self, word: str, plain: str, own: Callable[[str], str] | None) -> str:
        same = (t.written for t in self._spaced if _same(word, plain, t, self._stems) or _alike(word, t, own))
        return next(same, "")


def _same(word: str, plain: str, term: Term, stems: Stems) -> bool:
    if plain == term.folded:
        return True
    if plain[:_BEGINNING] != term.folded[:_BEGINNING] or len(plain) < _BEGINNING:
        return False
    return bool(term.stems) and stems(word) == term.stems


def _alike(word: str, term: Term, own: Callable[[str], str] | None) -> bool:
    return own is not None and word[:1].casefold() == term.written[:1] and own(word) == own(term.written)
