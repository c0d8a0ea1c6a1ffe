"""Scores of recognised speech: word and character errors after a normaliser, and how much of a time span is found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SPELLINGS = {
    "en": {
        "mr": "mister",
        "mrs": "missus",
        "dr": "doctor",
        "licence": "license",
        "sublicence": "sublicense",
        "ok": "okay",
    },
}
"""One way to write what is said the same. References write words in full."""

_SPACELESS = {"zh", "ja", "th", "yue"}


@dataclass(frozen=True)
class Errors:
    """Edits that turn a hypothesis into its reference, and the reference's length, in words or characters."""

    substituted: int = 0
    deleted: int = 0
    inserted: int = 0
    length: int = 0

    @property
    def edits(self) -> int:
        return self.substituted + self.deleted + self.inserted

    @property
    def rate(self) -> float:
        return self.edits / self.length if self.length else float(self.edits > 0)

    def __add__(self, other: Errors) -> Self:
        return type(self)(
            self.substituted + other.substituted,
            self.deleted + other.deleted,
            self.inserted + other.inserted,
            self.length + other.length,
        )

    def __str__(self) -> str:
        kinds = f"{self.substituted} substituted, {self.deleted} missing, {self.inserted} invented"
        return f"{100 * self.rate:.1f} % of {self.length} ({kinds})"


def words(text: str, language: str) -> list[str]:
    """Words without case, marks and punctuation; characters in scripts that write none between words.

    English numerals below 1000 are spelt out, hyphens and dashes divide words, apostrophes inside words stay.
    """
    text = unicodedata.normalize("NFKC", text).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    if language == "en":
        text = re.sub(r"\d+", lambda m: f" {_spelt(int(m[0]))} " if int(m[0]) < 1000 else m[0], text)
    found = re.findall(r"[^\W_]+(?:'[^\W_]+)*", text)
    if language in _SPACELESS:
        return list("".join(found))
    spellings = _SPELLINGS.get(language, {})
    return [spellings.get(w, w) for w in found]


def word_errors(reference: str, heard: str, language: str) -> Errors:
    """Word errors (character errors in scripts without spaces)."""
    return errors(words(reference, language), words(heard, language))


def character_errors(reference: str, heard: str, language: str) -> Errors:
    """Character errors of the normalised texts, spaces left out."""
    return errors("".join(words(reference, language)), "".join(words(heard, language)))


def errors(reference: Sequence[str], heard: Sequence[str]) -> Errors:
    """The fewest edits between two sequences (Levenshtein), counted by kind."""
    size = (len(reference) + 1, len(heard) + 1)
    cost = np.zeros(size, dtype=np.int64)
    cost[:, 0], cost[0, :] = np.arange(size[0]), np.arange(size[1])
    for i, wanted in enumerate(reference, 1):
        for j, got in enumerate(heard, 1):
            cost[i, j] = min(cost[i - 1, j - 1] + (wanted != got), cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    substituted = deleted = inserted = 0
    i, j = len(reference), len(heard)
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (reference[i - 1] != heard[j - 1]):
            substituted += reference[i - 1] != heard[j - 1]
            i, j = i - 1, j - 1
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            deleted, i = deleted + 1, i - 1
        else:
            inserted, j = inserted + 1, j - 1
    return Errors(substituted, deleted, inserted, len(reference))


def _spelt(number: int) -> str:
    if number >= 100:
        rest = f" {_spelt(number % 100)}" if number % 100 else ""
        return f"{_UNITS[number // 100]} hundred{rest}"
    if number >= 20:
        rest = f" {_UNITS[number % 10]}" if number % 10 else ""
        return f"{_TENS[number // 10 - 2]}{rest}"
    return _UNITS[number]
