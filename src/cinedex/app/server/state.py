"""What the service remembers beside the library: jobs, API keys, answers given and the audit log.

One schema over two engines: a SQLite file for one machine, a PostgreSQL database for several. Both speak the SQL that
is written here, with `?` for values and `cinedex_clock()` for seconds since 1970 by one clock for all servers.
The facts about films are in the library; lose this and no fact is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from cinedex.app.server.asking import ASKED
from cinedex.app.server.sqlite import Sqlite
from cinedex.errors import StoreError, UsageError

SCHEMA: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE job (
            id TEXT PRIMARY KEY, movie TEXT NOT NULL, film TEXT NOT NULL, stages TEXT NOT NULL, priority INTEGER NOT
            NULL, state TEXT NOT NULL, fraction REAL NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '', progress TEXT
            NOT NULL DEFAULT '{}', attempt INTEGER NOT NULL
            DEFAULT 0, owner TEXT NOT NULL DEFAULT '', lease REAL NOT NULL DEFAULT 0, made REAL NOT NULL, changed REAL
            NOT NULL, asked TEXT UNIQUE
        )
        """,
        "CREATE INDEX job_next ON job (state, priority DESC, made)",
        """
        CREATE TABLE api_key (
            id TEXT PRIMARY KEY, digest BLOB NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, made REAL NOT NULL,
            revoked REAL
        )
        """,
        "CREATE TABLE audit (at REAL NOT NULL, who TEXT NOT NULL, did TEXT NOT NULL, what TEXT NOT NULL)",
    ),
    (
        """
        CREATE TABLE answer (
            asked TEXT PRIMARY KEY, digest TEXT NOT NULL, status INTEGER NOT NULL, kind TEXT NOT NULL, place TEXT NOT
            NULL, body BLOB NOT NULL, at REAL NOT NULL
        )
        """,
    ),
    (
        """
        CREATE TABLE act (
            number INTEGER PRIMARY KEY, at REAL NOT NULL, who TEXT NOT NULL, key_id TEXT NOT NULL DEFAULT '', did TEXT
            NOT NULL, what TEXT NOT NULL, route TEXT NOT NULL DEFAULT '', film TEXT NOT NULL DEFAULT '', result TEXT NOT
            NULL DEFAULT 'done', request TEXT NOT NULL DEFAULT '', library TEXT NOT NULL DEFAULT ''
        )
        """,
        "INSERT INTO act (at, who, did, what) SELECT at, who, did, what FROM audit ORDER BY at",
        "DROP TABLE audit",
        "ALTER TABLE act RENAME TO audit",
        "CREATE INDEX audit_film ON audit (film, number)",
        "KEEP audit",
        "ALTER TABLE job ADD COLUMN library TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE api_key ADD COLUMN libraries TEXT NOT NULL DEFAULT '[]'",
    ),
    (
        """
        CREATE TABLE session (
            digest TEXT PRIMARY KEY, subject TEXT NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, library TEXT NOT
            NULL, ends REAL NOT NULL
        )
        """,
    ),
)
"""Statements for each version: a state of an earlier one is brought up to this one, step by step. Never edit a step.

`KEEP table` lets a table only be added to.
"""


class Rows(Protocol):
    """What a statement gave; a row is a mapping by column."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...


class Session(Protocol):
    """A connection that nobody else uses meanwhile."""

    def execute(self, query: str, values: Sequence[Any] = ..., /) -> Rows: ...


class Engine(Protocol):
    """A database. Every failure of it is a StoreError, which heals."""

    name: str
    """What it is, for messages: without a password."""
    skip_locked: str
    """What is added to a SELECT so that rows others are at are left out, and those found are held."""

    def reading(self) -> AbstractContextManager[Session]: ...
    def writing(self) -> AbstractContextManager[Session]: ...
    def migrating(self) -> AbstractContextManager[Session]: ...
    def version(self, db: Session) -> int: ...
    def migrate(self, db: Session, statements: Sequence[str], version: int) -> None: ...


def engine_at(place: Path | str) -> Engine:
    """The engine of a file's path or of a postgresql:// URL. Raises UsageError."""
    text = str(place)
    if text.startswith(("postgresql://", "postgres://")):
        from cinedex.app.server.postgres import Postgres  # noqa: PLC0415 - an extra

        return Postgres(text)
    if "://" in text:
        raise UsageError(
            f"no state can be kept at a {text.partition('://')[0]} address",
            remedy="Give a file's path, or postgresql://USER:PASSWORD@HOST/DATABASE.",
        )
    return Sqlite(Path(place))


class State:
    """The service's memory, brought up to this version's form. Several processes may share it.

    Raises StoreError where it cannot be reached, or was written by a newer Cinedex.
    """

    library = ""
    """The library of the server that uses this, by name: it is written into every line of the audit log."""

    def __init__(self, place: Path | str) -> None:
        self.engine = engine_at(place)
        with self.engine.migrating() as db:
            version = self.engine.version(db)
            if version > len(SCHEMA):
                raise StoreError(
                    f"{self.engine.name} was written by a newer Cinedex (its form is {version}, this one knows "
                    f"{len(SCHEMA)})",
                    remedy="Use that one, or another state.",
                )
            for number, statements in enumerate(SCHEMA[version:], version + 1):
                self.engine.migrate(db, statements, number)

    def reading(self) -> AbstractContextManager[Session]:
        """A connection that nobody else uses meanwhile."""
        return self.engine.reading()

    def writing(self) -> AbstractContextManager[Session]:
        """One transaction: all of it is kept, outliving a power cut, or nothing. Raises StoreError."""
        return self.engine.writing()

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What a query gives that changes nothing."""
        try:
            with self.reading() as db:
                return [dict(row) for row in db.execute(query, values)]
        except StoreError:  # the server was started anew, and our connection is of before
            with self.reading() as db:
                return [dict(row) for row in db.execute(query, values)]

    def note(self, who: str, did: str, what: str, result: str = "done") -> None:
        """Write a line into the audit log, with what is known of the request that is being answered."""
        with self.writing() as db:
            self.note_in(db, who, did, what, result)

    def note_in(self, db: Session, who: str, did: str, what: str, result: str = "done") -> None:
        """The same as part of a transaction."""
        asked = ASKED.get()
        told = {"key_id": "", "route": "", "film": "", "request": ""} | (asked.facts() if asked is not None else {})
        db.execute(
            "INSERT INTO audit (at, who, key_id, did, what, route, film, result, request, library) VALUES "
            "(cinedex_clock(), ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                who, told["key_id"], did, what[:2000], told["route"], told["film"], result, told["request"],
                self.library,
            ),
        )  # fmt: skip
        if asked is not None:
            asked.told = True

    def audited(
        self,
        having: Mapping[str, str],
        *,
        since: float | None = None,
        until: float | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[dict[str, Any]]:
        """Lines of the audit log, the latest first; `having` are columns and what they must be, where not empty."""
        known = {"who", "key_id", "did", "film", "route", "result"}
        asked: list[tuple[str, Any]] = [(f"{n} = ?", v) for n, v in having.items() if v and n in known]
        bounds = (("at >= ?", since), ("at < ?", until), ("number < ?", before))
        asked += [(part, value) for part, value in bounds if value is not None]
        where = f"WHERE {' AND '.join(part for part, _ in asked)}" if asked else ""
        query = f"SELECT * FROM audit {where} ORDER BY number DESC LIMIT ?"  # noqa: S608 - names of ours
        return self.rows(query, *(value for _, value in asked), limit)
