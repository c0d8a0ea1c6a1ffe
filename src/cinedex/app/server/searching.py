"""Searches of many at once: few run at a time, the same one runs once, and what was found a moment ago is found again.

A search takes all of a core for some hundredths of a second. Were each given a thread at once, all would be late, and
with them players and streams, which take the same threads.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import anyio
import anyio.to_thread

from cinedex.app.server.problems import TooManyError
from cinedex.errors import CinedexError
from cinedex.library import Library

_log = logging.getLogger(__name__)

_KEPT = 2_000
_KEPT_SECONDS = 60.0
"""However little has changed: what is read beside the index has no version of its own."""
_MOST_WAITING = 500


class Searches:
    """Runs searches of a library."""

    def __init__(self, library: Library, at_once: int) -> None:
        self._library, self._at_once = library, at_once
        self._places: anyio.CapacityLimiter | None = None
        self._waiting = 0
        self._running: dict[Hashable, asyncio.Future[Any]] = {}
        self._found: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._edition: object = None
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Make ready for the first search, which would else take seconds; searches do not wait for it."""
        try:
            self._library.index.warm()
        except CinedexError as wrong:  # who searches is told
            _log.info("the search index could not be read before the first search: %s", wrong)

    async def find(self, asked: Hashable, search: Callable[[], Any]) -> Any:
        """What `search` finds; `asked` is all that it depends on beside the library. Raises TooManyError.

        What is given is shared with others who ask the same: it must not be changed.
        """
        if self._places is None:
            self._places = anyio.CapacityLimiter(self._at_once)
        if self._waiting >= _MOST_WAITING:
            raise TooManyError("too many searches wait", seconds=2, remedy="Ask again in a moment.")
        running = self._running.get(asked)
        if running is not None:
            return await asyncio.shield(running)
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._running[asked] = done
        self._waiting += 1
        try:
            call = functools.partial(self._remembered, asked, search)
            found = await anyio.to_thread.run_sync(call, limiter=self._places)
        except BaseException as error:
            # Whoever waits for the same asks himself: this one may only have hung up.
            done.set_exception(error if isinstance(error, Exception) else TooManyError("ask again", seconds=1))
            done.exception()  # taken, so that nobody is told of it where nobody waits
            raise
        else:
            done.set_result(found)
            return found
        finally:
            self._waiting -= 1
            del self._running[asked]

    def _remembered(self, asked: Hashable, search: Callable[[], Any]) -> Any:
        edition = self._library.edition
        with self._lock:
            if edition != self._edition:
                self._edition = edition
                self._found.clear()
            known = self._found.get(asked)
            if known is not None and time.monotonic() < known[0]:
                self._found.move_to_end(asked)
                return known[1]
        found = search()
        with self._lock:
            if edition == self._edition:  # else it may have been found in a library that was before
                self._found[asked] = time.monotonic() + _KEPT_SECONDS, found
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)
        return found
