"""The service's state in a SQLite file: WAL with full sync, one writer at a time, many processes of one machine."""

from __future__ import annotations

import queue
import sqlite3
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cinedex.errors import StoreError


class Sqlite:
    """The file and its connections, each used by one thread at a time."""

    skip_locked = ""  # the write lock is the whole file's: nobody else is at any row

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, str(path)
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        weakref.finalize(self, _close, self._idle)
        path.parent.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else uses meanwhile."""
        try:
            db = self._idle.get_nowait()
        except queue.Empty:
            db = self._opened()
        try:
            yield db
        except (sqlite3.OperationalError, sqlite3.IntegrityError) as error:
            raise self._failed(error) from error
        finally:
            self._idle.put(db)

    def _opened(self) -> sqlite3.Connection:
        try:
            db = sqlite3.connect(self.path, timeout=10, isolation_level=None, check_same_thread=False)
            db.row_factory = sqlite3.Row
            db.create_function("cinedex_clock", 0, time.time)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")  # what was acknowledged outlives a power cut
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return db

    def _failed(self, error: sqlite3.Error) -> StoreError:
        return StoreError(f"{self.path}: {error}", remedy="Is the disk full, or the file locked?")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that holds the file's write lock from its beginning. Raises StoreError."""
        with self.reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    migrating = writing

    def version(self, db: Any) -> int:
        """How many steps the file has taken."""
        return int(db.execute("PRAGMA user_version").fetchone()[0])

    def migrate(self, db: Any, statements: Sequence[str], version: int) -> None:
        """Take one step."""
        for statement in statements:
            if statement.startswith("KEEP "):
                table = statement.split()[1]
                for act in ("UPDATE", "DELETE"):
                    db.execute(
                        f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                        f"BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
                    )
            else:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {version}")


def _close(idle: queue.LifoQueue[sqlite3.Connection]) -> None:
    while not idle.empty():
        idle.get_nowait().close()
