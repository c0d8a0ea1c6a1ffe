"""The service's state in a PostgreSQL database (12 or later), shared by the servers of several machines.

The driver is pg8000: plain Python under the BSD licence. Its connections are kept and used by one thread at a time; one
that was lost is thrown away with those that idled beside it, since a server that was started anew ended them all.
"""

from __future__ import annotations

import queue
import re
import ssl
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cinedex.errors import StoreError, UsageError

try:
    from pg8000 import dbapi
except ImportError as missing:  # pragma: no cover - depends on what is installed
    raise UsageError(
        f"a state in PostgreSQL needs {missing.name}, which is not installed", remedy="pip install 'cinedex[postgres]'"
    ) from missing

_MOST = 16
"""Connections of a process: PostgreSQL allows 100 in all unless it is told otherwise."""
_WAIT_SECONDS = 10.0
_LOCK = 0x43494E45444558
"""The advisory lock that is held while the schema is brought up to date."""

_OPTIONS = {"sslmode", "host", "connect_timeout", "application_name"}


class Postgres:
    """A database by its URL: postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full.

    `sslmode` is disable (the default), require or verify-full; `host` may name the folder of a Unix socket.
    """

    skip_locked = " FOR UPDATE SKIP LOCKED"

    def __init__(self, url: str) -> None:
        self._how, self.name = _read(url)
        self._idle: queue.LifoQueue[_Session] = queue.LifoQueue()
        self._room = threading.BoundedSemaphore(_MOST)
        weakref.finalize(self, _empty, self._idle)

    @contextmanager
    def reading(self) -> Iterator[_Session]:
        """A connection that nobody else uses meanwhile; every statement is a transaction of its own."""
        if not self._room.acquire(timeout=_WAIT_SECONDS):
            raise StoreError(f"{self.name}: all {_MOST} connections are in use", remedy="Ask again later.")
        try:
            db = self._taken()
            try:
                yield db
            finally:
                if db.lost:
                    _empty(self._idle)
                else:
                    self._idle.put(db)
        finally:
            self._room.release()

    @contextmanager
    def writing(self) -> Iterator[_Session]:
        """One transaction. Raises StoreError, also where it is not known whether what was written was kept."""
        with self.reading() as db:
            try:
                db.execute("BEGIN")
            except StoreError:
                if not db.lost:
                    raise
                db.open(self._how)  # it was lost while it idled, and nothing was begun
                db.execute("BEGIN")
            try:
                yield db
            except BaseException:
                with suppress(StoreError):  # a lost connection has rolled back already
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextmanager
    def migrating(self) -> Iterator[_Session]:
        """A transaction that one server at a time may be in."""
        with self.writing() as db:
            db.execute("SELECT pg_advisory_xact_lock(?)", (_LOCK,))
            db.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
            yield db

    def version(self, db: Any) -> int:
        """How many steps the database has taken."""
        found = db.execute("SELECT version FROM schema_version").fetchone()
        return int(found["version"]) if found else 0

    def migrate(self, db: Any, statements: Sequence[str], version: int) -> None:
        """Take one step."""
        if version == 1:
            db.execute(_CLOCK)
            db.execute("INSERT INTO schema_version VALUES (0)")
        for statement in statements:
            if statement.startswith("KEEP "):
                table = statement.split()[1]
                db.execute(_KEEP)
                db.execute(
                    f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                    "FOR EACH STATEMENT EXECUTE FUNCTION cinedex_only_added()"
                )
            else:
                db.execute(_TYPES.sub(lambda found: _TYPE[found[0]], statement))
        db.execute("UPDATE schema_version SET version = ?", (version,))

    def _taken(self) -> _Session:
        with suppress(queue.Empty):
            return self._idle.get_nowait()
        db = _Session(self.name)
        db.open(self._how)
        return db


_CLOCK = """
CREATE OR REPLACE FUNCTION cinedex_clock() RETURNS DOUBLE PRECISION LANGUAGE sql VOLATILE AS
'SELECT EXTRACT(EPOCH FROM clock_timestamp())::DOUBLE PRECISION'
"""


_KEEP = """
CREATE OR REPLACE FUNCTION cinedex_only_added() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN RAISE EXCEPTION ''% is only added to'', TG_TABLE_NAME; END'
"""

_TYPE = {
    "BLOB": "BYTEA",
    "REAL": "DOUBLE PRECISION",
    "INTEGER PRIMARY KEY": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
}
_TYPES = re.compile("|".join(rf"\b{name}\b" for name in _TYPE))


class _Session:
    """A connection as the state uses it: `?` for values, rows as mappings, failures as StoreError."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._connection: dbapi.Connection = None
        self.lost = False

    def open(self, how: Mapping[str, Any]) -> None:
        """Connect, or connect again."""
        try:
            self._connection = dbapi.connect(**how)
        except (dbapi.Error, OSError) as error:
            raise self._failed(error) from error
        self._connection.autocommit = True  # transactions are begun by name
        self.lost = False

    def execute(self, query: str, values: Sequence[Any] = ()) -> _Rows:
        """Do one statement."""
        if self.lost:
            raise StoreError(f"{self._name}: the connection was lost", remedy="Ask again.")
        cursor = self._connection.cursor()
        try:
            cursor.execute(_spelled(query), tuple(values))
        except (dbapi.Error, OSError) as error:
            if _ending(error):
                self.close()
            raise self._failed(error) from error
        except BaseException:  # interrupted in the middle of an answer: what comes next on it would be a wrong one
            self.close()
            raise
        return _Rows(cursor)

    def close(self) -> None:
        """End the connection."""
        self.lost = True
        with suppress(Exception):  # of a broken one: whatever closing says of that is known
            self._connection.close()

    def _failed(self, error: Exception) -> StoreError:
        told = error.args[0] if error.args else type(error).__name__
        what = told.get("M", "unknown") if isinstance(told, dict) else told
        return StoreError(f"{self._name}: {what}", remedy="Is PostgreSQL running, and may this user use the database?")


def _ending(error: Exception) -> bool:
    """Whether the connection is at its end: the server says so (classes 57P and 08 of its codes), or says nothing."""
    told = error.args[0] if error.args else None
    return not isinstance(told, dict) or str(told.get("C", "")).startswith(("57P", "08"))


class _Rows:
    """What a statement gave."""

    def __init__(self, cursor: dbapi.Cursor) -> None:
        self.rowcount = cursor.rowcount
        names = [column[0] for column in cursor.description or ()]
        self._rows = iter([dict(zip(names, row, strict=True)) for row in cursor.fetchall()] if names else [])

    def fetchone(self) -> dict[str, Any] | None:
        """The next row."""
        return next(self._rows, None)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._rows


@lru_cache(maxsize=256)
def _spelled(query: str) -> str:
    return query.replace("?", "%s")


def _read(url: str) -> tuple[dict[str, Any], str]:
    """How to connect, and a name without the password. Raises UsageError."""
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError as wrong:
        raise UsageError(f"the database's address cannot be read: {wrong}") from wrong
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if unknown := sorted(set(options) - _OPTIONS):
        raise UsageError(
            f"the database's address has an unknown option {unknown[0]}", remedy=f"Known: {', '.join(sorted(_OPTIONS))}"
        )
    host = options.get("host") or unquote(parts.hostname or "localhost")
    database = unquote(parts.path.lstrip("/")) or None
    how: dict[str, Any] = {
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password) if parts.password is not None else None,
        "database": database,
        "timeout": float(options.get("connect_timeout", _WAIT_SECONDS)),
        "application_name": options.get("application_name", "cinedex"),
        "ssl_context": _tls(options.get("sslmode", "disable")),
    }
    if host.startswith("/"):
        how |= {"unix_sock": f"{host}/.s.PGSQL.{port}", "ssl_context": None}
    else:
        how |= {"host": host, "port": port}
    return how, f"postgresql://{host}:{port}/{database or ''}"


def _tls(mode: str) -> ssl.SSLContext | None:
    if mode == "disable":
        return None
    if mode == "verify-full":
        return ssl.create_default_context()
    if mode == "require":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context
    raise UsageError(f"unknown sslmode {mode}", remedy="Say disable, require or verify-full.")


def _empty(idle: queue.LifoQueue[_Session]) -> None:
    with suppress(queue.Empty):
        while True:
            idle.get_nowait().close()
