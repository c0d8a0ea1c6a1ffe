"""The index: one row a moment in LanceDB (imported here only), with full text on words and tags and vectors of both.

It is a cache. It is made from tracks, brought up to date film by film, and made again when it is lost or of another
version; losing it loses nothing.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from cinedex.errors import StoreError
from cinedex.models.tasks import Floats, ImageEmbedder, TextEmbedder
from cinedex.search.columns import LOOK, TEXT, VECTORS, WHOLE, blank_rows, rows_of, schema_of, spaces_in
from cinedex.search.filters import ANYWHERE, Where, safe
from cinedex.search.moments import moments, source_key
from cinedex.search.reading import BITS, SPOKEN, Glimpse, Holding, Row, ranked_rows, read_all
from cinedex.search.remote import options_for
from cinedex.search.sights import Embedders
from cinedex.search.stems import asked as asked_forms
from cinedex.settings import cores_here
from cinedex.timeline.timeline import Timeline

_log = logging.getLogger(__name__)

VERSION = 8
"""Of the table's form; a table of another version is left alone, and films are put into a new one."""

VECTOR_INDEX_FROM = 50_000
"""Moments from which a vector index is kept; fewer are compared one by one, which is exact and quick enough."""

FILTER_INDEX_FROM = 10_000
"""Moments from which what they are filtered by is indexed; fewer are looked through."""

TABLE = f"moments_v{VERSION}"
_DIM = 384
"""Of vectors in an index that was begun without a text embedder."""

_LOOSE_FILES, _LOOSE_ROWS = 20, 5_000
"""Files, and rows that no index has yet, from which the table is tidied; of large tables a hundredth of the rows."""

_MOST_PIECES = 16
"""Of a vector index, which is then made anew as one. Each is searched by itself, and files that different ones are of
cannot be joined."""

_BLANK = "movie = ''"

_CACHE = 3 * 2**29
"""Bytes of indexes kept in memory, which are those of a million moments; the engine's own limit is four times that."""

_METADATA = 2**24
"""Bytes of what files and versions are like: a million moments need four million of them, and the engine keeps what it
read of every version for as long as there is room."""

_WARM_ROWS = 1_000_000
"""Moments up to which indexes are read into memory before anybody asks: those that `_CACHE` can hold."""

_OLD = timedelta(hours=1)
"""Age from which versions that no reader can still want are removed."""


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
        self._seen = Glimpse(-1, 0, {})
        self._session: Any = None
        self._asking = threading.Lock()
        self._steady, self._counting = 0, threading.Lock()
        self._stems: dict[str, tuple[str, ...]] = {}
        self._known, self._renewing = Holding(), threading.Lock()

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
        movie_id = safe(timeline.movie.id)
        with self._lock, self._told():
            table = self._in_space(self._open() or self._create())
            key = _row_key(timeline, self._embedders.spaces())
            there = self._there(table, movie_id)
            if set(there.values()) == {key}:
                return False
            rows = rows_of(timeline, moments(timeline), key, table.schema, self._embedders)
            gone = there.keys() - set(rows.column("id").to_pylist())
            before = table.version
            # The engine can delete in the same step, but then reads every row of the table. Nothing finds a blank one.
            merge = table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            merge.execute(pa.concat_tables([rows, blank_rows(gone, table.schema)]), on_bad_vectors="null")
            if gone:
                table.delete(_BLANK)
            if self._known.version == before and table.version == before + 1 + bool(gone):
                self._known = self._known.also(table.version, movie_id, rows)
            if _due(table):
                self._tidy(table)
        return True

    def remove(self, movie_id: str) -> None:
        """Take a film's moments out."""
        with self._lock, self._told():
            table = self._open()
            if table is not None:
                table.delete(f"movie = '{safe(movie_id)}'")

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
    def version(self) -> int:
        """Changes with everything that is written; -1 where there is no index."""
        with self._told():
            return self._seen.version if self._open() is not None else -1

    @property
    def size(self) -> tuple[int, int]:
        """How many films and moments there are."""
        with self._told():
            table = self._open()
            if table is None:
                return 0, 0
            return len(self._all(table).movies), self._seen.rows

    @property
    def spaces(self) -> dict[str, str]:
        """The space of every vector column that has vectors."""
        with self._told():
            there = self._seen.spaces if self._open() is not None else {}
            return {column: space for column, space in there.items() if space}

    @property
    def near(self) -> dict[str, float]:
        """From which cosine on a picture is near a question, by vector column, where its embedder says so."""
        sight = self._embedders.sight()
        return {"concept": sight.near} if sight is not None else {}

    @property
    def vocabulary(self) -> frozenset[str]:
        """Every facet that some moment has."""
        with self._told():
            table = self._open()
            if table is None:
                return frozenset()
            return self._all(table).facets

    def _all(self, table: Any) -> Holding:
        """What is in the table as it is now.

        Where another process has changed a large one, it is read anew beside the search, which goes by what was known:
        for a million moments that takes seconds.
        """
        if self._known.version != self._seen.version:
            if self._known.version < 0 or self._seen.rows < FILTER_INDEX_FROM:
                self._known = read_all(table)
            elif self._renewing.acquire(blocking=False):
                threading.Thread(target=self._renew, args=(table,), name="index-renew", daemon=True).start()
        return self._known

    def _renew(self, table: Any) -> None:
        try:
            self._known = read_all(table)
        except (OSError, RuntimeError, ValueError) as wrong:  # made anew meanwhile: the next search asks again
            _log.info("what the search index has could not be read anew: %s", wrong)
        finally:
            self._renewing.release()

    def lists(
        self,
        text: str,
        vectors: Mapping[str, Floats],
        limit: int,
        where: Where = ANYWHERE,
        least: Mapping[str, float] = MappingProxyType({}),
    ) -> dict[str, list[tuple[Row, float]]]:
        """Moments by full text and by each vector (of a column of `VECTORS`), best first, under 'text' and the columns.

        With them BM25 and the cosine, of which only those from `least` on are read, if it names the column. The text is
        words only: it has no syntax; without any there is no list of it. All lists are asked for at once; a row that
        several have is one object.
        """
        from lancedb.background_loop import LOOP  # noqa: PLC0415 - heavy
        from lancedb.query import MatchQuery  # noqa: PLC0415 - heavy

        with self._told():
            opened = self._open()
            if opened is None:
                return {}
            # Of all that a query costs at the least, half is going to the engine's loop and back: once for all, then.
            table = opened._table  # noqa: SLF001
            asked: dict[str, tuple[Any, float | None]] = {}
            if text.strip():
                words = " ".join((text, *asked_forms(text, self._languages())))
                asked["text"] = table.query().nearest_to_text(MatchQuery(words, TEXT)), None  # type: ignore[call-arg]  # its stubs know no defaults
            for column, vector in vectors.items():
                near = table.query().nearest_to(vector).column(column).distance_type("cosine")
                asked[column] = self._seen.looked_into(near, column, where), least.get(column, -1.0)
            if not asked:
                return {}
            ranked, read = LOOP.run(ranked_rows(table, [*asked.values()], limit, where))  # type: ignore[no-untyped-call]
            rows = {number: json.loads(whole) for number, whole in read}
            return {n: [(rows[number], v) for number, v in own] for n, own in zip(asked, ranked, strict=True)}

    def within(self, where: Where, limit: int = 1_000_000, *, shown: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Moments by filters alone, in order of film and time; with all that is shown, or only some columns."""
        with self._told():
            table = self._open()
            if table is None:
                return []
            query = table.search()
            query = query.where(told) if (told := where.sql()) else query
            rows: list[dict[str, Any]] = query.select([*(shown or [WHOLE])]).limit(limit).to_arrow().to_pylist()
        rows = rows if shown else [json.loads(row[WHOLE]) for row in rows]
        return sorted(rows, key=lambda r: (r.get("name", ""), r["movie"], r["start"]))

    def vectors_at(self, movie: str, at: int) -> dict[str, Floats]:
        """The vectors of the moment that covers a time of a film, by column; empty where there is none."""
        with self._told():
            table = self._open()
            if table is None:
                return {}
            told = Where(movies=(movie,), times=((at, at + 1),)).sql()
            rows = table.search().where(told).select([*VECTORS]).limit(1).to_arrow().to_pylist()
            one = rows[0] if rows else {}
            return {c: np.asarray(one[c], np.float32) for c in VECTORS if one.get(c)}

    def warm(self) -> None:
        """Read into memory what every search needs, so that the first one need not wait for it; without an index, none.

        Of an index too large to stay in memory only what it is opened with, and the embedders.
        """
        with self._told():
            table = self._open()
            if table is None:
                return
            self._all(table)
            if self._seen.rows <= _WARM_ROWS:
                for index in table.list_indices():
                    table.prewarm_index(index.name)
        self.query_vectors("film")

    def _languages(self) -> list[str]:
        return [x.removeprefix("lang:") for x in self.vocabulary if x.startswith("lang:")]

    def query_vectors(self, text: str) -> dict[str, Floats]:
        """A query in the space of every vector column; empty where nothing can embed it, or only in another space."""
        with self._told():
            if self._open() is None:
                return {}
            there, found = self._seen.spaces, dict[str, Floats]()
        with self._asking:  # not the lock of writers: who asks does not wait until a film has been put in
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
                self._stems[word] = tuple(t.text for t in table.tokenize(word, column=TEXT))
        return self._stems[word]

    # The table

    def _database(self) -> Any:
        # The engine logs on its own to the terminal, also where nothing is wrong.
        os.environ.setdefault("LANCEDB_LOG", "error")
        # It keeps two cores for reading files, so that on two of them one list would wait for the other.
        os.environ.setdefault("LANCE_CPU_THREADS", str(cores_here()))
        import lancedb  # noqa: PLC0415 - heavy, and only the index needs it

        if self._session is None:
            self._session = lancedb.Session(index_cache_size_bytes=_CACHE, metadata_cache_size_bytes=_METADATA)
        return lancedb.connect(self.url, session=self._session, storage_options=options_for(self.url))

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Look once whether others have written, for all that is asked inside: each look costs some milliseconds."""
        with self._told():
            self._open(look=True)
        with self._counting:
            self._steady += 1
        try:
            yield
        finally:
            with self._counting:
                self._steady -= 1

    def _open(self, *, look: bool = False) -> Any:
        """The table as it is now, or None; what a look at it tells is then in `_seen`."""
        if self._table is not None and self._steady and not look:
            return self._table
        table = self._table  # which others go on using meanwhile
        if table is not None:
            try:
                table.checkout_latest()
            except (OSError, RuntimeError, ValueError):
                table = self._table = None  # another process made the index anew
        if table is None:
            database = self._database()
            if TABLE not in _tables(database):
                return None
            try:
                table = database.open_table(TABLE)
            except ValueError as wrong:
                if "not found" not in str(wrong):
                    raise
                return None  # another process is making it: its folder is there, and no version of it yet
            self._seen, self._known = Glimpse(-1, 0, {}), Holding()
        if (version := table.version) != self._seen.version:
            rows = table.count_rows()
            spoken = table.count_rows(SPOKEN.sql()) if rows >= VECTOR_INDEX_FROM else 0
            self._seen = Glimpse(version, rows, spaces_in(table.schema), spoken)
        self._table = table
        return table

    def _create(self) -> Any:
        from lancedb.index import FTS  # noqa: PLC0415 - heavy, and only a new index needs it

        made = {"meaning": self._embedders.texts(), "concept": self._embedders.sight()}
        spaces = {column: (one.space, one.dim) if one is not None else ("", _DIM) for column, one in made.items()}
        schema = schema_of(spaces | {"look": LOOK})
        self._table = self._database().create_table(TABLE, schema=schema, exist_ok=True)
        self._seen, self._known = Glimpse(-1, 0, {}), Holding()
        # Words by Unicode's own rules, so that languages without spaces have words too; English forms are joined.
        config = FTS(base_tokenizer="icu", language="English", stem=True, remove_stop_words=False)
        self._table.create_index(TEXT, config=config)
        return self._table

    def _in_space(self, table: Any) -> Any:
        """The table, ready for vectors of the embedders at hand; those of others are taken out, all else stays."""
        there = spaces_in(table.schema)
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
            now = spaces_in(table.schema)
            empty = {n: pa.nulls(rows.num_rows, table.schema.field(n).type) for n in VECTORS if now[n] != there[n]}
            columns = [empty[n] if n in empty else rows.column(n) for n in table.schema.names]
            table.add(pa.table(columns, schema=table.schema), on_bad_vectors="null")
        return table

    def _there(self, table: Any, movie_id: str) -> dict[str, str]:
        """The ids of a film's rows, with their keys."""
        rows = table.search().where(f"movie = '{safe(movie_id)}'").select(["id", "key"]).limit(1_000_000).to_arrow()
        return dict(zip(rows.column("id").to_pylist(), rows.column("key").to_pylist(), strict=True))

    def _tidy(self, table: Any) -> None:
        table.delete(_BLANK)  # of an update that was cut off
        self._index_large(table)
        table.optimize(cleanup_older_than=_OLD)

    def _index_large(self, table: Any) -> None:
        """Index what a table has grown large enough for, and has not."""
        from lancedb.index import Bitmap, BTree, IvfRq, LabelList  # noqa: PLC0415 - only a large index needs them

        rows = table.count_rows()
        if rows < min(FILTER_INDEX_FROM, VECTOR_INDEX_FROM):
            return
        there = {column for index in table.list_indices() for column in index.columns}
        # Not 'start' and 'end': a stretch of time takes the engine twenty times as long by both as by its minutes.
        filters = {"id": BTree(), "movie": BTree(), "year": Bitmap(), "minutes": LabelList(), "facets": LabelList()}
        for column, config in filters.items():
            if column not in there and rows >= FILTER_INDEX_FROM:
                table.create_index(column, config=config)
        for column in VECTORS:
            new = column not in there and table.count_rows(f"{column} IS NOT NULL") >= VECTOR_INDEX_FROM
            if new or _pieces(table, column) > _MOST_PIECES:
                table.create_index(column, config=IvfRq(distance_type="cosine", num_bits=BITS[column][0]), replace=True)

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


def _due(table: Any) -> bool:
    """Whether there is enough to tidy: what is not indexed is searched row by row, and every file is opened."""
    bound = max(_pieces(table, column) for column in VECTORS)
    if table.stats()["fragment_stats"]["num_small_fragments"] - bound >= _LOOSE_FILES:
        return True
    told = table.index_stats(f"{TEXT}_idx")
    return told is None or int(told.num_unindexed_rows) >= max(_LOOSE_ROWS, table.count_rows() // 100)


def _pieces(table: Any, column: str) -> int:
    """Of how many pieces a vector index is: one more each time that the table was tidied."""
    told = table.index_stats(f"{column}_idx")
    return 0 if told is None else int(told.num_indices or 0)


def _row_key(timeline: Timeline, spaces: Mapping[str, str]) -> str:
    """What a film's rows are made of: its tracks, and whose vectors."""
    return " ".join([source_key(timeline), *spaces.values()])


def _tables(database: Any) -> set[str]:
    found = database.list_tables()
    return set(getattr(found, "tables", found))
