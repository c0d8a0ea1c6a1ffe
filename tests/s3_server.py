"""A small S3 for tests: objects of buckets in memory, with all that the store of facts and the index ask of one.

Listings (version 2), ranges, multipart uploads, copies, deletions one by one or by list, and writes only where there is
nothing yet (`If-None-Match: *`), which is what keeps two writers of one version apart. Credentials are not checked.
"""

from __future__ import annotations

import hashlib
import threading
import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

_DATE = "2026-01-01T00:00:00.000Z"
_HTTP_DATE = "Thu, 01 Jan 2026 00:00:00 GMT"


class Objects:
    """What is stored: bytes by 'bucket/key', and parts of uploads that are not complete."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.lock = threading.Lock()
        self.writes = 0
        """Objects that were written whole, those of refused writes not counted."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: Objects

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""

    def _asked(self) -> tuple[str, str, dict[str, str]]:
        place, _, query = self.path.partition("?")
        bucket, _, key = urllib.parse.unquote(place).lstrip("/").partition("/")
        return bucket, key, dict(urllib.parse.parse_qsl(query, keep_blank_values=True))

    def _body(self) -> bytes:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "aws-chunked" not in (self.headers.get("Content-Encoding") or ""):
            return data
        plain, at = b"", 0
        while at < len(data):
            line = data.index(b"\r\n", at)
            size = int(data[at:line].split(b";")[0], 16)
            if size == 0:
                break
            plain += data[line + 2 : line + 2 + size]
            at = line + 2 + size + 2
        return plain

    def _say(self, status: int, body: bytes = b"", *, kind: str = "application/xml", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Last-Modified", _HTTP_DATE)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        length = headers.get("Content_Length")
        if length is None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _wrong(self, status: int, code: str) -> None:
        self._say(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

    def do_HEAD(self) -> None:
        bucket, key, _ = self._asked()
        if not key:
            self._say(200)
            return
        data = self.objects.held.get(f"{bucket}/{key}")
        if data is None:
            self._say(404)
        else:
            self._say(200, kind="binary/octet-stream", ETag=_tag(data), Content_Length=str(len(data)))

    def do_GET(self) -> None:
        bucket, key, query = self._asked()
        if not key:
            self._say(200, self._listed(bucket, query))
            return
        data = self.objects.held.get(f"{bucket}/{key}")
        if data is None:
            self._wrong(404, "NoSuchKey")
            return
        wanted = self.headers.get("Range")
        if wanted is None:
            self._say(200, data, kind="binary/octet-stream", ETag=_tag(data))
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(len(data) - int(last), 0)
        end = min(int(last) + 1 if last and first else len(data), len(data))
        if start >= len(data):
            self._wrong(416, "InvalidRange")
            return
        told = f"bytes {start}-{end - 1}/{len(data)}"
        self._say(206, data[start:end], kind="binary/octet-stream", ETag=_tag(data), Content_Range=told)

    def do_PUT(self) -> None:
        bucket, key, query = self._asked()
        data = self._body()
        if not key:
            self._say(200)
            return
        name = f"{bucket}/{key}"
        if "uploadId" in query:
            with self.objects.lock:
                self.objects.parts[query["uploadId"]][int(query["partNumber"])] = data
            self._say(200, ETag=_tag(data))
            return
        source = self.headers.get("x-amz-copy-source")
        if source is not None:
            data = self.objects.held.get(urllib.parse.unquote(source).lstrip("/"), b"")
        with self.objects.lock:
            if self.headers.get("If-None-Match") == "*" and name in self.objects.held:
                self._wrong(412, "PreconditionFailed")
                return
            self.objects.held[name] = data
            self.objects.writes += 1
        copied = f"<CopyObjectResult><ETag>{_tag(data)}</ETag><LastModified>{_DATE}</LastModified></CopyObjectResult>"
        self._say(200, copied.encode() if source is not None else b"", ETag=_tag(data))

    def do_POST(self) -> None:
        bucket, key, query = self._asked()
        body = self._body()
        if "delete" in query:
            keys = [e.text or "" for e in ET.fromstring(body).iter() if e.tag.endswith("Key")]  # noqa: S314
            with self.objects.lock:
                for one in keys:
                    self.objects.held.pop(f"{bucket}/{one}", None)
            told = "".join(f"<Deleted><Key>{escape(k)}</Key></Deleted>" for k in keys)
            self._say(200, f"<DeleteResult>{told}</DeleteResult>".encode())
        elif "uploads" in query:
            name = f"u{len(self.objects.parts)}"
            self.objects.parts[name] = {}
            told = f"<Bucket>{bucket}</Bucket><Key>{escape(key)}</Key><UploadId>{name}</UploadId>"
            self._say(200, f"<InitiateMultipartUploadResult>{told}</InitiateMultipartUploadResult>".encode())
        else:
            with self.objects.lock:
                parts = self.objects.parts.pop(query["uploadId"])
                data = self.objects.held[f"{bucket}/{key}"] = b"".join(parts[n] for n in sorted(parts))
            told = f"<Bucket>{bucket}</Bucket><Key>{escape(key)}</Key><ETag>{_tag(data)}</ETag>"
            self._say(200, f"<CompleteMultipartUploadResult>{told}</CompleteMultipartUploadResult>".encode())

    def do_DELETE(self) -> None:
        bucket, key, query = self._asked()
        with self.objects.lock:
            if "uploadId" in query:
                self.objects.parts.pop(query["uploadId"], None)
            else:
                self.objects.held.pop(f"{bucket}/{key}", None)
        self._say(204)

    def _listed(self, bucket: str, query: dict[str, str]) -> bytes:
        prefix, between = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token") or query.get("start-after") or ""
        most = int(query.get("max-keys") or 1000)
        with self.objects.lock:
            own = {n.partition("/")[2]: d for n, d in self.objects.held.items() if n.startswith(f"{bucket}/{prefix}")}
        told, shared, last = [], dict[str, None](), ""
        for key in sorted(k for k in own if k > after):
            if len(told) + len(shared) >= most:
                break
            last = key
            rest = key.removeprefix(prefix)
            if between and between in rest:
                shared[prefix + rest.partition(between)[0] + between] = None
                continue
            told.append(
                f"<Contents><Key>{escape(key)}</Key><LastModified>{_DATE}</LastModified>"
                f"<ETag>{_tag(own[key])}</ETag><Size>{len(own[key])}</Size></Contents>"
            )
        more = any(k > last for k in own) and len(told) + len(shared) >= most
        cut = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        cut += f"<NextContinuationToken>{escape(last)}</NextContinuationToken>" if more else ""
        folders = "".join(f"<CommonPrefixes><Prefix>{escape(p)}</Prefix></CommonPrefixes>" for p in shared)
        counted = (
            f"<Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(told) + len(shared)}</KeyCount>"
        )
        return f"<ListBucketResult>{counted}{cut}{''.join(told)}{folders}</ListBucketResult>".encode()


def _tag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


@contextmanager
def s3_server() -> Iterator[tuple[str, Objects]]:
    """Its address and what it holds, while it runs."""
    objects = Objects()
    handler = type("Handler", (_Handler,), {"objects": objects})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", objects
    finally:
        server.shutdown()
        server.server_close()
