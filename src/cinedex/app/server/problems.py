"""Every error as a problem-details answer (RFC 9457) that says what happened and what to do."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Route

from cinedex.errors import CinedexError

_log = logging.getLogger("cinedex.server")


class RefusedError(CinedexError):
    """Nobody may do this without a key, or with this one."""

    status = 403


class UnknownKeyError(CinedexError):
    """The key is missing or is no key of ours."""

    status = 401


class TooManyError(CinedexError):
    """A caller asks more often than they may; `seconds` says when to ask again."""

    status = 429

    def __init__(self, what: str, *, seconds: float = 1.0, remedy: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.seconds = seconds


def problem(
    status: int, detail: str, request: Request, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """One answer; `type` is about:blank, so that `title` is the status' own."""
    body = _facts(status, detail, request, more)
    return JSONResponse(body, status, dict(headers or {}), "application/problem+json")


def _facts(status: int, detail: str, request: Request, more: Mapping[str, Any]) -> dict[str, Any]:
    title = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Client Closed Request"
    path = request.url.path
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": path, **more}
    number = getattr(request.state, "number", None)
    return body | ({"request": number} if number else {})


def problem_facts(error: CinedexError, request: Request) -> dict[str, Any]:
    """What went wrong, for an answer that has begun already."""
    return _facts(error.status, error.what, request, _more(error))


def _more(error: CinedexError) -> dict[str, Any]:
    facts = {"film": error.film, "stage": error.stage, "remedy": error.remedy or None}
    return {name: value for name, value in facts.items() if value is not None}


def answer_problems(app: FastAPI) -> None:
    """Answer every error of an application so."""

    @app.exception_handler(CinedexError)
    async def _ours(request: Request, error: CinedexError) -> JSONResponse:
        headers = {"WWW-Authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else {}
        if isinstance(error, TooManyError):
            headers["Retry-After"] = str(max(1, math.ceil(error.seconds)))
        return problem(error.status, error.what, request, headers, **_more(error))

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        wrong = [{"where": ".".join(str(p) for p in e["loc"]), "what": e["msg"]} for e in error.errors()]
        detail = "; ".join(f"{w['where']}: {w['what']}" for w in wrong)
        return problem(422, detail, request, errors=wrong)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        headers = {"Allow": _allowed(request)} if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else error.headers
        return problem(error.status_code, str(error.detail), request, headers)

    @app.exception_handler(Exception)
    async def _fault(request: Request, error: Exception) -> JSONResponse:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return problem(500, "a fault of the server; its log says more", request)


def _allowed(request: Request) -> str:
    """The methods of all routes of a path: the framework names those of one."""
    routes = [r for r in request.app.routes if isinstance(r, Route) and r.path_regex.match(request.scope["path"])]
    return ", ".join(sorted({method for route in routes for method in route.methods or ()}))
