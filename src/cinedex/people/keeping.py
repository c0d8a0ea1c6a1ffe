"""Whether people are recognised at all, for how long anything is kept, what is known of somebody, and deletion."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cinedex.canonical import plain
from cinedex.errors import NotFoundError, UsageError
from cinedex.people import photos
from cinedex.people.cast import Cast
from cinedex.people.decisions import Delete, Entry, Erased, Recognition, Sighting, noted
from cinedex.people.erase import drop_unfinished, erase_in, forget_prints
from cinedex.people.register import Deletion, KnownPerson
from cinedex.people.resolve import Part
from cinedex.people.scan import scan
from cinedex.people.view import Character
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Portrait

KEEP_DAYS = 3 * 365
"""For how many days what identifies people is kept after its last use, and the most that can be set."""

USED = "people/used"
_FILM_USED = "people-used"


@dataclass(frozen=True)
class Due:
    """What is past its time: people, and films whose prints nobody has used."""

    people: tuple[KnownPerson, ...] = ()
    films: tuple[Movie, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.people or self.films)


class Keeper:
    """The privacy of a library's people. `unlist` takes films out of the search index and puts them in anew."""

    def __init__(self, cast: Cast, unlist: Callable[[Iterable[Movie]], None] = lambda _: None) -> None:
        self.cast, self.unlist = cast, unlist
        self.store = cast.sources.store

    # Switching

    def switch_on(self, basis: str, *, keep_days: int = KEEP_DAYS) -> Entry:
        """Recognise people in this library from now on. `basis` says by which right; it is recorded."""
        basis = noted(basis, "a basis")
        if not basis:
            raise UsageError(
                "recognising people needs a basis", remedy='Such as --basis "signed releases of the cast, file 12".'
            )
        if not 1 <= keep_days <= KEEP_DAYS:
            raise UsageError(f"{keep_days} days cannot be set", remedy=f"From 1 to {KEEP_DAYS} days.")
        return self.cast.log.append([Recognition(on=True, basis=basis, keep_days=keep_days)], by=self.cast.by)

    def switch_off(self, *, erase: bool = False) -> tuple[Entry | None, int]:
        """Recognise nobody any more; with `erase` delete every print too. Gives how many stored results went."""
        entry = None
        if self.cast.on:
            entry = self.cast.log.append([Recognition(on=False)], by=self.cast.by)
        gone = 0
        if erase:
            movies = self.cast.sources.movies()
            gone = sum(forget_prints(self.store, m.id) for m in movies)
            gone += photos.forget(self.store, [i for p in self.cast.register.people.values() for i in p.ids])
        return entry, gone

    # Deletion

    def delete(self, who: str, *, why: str = "asked for") -> Deletion:
        """Delete somebody: prints, portraits, what was decided about them, and what search knows. It cannot be undone.

        They are a person of the register with every character that is theirs, as people have said or as the machine
        is sure, or one character of a film.
        """
        whom = self.cast.whom(who)
        person = whom.person or (whom.character.person if whom.character is not None else "")
        seen: list[Part] = [whom.part] if whom.part is not None else []
        if person:
            found = scan(self.cast.sources, self.cast.register, self.cast.sources.movies())
            seen = [p for p, c in zip(found.parts, found.people, strict=True) if c.person == person]
        known = self.cast.register.people.get(person)
        ids = known.ids if known is not None else ()
        sightings = tuple(_every(part) for part in seen)
        if not ids and not sightings:
            raise NotFoundError(f"nothing is known of {who}")
        entry = self.cast.log.append([Delete(ids, sightings, why)], by=self.cast.by)
        self.finish()
        return next(d for d in self.cast.register.deletions if d.id == entry.id)

    def finish(self) -> int:
        """Carry out every deletion that was killed on its way; gives how many there were. Cheap when there are none."""
        waiting = [d for d in self.cast.register.deletions if d.removed is None]
        for deletion in waiting:
            self._carry_out(deletion)
        return len(waiting)

    def _carry_out(self, deletion: Deletion) -> None:
        gone: dict[str, int] = {"photo prints": photos.forget(self.store, deletion.people)}
        films = {s.film for s in deletion.seen}
        movies = [m for m in self.cast.sources.movies() if m.id in films]
        for movie in movies:
            drop_unfinished(self.store, movie.id)
            for kind, count in erase_in(self.store, movie, deletion).items():
                gone[kind] = gone.get(kind, 0) + count
        self.unlist(movies)
        for person in deletion.people:
            self.store.forget(f"{USED}/{person}")
        gone["entries"] = self.cast.log.erase(deletion.people)
        # Last of all: until this is written, whoever opens the library begins again.
        removed = tuple(sorted((kind, count) for kind, count in gone.items() if count))
        self.cast.log.append([Erased(deletion.id, removed)], by=self.cast.by)

    def after(self, movie: Movie) -> None:
        """What is due when a film has been analysed: nobody who was deleted may be made of it again."""
        self.finish()
        register = self.cast.register
        self.cast.log.erase(register.dead)  # what was decided by somebody who did not know of the deletion yet
        for deletion in register.deletions:
            if any(s.film == movie.id for s in deletion.seen):
                erase_in(self.store, movie, deletion)
        self.touch(films=[movie])

    # Retention

    def touch(self, *, people: Iterable[str] = (), films: Iterable[Movie] = ()) -> None:
        """Note that people and films were used today; retention counts from there."""
        today = self.today().isoformat()
        for person in people:
            if self.store.get(f"{USED}/{person}") != today.encode():
                self.store.put(f"{USED}/{person}", today.encode())
        for movie in films:
            if self.store.mark(movie.id, _FILM_USED) != today:
                self.store.put_mark(movie.id, _FILM_USED, today)

    def used(self, person: KnownPerson) -> date:
        """When somebody was last used or decided about."""
        mark = self.store.get(f"{USED}/{person.id}")
        days = [_day(person.decided), _day(mark.decode("ascii", "replace") if mark else "")]
        return max((d for d in days if d is not None), default=self.today())

    def film_used(self, movie: Movie) -> date | None:
        """When a film's people were last used; None where that was never noted."""
        return _day(self.store.mark(movie.id, _FILM_USED) or "")

    def due(self) -> Due:
        """People and films' prints that are past the library's retention. A film never marked counts from today."""
        keep = self.cast.register.recognition.keep_days or KEEP_DAYS
        last = self.today() - timedelta(days=keep)
        people = tuple(p for p in self.cast.register.people.values() if self.used(p) < last)
        films = []
        for movie in self.cast.sources.movies():
            day = self.film_used(movie)
            if day is None:
                self.touch(films=[movie])
            elif day < last:
                films.append(movie)
        return Due(people, tuple(films))

    def expire(self) -> Due:
        """Delete what is past its time: people as `delete` does, films' prints by dropping them."""
        due = self.due()
        for person in due.people:
            self.delete(person.id, why="retention")
        for movie in due.films:
            forget_prints(self.store, movie.id)
        return due

    def today(self) -> date:
        """The day by which retention counts."""
        return self.cast.clock().astimezone(UTC).date()

    # What is known of somebody

    def known_of(self, who: str) -> dict[str, Any]:
        """Everything that the library holds about somebody, as plain JSON, for the person who asks."""
        register = self.cast.register
        whom = self.cast.whom(who)
        person = whom.person or (whom.character.person if whom.character is not None else "")
        known = register.people.get(person)
        found = scan(self.cast.sources, register, self.cast.sources.movies())
        pairs = list(zip(found.parts, found.people, strict=True))
        own = [(p, c) for p, c in pairs if person and c.person == person]
        own = own or [(p, c) for p, c in pairs if whom.part is not None and _same(p, whom.part)]
        ids = set(known.ids) if known is not None else set()
        entries = [e for e in self.cast.log.entries() if e.people & ids]
        return {
            "person": plain(known) if known is not None else None,
            "last_used": self.used(known).isoformat() if known is not None else None,
            "decisions": [{"id": e.id, "at": e.at, "by": e.by, "acts": [_act(a) for a in e.acts]} for e in entries],
            "photo_prints": [
                {"space": p.space, "values": [float(v) for v in p.values]}
                for p in photos.kept(self.store, known.prints if known is not None else ())
            ],
            "films": [self._in_film(part, character) for part, character in own],
            "suggested_in": [
                {"film": part.evidence.movie.name, "character": c.label, "score": s.score}
                for part, c in pairs
                for s in c.suggestions
                if s.person == person
            ],
            "recognition": plain(register.recognition),
        }

    def _in_film(self, part: Part, character: Character) -> dict[str, Any]:
        movie = part.evidence.movie
        track = self.cast.sources.read(movie, (Portrait,)).find(Portrait)
        wanted = set(character.tracklets)
        return {
            "film": movie.name,
            "film_id": movie.id,
            "character": character.label,
            "how_known": character.standing.value,
            "score": character.score,
            "seconds_on_screen": round(character.seconds, 3),
            "seen": [[round(s.start.seconds, 3), round(s.end.seconds, 3)] for s in character.spans.support()],
            "prints": {
                "space": part.evidence.space,
                "vectors": [[round(float(v), 6) for v in part.evidence.prints[p]] for p in part.places],
            },
            "portraits": [
                {"at": p.at.seconds, "format": p.format, "data": base64.b64encode(p.data).decode()}
                for p in (track.rows if track is not None else ())
                if p.tracklet in wanted
            ],
        }


def _every(part: Part) -> Sighting:
    """A character with all its anchors, as a tombstone keeps it."""
    evidence = part.evidence
    return Sighting(evidence.movie.id, evidence.key, part.number, evidence.anchors(part.places), whole=False)


def _same(one: Part, other: Part) -> bool:
    return one.evidence.movie.id == other.evidence.movie.id and one.places == other.places


def _act(act: Any) -> dict[str, Any]:
    return {"do": type(act).__name__.lower(), **plain(act)}


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None
