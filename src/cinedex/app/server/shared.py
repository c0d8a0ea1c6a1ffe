"""What several servers share through Redis: limits, news of jobs, made pictures. None of it is a fact.

Without a Redis, and while it is away, each process does by itself: nothing waits for it, nothing acknowledged is in it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from cinedex.app.server.limits import Limits
from cinedex.errors import StoreError
from cinedex.redis import PREFIX, connect, told

_log = logging.getLogger("cinedex.server")

_Value = TypeVar("_Value")

_PATIENCE = 0.5
"""Seconds: an answer without Redis is better than a late one."""
_AGAIN = 1.0
"""Seconds for which a Redis that failed is not asked."""

NEWS = f"{PREFIX}jobs"
"""The channel on which the ids of changed jobs are told."""


class Shared:
    """A Redis that may go away."""

    def __init__(self, url: str) -> None:
        self.client = connect(url, patience=_PATIENCE)
        self.url = url
        self._away_until = 0.0
        self._lock = threading.Lock()

    @property
    def away(self) -> bool:
        """Whether it failed a moment ago."""
        return time.monotonic() < self._away_until

    def ask(self, what: Callable[[Any], _Value], otherwise: _Value) -> _Value:
        """What it answers, or `otherwise` while it is away; who finds that out waits a moment, others do not."""
        if self.away:
            return otherwise
        try:
            with told(self.url):
                return what(self.client)
        except StoreError as error:
            self.failed(error)
            return otherwise

    def failed(self, error: StoreError) -> None:
        """It is away: said in the log once a while."""
        with self._lock:
            known, self._away_until = self.away, time.monotonic() + _AGAIN
        if not known:
            _log.warning("each server does by itself for now: %s", error.what)

    def answers(self) -> bool:
        """Whether it is there now."""
        return bool(self.ask(lambda client: client.ping(), False))


_TAKE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local rate, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local known = redis.call('HMGET', KEYS[1], 'left', 'at')
local left, at = tonumber(known[1]) or burst, tonumber(known[2]) or now
left = math.min(burst, left + math.max(0, now - at) * rate)
local wait = math.max(0, (math.min(cost, burst) - left) / rate)
if wait == 0 then left = left - cost end
redis.call('HSET', KEYS[1], 'left', string.format('%.6f', left), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(1000 * burst / rate) + 60000)
return string.format('%.6f', wait)
"""
"""The bucket of `Limits`, by Redis' own clock."""


class SharedLimits(Limits):
    """Buckets that all servers share.

    While Redis is away each server counts by itself: nobody is let in without limit and nobody is shut out, and the
    most that somebody gets is the limit once a server.
    """

    def __init__(self, shared: Shared, rate: float, burst: float) -> None:
        super().__init__(rate, burst)
        self._shared = shared
        self._take = shared.client.register_script(_TAKE)

    @property
    def elsewhere(self) -> bool:
        """Whether Redis is asked now."""
        return bool(self.rate) and not self._shared.away

    def take(self, who: str, cost: float = 1.0) -> float:
        """Take from a caller's bucket: 0 where there was enough, else the seconds until there is."""
        if not self.rate:
            return 0.0
        wait = self._shared.ask(
            lambda _: float(self._take(keys=[f"{PREFIX}limit:{who}"], args=[self.rate, self.burst, cost])), None
        )
        return super().take(who, cost) if wait is None else wait


class Pictures:
    """Pictures that were made, by what they were made of: the latest in memory, and for a day in Redis."""

    _MOST_BYTES = 64 << 20
    _KEPT_SECONDS = 86_400

    def __init__(self, shared: Shared | None) -> None:
        self._shared = shared
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def made(self, key: str, make: Callable[[], bytes]) -> bytes:
        """The picture of a key, made where nobody has it. The key names all that the picture depends on."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = self._shared.ask(lambda c: c.get(f"{PREFIX}picture:{key}"), None) if self._shared else None
        picture = bytes(found) if found else make()
        if self._shared and not found:
            self._shared.ask(lambda c: c.set(f"{PREFIX}picture:{key}", picture, ex=self._KEPT_SECONDS), None)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = picture
                self._size += len(picture)
            while self._size > self._MOST_BYTES:
                self._size -= len(self._kept.popitem(last=False)[1])
        return picture
