"""Composes libraries of films from photographs of known people, and scores who is recognised across them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tests.casts import Seen, library_at, put_film

from cinedex.library import Library
from cinedex.people.match import Bounds
from cinedex.people.view import Standing

Prints = Mapping[int, npt.NDArray[np.float32]]
"""By person the prints of their photographs [n, dim]."""

FILMS, CAST = 3, 12
"""Films of a library, and people in each, drawn from those there are."""


@dataclass
class Score:
    """Counts of characters in films where nobody has named them."""

    known: int = 0
    """Characters of people who were named in another film."""
    right: int = 0
    suggested: int = 0
    """Of those not named by the machine: whose right name is suggested."""
    strangers: int = 0
    false: int = 0
    """Names given to a character that are not theirs, to people known or not."""
    pairs: int = 0
    """Pairs of characters of one stranger in two films."""
    paired: int = 0
    wrong_pairs: int = 0

    def __str__(self) -> str:
        names, groups = self.right + self.false, self.paired + self.wrong_pairs
        return (
            f"named right {self.right}/{self.known} = {self.right / max(self.known, 1):.3f}, named or suggested "
            f"{(self.right + self.suggested) / max(self.known, 1):.3f}, names that are wrong {self.false}/{names}; "
            f"{self.strangers} strangers; pairs {self.paired}/{self.pairs}, wrong pairs {self.wrong_pairs}/{groups}"
        )


def score(prints: Prints, space: str, bounds: Bounds, *, libraries: int, seed: int) -> Score:
    """Compose libraries of three films, name everybody in the first, and count who is recognised in the others.

    A film has twelve of the people; each is one character of one to three tracklets, and no photograph is in two films.
    Half of the people of the first film are not named, so that strangers return too.
    """
    total, chance = Score(), np.random.default_rng(seed)
    for _ in range(libraries):
        library = library_at(f"memory://score-{uuid.uuid4().hex}", bounds=(space, bounds))
        casts = _films(library, prints, space, chance)
        named = set(casts[0][: CAST // 2])
        for label, person in enumerate(casts[0], 1):
            if person in named:
                library.cast.name(f"film 0.mp4#{label}", f"person {person}")
        _count(library, casts, named, total)
        library.store.fs.rm(library.store.root, recursive=True)
    return total


def _films(library: Library, prints: Prints, space: str, chance: np.random.Generator) -> list[list[int]]:
    casts = []
    photos = {person: list(chance.permutation(len(own))) for person, own in prints.items()}
    for film in range(FILMS):
        cast = [int(p) for p in chance.choice(sorted(prints), CAST, replace=False)]
        seen = []
        for number, person in enumerate(cast, 1):
            for turn in range(int(chance.integers(1, 4))):
                values = tuple(float(v) for v in prints[person][photos[person].pop()])
                at = number * 40 + turn * 10
                seen.append(Seen(person, number, at, at + 8, portrait=False, values=values, space=space))
        put_film(library, f"film {film}.mp4", seen)
        casts.append(cast)
    return casts


def _count(library: Library, casts: Sequence[Sequence[int]], named: set[int], total: Score) -> None:
    who = {}
    for film, cast in enumerate(casts):
        movie = library.find(f"film {film}.mp4")
        for character in library.people(movie).characters:
            person = cast[character.number - 1]
            who[movie.id, character.label] = person
            if film == 0 and person in named:
                continue
            known, right = person in named, f"person {person}"
            total.known += known
            total.strangers += not known
            recognised = character.standing is Standing.RECOGNISED
            total.right += recognised and character.name == right
            total.false += recognised and character.name != right
            total.suggested += not recognised and any(s.name == right for s in character.suggestions)
    free = [(key, p) for key, p in who.items() if p not in named]
    total.pairs += sum(a[1] == b[1] and a[0][0] < b[0][0] for a in free for b in free)
    for group in (s.characters for s in library.cast.everybody() if not s.person):
        people = [who[c.film, c.label] for c in group]
        same = [a == b for i, a in enumerate(people) for b in people[:i]]
        total.paired += sum(same)
        total.wrong_pairs += len(same) - sum(same)
