"""Redis (imported here only): what several servers of one library share and may lose. Needs the extra `redis`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cinedex.errors import StoreError, UsageError

if TYPE_CHECKING:
    from redis import Redis

PREFIX = "cinedex:"
"""Of every key and channel, so that a Redis can be shared with others."""

_PATIENCE = 5.0
"""Seconds for which a connection, or an answer, is waited for."""


def connect(url: str, *, patience: float = _PATIENCE) -> Redis:
    """A client of the Redis at a URL: redis://, rediss:// (TLS) or unix://. Safe for several threads.

    It connects when it is first used, and again when a connection was lost; `patience` is in seconds, for each try.
    Raises UsageError for what is no such URL, and where the package is missing.
    """
    try:
        from redis import Redis  # noqa: PLC0415 - an extra
        from redis.backoff import ExponentialBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415
    except ImportError as missing:
        raise UsageError(
            "Redis is configured, and its package is not installed", remedy="pip install 'cinedex[redis]'"
        ) from missing
    try:
        return Redis.from_url(
            url,
            socket_timeout=patience,
            socket_connect_timeout=patience,
            health_check_interval=30,
            retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 2),
        )
    except ValueError as wrong:
        raise UsageError(
            f"{shown(url)!r} is no address of a Redis", remedy="Say redis://HOST:PORT/0, rediss://... or unix://PATH."
        ) from wrong


@contextmanager
def told(url: str) -> Iterator[None]:
    """What Redis raises inside, as StoreError that says where, without a password."""
    from redis import RedisError  # noqa: PLC0415 - an extra

    try:
        yield
    except RedisError as wrong:
        why = (str(wrong) or type(wrong).__name__).splitlines()[0][:200]
        raise StoreError(
            f"the Redis at {shown(url)} cannot be used: {why}", remedy="Start it, or unset CINEDEX_REDIS_URL."
        ) from wrong


def shown(url: str) -> str:
    """An address as it may be told and logged: without user, password and options."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(no URL)"
    return f"{parts.scheme}://{host}{port}{parts.path}"
