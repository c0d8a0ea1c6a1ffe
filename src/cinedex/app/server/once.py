"""The same request twice is done once: answers to POST with an `Idempotency-Key` are kept for a day.

Jobs are not kept here: their key is a column of theirs, for as long as they are.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from cinedex.app.server.problems import problem
from cinedex.app.server.service import Service, key_of, session_of
from cinedex.app.server.state import State

_KEPT_SECONDS = 86_400
_HELD_SECONDS = 600
"""A request that has not ended after this was that of a server that died."""

_LONGEST = 200
_BODY_BYTES = 4 << 20
_ELSEWHERE = ("/v1/jobs", "/v1/session", "/v1/admin/keys")
"""Whose answers are kept otherwise, or hold a secret, which is not kept at all."""


class Answers:
    """The answers that were given, in the state file."""

    def __init__(self, state: State) -> None:
        self.state = state

    def begin(self, asked: str, digest: str) -> dict[str, Any] | None:
        """What is known of this request; None where it is new, and then held for whoever asks."""
        now = time.time()
        with self.state.writing() as db:
            db.execute(
                "DELETE FROM answer WHERE at < ? OR (status = 0 AND at < ?)", (now - _KEPT_SECONDS, now - _HELD_SECONDS)
            )
            made = db.execute(
                "INSERT INTO answer VALUES (?, ?, 0, '', '', ?, ?) ON CONFLICT (asked) DO NOTHING",
                (asked, digest, b"", now),
            ).rowcount
            if not made:
                return dict(db.execute("SELECT * FROM answer WHERE asked = ?", (asked,)).fetchone())
        return None

    def keep(self, asked: str, status: int, kind: str, place: str, body: bytes) -> None:
        """The answer, for who asks again."""
        with self.state.writing() as db:
            db.execute(
                "UPDATE answer SET status = ?, kind = ?, place = ?, body = ? WHERE asked = ?",
                (status, kind, place, body, asked),
            )

    def forget(self, asked: str) -> None:
        """It did not come to an answer that holds: asking again tries again."""
        with self.state.writing() as db:
            db.execute("DELETE FROM answer WHERE asked = ?", (asked,))


class Once:
    """Keeps the answers of requests that bring a key; all others pass by."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app, self.service, self.answers = app, service, Answers(service.state)
        self._kept = BaseHTTPMiddleware(app, dispatch=self._once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        keyed = scope["type"] == "http" and scope["method"] == "POST" and not scope["path"].startswith(_ELSEWHERE)
        to = self._kept if keyed and Headers(scope=scope).get("idempotency-key") else self.app
        await to(scope, receive, send)

    async def _once(self, request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        service, answers, given = self.service, self.answers, request.headers["idempotency-key"]
        who = await run_in_threadpool(_asker, service, request)
        if who is None:  # the route says so
            return await answer(request)
        if len(given) > _LONGEST:
            return problem(422, f"an idempotency key has at most {_LONGEST} characters", request)
        if "content-length" not in request.headers:  # whose body nobody has bounded yet
            return problem(411, "with an idempotency key the length of the body is needed", request)
        asked = hashlib.sha256(f"{service.name}\n{who}\n{given}".encode()).hexdigest()
        kind = request.headers.get("content-type", "")
        told = f"{request.url.path}?{request.url.query}\n{kind}\n".encode() + await request.body()
        digest = hashlib.sha256(told).hexdigest()
        before = await run_in_threadpool(answers.begin, asked, digest)
        if before is not None:
            return _again(before, digest, request)
        try:
            response = await answer(request)
            whole = await _whole(response)
        except BaseException:
            await run_in_threadpool(answers.forget, asked)
            raise
        if 200 <= whole.status_code < 300 and len(whole.body) <= _BODY_BYTES:
            place = whole.headers.get("location", "")
            kept = (whole.status_code, whole.headers.get("content-type", ""), place, bytes(whole.body))
            await run_in_threadpool(answers.keep, asked, *kept)
        else:
            await run_in_threadpool(answers.forget, asked)
        return whole


def _asker(service: Service, request: Request) -> str | None:
    """Who asks, if they may ask at all."""
    key = key_of(request.headers.get("authorization"), request.headers.get("x-api-key"), request.cookies)
    if key:
        found = service.keys.caller(key)
        return found.number if found is not None else None
    session = session_of(service, request)
    if session is not None:
        return session.who.number
    return "here" if service.open_here else None


def _again(before: dict[str, Any], digest: str, request: Request) -> Response:
    if before["digest"] != digest:
        return problem(422, "this idempotency key was used for another request", request, remedy="Use a new one.")
    if not before["status"]:
        return problem(409, "this request is being worked on", request, {"Retry-After": "1"})
    headers = {"Idempotency-Replayed": "true"} | ({"Location": before["place"]} if before["place"] else {})
    body = None if before["status"] == 204 else before["body"]
    return Response(body, before["status"], headers, before["kind"] or None)


async def _whole(response: Response) -> Response:
    """A response with its body read, since what is kept must be known to its end."""
    if not hasattr(response, "body_iterator"):
        return response
    streaming: StreamingResponse = response  # type: ignore[assignment]  # what middleware gets is one by its form
    parts = [part if isinstance(part, bytes) else str(part).encode() async for part in streaming.body_iterator]
    made = Response(b"".join(parts), response.status_code)
    made.raw_headers = response.raw_headers
    return made
