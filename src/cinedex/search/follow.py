"""Follow-up questions: what "she", "there" and "after that" mean by the answer before, and that it is said openly.

Nothing is guessed: a word that could mean two people means nobody, and the answer says so. A turn holds places in films
and people's ids, no names and no words, so that taking somebody's name back takes it out of here, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from cinedex.timeline.time import Span, Time


@dataclass(frozen=True, slots=True)
class Spot:
    """A stretch of a film that an answer has cited."""

    movie: str
    start: Time
    end: Time

    @property
    def span(self) -> Span:
        """When it is."""
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a question and its answer were about: cited spots, the weightiest first, and people by id."""

    spots: tuple[Spot, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Following:
    """A question with what it leaves out put in. `taken` says what was put in for what, `notes` what could not be.

    `how` is what is asked of `spot`: 'after', 'before', 'who', 'said', 'seen', 'heard', 'read', 'known', or nothing;
    `but` is somebody who is not meant.
    """

    text: str
    spot: Spot | None = None
    how: str = ""
    but: str = ""
    taken: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_ONE = re.compile(r"\b(she|he|her|him|his|hers)\b", re.IGNORECASE)
_ALL = re.compile(r"\b(they|them|their|theirs)\b", re.IGNORECASE)
_FILM = re.compile(r"\b(in (?:it|this film|that film|the film|the same film))\b", re.IGNORECASE)

_AND = r"(?:and |but |so )?"
_THAT = r"(?:that|this|it|then|there)"

_BESIDE = re.compile(
    rf"{_AND}(?:what (?:happens|comes|is said|is seen|is there) )?(?:right |just |directly )?(after|before) {_THAT}",
    re.IGNORECASE,
)
_NEXT = re.compile(rf"{_AND}(?:then|what then|next|what next|what (?:happens|comes) (?:next|then))", re.IGNORECASE)
_WHO = re.compile(
    rf"{_AND}who (?:else )?(?:is|was|are|were)(?: (?:there|on screen|seen|present))?"
    rf"(?: with (?P<but>.{{1,80}}?))?(?: (?:there|then|in that scene|at that moment))?",
    re.IGNORECASE,
)
_WHAT = re.compile(
    rf"{_AND}what (?:else )?(?:is|was|are|were|can be) (?P<how>said|seen|heard|read) (?:there|then|in that scene)"
    rf"|{_AND}what (?:else )?(?:is|was) there",
    re.IGNORECASE,
)


@dataclass
class _Reader:
    """Puts in what a question leaves out, keeping account."""

    text: str
    before: Turn
    name_of: Callable[[str], str]
    called: Callable[[str], str]
    taken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def people(self) -> None:
        names = [name for one in self.before.people if (name := self.name_of(one))]
        for pattern, meant in ((_ONE, names if len(names) == 1 else []), (_ALL, names)):
            match = pattern.search(self.text)
            if match is None:
                continue
            if not meant:
                who = f"it may be {' or '.join(names)}" if names else "nobody was spoken of by name"
                self.notes.append(f"whom “{match[1]}” means is not clear: {who}")
                continue
            name = " and ".join(meant)
            self.text = pattern.sub(lambda _, name=name: name, self.text)  # type: ignore[misc]  # bound at once
            self.taken.append(f"“{match[1].lower()}” is {name}")

    def film(self) -> None:
        match = _FILM.search(self.text)
        name = self.called(self.before.spots[0].movie) if self.before.spots else ""
        if match is not None and name:
            self.text = _FILM.sub(lambda _: f"in {name}", self.text)
            self.taken.append(f"“{match[1].lower()}” is in {name}")


def following(text: str, before: Turn, name_of: Callable[[str], str], called: Callable[[str], str]) -> Following:
    """A question after another. `name_of` gives a person's name now (or nothing), `called` what a film is called."""
    reader = _Reader(text, before, name_of, called)
    reader.people()
    how, but = _asked(reader.text)
    if not how:
        reader.film()
    spot = before.spots[0] if before.spots and how else None
    if how and spot is None:
        reader.notes.append("there is no answer before this one that it could be about")
    elif spot is not None:
        clock = f"{spot.start.clock[:-4]}-{spot.end.clock[:-4]}"
        reader.taken.append(f"asked about the answer before: {called(spot.movie)} {clock}")
    return Following(reader.text, spot, how, but, tuple(reader.taken), tuple(reader.notes))


def _asked(text: str) -> tuple[str, str]:
    """What is asked of the spot before, and who is not meant."""
    if match := _BESIDE.fullmatch(text):
        return match[1].lower(), ""
    if _NEXT.fullmatch(text):
        return "after", ""
    if match := _WHAT.fullmatch(text):
        return (match["how"] or "known").lower(), ""
    if match := _WHO.fullmatch(text):
        but = (match["but"] or "").strip()
        return "who", "" if _ONE.fullmatch(but) or _ALL.fullmatch(but) else but
    return "", ""
