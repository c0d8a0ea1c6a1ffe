"""Reads what a library's films say about people, and lays decisions and matches over it. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cinedex.people import photos
from cinedex.people.evidence import KINDS, evidence_of
from cinedex.people.match import Bounds, Matches, match
from cinedex.people.register import Register
from cinedex.people.resolve import Part, Resolved, resolve
from cinedex.people.view import Character, Gallery, characters
from cinedex.store import Store
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Portrait, Row, Tracklet
from cinedex.timeline.timeline import State, Timeline

ReadTracks = Callable[[Movie, Collection[type[Row]]], Timeline]
"""Gives the tracks of some kinds of a film."""


@dataclass(frozen=True, eq=False)
class Sources:
    """Where a library's people are read from: its store, films and their tracks, and what nearness in a space means."""

    store: Store
    movies: Callable[[], list[Movie]]
    read: ReadTracks
    bounds: Callable[[str], Bounds | None]


@dataclass(frozen=True, eq=False)
class Scan:
    """Films as read at one time: their parts one after another, with who each is."""

    films: Mapping[str, Resolved]
    parts: tuple[Part, ...]
    people: tuple[Character, ...]
    matches: Matches

    def of(self, movie_id: str) -> list[tuple[Part, Character]]:
        """One film's characters, those seen longest first."""
        pairs = zip(self.parts, self.people, strict=True)
        return [(part, character) for part, character in pairs if part.evidence.movie.id == movie_id]


def scan(sources: Sources, register: Register, movies: Iterable[Movie]) -> Scan:
    """Read films. Nobody is recognised while recognition is off: what people have said of them still holds."""
    films: dict[str, Resolved] = {}
    for movie in movies:
        evidence = evidence_of(sources.read(movie, KINDS))
        if evidence is not None:
            films[movie.id] = resolve(evidence, register)
    parts = tuple(p for film in films.values() for p in film.parts)
    matches = Matches()
    if register.recognition.on:
        enrolled = photos.by_space(sources.store, {p.id: p.prints for p in register.people.values()})
        matches = match(parts, enrolled, sources.bounds)
    return Scan(films, parts, tuple(characters(parts, matches, register)), matches)


def telling(register: Register, movie: Movie, movies: Sequence[Movie]) -> list[Movie]:
    """The film and all those in which people have said who somebody is: what it takes to recognise its characters."""
    said = {c.sighting.film for c in register.claims} if register.recognition.on else set()
    return [m for m in movies if m.id == movie.id or m.id in said]


def gallery(sources: Sources, register: Register, movie: Movie, *, portraits: bool = False) -> Gallery:
    """Who is in a film."""
    films = telling(register, movie, sources.movies())
    found = scan(sources, register, films if any(m.id == movie.id for m in films) else [*films, movie])
    on, own = register.recognition.on, found.films.get(movie.id)
    if own is None:
        return Gallery(movie, sources.read(movie, (Tracklet,)).state(Tracklet).value, on)
    shown = {t for _, c in found.of(movie.id) for look in c.looks for t in look.tracklets}
    stills: dict[int, Portrait] = {}
    if portraits:
        track = sources.read(movie, (Portrait,)).find(Portrait)
        stills = {p.tracklet: p for p in track.rows if p.tracklet in shown} if track is not None else {}
    return Gallery(
        movie,
        State.DONE.value,
        on,
        tuple(_best(character, stills) for _, character in found.of(movie.id)),
        len(own.evidence),
        len(own.erased),
        stills,
    )


def _best(character: Character, stills: Mapping[int, Any]) -> Character:
    """The character with looks that are shown by a tracklet of which there is a portrait, where any has one."""
    if not stills:
        return character
    looks = tuple(
        look if look.best in stills else replace(look, best=next((t for t in look.tracklets if t in stills), look.best))
        for look in character.looks
    )
    return replace(character, looks=looks)
