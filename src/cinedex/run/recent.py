"""Results that were read a moment ago: a long film's stills are tens of megabytes, of which a player asks for one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection

from cinedex.store import Artifact, Store

MOST_BYTES = 64 << 20
"""Of all tables that are kept."""


class Recent:
    """Reads results of a store, and keeps the latest. What is kept is given only while its manifest is what it was."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[tuple[str, str, str, frozenset[str]], tuple[int, Artifact]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def read(self, movie_id: str, stage: str, name: str, kinds: Collection[str]) -> Artifact | None:
        """As `Store.read`."""
        asked = (movie_id, stage, name, frozenset(kinds))
        with self._lock:
            kept = self._kept.get(asked)
        if kept is not None and self._store.manifest(movie_id, stage, name) == kept[1].manifest:
            with self._lock:
                if asked in self._kept:
                    self._kept.move_to_end(asked)
            return kept[1]
        found = self._store.read(movie_id, stage, name, kinds)
        with self._lock:
            self._bytes -= self._kept.pop(asked, (0, None))[0]
            size = 0 if found is None else sum(table.nbytes for table in found.tables.values())
            if found is not None and size <= MOST_BYTES // 2:  # one that is larger would push out all others
                self._kept[asked] = size, found
                self._bytes += size
            while self._bytes > MOST_BYTES:
                self._bytes -= self._kept.popitem(last=False)[1][0]
        return found
