"""The index: one row a moment in LanceDB (imported here only), with full text on words and tags and vectors of both.

It is a cache. It is made from tracks, brought up to date film by film, and made again when it is lost or of another
version; losing it loses nothing.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pyarrow as pa

from cinedex.errors import StoreError
from cinedex.models.kinds import kinds_of
from cinedex.models.tasks import Floats, ImageEmbedder, LabelEmbedder, TextEmbedder
from cinedex.search.moments import Moment, moments, source_key
from cinedex.search.sights import Embedders, seen
from cinedex.timeline.timeline import Timeline

_log = logging.getLogger(__name__)

VERSION = 4
"""Of the table's form; a table of another version is left alone, and films are put into a new one."""

VECTORS = ("meaning", "concept")
"""The vector columns: what is said, and what is seen."""

VECTOR_INDEX_FROM = 50_000
"""Moments from which a vector index is kept; fewer are compared one by one, which is exact and quick enough."""

TABLE = f"moments_v{VERSION}"
_SPACE_KEYS = {column: f"cinedex.space.{column}".encode() for column in VECTORS}
_DIM = 384
"""Of vectors in an index that was begun without a text embedder."""

_MOVIE_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}\Z")
_TIDY_EVERY = 20
"""Films between two tidyings of the table."""

_OLD = timedelta(hours=1)
"""Age from which versions that no reader can still want are removed."""

_TEXTS = ("words", "tags", "kinds")
"""The columns of full text."""

_SHOWN = ["movie", "name", "start", "end", "words", "language", "tags", "kinds", "flags", "picture_at"]


class Index:
    """Moments of every film of a library. Safe for several threads and processes; readers never wait for writers.

    `url` is a folder or an object store's address; `embedder` is called when texts are first to be embedded, `sight`
    when pictures are to be found by words: without it, by what they are tagged with, in the text embedder's space.
    Where they raise ModelError the index does without these vectors.
    """

    def __init__(
        self, url: str, embedder: Callable[[], TextEmbedder], sight: Callable[[], ImageEmbedder] | None = None
    ) -> None:
        self.url = url
        self._embedders = Embedders(embedder, sight)
        self._lock = threading.RLock()
        self._table: Any = None
        self._counted: tuple[int, tuple[int, int]] = (-1, (0, 0))
        self._stems: dict[str, tuple[str, ...]] = {}
        self._since = 0

    @property
    def without_meaning(self) -> str:
        """Why there are no vectors of what is said here, if there are none."""
        return self._embedders.without_texts

    @property
    def lacking(self) -> bool:
        """Whether an embedder could not be had, so that rows want to be made again once it can."""
        return bool(self._embedders.without_texts or self._embedders.without_sight)

    # Writing

    def update(self, timeline: Timeline) -> bool:
        """Put a film's moments in place of those it had, at once; False where nothing has changed."""
        movie_id = _safe(timeline.movie.id)
        with self._lock, self._told():
            table = self._in_space(self._open() or self._create())
            key = _row_key(timeline, self._embedders.spaces())
            if self._keys(table, movie_id) == {key}:
                return False
            rows = self._rows(timeline, moments(timeline), key)
            merge = table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            merge.when_not_matched_by_source_delete(f"movie = '{movie_id}'").execute(rows, on_bad_vectors="null")
            self._since += 1
            if self._since % _TIDY_EVERY == 1:
                self._tidy(table)
        return True

    def remove(self, movie_id: str) -> None:
        """Take a film's moments out."""
        with self._lock, self._told():
            table = self._open()
            if table is not None:
                table.delete(f"movie = '{_safe(movie_id)}'")

    def rebuild(self, timelines: Iterable[Timeline]) -> None:
        """Make the index anew from the films' tracks, whatever state it is in."""
        with self._lock:
            with self._told():
                database = self._database()
                for name in _tables(database):
                    database.drop_table(name, ignore_missing=True)
                self._table = None
                self._create()
            for timeline in timelines:
                self.update(timeline)
            self.compact()

    def compact(self, *, forget: bool = False) -> None:
        """Join small files, bring the full-text and vector indexes up to date, remove versions an hour old.

        With `forget` every earlier version goes at once, also one that another process may be reading.
        """
        with self._lock, self._told():
            table = self._open()
            if table is not None:
                self._tidy(table)
                if forget:
                    table.optimize(cleanup_older_than=timedelta(0))

    def check(self, timelines: Mapping[str, Timeline]) -> list[str]:
        """What is wrong with the index, film by film; `timelines` are those of the library's films, by id."""
        with self._told():
            table = self._open()
            if table is None:
                return ["there is no index"] if timelines else []
            spaces = self._embedders.spaces()
            pairs = table.search().select(["movie", "key"]).limit(max(table.count_rows(), 1)).to_arrow().to_pylist()
        keys: dict[str, set[str]] = {}
        for row in pairs:
            keys.setdefault(row["movie"], set()).add(row["key"])
        wrong = [f"{m}: not a film of the library" for m in sorted(keys.keys() - timelines.keys())]
        for movie_id, timeline in timelines.items():
            wanted = {_row_key(timeline, spaces)} if moments(timeline) else set()
            if keys.get(movie_id, set()) != wanted:
                wrong.append(f"{timeline.movie.name}: not up to date")
        return wrong

    # Reading

    @property
    def size(self) -> tuple[int, int]:
        """How many films and moments there are."""
        with self._told():
            table = self._open()
            if table is None:
                return 0, 0
            version = table.version
            if self._counted[0] != version:
                ids = table.search().select(["movie"]).limit(max(table.count_rows(), 1)).to_arrow().column("movie")
                self._counted = version, (len(ids.unique()), len(ids))
            return self._counted[1]

    @property
    def spaces(self) -> dict[str, str]:
        """The space of every vector column that has vectors."""
        with self._told():
            table = self._open()
            return {column: space for column, space in _spaces_of(table).items() if space} if table is not None else {}

    @property
    def near(self) -> dict[str, float]:
        """From which cosine on a picture is near a question, by vector column, where its embedder says so."""
        sight = self._embedders.sight()
        return {"concept": sight.near} if sight is not None else {}

    def by_text(self, text: str, limit: int, movie: str | None) -> list[dict[str, Any]]:
        """Moments by full text, best first, with '_score' (BM25). The text is words only: it has no syntax."""
        from lancedb.query import FullTextOperator, MultiMatchQuery  # noqa: PLC0415 - heavy, and only searches need it

        with self._told():
            table = self._open()
            if table is None or not text.strip():
                return []
            query = MultiMatchQuery(text, [*_TEXTS], boosts=[1.0] * len(_TEXTS), operator=FullTextOperator.OR)
            return _fetch(table.search(query, query_type="fts"), limit, movie, "_score")

    def by_vector(self, column: str, vector: Floats, limit: int, movie: str | None) -> list[dict[str, Any]]:
        """Moments by a vector column ('meaning' or 'concept'), nearest first, with '_distance' (1 - cosine)."""
        with self._told():
            table = self._open()
            if table is None:
                return []
            query = table.search(vector.tolist(), vector_column_name=column).distance_type("cosine")
            return _fetch(query.nprobes(_PROBES).refine_factor(_REFINE), limit, movie, "_distance")

    def query_vectors(self, text: str) -> dict[str, Floats]:
        """A query in the space of every vector column; empty where nothing can embed it, or only in another space."""
        with self._lock, self._told():
            table = self._open()
            if table is None:
                return {}
            there, found = _spaces_of(table), {}
            for column, one in (("meaning", self._embedders.texts()), ("concept", self._embedders.sight())):
                if one is not None and there[column] == one.space:
                    found[column] = one.embed_texts([text], query=True)[0]
        return {column: vector for column, vector in found.items() if vector.any()}

    def stems(self, word: str) -> tuple[str, ...]:
        """A word as full text knows it: its stem, or its parts where a language writes no spaces."""
        if word not in self._stems:
            with self._told():
                table = self._open()
                if table is None:
                    return (word,)
                if len(self._stems) > 50_000:
                    self._stems.clear()
                self._stems[word] = tuple(t.text for t in table.tokenize(word, column="words"))
        return self._stems[word]

    # Rows

    def _rows(self, timeline: Timeline, found: Sequence[Moment], key: str) -> pa.Table:
        movie = timeline.movie
        columns: dict[str, Any] = {
            "id": [f"{movie.id}@{int(m.span.start)}" for m in found],
            "movie": [movie.id] * len(found),
            "name": [_plain(movie.name)] * len(found),
            "start": [int(m.span.start) for m in found],
            "end": [int(m.span.end) for m in found],
            "words": [m.words for m in found],
            "language": [m.language for m in found],
            "tags": [", ".join(label for label, _ in m.tags) for m in found],
            "kinds": [", ".join(kinds_of(label for label, _ in m.tags)) for m in found],
            "flags": [", ".join(m.flags) for m in found],
            "picture_at": [int(m.picture_at) for m in found],
            "key": [key] * len(found),
            **self._vectors(timeline, found),
        }
        schema = self._table.schema
        return pa.table([pa.array(columns[n], type=schema.field(n).type) for n in schema.names], schema=schema)

    def _vectors(self, timeline: Timeline, found: Sequence[Moment]) -> dict[str, list[Any]]:
        """What is said by the text embedder; what is seen as it is stored, or else by its labels."""
        made: dict[str, list[Any]] = {column: [None] * len(found) for column in VECTORS}
        embedder, sight = self._embedders.texts(), self._embedders.sight()
        spoken = [i for i, m in enumerate(found) if m.words.strip()]
        if embedder is not None and spoken:
            vectors = embedder.embed_texts([found[i].words for i in spoken])
            for i, vector in zip(spoken, vectors, strict=True):
                made["meaning"][i] = vector
        if sight is not None:
            pictured = seen(timeline, sight.space, sight.dim, [m.span for m in found])
            if pictured is None and isinstance(sight, LabelEmbedder) and any(m.tags for m in found):
                pictured = sight.embed_labels([m.tags for m in found])
            if pictured is not None:
                made["concept"] = [vector if vector.any() else None for vector in pictured]
        return made

    # The table

    def _database(self) -> Any:
        # The engine logs on its own to the terminal, also where nothing is wrong.
        os.environ.setdefault("LANCEDB_LOG", "error")
        import lancedb  # noqa: PLC0415 - heavy, and only the index needs it

        return lancedb.connect(self.url)

    def _open(self) -> Any:
        """The table as it is now, or None."""
        if self._table is not None:
            try:
                self._table.checkout_latest()
            except (OSError, RuntimeError, ValueError):
                self._table = None  # another process made the index anew
            else:
                return self._table
        database = self._database()
        if TABLE in _tables(database):
            self._table = database.open_table(TABLE)
        return self._table

    def _create(self) -> Any:
        from lancedb.index import FTS  # noqa: PLC0415 - heavy, and only a new index needs it

        made = {"meaning": self._embedders.texts(), "concept": self._embedders.sight()}
        schema = _schema(
            {column: (one.space, one.dim) if one is not None else ("", _DIM) for column, one in made.items()}
        )
        self._table = self._database().create_table(TABLE, schema=schema, exist_ok=True)
        for column in _TEXTS:
            # Words by Unicode's own rules, so that languages without spaces have words too; English forms are joined.
            config = FTS(base_tokenizer="icu", language="English", stem=True, remove_stop_words=False)
            self._table.create_index(column, config=config)
        return self._table

    def _in_space(self, table: Any) -> Any:
        """The table, ready for vectors of the embedders at hand; those of others are taken out, all else stays."""
        there = _spaces_of(table)
        others = [column for column, space in self._embedders.spaces().items() if space and space != there[column]]
        if not others:
            return table
        rows = table.to_arrow()
        self._database().drop_table(TABLE)
        table = self._create()
        if rows.num_rows:
            _log.warning(
                "the search index was made with another %s; until films are analysed again, they are found by words "
                "alone",
                " and another ".join({"meaning": "text embedder", "concept": "picture embedder"}[c] for c in others),
            )
            now = _spaces_of(table)
            empty = {n: pa.nulls(rows.num_rows, table.schema.field(n).type) for n in VECTORS if now[n] != there[n]}
            columns = [empty[n] if n in empty else rows.column(n) for n in table.schema.names]
            table.add(pa.table(columns, schema=table.schema), on_bad_vectors="null")
        return table

    def _keys(self, table: Any, movie_id: str) -> set[str]:
        rows = table.search().where(f"movie = '{_safe(movie_id)}'").select(["key"]).limit(1_000_000).to_arrow()
        return set(rows.column("key").to_pylist())

    def _tidy(self, table: Any) -> None:
        if table.count_rows() >= VECTOR_INDEX_FROM:
            self._index_vectors(table)
        table.optimize(cleanup_older_than=_OLD)

    def _index_vectors(self, table: Any) -> None:
        from lancedb.index import IvfRq  # noqa: PLC0415 - only a large index needs it

        there = {column for index in table.list_indices() for column in index.columns}
        for column in VECTORS:
            if column not in there and table.count_rows(f"{column} IS NOT NULL") >= VECTOR_INDEX_FROM:
                table.create_index(column, config=IvfRq(distance_type="cosine"))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What LanceDB raises, as what a user can do something about."""
        try:
            yield
        except (OSError, RuntimeError, ValueError) as wrong:
            self._table = None
            why = (str(wrong) or repr(wrong)).splitlines()[0][:300]
            raise StoreError(
                f"the search index at {self.url} cannot be used: {why}",
                remedy="It is only a cache: delete that folder and analyse again; stored results are reused.",
            ) from wrong


_PROBES, _REFINE = 20, 5
"""How far a vector index is looked into; without one they change nothing."""


def _fetch(query: Any, limit: int, movie: str | None, rank: str) -> list[dict[str, Any]]:
    if movie is not None:
        query = query.where(f"movie = '{_safe(movie)}'", prefilter=True)
    found: list[dict[str, Any]] = query.select([*_SHOWN, rank]).limit(limit).to_arrow().to_pylist()
    return found


def _schema(spaces: Mapping[str, tuple[str, int]]) -> pa.Schema:
    texts = {n: pa.string() for n in ("id", "movie", "name", "words", "language", "tags", "kinds", "flags", "key")}
    numbers = {n: pa.int64() for n in ("start", "end", "picture_at")}
    vectors = {n: pa.list_(pa.float32(), dim) for n, (_, dim) in spaces.items()}
    named = {_SPACE_KEYS[n]: space.encode() for n, (space, _) in spaces.items()}
    return pa.schema(texts | numbers | vectors, metadata=named)


def _spaces_of(table: Any) -> dict[str, str]:
    """The space of each vector column of a table, empty where none has been."""
    told = table.schema.metadata or {}
    return {column: told.get(key, b"").decode() for column, key in _SPACE_KEYS.items()}


def _row_key(timeline: Timeline, spaces: Mapping[str, str]) -> str:
    """What a film's rows are made of: its tracks, and whose vectors."""
    return " ".join([source_key(timeline), *spaces.values()])


def _tables(database: Any) -> set[str]:
    found = database.list_tables()
    return set(getattr(found, "tables", found))


def _plain(name: str) -> str:
    """A file's name as text: bytes that are not UTF-8 have no place in a table."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _safe(movie_id: str) -> str:
    """Ids go into filter text, so nothing else may."""
    if not _MOVIE_ID.match(movie_id):
        raise StoreError(f"{movie_id!r} is not a film's id")
    return movie_id
