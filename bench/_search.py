"""The sides of `bench search`, each in a process of its own: build the index, ask it, compare it with brute force."""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from tests.unit.search_fixtures import film

from bench._measure import ROOT, report
from cinedex.models.concepts import Concepts
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.tasks import Floats
from cinedex.search.columns import VECTORS
from cinedex.search.index import Index
from cinedex.search.query import _CANDIDATES, search
from cinedex.settings import Settings
from cinedex.timeline.timeline import Timeline

_IN_A_FILM = 500
_SPREAD = 0.45
"""Length of the noise put on a unit vector: moments of one cluster have cosines of some 0.83 with each other."""

_CLUSTERS = 1000

_WORDS = 12
"""Of a line; names have fewer."""

_QUERIES = 200
_NEAREST = 10


class Clustered:
    """The real embedder for questions and names; a passage gets the vector of one of a thousand real ones, moved.

    Embedding every synthetic line would measure the embedder, at minutes for each 10,000 of them.
    """

    def __init__(self) -> None:
        pool = ModelPool(registry(), cache=Settings.from_env().cache / "models", offline=True)
        self._real = pool.get("e5-small")
        self.space, self.dim = self._real.space, self._real.dim
        self._centres: Floats | None = None
        self._noise = np.random.default_rng(2)
        self._names: dict[str, Floats] = {}

    def embed_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """Unit vectors, float32 [n, dim]."""
        if query:
            return self._real.embed_texts(texts, query=True)
        if len(texts[0].split()) < _WORDS:
            fresh = [x for x in texts if x not in self._names]
            if fresh:
                self._names |= dict(zip(fresh, self._real.embed_texts(fresh), strict=True))
            return np.stack([self._names[x] for x in texts])
        if self._centres is None:
            self._centres = self._real.embed_texts(lines()[:_CLUSTERS])
        chosen = self._centres[self._noise.integers(len(self._centres), size=len(texts))]
        noise = self._noise.standard_normal(chosen.shape).astype(np.float32)
        moved = chosen + _SPREAD * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)


@cache
def lines() -> list[str]:
    """Stretches of 12 words of this project's own pages and sources, in a shuffled order that is always the same."""
    pages = sorted([*(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.py")])
    words = [w for page in pages for w in re.findall(r"[A-Za-z']{2,}", page.read_text("utf-8"))]
    found = [" ".join(words[i : i + _WORDS]) for i in range(0, len(words) - _WORDS, _WORDS // 2)]
    random.Random(1).shuffle(found)  # noqa: S311 - the same order every time, nothing secret
    return found


def labels() -> list[str]:
    """The tagger's names."""
    text = (ROOT / "src/cinedex/models/imagenet_labels.txt").read_text("utf-8")
    return [x.partition("\t")[2] for x in text.splitlines() if "\t" in x and not x.startswith("#")]


def films(moments: int) -> Iterator[Timeline]:
    """Films of 500 shots of 5 s: words in two of three, names in every one."""
    draw, said, seen = random.Random(3), lines(), labels()  # noqa: S311 - the same every time, nothing secret
    for number in range(-(-moments // _IN_A_FILM)):
        shots = [
            (draw.choice(said) if draw.random() < 2 / 3 else "", [(x, draw.random()) for x in draw.sample(seen, 2)])
            for _ in range(min(_IN_A_FILM, moments - number * _IN_A_FILM))
        ]
        yield film(*shots, id_=f"m1-{number}", name=f"Film {number}.mp4")


def build(folder: str, moments: int) -> None:
    """Films one after another, as an analysis puts them in, and the tidying at the end."""
    embedder = Clustered()
    Concepts(embedder).embed_labels([[(x, 1.0)] for x in labels()])
    embedder.embed_texts(lines()[:1])
    index = Index(folder, lambda: embedder)
    began = time.perf_counter()
    for timeline in films(moments):
        index.update(timeline)
    index.compact()
    size = sum(p.stat().st_size for p in Path(index.url).rglob("*") if p.is_file())
    report(began, mib=size / 2**20, size=index.size)


def questions() -> list[str]:
    """Half of them words that are said, half of them names of what is seen."""
    draw = random.Random(4)  # noqa: S311 - the same every time, nothing secret
    said = [" ".join(draw.choice(lines()[:500]).split()[:4]) for _ in range(_QUERIES // 2)]
    return said + draw.sample(labels(), _QUERIES - len(said))


def ask(index: Index) -> None:
    """Whole queries: embedding, full text, two vector searches, fusing. The first twenty warm everything up."""
    asked = questions()
    for text in asked[:20]:
        search(index, text)
    began, took, found = time.perf_counter(), [], 0
    for text in asked:
        start = time.perf_counter()
        found += bool(search(index, text).hits)
        took.append((time.perf_counter() - start) * 1000)
    report(began, p50=float(np.percentile(took, 50)), p95=float(np.percentile(took, 95)), found=found / len(asked))


def compare(index: Index) -> None:
    """Recall of the nearest ten of as many as a query asks for, and milliseconds, beside brute force in numpy."""
    began = time.perf_counter()
    table = index._open().to_arrow()  # noqa: SLF001 - brute force needs every vector, which no caller else does
    told: dict[str, Any] = {}
    # Before anything is timed: the embedder's threads go on spinning for a while.
    questioned = [index.query_vectors(text) for text in questions()]
    for column in VECTORS:
        some = table.filter(table.column(column).is_valid())
        vectors = np.stack(some.column(column).combine_chunks().flatten().to_numpy().reshape(len(some), -1))
        names = list(zip(some.column("movie").to_pylist(), some.column("start").to_pylist(), strict=True))
        lengths = np.linalg.norm(vectors, axis=1)
        recalls, ours, brute = [], [], []
        for asked in (vectors_of[column] for vectors_of in questioned):
            start = time.perf_counter()
            rows = index.by_vector(column, asked, _CANDIDATES)[:_NEAREST]
            middle = time.perf_counter()
            near = vectors @ asked / lengths
            best = np.argpartition(-near, _NEAREST)[:_NEAREST]
            brute.append((time.perf_counter() - middle) * 1000)
            ours.append((middle - start) * 1000)
            # Rows as near as the tenth count as well: names repeat, and with them their vectors.
            bound = near[best].min() - 1e-4
            told_near = {names[i] for i in np.flatnonzero(near >= bound)}
            recalls.append(sum((r["movie"], r["start"]) in told_near for r in rows) / _NEAREST)
        told[column] = {"recall": mean(recalls), "ours": float(np.median(ours)), "brute": float(np.median(brute))}
    report(began, **told)


def main(side: str, folder: str, moments: str) -> None:
    """One side, on the index in `folder`."""
    if side == "build":
        build(folder, int(moments))
    elif side == "ask":
        ask(Index(folder, Clustered))
    else:
        compare(Index(folder, Clustered))


if __name__ == "__main__":
    main(*sys.argv[1:])
