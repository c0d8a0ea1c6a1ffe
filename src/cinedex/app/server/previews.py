"""Fragments of films for browsers, made once for all who ask, the latest kept in memory up to a bound."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager

from cinedex.media.preview import Fragment, fragment
from cinedex.timeline.movie import Movie

Key = tuple[str, str, int]


class Previews:
    """`most` bytes are kept; `busy` is held while a fragment is made, and refuses who waits too long for it."""

    def __init__(self, busy: Callable[[], AbstractContextManager[None]], most: int = 192 << 20) -> None:
        self.most, self._busy = most, busy
        self._kept: OrderedDict[Key, Fragment] = OrderedDict()
        self._making: dict[Key, threading.Lock] = {}
        self._lock = threading.Lock()
        self.size = self.made = 0

    def get(self, movie: Movie, number: int) -> Fragment:
        """A fragment. Raises MediaError, TooManyError."""
        key = (movie.id, movie.uri, number)
        found = self._find(key)
        if found is not None:
            return found
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        try:
            with making:
                found = self._find(key)
                if found is None:
                    with self._busy():
                        found = fragment(movie, number)
                    self._keep(key, found)
            return found
        finally:
            with self._lock:
                if not making.locked():
                    self._making.pop(key, None)

    def _find(self, key: Key) -> Fragment | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def _keep(self, key: Key, made: Fragment) -> None:
        with self._lock:
            self.made += 1
            self._kept[key] = made
            self.size += len(made.head) + len(made.body)
            while self.size > self.most and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self.size -= len(old.head) + len(old.body)
