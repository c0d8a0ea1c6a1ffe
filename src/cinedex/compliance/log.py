"""The log of review: decisions and sign-offs, a chain of small files, each signed and naming the one before it.

An entry's number is one above the last, and it is written only if there is none of that number: of two who write at
once one comes second and takes the next number. So the chain has one order and needs no lock, on disks and in object
stores. An entry is whole or not there.

What the chain shows (`verify`): an entry that was changed, taken out, put in or moved; and, by the `head` that is kept
beside it, that the last ones were cut off. Signatures are HMAC-SHA-256 by a key of the library's, which only its owner
can read (0600 on disks). Who has the key can write another history: against that, keep `head` elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

from cinedex.canonical import build, canonical, plain
from cinedex.compliance.places import VERBS, Decision
from cinedex.compliance.signing import WORDS, SignOff
from cinedex.errors import StoreError
from cinedex.people.log import utc_now
from cinedex.store import Store

SCHEME = 2
"""Version of the entries' form."""

_FLAGS_ALONE = 1
"""The form of decisions about flags that the machine made; all who read the log know it."""

Entry: TypeAlias = Decision | SignOff
_Entered = TypeVar("_Entered", Decision, SignOff)

PLACE = "review/log"
_KEY = "review/key"
_HEAD = "review/head.json"
_FIRST = "0" * 64
_ID = re.compile(r"(\d{9})\.json\Z")
_TRIES = 1000


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: how many entries there are, and the last one's hash."""

    entries: int
    hash: str


@dataclass(frozen=True, slots=True)
class Check:
    """What a look at the whole log found; nothing is wrong where there are no problems."""

    head: Head
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    said: Entry
    previous: str
    key: str
    hash: str
    signed: bool
    """Whether the signature is the library's key's."""


class ReviewLog:
    """The decisions of one library. Safe for any number of processes and threads."""

    def __init__(self, store: Store, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.store, self.clock = store, clock
        self._known: dict[int, _Entry] = {}
        self._lock = threading.Lock()

    def entries(self) -> tuple[Entry, ...]:
        """Every decision and sign-off, in order.

        Raises StoreError where one cannot be read: leaving it out may undo a wish.
        """
        with self._lock:
            return tuple(e.said for _, e in sorted(self._read().items()))

    def decisions(self) -> tuple[Decision, ...]:
        """Every decision about a flag, in order. Raises StoreError as `entries` does."""
        return tuple(e for e in self.entries() if isinstance(e, Decision))

    def append(self, decision: _Entered) -> _Entered:
        """Write a decision or sign-off after all that are there; gives it with its number and time."""
        key = self._key()
        with self._lock:
            for _ in range(_TRIES):
                known = self._read()
                last = max(known, default=0)
                previous = known[last].hash if known else _FIRST
                at = self.clock().astimezone(UTC).isoformat(timespec="seconds")
                made = replace(decision, number=last + 1, at=at)
                data = _written(made, previous, key)
                place = f"{PLACE}/{last + 1:09d}.json"
                self.store.put(place, data, once=True)
                there = self.store.get(place)
                if there == data:
                    self._anchor(Head(last + 1, _hash(data)))
                    return made
                if there is None:
                    raise StoreError(
                        "a decision did not arrive in the library", remedy="Check its place; decide again."
                    )
        raise StoreError("others write to the review log all the time", remedy="Decide again.")

    def head(self) -> Head:
        """The end of the chain as it is now."""
        with self._lock:
            return _head(self._read())

    def verify(self, anchor: Head | None = None) -> Check:
        """Look at every entry anew. `anchor` is a head that was noted elsewhere; else the one kept beside the log."""
        key = self._key_kept()
        problems: list[str] = []
        entries: dict[int, _Entry] = {}
        previous, expected = _FIRST, 1
        for number, name in self._names():
            if number != expected:
                problems.append(f"{_range(expected, number - 1)} missing")
            data = self.store.get(f"{PLACE}/{name}") or b""
            try:
                entry = _understood(data, key)
            except StoreError as wrong:
                problems.append(f"entry {number}: {wrong.what}")
                previous, expected = "", number + 1
                continue
            if previous and number == expected and entry.previous != previous:
                problems.append(f"entry {number} does not follow the one before it: one of the two was changed")
            if entry.said.number != number:
                problems.append(f"entry {number} says that it is number {entry.said.number}")
            if not entry.signed:
                problems.append(f"entry {number} {_unsigned(entry, key)}")
            entries[number], previous, expected = entry, entry.hash, number + 1
        kept = self._kept_head()
        for noted, whose in ((anchor, "was noted elsewhere"), (kept, "is kept beside the log")):
            if noted is not None and noted.entries:
                problems += _cut(noted, entries, expected - 1, whose)
        if entries and kept is None:
            problems.append(
                "the head that is kept beside the log is missing: what was cut off at its end would not show"
            )
        return Check(_head(entries), tuple(problems))

    def _names(self) -> list[tuple[int, str]]:
        found = ((_ID.match(name), name) for name in self.store.names(PLACE))
        return sorted((int(match.group(1)), name) for match, name in found if match)

    def _read(self) -> dict[int, _Entry]:
        """Every entry there is now. What was read once is not read again: entries do not change."""
        names = self._names()
        key = self._key_kept() if len(names) > len(self._known) else b""
        there = {number for number, _ in names}
        for gone in self._known.keys() - there:
            del self._known[gone]
        for number, name in names:
            if number not in self._known:
                data = self.store.get(f"{PLACE}/{name}")
                if data is not None:
                    self._known[number] = _understood(data, key, f"entry {number} of the review log")
        return self._known

    def _key(self) -> bytes:
        """The library's key, made with the first decision."""
        if self._key_kept() is None:
            self.store.put(_KEY, secrets.token_hex(32).encode(), once=True, private=True)
        key = self._key_kept()
        if key is None:
            raise StoreError("the key of the review log cannot be read", remedy=f"Look at {_KEY} of the library.")
        return key

    def _key_kept(self) -> bytes | None:
        return self.store.get(_KEY)

    def _anchor(self, head: Head) -> None:
        """Note the end of the chain. It may lag behind what another process writes at this moment, never lead."""
        key = self._key()
        facts = plain(head)
        facts["mac"] = _mac(key, facts)
        self.store.put(_HEAD, json.dumps(facts).encode())

    def _kept_head(self) -> Head | None:
        data, key = self.store.get(_HEAD), self._key_kept()
        try:
            facts = json.loads(data or b"")
            mac = facts.pop("mac")
            return build(Head, facts) if key is not None and hmac.compare_digest(mac, _mac(key, facts)) else None
        except (ValueError, KeyError, TypeError, AttributeError):
            return None


def _written(decision: Entry, previous: str, key: bytes) -> bytes:
    """An entry as JSON. A random word in it tells two apart that say the same in the same second."""
    old = isinstance(decision, Decision) and decision.do not in {"add", "withdraw"}
    scheme = _FLAGS_ALONE if old else SCHEME
    sort = {"sort": "sign-off"} if isinstance(decision, SignOff) else {}
    facts = {
        "scheme": scheme,
        **sort,
        **plain(decision),
        "previous": previous,
        "key": _name(key),
        "word": secrets.token_hex(8),
    }
    facts["mac"] = _mac(key, facts)
    return json.dumps(facts, ensure_ascii=True, indent=1).encode()


def _understood(data: bytes, key: bytes | None, what: str = "it") -> _Entry:
    try:
        facts = json.loads(data)
        if facts["scheme"] not in {_FLAGS_ALONE, SCHEME}:
            raise StoreError(f"{what} has the form {facts['scheme']}", remedy="Use a newer Cinedex.")
        mac = facts.pop("mac")
        said: Entry = build(SignOff, facts) if facts.get("sort") == "sign-off" else build(Decision, facts)
        (WORDS if isinstance(said, SignOff) else VERBS).index(said.do)
        signed = key is not None and hmac.compare_digest(mac, _mac(key, facts))
        return _Entry(said, facts["previous"], facts["key"], _hash(data), signed)
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise StoreError(
            f"{what} cannot be read ({wrong})",
            remedy="It is damaged: put it back from a copy. `cinedex review log --verify` looks at them all.",
        ) from wrong


def _mac(key: bytes, facts: Mapping[str, Any]) -> str:
    return hmac.new(key, canonical(facts), hashlib.sha256).hexdigest()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _name(key: bytes) -> str:
    """By which a key is told from another, without giving it away."""
    return hashlib.sha256(b"name of " + key).hexdigest()[:16]


def _head(entries: Mapping[int, _Entry]) -> Head:
    last = max(entries, default=0)
    return Head(last, entries[last].hash if entries else _FIRST)


def _range(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"


def _unsigned(entry: _Entry, key: bytes | None) -> str:
    if key is None:
        return "cannot be checked: the library's key is missing"
    if entry.key != _name(key):
        return f"was signed with another key ({entry.key}) than the library's ({_name(key)})"
    return "was changed after it was signed"


def _cut(noted: Head, entries: Mapping[int, _Entry], last: int, whose: str) -> Iterator[str]:
    if noted.entries > last:
        yield f"{_range(last + 1, noted.entries)} missing at the end, by the head that {whose}"
    elif noted.entries in entries and entries[noted.entries].hash != noted.hash:
        yield f"entry {noted.entries} is not the one that the head names that {whose}"
