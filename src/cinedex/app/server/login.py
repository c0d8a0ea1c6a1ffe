"""Logging in over HTTP, for browsers: to the provider and back, who one is, and out again."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from cinedex.app.server.oidc import Attempt, Provider, inside
from cinedex.app.server.problems import RefusedError
from cinedex.app.server.service import Given, Service, check_token, counted, session_of
from cinedex.app.server.sessions import LIFE_SECONDS
from cinedex.errors import NotFoundError

router = APIRouter(prefix="/auth", include_in_schema=False)

_ATTEMPT_SECONDS = 600
_COST = 5.0
"""What a step of a login costs of an address' bucket."""


@router.get("/session")
def session(service: Given, request: Request, response: Response) -> dict[str, Any]:
    """Whether there is a login here, and who is logged in; `csrf` goes into X-CSRF-Token of what changes something."""
    response.headers["Cache-Control"] = "no-store"
    found = session_of(service, request)
    if found is None:
        return {"login": service.provider is not None, "you": None}
    told = {"you": found.who.name, "scopes": sorted(found.who.scopes), "until": found.until, "csrf": found.csrf}
    return {"login": service.provider is not None, **told}


@router.get("/login")
def begin(service: Given, request: Request, to: Annotated[str, Query(max_length=500)] = "/") -> RedirectResponse:
    """Go to the provider; `to` is the page of ours to come back to."""
    provider = _provider(service, request)
    attempt = Attempt.new(to)
    answer = RedirectResponse(provider.begin(attempt), 303, {"Cache-Control": "no-store"})
    _keep(answer, service, "login", _packed(attempt), _ATTEMPT_SECONDS)
    return answer


@router.get("/callback")
def back(
    service: Given,
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
) -> RedirectResponse:
    """Back from the provider: the code becomes a token, the token, once checked, a session."""
    provider = _provider(service, request)
    attempt = _attempt(service, request)
    if attempt is None or not secrets.compare_digest(attempt.state.encode(), state.encode()):
        raise RefusedError("this login was not begun here, or too long ago", remedy="Log in again.")
    if error or not code:
        raise RefusedError(f"the provider let nobody in: {error or 'no code'}", remedy="Log in again.")
    person = provider.finish(code, attempt)
    token = service.sessions.begin(person.subject, person.name, person.scopes)
    answer = RedirectResponse(attempt.to, 303, {"Cache-Control": "no-store"})
    _drop(answer, service, "login")
    _keep(answer, service, "session", token, LIFE_SECONDS)
    return answer


@router.post("/logout")
def leave(service: Given, request: Request) -> JSONResponse:
    """End the session, here and for every server; `to` is where the provider ends its own."""
    found = session_of(service, request)
    to = ""
    if found is not None:
        check_token(found, request)
        service.sessions.end(request.cookies.get(service.cookie("session"), ""))
        to = service.provider.leave() if service.provider is not None else ""
    answer = JSONResponse({"to": to or "/"})
    _drop(answer, service, "session")
    return answer


def _provider(service: Service, request: Request) -> Provider:
    if service.provider is None:
        raise NotFoundError("nobody logs in here", remedy="Send a key; `cinedex keys create NAME` makes one.")
    counted(service, f"address {request.client.host if request.client else ''}", _COST)
    return service.provider


def _attempt(service: Service, request: Request) -> Attempt | None:
    try:
        told = json.loads(base64.urlsafe_b64decode(request.cookies.get(service.cookie("login"), "")))
        state, nonce, verifier, to = (str(told[name]) for name in ("state", "nonce", "verifier", "to"))
    except (ValueError, KeyError, TypeError):
        return None
    return Attempt(state, nonce, verifier, inside(to))


def _packed(attempt: Attempt) -> str:
    return base64.urlsafe_b64encode(json.dumps(asdict(attempt)).encode()).decode()


def _keep(answer: Response, service: Service, name: str, value: str, seconds: int) -> None:
    # Lax, since the provider sends the browser here from another site; a token guards what changes something.
    answer.set_cookie(
        service.cookie(name), value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=service.secure
    )


def _drop(answer: Response, service: Service, name: str) -> None:
    answer.delete_cookie(service.cookie(name), path="/", httponly=True, samesite="lax", secure=service.secure)
