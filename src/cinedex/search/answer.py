"""Answers: claims that cite numbered evidence, and the check that the evidence says what they claim."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from cinedex.search.stems import stem
from cinedex.search.terms import TELLS_NOTHING, words_of
from cinedex.timeline.time import Time

MOST_EVIDENCE = 12
"""Pieces of evidence of one answer."""

_LONGEST = 400
"""Characters of a piece of evidence, and of a claim."""

_FRAMING = """
say says said saying hear hears heard read reads reading text picture pictures screen see seen sees show shows shown
film films moment moments scene first last time times second seconds minute minutes then after before also both
together appear appears named called during while someone somebody person people line lines one
"""

FRAME = frozenset(_FRAMING.split())
"""Words that tell how something is known rather than what; a claim may use them where the evidence does not."""

_NEGATIONS = frozenset(["no", "not", "never", "nobody", "nothing", "none", "neither", "nor", "cannot", "without"])

_SUPPORT = 0.8
"""Share of a claim's telling words that its evidence must have."""

_CITES = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")

_MARKUP = re.compile(r"://|<|>|\]\(|`|\bwww\.|&#|javascript:", re.IGNORECASE)


_INSTRUCTS = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instruction|prompt|rule|guideline|direction)s?\b"
    r"|\b(?:system|developer) (?:prompt|message)\b|</?(?:system|assistant|user|instructions?|evidence)>|<\|\w+\|>"
    r"|\[/?INST\]|\byou are (?:now )?(?:an?|the) (?:\w+ )?(?:ai|assistant|language model|chatbot|writer)\b|\bas an ai\b"
    r"|\b(?:new|updated|following) instructions?\b",
    re.IGNORECASE | re.DOTALL,
)
"""How texts speak to a language model."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One numbered piece: what a film has at a time. `kind` says how: 'said', 'read', 'seen', 'heard', 'on screen'."""

    number: int
    movie: str
    name: str
    uri: str
    start: Time
    end: Time
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence and the numbers of the evidence for it."""

    text: str
    cites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an answer rests on: films searched, their seconds, and how many of these were looked at, listened to."""

    films: int
    seconds: float
    looked: float
    listened: float

    def __str__(self) -> str:
        if not self.seconds:
            return "no film searched"
        looked, listened = (round(100 * part / self.seconds) for part in (self.looked, self.listened))
        films = f"{self.films} film{'' if self.films == 1 else 's'}"
        return f"{films} searched ({self.seconds:,.0f} s): {looked}% looked at, {listened}% listened to"


@dataclass(frozen=True, slots=True)
class Answer:
    """Claims with their evidence; no claims means that the library does not say. `plan` tells what was done."""

    question: str
    plan: tuple[str, ...]
    claims: tuple[Claim, ...]
    evidence: tuple[Evidence, ...]
    coverage: Coverage
    notes: tuple[str, ...] = ()
    dropped: int = 0
    """Sentences of a writer that the evidence did not bear out."""
    written: bool = False
    """Whether a writer has phrased it; else the claims are the evidence's own words."""
    near: tuple[Evidence, ...] = ()
    """Where nothing answers: moments that have a part of what is asked. They are no answer to it."""


def cut(text: str, at: int = 0) -> str:
    """A text short enough to cite: whole, or the words around a place in it."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(clean) <= _LONGEST:
        return clean
    start = max(0, min(at - _LONGEST // 2, len(clean) - _LONGEST))
    return f"{'… ' * (start > 0)}{clean[start : start + _LONGEST].strip()}{' …' * (start + _LONGEST < len(clean))}"


def numbered(pieces: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Each piece once, numbered from 1."""
    unique = {(e.movie, e.start, e.kind, e.text): e for e in pieces}
    return tuple(replace(e, number=n) for n, e in enumerate(list(unique.values())[:MOST_EVIDENCE], 1))


def quoted(piece: Evidence) -> Claim:
    """The claim that a piece of evidence makes in its own words."""
    how = {"said": "“{}”", "read": "The picture reads “{}”.", "seen": "One sees {}.", "heard": "One hears {}."}
    return Claim(how.get(piece.kind, "{}").format(piece.text), (piece.number,))


def supported(claim: Claim, evidence: Sequence[Evidence]) -> bool:
    """Whether the evidence that a claim cites says it: its telling words, every number and name, no turned meaning.

    A check of words, not of sense: it lets through what only reorders the words of its evidence.
    """
    cited = [e for e in evidence if e.number in claim.cites]
    if not cited or len(cited) != len(set(claim.cites)) or _MARKUP.search(claim.text):
        return False
    text = " ".join(f"{e.text} {e.name}" for e in cited)
    there, own = {_stem(w) for w in words_of(text)}, {_stem(w) for e in cited for w in words_of(e.text)}
    told = [w for w in words_of(claim.text) if w.casefold() not in TELLS_NOTHING and w.casefold() not in FRAME]
    exact = [w for w in told if any(c.isdigit() for c in w)] + _names(claim.text)
    if not told or any(_stem(w) not in there for w in exact) or _negated(claim.text) != _negated(text):
        return False
    # A film's name may stand in a claim, and bears out none by itself: whoever made the file chose it.
    return sum(_stem(w) in there for w in told) >= _SUPPORT * len(told) and any(_stem(w) in own for w in told)


def speaks_to_a_machine(piece: Evidence) -> bool:
    """Whether a piece of evidence, or its film's name, tries to be an instruction. Known forms in English alone."""
    return bool(_INSTRUCTS.search(f"{piece.text}\n{piece.name}"))


def claims_of(text: str) -> list[Claim]:
    """A writer's text as claims: sentences with the numbers in brackets after them; others cite nothing."""
    found = []
    for line in text[:20_000].splitlines():
        for sentence in re.split(r"(?<=[.!?\]])\s+(?=[^\[\s])", line.strip(" -*#")):
            cites = tuple(dict.fromkeys(int(n) for group in _CITES.findall(sentence) for n in group.split(",")))
            bare = " ".join(_CITES.sub("", sentence).split())
            if words_of(bare):
                found.append(Claim(bare[:_LONGEST], cites))
    return found


def verified(claims: Iterable[Claim], evidence: Sequence[Evidence]) -> tuple[tuple[Claim, ...], int]:
    """The claims that their evidence bears out, and how many it does not."""
    every = list(dict.fromkeys(claims))
    kept = tuple(c for c in every if supported(c, evidence))
    return kept, len(every) - len(kept)


Writing = Callable[[str, Sequence[str]], str]
"""What phrases an answer: from the question and the numbered evidence."""


def _stem(word: str) -> str:
    return stem(word.casefold().removesuffix("'s").removesuffix("\u2019s"), "en")


def _negated(text: str) -> bool:
    return any(w in _NEGATIONS or w.endswith(("n't", "n\u2019t")) for w in words_of(text.casefold()))


def _names(text: str) -> list[str]:
    """Words with a capital that no sentence's beginning explains."""
    return [w for w in _CAPITAL.findall(text) if w != "I"]


_CAPITAL = re.compile(r"(?<=[^.!?“\"\s]\s)[^\W\d_a-z]\w*")
