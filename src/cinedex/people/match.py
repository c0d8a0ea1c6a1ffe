"""Who a character is likely to be, from prints alone: known people first, then the same stranger in other films.

Rather split than merge: a name is given only where the print is clearly that person's and clearly nobody else's, and
never to two characters that are seen at one time. What is only likely is a suggestion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cinedex.people.evidence import Floats
from cinedex.people.resolve import Part
from cinedex.timeline.rows import FILM_SPACE
from cinedex.timeline.track import Spans

SUGGESTIONS = 3
"""Most people suggested for one character."""

STRANGERS = 3000
"""Most characters without a name that are compared with each other; those seen longest."""

SURE, LIKELY, AHEAD = 0.8, 1.1, 0.5
"""Shares of the model's own distance at which a match is sure or likely; share of the room between for the lead."""

_TOGETHER = 0.5
"""Seconds for which two characters are seen at one time from which they are two people."""


@dataclass(frozen=True)
class Bounds:
    """Cosines in one space: from `sure` on a print is somebody's, from `likely` on it may be.

    `ahead` is the lead over everybody else that it takes to be sure.
    """

    sure: float
    likely: float
    ahead: float

    @classmethod
    def of(cls, same: float) -> Bounds:
        """From the distance of unit vectors below which the model takes two prints for one person's."""
        near, far = 1.0 - (SURE * same) ** 2 / 2, 1.0 - (LIKELY * same) ** 2 / 2
        return cls(sure=near, likely=far, ahead=AHEAD * (near - far))


@dataclass(frozen=True)
class Guess:
    """Somebody whom a character may be, with the cosine of the prints that are nearest."""

    person: str
    score: float


@dataclass
class Matches:
    """For every character (by its place in the list given) who it is and who it may be, and groups of strangers."""

    sure: dict[int, Guess] = field(default_factory=dict)
    likely: dict[int, list[Guess]] = field(default_factory=dict)
    groups: list[list[int]] = field(default_factory=list)
    """Characters without a name that are one stranger, each in order; only those of at least two films."""


@dataclass(frozen=True, eq=False)
class Exemplars:
    """Prints of one space that are known to be of people: [n, dim], and whose each is."""

    prints: Floats
    people: tuple[str, ...]


def match(
    parts: Sequence[Part], enrolled: Mapping[str, Mapping[str, Floats]], bounds: Callable[[str], Bounds | None]
) -> Matches:
    """Match characters of any number of films. `enrolled` holds prints of photos by space, then person ([n, dim]).

    `bounds` of a space that nothing is known of are None: nobody is recognised in it, nor by prints of a film alone.
    """
    matches = Matches()
    for space in sorted({p.evidence.space for p in parts} - {"", FILM_SPACE}):
        limits = bounds(space)
        if limits is not None:
            own = [i for i, p in enumerate(parts) if p.evidence.space == space and _prints(p).size]
            _recognise(parts, own, _exemplars(parts, own, enrolled.get(space, {})), limits, matches)
            _strangers(parts, own, limits, matches)
    return matches


def _prints(part: Part) -> Floats:
    """The prints of a character's looks [looks, dim], without those of length 0."""
    looks = [look.print for look in part.looks if look.print.any()]
    return np.stack(looks) if looks else np.zeros((0, part.evidence.prints.shape[1]), np.float32)


def _exemplars(parts: Sequence[Part], own: list[int], enrolled: Mapping[str, Floats]) -> Exemplars:
    rows, people = [], []
    for person, prints in sorted(enrolled.items()):
        rows += list(prints)
        people += [person] * len(prints)
    for i in own:
        if parts[i].person:
            looks = _prints(parts[i])
            rows += list(looks)
            people += [parts[i].person] * len(looks)
    dim = parts[own[0]].evidence.prints.shape[1] if own else 0
    fitting = [n for n, row in enumerate(rows) if len(row) == dim]
    stacked = np.stack([rows[n] for n in fitting]) if fitting else np.zeros((0, dim), np.float32)
    return Exemplars(stacked, tuple(people[n] for n in fitting))


def _recognise(parts: Sequence[Part], own: list[int], known: Exemplars, bounds: Bounds, into: Matches) -> None:
    """Names for characters that nobody has decided about, the surest first; suggestions for the others."""
    names = sorted(set(known.people))
    if not names:
        return
    column = {name: n for n, name in enumerate(names)}
    whose = np.array([column[p] for p in known.people])
    waiting: list[tuple[float, int, list[Guess]]] = []
    barred = _barred(parts, own)
    for i in own:
        cosines = (_prints(parts[i]) @ known.prints.T).max(axis=0)
        best = np.full(len(names), -1.0)
        np.maximum.at(best, whose, cosines)
        guesses = [
            Guess(names[n], round(float(best[n]), 4))
            for n in np.argsort(-best, kind="stable")[: SUGGESTIONS + 2 + len(barred[i])].tolist()
            if names[n] not in barred[i] and names[n] != parts[i].person
        ]
        waiting.append((guesses[0].score if guesses else -1.0, i, guesses))
    taken = _taken(parts, own)
    for _, i, guesses in sorted(waiting, key=lambda w: (-w[0], w[1])):
        part = parts[i]
        free = [g for g in guesses if not _elsewhere(part, taken.get((part.evidence.movie.id, g.person), ()))]
        if not free or free[0].score < bounds.likely:
            continue
        first, second = free[0], guesses[1].score if len(guesses) > 1 else -1.0
        clear = guesses[0] is first and first.score - second >= bounds.ahead
        if not part.person and first.score >= bounds.sure and clear:
            into.sure[i] = first
            taken.setdefault((part.evidence.movie.id, first.person), []).append(part.spans)
        else:
            into.likely[i] = [g for g in free if g.score >= bounds.likely][:SUGGESTIONS]


def _barred(parts: Sequence[Part], own: list[int]) -> dict[int, frozenset[str]]:
    """Whom each character is not: as said of it, and as said of the person's other characters the other way round."""
    against: dict[str, set[str]] = {}
    for i in own:
        for person in parts[i].denied:
            if parts[i].person:
                against.setdefault(person, set()).add(parts[i].person)
    return {i: parts[i].denied | frozenset(against.get(parts[i].person, ())) for i in own}


def _taken(parts: Sequence[Part], own: list[int]) -> dict[tuple[str, str], list[Spans]]:
    """When people are known to be seen, by film and person."""
    taken: dict[tuple[str, str], list[Spans]] = {}
    for i in own:
        if parts[i].person:
            taken.setdefault((parts[i].evidence.movie.id, parts[i].person), []).append(parts[i].spans)
    return taken


def _elsewhere(part: Part, others: Sequence[Spans]) -> bool:
    """Whether somebody is seen beside this character, and so cannot be it."""
    spans = part.spans
    return any(spans.intersect(other).total.seconds >= _TOGETHER for other in others)


def _strangers(parts: Sequence[Part], own: list[int], bounds: Bounds, into: Matches) -> None:
    """Group characters without a name across films: all of a group are surely alike, each with each."""
    # A third of a second of import, which every command would pay.
    from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415
    from scipy.spatial.distance import squareform  # noqa: PLC0415

    free = [i for i in own if i not in into.sure and not parts[i].person]
    free = sorted(sorted(free, key=lambda i: -parts[i].seconds)[:STRANGERS])
    if len({parts[i].evidence.movie.id for i in free}) < 2:
        return
    apart = np.maximum(1.0 - _alike([_prints(parts[i]) for i in free]), 0.0)
    films: dict[str, list[int]] = {}
    for place, i in enumerate(free):
        films.setdefault(parts[i].evidence.movie.id, []).append(place)
    for places in films.values():  # inside a film, parting is the business of the film's own analysis
        apart[np.ix_(places, places)] = 4.0
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(apart, checks=False), method="complete")
    groups: dict[int, list[int]] = {}
    for i, group in zip(free, fcluster(tree, 1.0 - bounds.sure, criterion="distance").tolist(), strict=True):
        groups.setdefault(group, []).append(i)
    into.groups += sorted(g for g in groups.values() if len(g) > 1)


def _alike(prints: list[Floats]) -> npt.NDArray[np.float64]:
    """The cosine of the two nearest looks of every two characters [n, n]."""
    owner = np.repeat(np.arange(len(prints)), [len(p) for p in prints])
    starts = np.searchsorted(owner, np.arange(len(prints)))
    stacked = np.concatenate(prints)
    best = np.maximum.reduceat(stacked @ stacked.T, starts, axis=0)
    return np.asarray(np.maximum.reduceat(best, starts, axis=1), np.float64)
