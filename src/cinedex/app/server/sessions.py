"""Sessions of people who logged in: a cookie's digest and what its bearer may, in the shared state, ended at once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass

from cinedex.app.server.keys import Caller
from cinedex.app.server.state import State

LIFE_SECONDS = 12 * 3600
"""A session ends after this, however it is used: roles change at the provider."""


@dataclass(frozen=True)
class Session:
    """A session in force."""

    who: Caller
    until: float
    csrf: str
    """What requests that change something must bring in X-CSRF-Token: no other site can know it."""


class Sessions:
    """The sessions of a service. Where several libraries share a state, a session opens its service's own alone."""

    def __init__(self, state: State, library: str = "") -> None:
        self.state, self.library = state, library

    def begin(self, subject: str, name: str, scopes: frozenset[str]) -> str:
        """A new session; gives what the browser keeps, which is not kept here."""
        token, now = secrets.token_urlsafe(32), time.time()
        with self.state.writing() as db:
            db.execute("DELETE FROM session WHERE ends < ?", (now,))
            db.execute(
                "INSERT INTO session (digest, subject, name, scopes, library, ends) VALUES (?, ?, ?, ?, ?, ?)",
                (_digest(token), subject, name, " ".join(sorted(scopes)), self.library, now + LIFE_SECONDS),
            )
        self.state.note(name, "log in", subject)
        return token

    def find(self, token: str) -> Session | None:
        """Whose session a cookie is; None where it ended or never was."""
        if not token:
            return None
        digest = _digest(token)
        found = self.state.rows("SELECT name, scopes, library, ends FROM session WHERE digest = ?", digest)
        if not found or found[0]["ends"] < time.time() or found[0]["library"] != self.library:
            return None
        row = found[0]
        who = Caller(row["name"], frozenset(row["scopes"].split()), f"login-{digest[:16]}")
        return Session(who, float(row["ends"]), hmac.digest(token.encode(), b"csrf", "sha256").hex())

    def end(self, token: str) -> None:
        """Log out."""
        session = self.find(token)
        with self.state.writing() as db:
            db.execute("DELETE FROM session WHERE digest = ?", (_digest(token),))
        if session is not None:
            self.state.note(session.who.name, "log out", session.who.number)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
