"""What every request shares: the library, the queue, the keys, and what is allowed."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer
from starlette.concurrency import run_in_threadpool

from cinedex.app.server.asking import about_film
from cinedex.app.server.curing import Cures
from cinedex.app.server.following import Following
from cinedex.app.server.jobs import Jobs, Worker
from cinedex.app.server.keys import ANYBODY_HERE, Caller, Keys, Scope
from cinedex.app.server.limits import Limits
from cinedex.app.server.news import News
from cinedex.app.server.oidc import Login, Provider
from cinedex.app.server.previews import Previews
from cinedex.app.server.problems import RefusedError, TooManyError, UnknownKeyError
from cinedex.app.server.searching import Searches
from cinedex.app.server.sessions import Session, Sessions
from cinedex.app.server.shared import Pictures, Shared, SharedLimits
from cinedex.app.server.state import State
from cinedex.app.server.watching import Watch
from cinedex.errors import NotFoundError
from cinedex.library import Library
from cinedex.media.preview import playable
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
    origins: tuple[str, ...] = ()
    """Beginnings of addresses (https://films.example.org/) from which films may be fetched."""
    rate: float = 50.0
    """Requests a second of a key, over time; eight times as many at once. 0 limits nobody."""
    works: bool = True
    """Whether it works through the queue itself; else `cinedex work` does, in processes of its own."""
    name: str = ""
    """What the library is called where several share a state: jobs are of one, and keys may open some of them."""
    shared: Shared | None = None
    """A Redis through which several servers share limits, news and pictures."""
    limits: Limits = field(init=False)
    news: News = field(init=False)
    following: Following = field(init=False)
    searches: Searches = field(init=False)
    pictures: Pictures = field(init=False)
    heavy: threading.BoundedSemaphore = field(init=False, default_factory=lambda: threading.BoundedSemaphore(2))
    """Held by requests that decode or compose; more than these at once are told to come again."""
    jobs: Jobs = field(init=False)
    keys: Keys = field(init=False)
    watch: Watch = field(default_factory=Watch)
    login: Login | None = None
    """How people log in with a browser; nobody does without one."""
    provider: Provider | None = field(init=False)
    sessions: Sessions = field(init=False)
    previews: Previews = field(init=False)
    cures: Cures = field(init=False)
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        self.news, self.pictures = News(self.shared), Pictures(self.shared)
        self.state.library = self.name
        self.jobs, self.keys = Jobs(self.state, self.news, self.name), Keys(self.state, self.name)
        self.worker = Worker(self.library, self.jobs, self.watch)
        self.following = Following(self.news, self.jobs.get, self.worker.stop)
        self.provider = Provider(self.login) if self.login else None
        self.sessions, self.previews = Sessions(self.state, self.name), Previews(self.heavily)
        self.cures = Cures(self.library, lambda: self.heavy, self.worker.stop)
        self.searches = Searches(self.library, max(2, self.library.settings.cores))
        rate, burst = self.rate, 8 * self.rate
        self.limits = SharedLimits(self.shared, rate, burst) if self.shared else Limits(rate, burst)

    def start(self) -> None:
        """Listen to the other servers, work through the queue, and make ready for the first search meanwhile."""
        self.news.start()
        threading.Thread(target=self.searches.warm, name="search-warm").start()
        if self.works:
            self.worker.start()

    def close(self) -> None:
        """Give the running job back, and stop listening."""
        self.worker.close()
        self.news.close()

    def cookie(self, name: str) -> str:
        """A cookie's name. By https browsers take one of this beginning only from this very host."""
        return f"{'__Host-' if self.secure else ''}cinedex_{name}"

    @property
    def secure(self) -> bool:
        """Whether browsers come by https."""
        return self.login is not None and self.login.secure

    @contextmanager
    def heavily(self) -> Iterator[None]:
        """Do something heavy, if few others do. Raises TooManyError."""
        if not self.heavy.acquire(timeout=20):
            raise TooManyError("the server is busy", seconds=5)
        try:
            yield
        finally:
            self.heavy.release()

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


_BEARER = HTTPBearer(auto_error=False, description="A key of `cinedex keys create`.")
_HEADER = APIKeyHeader(name="X-Api-Key", auto_error=False)
_COOKIE = APIKeyCookie(name="cinedex_key", auto_error=False, description="What the page keeps.")


async def service_of(request: Request) -> Service:
    """The service that a request reached. Dependencies that wait for nothing take no thread: a turn costs as much."""
    found: Service = request.app.state.service
    return found


Given = Annotated[Service, Depends(service_of)]


_WRONG_KEY = 20.0
"""What a wrong key costs of an address' bucket, so that trying keys out is slow."""


def key_of(authorization: str | None, x_api_key: str | None, cookies: Mapping[str, str]) -> str:
    """The key that a request brings; '' for none."""
    given = (authorization or "").strip()
    scheme, _, rest = given.partition(" ")
    # Of another scheme it is a key that nobody has: whoever sends one means to be known.
    return x_api_key or (rest.strip() if scheme.lower() == "bearer" else given) or cookies.get("cinedex_key", "")


async def caller(
    service: Given,
    request: Request,
    _bearer: Annotated[Any, Security(_BEARER)] = None,
    _header: Annotated[Any, Security(_HEADER)] = None,
    _cookie: Annotated[Any, Security(_COOKIE)] = None,
) -> Caller:
    """Who asks, by a header or by the page's cookie. Raises UnknownKeyError (401), TooManyError (429)."""
    key = key_of(request.headers.get("authorization"), request.headers.get("x-api-key"), request.cookies)
    here = service.keys.remembers(key) and not service.limits.elsewhere if key else not _session_key(service, request)
    return _asking(service, request, key) if here else await run_in_threadpool(_asking, service, request, key)


def _asking(service: Service, request: Request, key: str) -> Caller:
    if key:
        return known(service, key, request)
    session = session_of(service, request)
    if session is not None:
        if request.method not in {"GET", "HEAD", "OPTIONS"}:
            check_token(session, request)
        request.state.caller = session.who
        counted(service, session.who.number, 1.0)
        return session.who
    if service.open_here:
        request.state.caller = ANYBODY_HERE
        return ANYBODY_HERE
    raise UnknownKeyError("a key is needed", remedy="Send it as `Authorization: Bearer KEY`.")


def session_of(service: Service, request: Request) -> Session | None:
    """The session that a browser brings, if it is in force."""
    return service.sessions.find(_session_key(service, request))


def _session_key(service: Service, request: Request) -> str:
    return request.cookies.get(service.cookie("session"), "")


def check_token(session: Session, request: Request) -> None:
    """Raises RefusedError where a request does not prove that a page of ours made it."""
    given = request.headers.get("x-csrf-token", "")
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise RefusedError(
            "the token of the session is missing", remedy="Send `csrf` of /auth/session as X-CSRF-Token."
        )


def known(service: Service, key: str, request: Request) -> Caller:
    """Whose key this is. Raises UnknownKeyError for nobody's, TooManyError for who asks too often."""
    found = service.keys.caller(key)
    if found is None:
        counted(service, f"address {request.client.host if request.client else ''}", _WRONG_KEY)
        raise UnknownKeyError("this key is unknown or was revoked", remedy="`cinedex keys create NAME` makes another.")
    request.state.caller = found
    counted(service, f"key {found.number}", 1.0)
    return found


def counted(service: Service, who: str, cost: float) -> None:
    """Take from somebody's bucket. Raises TooManyError."""
    wait = service.limits.take(who, cost)
    if wait:
        raise TooManyError("too many requests", seconds=wait, remedy="Ask again later, or for more at once.")


def needs(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    """A dependency that lets only callers with a scope in."""

    async def allowed(who: Annotated[Caller, Depends(caller)]) -> Caller:
        if not who.may(scope):
            raise RefusedError(f"this key may not {scope}", remedy=f"It has: {', '.join(sorted(who.scopes))}.")
        return who

    return allowed


Reader = Annotated[Caller, Depends(needs("read"))]
Reviewer = Annotated[Caller, Depends(needs("review"))]
Analyst = Annotated[Caller, Depends(needs("analyse"))]
Admin = Annotated[Caller, Depends(needs("admin"))]


def film_of(film: str, service: Given, _: Reader) -> Movie:
    """The film that a path names by its id or the beginning of it."""
    return found_film(service, film)


def found_film(service: Service, film: str) -> Movie:
    """A film by id, the beginning of one, or name. Raises NotFoundError, without saying where the library is."""
    try:
        movie = service.library.find(film, exactly=True)
    except NotFoundError as missing:
        raise NotFoundError("there is no such film", remedy="`GET /v1/films` lists them.") from missing
    about_film(movie.id)
    return movie


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
        "playable": playable(movie),
    }
