"""Strong language in what is said and shown: whole words with their endings, and words masked with stars."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

STRENGTHS = ("mild", "moderate", "strong", "very-strong")
"""From the mildest on."""

_ENDINGS = ("", "s", "es", "ed", "ing", "in", "in'", "er", "ers", "y", "ty", "'s")
_TOKEN = re.compile(r"[^\W\d_](?:[\w*@$#'\u2019]*[\w*'])?")
_LEET = str.maketrans("@$013\u2019", "asoie'")
_MASK_SCORE = 0.6
_TEXT_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A word of a text, its base form, how strong it is and how sure that is; masked words are less sure."""

    text: str
    strength: str
    score: float


@cache
def _forms(language: str) -> dict[str, str]:
    path = files("cinedex.policies") / "language" / f"{language}.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for strength in STRENGTHS:
        for base in table[strength]["bases"]:
            found.update({base + ending: strength for ending in _ENDINGS})
        found.update(dict.fromkeys(table[strength]["whole"], strength))
    return found


def languages() -> frozenset[str]:
    """Languages that there are words for."""
    folder = files("cinedex.policies") / "language"
    return frozenset(p.name[:-5] for p in folder.iterdir() if p.name.endswith(".toml"))


def strong_words(text: str, language: str) -> list[Hit]:
    """The strong words of a text, in order. Raises LookupError for a language without a list."""
    if language not in languages():
        raise LookupError(f"no list of words for {language!r}")
    forms, found = _forms(language), []
    for match in _TOKEN.finditer(text[:_TEXT_MAX]):
        word = match[0].casefold().translate(_LEET)
        if strength := forms.get(word):
            found.append(Hit(match[0], strength, 1.0))
        elif "*" in word and (strength := _unmasked(word, forms)):
            found.append(Hit(match[0], strength, _MASK_SCORE))
    return found


def _unmasked(word: str, forms: dict[str, str]) -> str:
    """The mildest strength of what a masked word can stand for, of those from moderate on; '' for nothing."""
    shape = re.compile("".join("." if c == "*" else re.escape(c) for c in word))
    fitting = [STRENGTHS.index(s) for form, s in forms.items() if s != "mild" and shape.fullmatch(form)]
    return STRENGTHS[min(fitting)] if fitting else ""
