"""The library of `bench server`: synthetic films, and one real one that is analysed over and over under new names."""

from __future__ import annotations

import struct
from pathlib import Path

import pyarrow as pa

from bench._library import labels
from bench._server_films import Clustered, films, lines
from cinedex.app.sample import make_sample
from cinedex.library import Library
from cinedex.models.concepts import Concepts
from cinedex.search.columns import rows_of
from cinedex.search.index import Index
from cinedex.search.moments import moments as found_in
from cinedex.search.moments import source_key
from cinedex.settings import Settings

_AT_ONCE = 100
"""Films that are put into the index together."""

READY = "whole"
"""A file that is there once the library is."""


def make_library(folder: Path, count: int, moments: int) -> None:
    """A library of so many films with so many moments each, in `folder`/library, unless it is there already."""
    place = folder / "library"
    told = f"{count} {moments}"
    if (place / READY).exists() and (place / READY).read_text() == told:
        return
    library = Library(place, settings=Settings.from_env(offline=True))
    embedder = Clustered()
    Concepts(embedder).embed_labels([[(x, 1.0)] for x in labels()])
    embedder.embed_texts(lines()[:1])
    index = Index(f"{library.store.url.rstrip('/')}/index", lambda: embedder)
    table, spaces = index._create(), index._embedders.spaces()  # noqa: SLF001 - film by film this takes half an hour
    waiting: list[pa.Table] = []
    for timeline in films(count * moments, moments):
        library.store.put_movie(timeline.movie)
        key = " ".join([source_key(timeline), *spaces.values()])
        waiting.append(rows_of(timeline, found_in(timeline), key, table.schema, index._embedders))  # noqa: SLF001
        if len(waiting) == _AT_ONCE:
            table.add(pa.concat_tables(waiting), on_bad_vectors="null")
            waiting.clear()
    if waiting:
        table.add(pa.concat_tables(waiting), on_bad_vectors="null")
    index.compact()
    (place / READY).write_text(told)


def real_film(folder: Path) -> Path:
    """The sample film: half a minute of free footage and speech."""
    path = folder / "films" / "sample.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        make_sample(path, Settings.from_env().cache / "models", offline=True)
    return path


def copy_of(film: Path, number: int) -> Path:
    """The same film as another file: a box at its end, which players pass over, makes its content another."""
    path = film.with_name(f"copy {number}.mp4")
    mark = f"copy {number}".encode()
    path.write_bytes(film.read_bytes() + struct.pack(">I4s", 8 + len(mark), b"free") + mark)
    return path
