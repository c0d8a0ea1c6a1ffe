"""Sessions of questions: what the last answer was about, kept under a name so that the next question can lean on it.

The library keeps them itself, or Redis does where one is configured, so that several servers share them; whoever wants
them elsewhere can set something else that satisfies `Sessions`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from cinedex import redis
from cinedex.errors import UsageError
from cinedex.search.follow import Spot, Turn
from cinedex.store import Store
from cinedex.timeline.time import Time

PLACE = "sessions"

KEPT = timedelta(days=1)
"""How long a session that nobody goes on with is remembered."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")


class Sessions(Protocol):
    """Where the last turn of each session is kept. Names are checked before they get here."""

    def turn(self, name: str) -> Turn | None:
        """The last turn; None for a session that is new, forgotten or too old."""

    def put(self, name: str, turn: Turn) -> None:
        """Keep a turn in place of the one before."""

    def forget(self, name: str) -> None:
        """Begin a session anew."""


def checked(name: str) -> str:
    """A session's name. Raises UsageError for one that could be anything else."""
    if not _NAME.match(name):
        raise UsageError(
            f"{name!r} cannot name a session", remedy="Use up to 64 small letters, digits, hyphens and underscores."
        )
    return name


class StoredSessions:
    """Sessions as small files of a library. Of two that write at once the last one counts."""

    def __init__(self, store: Store, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store, self._clock = store, clock

    def turn(self, name: str) -> Turn | None:
        """The last turn. What cannot be read is as if it had never been."""
        data = self._store.get(self._place(name))
        if data is None:
            return None
        told = _read(data)
        try:
            if self._clock() - datetime.fromisoformat(told["at"]) > KEPT:
                self.forget(name)
                return None
        except (ValueError, TypeError, KeyError):
            return None
        return _turn(told)

    def put(self, name: str, turn: Turn) -> None:
        """Keep a turn."""
        told = {"at": self._clock().isoformat(), **_told(turn)}
        self._store.put(self._place(name), json.dumps(told).encode())

    def forget(self, name: str) -> None:
        """Delete it."""
        self._store.forget(self._place(name))

    def _place(self, name: str) -> str:
        return f"{PLACE}/{checked(name)}.json"


class RedisSessions:
    """Sessions in a Redis, for every server of one library. Of two that write at once the last one counts.

    `library` is the library's address; servers that give the same one share its sessions, others' they do not see.
    Raises StoreError where the Redis cannot be reached.
    """

    def __init__(self, url: str, library: str) -> None:
        self._url, self._client = url, redis.connect(url)
        self._of = hashlib.sha256(library.encode("utf-8", "replace")).hexdigest()[:16]

    def turn(self, name: str) -> Turn | None:
        """The last turn. What cannot be read is as if it had never been."""
        with redis.told(self._url):
            data = self._client.get(self._key(name))
        return _turn(_read(data)) if isinstance(data, bytes) else None

    def put(self, name: str, turn: Turn) -> None:
        """Keep a turn."""
        with redis.told(self._url):
            self._client.set(self._key(name), json.dumps(_told(turn)), ex=KEPT)

    def forget(self, name: str) -> None:
        """Delete it."""
        with redis.told(self._url):
            self._client.delete(self._key(name))

    def _key(self, name: str) -> str:
        return f"{redis.PREFIX}session:{self._of}:{checked(name)}"


def _told(turn: Turn) -> dict[str, Any]:
    spots = [[s.movie, int(s.start), int(s.end)] for s in turn.spots]
    return {"spots": spots, "people": [*turn.people]}


def _read(data: bytes) -> dict[str, Any]:
    """What was kept; empty for what cannot be read."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _turn(told: dict[str, Any]) -> Turn | None:
    try:
        spots = tuple(Spot(str(m), Time(int(a)), Time(int(b))) for m, a, b in told["spots"] if int(a) <= int(b))
        return Turn(spots, tuple(str(p) for p in told["people"]))
    except (ValueError, TypeError, KeyError):
        return None
