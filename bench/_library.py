"""A synthetic library: films of 1,500 moments of real text, with vectors that lie as real ones do."""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tests.timelines import make_movie

from bench._measure import ROOT
from cinedex.models.tasks import Floats
from cinedex.search.columns import LOOK, TEXT, WHOLE
from cinedex.search.filters import minutes_of
from cinedex.timeline import arrow
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Cue, Framing, Object, Place, Row, Shot, Sound, Tag, Vector
from cinedex.timeline.time import SECOND, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

DATA = ROOT.parent / "shared" / "data" / "speech"
"""Transcripts and subtitles. Without them, words are taken from this project's own pages."""

IN_A_FILM = 1500
_LONG = SECOND * 4

_CLUSTERS = 10_000
_AXES = 128

_PLACES = {"setting": ("exterior", "interior"), "light": ("day", "night")}
_SOUNDS = ("music", "speech", "silence", "gunshot", "fire", "animal", "crash", "engine", "rain", "applause")
_THINGS = ("person", "bird", "dog", "car", "cow", "horse", "cat", "boat", "chair", "cell phone", "bicycle", "kite")
_SCALES = ("extreme long", "long", "medium long", "medium", "medium close-up", "close-up")
_NATURES = ("nature", "forest", "town", "road", "home", "public room", "industrial", "garden", "beach", "mountain")


@dataclass(frozen=True)
class Spread:
    """How vectors of a space lie: their mean, main axes (with lengths), what is left, and how close neighbours are.

    `mean` is float32 [dim], `axes` [axes, dim], `rest` the deviation outside of them in each dimension; `near` is the
    median cosine of a vector with its fifth neighbour, `noise` the share of the deviation that lies inside a cluster.
    """

    mean: Floats
    axes: Floats
    rest: float
    near: float
    noise: float

    @classmethod
    def of(cls, vectors: Floats) -> Spread:
        """Fitted to unit vectors, float32 [n, dim]. Copies of one vector count once."""
        vectors = np.unique(vectors.round(5), axis=0)
        mean = vectors.mean(0)
        _, lengths, axes = np.linalg.svd(vectors - mean, full_matrices=False)
        lengths = lengths / np.sqrt(max(len(vectors) - 1, 1))
        kept = min(_AXES, len(lengths) // 2)
        rest = float(np.sqrt((lengths[kept:] ** 2).sum() / vectors.shape[1]))
        cosines = vectors @ vectors.T
        np.fill_diagonal(cosines, -1)
        near = float(np.median(np.sort(cosines, axis=1)[:, -5]))
        made = cls(mean, np.float32(axes[:kept] * lengths[:kept, None]), rest, near, 0.0)
        low, high = 0.0, 1.0
        for _ in range(20):
            middle = (low + high) / 2
            low, high = (low, middle) if made.but(middle).within() < near else (middle, high)
        return made.but(low)

    def but(self, noise: float) -> Spread:
        """With another share of noise."""
        return replace(self, noise=noise)

    def deviations(self, draw: np.random.Generator, count: int) -> Floats:
        """From the mean, as the real ones deviate, float32 [count, dim]."""
        rest = draw.standard_normal((count, len(self.mean)), np.float32) * np.float32(self.rest)
        return np.asarray(draw.standard_normal((count, len(self.axes)), np.float32) @ self.axes + rest, np.float32)

    def centres(self, draw: np.random.Generator, count: int) -> Floats:
        """Middles of clusters."""
        return np.asarray(self.mean + np.sqrt(1 - self.noise**2) * self.deviations(draw, count), np.float32)

    def around(self, draw: np.random.Generator, centres: Floats) -> Floats:
        """A unit vector of the cluster of each of these middles."""
        moved = centres + np.float32(self.noise) * self.deviations(draw, len(centres))
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)

    def within(self) -> float:
        """The median cosine of two of one cluster."""
        draw = np.random.default_rng(5)
        middles = self.centres(draw, 500)
        return float(np.median((self.around(draw, middles) * self.around(draw, middles)).sum(1)))


class Drawn:
    """Vectors of a space as they are spread, always the same for the same seed."""

    def __init__(self, spread: Spread, seed: int) -> None:
        self._spread = spread
        self._centres = spread.centres(np.random.default_rng(1), _CLUSTERS)
        self._draw = np.random.default_rng(seed)

    def __call__(self, count: int) -> Floats:
        """Some more, float32 [count, dim]."""
        chosen = self._centres[self._draw.integers(len(self._centres), size=count)]
        return self._spread.around(self._draw, chosen)


def sentences() -> list[str]:
    """Real lines of films and speech, in several languages; always in the same order."""
    return sorted({line for own in lines().values() for line in own})


@cache
def lines() -> dict[str, list[str]]:
    """The same by the language that they are in, each in order."""
    found: dict[str, list[str]] = {}
    if (DATA / "transcripts.json").is_file():
        for one in json.loads((DATA / "transcripts.json").read_text("utf-8")).values():
            texts = [v for k, v in one.items() if k in {"text", "left", "right"} and isinstance(v, str)]
            spoken = [s for text in texts for s in re.split(r"(?<=[.!?])\s+", text)]
            found.setdefault(str(one.get("lang", "en"))[:2], []).extend(spoken)
        for path in sorted((DATA / "subtitles").glob("*full_film*.vtt")):
            for block in re.split(r"\n\s*\n", path.read_text("utf-8-sig", "replace")):
                said = [x for x in block.splitlines() if x.strip() and "-->" not in x and not x.strip().isdigit()]
                line = html.unescape(re.sub(r"<[^>]+>", "", " ".join(said)))
                found.setdefault(path.suffixes[-2][1:3], []).append(line)
    else:
        pages = sorted((ROOT / "docs").rglob("*.md"))
        found["en"] = [s for page in pages for s in re.split(r"(?<=[.!?])\s+", page.read_text("utf-8"))]
    kept = {x: {" ".join(line.split()) for line in own} for x, own in found.items()}
    kept = {x: {line for line in own if 8 <= len(line) <= 300 and "WEBVTT" not in line} for x, own in kept.items()}
    return {language: sorted(own) for language, own in sorted(kept.items()) if own}


def labels() -> list[str]:
    """The tagger's names."""
    text = (ROOT / "src/cinedex/models/imagenet_labels.txt").read_text("utf-8")
    return [x.partition("\t")[2] for x in text.splitlines() if "\t" in x and not x.startswith("#")]


class Films:
    """Films of a library by number: two of three moments with one to three lines, all with tags and facets."""

    def __init__(self, look: Spread, moments: int) -> None:
        self._look, self._moments = look, moments
        self._said, self._seen = lines(), labels()

    def __len__(self) -> int:
        return max(-(-self._moments // IN_A_FILM), 0)

    def __iter__(self) -> Iterator[Timeline]:
        return (self.film(n) for n in range(len(self)))

    @cached_property
    def movies(self) -> list[Movie]:
        """The films themselves."""
        return [self._movie(n) for n in range(len(self))]

    def film(self, number: int, made: str = "1") -> Timeline:
        """One of them; `made` stands for the keys of its tracks."""
        draw, count = random.Random(number), min(IN_A_FILM, max(self._moments - number * IN_A_FILM, 1))  # noqa: S311 - the same every time, nothing secret
        rows: dict[type[Row], list[Any]] = {k: [] for k in (Shot, Cue, Tag, Place, Sound, Object, Framing)}
        for n in range(count):
            self._shot(draw, n, rows)
        tracks = {k: Track.of(k, r, Maker(k.kind, 1, made * 64)) for k, r in rows.items()}
        tracks[Vector] = self._looks(number, count, made)
        return Timeline(self._movie(number), {(k.kind, k.kind): t for k, t in tracks.items()})

    def _movie(self, number: int) -> Movie:
        count = min(IN_A_FILM, max(self._moments - number * IN_A_FILM, 1))
        name = f"Film {number} ({1920 + number % 100}).mp4"
        return replace(make_movie((_LONG * count).seconds, name=name), id=f"m1-{number}")

    def _shot(self, draw: random.Random, number: int, rows: dict[type[Row], list[Any]]) -> None:
        when: dict[str, Time] = {"start": _LONG * number, "end": _LONG * (number + 1)}
        rows[Shot].append(Shot(**when, number=number, opening="cut", score=1.0))
        if draw.random() < 2 / 3:
            language = draw.choice(("en", draw.choice([*self._said])))
            said = " ".join(self._line(draw, language) for _ in range(draw.randint(1, 3)))
            rows[Cue].append(Cue(**when, text=said, language=language, score=1.0, source="speech"))
        for label in draw.sample(self._seen, 3):
            rows[Tag].append(Tag(**when, label=label, vocabulary="v", score=draw.random()))
        for aspect, own in _PLACES.items():
            rows[Place].append(Place(**when, aspect=aspect, label=own[draw.random() < 0.3], score=0.9))
        rows[Place].append(Place(**when, aspect="place", label=_often(draw, _NATURES), score=0.9))
        rows[Sound].append(Sound(**when, label=_often(draw, _SOUNDS), score=0.9))
        box = {"x": 0.1, "y": 0.1, "width": 0.5, "height": 0.5}
        rows[Object].append(Object(**when, label=_often(draw, _THINGS), vocabulary="v", score=0.9, **box))
        rows[Framing].append(Framing(**when, aspect="scale", label=draw.choice(_SCALES), score=0.9))

    def _line(self, draw: random.Random, language: str) -> str:
        """The first half of a sentence and the second of another, so that few lines are ever the same."""
        one, other = draw.choice(self._said[language]).split(), draw.choice(self._said[language]).split()
        return " ".join((*one[: -(-len(one) // 2)], *other[len(other) // 2 :]))

    def _looks(self, number: int, count: int, made: str) -> Track[Any]:
        schema = arrow.schema(Vector)
        values = self._drawn(number)(count)
        starts = np.arange(count, dtype=np.int64) * int(_LONG)
        columns: dict[str, Any] = {
            "start": starts, "end": starts + int(_LONG), "refs": [[]] * count, "space": [LOOK[0]] * count,
            "values": pa.FixedSizeListArray.from_arrays(values.ravel(), LOOK[1]),
        }  # fmt: skip
        arrays = [pa.array(columns[f.name]).cast(f.type) for f in schema]
        return Track(pa.table(arrays, schema=schema), Maker("vector", 1, made * 64))

    def _drawn(self, number: int) -> Drawn:
        made = self.__dict__.setdefault("_looks_drawn", Drawn(self._look, 0))
        made._draw = np.random.default_rng((7, number))  # noqa: SLF001 - each film has its own, in any order
        return made


def _often(draw: random.Random, names: Sequence[str]) -> str:
    """One of them, the first ones far more often, as with real labels."""
    return names[min(int(draw.expovariate(0.5)), len(names) - 1)]


class Pool:
    """Rows of some films as the index has them, and any number of rows recombined from them with vectors of their own.

    To make a million moments from tracks would take an hour, of which the index is a small part.
    """

    def __init__(self, rows: pa.Table, spreads: dict[str, Spread]) -> None:
        self._rows = rows
        self._told: list[dict[str, Any]] = [json.loads(x) for x in rows.column(WHOLE).to_pylist()]
        self._texts = [x.split("\n", 1) for x in rows.column(TEXT).to_pylist()]
        self._languages = np.array([x["language"] for x in self._told])
        self._by_language = {x: np.flatnonzero(self._languages == x) for x in sorted({*self._languages} - {""})}
        self._drawn = {n: Drawn(s, 11 + k) for k, (n, s) in enumerate(sorted(spreads.items()))}
        self._draw = np.random.default_rng(12)

    def rows(self, films: Sequence[int]) -> pa.Table:
        """All the moments of these films."""
        count = len(films) * IN_A_FILM
        chosen = self._draw.integers(len(self._rows), size=count)
        other = chosen.copy()
        for language, own in self._by_language.items():
            where = self._languages[chosen] == language
            other[where] = own[self._draw.integers(len(own), size=int(where.sum()))]
        table = self._rows.take(pa.array(chosen))
        spoken = pa.array(self._languages[chosen] != "")
        movies = np.repeat([f"m1-{f}" for f in films], IN_A_FILM)
        starts = np.tile(np.arange(IN_A_FILM, dtype=np.int64) * int(_LONG), len(films))
        columns: dict[str, Any] = {
            "id": [f"{m}@{s}" for m, s in zip(movies, starts, strict=True)],
            "movie": movies, "start": starts, "end": starts + int(_LONG),
            "year": np.repeat([1920 + f % 100 for f in films], IN_A_FILM),
            "minutes": [[*minutes_of(s, s + int(_LONG))] for s in starts.tolist()],
        }  # fmt: skip
        # The first line of the text is what is said; the last has its stems.
        pairs = [(self._texts[a], self._texts[b], a != b) for a, b in zip(chosen, other, strict=True)]
        columns[TEXT] = [f"{a[0]} {b[0]}\n{a[1]}\n{b[1]}" if two else "\n".join(a) for a, b, two in pairs]
        names = ("id", "movie", "start", "end", "year")
        own = zip(*(np.asarray(columns[n]).tolist() for n in names), chosen, other, strict=True)
        columns[WHOLE] = [
            json.dumps(
                self._told[a] | dict(zip(names, placed, strict=True))
                | {"name": f"Film {placed[1][3:]} ({placed[4]}).mp4", "words": _both(self._told, a, b)},
                ensure_ascii=False,
            )
            for *placed, a, b in own
        ]  # fmt: skip
        for name, drawn in self._drawn.items():
            vectors = drawn(count)
            made = pa.FixedSizeListArray.from_arrays(vectors.ravel(), vectors.shape[1])
            columns[name] = pc.if_else(spoken, made, pa.scalar(None, made.type)) if name == "meaning" else made
        schema = table.schema
        arrays = [_cast(columns[n], schema.field(n).type) if n in columns else table.column(n) for n in schema.names]
        return pa.table(arrays, schema=schema)


def _both(told: Sequence[dict[str, Any]], one: int, other: int) -> str:
    return f"{told[one]['words']} {told[other]['words']}" if one != other else str(told[one]["words"])


def _cast(values: Any, kind: pa.DataType) -> Any:
    made = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    return made if made.type == kind else made.cast(kind)


def save(path: Path, spreads: dict[str, Spread]) -> None:
    """Keep spreads beside an index."""
    np.savez(path, **{f"{n}-{k}": np.asarray(v) for n, s in spreads.items() for k, v in vars(s).items()})


def load(path: Path) -> dict[str, Spread]:
    """Those that were kept."""
    told = np.load(path)
    found: dict[str, dict[str, Any]] = {}
    for key in told.files:
        name, _, part = key.partition("-")
        found.setdefault(name, {})[part] = told[key] if told[key].ndim else float(told[key])
    return {name: Spread(**parts) for name, parts in found.items()}
