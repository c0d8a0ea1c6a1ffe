"""The audit log: who did what, through which route, to which film, when, and with what result.

What a route tells of itself by `State.note` is one line. Requests that would change something and of which nothing was
told (refused, failed, or of no account) get a line of their own, written before the answer is sent. The log is only
added to: the database refuses anything else.
"""

from __future__ import annotations

import logging
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cinedex.app.server.asking import ASKED, Asked
from cinedex.app.server.state import State
from cinedex.errors import StoreError

_log = logging.getLogger("cinedex.server")

_SAFE = {"GET", "HEAD", "OPTIONS"}
_UNTOLD = {429}
"""Who asks too often is not told of each time: that would let them fill the log."""
_PIECES = "/v1/uploads/{number}"


class Audited:
    """Lets what is noted know its request, and notes the requests of which nothing was."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self.app, self.state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Asked(scope)
        token = ASKED.set(asked)

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and _tells(asked, message["status"]):
                await run_in_threadpool(self._note, asked, message["status"])
            await send(message)

        try:
            await self.app(scope, receive, sent if scope["method"] not in _SAFE else send)
        finally:
            ASKED.reset(token)

    def _note(self, asked: Asked, status: int) -> None:
        facts = asked.facts()
        try:
            self.state.note(facts["who"], facts["route"], "", result=str(status))
        except (
            StoreError
        ) as error:  # nothing was acknowledged that the log could lack: what is done there is told there
            _log.warning(
                "%s by %s with result %s is not in the audit log: %s", facts["route"], facts["who"], status, error
            )


def _tells(asked: Asked, status: int) -> bool:
    """Whether a line of its own is due: for what failed, and for what did not tell of itself."""
    scope = asked.scope
    if status in _UNTOLD or (status == 401 and not _brings_key(scope)):
        return False
    piece = scope["method"] == "PATCH" and getattr(scope.get("route"), "path", "") == _PIECES
    return status >= 400 or not (asked.told or piece)


def _brings_key(scope: Scope) -> bool:
    names: set[Any] = {name for name, _ in scope["headers"]}
    return bool(names & {b"authorization", b"x-api-key", b"cookie"})
