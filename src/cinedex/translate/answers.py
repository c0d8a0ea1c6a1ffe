"""What of a writer's answer is believed: every line by itself, and none if the answer is not one to what was asked."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cinedex.errors import ModelError
from cinedex.models.tasks import LanguageNamer, TextEmbedder
from cinedex.subtitles.subtitle import length
from cinedex.translate.lines import Line

_SURE = 0.9
"""Probability from which a text is taken to be in a language: no line of 690 real ones is so sure of a wrong one."""

_BESIDE, _NEARER = 2, 0.02
"""A line and so many on either side of it must lie nearer to their own translations than to those one line off, by so
much of a cosine on average: so it is with all 509 published lines in eight languages that this was tried on."""

_LONGER, _MORE = 3.0, 40
"""A translation has at most so many times the characters of its line and so many more."""

_SHORTER, _TOLD = 0.12, 30
"""And at least such a share of them, where the line has so many or more."""

_WIDE = 2.5
"""Characters of another script for one that is written wide (Chinese, Japanese, Korean)."""

_SAME = 3
"""Different lines that may not have one translation, where it is longer than `_BRIEF` letters."""

_BRIEF = 12

_CLOSE = ({"no", "nb", "nn", "da"}, {"hr", "sr", "bs", "sh"}, {"id", "ms", "jv"}, {"zh", "yue", "wuu"}, {"uz", "uzs"})
"""Languages so alike that a line does not tell them apart."""

_MARKUP = re.compile(r"://|\bwww\.|[<>{}`\\]|\]\(|&#|&\w+;|\*\*", re.IGNORECASE)

_STYLE = re.compile(r"</?[biu]>", re.IGNORECASE)
"""Marks that some models write however they are asked not to; nothing is lost without them."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})

_JOINERS = frozenset("\u200c\u200d")
"""Characters that show nothing and yet are part of how Persian, Hindi and others are spelt."""


@dataclass(frozen=True, slots=True)
class Judging:
    """Makes judges; the models are loaded when there is something to judge."""

    namer: Callable[[], LanguageNamer]
    meaning: Callable[[], TextEmbedder] | None = None

    def judge(self, to: str) -> Judge:
        """One for translations into a language, by its code without a country.

        Where the text embedder cannot run, the sense of lines is not compared.
        """
        try:
            meaning = self.meaning() if self.meaning is not None else None
        except ModelError:
            meaning = None
        return Judge(to, self.namer(), meaning)


@dataclass(frozen=True, slots=True)
class Judge:
    """Believes or refuses what a writer made of lines for a language, by its code without a country.

    `meaning` places texts of all languages in one space, and so tells lines that are out of step or mean other things.
    """

    to: str
    namer: LanguageNamer
    meaning: TextEmbedder | None = None

    def taken(self, answer: str, lines: Sequence[Line]) -> tuple[dict[int, str], str]:
        """The translations that are believed, by the number of their line from 1, and why another one is not."""
        try:
            told = _told(answer, len(lines))
        except ValueError as wrong:
            return {}, str(wrong)
        texts = [_shown(t) for t in told]
        whole = " ".join(t for t in texts if t)
        if len(lines) > 1 and (other := self._foreign(whole)):
            return {}, f"an answer in {other!r}"
        refused = [self._refusal(line, text) for line, text in zip(lines, texts, strict=True)]
        often = Counter(key for line, text in zip(lines, texts, strict=True) if (key := _key(text)) != _key(line.text))
        for n, text in enumerate(texts):
            alike = often[_key(text)] >= _SAME and len(_key(text)) > _BRIEF
            if alike and len({_key(x.text) for x, t in zip(lines, texts, strict=True) if t == text}) >= _SAME:
                refused[n] = refused[n] or "the same answer for different lines"
        for n in self._out_of_step(lines, texts):
            refused[n] = refused[n] or "lines of another sense"
        kept = {n: text for n, (text, why) in enumerate(zip(texts, refused, strict=True), 1) if not why}
        return kept, next(filter(None, refused), "")

    def _refusal(self, line: Line, text: str) -> str:
        """Why a line's translation is not believed, or nothing."""
        if not any(c.isalnum() for c in text):
            return "a line without its translation"
        if (mark := _MARKUP.search(text)) and mark.group().lower() not in line.text.lower():
            return "markup, an address or a note in it"
        there, here = _size(line.text), _size(text)
        if here > there * _LONGER + _MORE or (there >= _TOLD and here < there * _SHORTER):
            return "a line much longer or shorter than what is said"
        if other := self._foreign(text):
            return f"a line in {other!r}"
        if len(_key(text)) > _BRIEF and " " in text and _key(text) == _key(line.text):
            return "a line left as it was"
        return ""

    def _out_of_step(self, lines: Sequence[Line], texts: Sequence[str]) -> set[int]:
        """The places of lines around which translations are no nearer to their own lines than to those beside them."""
        count = len(lines)
        if self.meaning is None or count < 2 * _BESIDE + 1:
            return set()
        said = self.meaning.embed_texts([line.text for line in lines])
        near = said @ self.meaning.embed_texts(list(texts)).T
        found = set()
        for step in (1, -1):
            inside = [n for n in range(count) if 0 <= n + step < count]
            for place in range(count):
                around = [n for n in inside if abs(n - place) <= _BESIDE]
                own, other = (float(np.mean([near[n, n + by] for n in around])) for by in (0, step))
                if own < other + _NEARER:
                    found.add(place)
        return found

    def _foreign(self, text: str) -> str:
        """The language that a text is surely in, where that is not the one wanted."""
        if self.to not in self.namer.known:
            return ""
        ((told, sure),) = self.namer.languages([text])
        close = any({told, self.to} <= group for group in _CLOSE)
        return "" if sure < _SURE or told == self.to or close else told


def _told(answer: str, count: int) -> list[str]:
    """The texts of an answer in the order of their numbers. Raises ValueError for another form or other numbers."""
    first, last = answer.find("{"), answer.rfind("}")
    if first < 0 or last < first:
        raise ValueError("an answer that is no JSON")
    try:
        found: Any = json.loads(answer[first : last + 1])
    except (ValueError, RecursionError):
        raise ValueError("an answer that is no JSON") from None
    rows = found.get("lines") if isinstance(found, dict) else None
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise ValueError("an answer without lines")
    if len(rows) != count:
        raise ValueError(f"{len(rows)} lines for {count}")
    texts = {str(r.get("id")): r.get("text") for r in rows}
    numbers = [str(n) for n in range(1, count + 1)]
    if set(texts) != set(numbers):
        raise ValueError("lines with other numbers")
    return [t if isinstance(t := texts[n], str) else "" for n in numbers]


def _shown(text: str) -> str:
    """The text on one line, without what shows nothing."""
    kept = (c for c in text if c.isspace() or c in _JOINERS or unicodedata.category(c) not in _HIDDEN)
    return " ".join(_STYLE.sub("", "".join(kept)).split())


def _key(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _size(text: str) -> float:
    """Characters as read, wide ones as many as they stand for in other scripts."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return length(text) + wide * (_WIDE - 1)
