"""What is read of the index's table: what it holds, ranked numbers of rows, and the rows themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cinedex.search.columns import WHOLE
from cinedex.search.filters import Where

Row = dict[str, Any]
"""What is told of a moment: `SHOWN`."""

_PART, _PROBES = 4096, 20
_SHARES = {"meaning": 0.6, "concept": 0.45, "look": 0.5}
"""Rows of a part of a vector index, parts that are looked into at least, and the share of them.

Of lines less is near to a question than of pictures, under a filter above all: with these shares 0.95 to 0.98 of the
ten nearest are found, and 0.92 where a filter leaves one row in 250 (`python -m bench search`).
"""

_FEW_FILMS = 5
"""Films whose rows, which lie together, are compared one by one: all the nearest are found, in no more time."""

SPOKEN = Where(facets=(("has:dialogue",),))

BITS = {"meaning": (4, 1), "concept": (4, 1), "look": (1, 5)}
"""Bits of each dimension in a vector index, and how many times as many as asked for are then compared exactly.

Four find 0.96 of the ten that are nearest to words, where one bit and five times as many find 0.6; for pictures, with
more than three times the dimensions, one is enough.
"""


@dataclass(frozen=True)
class Holding:
    """Which films and facets a version of the table has; facets of films since taken out may be among them."""

    version: int = -1
    movies: frozenset[str] = frozenset()
    facets: frozenset[str] = frozenset()

    def also(self, version: int, movie_id: str, rows: pa.Table) -> Holding:
        """With a film's rows in place of those it had: to read a large table for each film would take seconds."""
        there = {movie_id} if rows.num_rows else frozenset[str]()
        facets = pc.unique(pc.list_flatten(rows.column("facets"))).to_pylist()
        return Holding(version, (self.movies - {movie_id}) | there, self.facets.union(facets))


@dataclass(frozen=True)
class Glimpse:
    """What a look at the table told, so that a search asks the engine once: each question costs a millisecond."""

    version: int
    rows: int
    spaces: Mapping[str, str]
    spoken: int = 0
    """Rows in which something is said, of a table large enough for a vector index."""

    def looked_into(self, query: Any, column: str, where: Where) -> Any:
        """A query of vectors, told how far to look: through all rows of few films, else into parts of the index."""
        if 0 < len(where.movies) <= _FEW_FILMS:
            return query.bypass_vector_index()
        return query.nprobes(self.probes(column)).refine_factor(BITS[column][1])

    def probes(self, column: str) -> int:
        """How many parts of a column's index are looked into."""
        rows = self.spoken if column == "meaning" else self.rows
        return max(_PROBES, int(rows * _SHARES[column]) // _PART)


def read_all(table: Any) -> Holding:
    """Which films and facets are in a table, row by row."""
    version, movies, facets = table.version, set[str](), set[str]()
    for batch in table.search().select(["movie", "facets"]).limit(max(table.count_rows(), 1)).to_batches():
        movies.update(batch.column("movie").unique().to_pylist())
        facets.update(pc.unique(pc.list_flatten(batch.column("facets"))).to_pylist())
    return Holding(version, frozenset(movies - {""}), frozenset(facets))


async def ranked_rows(
    table: Any, asked: Sequence[tuple[Any, float | None]], limit: int, where: Where
) -> tuple[list[list[tuple[int, float]]], list[tuple[int, str]]]:
    """What each query ranks, by rows' numbers, and once for all what is told of those rows, in JSON.

    A query comes with the cosine from which on it is read; one of full text, with None, is told with BM25. All are
    asked at once. Not in one step with the rows: the engine would then read every row that it looks at on the way.
    """
    ranked = await asyncio.gather(*(_ranked(query, least, limit, where) for query, least in asked))
    wanted = [*{number for own in ranked for number, _ in own}]
    if not wanted:
        return ranked, []
    read = await table.take_row_ids(wanted).select([WHOLE]).with_row_id().to_arrow()
    if len(read) != len(wanted):
        raise RuntimeError("moments have been moved meanwhile; ask again")
    return ranked, [*zip(read.column("_rowid").to_pylist(), read.column(WHOLE).to_pylist(), strict=True)]


async def _ranked(query: Any, least: float | None, limit: int, where: Where) -> list[tuple[int, float]]:
    if told := where.sql():
        query = query.where(told)
    score = "_score" if least is None else "_distance"
    found = await query.select([score]).with_row_id().limit(limit).to_arrow()
    ranked = zip(found.column("_rowid").to_pylist(), found.column(score).to_pylist(), strict=True)
    return [*ranked] if least is None else [(n, 1 - distance) for n, distance in ranked if 1 - distance >= least]
