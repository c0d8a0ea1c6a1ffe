"""API keys: made once, shown once, kept as digests; each with scopes, revoked at once."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any, Literal, get_args

from cinedex.app.server.state import Session, State
from cinedex.errors import NotFoundError, UsageError

Scope = Literal["read", "analyse", "review", "admin"]

SCOPES: tuple[Scope, ...] = get_args(Scope)

Role = Literal["viewer", "analyst", "reviewer", "owner"]

ROLES: dict[Role, tuple[Scope, ...]] = {
    "viewer": ("read",),
    "analyst": ("read", "analyse"),
    "reviewer": ("read", "review"),
    "owner": ("admin",),
}
"""Names for scopes that go together."""

_PREFIX = "cdx"
_COMMAND_LINE = "command line"
_KNOWN_SECONDS = 1.0
_MOST_KNOWN = 10_000
_IN_FORCE = "(revoked IS NULL OR revoked > cinedex_clock())"


@dataclass(frozen=True)
class Caller:
    """Who asks, and what they may do."""

    name: str
    scopes: frozenset[str]
    number: str = "here"
    """The key's id, which is no secret."""

    def may(self, scope: Scope) -> bool:
        """Whether the scope is theirs; an admin may do everything."""
        return scope in self.scopes or "admin" in self.scopes


ANYBODY_HERE = Caller("this machine", frozenset(SCOPES))
"""Whoever reaches a service that listens on loopback alone and has no keys."""


class Keys:
    """The keys of a service. Where several libraries share a state, `library` is the name of this service's own."""

    def __init__(self, state: State, library: str = "") -> None:
        self.state, self.library = state, library
        self._known: dict[bytes, tuple[float, Caller]] = {}

    @property
    def any(self) -> bool:
        """Whether a key is in force."""
        return bool(self.state.rows(f"SELECT 1 FROM api_key WHERE {_IN_FORCE} LIMIT 1"))  # noqa: S608 - a constant

    def create(
        self,
        name: str,
        scopes: tuple[str, ...] = (),
        *,
        role: Role | None = None,
        libraries: tuple[str, ...] = (),
        by: str = _COMMAND_LINE,
    ) -> str:
        """A new key: the only time that it is seen. It opens the `libraries` named, or every one.

        Raises UsageError for a scope that there is not.
        """
        wanted = {*scopes, *(ROLES[role] if role else ())}
        unknown = sorted(wanted - set(SCOPES))
        if unknown or not wanted:
            raise UsageError(
                f"no such scope: {', '.join(unknown) or '(none)'}", remedy=f"Say some of {', '.join(SCOPES)}."
            )
        if not name.strip() or len(name) > 100:
            raise UsageError("a key needs a name of at most 100 letters")
        with self.state.writing() as db:
            key, number = _insert(db, name.strip(), " ".join(sorted(wanted)), json.dumps(sorted(set(libraries))))
            self.state.note_in(db, by, "create key", f"{number} {name}")
        return key

    def caller(self, key: str) -> Caller | None:
        """Whose key this is; None for one that is unknown, revoked or of other libraries. Compares in constant time.

        Who is known is known for a second: another server's revoking is heard of within it, one's own at once.
        """
        digest, now = _digest(key), time.monotonic()
        until, known = self._known.get(digest, (0.0, None))
        if known is not None and now < until:
            return known
        found = self._looked_up(key)
        if found is not None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[digest] = now + _KNOWN_SECONDS, found
        return found

    def remembers(self, key: str) -> bool:
        """Whether `caller` need not ask the state, if it is called at once."""
        until, _ = self._known.get(_digest(key), (0.0, None))
        return time.monotonic() < until - _KNOWN_SECONDS / 10

    def _looked_up(self, key: str) -> Caller | None:
        prefix, _, rest = key.partition("_")
        number, _, secret = rest.partition("_")
        found = self.state.rows(
            f"SELECT digest, name, scopes, libraries FROM api_key WHERE id = ? AND {_IN_FORCE}",  # noqa: S608 - a constant
            number,
        )
        known = found[0]["digest"] if found and prefix == _PREFIX else bytes(32)
        if not hmac.compare_digest(_digest(secret), known):
            return None
        libraries = json.loads(found[0]["libraries"])
        if libraries and self.library not in libraries:
            return None
        return Caller(found[0]["name"], frozenset(found[0]["scopes"].split()), number)

    def rotate(self, number: str, *, grace: float = 0.0, by: str = _COMMAND_LINE) -> str:
        """A new key that may what an old one may, which ends `grace` seconds from now. Raises NotFoundError."""
        with self.state.writing() as db:
            old = db.execute("SELECT name, scopes, libraries FROM api_key WHERE id = ?", (number,)).fetchone()
            ended = db.execute(
                f"UPDATE api_key SET revoked = cinedex_clock() + ? WHERE id = ? AND {_IN_FORCE}",  # noqa: S608 - a constant
                (grace, number),
            ).rowcount
            if not ended:
                raise _no_key(number)
            key, new = _insert(db, old["name"], old["scopes"], old["libraries"])
            self.state.note_in(db, by, "rotate key", f"{number} {new}")
        self._known.clear()
        return key

    def revoke(self, number: str, *, by: str = _COMMAND_LINE) -> None:
        """End a key now. Raises NotFoundError."""
        with self.state.writing() as db:
            changed = db.execute(
                f"UPDATE api_key SET revoked = cinedex_clock() WHERE id = ? AND {_IN_FORCE}",  # noqa: S608 - a constant
                (number,),
            ).rowcount
            if not changed:
                raise _no_key(number)
            self.state.note_in(db, by, "revoke key", number)
        self._known.clear()

    def list(self) -> list[dict[str, Any]]:
        """Every key without its secret."""
        found = self.state.rows("SELECT id, name, scopes, libraries, made, revoked FROM api_key ORDER BY made")
        return [row | {"libraries": json.loads(row["libraries"])} for row in found]


def _insert(db: Session, name: str, scopes: str, libraries: str) -> tuple[str, str]:
    number, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    db.execute(
        "INSERT INTO api_key (id, digest, name, scopes, libraries, made) VALUES (?, ?, ?, ?, ?, cinedex_clock())",
        (number, _digest(secret), name, scopes, libraries),
    )
    return f"{_PREFIX}_{number}_{secret}", number


def _no_key(number: str) -> NotFoundError:
    return NotFoundError(f"no key {number!r} is in force", remedy="`cinedex keys list` names them.")


def _digest(secret: str) -> bytes:
    """A key is 32 random bytes, so that one round of a fast hash is as good as many of a slow one."""
    return hashlib.sha256(secret.encode()).digest()
