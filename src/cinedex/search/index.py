"""The index: one row a moment in LanceDB (imported here only), with full text on words and tags and vectors of both.

It is a cache. It is made from tracks, brought up to date film by film, and made again when it is lost or of another
version; losing it loses nothing.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa

from cinedex.errors import ModelError, StoreError
from cinedex.models.tasks import Floats, TextEmbedder
from cinedex.search.moments import Moment, moments, source_key
from cinedex.timeline.timeline import Timeline

VERSION = 1
"""Of the table's form; a table of another version is made anew."""

_TABLE = f"moments_v{VERSION}"
_CENTRES = f"centres_v{VERSION}"
_MOVIE_ID = re.compile(r"^[a-z0-9][a-z0-9._-]{0,127}$")
_OPTIMISE_EVERY = 20
"""Films between two tidyings of the table."""


class Index:
    """Moments of every film of a library. Safe for several processes; readers never wait for writers."""

    def __init__(self, url: str, embedder: Callable[[], TextEmbedder]) -> None:
        self.url = url
        self._make = embedder
        self._embedder: TextEmbedder | None = None
        self._lock = threading.RLock()
        self._table: Any = None
        self._centre: Floats | None = None
        self._labels: dict[str, Floats] = {}
        self._since = 0
        self.without_meaning = ""
        """Why there are no vectors here, if there are none."""

    # Writing

    def update(self, timeline: Timeline) -> bool:
        """Put a film's moments in place of those it had; False where nothing has changed."""
        movie_id, fresh = _safe(timeline.movie.id), source_key(timeline)
        with self._lock:
            table = self._open(create=True)
            if self._keys(table, movie_id) == {fresh}:
                return False
            rows = self._rows(timeline, moments(timeline), fresh)
            try:
                merge = table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
                merge.when_not_matched_by_source_delete(f"movie = '{movie_id}'").execute(rows, on_bad_vectors="null")
                self._tidy(table)
            except (OSError, RuntimeError, ValueError) as wrong:
                raise self._broken(wrong) from wrong
        return True

    def remove(self, movie_id: str) -> None:
        """Take a film's moments out."""
        with self._lock:
            table = self._open(create=False)
            if table is not None:
                table.delete(f"movie = '{_safe(movie_id)}'")

    def check(self, timelines: Mapping[str, Timeline]) -> list[str]:
        """What is wrong with the index, film by film; `timelines` are those of the library's films, by id."""
        table = self._open(create=False)
        if table is None:
            return ["there is no index"] if timelines else []
        found = table.search().select(["movie"]).limit(table.count_rows() or 1).to_arrow().column("movie").to_pylist()
        wrong = [f"{m}: not a film of the library" for m in sorted(set(found) - timelines.keys())]
        for movie_id, timeline in timelines.items():
            if self._keys(table, movie_id) not in ({source_key(timeline)}, set()) or (
                movie_id not in found and moments(timeline)
            ):
                wrong.append(f"{timeline.movie.name}: not up to date")
        return wrong

    # Reading

    @property
    def exists(self) -> bool:
        """Whether there is a table at all; asks the file system alone."""
        place, path = fsspec.core.url_to_fs(self.url)
        return bool(place.exists(f"{path}/{_TABLE}.lance"))

    @property
    def size(self) -> tuple[int, int]:
        """How many films and moments there are."""
        table = self._open(create=False)
        if table is None:
            return 0, 0
        rows = table.count_rows()
        ids = table.search().select(["movie"]).limit(max(rows, 1)).to_arrow().column("movie")
        return len(ids.unique()), rows

    def by_text(self, text: str, limit: int, movie: str | None) -> list[dict[str, Any]]:
        """Moments by full text, best first, with '_score' (BM25)."""
        from lancedb.query import FullTextOperator, MultiMatchQuery  # noqa: PLC0415 - heavy, and only searches need it

        table = self._open(create=False)
        if table is None or not text.strip():
            return []
        query = table.search(
            MultiMatchQuery(text, ["words", "tags"], boosts=[1.0, 1.0], operator=FullTextOperator.OR), query_type="fts"
        )
        return self._fetch(query, limit, movie, "_score")

    def by_vector(self, column: str, vector: Floats, limit: int, movie: str | None) -> list[dict[str, Any]]:
        """Moments by a vector column ('meaning' or 'concept'), nearest first, with '_distance' (1 - cosine)."""
        table = self._open(create=False)
        if table is None:
            return []
        query = table.search(vector.tolist(), vector_column_name=column).distance_type("cosine")
        return self._fetch(query, limit, movie, "_distance")

    def query_vectors(self, text: str) -> dict[str, Floats]:
        """A query in the space of every vector column; empty where nothing can embed it."""
        embedder = self._embed()
        if embedder is None or self._open(create=False) is None:
            return {}
        vector = embedder.embed_texts([text], query=True)[0]
        return {"meaning": vector, "concept": _unit(vector - self._centred())}

    def _fetch(self, query: Any, limit: int, movie: str | None, rank: str) -> list[dict[str, Any]]:
        if movie is not None:
            query = query.where(f"movie = '{_safe(movie)}'", prefilter=True)
        try:
            found: list[dict[str, Any]] = query.select([*_SHOWN, rank]).limit(limit).to_arrow().to_pylist()
        except (OSError, RuntimeError, ValueError) as wrong:
            raise self._broken(wrong) from wrong
        return found

    # Rows

    def _rows(self, timeline: Timeline, found: Sequence[Moment], key: str) -> pa.Table:
        movie = timeline.movie
        embedder = self._embed()
        spoken = [i for i, m in enumerate(found) if m.words]
        meaning: list[Any] = [None] * len(found)
        concept: list[Any] = [None] * len(found)
        if embedder is not None:
            for i, vector in zip(
                spoken, embedder.embed_texts([found[i].words for i in spoken]) if spoken else [], strict=True
            ):
                meaning[i] = vector
            for i, moment in enumerate(found):
                concept[i] = self._concept(moment, embedder)
        columns: dict[str, Any] = {
            "id": [f"{movie.id}@{int(m.span.start)}" for m in found],
            "movie": [movie.id] * len(found),
            "name": [movie.name] * len(found),
            "start": [int(m.span.start) for m in found],
            "end": [int(m.span.end) for m in found],
            "words": [m.words for m in found],
            "language": [m.language for m in found],
            "tags": [", ".join(label for label, _ in m.tags) for m in found],
            "flags": [", ".join(m.flags) for m in found],
            "picture_at": [int(m.picture_at) for m in found],
            "key": [key] * len(found),
            "meaning": meaning,
            "concept": concept,
        }
        schema = _schema(embedder.dim if embedder is not None else _dim(self._table))
        return pa.table([pa.array(columns[n], type=schema.field(n).type) for n in schema.names], schema=schema)

    def _concept(self, moment: Moment, embedder: TextEmbedder) -> Floats | None:
        """Label embeddings weighted by score, about the vocabulary's centre: what is seen, in the space of words."""
        if not moment.tags:
            return None
        fresh = [label for label, _ in moment.tags if label not in self._labels]
        if fresh:
            self._labels |= dict(zip(fresh, embedder.embed_texts(fresh), strict=True))
        weights = np.array([score for _, score in moment.tags], dtype=np.float32)
        vectors = np.stack([self._labels[label] for label, _ in moment.tags]) - self._centred()
        return _unit((weights[:, None] * vectors).sum(axis=0))

    def _centred(self) -> Floats:
        """The mean embedding of every tenth word of the picture vocabulary, kept beside the moments."""
        if self._centre is None:
            database = self._database()
            if _CENTRES in _tables(database):
                row = database.open_table(_CENTRES).to_arrow().to_pylist()[0]
                self._centre = np.asarray(row["centre"], dtype=np.float32)
            else:
                embedder = self._embed()
                if embedder is None:
                    raise ModelError(self.without_meaning)
                labels = files("cinedex.models").joinpath("imagenet_labels.txt").read_text("utf-8").splitlines()
                named = [x.partition("\t")[2] for x in labels if "\t" in x and not x.startswith("#")][::10]
                self._centre = embedder.embed_texts(named).mean(axis=0)
                database.create_table(
                    _CENTRES, [{"space": embedder.space, "centre": self._centre.tolist()}], exist_ok=True
                )
        return self._centre

    def _embed(self) -> TextEmbedder | None:
        if self._embedder is None and not self.without_meaning:
            try:
                self._embedder = self._make()
            except ModelError as missing:
                self.without_meaning = str(missing)
        return self._embedder

    # The table

    def _database(self) -> Any:
        import lancedb  # noqa: PLC0415 - heavy, and only the index needs it

        try:
            return lancedb.connect(self.url)
        except (OSError, RuntimeError, ValueError) as wrong:
            raise self._broken(wrong) from wrong

    def _open(self, *, create: bool) -> Any:
        if self._table is not None:
            self._table.checkout_latest()
            return self._table
        database = self._database()
        try:
            if _TABLE in _tables(database):
                self._table = database.open_table(_TABLE)
            elif create:
                embedder = self._embed()
                schema = _schema(embedder.dim if embedder is not None else 384)
                self._table = database.create_table(_TABLE, schema=schema, exist_ok=True)
                for column in ("words", "tags"):
                    self._table.create_index(column, config=_full_text())
        except (OSError, RuntimeError, ValueError) as wrong:
            raise self._broken(wrong) from wrong
        return self._table

    def _keys(self, table: Any, movie_id: str) -> set[str]:
        rows = table.search().where(f"movie = '{_safe(movie_id)}'").select(["key"]).limit(100_000).to_arrow()
        return set(rows.column("key").to_pylist())

    def _tidy(self, table: Any) -> None:
        self._since += 1
        if self._since % _OPTIMISE_EVERY == 1:
            table.optimize()

    def _broken(self, wrong: Exception) -> StoreError:
        return StoreError(
            f"the search index at {self.url} cannot be used: {wrong}",
            remedy="It is only a cache: delete that folder and analyse again; stored results are reused.",
        )


_SHOWN = ["movie", "name", "start", "end", "words", "language", "tags", "flags", "picture_at"]


def _schema(dim: int) -> pa.Schema:
    texts = {n: pa.string() for n in ("id", "movie", "name", "words", "language", "tags", "flags", "key")}
    numbers = {n: pa.int64() for n in ("start", "end", "picture_at")}
    vectors = {n: pa.list_(pa.float32(), dim) for n in ("meaning", "concept")}
    return pa.schema(texts | numbers | vectors)


def _full_text() -> Any:
    """Words by Unicode's own rules, so that languages without spaces have words too; English forms are joined."""
    from lancedb.index import FTS  # noqa: PLC0415 - heavy, and only a new index needs it

    return FTS(base_tokenizer="icu", language="English", stem=True, remove_stop_words=True, ascii_folding=True)


def _dim(table: Any) -> int:
    return int(table.schema.field("meaning").type.list_size)


def _tables(database: Any) -> set[str]:
    found = database.list_tables()
    return set(getattr(found, "tables", found))


def _unit(vector: Floats) -> Floats:
    length = float(np.linalg.norm(vector))
    return (vector / length).astype(np.float32) if length > 0 else vector.astype(np.float32)


def _safe(movie_id: str) -> str:
    """Ids go into filter text, so nothing else may."""
    if not _MOVIE_ID.match(movie_id):
        raise StoreError(f"{movie_id!r} is not a film's id")
    return movie_id
