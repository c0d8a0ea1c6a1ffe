"""What admins do over HTTP: read the audit log; list, make, rotate and revoke keys."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from cinedex.app.server.keys import Role, Scope
from cinedex.app.server.openapi import operation
from cinedex.app.server.service import Admin, Given
from cinedex.app.server.shapes import Body

router = APIRouter(prefix="/v1/admin", tags=["admin"], generate_unique_id_function=operation)

Words = Annotated[str, Query(max_length=200)]


class Entry(BaseModel):
    """A line of the audit log."""

    number: int = Field(description="Of the line; the later, the higher.")
    at: float = Field(description="Seconds since 1970.")
    who: str
    key_id: str = Field(description="The key's id; `here` for who needs none.")
    did: str
    what: str
    route: str
    film: str
    result: str = Field(description="`done`, or the HTTP status.")
    request: str = Field(description="The number that the answer carried as X-Request-Id.")
    library: str


class Audit(BaseModel):
    """Lines of the audit log, the latest first; `next` is the `before` of the next page."""

    entries: list[Entry]
    next: int | None


class NewKey(Body):
    """A key to make: by scopes, or by a role."""

    name: str = Field(min_length=1, max_length=100, description="Whose it is.")
    scopes: list[Scope] = Field(default=[], max_length=4)
    role: Role | None = None
    libraries: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default=[], max_length=100, description="The libraries that it opens, by name; none: every one."
    )


class Key(BaseModel):
    """A key, without what is secret of it."""

    id: str
    name: str
    scopes: str
    libraries: list[str]
    made: float
    revoked: float | None = Field(description="From when on it is no key any more.")


class Keys(BaseModel):
    """Every key, also those that were revoked."""

    keys: list[Key]


class MadeKey(BaseModel):
    """A key just made: the only time that it is seen."""

    id: str
    key: str


@router.get("/audit", response_model=Audit)
def audit(
    service: Given,
    _: Admin,
    who: Words = "",
    key_id: Words = "",
    did: Annotated[str, Query(max_length=200, description="As `remove film`.")] = "",
    film: Words = "",
    since: Annotated[float | None, Query(ge=0, le=1e12, description="Seconds since 1970.")] = None,
    until: Annotated[float | None, Query(ge=0, le=1e12)] = None,
    before: Annotated[int | None, Query(ge=0, le=1 << 53, description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Who did what, the latest first."""
    found = service.state.audited(
        {"who": who, "key_id": key_id, "did": did, "film": film}, since=since, until=until, before=before, limit=limit
    )
    return {"entries": found, "next": found[-1]["number"] if len(found) == limit else None}


@router.get("/keys", response_model=Keys)
def keys(service: Given, _: Admin) -> dict[str, Any]:
    """Every key, without what is secret of it."""
    return {"keys": service.keys.list()}


@router.post("/keys", status_code=201, response_model=MadeKey)
def make(new: NewKey, service: Given, who: Admin, response: Response) -> dict[str, str]:
    """Make a key. It is in this answer and nowhere else."""
    response.headers["Cache-Control"] = "no-store"
    key = service.keys.create(new.name, tuple(new.scopes), role=new.role, libraries=tuple(new.libraries), by=who.name)
    return {"id": key.split("_")[1], "key": key}


class Rotation(Body):
    """How a key is rotated."""

    grace_seconds: float = Field(default=0, ge=0, le=30 * 86_400, description="For which the old one still holds.")


@router.post("/keys/{key}/rotate", status_code=201, response_model=MadeKey)
def rotate(key: str, how: Rotation, service: Given, who: Admin, response: Response) -> dict[str, str]:
    """Make a new key that may the same, and revoke the old one, at once or after a while."""
    response.headers["Cache-Control"] = "no-store"
    made = service.keys.rotate(key, grace=how.grace_seconds, by=who.name)
    return {"id": made.split("_")[1], "key": made}


@router.delete("/keys/{key}", status_code=204)
def revoke(key: str, service: Given, who: Admin) -> None:
    """End a key at once, in every server."""
    service.keys.revoke(key, by=who.name)
