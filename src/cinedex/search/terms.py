"""Words of a query found again in a text: in any script, as full text would match them, with their places to show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

_TELLING_NOTHING = """
a an and are as at be by do does for from has have he her his how i in is it its me my of on or our she so that the
their them there they this to was we were what when where which who why will with you your find show scene moment
someone somebody something
"""

TELLS_NOTHING = frozenset(_TELLING_NOTHING.split())
"""Words of a query that tell nothing apart, casefolded."""

_BEGINNING = 3
"""Letters that forms of one word share at least; spares asking for the stem of every word of a text."""

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Letters of scripts that put no spaces between words."""

Stems = Callable[[str], tuple[str, ...]]
"""A word as full text knows it: its stem, or its parts where the language writes no spaces."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a query: as written, folded, and as full text knows it."""

    written: str
    folded: str
    stems: tuple[str, ...]
    unspaced: bool


def words_of(text: str) -> list[str]:
    """The words of a text as written."""
    return _word().findall(text)


def telling_words(text: str) -> list[str]:
    """Its words that tell something apart, or all of them where none does."""
    every = words_of(text)
    return [w for w in every if w.casefold() not in TELLS_NOTHING] or every


def speaks(text: str) -> bool:
    """Whether a text has enough words for its meaning to be told: two, or one of a script without spaces."""
    words = [w for w in words_of(text[:400]) if not w.isdigit()]
    return len(words) > 1 or bool(_UNSPACED.search(text))


def terms_of(words: Iterable[str], stems: Stems) -> list[Term]:
    """What is looked for, each once; runs of a script without spaces are taken apart."""
    terms: dict[str, Term] = {}
    for word in words:
        unspaced = bool(_UNSPACED.search(word))
        for part in (stems(word) or (word,)) if unspaced else (word,):
            folded = _folded(part)
            terms.setdefault(folded, Term(part if unspaced else part.casefold(), folded, stems(part), unspaced))
    return list(terms.values())


def matches(
    text: str, terms: Sequence[Term], stems: Stems, own: Callable[[str], str] | None = None
) -> dict[str, list[tuple[int, int]]]:
    """Which terms a text has, and where: the character ranges of every form of each.

    `own` gives a word's stem by the rules of the text's own language, where that is not English.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    spaced = [t for t in terms if not t.unspaced]
    for token in _word().finditer(text) if spaced else ():
        folded = _folded(token.group())
        for term in spaced:
            if _same(token.group(), folded, term, stems) or (own is not None and _alike(token.group(), term, own)):
                found.setdefault(term.written, []).append(token.span())
                break
    for term in terms:
        if term.unspaced and (places := [m.span() for m in re.finditer(re.escape(term.written), text)]):
            found[term.written] = places
    return found


def _same(word: str, folded: str, term: Term, stems: Stems) -> bool:
    if folded == term.folded:
        return True
    if folded[:_BEGINNING] != term.folded[:_BEGINNING] or len(folded) < _BEGINNING:
        return False
    return bool(term.stems) and stems(word) == term.stems


def _alike(word: str, term: Term, own: Callable[[str], str]) -> bool:
    return word[:1].casefold() == term.written[:1] and own(word) == own(term.written)


@lru_cache(50_000)
def _folded(word: str) -> str:
    """Without case, and without accents where that leaves plain Latin letters."""
    lowered = unicodedata.normalize("NFKC", word).casefold()
    bare = "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
    return bare if bare.isascii() else lowered


@cache
def _word() -> re.Pattern[str]:
    """Letters, digits and the marks that combine with them, also with an apostrophe between."""
    marks = "".join(c for c in map(chr, range(0x300, 0x3000)) if unicodedata.category(c) in {"Mn", "Mc"})
    letters = rf"(?:[^\W_]|[{marks}])+"
    return re.compile(rf"{letters}(?:['\u2019]{letters})*")
