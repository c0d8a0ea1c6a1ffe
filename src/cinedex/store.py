"""Where facts are kept: immutable Parquet files and a manifest per (film, stage, key), over fsspec.

Data files are named by their own content and written first, the manifest last and only if there is none: whatever is
killed at whatever moment, an artifact is either whole or not there, and a second writer of a key loses harmlessly.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from cinedex.canonical import build, canonical, plain
from cinedex.errors import StoreError
from cinedex.timeline.movie import Movie

SCHEME = 1
"""Version of the way keys are made; raising it makes every stored artifact a miss."""

_LARGE = 1 << 20
"""Bytes from which on a file is read by several threads."""
_LISTED_SECONDS = 1.0
_SETTLED_NS = 2_000_000_000
"""Folders that changed less long ago may change again within one tick of their disk's clock (two seconds at most)."""

_NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,127}$")


def key(
    movie_id: str, stage: str, version: int, parameters: Mapping[str, Any], models: Mapping[str, str], needs: list[str]
) -> str:
    """The name of a result before it exists: hex SHA-256 of all that it depends on."""
    parts = [SCHEME, movie_id, stage, version, parameters, models, sorted(needs)]
    return hashlib.sha256(canonical(parts)).hexdigest()


Trace = tuple[tuple[str, int, int], ...]
"""What the folders of a film are like: each with its inode and when it last changed, in ns."""


@dataclass(frozen=True)
class Artifact:
    """A stored result: its manifest and, by kind, its tables."""

    manifest: Mapping[str, Any]
    tables: Mapping[str, pa.Table] = field(default_factory=dict)


class Store:
    """A library's folder or URL. Safe for any number of processes; every method may raise StoreError."""

    def __init__(self, url: str) -> None:
        try:
            self.fs, root = fsspec.core.url_to_fs(url, **({} if "://" not in url else {"use_listings_cache": False}))
        except (ImportError, ValueError) as wrong:
            raise StoreError(
                f"cannot open the library {url!r}: {wrong}",
                remedy="For s3:// or gs:// install cinedex[s3] or cinedex[gcs].",
            ) from wrong
        self.root = str(root).rstrip("/")
        self.url = url
        self._local = isinstance(self.fs, LocalFileSystem)
        self._films: dict[str, tuple[tuple[int, int, int], Movie]] = {}
        """Films as they were read, by what their files then were."""
        self._listed: tuple[tuple[int, int, int] | None, float, list[Movie]] | None = None
        """All of them, by what their folder then was, and until when: thousands are listed for every search."""

    # Films

    def put_movie(self, movie: Movie) -> None:
        """Record a film, or its new place."""
        self._write(f"films/{_safe(movie.id)}/movie.json", json.dumps(plain(movie), indent=1).encode())
        self._listed = None

    def movie(self, movie_id: str) -> Movie | None:
        """A recorded film."""
        place = f"films/{_safe(movie_id)}/movie.json"
        stamp = self._stamp(place)
        known = self._films.get(movie_id)
        if stamp is not None and known is not None and known[0] == stamp:
            return known[1]
        data = self._read(place)
        if data is None:
            self._films.pop(movie_id, None)
            return None
        movie = build(Movie, json.loads(data))
        if stamp is not None:
            self._films[movie_id] = stamp, movie
        return movie

    def movies(self) -> Iterator[Movie]:
        """Every recorded film, in order of id.

        In a folder of this machine, a film's new place that another process recorded may be seen a second late.
        """
        stamp, listed, now = self._stamp("films"), self._listed, time.monotonic()
        if listed is not None and stamp is not None and listed[0] == stamp and now < listed[1]:
            return iter(listed[2])
        films = [movie for movie_id in self._names("films") if (movie := self.movie(movie_id)) is not None]
        self._listed = stamp, now + _LISTED_SECONDS, films
        return iter(films)

    def remove_movie(self, movie_id: str) -> None:
        """Forget a film and all its facts. The film file itself is not touched."""
        with _translated("remove", movie_id):
            path = f"{self.root}/films/{_safe(movie_id)}"
            if self.fs.exists(path):
                self.fs.rm(path, recursive=True)
            self._listed = None

    # Results

    def has(self, movie_id: str, stage: str, name: str) -> bool:
        """Whether a whole artifact of that key is there."""
        with _translated("look for", name):
            return bool(self.fs.exists(f"{self.root}/{_place(movie_id, stage, name)}/manifest.json"))

    def write(
        self, movie_id: str, stage: str, name: str, tables: Mapping[str, pa.Table], manifest: Mapping[str, Any]
    ) -> None:
        """Commit an artifact; if there is one of that key already, that one stays."""
        if self.has(movie_id, stage, name):
            return  # also, a file beside it may hold rows that were taken out of it
        place = _place(movie_id, stage, name)
        kinds = {kind: self._put_table(place, kind, table) for kind, table in sorted(tables.items())}
        full = {"scheme": SCHEME, "movie": movie_id, "stage": stage, "key": name, **plain(manifest), "kinds": kinds}
        self._write(f"{place}/manifest.json", json.dumps(full, indent=1).encode(), once=True)

    def manifest(self, movie_id: str, stage: str, name: str) -> Mapping[str, Any] | None:
        """An artifact's manifest, or None."""
        data = self._read(f"{_place(movie_id, stage, name)}/manifest.json")
        return dict(json.loads(data)) if data is not None else None

    def read(self, movie_id: str, stage: str, name: str, kinds: Collection[str] | None = None) -> Artifact | None:
        """An artifact with its tables (or those of `kinds`), each checked against its sum; None where there is none."""
        manifest = self.manifest(movie_id, stage, name)
        place = _place(movie_id, stage, name)
        while manifest is not None:
            tables, missing = self._tables(place, manifest, kinds)
            now = self.manifest(movie_id, stage, name) if missing else None
            if missing and now == manifest:
                raise StoreError(
                    f"{missing} of film {movie_id}",
                    stage=stage,
                    remedy=f"Delete the folder {place} of the library and analyse the film again.",
                )
            if not missing:
                return Artifact(manifest, tables)
            manifest = now  # rows were taken out while we read
        return None

    def _tables(
        self, place: str, manifest: Mapping[str, Any], kinds: Collection[str] | None
    ) -> tuple[dict[str, pa.Table], str]:
        """The tables that a manifest names, and which file is missing or damaged, if one is."""
        tables: dict[str, pa.Table] = {}
        for kind, facts in manifest["kinds"].items():
            if kinds is not None and kind not in kinds:
                continue
            data = self._read(f"{place}/{_safe(facts['file'])}")
            if data is None or hashlib.sha256(data).hexdigest() != facts["sha256"]:
                return {}, f"{facts['file']} is {'missing' if data is None else 'damaged'}"
            # Far cheaper than `read_table` for small files, which nearly all are.
            file = pq.ParquetFile(pa.BufferReader(data), pre_buffer=False)
            tables[kind] = file.read(use_threads=len(data) > _LARGE)
        return tables, ""

    def redact(
        self, movie_id: str, stage: str, name: str, keep: Callable[[str, pa.Table], pa.Table], note: str
    ) -> dict[str, int]:
        """Take rows out of an artifact for good, under the same key; gives how many of each kind went for that note.

        `keep(kind, table)` gives the rows that stay. `note` says in the manifest what was done; what is noted already
        is only finished. New files come first, then the manifest, then the old files go: killed at any moment, either
        state is whole, and running it again ends it.
        """
        place = _place(movie_id, stage, name)
        found = self.read(movie_id, stage, name)
        if found is None:
            return {}
        manifest = dict(found.manifest)
        redacted = dict(manifest.get("redacted", {}))
        if note not in redacted:
            kinds: dict[str, Any] = {}
            gone: dict[str, int] = {}
            for kind, table in found.tables.items():
                kept = keep(kind, table)
                lost = table.num_rows - kept.num_rows
                kinds[kind] = self._put_table(place, kind, kept) if lost else manifest["kinds"][kind]
                gone |= {kind: lost} if lost else {}
            redacted[note] = gone
            manifest |= {"kinds": kinds, "redacted": redacted}
            self._write(f"{place}/manifest.json", json.dumps(manifest, indent=1).encode())
        self._sweep(place, {"manifest.json", *(f["file"] for f in manifest["kinds"].values())})
        return dict(redacted[note])

    def _sweep(self, place: str, keep: Collection[str]) -> None:
        """Delete every file of an artifact but those that are still part of it."""
        with _translated("sweep", place):
            for path in self.fs.ls(f"{self.root}/{place}", detail=False):
                if str(path).rstrip("/").rsplit("/", 1)[-1] not in keep:
                    with suppress(FileNotFoundError):
                        self.fs.rm_file(str(path))

    def _put_table(self, place: str, kind: str, table: pa.Table) -> dict[str, Any]:
        data = _parquet(table)
        digest = hashlib.sha256(data).hexdigest()
        file = f"{_safe(kind)}-{digest[:16]}.parquet"
        self._write(f"{place}/{file}", data)
        return {"file": file, "sha256": digest, "rows": table.num_rows}

    def drop(self, movie_id: str, stage: str, name: str) -> None:
        """Delete an artifact; nothing happens where there is none. The manifest goes first."""
        with _translated("delete", name):
            place = f"{self.root}/{_place(movie_id, stage, name)}"
            if self.fs.exists(f"{place}/manifest.json"):
                self.fs.rm_file(f"{place}/manifest.json")
            if self.fs.exists(place):
                self.fs.rm(place, recursive=True)

    def stages(self, movie_id: str) -> list[str]:
        """Stages of which something is stored for a film."""
        return [n for n in self._names(f"films/{_safe(movie_id)}") if n not in {"movie.json", "failed", "marks"}]

    def files(self, movie_id: str, stage: str, name: str) -> list[str]:
        """Names of the files that lie under a key, whole artifact or not."""
        return self._names(_place(movie_id, stage, name))

    def keys(self, movie_id: str, stage: str) -> list[str]:
        """Keys under which something of a stage is stored for a film, whole or not."""
        return self._names(f"films/{_safe(movie_id)}/{_safe(stage)}")

    def trace(self, movie_id: str) -> Trace | None:
        """What a film's folders are like: the same for as long as no result of it comes or goes and none fails.

        None where that is not known: of a library elsewhere than on a disk, and for two seconds after a change.
        """
        if not self._local:
            return None
        try:
            folders = [f"{self.root}/films/{_safe(movie_id)}"]
            for stage in _folders(folders[0]):
                if not stage.endswith("/marks"):
                    folders += [stage, *_folders(stage)]
            found = tuple(_traced(f) for f in folders)
        except OSError:
            return None
        return found if max(when for *_, when in found) < time.time_ns() - _SETTLED_NS else None

    def unchanged(self, trace: Trace) -> bool:
        """Whether a film's folders are still like that."""
        try:
            return all(_traced(known[0]) == known for known in trace)
        except OSError:
            return False

    # Failures

    def note_failure(self, movie_id: str, stage: str, name: str, why: str) -> None:
        """Remember that a stage failed, and why, until it succeeds."""
        self._write(
            f"films/{_safe(movie_id)}/failed/{_safe(name)}.json", json.dumps({"stage": stage, "why": why}).encode()
        )

    def failure(self, movie_id: str, name: str) -> str | None:
        """Why the result of that key failed when last tried."""
        data = self._read(f"films/{_safe(movie_id)}/failed/{_safe(name)}.json")
        return str(json.loads(data)["why"]) if data is not None else None

    def clear_failure(self, movie_id: str, name: str) -> None:
        """Forget a failure."""
        path = f"{self.root}/films/{_safe(movie_id)}/failed/{_safe(name)}.json"
        with _translated("delete", name):
            if self.fs.exists(path):
                self.fs.rm_file(path)

    # Marks

    def holds(self, place: str) -> bool:
        """Whether there is anything at a place of the library."""
        with _translated("look for", place):
            return bool(self.fs.exists(f"{self.root}/{place}"))

    def put_mark(self, movie_id: str, name: str, value: str) -> None:
        """Note something small about a film for next time; a mark may be lost without harm."""
        self._write(f"films/{_safe(movie_id)}/marks/{_safe(name)}", value.encode())

    def mark(self, movie_id: str, name: str) -> str | None:
        """What was noted."""
        data = self._read(f"films/{_safe(movie_id)}/marks/{_safe(name)}")
        return data.decode("utf-8", "replace") if data is not None else None

    # Small files

    def names(self, place: str) -> list[str]:
        """What lies at a place of the library, by name, in order; empty where there is no such place."""
        return self._names(place)

    def get(self, place: str) -> bytes | None:
        """The bytes of a small file, or None."""
        return self._read(place)

    def put(self, place: str, data: bytes, *, once: bool = False, private: bool = False) -> None:
        """Write a small file, whole or not at all; with `once` one that is there already stays as it is.

        On a disk only the owner can read one that is `private`; elsewhere the place's own rights decide.
        """
        self._write(place, data, once=once, private=private)

    def forget(self, place: str) -> bool:
        """Delete a small file; whether there was one."""
        with _translated("delete", place):
            try:
                self.fs.rm_file(f"{self.root}/{place}")
            except FileNotFoundError:
                return False
            return True

    def places(self) -> list[str]:
        """Every file of the library, in order, but those that are being written."""
        with _translated("list", self.root):
            found = [str(p) for p in self.fs.find(self.root)] if self.fs.exists(self.root) else []
        inside = [p[p.index(self.root) + len(self.root) :].lstrip("/") for p in found]
        return sorted(p for p in inside if not p.rpartition("/")[2].startswith("."))

    # Bytes

    def _names(self, place: str) -> list[str]:
        with _translated("list", place):
            path = f"{self.root}/{place}"
            if not self.fs.exists(path):
                return []
            found = (str(p).rstrip("/").rsplit("/", 1)[-1] for p in self.fs.ls(path, detail=False))
            return sorted(n for n in found if _NAME.match(n))

    def _stamp(self, place: str) -> tuple[int, int, int] | None:
        """What tells a file of this machine from what it was before; None where there is no such thing.

        A file is written aside and put in the place of the one before, so that it is another inode.
        """
        if not self._local:
            return None
        try:
            found = os.stat(f"{self.root}/{place}")  # noqa: PTH116 - a Path for each of thousands takes as long again
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self, place: str) -> bytes | None:
        with _translated("read", place):
            try:
                return bytes(self.fs.cat_file(f"{self.root}/{place}"))
            except FileNotFoundError:
                return None

    def _write(self, place: str, data: bytes, *, once: bool = False, private: bool = False) -> None:
        path = f"{self.root}/{place}"
        with _translated("write", place):
            if self._local:
                _write_local(Path(path), data, once=once, private=private)
                return
            with suppress(FileExistsError):  # the first writer of a key wins
                self.fs.pipe_file(path, data, **({"mode": "create"} if once else {}))


def _folders(path: str) -> list[str]:
    with os.scandir(path) as found:
        return sorted(f"{path}/{entry.name}" for entry in found if entry.is_dir())


def _traced(path: str) -> tuple[str, int, int]:
    found = os.stat(path)  # noqa: PTH116 - a Path for each of a hundred takes as long again
    return path, found.st_ino, found.st_mtime_ns


def _write_local(path: Path, data: bytes, *, once: bool, private: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.parent / f".{uuid.uuid4().hex}.part"
    try:
        how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(aside, how, 0o600 if private else 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if once:
            with suppress(FileExistsError):  # the first writer of a key wins
                os.link(aside, path)
            _settle(path.parent)
        else:
            aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Bring a folder's new names to the disk, so that what was acknowledged outlives a power cut."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parquet(table: pa.Table) -> bytes:
    """Bytes that depend on the rows alone: one chunk, fixed settings; times as differences, which shrinks them most."""
    out = io.BytesIO()
    times = [f.name for f in table.schema if pa.types.is_int64(f.type)]
    pq.write_table(
        table.combine_chunks(),
        out,
        compression="zstd",
        compression_level=3,
        version="2.6",
        use_dictionary=[f.name for f in table.schema if pa.types.is_string(f.type)],
        column_encoding=dict.fromkeys(times, "DELTA_BINARY_PACKED"),
    )
    return out.getvalue()


def _place(movie_id: str, stage: str, name: str) -> str:
    return f"films/{_safe(movie_id)}/{_safe(stage)}/{_safe(name)}"


def _safe(name: str) -> str:
    if not _NAME.match(name):
        raise StoreError(f"{name!r} cannot name anything in a library")
    return name


class _translated:  # noqa: N801 - reads as a word in a with statement
    """Turn what a file system raises into StoreError."""

    def __init__(self, doing: str, what: str) -> None:
        self.doing, self.what = doing, what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, StoreError) or not isinstance(error, OSError):
            return
        full = " The disk is full?" if getattr(error, "errno", None) == 28 else ""
        raise StoreError(
            f"cannot {self.doing} {self.what}: {error}", remedy=f"Check the library's place and rights.{full}"
        ) from error
