"""API keys: made once, shown once, kept as digests; each with scopes, revoked at once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Literal, get_args

from cinedex.app.server.state import State
from cinedex.errors import NotFoundError, UsageError

Scope = Literal["read", "analyse", "review", "admin"]

SCOPES: tuple[Scope, ...] = get_args(Scope)

_PREFIX = "cdx"


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
    """The keys of a service."""

    def __init__(self, state: State) -> None:
        self.state = state

    @property
    def any(self) -> bool:
        """Whether a key is in force."""
        return bool(self.state.rows("SELECT 1 FROM api_key WHERE revoked IS NULL LIMIT 1"))

    def create(self, name: str, scopes: tuple[str, ...]) -> str:
        """A new key: the only time that it is seen. Raises UsageError for a scope that there is not."""
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown or not scopes:
            raise UsageError(
                f"no such scope: {', '.join(unknown) or '(none)'}", remedy=f"Say some of {', '.join(SCOPES)}."
            )
        if not name.strip() or len(name) > 100:
            raise UsageError("a key needs a name of at most 100 letters")
        number, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        with self.state.writing() as db:
            db.execute(
                "INSERT INTO api_key VALUES (?, ?, ?, ?, ?, NULL)",
                (number, _digest(secret), name.strip(), " ".join(sorted(set(scopes))), time.time()),
            )
            db.execute(
                "INSERT INTO audit VALUES (?, ?, 'create key', ?)", (time.time(), "command line", f"{number} {name}")
            )
        return f"{_PREFIX}_{number}_{secret}"

    def caller(self, key: str) -> Caller | None:
        """Whose key this is; None for one that is unknown or revoked. Compares in constant time."""
        prefix, _, rest = key.partition("_")
        number, _, secret = rest.partition("_")
        found = self.state.rows("SELECT digest, name, scopes FROM api_key WHERE id = ? AND revoked IS NULL", number)
        known = found[0]["digest"] if found and prefix == _PREFIX else bytes(32)
        if not hmac.compare_digest(_digest(secret), known):
            return None
        return Caller(found[0]["name"], frozenset(found[0]["scopes"].split()), number)

    def revoke(self, number: str) -> None:
        """End a key now. Raises NotFoundError."""
        with self.state.writing() as db:
            changed = db.execute(
                "UPDATE api_key SET revoked = ? WHERE id = ? AND revoked IS NULL", (time.time(), number)
            ).rowcount
            db.execute("INSERT INTO audit VALUES (?, ?, 'revoke key', ?)", (time.time(), "command line", number))
        if not changed:
            raise NotFoundError(f"no key {number!r} is in force", remedy="`cinedex keys list` names them.")

    def list(self) -> list[dict[str, object]]:
        """Every key without its secret."""
        return self.state.rows("SELECT id, name, scopes, made, revoked FROM api_key ORDER BY made")


def _digest(secret: str) -> bytes:
    """A key is 32 random bytes, so that one round of a fast hash is as good as many of a slow one."""
    return hashlib.sha256(secret.encode()).digest()
