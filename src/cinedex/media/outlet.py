"""A consumer's end of a pass: a bounded queue that either side may leave at any moment."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

_GLANCE = 0.1
"""Seconds after which a waiting producer looks whether it is to stop."""


class Outlet(Generic[Item]):
    """An iterator of chunks or the like for one thread. It ends with the film, raises what broke it, may be closed.

    What has been put is still delivered before the end or the error. A pass that goes away without an end raises too,
    so that a consumer never takes half a film for a whole one.
    """

    def __init__(self, depth: int, stop: threading.Event) -> None:
        self._depth, self._stop = depth, stop
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._open = True
        self._ended = False
        self._error: BaseException | None = None

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._ended or not self._open)
            if not self._open:
                raise StopIteration
            if self._items and not (self._stop.is_set() and self._error is not None):
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            if self._error is not None:
                raise self._error
            raise StopIteration

    def close(self) -> None:
        """Leave: nothing more is delivered, and the decoder no longer waits for this consumer."""
        with self._changed:
            self._open = False
            self._items.clear()
            self._changed.notify_all()

    @property
    def open(self) -> bool:
        """Whether the consumer still listens."""
        return self._open

    def put(self, item: Item) -> None:
        """Hand an item over, waiting while the queue is full, but not past the stop or the consumer's leaving."""
        with self._changed:
            while self._open and len(self._items) >= self._depth and not self._stop.is_set():
                self._changed.wait(_GLANCE)
            if self._open and not self._stop.is_set():
                self._items.append(item)
                self._changed.notify_all()

    def end(self, error: BaseException | None = None) -> None:
        """Nothing more will come: the film is over, or `error` broke the pass. Only the first call counts."""
        with self._changed:
            if not self._ended:
                self._ended, self._error = True, error
                self._changed.notify_all()
