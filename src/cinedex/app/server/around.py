"""What stands around every request: its number, bounds and safe headers, and what is counted and logged of it.

Plain ASGI: Starlette's middleware of functions hands each piece of an answer through two queues of its own, which took
half of the server's time while films were played.
"""

from __future__ import annotations

import secrets

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cinedex.app.server.problems import problem
from cinedex.app.server.watching import Watch

BODY_BYTES = 1 << 20
"""A request's body is refused beyond this."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SAFE = {"GET", "HEAD", "OPTIONS"}
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guarded:
    """A number for every request, bounds, and headers that keep browsers from harm."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        given = request.headers.get("x-request-id", "")
        fits = given.isascii() and given.replace("-", "").isalnum() and len(given) <= 64
        request.state.number = given if fits else secrets.token_hex(8)

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request.state.number
                for name, value in _ALWAYS.items():
                    headers[name] = value
                if "content-security-policy" not in headers and not request.url.path.endswith("/report"):
                    headers["Content-Security-Policy"] = _POLICY  # the report carries a stricter one of its own
            await send(message)

        await (_refused(request) or self.app)(scope, receive, headed)


class Watched:
    """Counts, times and logs every request, when its answer begins."""

    def __init__(self, app: ASGIApp, watch: Watch) -> None:
        self.app, self.watch = app, watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        with self.watch.request(request.method, request.url.path, request.state.number, request.headers) as told:

            async def began(message: Message) -> None:
                if message["type"] == "http.response.start":
                    told(getattr(scope.get("route"), "path", "other"), message["status"])
                await send(message)

            await self.app(scope, receive, began)


def uploading(method: str, path: str) -> bool:
    """Whether it is the one route that bounds its bytes itself."""
    return method == "PATCH" and path.startswith("/v1/uploads/")


def _refused(request: Request) -> Response | None:
    """What is refused before anything is read of it."""
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or (int(length) > BODY_BYTES and not uploading(request.method, request.url.path)):
        return problem(413, f"a body may have {BODY_BYTES} bytes", request)
    if request.method not in _SAFE:
        # Another site's page can make a browser send these here, and says so in one of the two.
        site, origin = request.headers.get("sec-fetch-site", "none"), request.headers.get("origin")
        own = origin is None or origin == f"{request.url.scheme}://{request.headers.get('host', '')}"
        if site not in {"none", "same-origin"} or not own:
            return problem(403, "requests of other sites are not answered", request)
    return None
