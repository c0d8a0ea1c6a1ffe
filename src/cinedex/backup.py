"""A library's facts copied out and back in, while others write: every file by its sum, the whole or nothing.

The index is left out, since it is made from the facts. Files that refer to others are listed first and those that they
refer to after them; an artifact is copied from its manifest on. So a copy never names what it does not hold.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cinedex.errors import StoreError, UsageError
from cinedex.store import Store

FORM = 1
LIST, LIBRARY, STATE = "backup.json", "library", "server.sqlite"

_CACHES = ("index/",)
_PART = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,254}$")
_TRIES = 5


@dataclass(frozen=True)
class Backup:
    """What a backup holds: when it was begun, files and bytes, and whether the server's state is among them."""

    made: str
    files: int
    size: int
    state: bool


def back_up(
    store: Store, to: Path, *, state: Path | None = None, seen: Callable[[int], None] = lambda _: None
) -> Backup:
    """Copy a library, and a server's state file, into the new folder `to`, which appears when it is whole.

    `seen` is told how many files are copied. Raises UsageError where `to` exists, StoreError where copying fails.
    """
    if to.exists():
        raise UsageError(f"{to} exists", remedy="A backup is a new folder; name another.")
    aside = to.with_name(f".{to.name}.{os.getpid()}.part")
    made = datetime.now(UTC).isoformat(timespec="seconds")
    files: dict[str, dict[str, Any]] = {}
    try:
        for place, data in _snapshot(store):
            files[f"{LIBRARY}/{place}"] = _put(aside / LIBRARY / place, data)
            seen(len(files))
        if state is not None:
            _copy_state(state, aside / STATE)
            files[STATE] = _sum_of(aside / STATE)
        told = {"form": FORM, "made": made, "library": store.url, "files": files}
        _put(aside / LIST, json.dumps(told, indent=1, sort_keys=True).encode())
        aside.replace(to)
    except (OSError, sqlite3.Error) as wrong:
        raise StoreError(f"the backup cannot be written: {wrong}", remedy="Check the place and its room.") from wrong
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return _told(made, files)


def _snapshot(store: Store) -> Iterator[tuple[str, bytes]]:
    first = [p for p in store.places() if not p.startswith(_CACHES)]
    known = set(first)
    late = [p for p in store.places() if p not in known and not p.startswith(("films/", *_CACHES))]
    done: set[str] = set()
    for place in first:
        if place.endswith("/manifest.json"):
            for name, part in _artifact(store, place.rpartition("/")[0]):
                done.add(name)
                yield name, part
    for place in [*first, *(p for p in late if not p.endswith(".json"))]:
        # What is beside a manifest is part of it and has been copied, or is being written.
        if place in done or place.endswith((".parquet", "/manifest.json")):
            continue
        data = store.get(place)
        if data is not None:  # else it was removed meanwhile
            yield place, data


def _artifact(store: Store, folder: str) -> list[tuple[str, bytes]]:
    """An artifact as of one manifest; nothing where it was removed meanwhile."""
    for _ in range(_TRIES):
        told = store.get(f"{folder}/manifest.json")
        if told is None:
            return []
        found, whole = [(f"{folder}/manifest.json", told)], True
        for facts in json.loads(told)["kinds"].values():
            table = store.get(f"{folder}/{facts['file']}") or b""
            whole = whole and hashlib.sha256(table).hexdigest() == facts["sha256"]
            found.append((f"{folder}/{facts['file']}", table))
        if whole:
            return found
        if store.get(f"{folder}/manifest.json") == told:  # rows were not just taken out of it: it is damaged
            break
    raise StoreError(
        f"{folder} of the library is damaged", remedy="Delete that folder and analyse the film again, then back up."
    )


def _copy_state(state: Path, to: Path) -> None:
    """A consistent copy of an SQLite file that others write to."""
    if not state.is_file():
        raise UsageError(f"there is no state file {state}", remedy="Say where `cinedex serve --state` has it.")
    to.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        if copy.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("the state file is damaged")


def check(of: Path) -> Backup:
    """Read a backup through. Raises StoreError for one that is damaged, incomplete or of a newer form."""
    try:
        told = json.loads((of / LIST).read_bytes())
        files = dict(told["files"])
        form, made = int(told["form"]), str(told["made"])
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise StoreError(f"{of} is no backup: {wrong}", remedy="Name the folder that `cinedex backup` made.") from wrong
    if form > FORM:
        raise StoreError(f"{of} was made by a newer Cinedex", remedy="Use that one.")
    for name, facts in files.items():
        if not all(_PART.match(part) for part in name.split("/")) or not name.startswith((f"{LIBRARY}/", STATE)):
            raise StoreError(f"{of} names {name!r}, which can be no file of it")
        path = of / name
        if path.is_symlink() or not path.is_file() or _sum_of(path) != facts:
            raise StoreError(f"{name} of the backup is missing or damaged", remedy="Take an earlier backup.")
    return _told(made, files)


def restore(of: Path, store: Store, *, state: Path | None = None) -> Backup:
    """Put a backup into an empty library, and its state file at `state`, which must not exist; checked first.

    Raises UsageError where something is in the way, StoreError for a backup that is not whole.
    """
    found = check(of)
    if any(not p.startswith(_CACHES) for p in store.places()):
        raise UsageError(f"{store.url} is not empty", remedy="Restore into a new place: --library NEW restore ...")
    if state is not None and not found.state:
        raise UsageError("this backup holds no state of a server", remedy="Leave --state out.")
    if state is not None and state.exists():
        raise UsageError(f"{state} exists", remedy="Move it away first.")
    names = [n.removeprefix(f"{LIBRARY}/") for n in json.loads((of / LIST).read_bytes())["files"] if n != STATE]
    for place in sorted(names, key=lambda p: p.endswith("/manifest.json")):  # killed on the way, nothing is half there
        store.put(place, (of / LIBRARY / place).read_bytes())
    if state is not None:
        _put(state, (of / STATE).read_bytes())
    return found


def _told(made: str, files: dict[str, dict[str, Any]]) -> Backup:
    return Backup(made, len(files), sum(int(f["size"]) for f in files.values()), STATE in files)


def _sum_of(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"size": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _put(path: Path, data: bytes) -> dict[str, Any]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
