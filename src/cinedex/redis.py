"""The one door to Redis: a client by URL, and what it raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cinedex.errors import UsageError

if TYPE_CHECKING:
    from redis import Redis


def connect(url: str, *, timeout: float) -> Redis:
    """A client of redis://, rediss:// or unix://, which connects when it is first used and waits `timeout` seconds.

    It is safe for threads. Raises UsageError for an address that is none, and where the package is missing.
    """
    try:
        from redis import Redis  # noqa: PLC0415 - an extra
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415
    except ImportError as missing:
        raise UsageError(
            f"Redis needs {missing.name}, which is not installed", remedy="pip install 'cinedex[redis]'"
        ) from missing
    try:
        return Redis.from_url(
            url,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            # One more try, at once: a Redis that was started anew has ended the connections that idled.
            retry=Retry(NoBackoff(), 1),
            protocol=2,
        )
    except ValueError as wrong:
        raise UsageError(f"the address of Redis cannot be used: {wrong}", remedy="Say redis://HOST:PORT/0.") from wrong


def failures() -> tuple[type[Exception], ...]:
    """What a client raises where Redis cannot be reached or refuses."""
    from redis import RedisError  # noqa: PLC0415 - an extra

    return (RedisError, OSError)
