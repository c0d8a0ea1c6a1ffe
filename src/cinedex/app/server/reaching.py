"""Connections to other hosts: to the address that was checked, whatever a name means a moment later."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from urllib.parse import SplitResult

from cinedex.app.server.problems import RefusedError
from cinedex.errors import NotFoundError

PORTS = {"http": 80, "https": 443}

_SECONDS = 30.0
"""For a connection, and between two of its blocks."""


def connected(parts: SplitResult, *, inner: bool) -> http.client.HTTPConnection:
    """A connection to an address' host; `inner` allows one of an inner network.

    Raises RefusedError for such a one otherwise, NotFoundError where there is no such host.
    """
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    kind = _Secure if parts.scheme == "https" else _Plain
    return kind(host, port, _place(host, port, inner=inner))


def _place(host: str, port: int, *, inner: bool) -> tuple[str, int]:
    """One address of a host, checked: what is connected to is what was looked at, whatever names mean a moment later.

    Raises RefusedError where any address of it lies in an inner network.
    """
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as wrong:
        raise NotFoundError(f"there is no host {host}") from wrong
    if not inner and not all(_outer(address) for address in found):
        raise RefusedError("nothing is fetched from inner networks")
    return min(found), port


def _outer(address: str) -> bool:
    place = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(place, "ipv4_mapped", None) or getattr(place, "sixtofour", None)
    return (mapped or place).is_global and not (mapped or place).is_multicast


class _Plain(http.client.HTTPConnection):
    """A connection to a checked place."""

    def __init__(self, host: str, port: int, place: tuple[str, int]) -> None:
        super().__init__(host, port, timeout=_SECONDS)
        self.place = place

    def connect(self) -> None:
        self.sock = socket.create_connection(self.place, self.timeout)


class _Secure(_Plain):
    """The same with TLS, for the name that was asked for."""

    def connect(self) -> None:
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
