"""The sides of `bench search`, each in a process of its own: fit, build, ask, compare with brute force, add films."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa

from bench._library import IN_A_FILM, Drawn, Films, Pool, Spread, labels, load, save, sentences
from bench._measure import report
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.tasks import Floats
from cinedex.search.columns import VECTORS, rows_of
from cinedex.search.filters import ANYWHERE, Where
from cinedex.search.finder import Finder
from cinedex.search.index import Index
from cinedex.search.moments import moments
from cinedex.search.query import _CANDIDATES
from cinedex.settings import Settings

_POOL = 20
"""Films whose tracks are really made; the others are recombined from their rows."""

_AT_ONCE = 20
"""Films that are put in by one write while the library is made: some 250 MB of vectors."""

_QUERIES, _NEAREST = 200, 10
_COMPARED, _ADDED = 50, 5

NARROW = ("place:night", "sound:gunshot", "object:kite")
"""Facets of a third, a tenth and fewer of the moments."""

FILTERS = (
    "", "place:night", "-has:dialogue", "place:forest sound:rain", "lang:de", "object:kite", "year:1950-1959",
    "time:10:00-20:00", "scale:close-up sound:gunshot", 'film:"film 7"',
)  # fmt: skip
"""What questions are narrowed by, in turn."""


class Beside:
    """The real embedder for questions, each embedded once and kept; a passage gets a vector that lies as real ones do.

    To embed every synthetic line would measure the embedder, at minutes for each 10,000 of them.
    """

    def __init__(self, spread: Spread | None = None) -> None:
        pool = ModelPool(registry(), cache=Settings.from_env().cache / "models", offline=True)
        self.real = pool.get("e5-small")
        self.space, self.dim = self.real.space, self.real.dim
        self._drawn = Drawn(spread, 3) if spread is not None else None
        self._kept: dict[tuple[str, bool], Floats] = {}
        self.took: list[float] = []
        """Milliseconds for each text that was really embedded."""

    def embed_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """Unit vectors, float32 [n, dim]."""
        if self._drawn is not None and not query and len(texts) > 1:
            return self._drawn(len(texts))
        for text in texts:
            if (text, query) not in self._kept:
                began = time.perf_counter()
                self._kept[text, query] = self.real.embed_texts([text], query=query)[0]
                self.took.append((time.perf_counter() - began) * 1000)
        return np.stack([self._kept[t, query] for t in texts])


def fit(folder: str, like: str) -> None:
    """How real vectors lie: of lines as e5 embeds them, of pictures in the index of an analysed library."""
    began = time.perf_counter()
    said = Beside().real.embed_texts(sentences())
    real = Index(like, Beside)._open()  # noqa: SLF001 - its vectors, which no caller else needs whole
    column = real.search().select(["look"]).limit(100_000).to_arrow().column("look").drop_null().combine_chunks()
    look = np.stack(column.flatten().to_numpy().reshape(len(column), -1))
    films = Films(Spread.of(look), _POOL * IN_A_FILM)
    embedder = Beside(Spread.of(said))
    index = Index(f"{folder}/pool", lambda: embedder)
    schema = index._create().schema  # noqa: SLF001 - the form of its rows
    made = [rows_of(film, moments(film), "key", schema, index._embedders) for film in films]  # noqa: SLF001
    rows = pa.concat_tables(made)
    concepts = rows.column("concept").slice(0, 1500).drop_null().combine_chunks()
    spreads = {
        "meaning": Spread.of(said), "look": Spread.of(look),
        "concept": Spread.of(np.stack(concepts.flatten().to_numpy().reshape(len(concepts), -1))),
    }  # fmt: skip
    save(Path(folder) / "spreads.npz", spreads)
    with pa.OSFile(f"{folder}/rows.arrow", "wb") as file, pa.ipc.new_file(file, schema) as out:
        out.write_table(rows)
    lie = {n: {"near": s.near, "noise": s.noise, "axes": len(s.axes)} for n, s in spreads.items()}
    report(began, of={"meaning": len(said), "look": len(look), "concept": len(concepts)}, spreads=lie)


def write(folder: str, count: str) -> None:
    """Put the rows of a library into the index."""
    spreads = load(Path(folder) / "spreads.npz")
    with pa.memory_map(f"{folder}/rows.arrow") as file:
        pool = Pool(pa.ipc.open_file(file).read_all(), spreads)
        table = Index(f"{folder}/index", Beside)._create()  # noqa: SLF001 - rows that come from no tracks
        began = time.perf_counter()
        films = range(int(count) // IN_A_FILM)
        for first in range(0, len(films), _AT_ONCE):
            table.add(pool.rows(films[first : first + _AT_ONCE]))
    report(began, size=table.count_rows())


def tidy(folder: str, _: str) -> None:
    """Let the index tidy itself, as after an analysis."""
    began = time.perf_counter()
    index = Index(f"{folder}/index", Beside)
    index.compact(forget=True)
    size = sum(p.stat().st_size for p in Path(index.url).rglob("*") if p.is_file())
    report(began, mib=size / 2**20, size=index.size)


def questions(seed: int = 4) -> list[tuple[str, str]]:
    """Words and filter: halves of lines and names of what is seen, each under a filter in turn."""
    draw = random.Random(seed)  # noqa: S311 - the same every time, nothing secret
    lines = [x.split() for x in sentences() if len(x.split()) >= 6]
    said = [" ".join(draw.choice(lines)[:4]).replace('"', "").replace(":", "") for _ in range(_QUERIES // 2)]
    texts = said + draw.sample(labels(), _QUERIES - len(said))
    draw.shuffle(texts)
    return [(f'"" {text}'.strip('" '), FILTERS[n % len(FILTERS)]) for n, text in enumerate(texts)]


def finder(folder: str, count: str) -> tuple[Finder, Beside]:
    """The library's finder over the synthetic index; its people are nobody."""
    embedder = Beside()
    films = Films(load(Path(folder) / "spreads.npz")["look"], int(count))
    cast: Any = SimpleNamespace(register=SimpleNamespace(people={}), everybody=list)
    tagger: Any = None
    return Finder(Index(f"{folder}/index", lambda: embedder), lambda: films.movies, cast, tagger), embedder


def ask(folder: str, count: str) -> None:
    """Whole queries through the finder, without embedding the words, which is told apart; others warm the index."""
    began = time.perf_counter()
    ours, embedder = finder(folder, count)
    asked = [f"{text} {narrowed}".strip() for text, narrowed in questions()]
    ours.index.query_vectors("warm up")
    spoken = [" ".join((q.words, *q.phrases)) for q in (ours.read(text) for text in asked)]
    embedder.took.clear()
    for text in spoken:
        ours.index.query_vectors(text)
    embedded = float(np.median(embedder.took))
    first = time.perf_counter()
    ours.search(asked[0])
    cold = (time.perf_counter() - first) * 1000
    for text, narrowed in questions(5):
        ours.search(f"{text} {narrowed}".strip())
    took: dict[str, list[float]] = {}
    spent, found = time.process_time(), 0
    for text, (_, narrowed) in zip(asked, questions(), strict=True):
        start = time.perf_counter()
        found += bool(ours.search(text).hits)
        took.setdefault(narrowed or "none", []).append((time.perf_counter() - start) * 1000)
    spent = (time.process_time() - spent) * 1000 / len(asked)
    every = [ms for own in took.values() for ms in own]
    narrow = [ms for name, own in took.items() if name != "none" for ms in own]
    report(
        began, embedding=embedded, cold=cold, spent=spent, found=found / len(asked),
        p50=float(np.percentile(every, 50)), p95=float(np.percentile(every, 95)),
        filtered95=float(np.percentile(narrow, 95)), each={n: median(own) for n, own in took.items()},
    )  # fmt: skip


def compare(folder: str, _: str) -> None:
    """Recall of the nearest ten beside brute force, of vectors like the stored ones and of real questions.

    Rows as near as the tenth count as well: some vectors are copies. The milliseconds are those of one list.
    """
    began = time.perf_counter()
    spreads = load(Path(folder) / "spreads.npz")
    index = Index(f"{folder}/index", Beside)
    told: dict[str, Any] = {}
    real = [index.query_vectors(text) for text, _ in questions()[:_COMPARED]]
    for column in VECTORS:
        drawn = Drawn(spreads[column], 99)(_COMPARED)
        asked = {"like": drawn, "words": np.stack([r[column] for r in real]) if column in real[0] else drawn[:0]}
        for kind, vectors in asked.items():
            for narrowed in ("", *NARROW) if len(vectors) else ():
                where = Where(facets=((narrowed,),)) if narrowed else ANYWHERE
                bound, share = _bounds(index, column, vectors, where)
                recalls, took = [], []
                for vector, least in zip(vectors, bound, strict=True):
                    start = time.perf_counter()
                    rows = index.lists("", {column: vector}, _CANDIDATES, where)[column][:_NEAREST]
                    took.append((time.perf_counter() - start) * 1000)
                    recalls.append(sum(cosine >= least - 1e-4 for _, cosine in rows) / _NEAREST)
                name = f"{column}, {kind}, {narrowed or 'all'}"
                told[name] = {"recall": float(mean(recalls)), "ms": median(took), "share": share}
                print(name, told[name], file=sys.stderr, flush=True)
    report(began, compared=told)


def _bounds(index: Index, column: str, vectors: Floats, where: Where) -> tuple[Floats, float]:
    """The cosine of the tenth nearest row with each vector by brute force, and the share of rows compared."""
    table = index._open()  # noqa: SLF001 - brute force needs every vector, which no caller else does
    every = table.search().select([column])
    batches = (every.where(where.sql()) if where.sql() else every).limit(10**8).to_batches()
    best = np.full((len(vectors), _NEAREST), -1, np.float32)
    count = 0
    for batch in batches:
        some = batch.column(column).drop_null()
        if not len(some):
            continue
        count += len(some)
        stored = some.flatten().to_numpy().reshape(len(some), -1)
        near = vectors @ stored.T / np.linalg.norm(stored, axis=1)
        best = -np.sort(-np.concatenate([best, near], axis=1), axis=1)[:, :_NEAREST]
    return best[:, -1], count / table.count_rows()


def add(folder: str, count: str) -> None:
    """Put films of 1,500 moments in, one by one; how long each took and the first search after it."""
    began = time.perf_counter()
    spreads = load(Path(folder) / "spreads.npz")
    embedder, films = Beside(spreads["meaning"]), Films(spreads["look"], 10**10)
    index = Index(f"{folder}/index", lambda: embedder)
    ours, _ = finder(folder, count)
    ours.index = index
    ours.search("old man place:night")
    took, after, again = [], [], []
    made = [films.film(1_000_000 + int(count) + n) for n in range(_ADDED)]
    for film in made:
        start = time.perf_counter()
        index.update(film)
        took.append(time.perf_counter() - start)
        start = time.perf_counter()
        ours.search("old man place:night")
        after.append(time.perf_counter() - start)
    for film in made:  # analysed again, with fewer moments
        fewer = films.film(1_000_000 + int(count) + made.index(film), "2")
        start = time.perf_counter()
        index.update(fewer)
        again.append(time.perf_counter() - start)
    for film in made:
        index.remove(film.movie.id)
    report(began, took=took, after=after, again=again)


def main(side: str, *given: str) -> None:
    """One side."""
    {"fit": fit, "write": write, "tidy": tidy, "ask": ask, "compare": compare, "add": add}[side](*given)


if __name__ == "__main__":
    main(*sys.argv[1:])
