"""The FastAPI application over a `Service`: routes, errors, headers, health, metrics and the page."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cinedex import __version__
from cinedex.app.server import (
    about,
    admin,
    asks,
    checks,
    films,
    login,
    people,
    pictures,
    playing,
    review,
    telling,
    tracks,
    uploads,
)
from cinedex.app.server.auditing import Audited
from cinedex.app.server.once import answer_once
from cinedex.app.server.openapi import describe, operation
from cinedex.app.server.pages import serve_page
from cinedex.app.server.problems import answer_problems, problem
from cinedex.app.server.service import LOOPBACK, Reader, Service, service_of

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_SAFE = {"GET", "HEAD", "OPTIONS"}

BODY_BYTES = 1 << 20
"""A request's body is refused beyond this."""


def application(service: Service, *, hosts: tuple[str, ...] = tuple(LOOPBACK)) -> FastAPI:
    """The application. `hosts` are the names under which it answers: another one is a page that rebinds its name."""

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        service.watch.open()
        service.start()
        yield
        await run_in_threadpool(service.close)
        service.watch.close()

    app = FastAPI(
        title="Cinedex",
        version=__version__,
        description="Films as facts: add, analyse, search, play, take out.",
        lifespan=living,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        generate_unique_id_function=operation,
    )
    app.state.service = service
    app.add_middleware(_Bounded)  # innermost, so that what it raises is answered as what a route raises
    answer_problems(app)
    for part in (films, playing, tracks, pictures, telling, people, checks, review, asks, uploads, admin, about, login):
        app.include_router(part.router)
    describe(app)
    answer_once(app, service)
    app.add_middleware(Audited, state=service.state)
    _watch(app, service)
    _guard(app)
    serve_page(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*hosts, "[::1]"])
    return app


class _Bounded:
    """Counts the bytes of bodies that do not say how long they are, so that none of them fills the memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _uploading(scope["method"], scope["path"]):
            await self.app(scope, receive, send)
            return
        got = 0

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > BODY_BYTES:
                raise HTTPException(413, f"a body may have {BODY_BYTES} bytes")
            return message

        await self.app(scope, counted, send)


def _uploading(method: str, path: str) -> bool:
    """Whether it is the one route that bounds its bytes itself."""
    return method == "PATCH" and path.startswith("/v1/uploads/")


def _guard(app: FastAPI) -> None:
    @app.middleware("http")
    async def guarded(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        """A number for every request, bounds, and headers that keep browsers from harm."""
        given = request.headers.get("x-request-id", "")
        fits = given.isascii() and given.replace("-", "").isalnum() and len(given) <= 64
        request.state.number = given if fits else secrets.token_hex(8)
        response = _refused(request) or await answer(request)
        headers = response.headers
        headers["X-Request-Id"] = request.state.number
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if "content-security-policy" not in headers and not request.url.path.endswith("/report"):
            headers["Content-Security-Policy"] = _POLICY  # the report carries a stricter one of its own
        return response


def _refused(request: Request) -> Response | None:
    """What is refused before anything is read of it."""
    length = request.headers.get("content-length", "0")
    uploading = _uploading(request.method, request.url.path)
    if not length.isdigit() or (int(length) > BODY_BYTES and not uploading):
        return problem(413, f"a body may have {BODY_BYTES} bytes", request)
    if request.method not in _SAFE:
        # Another site's page can make a browser send these here, and says so in one of the two.
        site, origin = request.headers.get("sec-fetch-site", "none"), request.headers.get("origin")
        own = origin is None or origin == f"{request.url.scheme}://{request.headers.get('host', '')}"
        if site not in {"none", "same-origin"} or not own:
            return problem(403, "requests of other sites are not answered", request)
    return None


def _watch(app: FastAPI, service: Service) -> None:
    """Health, metrics, and a line in the log for every request."""

    @app.middleware("http")
    async def counted(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        with service.watch.request(request.method, request.url.path, request.state.number, request.headers) as told:
            response = await answer(request)
            told(getattr(request.scope.get("route"), "path", "other"), response.status_code)
        return response

    @app.get("/healthz", tags=["operations"])
    def healthz() -> dict[str, str]:
        """Whether the process answers."""
        return {"status": "ok", "version": __version__}

    @app.get("/readyz", tags=["operations"])
    def readyz(request: Request) -> dict[str, str]:
        """Whether library and state can be read and it is not ending, else 503; a Redis that is away is told of."""
        found = service_of(request)
        if found.worker.stop.is_set():
            raise HTTPException(503, "the server is ending")
        found.state.rows("SELECT 1")
        found.library.movies()
        shared = {"redis": "here" if found.shared.answers() else "away"} if found.shared else {}
        return {"status": "ready", **shared}

    @app.get("/metrics", tags=["operations"], response_class=PlainTextResponse)
    def metrics(_: Reader) -> PlainTextResponse:
        """Counts and times for Prometheus."""
        rows = service.state.rows("SELECT state, COUNT(*) AS n, MIN(made) AS first FROM job GROUP BY state")
        oldest = next((row["first"] for row in rows if row["state"] == "queued"), None)
        told = service.watch.read({r["state"]: r["n"] for r in rows}, oldest, lambda: service.library.index.size)
        return PlainTextResponse(told, media_type="text/plain; version=0.0.4")
