"""Words of a query found again in a text: in any script, as full text would match them, with their places to show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

_TELLING_NOTHING = """
a an and are as at be by do does for from has have he her his how i in is it its me my of on or our she so that the
their them there they this to was we were what when where which who why will with you your find show scene moment
someone somebody something
"""

TELLS_NOTHING = frozenset(_TELLING_NOTHING.split())
"""Words of a query that tell nothing apart, casefolded."""

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


def tokens_of(text: str) -> Iterator[re.Match[str]]:
    """The words of a text with their places."""
    return _word().finditer(text)


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
            plain = folded(part)
            terms.setdefault(plain, Term(part if unspaced else part.casefold(), plain, stems(part), unspaced))
    return list(terms.values())


@lru_cache(50_000)
def folded(word: str) -> str:
    """Without case, and without accents where that leaves plain Latin letters."""
    lowered = unicodedata.normalize("NFKC", word).casefold()
    bare = "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
    return bare if bare.isascii() else lowered


@cache
def _word() -> re.Pattern[str]:
    """Letters, digits and the marks that combine with them, also with an apostrophe between."""
    marks = "".join(c for c in map(chr, range(0x300, 0x3000)) if unicodedata.category(c) in {"Mn", "Mc"})
    letters = rf"(?:[^\W_]++|[{marks}]++)++"
    return re.compile(rf"{letters}(?:['\u2019]{letters})*+")
