"""What is listened for: film terms as data (policies/sounds.toml), each a group of a sound tagger's classes."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resources
from typing import Any

import numpy as np

from cinedex.canonical import canonical
from cinedex.models.tasks import Floats

VOCABULARY = "film-sounds"
"""The name of the terms as a vocabulary."""


@dataclass(frozen=True)
class Term:
    """A film term: what it is heard by, and when it counts as heard. The file says what each part means."""

    name: str
    classes: tuple[str, ...]
    unless: tuple[str, ...]
    on: float
    pause: float
    least: float

    @property
    def off(self) -> float:
        """The score below which a stretch ends."""
        return self.on / 2


@cache
def film_terms() -> tuple[Term, ...]:
    """The terms that come with Cinedex, in the order of a `Hearing`'s scores."""
    told = tomllib.loads(resources("cinedex").joinpath("policies", "sounds.toml").read_text(encoding="utf-8"))
    return tuple(_term(name, told["usual"] | own) for name, own in told["terms"].items())


def _term(name: str, told: dict[str, Any]) -> Term:
    classes, unless = (tuple(told.get(key, ())) for key in ("classes", "unless"))
    return Term(name, classes, unless, *(float(told[key]) for key in ("on", "pause", "least")))


def heard_by() -> str:
    """A short name of what the terms are heard by: of what a `Hearing` holds."""
    return _digest([[t.name, t.classes, t.unless] for t in film_terms()])


def judged_by() -> str:
    """A short name of all that is said of the terms."""
    return _digest(film_terms())


def _digest(value: object) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()[:16]


def grouped(scores: Floats, labels: Sequence[str]) -> Floats:
    """Scores of the terms float32 [n, terms], from a tagger's scores [n, labels].

    A term scores what its best class does, less the share that the best class scores that speaks against it. Raises
    ValueError where the tagger does not know a class.
    """
    places = {label: i for i, label in enumerate(labels)}
    found = np.zeros((len(scores), len(film_terms())), np.float32)
    for column, term in enumerate(film_terms()):
        missing = [name for name in (*term.classes, *term.unless) if name not in places]
        if missing:
            raise ValueError(f"the sound model does not know {missing[0]!r}")
        found[:, column] = scores[:, [places[c] for c in term.classes]].max(axis=1)
        if term.unless:
            found[:, column] *= 1 - scores[:, [places[c] for c in term.unless]].max(axis=1)
    return found
