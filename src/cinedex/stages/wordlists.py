"""Words that raters count, in what is said and shown: whole words with their endings, also masked and drawn out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

STRENGTHS = ("mild", "moderate", "strong", "very-strong")
"""From the mildest on."""

LANGUAGE = ("profanity", "sexual", "discrimination")
"""Topics whose words are strong language: oaths and insults, harsh words for sex, insults to groups of people."""

TOPICS = (*LANGUAGE, "sex", "violence", "drugs", "alcohol", "tobacco", "tobacco-warning")
"""What words may be about. Those after strong language only name a thing: no more is known than that it was named."""

_PERHAPS = 0.4
"""How sure a word is that has harmless senses too."""

_MASKED = 0.6
_PHRASE_MAX = 8
_TEXT_MAX = 100_000

# Signs of vowels in the scripts of India are no letters to `\w`.
_LETTER = r"[^\W\d_]"
_INNER = r"[\w*@$#'\u2019\u0900-\u0963\u200c\u200d]"
_TOKEN = re.compile(rf"{_LETTER}(?:{_INNER}*[\w*#'\u0900-\u0963])?")
_DASHED = re.compile(rf"(?<!\w)({_LETTER}{{1,2}})(?:-{{2,}}|[\u2013\u2014]+)({_LETTER}{{1,4}})(?!\w)")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_LEET = str.maketrans("@$013\u2019", "asoie'")


@dataclass(frozen=True, slots=True)
class Hit:
    """A word of a text: how strong it is, how sure that is, and what it is about. `start` is its place in the text."""

    text: str
    strength: str
    score: float
    topic: str = "profanity"
    start: int = 0


@dataclass(frozen=True, slots=True)
class _Entry:
    topic: str
    strength: str
    score: float


@cache
def lists() -> str:
    """The text of all lists, one after the other: what is found depends on it."""
    folder = files("cinedex.policies") / "language"
    return "\n".join((folder / f"{name}.toml").read_text(encoding="utf-8") for name in sorted(languages()))


@cache
def _forms(language: str) -> Mapping[str, tuple[_Entry, ...]]:
    """Every form of every word of a list, and every phrase, with what it may mean: the surest first."""
    path = files("cinedex.policies") / "language" / f"{language}.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    found: dict[str, list[_Entry]] = {}
    for topic in TOPICS:
        for strength in STRENGTHS:
            for form, score in _spelt(table.get(topic, {}).get(strength, {}), table["endings"]):
                found.setdefault(form, []).append(_Entry(topic, strength, score))
    return {form: tuple(sorted(entries, key=lambda e: -e.score)) for form, entries in found.items()}


def _spelt(group: Mapping[str, Any], endings: list[str]) -> Iterator[tuple[str, float]]:
    """The forms of a group: `bases` take the endings, `whole` stand as they are, `perhaps` may mean something else."""
    yield from ((base + ending, 1.0) for base in group.get("bases", ()) for ending in endings)
    yield from ((form, 1.0) for form in group.get("whole", ()))
    yield from ((form, _PERHAPS) for form in group.get("perhaps", ()))


@cache
def languages() -> frozenset[str]:
    """Languages that there are words for."""
    folder = files("cinedex.policies") / "language"
    return frozenset(p.name[:-5] for p in folder.iterdir() if p.name.endswith(".toml"))


def words_of(text: str, language: str) -> list[Hit]:
    """The words of the lists in a text, in order, of every topic. Raises LookupError for a language without a list."""
    if language not in languages():
        raise LookupError(f"no list of words for {language!r}")
    forms, text = _forms(language), text[:_TEXT_MAX]
    tokens = [(m.start(), m[0], _folded(m[0])) for m in _TOKEN.finditer(text)]
    found = [*_dashed(text, forms)]
    at = 0
    while at < len(tokens):
        length, hits = _at(tokens, at, text, forms)
        found += hits
        at += length
    return sorted(found, key=lambda hit: hit.start)


def strong_words(text: str, language: str) -> list[Hit]:
    """The strong language in a text, in order. Raises LookupError for a language without a list."""
    return [hit for hit in words_of(text, language) if hit.topic in LANGUAGE]


def same_word(text: str) -> str:
    """How a token is compared with the lists and with others: without case, and without what letters hide behind."""
    return " ".join(_folded(match[0]) for match in _TOKEN.finditer(text))


_Token = tuple[int, str, str]


def _at(tokens: list[_Token], at: int, text: str, forms: Mapping[str, tuple[_Entry, ...]]) -> tuple[int, list[Hit]]:
    """What begins at a token, the longest phrase first, and how many tokens it takes."""
    start, written, word = tokens[at]
    for length in range(min(_PHRASE_MAX, len(tokens) - at), 1, -1):
        phrase = " ".join(token[2] for token in tokens[at : at + length])
        if phrase in forms:
            last = tokens[at + length - 1]
            return length, _hits(text[start : last[0] + len(last[1])], forms[phrase], start)
    # French and Italian write articles and pronouns before a word: l'enculé, un'idiota.
    after = word.partition("'")[2]
    for form in (word, after):
        if form in forms:
            return 1, _hits(written, forms[form], start)
    if "*" in word or "#" in word:
        return 1, _unmasked(written, "".join("." if c in "*#" else re.escape(c) for c in word), forms, start)
    for kept in (r"\1\1", r"\1"):
        if (short := _DRAWN_OUT.sub(kept, word)) != word and short in forms:
            return 1, _hits(written, forms[short], start)
    return 1, []


def _hits(written: str, entries: tuple[_Entry, ...], start: int) -> list[Hit]:
    """One for each topic that the word may be of."""
    topics = {e.topic: e for e in reversed(entries)}
    return [Hit(written, e.strength, e.score, topic, start) for topic, e in topics.items()]


def _dashed(text: str, forms: Mapping[str, tuple[_Entry, ...]]) -> Iterator[Hit]:
    """Words whose middle is a dash, as in f--k."""
    for match in _DASHED.finditer(text):
        shape = f"{re.escape(match[1].casefold())}.{{1,4}}{re.escape(match[2].casefold())}"
        yield from _unmasked(match[0], shape, forms, match.start())


def _unmasked(written: str, shape: str, forms: Mapping[str, tuple[_Entry, ...]], start: int) -> list[Hit]:
    """The mildest strong language that a masked word can stand for, of that from moderate on; nothing for nothing."""
    fits = re.compile(shape)
    entries = [
        e
        for form, some in forms.items()
        for e in some
        if e.topic in LANGUAGE and e.strength != "mild" and e.score == 1.0 and fits.fullmatch(form)
    ]
    if not entries:
        return []
    least = min(entries, key=lambda e: STRENGTHS.index(e.strength))
    return [Hit(written, least.strength, _MASKED, least.topic, start)]


def _folded(word: str) -> str:
    return word.casefold().translate(_LEET)
