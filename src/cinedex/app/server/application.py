"""The FastAPI application over a `Service`: routes, errors, headers, health, metrics and the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
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
from cinedex.app.server.around import BODY_BYTES, Guarded, Watched, uploading
from cinedex.app.server.auditing import Audited
from cinedex.app.server.once import Once
from cinedex.app.server.openapi import describe, operation
from cinedex.app.server.pages import serve_page
from cinedex.app.server.problems import answer_problems
from cinedex.app.server.service import LOOPBACK, Given, Reader, Service


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
        app.router.routes += part.router.routes  # flat: a router of routers is walked through twice for each request
    describe(app)
    app.add_middleware(Once, service=service)
    app.add_middleware(Audited, state=service.state)
    app.add_middleware(Watched, watch=service.watch)
    app.add_middleware(Guarded)
    _watch(app, service)
    serve_page(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*hosts, "[::1]"])
    return app


class _Bounded:
    """Counts the bytes of bodies that do not say how long they are, so that none of them fills the memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or uploading(scope["method"], scope["path"]):
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


def _watch(app: FastAPI, service: Service) -> None:
    """Health and metrics."""

    @app.get("/healthz", tags=["operations"])
    def healthz() -> dict[str, str]:
        """Whether the process answers."""
        return {"status": "ok", "version": __version__}

    @app.get("/readyz", tags=["operations"])
    def readyz(found: Given) -> dict[str, str]:
        """Whether library and state can be read and it is not ending, else 503; a Redis that is away is told of."""
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
