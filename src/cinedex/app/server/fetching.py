"""Films by address: from origins that the operator has named, over one checked connection, into the uploads' folder.

A caller who may name any address would see through this machine into its network. So an address must begin as an
allowed one does, is not followed to another, and is connected to where it was checked to be.
"""

from __future__ import annotations

import http.client
import ipaddress
import secrets
import shutil
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from cinedex.app.server.problems import RefusedError
from cinedex.app.server.reaching import PORTS, connected
from cinedex.app.server.service import Service
from cinedex.errors import CinedexError, MediaError, UsageError
from cinedex.media.films import FILM_SUFFIXES
from cinedex.timeline.movie import Movie

_BLOCK = 1 << 20
_ROOM = 1 << 30


class _TooLargeError(CinedexError):
    status = 413


class _NoRoomError(CinedexError):
    status = 507


class _FailedError(CinedexError):
    status = 502


def fetched(service: Service, url: str) -> Movie:
    """Fetch a film and add it. Raises RefusedError for an address that is not allowed, MediaError for no film."""
    parts, inner = checked(url, service.origins)
    name = _name(parts)
    folder = service.uploads / secrets.token_hex(16)
    folder.mkdir(parents=True)
    try:
        with service.heavily():
            _download(service, parts, folder / name, inner=inner)
        return service.library.add(folder / name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def checked(url: str, origins: tuple[str, ...]) -> tuple[SplitResult, bool]:
    """An allowed address in its parts, and whether its origin names an address of an inner network itself."""
    if not url.isascii() or not url.isprintable() or any(c in url for c in '\\ "<>^`{|}'):
        raise UsageError("this is no address", remedy="Percent-encode what is not ASCII.")
    parts = _split(url)
    steps = unquote(unquote(parts.path)).replace("\\", "/").split("/")
    for origin in origins:
        allowed = _split(origin)
        here = (parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme])
        there = (allowed.scheme, allowed.hostname, allowed.port or PORTS[allowed.scheme])
        below = allowed.path.rstrip("/") + "/"
        if here == there and parts.path.startswith(below) and ".." not in steps:
            return parts, _literal(allowed.hostname or "")
    told = ", ".join(origins) or "none"
    raise RefusedError("films are not fetched from there", remedy=f"Allowed beginnings: {told}.")


def origin(text: str) -> str:
    """The beginning of addresses that an operator allows. Raises UsageError for what can be none."""
    try:
        parts = _split(text)
    except CinedexError as wrong:
        raise UsageError(f"films cannot be fetched from {text!r}", remedy="Say https://HOST/ or so.") from wrong
    if parts.query or parts.fragment:
        raise UsageError(f"{text!r} is more than the beginning of addresses", remedy="Leave out ? and #.")
    return text


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as wrong:
        raise UsageError(f"this is no address: {wrong}") from wrong
    if parts.scheme not in PORTS or not parts.hostname or parts.username is not None or parts.password is not None:
        raise RefusedError("films are fetched over http and https alone, without names and passwords")
    return parts


def _literal(host: str) -> bool:
    """Whether an operator has named an inner place in so many words."""
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _name(parts: SplitResult) -> str:
    text = unquote(parts.path).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c for c in text if c.isprintable()).strip(". ")[-120:]
    if Path(name).suffix.lower() not in FILM_SUFFIXES:
        raise UsageError("this is no film by its name", remedy=f"Films end in {', '.join(sorted(FILM_SUFFIXES))}.")
    return name


def _download(service: Service, parts: SplitResult, to: Path, *, inner: bool) -> None:
    connection = connected(parts, inner=inner)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers={"Accept-Encoding": "identity", "User-Agent": "cinedex"})
        answer = connection.getresponse()
        if answer.status != 200:  # a redirection is not followed: it may lead anywhere
            raise MediaError(f"the address answered {answer.status}", remedy="Give the film's own, final address.")
        length = answer.headers.get("content-length", "")
        _fits(service, int(length) if length.isdigit() else 0)
        _written(service, answer, to)
        if length.isdigit() and to.stat().st_size != int(length):
            raise _FailedError("the connection was cut", remedy="Try again.")
    except (OSError, http.client.HTTPException) as wrong:
        raise _FailedError(f"the film could not be fetched ({type(wrong).__name__})", remedy="Try again.") from wrong
    finally:
        connection.close()


def _fits(service: Service, length: int) -> None:
    if length > service.most_bytes:
        raise _TooLargeError(f"a film may have {service.most_bytes} bytes")
    if shutil.disk_usage(service.uploads).free < length + _ROOM:
        raise _NoRoomError("there is no room for this film", remedy="Remove something on the server first.")


def _written(service: Service, answer: http.client.HTTPResponse, to: Path) -> None:
    got = 0
    with to.open("wb") as file:
        while block := answer.read(_BLOCK):
            got += len(block)
            if got > service.most_bytes:
                raise _TooLargeError(f"a film may have {service.most_bytes} bytes")
            if got % (256 * _BLOCK) < len(block):
                _fits(service, 0)
            file.write(block)
