"""What every request shares: the library, the queue, the keys, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from fastapi import Cookie, Depends, Header, Request

from cinedex.app.server.jobs import Jobs, Worker
from cinedex.app.server.keys import ANYBODY_HERE, Caller, Keys, Scope
from cinedex.app.server.problems import RefusedError, UnknownKeyError
from cinedex.app.server.state import State
from cinedex.library import Library
from cinedex.timeline.movie import Movie

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass
class Service:
    """One service. `uploads` is the folder of what is uploaded, `most_bytes` the size of the largest film of those.

    `roots` are the folders out of which films may be added by path; `open_here` asks for no key.
    """

    library: Library
    state: State
    uploads: Path
    roots: tuple[Path, ...] = ()
    most_bytes: int = 64 << 30
    open_here: bool = False
    jobs: Jobs = field(init=False)
    keys: Keys = field(init=False)
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        self.jobs, self.keys = Jobs(self.state), Keys(self.state)
        self.worker = Worker(self.library, self.jobs)

    def allowed(self, path: str) -> Path:
        """A film's path, links resolved, if it lies in an allowed folder. Raises RefusedError."""
        if "\0" not in path:
            try:
                found = Path(path).resolve()
            except (OSError, RuntimeError):
                found = Path("/")
            if any(found.is_relative_to(root.resolve()) for root in self.roots):
                return found
        roots = ", ".join(str(r) for r in self.roots) or "none"
        raise RefusedError("films are not added from there", remedy=f"Allowed folders: {roots}.")


def service_of(request: Request) -> Service:
    """The service that a request reached."""
    found: Service = request.app.state.service
    return found


Given = Annotated[Service, Depends(service_of)]


def caller(
    service: Given,
    authorization: Annotated[str | None, Header()] = None,
    x_api_key: Annotated[str | None, Header()] = None,
    cinedex_key: Annotated[str | None, Cookie()] = None,
) -> Caller:
    """Who asks, by a header or by the page's cookie. Raises UnknownKeyError (401)."""
    key = x_api_key or (authorization or "").removeprefix("Bearer ").strip() or cinedex_key
    if key:
        found = service.keys.caller(key)
        if found is None:
            raise UnknownKeyError(
                "this key is unknown or was revoked", remedy="`cinedex keys create NAME` makes another."
            )
        return found
    if service.open_here:
        return ANYBODY_HERE
    raise UnknownKeyError("a key is needed", remedy="Send it as `Authorization: Bearer KEY`.")


def needs(scope: Scope) -> Callable[..., Caller]:
    """A dependency that lets only callers with a scope in."""

    def allowed(who: Annotated[Caller, Depends(caller)]) -> Caller:
        if not who.may(scope):
            raise RefusedError(f"this key may not {scope}", remedy=f"It has: {', '.join(sorted(who.scopes))}.")
        return who

    return allowed


Reader = Annotated[Caller, Depends(needs("read"))]
Analyst = Annotated[Caller, Depends(needs("analyse"))]
Admin = Annotated[Caller, Depends(needs("admin"))]


def film_of(film: str, service: Given, _: Reader) -> Movie:
    """The film that a path names by its id or the beginning of it."""
    return service.library.find(film)


Film = Annotated[Movie, Depends(film_of)]


def shown(movie: Movie) -> dict[str, Any]:
    """A film for programs: no path of this machine leaves it."""
    return {
        "id": movie.id,
        "name": movie.name,
        "seconds": round(movie.duration.seconds, 3),
        "picture": None
        if movie.video is None
        else {"width": movie.video.display[0], "height": movie.video.display[1], "rate": str(movie.video.rate)},
        "sound": [{"language": a.language, "channels": a.channels} for a in movie.audio],
    }
