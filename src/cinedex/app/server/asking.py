"""The request that is being answered, for the audit log: what is noted anywhere below knows in whose name it is."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from starlette.types import Scope


@dataclass
class Asked:
    """The request that is being answered."""

    scope: Scope
    film: str = ""
    told: bool = False
    """Whether a line of the log tells of it."""

    def facts(self) -> dict[str, str]:
        """What of it goes into every line."""
        state = self.scope.get("state", {})
        caller, route = state.get("caller"), getattr(self.scope.get("route"), "path", "")
        return {
            "who": caller.name if caller is not None else "nobody known",
            "key_id": caller.number if caller is not None else "",
            "route": f"{self.scope['method']} {route or self.scope['path']}"[:300],
            "film": self.film or str(self.scope.get("path_params", {}).get("film", ""))[:200],
            "request": str(state.get("number", "")),
        }


ASKED: ContextVar[Asked | None] = ContextVar("asked", default=None)
"""The request in whose name something is done; None outside of requests."""


def about_film(movie: str) -> None:
    """Say which film the request is about."""
    asked = ASKED.get()
    if asked is not None:
        asked.film = movie
