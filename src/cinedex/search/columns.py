"""The index's form: its columns, and a film's moments as rows of them. The engine itself is not needed here."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa

from cinedex.models.kinds import kinds_of
from cinedex.models.tasks import LabelEmbedder
from cinedex.search.facets import labels
from cinedex.search.filters import minutes_of, year_of
from cinedex.search.moments import Moment
from cinedex.search.noises import noises_of
from cinedex.search.sights import Embedders, pooled, seen
from cinedex.search.stems import forms_of
from cinedex.timeline.rows import Vector
from cinedex.timeline.timeline import Timeline

VECTORS = ("meaning", "concept", "look")
"""The vector columns: what is said, what is seen as words tell it, and what pictures look like to one another."""

LOOK = ("efficientnet-lite2", 1280)
"""The space and length of the vectors by which like-looking pictures are found: those of the kind 'vector'."""

TEXT = "text"
"""The column of full text: every text of a moment, one a line, and the stems of what is said in its own language. In
one index of all of them, unlike in one of each, the engine can pass over what cannot be among the best."""

_TEXTS = ("words", "english", "screen", "tags", "kinds", "things", "heard", "noises")
"""What stands in it."""

SHOWN = (
    "id", "movie", "name", "start", "end", "words", "english", "language", "screen", "tags", "kinds", "things", "heard",
    "noises", "flags", "facets", "scene", "year", "picture_at",
)  # fmt: skip
"""What is told of a moment."""

WHOLE = "shown"
"""The column that has all of these as JSON: to read nineteen columns of a row takes twenty times as long as one. Only
what is filtered or counted by has a column of its own as well."""

_SPACE_KEYS = {column: f"cinedex.space.{column}".encode() for column in VECTORS}

UNTOLD = frozenset({"sound:speech", "sound:silence"})
"""Sounds of nearly every film, whose names mean other things in most queries; they can be filtered by."""


def schema_of(spaces: Mapping[str, tuple[str, int]]) -> pa.Schema:
    """The columns, with vectors of these spaces and lengths."""
    texts = {n: pa.string() for n in ("id", "movie", "key", TEXT, WHOLE)} | {"facets": pa.list_(pa.string())}
    texts["minutes"] = pa.list_(pa.int64())
    numbers = {n: pa.int64() for n in ("start", "end", "year", "scene")}
    vectors = {n: pa.list_(pa.float32(), dim) for n, (_, dim) in spaces.items()}
    named = {_SPACE_KEYS[n]: space.encode() for n, (space, _) in spaces.items()}
    return pa.schema(texts | numbers | vectors, metadata=named)


def spaces_in(schema: pa.Schema) -> dict[str, str]:
    """The space of each vector column, empty where none has been."""
    told = schema.metadata or {}
    return {column: told.get(key, b"").decode() for column, key in _SPACE_KEYS.items()}


def rows_of(timeline: Timeline, found: Sequence[Moment], key: str, schema: pa.Schema, embedders: Embedders) -> pa.Table:
    """A film's moments as rows."""
    movie = timeline.movie
    told: dict[str, Any] = {
        "id": [f"{movie.id}@{int(m.span.start)}" for m in found],
        "movie": [movie.id] * len(found),
        "name": [_plain(movie.name)] * len(found),
        "start": [int(m.span.start) for m in found],
        "end": [int(m.span.end) for m in found],
        "words": [m.words for m in found],
        "english": [m.english for m in found],
        "language": [m.language for m in found],
        "screen": [m.screen for m in found],
        "tags": [", ".join(label for label, _ in m.tags) for m in found],
        "kinds": [", ".join(kinds_of(label for label, _ in m.tags)) for m in found],
        "things": [labels(m.facets, "place", "object", "event") for m in found],
        "heard": [labels({*m.facets} - UNTOLD, "sound") for m in found],
        "noises": [", ".join(noises_of(labels({*m.facets} - UNTOLD, "sound").split(", "))) for m in found],
        "flags": [", ".join(m.flags) for m in found],
        "facets": [list(m.facets) for m in found],
        "scene": [m.scene for m in found],
        "year": [year_of(movie)] * len(found),
        "picture_at": [int(m.picture_at) for m in found],
    }
    texts = zip(*(told[n] for n in _TEXTS), strict=True)
    columns = told | _vectors(timeline, found, embedders) | {
        "key": [key] * len(found),
        "minutes": [[*minutes_of(int(m.span.start), int(m.span.end))] for m in found],
        TEXT: ["\n".join((*own, *forms_of(m.words, m.language))) for own, m in zip(texts, found, strict=True)],
        WHOLE: [
            json.dumps(dict(zip(SHOWN, values, strict=True)), ensure_ascii=False)
            for values in zip(*(told[n] for n in SHOWN), strict=True)
        ],
    }  # fmt: skip
    return pa.table([pa.array(columns[n], type=schema.field(n).type) for n in schema.names], schema=schema)


def blank_rows(ids: Collection[str], schema: pa.Schema) -> pa.Table:
    """Rows of no film with nothing in them: what takes the place of moments that are no more."""
    none = {pa.string(): "", pa.int64(): 0, pa.list_(pa.string()): [], pa.list_(pa.int64()): []}
    columns = [pa.array(sorted(ids) if f.name == "id" else [none.get(f.type)] * len(ids), type=f.type) for f in schema]
    return pa.table(columns, schema=schema)


def _vectors(timeline: Timeline, found: Sequence[Moment], embedders: Embedders) -> dict[str, list[Any]]:
    """What is said by the text embedder; what is seen as it is stored, or else by its labels; what it looks like."""
    made: dict[str, list[Any]] = {column: [None] * len(found) for column in VECTORS}
    embedder, sight = embedders.texts(), embedders.sight()
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
    looks = pooled(timeline, Vector, *LOOK, [m.span for m in found])
    if looks is not None:
        made["look"] = [vector if vector.any() else None for vector in looks]
    return made


def _plain(name: str) -> str:
    """A file's name as text: bytes that are not UTF-8 have no place in a table."""
    return name.encode("utf-8", "replace").decode("utf-8")
