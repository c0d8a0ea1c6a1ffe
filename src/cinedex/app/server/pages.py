"""The web page's files: read once from the package, sent gzipped with an ETag, so that a visit again costs no bytes."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from importlib.resources import files as resources
from importlib.resources.abc import Traversable

from fastapi import FastAPI, Request, Response

from cinedex.app.server.answering import cached
from cinedex.app.server.problems import problem

_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def serve_page(app: FastAPI) -> None:
    """Serve `page/` of the package: `/` is its index. Names that are not its files are answered by 404."""
    files = dict(_read(resources("cinedex.app.server") / "page"))

    def sent(name: str, request: Request) -> Response:
        if name not in files:
            return problem(404, "there is nothing here", request)
        plain, small, kind = files[name]
        if "gzip" in request.headers.get("accept-encoding", ""):
            return cached(small, kind, request, **{"Vary": "Accept-Encoding", "Content-Encoding": "gzip"})
        return cached(plain, kind, request, Vary="Accept-Encoding")

    @app.get("/", include_in_schema=False)
    def front(request: Request) -> Response:
        return sent("index.html", request)

    @app.get("/page/{name:path}", include_in_schema=False)
    def part(name: str, request: Request) -> Response:
        return sent(name, request)


def _read(folder: Traversable, before: str = "") -> Iterator[tuple[str, tuple[bytes, bytes, str]]]:
    """The files under a folder by name: bytes, gzipped bytes, type. What is no part of a page is left out."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _read(entry, f"{before}{entry.name}/")
        elif kind := _KINDS.get("." + entry.name.rpartition(".")[2]):
            body = entry.read_bytes()
            yield before + entry.name, (body, gzip.compress(body, mtime=0), kind)
