"""What the service remembers beside the library: jobs, API keys and the audit log, in one SQLite file.

The facts about films are in the library; lose this file and no fact is lost.
"""

from __future__ import annotations

import queue
import sqlite3
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cinedex.errors import StoreError

_SCHEMA = (
    """
    CREATE TABLE job (
        id TEXT PRIMARY KEY, movie TEXT NOT NULL, film TEXT NOT NULL, stages TEXT NOT NULL, priority INTEGER NOT NULL,
        state TEXT NOT NULL, fraction REAL NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '', progress TEXT
        NOT NULL DEFAULT '{}', attempt INTEGER NOT NULL
        DEFAULT 0, owner TEXT NOT NULL DEFAULT '', lease REAL NOT NULL DEFAULT 0, made REAL NOT NULL, changed REAL NOT
        NULL, asked TEXT UNIQUE
    );
    CREATE INDEX job_next ON job (state, priority DESC, made);
    CREATE TABLE api_key (
        id TEXT PRIMARY KEY, digest BLOB NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, made REAL NOT NULL,
        revoked REAL
    );
    CREATE TABLE audit (at REAL NOT NULL, who TEXT NOT NULL, did TEXT NOT NULL, what TEXT NOT NULL);
    """,
    """
    CREATE TABLE answer (
        asked TEXT PRIMARY KEY, digest TEXT NOT NULL, status INTEGER NOT NULL, kind TEXT NOT NULL, place TEXT NOT NULL,
        body BLOB NOT NULL, at REAL NOT NULL
    );
    """,
)
"""One script a version: a file of an earlier version is brought up to this one, step by step."""


class State:
    """The file and its connections, each used by one thread at a time. Several processes may share the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        weakref.finalize(self, _close, self._idle)
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.writing() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(_SCHEMA):
                raise StoreError(f"{path} was written by a newer Cinedex", remedy="Use that one, or another file.")
            for script in _SCHEMA[version:]:
                for statement in filter(str.strip, script.split(";")):
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {len(_SCHEMA)}")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else uses meanwhile."""
        try:
            db = self._idle.get_nowait()
        except queue.Empty:
            db = self._opened()
        try:
            yield db
        finally:
            self._idle.put(db)

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=10, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # what was acknowledged outlives a power cut
        return db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that holds the file's write lock from its beginning. Raises StoreError."""
        with self.reading() as db:
            try:
                db.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise StoreError(f"{self.path}: {error}", remedy="Is the disk full, or the file locked?") from error
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What a query gives."""
        with self.reading() as db:
            return [dict(row) for row in db.execute(query, values)]

    def note(self, who: str, did: str, what: str) -> None:
        """Write a line into the audit log."""
        with self.writing() as db:
            db.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (time.time(), who, did, what))


def _close(idle: queue.LifoQueue[sqlite3.Connection]) -> None:
    while not idle.empty():
        idle.get_nowait().close()
