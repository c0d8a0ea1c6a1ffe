"""A stretch of a file over HTTP (RFC 9110), in as few turns of a thread as there are pieces: a player seeks often.

`FileResponse` takes a turn each to look at the file, open it, seek, read and close it.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import FileResponse, StreamingResponse

PIECE = 256 << 10
_AT_ONCE = 1 << 20
"""Bytes that are read while the answer is made; of more than these, piece by piece while they are sent."""

_STRETCH = re.compile(r"bytes=(\d{1,18})-(\d{0,18})\Z")


class _File(FileResponse):
    chunk_size = PIECE


def stretch_of(path: Path, kind: str, request: Request) -> Response:
    """The bytes of a file that a request asks for: all, one stretch of them or several. Raises OSError.

    To be called in a thread that may wait.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError(f"{path.name} is no file")
    whole = _File(path, media_type=kind, headers={"Cache-Control": "private"}, stat_result=found)
    asked = _STRETCH.match(request.headers.get("range", ""))
    if asked is None or "if-range" in request.headers:
        return whole  # which knows the rest of the rules
    first = int(asked[1])
    last = min(int(asked[2] or found.st_size), found.st_size - 1)
    if not first <= last:
        return whole
    headers = {name: whole.headers[name] for name in ("cache-control", "accept-ranges", "etag", "last-modified")}
    headers |= {"content-range": f"bytes {first}-{last}/{found.st_size}", "content-length": str(last + 1 - first)}
    pieces = _pieces(path, first, last + 1)
    if last + 1 - first > _AT_ONCE:
        return StreamingResponse(pieces, 206, headers, kind)
    return Response(b"".join(pieces), 206, headers, kind)


def _pieces(path: Path, first: int, end: int) -> Iterator[bytes]:
    """The bytes from `first` to before `end`; OSError where the file has become shorter, since all were promised."""
    with path.open("rb", buffering=0) as file:
        file.seek(first)
        while first < end:
            piece = file.read(min(PIECE, end - first))
            if not piece:
                raise OSError(f"{path.name} has become shorter")
            first += len(piece)
            yield piece
