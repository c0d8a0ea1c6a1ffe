"""Uploads that go on after a cut connection: the core, creation and termination parts of tus 1.0 (tus.io/protocols).

What has arrived lies in a file of the upload's own; its length is the offset, so that no crash can make the two differ.
A whole upload is probed, and only what is a film is kept and added.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from cinedex.app.server.openapi import operation
from cinedex.app.server.service import Analyst, Given, Service, shown
from cinedex.errors import CinedexError, NotFoundError, UsageError
from cinedex.media.films import FILM_SUFFIXES

router = APIRouter(prefix="/v1/uploads", tags=["uploads"], generate_unique_id_function=operation)

_TUS = {"Tus-Resumable": "1.0.0", "Cache-Control": "no-store"}
_NUMBER = re.compile(r"[0-9a-f]{32}")
_KEPT_SECONDS = 7 * 86_400
"""An upload that nobody goes on with is forgotten after this."""
_ROOM = 1 << 30
"""Bytes of disk that uploads leave free."""


class _TooLargeError(CinedexError):
    status = 413


class _ConflictError(CinedexError):
    status = 409


class _BusyError(CinedexError):
    status = 423


class _NoRoomError(CinedexError):
    status = 507


@dataclass(frozen=True)
class _Upload:
    """One upload in the folder: what has arrived, and what was said of it."""

    folder: Path
    number: str

    @property
    def part(self) -> Path:
        return self.folder / f"{self.number}.part"

    @property
    def said(self) -> Path:
        return self.folder / f"{self.number}.said"

    @property
    def offset(self) -> int:
        return self.part.stat().st_size

    def facts(self) -> tuple[int, str]:
        length, _, name = self.said.read_text(encoding="utf-8").partition("\n")
        return int(length), name

    def say(self, length: int, name: str) -> None:
        """Write down what was said, whole or not at all: others look through the folder."""
        written = self.said.with_suffix(".new")
        written.write_text(f"{length}\n{name}", encoding="utf-8")
        written.replace(self.said)

    @property
    def missing(self) -> int:
        """Bytes that are still to come; none of an upload that has ended meanwhile."""
        try:
            return max(self.facts()[0] - self.offset, 0)
        except FileNotFoundError:
            return 0

    def forget(self) -> None:
        self.said.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[int]:
        """The part opened for adding to it, by one request at a time in all processes."""
        with self.part.open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise _BusyError(
                    "this upload is being written to", remedy="Ask for its offset again in a while."
                ) from error
            yield file.fileno()


def _upload(service: Service, number: str) -> _Upload:
    found = _Upload(service.uploads, number)
    if not _NUMBER.fullmatch(number) or not found.said.is_file() or not found.part.is_file():
        raise NotFoundError("no such upload", remedy="Begin it anew.")
    return found


def _name(metadata: str) -> str:
    """The file's name from Upload-Metadata, without anything that is a path. Raises UsageError."""
    pairs = dict(pair.strip().partition(" ")[::2] for pair in metadata.split(",") if pair.strip())
    try:
        text = base64.b64decode(pairs.get("filename", ""), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UsageError("the file's name is no base64 of UTF-8") from error
    name = "".join(c for c in text.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable()).strip(". ")[-120:]
    if Path(name).suffix.lower() not in FILM_SUFFIXES:
        raise UsageError("this is no film by its name", remedy=f"Films end in {', '.join(sorted(FILM_SUFFIXES))}.")
    return name


def sweep(folder: Path) -> None:
    """Forget uploads that nobody went on with."""
    for said in folder.glob("*.said"):
        upload = _Upload(folder, said.stem)
        with suppress(FileNotFoundError):  # it has ended meanwhile
            written = [p.stat().st_mtime for p in (said, upload.part) if p.exists()]
            if written and time.time() - max(written) > _KEPT_SECONDS:
                upload.forget()


@router.options("", status_code=204)
def ability(service: Given) -> Response:
    """What of tus is spoken, and how large a film may be."""
    more = {"Tus-Version": "1.0.0", "Tus-Extension": "creation,termination", "Tus-Max-Size": str(service.most_bytes)}
    return Response(status_code=204, headers=_TUS | more)


@router.post("", status_code=201)
def begin(
    service: Given,
    who: Analyst,
    upload_length: Annotated[int, Header(ge=1)],
    upload_metadata: Annotated[str, Header(max_length=2000)] = "",
) -> Response:
    """Begin an upload; `Location` says where its bytes go. Upload-Metadata gives `filename` in base64."""
    name = _name(upload_metadata)
    if upload_length > service.most_bytes:
        raise _TooLargeError(f"a film may have {service.most_bytes} bytes")
    service.uploads.mkdir(parents=True, exist_ok=True)
    sweep(service.uploads)
    promised = sum(_Upload(service.uploads, said.stem).missing for said in service.uploads.glob("*.said"))
    if shutil.disk_usage(service.uploads).free - promised < upload_length + _ROOM:
        raise _NoRoomError("there is no room for this film", remedy="Remove something on the server first.")
    upload = _Upload(service.uploads, secrets.token_hex(16))
    upload.part.touch()
    upload.say(upload_length, name)
    service.state.note(who.name, "begin upload", f"{upload.number} {name}")
    return Response(status_code=201, headers=_TUS | {"Location": f"/v1/uploads/{upload.number}"})


@router.head("/{number}")
def where(number: str, service: Given, _: Analyst) -> Response:
    """How much has arrived."""
    upload = _upload(service, number)
    lengths = {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.facts()[0])}
    return Response(status_code=200, headers=_TUS | lengths)


@router.delete("/{number}", status_code=204)
def forget(number: str, service: Given, _: Analyst) -> Response:
    """Forget an upload."""
    _upload(service, number).forget()
    return Response(status_code=204, headers=_TUS)


@router.patch("/{number}", response_model=None)
async def go_on(
    number: str, request: Request, service: Given, who: Analyst, upload_offset: Annotated[int, Header(ge=0)]
) -> Response | dict[str, Any]:
    """Add bytes at the offset. The last ones make it a film, which is then the answer."""
    if request.headers.get("content-type") != "application/offset+octet-stream":
        raise UsageError("bytes come as application/offset+octet-stream")
    upload = _upload(service, number)
    length, name = upload.facts()
    with upload.alone() as file:
        at = upload.offset
        if upload_offset != at:
            raise _ConflictError(f"{at} bytes have arrived, and these begin at {upload_offset}")
        at = await _received(request, file, at, length)
        await run_in_threadpool(os.fsync, file)
        if at < length:
            return Response(status_code=204, headers=_TUS | {"Upload-Offset": str(at)})
        movie = await run_in_threadpool(_kept, service, upload, name)
    service.state.note(who.name, "add film", f"{movie['id']} {name}")
    return movie


async def _received(request: Request, file: int, at: int, length: int) -> int:
    """Write what comes, as it comes; a cut connection ends it, and what has arrived stays."""
    try:
        async for block in request.stream():
            if at + len(block) > length:
                raise _TooLargeError(f"more than the {length} bytes that were announced")
            await asyncio.to_thread(_write, file, block)
            at += len(block)
    except ClientDisconnect:
        pass
    return at


def _write(file: int, block: bytes) -> None:
    left = memoryview(block)
    while left:
        left = left[os.write(file, left) :]


def _kept(service: Service, upload: _Upload, name: str) -> dict[str, Any]:
    """Keep a whole upload if it is a film. Raises MediaError for what is none, which is then gone.

    Of a film that is here already its own file is kept, and no second one; the answer says `known`.
    """
    folder = service.uploads / upload.number
    folder.mkdir(exist_ok=True)
    path = folder / name
    os.link(upload.part, path)
    try:
        movie = service.library.add(path, anew=False)
    except CinedexError:
        shutil.rmtree(folder, ignore_errors=True)
        upload.forget()
        raise
    upload.forget()
    known = not path.samefile(movie.uri)
    if known:
        shutil.rmtree(folder, ignore_errors=True)
    return shown(movie) | {"known": known}
