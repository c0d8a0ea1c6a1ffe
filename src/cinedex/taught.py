"""Tags that a user teaches by a few example shots: a direction among stored vectors, and a view of every film by it.

A taught tag is data of the library. Its rows are not stored but worked out whenever a film's facts are read, from
vectors that are there already: no film is decoded again, and films that come later have the tag as well.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from cinedex.canonical import build, canonical, plain
from cinedex.errors import NotFoundError, UsageError
from cinedex.store import Store
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Shot, Tag, Vector
from cinedex.timeline.time import Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

Numbers = npt.NDArray[np.float64]

VOCABULARY = "taught"
"""The vocabulary of the tags."""

LEAST_OTHERS = 10
"""Shots beside the examples that a library must have: a tag is learnt against what else there is."""

MOST_EXAMPLES, MOST_TAGS, LONGEST_NAME = 100, 200, 60

_MOST_OTHERS = 4000
"""Of a larger library, so many evenly spread shots stand for all."""

_AWAY = 0.5
"""How much the shots that are unlike count beside those that are like (Rocchio 1971 has it so, too)."""

_SLOPE, _MIDDLE = 1.35, 2.5
"""A shot that lies `_MIDDLE` deviations of the library nearer than its mean is as likely of the tag as not."""

_SPREAD = (0.05, 0.2)
"""The deviation counts as at least and at most so much: of few shots, or where many are of the tag, it says little."""

_SURE = 0.5
"""Score from which a shot has the tag."""

_FOLDER = "taught"


@dataclass(frozen=True, slots=True)
class Example:
    """A shot of a film by its start; whether the tag is like it or unlike it."""

    movie: str
    start: Time
    like: bool


@dataclass(frozen=True, slots=True)
class Lesson:
    """A taught tag: the direction of its examples from the library's middle, in one space, and how to read nearness."""

    name: str
    space: str
    examples: tuple[Example, ...]
    middle: tuple[float, ...]
    direction: tuple[float, ...]
    mean: float
    spread: float

    def scores(self, vectors: Numbers) -> Numbers:
        """How likely each vector [n, width] is of the tag, 0..1."""
        near = _directions(vectors - np.array(self.middle)) @ np.array(self.direction)
        likely: Numbers = 0.5 + 0.5 * np.tanh(_SLOPE * ((near - self.mean) / self.spread - _MIDDLE) / 2)
        return likely


class Lessons:
    """The taught tags of a library. `known` gives a film's shots and vectors, `changed` is told when a tag changes."""

    def __init__(
        self,
        store: Store,
        movies: Callable[[], Sequence[Movie]],
        known: Callable[[Movie], Timeline],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._movies, self._known, self._changed = store, movies, known, changed

    def __iter__(self) -> Iterator[Lesson]:
        for file in self._store.names(_FOLDER):
            data = self._store.get(f"{_FOLDER}/{file}")
            if data is not None:
                yield build(Lesson, json.loads(data))

    def teach(self, name: str, like: Iterable[tuple[Movie, Time]], unlike: Iterable[tuple[Movie, Time]] = ()) -> Lesson:
        """Learn a tag, or learn it anew, from moments of shots that are like it, and of some that are not.

        Raises UsageError for a name that cannot be used, too few or too many examples and times outside of a film,
        NotFoundError for films that have not been looked at.
        """
        name = _named(name)
        shots = [*((m, at, True) for m, at in like), *((m, at, False) for m, at in unlike)]
        if not any(liked for *_, liked in shots):
            raise UsageError(f"nothing shows what {name!r} is", remedy="Give at least one example: --like FILM@1:23.")
        if len(shots) > MOST_EXAMPLES:
            raise UsageError(f"{len(shots)} examples are more than {MOST_EXAMPLES}", remedy="Give fewer.")
        if len({lesson.name for lesson in self} | {name}) > MOST_TAGS:
            raise UsageError(f"a library has {MOST_TAGS} taught tags at most", remedy="Forget one first.")
        found = [self._example(movie, at, liked) for movie, at, liked in shots]
        both = {e.movie + str(e.start) for e, _ in found if e.like} & {
            e.movie + str(e.start) for e, _ in found if not e.like
        }
        if both:
            raise UsageError("one shot is given as like and as unlike", remedy="Give moments of different shots.")
        lesson = self._learnt(name, dict(found))
        self._store.put(_place(name), json.dumps(plain(lesson)).encode())
        self._changed()
        return lesson

    def forget(self, name: str) -> None:
        """Unlearn a tag. Raises NotFoundError where there is none of that name."""
        if not self._store.forget(_place(_named(name))):
            names = ", ".join(sorted(lesson.name for lesson in self)) or "none"
            raise NotFoundError(f"no taught tag is called {name!r}", remedy=f"There are: {names}.")
        self._changed()

    def key(self, vectors: Iterable[str]) -> str:
        """A name of exactly the tags and the vector tracks (by key) behind rows; empty where nothing is taught."""
        lessons = list(self)
        if not lessons:
            return ""
        return hashlib.sha256(canonical([plain(lessons), sorted(vectors)])).hexdigest()

    def track(self, timeline: Timeline) -> Track[Tag] | None:
        """The taught tags of a film's shots; None where nothing is taught or the film has no vectors."""
        tracks = [t for (_, kind), t in timeline.tracks.items() if kind == Vector.kind]
        key = self.key(t.maker.key for t in tracks) if tracks else ""
        if not key:
            return None
        rows = [row for t in tracks for lesson in self for row in _rows(lesson, t)]
        return Track.of(Tag, rows, Maker("taught", 1, key))

    def _example(self, movie: Movie, at: Time, liked: bool) -> tuple[Example, Numbers]:
        if at not in movie.span:
            raise UsageError(f"{at.clock} is not in the film, which ends at {movie.duration.clock}", film=movie.name)
        known = self._known(movie)
        shots, vectors = known.find(Shot), known.find(Vector)
        if shots is None or vectors is None:
            raise NotFoundError(
                "it has not been looked at", film=movie.name, remedy="`cinedex analyze` it first, with the stage tags."
            )
        number = int(shots.spans.at(np.array([int(at)]))[0])
        start = shots[number].start if number >= 0 else Time(-1)
        starts, values = _of_space(vectors, _space(vectors))
        where = np.flatnonzero((starts == int(start)) & np.any(values != 0, axis=1))
        if not len(where):
            raise UsageError(f"nothing is known of what is seen at {at.clock}", film=movie.name)
        return Example(movie.id, start, liked), values[where[0]]

    def _learnt(self, name: str, examples: dict[Example, Numbers]) -> Lesson:
        taken = {(e.movie, int(e.start)) for e in examples}
        others = self._others(taken, len(next(iter(examples.values()))))
        if len(others) < LEAST_OTHERS:
            raise UsageError(
                f"the library has {len(others)} other shots; a tag is learnt against {LEAST_OTHERS} at least",
                remedy="Analyse a longer film, or another one.",
            )
        middle = others.mean(axis=0)
        toward = _directions(np.array([v for e, v in examples.items() if e.like]) - middle).mean(axis=0)
        away = [v for e, v in examples.items() if not e.like]
        if away:
            toward = toward - _AWAY * _directions(np.array(away) - middle).mean(axis=0)
        direction = _directions(toward[None])[0]
        near = _directions(others - middle) @ direction
        low, high = _SPREAD
        return Lesson(
            name=name,
            space=self._space_of(next(iter(examples))),
            examples=tuple(examples),
            middle=_short(middle),
            direction=_short(direction),
            mean=round(float(near.mean()), 6),
            spread=round(min(max(float(near.std()), low), high), 6),
        )

    def _space_of(self, example: Example) -> str:
        movie = next(m for m in self._movies() if m.id == example.movie)
        return _space(self._known(movie).track(Vector))

    def _others(self, taken: set[tuple[str, int]], width: int) -> Numbers:
        """The vectors of the library's other shots."""
        found = [np.empty((0, width))]
        for movie in self._movies():
            vectors = self._known(movie).find(Vector)
            if vectors is None or not len(vectors):
                continue
            starts, values = _of_space(vectors, _space(vectors))
            if values.shape[1] == width:
                kept = [(movie.id, s) not in taken for s in starts.tolist()]
                found.append(values[np.array(kept, bool) & np.any(values != 0, axis=1)])
        every = np.concatenate(found)
        return every[:: -(-len(every) // _MOST_OTHERS) or 1]


def _rows(lesson: Lesson, track: Track[Vector]) -> Iterator[Tag]:
    """The tag's rows of one film."""
    table = track.table.filter(pc.equal(track.table.column("space"), lesson.space))
    _, values = _of_space(track, lesson.space)
    if not len(values) or values.shape[1] != len(lesson.middle):
        return
    scores = np.where(np.any(values != 0, axis=1), lesson.scores(values), 0)
    starts, ends, refs = (table.column(c).to_pylist() for c in ("start", "end", "refs"))
    for i in np.flatnonzero(scores >= _SURE).tolist():
        yield Tag(
            start=Time(starts[i]),
            end=Time(ends[i]),
            refs=(*refs[i], f"vector@{starts[i]}"),
            label=lesson.name,
            vocabulary=VOCABULARY,
            score=round(float(scores[i]), 4),
        )


def _space(track: Track[Vector]) -> str:
    """The first of the spaces in a track, by name: a film's shots have one vector each in it."""
    return min(track.table.column("space").to_pylist(), default="")


def _of_space(track: Track[Vector], space: str) -> tuple[npt.NDArray[np.int64], Numbers]:
    """Starts and vectors [n, width] of one space; what is not a number counts as nothing."""
    table = track.table.filter(pc.equal(track.table.column("space"), space))
    flat = table.column("values").combine_chunks().flatten().to_numpy(zero_copy_only=False)
    count = max(len(table), 1)
    if len(flat) % count:
        raise ValueError(f"vectors of the space {space} are not all of one length")
    return table.column("start").to_numpy(), np.nan_to_num(flat.astype(np.float64)).reshape(
        len(table), len(flat) // count
    )


def _directions(vectors: Numbers) -> Numbers:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Numbers = vectors / np.maximum(lengths, 1e-9)
    return unit


def _short(vector: Numbers) -> tuple[float, ...]:
    return tuple(np.round(vector, 5).tolist())


def _named(name: str) -> str:
    """A tag's name as it is kept: one line, no commas, which part tags elsewhere."""
    tidy = " ".join(unicodedata.normalize("NFC", name).split())
    if not tidy or len(tidy) > LONGEST_NAME or "," in tidy or not tidy.isprintable():
        raise UsageError(
            f"{name[: 2 * LONGEST_NAME]!r} cannot be a tag's name",
            remedy=f"Use one to {LONGEST_NAME} characters without commas.",
        )
    return tidy


def _place(name: str) -> str:
    return f"{_FOLDER}/{hashlib.sha256(name.casefold().encode('utf-8', 'replace')).hexdigest()[:32]}.json"
