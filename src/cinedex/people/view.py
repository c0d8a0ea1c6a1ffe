"""What is said of the people in a film and in a library: plain values for the command line, the page and search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from cinedex.people.evidence import tracklets_in
from cinedex.people.match import Matches
from cinedex.people.register import KnownPerson, Register
from cinedex.people.resolve import Part
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Person, Portrait
from cinedex.timeline.track import Spans


class Standing(StrEnum):
    """How it is known who a character is."""

    CONFIRMED = "confirmed"
    """A person has said so."""
    RECOGNISED = "recognised"
    """The prints are clearly those of somebody known; nobody has confirmed it."""
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Guessed:
    """Somebody whom a character may be: their id, what they are called, and the cosine of the nearest prints."""

    person: str
    name: str
    score: float


@dataclass(frozen=True, slots=True)
class LookShown:
    """One look of a character: its number from 1 on, its tracklets, and the one whose portrait shows it best."""

    number: int
    tracklets: tuple[int, ...]
    best: int


@dataclass(frozen=True, eq=False)
class Character:
    """Somebody in a film. `label` is what they are called in it ('3', or '3b' for who was split off)."""

    film: str
    label: str
    number: int
    standing: Standing
    person: str = ""
    """Whom they are, as the register's id; empty for who is anonymous."""
    name: str = ""
    score: float = 1.0
    hidden: bool = False
    spans: Spans = field(default_factory=lambda: Spans.of([]))
    looks: tuple[LookShown, ...] = ()
    suggestions: tuple[Guessed, ...] = ()
    elsewhere: tuple[tuple[str, str], ...] = ()
    """The same stranger in other films, as the machine thinks: (film's id, label)."""

    @property
    def title(self) -> str:
        """Their name, or 'Person 3'."""
        return self.name or f"Person {self.label}"

    @property
    def tracklets(self) -> tuple[int, ...]:
        """The numbers of all their tracklets."""
        return tuple(t for look in self.looks for t in look.tracklets)

    @property
    def seconds(self) -> float:
        """How long they are on screen."""
        return float(self.spans.total.seconds)

    @property
    def appearances(self) -> int:
        """How many times: tracklets at most a second apart count as one."""
        return len(self.spans.support(within=_PAUSE))


_PAUSE = 705_600_000


@dataclass(frozen=True, eq=False)
class Gallery:
    """Who is in a film. `state` is 'done', or why there is nothing: 'missing', 'failed', 'off' for recognition."""

    movie: Movie
    state: str
    recognition: bool
    characters: tuple[Character, ...] = ()
    tracklets: int = 0
    deleted: int = 0
    """Tracklets of people who were deleted."""
    portraits: Mapping[int, Portrait] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def of_row(self, row: Person) -> Character | None:
        """The character that a row of the film's `people` track is about, as people have decided; None if deleted."""
        return next((self._by_tracklet[t] for t in tracklets_in(row.refs) if t in self._by_tracklet), None)

    @property
    def shown(self) -> tuple[Character, ...]:
        """The characters that are not hidden."""
        return tuple(c for c in self.characters if not c.hidden)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_tracklet", {t: c for c in self.characters for t in c.tracklets})

    _by_tracklet: Mapping[int, Character] = field(init=False, repr=False, default_factory=dict)


@dataclass(frozen=True, eq=False)
class Somebody:
    """A person of the library, or a stranger seen in several films, with the characters that they are."""

    person: str
    name: str
    hidden: bool
    characters: tuple[Character, ...]
    photos: int = 0
    consents: int = 0
    created: str = ""
    used: str = ""

    @property
    def title(self) -> str:
        """Their name, or their first character's title."""
        return self.name or (self.characters[0].title if self.characters else f"Person {self.person}")

    @property
    def seconds(self) -> float:
        """How long they are on screen, in all films."""
        return sum(c.seconds for c in self.characters)


def characters(parts: Sequence[Part], matches: Matches, register: Register) -> list[Character]:
    """The characters of parts of any number of films, in their order."""
    groups = {i: [j for j in group if j != i] for group in matches.groups for i in group}
    return [
        _character(part, i, matches, register, [parts[j] for j in groups.get(i, [])]) for i, part in enumerate(parts)
    ]


def _character(part: Part, place: int, matches: Matches, register: Register, others: list[Part]) -> Character:
    guess = matches.sure.get(place)
    who = part.person or (guess.person if guess else "")
    known = register.people.get(who, KnownPerson(who))
    said = Standing.CONFIRMED if known.name else Standing.ANONYMOUS
    standing = said if part.person else Standing.RECOGNISED if guess else Standing.ANONYMOUS
    likely = matches.likely.get(place, ())
    return Character(
        film=part.evidence.movie.id,
        label=part.label,
        number=part.number,
        standing=standing,
        person=who,
        name=known.name,
        score=guess.score if guess and not part.person else 1.0,
        hidden=known.hidden,
        spans=part.spans,
        looks=tuple(_looks(part)),
        suggestions=tuple(
            Guessed(g.person, register.people[g.person].name, g.score)
            for g in likely
            if g.person in register.people and register.people[g.person].name
        ),
        elsewhere=tuple((p.evidence.movie.id, p.label) for p in others),
    )


def _looks(part: Part) -> list[LookShown]:
    evidence = part.evidence
    return [
        LookShown(
            number=look.number + 1,
            tracklets=tuple(int(evidence.numbers[p]) for p in look.places),
            best=int(evidence.numbers[max(look.places, key=lambda p: (evidence.quality[p], -p))]),
        )
        for look in part.looks
    ]
