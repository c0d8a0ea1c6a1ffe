"""Deciding who is who: every decision is one entry of the log, and what is known follows from the log at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cinedex.errors import NotFoundError, UsageError
from cinedex.models.tasks import FaceDetector, FaceEmbedder
from cinedex.people import photos
from cinedex.people.decisions import (
    Act,
    Claim,
    Consent,
    Deny,
    Enrol,
    Entry,
    Hide,
    Merge,
    Name,
    Recognition,
    ShowAgain,
    Undo,
    named,
    noted,
)
from cinedex.people.log import Log, utc_now
from cinedex.people.register import KnownPerson, Register, live, replay
from cinedex.people.resolve import Part, sightings
from cinedex.people.scan import Scan, Sources, gallery, scan
from cinedex.people.view import Character, Gallery, Somebody, Standing
from cinedex.timeline.movie import Movie


@dataclass(frozen=True, eq=False)
class Whom:
    """Whom somebody means: a person of the register, a character of a film, or both where it is known who that is."""

    person: str
    part: Part | None = None
    character: Character | None = None


class Cast:
    """The people of a library. `find` gives a film by what a user calls it; `by` says who decides."""

    def __init__(
        self,
        sources: Sources,
        find: Callable[[str], Movie],
        *,
        by: str = "",
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.sources, self.find, self.by, self.clock = sources, find, by, clock
        self.log = Log(sources.store, clock=clock)
        self._replayed: tuple[tuple[str, ...], Register] = ((), Register())

    # What is known

    @property
    def register(self) -> Register:
        """Who is known now, with what other processes have decided."""
        entries = self.log.entries()
        names = tuple(e.id for e in entries)
        if names != self._replayed[0]:
            self._replayed = names, replay(entries)
        return self._replayed[1]

    @property
    def edition(self) -> tuple[str, ...]:
        """What has been decided, by the log's entries: who is known changes with it alone."""
        return tuple(e.id for e in self.log.entries())

    @property
    def on(self) -> bool:
        """Whether people are recognised in this library."""
        return self.register.recognition.on

    def film(self, movie: Movie, *, portraits: bool = False) -> Gallery:
        """Who is in a film, with portraits where they are asked for."""
        return gallery(self.sources, self.register, movie, portraits=portraits)

    def everybody(self) -> list[Somebody]:
        """Every person of the library and every stranger seen in several films; those on screen longest first."""
        register = self.register
        found = scan(self.sources, register, self.sources.movies())
        own: dict[str, list[Character]] = {}
        for character in found.people:
            if character.person:
                own.setdefault(character.person, []).append(character)
        people = [_somebody(known, own.get(known.id, [])) for known in register.people.values()]
        groups = (tuple(found.people[i] for i in group) for group in found.matches.groups)
        people += [Somebody("", "", hidden=False, characters=group) for group in groups]
        return sorted(people, key=lambda p: (-p.seconds, p.title))

    def suggestions(self, movie: Movie | None = None) -> list[Character]:
        """Characters that somebody known may be, the likeliest first; also those who are only recognised."""
        movies = self.sources.movies()
        found = scan(self.sources, self.register, movies)
        asked = [
            c
            for c in found.people
            if (c.suggestions or c.standing is Standing.RECOGNISED) and movie in {None, _of(movies, c.film)}
        ]
        return sorted(asked, key=lambda c: -(c.suggestions[0].score if c.suggestions else c.score))

    def whom(self, text: str) -> Whom:
        """Whom a user means by a name, an id, or FILM#3 for a film's character. Raises NotFoundError, UsageError."""
        register = self.register
        if text in register.people:
            return Whom(text)
        people = register.named(text)
        if len(people) > 1:
            ids = ", ".join(p.id for p in people)
            raise UsageError(f"{len(people)} people are called {text!r}: {ids}", remedy="Give an id, or merge them.")
        if people:
            return Whom(people[0].id)
        film, _, label = text.rpartition("#")
        if not film or not label:
            raise NotFoundError(
                f"nobody is called {text!r} in this library",
                remedy="Give a name, an id, or FILM#3 for the third person of a film; `cinedex people list` has them.",
            )
        part, character = self._character(self.find(film), label)
        return Whom(part.person, part, character)

    def _character(self, movie: Movie, label: str) -> tuple[Part, Character]:
        found = self._scan(movie)
        wanted = label.strip().casefold()
        own = [pair for pair in found.of(movie.id) if wanted in {pair[1].label, pair[1].name.casefold()}]
        if len(own) != 1:
            labels = ", ".join(c.label for _, c in found.of(movie.id)[:20]) or "nobody"
            raise NotFoundError(f"{movie.name} has no person {label!r}", remedy=f"There are: {labels}.")
        return own[0]

    def _scan(self, movie: Movie) -> Scan:
        return scan(self.sources, self.register, [m for m in self.sources.movies() if m.id == movie.id or self.on])

    # Decisions

    def name(self, who: str, name: str) -> Entry:
        """Say who a character is, or what a person is called. A name that is known already means that person."""
        name, whom = named(name), self.whom(who)
        known = self.register.named(name)
        if len(known) > 1:
            raise UsageError(f"{len(known)} people are called {name!r}", remedy="Merge them, or give an id.")
        if whom.part is None:
            if known and known[0].id != whom.person:
                raise UsageError(f"somebody else is called {name!r}", remedy=f"`cinedex people merge {name} {who}`?")
            return self._decide(Name(whom.person, name))
        if known:
            return self._decide(*self._identified(whom, known[0].id))
        if whom.person and self._only_here(whom):
            return self._decide(Name(whom.person, name))
        person = _new_id()
        return self._decide(*self._identified(whom, person), Name(person, name))

    def confirm(self, who: str, person: str | None = None) -> Entry:
        """Say that the machine is right about a character: about `person`, else about whom it holds likeliest."""
        whom = self._in_film(who)
        return self._decide(*self._identified(whom, self._meant(whom, person)))

    def refuse(self, who: str, person: str | None = None) -> Entry:
        """Say that a character is not `person`, else not the one whom the machine holds likeliest."""
        whom = self._in_film(who)
        meant = self._meant(whom, person)
        if meant == whom.person:
            raise UsageError(f"{who} was said to be that person", remedy="Undo that, or split it off.")
        return self._decide(*(Deny(meant, s) for s in sightings(_part(whom))))

    def merge(self, one: str, other: str) -> Entry:
        """Say that two are one. The first keeps its name."""
        first, second = self.whom(one), self.whom(other)
        into, person = self._recognised(first), self._recognised(second)
        acts: list[Act] = []
        if into and into == person and first.person == second.person:
            raise UsageError(f"{one} and {other} are one already")
        target = into or person or _new_id()
        acts += self._claimed(first, target) + self._claimed(second, target)
        if into and person and into != person:
            acts.append(Merge(into, person))
        return self._decide(*acts)

    def split(self, who: str, *, look: int | None = None, tracklets: Sequence[int] = (), name: str = "") -> Entry:
        """Say that a look or some tracklets of a character are somebody else: `name`, or nobody known."""
        whom = self._in_film(who)
        part = _part(whom)
        numbers = {int(part.evidence.numbers[p]): p for p in part.places}
        chosen = {p for shown in part.looks if shown.number + 1 == look for p in shown.places}
        if look is not None and not chosen:
            raise NotFoundError(f"{who} has no look {look}", remedy=f"It has {len(part.looks)}.")
        if missing := [t for t in tracklets if t not in numbers]:
            raise NotFoundError(f"{who} has no tracklet {missing[0]}", remedy="`--json` lists them.")
        chosen |= {numbers[t] for t in tracklets}
        if not chosen or len(chosen) == len(part.places):
            raise UsageError(
                f"splitting takes a part of {who}, not {'all' if chosen else 'none'} of it",
                remedy="Give --look or --tracklet; the gallery shows them.",
            )
        acts: list[Act] = []
        person = self._named_person(name, acts) if name else _new_id()
        old = self._recognised(whom)
        for sighting in sightings(part, chosen):
            acts += [Claim(person, sighting), *([Deny(old, sighting)] if old and old != person else [])]
        if not old:  # or the rest, being so like it, would follow
            acts += [Deny(person, s) for s in sightings(part, set(part.places) - chosen)]
        return self._decide(*acts)

    def hide(self, who: str) -> Entry:
        """Leave somebody out of galleries and lists."""
        whom = self.whom(who)
        person = self._recognised(whom) or _new_id()
        return self._decide(*self._claimed(whom, person), Hide(person))

    def show_again(self, who: str) -> Entry:
        """Show somebody again."""
        return self._decide(ShowAgain(self._person(who)))

    def consent(self, who: str, *, given_by: str, basis: str, note: str = "") -> Entry:
        """Record that somebody agreed to be recognised."""
        return self._decide(self._agreed(self._person(who), given_by, basis, note))

    def enrol(
        self,
        who: str,
        given: Sequence[tuple[str, bytes]],
        models: Callable[[], tuple[FaceDetector, FaceEmbedder]],
        *,
        consent: tuple[str, str, str] | None = None,
    ) -> Entry:
        """Know somebody by photos, (name, bytes) each. `consent` is who gave it, its basis and a note.

        All photos are looked at before anything is kept. Raises UsageError where recognition is off, where no consent
        is recorded, and for a photo without exactly one clear face.
        """
        self._must_be_on("enrol anybody")
        acts: list[Act] = []
        person = self._named_person(who, acts)
        known = self.register.people.get(person)
        if consent is not None:
            acts.append(self._agreed(person, *consent))
        elif known is None or not known.consents:
            raise UsageError(
                f"no consent of {who} is recorded", remedy="Say who gave it and on which basis: --consent-by, --basis."
            )
        if not given:
            raise UsageError("enrolling takes at least one photo")
        detector, embedder = models()
        made = [photos.print_of(data, name, detector, embedder) for name, data in given]
        self._alike([name for name, _ in given], made, known.prints if known is not None else (), who)
        names = tuple(photos.keep(self.sources.store, person, one) for one in made)
        return self._decide(*acts, Enrol(person, names))

    def undo(self, entry: str | None = None) -> Entry:
        """Take an entry back, by default the last about who is who; undoing an undoing brings it again.

        Deletions stay.
        """
        entries = self.log.entries()
        counting = live(entries)
        if entry is None:
            able = [e for e in counting if not e.lasting and not any(isinstance(a, Undo | Recognition) for a in e.acts)]
            if not able:
                raise UsageError("there is nothing to undo")
            return self._decide(Undo(able[-1].id))
        found = [e for e in entries if e.id.startswith(entry) or e.id.partition("-")[2].startswith(entry)]
        if len(found) != 1:
            raise NotFoundError(f"no entry {entry!r}", remedy="`cinedex people log` lists them.")
        if found[0].lasting:
            raise UsageError("a deletion cannot be undone: what was deleted is gone")
        if found[0] not in counting:
            raise UsageError(f"{found[0].id} is undone already")
        return self._decide(Undo(found[0].id))

    def _alike(self, names: Sequence[str], made: Sequence[photos.Print], before: Sequence[str], who: str) -> None:
        """Refuse a photo whose face is like none of the others of that person: it may be somebody else's."""
        kept = photos.kept(self.sources.store, before)
        for i, one in enumerate(made):
            others = [o for j, o in enumerate([*made, *kept]) if j != i and o.space == one.space]
            bounds = self.sources.bounds(one.space)
            if others and bounds and max(float(one.values @ o.values) for o in others) < bounds.likely:
                raise UsageError(
                    f"{names[i]}: this face is like none of the other photos of {who}",
                    remedy="If it is theirs all the same, add a photo that is like both first.",
                )

    # Parts of decisions

    def _decide(self, *acts: Act) -> Entry:
        if not acts:
            raise UsageError("that is known already")
        return self.log.append(acts, by=self.by)

    def _must_be_on(self, to: str) -> None:
        if not self.on:
            raise UsageError(
                f"recognition is off in this library, so it cannot {to}",
                remedy='`cinedex people on --basis "..."` switches it on and says what that means.',
            )

    def _in_film(self, who: str) -> Whom:
        whom = self.whom(who)
        if whom.part is None:
            raise UsageError(f"{who!r} is not one character of a film", remedy="Say which: FILM#3.")
        return whom

    def _person(self, who: str) -> str:
        person = self._recognised(self.whom(who))
        if not person:
            raise UsageError(f"nothing was decided about {who} yet", remedy="Name them first.")
        return person

    def _named_person(self, name: str, acts: list[Act]) -> str:
        """The id of a person by name or id; a new one, with the act that names it, where there is none."""
        if name in self.register.people:
            return name
        name = named(name)
        known = self.register.named(name)
        if len(known) > 1:
            raise UsageError(f"{len(known)} people are called {name!r}", remedy="Merge them, or give an id.")
        if known:
            return known[0].id
        acts.append(Name(person := _new_id(), name))
        return person

    def _recognised(self, whom: Whom) -> str:
        """The person that somebody is, as people have said, else as the machine is sure."""
        return whom.person or (whom.character.person if whom.character is not None else "")

    def _meant(self, whom: Whom, person: str | None) -> str:
        if person is not None:
            return self._person(person)
        character = whom.character
        if character is not None and character.standing is Standing.RECOGNISED:
            return character.person
        if character is None or not character.suggestions:
            raise UsageError("the machine suggests nobody for that character", remedy="Say who it is by name.")
        return character.suggestions[0].person

    def _identified(self, whom: Whom, person: str) -> list[Act]:
        """The acts by which a character becomes a person; whom it was held to be, it then is not."""
        if whom.person == person:
            return []
        if whom.person and not self.register.people[whom.person].name:
            return [Merge(person, whom.person)]
        seen, was = sightings(_part(whom)), self._recognised(whom)
        claims: list[Act] = [Claim(person, s) for s in seen]
        return claims + [Deny(was, s) for s in seen if was and was != person]

    def _claimed(self, whom: Whom, person: str) -> list[Act]:
        """The acts that make a film's character a person's, where nobody has said so yet."""
        return [Claim(person, s) for s in sightings(whom.part)] if whom.part is not None and not whom.person else []

    def _only_here(self, whom: Whom) -> bool:
        """Whether a person is nothing but this one film's character, so that naming them is a change of name."""
        film = _part(whom).evidence.movie.id
        known = self.register.people.get(whom.person)
        claims = [c for c in self.register.claims if c.person == whom.person]
        return known is not None and not known.prints and all(c.sighting.film == film for c in claims)

    def _agreed(self, person: str, given_by: str, basis: str, note: str) -> Consent:
        who, why = noted(given_by, "who consents"), noted(basis, "a basis")
        if not who or not why:
            raise UsageError("a consent says who gave it and on which basis")
        return Consent(person, who, why, noted(note, "a note"))


def _part(whom: Whom) -> Part:
    if whom.part is None:
        raise TypeError("a film's character is meant")
    return whom.part


def _of(movies: Sequence[Movie], film: str) -> Movie | None:
    return next((m for m in movies if m.id == film), None)


def _new_id() -> str:
    return f"p{uuid.uuid4().hex[:10]}"


def _somebody(known: KnownPerson, own: Sequence[Character]) -> Somebody:
    return Somebody(
        known.id, known.name, known.hidden, tuple(own), len(known.prints), len(known.consents), known.created
    )  # fmt: skip
