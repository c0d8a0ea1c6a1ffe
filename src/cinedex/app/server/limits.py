"""How many requests a caller may make: a bucket each, refilled steadily, in this process alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_MOST = 20_000
"""Callers remembered; beyond it those whose buckets are full again are forgotten, then the oldest."""


class Limits:
    """Buckets of `burst` requests, refilled by `rate` a second; a rate of 0 limits nobody."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.burst, self._clock = rate, burst, clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    @property
    def elsewhere(self) -> bool:
        """Whether the buckets are another process', which has to be asked and waited for."""
        return False

    def take(self, who: str, cost: float = 1.0) -> float:
        """Take from a caller's bucket: 0 where there was enough, else the seconds until there is."""
        if not self.rate:
            return 0.0
        with self._lock:
            now = self._clock()
            left, then = self._buckets.pop(who, (self.burst, now))
            left = min(self.burst, left + (now - then) * self.rate)
            wait = max(0.0, (min(cost, self.burst) - left) / self.rate)
            self._buckets[who] = (left if wait else left - cost, now)
            if len(self._buckets) > _MOST:
                self._forget(now)
        return wait

    def _forget(self, now: float) -> None:
        full = [w for w, (left, then) in self._buckets.items() if left + (now - then) * self.rate >= self.burst]
        for who in full or list(self._buckets)[: _MOST // 10]:
            del self._buckets[who]
