"""Which of a film's sound streams is listened to: the one that is asked for, else the programme."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Self

from cinedex.stages.base import LATE, UNKEYED, Stage
from cinedex.stages.captions import base
from cinedex.timeline.movie import AudioStream, Movie

_ASIDES = {
    "commentary": re.compile(r"comment|kommentar|commento|coment[aá]rio|комментари|コメンタリー|解説", re.IGNORECASE),
    "description": re.compile(r"(?i:descri|deskription|audiodes|h[oö]rfilm|тифло)|\bAD\b"),
    "karaoke": re.compile(r"karaoke|instrumental", re.IGNORECASE),
}
"""What a stream's title says where its disposition does not."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The stream that is listened to, by its place among the film's sound streams, and why that one."""

    number: int
    why: str


@dataclass(frozen=True)
class Listening(Stage):
    """A stage that listens to one sound stream: `stream` by its place, found for each film by what `sound` asks for."""

    stream: int = field(default=0, kw_only=True, metadata=LATE)
    """The sound stream by its place among them, from 0; found for each film by `sound`, unless it is given."""
    sound: str = field(default="", kw_only=True, metadata=UNKEYED)
    """A language, or a number from 1, as CINEDEX_SOUND; '' for the programme. `stream` says what comes of it."""

    def about(self, movie: Movie) -> Self:
        """Listening to the stream of this film that is meant."""
        return self if self.stream else replace(self, stream=heard(movie, self.sound).number)


def heard(movie: Movie, wish: str = "") -> Heard:
    """The sound stream that is meant by a language ('de') or a number from 1 ('2'); without a wish, the programme's.

    The programme is no commentary, no description for the blind and no karaoke, as disposition or title tell; of
    several, the one that is marked as the default, else the first. A wish that cannot be had is told in `why`.
    """
    if not movie.audio:
        return Heard(0, "there is no sound")
    if wish.isdigit() and 1 <= int(wish) <= len(movie.audio):
        return Heard(int(wish) - 1, "asked for by its number")
    spoken = [n for n, a in enumerate(movie.audio) if wish and base(a.language) and base(a.language) == base(wish)]
    number = min(spoken or range(len(movie.audio)), key=lambda n: _rank(movie.audio[n], n))
    lacking = f"there is no {f'stream {wish}' if wish.isdigit() else repr(wish)}, so " if wish and not spoken else ""
    return Heard(number, "asked for by its language" if spoken else lacking + _reason(movie, number))


def aside(stream: AudioStream) -> str:
    """What a stream is if not the programme: 'commentary', 'description', 'karaoke', 'effects'; else ''."""
    titled = (name for name, pattern in _ASIDES.items() if pattern.search(stream.title or ""))
    return stream.role or next(titled, "")


def _rank(stream: AudioStream, number: int) -> tuple[bool, bool, int]:
    return bool(aside(stream)), not stream.default, number


def _reason(movie: Movie, number: int) -> str:
    """Why a stream is taken for the programme."""
    if len(movie.audio) == 1:
        return "the only one"
    passed = [f"{n + 1} is {_named(aside(a))}" for n, a in enumerate(movie.audio[:number]) if aside(a)]
    if passed and len(passed) == number:
        return f"the programme: {', '.join(passed)}"
    alone = movie.audio[number].default and sum(a.default for a in movie.audio) == 1
    return "marked as the default" if alone else "the first"


def _named(what: str) -> str:
    return {"effects": "without voices", "karaoke": "karaoke"}.get(what, f"a {what}")
