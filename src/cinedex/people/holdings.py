"""What a library holds that identifies people: by film, by person, what became of it, and by what right it is there.

Counted are the stored results themselves, also those of older analyses, not what an analysis of now would show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from cinedex.people.keeping import KEEP_DAYS, Keeper
from cinedex.people.register import Deletion, KnownPerson, Register
from cinedex.store import Store
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import FILM_SPACE, Faceprint, Person, Portrait, Voiceprint

State = Literal["met", "look", "does not apply"]
Known = Literal["verified", "secondary", "unverified"]


@dataclass(frozen=True, slots=True)
class FilmHoldings:
    """What is stored of a film, in all its `results`. `beyond` counts vectors that can be compared with other films.

    `names` are those that people have given in it; `until` is when what nobody has used by then is due for deletion.
    """

    movie: Movie
    faces: int
    voices: int
    beyond: int
    portraits: int
    appearances: int
    results: int
    names: tuple[str, ...]
    used: str
    until: str

    def __bool__(self) -> bool:
        return bool(self.faces or self.voices or self.portraits or self.appearances)


@dataclass(frozen=True, slots=True)
class PersonHoldings:
    """What is kept of somebody whom people have decided about."""

    person: KnownPerson
    films: int
    used: str
    until: str


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that a law asks, in our words, and how it stands here as far as software can tell.

    'met' says that nothing here speaks against it, not that the law is kept; 'look' is for a person.
    """

    id: str
    text: str
    source: str
    known: Known
    state: State
    here: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that a library holds of people's faces and voices."""

    recognition: bool
    basis: str
    since: str
    keep_days: int
    films: tuple[FilmHoldings, ...]
    people: tuple[PersonHoldings, ...]
    photo_prints: int
    deletions: tuple[Deletion, ...]
    duties: tuple[Duty, ...]


def holdings(keeper: Keeper) -> Holdings:
    """Look through the whole library: every stored result's manifest, and of vectors in which space they are."""
    register, store = keeper.cast.register, keeper.store
    movies = keeper.cast.sources.movies()
    keep = register.recognition.keep_days or KEEP_DAYS
    every = [_film(store, movie, register, keeper.film_used(movie), keep) for movie in movies]
    films = tuple(f for f in every if f)
    people = tuple(_person(p, register, keeper.used(p), keep) for p in register.people.values())
    today = keeper.today().isoformat()
    overdue = sum(bool(held.until) and held.until < today for held in (*films, *people))
    return Holdings(
        recognition=register.recognition.on,
        basis=register.recognition.basis,
        since=register.since,
        keep_days=keep,
        films=films,
        people=people,
        photo_prints=sum(len(p.prints) for p in register.people.values()),
        deletions=register.deletions,
        duties=tuple(_duties(register, films, overdue)),
    )


def _film(store: Store, movie: Movie, register: Register, used: date | None, keep: int) -> FilmHoldings:
    counts = {kind.kind: 0 for kind in (Faceprint, Voiceprint, Portrait, Person)}
    beyond = results = 0
    for stage in store.stages(movie.id):
        for key in store.keys(movie.id, stage):
            found = _rows(store.manifest(movie.id, stage, key))
            held = {kind: found[kind] for kind in counts if found.get(kind)}
            for kind, rows in held.items():
                counts[kind] += rows
            results += bool(held)
            beyond += _beyond(store, movie.id, stage, key, {Faceprint.kind, Voiceprint.kind} & set(held))
    claimed = {c.person for c in register.claims if c.sighting.film == movie.id}
    names = sorted(p.name for p in register.people.values() if p.name and claimed & set(p.ids))
    return FilmHoldings(
        movie,
        faces=counts[Faceprint.kind],
        voices=counts[Voiceprint.kind],
        beyond=beyond,
        portraits=counts[Portrait.kind],
        appearances=counts[Person.kind],
        results=results,
        names=tuple(names),
        used=used.isoformat() if used else "",
        until=(used + timedelta(days=keep)).isoformat() if used else "",
    )


def _rows(manifest: Mapping[str, Any] | None) -> dict[str, int]:
    return {kind: int(facts["rows"]) for kind, facts in manifest["kinds"].items()} if manifest is not None else {}


def _beyond(store: Store, film: str, stage: str, key: str, kinds: set[str]) -> int:
    """How many vectors of a result are in a space that other films share."""
    found = store.read(film, stage, key, kinds) if kinds else None
    tables = found.tables.values() if found is not None else ()
    return sum(space != FILM_SPACE for table in tables for space in table.column("space").to_pylist())


def _person(person: KnownPerson, register: Register, used: date, keep: int) -> PersonHoldings:
    films = {c.sighting.film for c in register.claims if c.person in person.ids}
    return PersonHoldings(person, len(films), used.isoformat(), (used + timedelta(days=keep)).isoformat())


def _duties(register: Register, films: Sequence[FilmHoldings], overdue: int) -> Iterator[Duty]:
    """What laws on biometric data ask, in our words; `known` says how well each is known, as in rule packs."""
    on, kept = register.recognition.on, register.recognition.keep_days or KEEP_DAYS
    beyond, held = sum(f.beyond for f in films), any(films)
    known = [p for p in register.people.values() if p.name or p.prints]
    agreed = sum(bool(p.consents) for p in known)
    waiting = sum(d.removed is None for d in register.deletions)
    yield Duty(
        "basis", "Vectors that identify somebody need a right to have them, which is written down.",
        "GDPR Art. 9, from memory", "unverified", _state(on or beyond > 0, met=on and bool(register.recognition.basis)),
        f"recognition is {'on' if on else 'off'}; {beyond:,} vectors can be compared beyond their film",
    )  # fmt: skip
    yield Duty(
        "consent", "Whoever is recognised has been told and has agreed in writing before.",
        "Illinois BIPA, 740 ILCS 14/15(b)", "secondary", _state(bool(known), met=agreed == len(known)),
        f"a consent is recorded of {agreed} of {len(known)} people who are named or enrolled",
    )  # fmt: skip
    yield Duty(
        "retention", "Biometric data go when their purpose ends, within three years of the last use at the latest.",
        "Illinois BIPA, 740 ILCS 14/15(a)", "secondary", _state(held or bool(known), met=not overdue),
        f"kept for {kept} days after the last use; {overdue} people and films are past that",
    )  # fmt: skip
    yield Duty(
        "erasure", "Whoever asks for it is deleted, with vectors and pictures.",
        "GDPR Art. 17, from memory", "unverified", _state(bool(register.deletions), met=not waiting),
        f"{len(register.deletions)} deletions, {waiting} of them not carried out to the end",
    )  # fmt: skip
    yield Duty(
        "policy", "A written policy says in public what is kept, for how long, and how it is destroyed.",
        "Illinois BIPA, 740 ILCS 14/15(a)", "secondary", _state(held, met=False), "not for software to see",
    )  # fmt: skip
    yield Duty(
        "scraping", "No face database is made by collecting pictures of anybody from the internet or from cameras.",
        "EU AI Act Art. 5, in force since 2 February 2025", "secondary", _state(beyond > 0, met=False),
        "Cinedex collects nothing; where the films come from is not for software to see",
    )  # fmt: skip
    yield Duty(
        "emotions", "No emotions are inferred of people at work or in education.",
        "EU AI Act Art. 5, in force since 2 February 2025", "secondary", "met",
        "Cinedex infers no emotion, age or origin of anybody",
    )  # fmt: skip


def _state(applies: bool, *, met: bool) -> State:
    if not applies:
        return "does not apply"
    return "met" if met else "look"
