"""Made-up casts: films with the rows that faces and people leave, drawn portraits, prints that tell people apart."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image, ImageDraw
from tests.timelines import make_movie

from cinedex.library import Library
from cinedex.models.fakes import fake_pool
from cinedex.people.match import Bounds
from cinedex.settings import Settings
from cinedex.stages.base import Inputs, Made, Need, Stage
from cinedex.timeline import arrow
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import FILM_SPACE, Face, Faceprint, Person, Portrait, Row, Tracklet
from cinedex.timeline.time import Time

DIM = 32
SPACE = "test-faces"
SAME = 0.8


@dataclass(frozen=True)
class Faces(Stage):
    """Stands for the stage that finds faces; its rows are written by hand."""

    name: ClassVar[str] = "faces"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Face, Tracklet, Faceprint, Portrait)
    film_only: bool = False
    other: int = 0

    @property
    def needs(self) -> tuple[Need, ...]:
        return ()

    def anonymous(self) -> Stage:
        return replace(self, film_only=True)

    def run(self, inputs: Inputs) -> Iterator[Made]:
        del inputs
        return iter(())


@dataclass(frozen=True)
class People(Stage):
    """Stands for the stage that makes characters of tracklets."""

    name: ClassVar[str] = "people"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Person,)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Tracklet, Faceprint)

    def run(self, inputs: Inputs) -> Iterator[Made]:
        del inputs
        return iter(())


@dataclass(frozen=True)
class Seen:
    """A tracklet: who it is (a seed of prints), which character and look the machine makes of it, when and where."""

    who: int
    character: int
    start: float
    end: float
    look: int = 0
    x: float = 0.4
    portrait: bool = True
    values: tuple[float, ...] = ()
    """A print, where it is not to be made up."""
    space: str = SPACE


def print_of(who: int, look: int = 0, shot: int = 0) -> np.ndarray:
    """A unit print: of one person near each other, of two people far apart."""
    base = np.random.default_rng(1000 + who).normal(size=DIM)
    styled = np.random.default_rng(77 + 31 * who + look).normal(size=DIM) * (0.35 if look else 0.0)
    noise = np.random.default_rng(9000 + 13 * who + shot).normal(size=DIM) * 0.12
    vector = base + styled + noise
    return vector / np.linalg.norm(vector)


def portrait_of(who: int, side: int = 96) -> bytes:
    """A drawn face, one for every person."""
    rng = np.random.default_rng(who)
    skin, hair, wall = (tuple(int(v) for v in rng.integers(*r, 3)) for r in ((120, 235), (20, 120), (60, 200)))
    image = Image.new("RGB", (side, side), wall)
    draw = ImageDraw.Draw(image)
    s = side / 96
    draw.ellipse((20 * s, 10 * s, 76 * s, 70 * s), fill=hair)
    draw.ellipse((26 * s, 18 * s, 70 * s, 82 * s), fill=skin)
    for x in (38, 58):
        draw.ellipse((x * s - 3 * s, 42 * s, x * s + 3 * s, 48 * s), fill=(20, 20, 30))
    draw.arc((38 * s, 55 * s, 58 * s, 70 * s), 20, 160, fill=(120, 40, 40), width=max(1, int(2 * s)))
    draw.rectangle((20 * s, 84 * s, 76 * s, 96 * s), fill=hair)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def rows_for(seen: Sequence[Seen], *, prints: bool = True, film_only: bool = False) -> dict[type[Row], list[Row]]:
    """The rows that the stages would leave of these tracklets, numbered in order."""
    made: dict[type[Row], list[Row]] = {k: [] for k in (Face, Tracklet, Faceprint, Portrait, Person)}
    for number, one in enumerate(seen):
        start, end = Time.from_seconds(one.start), Time.from_seconds(one.end)
        span = {"start": start, "end": end}
        box = {"x": one.x, "y": 0.2, "width": 0.1, "height": 0.18}
        tracklet = Tracklet(**span, number=number, seen=3, best=start, quality=0.8, score=0.9)
        made[Tracklet].append(tracklet)
        made[Face].append(Face(**span, **box, points=(0.0,) * 10, score=0.9, quality=0.8, tracklet=number))
        if one.portrait:
            still = portrait_of(one.who)
            made[Portrait].append(
                Portrait(**span, tracklet=number, at=start, width=96, height=96, format="jpeg", data=still)
            )
        if prints:
            values = one.values or tuple(print_of(one.who, one.look, number).tolist())
            space = FILM_SPACE if film_only else one.space
            made[Faceprint].append(Faceprint(**span, tracklet=number, space=space, values=values))
            person = Person(**span, refs=(tracklet.ref,), number=one.character, look=one.look, score=0.9)
            made[Person].append(person)
    return made


def library_at(
    folder: Path | str, *, on: bool = True, other: int = 0, bounds: tuple[str, Bounds] = (SPACE, Bounds.of(SAME))
) -> Library:
    """A library with stand-ins for the stages, and recognition on."""
    library = Library(folder, settings=Settings(cores=2, user="tester"), stages=[Faces(other=other), People()])
    library.__dict__["pool"] = fake_pool()
    library.__dict__["_bounds"] = lambda space: bounds[1] if space == bounds[0] else None
    if on and not library.cast.on:
        library.keeper.switch_on("a test")
    return library


def put_film(library: Library, name: str, seen: Sequence[Seen], *, seconds: float = 600.0) -> Movie:
    """Take a film in as if it had been analysed."""
    digest = f"{abs(hash_of(name)):064x}"
    movie = replace(make_movie(seconds, name=name), id=f"m1-{digest[-40:]}", uri=f"/films/{name}")
    library.store.put_movie(movie)
    analyse(library, movie, seen)
    return movie


def hash_of(text: str) -> int:
    """A number for a name, the same in every process."""
    value = 7
    for letter in text:
        value = (value * 1_000_003 + ord(letter)) % (1 << 150)
    return value


def analyse(library: Library, movie: Movie, seen: Sequence[Seen]) -> None:
    """Store what the stages would have made of a film now, and do what an analysis does at its end."""
    made = rows_for(seen, film_only=not library.cast.on)
    for step in library.plan(movie).steps:
        kinds = [row for row in step.stage.makes if row in made]
        tables = {row.kind: arrow.table(row, made[row]) for row in kinds}  # type: ignore[type-var]  # rows by kind
        needs = [library.plan(movie).step(n).key for n in step.needs]
        library.store.write(movie.id, step.name, step.key, tables, {"needs": needs})
    library.keeper.after(movie)


ANN, BEN, CAT = 1, 2, 3

HARBOUR = (
    Seen(ANN, 1, 10, 40), Seen(BEN, 2, 12, 38, x=0.7), Seen(ANN, 1, 100, 160, look=1), Seen(CAT, 3, 200, 230),
    Seen(BEN, 2, 300, 310), Seen(ANN, 1, 400, 405),
)  # fmt: skip
TRAIN = (Seen(CAT, 1, 5, 95), Seen(ANN, 2, 50, 80, x=0.7), Seen(4, 3, 200, 220), Seen(CAT, 1, 300, 340))
