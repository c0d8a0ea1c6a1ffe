"""The log of decisions: one small file an entry, written once, in an order that does not need a lock.

An entry's id is a number one above the highest that its writer saw, and a random word. Two processes that write at once
may share a number; the words put them in one order, the same for everybody who reads. Whatever is killed at whatever
moment, an entry is whole or not there. Only a deletion changes what is written: it takes out what is about the person.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from cinedex.errors import StoreError
from cinedex.people.decisions import Act, Delete, Entry, Undo, about, read, written
from cinedex.store import Store

PLACE = "people/log"
_ID = re.compile(r"\d{9}-[0-9a-f]{12}\Z")


def utc_now() -> datetime:
    """The time of now."""
    return datetime.now(UTC)


class Log:
    """The entries of one library. Safe for any number of processes and threads."""

    def __init__(self, store: Store, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.store, self.clock = store, clock
        self._known: dict[str, Entry] = {}
        self._lock = threading.Lock()

    def entries(self) -> tuple[Entry, ...]:
        """Every entry there is now, in order. What was read once is not read again: entries do not change."""
        with self._lock:
            names = [n.removesuffix(".json") for n in self.store.names(PLACE)]
            there = {n for n in names if _ID.match(n)}
            for gone in self._known.keys() - there:
                del self._known[gone]
            for name in sorted(there - self._known.keys()):
                data = self.store.get(f"{PLACE}/{name}.json")
                if data is not None:  # erased since it was listed
                    self._known[name] = read(data)
            return tuple(self._known[n] for n in sorted(self._known))

    def append(self, acts: Iterable[Act], *, by: str) -> Entry:
        """Write one entry after all that are there."""
        last = max((e.number for e in self.entries()), default=0)
        name = f"{last + 1:09d}-{uuid.uuid4().hex[:12]}"
        at = self.clock().astimezone(UTC).isoformat(timespec="seconds")
        entry = Entry(name, at, by, tuple(acts))
        self.store.put(f"{PLACE}/{name}.json", written(entry), once=True)
        if self.store.get(f"{PLACE}/{name}.json") is None:
            raise StoreError("a decision did not arrive in the library", remedy="Check its place, and decide again.")
        return entry

    def erase(self, people: Collection[str]) -> int:
        """Take every act about these ids out for good, as a deletion asks; gives how many entries that changed.

        An entry that speaks of others too keeps what it says of them. Deletions themselves stay. Safe to repeat.
        """
        changed, gone = 0, set[str]()
        for entry in self.entries():
            left = tuple(a for a in entry.acts if not about(a) & set(people) or isinstance(a, Delete))
            left = tuple(a for a in left if not (isinstance(a, Undo) and a.entry in gone))
            if left == entry.acts:
                continue
            changed += 1
            if left:
                self._rewrite(replace(entry, acts=left))
            else:
                gone.add(entry.id)
                self.store.forget(f"{PLACE}/{entry.id}.json")
        return changed

    def _rewrite(self, entry: Entry) -> None:
        self.store.put(f"{PLACE}/{entry.id}.json", written(entry))
        with self._lock:
            self._known[entry.id] = entry
