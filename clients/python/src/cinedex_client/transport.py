"""Requests over http.client: keys, problems as exceptions, streams, server-sent events, uploads that go on."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

_BLOCK = 1 << 20
_PART = 8 << 20
"""Bytes of one request of an upload."""


class ApiError(Exception):
    """The server said no: its status, and its problem details with what to do."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status, self.problem = status, dict(problem)
        self.remedy = str(problem.get("remedy", ""))
        told = str(problem.get("detail") or problem.get("title") or "no reason was given")
        super().__init__(f"{status}: {told}" + (f" {self.remedy}" if self.remedy else ""))


@dataclass(frozen=True)
class Event:
    """A server-sent event: its name, and its data read as JSON."""

    name: str
    data: Any


class Transport:
    """A server by its address. Each call has a connection of its own, so that threads may share this.

    `timeout` is in seconds, for connecting and between two pieces of an answer. Where the server asks to come again
    (429, 503), it is asked up to `again` times more, after as long as it says, but no longer than a minute.
    """

    def __init__(
        self, url: str = "http://127.0.0.1:8765", key: str | None = None, *, timeout: float = 60.0, again: int = 4
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{url!r} is no address of a server")
        self._host, self._port, self._secure = parts.hostname, parts.port, parts.scheme == "https"
        self._base = parts.path.rstrip("/")
        self._key, self._timeout, self._again = key, timeout, again

    def json(self, method: str, path: str, **asked: Any) -> Any:
        """An answer in JSON; None where there is none."""
        data = self.raw(method, path, **asked)
        return json.loads(data) if data else None

    def text(self, method: str, path: str, **asked: Any) -> str:
        """An answer in words."""
        return self.raw(method, path, **asked).decode("utf-8")

    def raw(self, method: str, path: str, **asked: Any) -> bytes:
        """An answer as it is."""
        return b"".join(self.stream(method, path, **asked))

    def stream(self, method: str, path: str, **asked: Any) -> Iterator[bytes]:
        """An answer piece by piece."""
        connection, answer = self._answered(method, path, **asked)
        try:
            while block := answer.read1(_BLOCK):
                yield block
        finally:
            connection.close()

    def events(self, method: str, path: str, **asked: Any) -> Iterator[Event]:
        """Server-sent events until the server ends them."""
        rest, name, data = b"", "message", list[str]()
        for block in self.stream(method, path, **asked):
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                field, _, value = line.rstrip(b"\r").decode("utf-8").partition(":")
                value = value.removeprefix(" ")
                if field == "event":
                    name = value
                elif field == "data":
                    data.append(value)
                elif not field and not value and data:
                    yield Event(name, json.loads("\n".join(data)))
                    name, data = "message", []

    def upload(self, file: str | Path, *, at: str | None = None) -> dict[str, Any]:
        """Upload a film (tus 1.0) and give it as the library has it; a cut connection is gone on from.

        `at` is the address of an upload that was begun before, to go on with it.
        """
        path = Path(file)
        size = path.stat().st_size
        place = at or self._begun(path.name, size)
        tries = 0
        with path.open("rb") as source:
            while True:
                try:
                    offset = self._offset(place)
                    source.seek(offset)
                    answer = self._sent(place, source.read(_PART), offset)
                    tries = 0
                    if answer is not None:
                        return answer
                except (OSError, http.client.HTTPException):
                    tries += 1
                    if tries > self._again:
                        raise
                    time.sleep(min(2**tries, 30))

    def _begun(self, name: str, size: int) -> str:
        told = f"filename {base64.b64encode(name.encode()).decode()}"
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Upload-Metadata": told}
        connection, answer = self._answered("POST", "/v1/uploads", headers=headers)
        connection.close()
        return urlsplit(answer.headers["Location"]).path

    def _offset(self, place: str) -> int:
        connection, answer = self._answered("HEAD", place, headers={"Tus-Resumable": "1.0.0"})
        connection.close()
        return int(answer.headers["Upload-Offset"])

    def _sent(self, place: str, data: bytes, offset: int) -> dict[str, Any] | None:
        headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset)}
        headers["Content-Type"] = "application/offset+octet-stream"
        connection, answer = self._answered("PATCH", place, headers=headers, data=data)
        try:
            told = answer.read()
        finally:
            connection.close()
        film: dict[str, Any] | None = json.loads(told) if told else None
        return film

    def _answered(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        data: bytes | None = None,
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        asked = {n: _told(v) for n, v in (query or {}).items() if v is not None}
        place = self._base + path + (f"?{urlencode(asked)}" if asked else "")
        sent = {n: str(v) for n, v in (headers or {}).items() if v is not None}
        if self._key:
            sent["Authorization"] = f"Bearer {self._key}"
        if body is not None:
            data = json.dumps({n: v for n, v in body.items() if v is not None}).encode()
            sent["Content-Type"] = "application/json"
        for left in range(self._again, -1, -1):
            connection = self._connection()
            try:
                connection.request(method, place, data, sent)
                answer = connection.getresponse()
                if answer.status < 400:
                    return connection, answer
                problem = _problem(answer)
            except BaseException:
                connection.close()
                raise
            connection.close()
            wait = answer.headers.get("Retry-After", "")
            if not left or answer.status not in {429, 503} or not wait.isdigit():
                raise ApiError(answer.status, problem)
            time.sleep(min(int(wait), 60))
        raise AssertionError("the last try gives or raises")

    def _connection(self) -> http.client.HTTPConnection:
        if self._secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)


def part(value: object) -> str:
    """A value as one step of a path."""
    return quote(str(value), safe="")


def _told(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _problem(answer: http.client.HTTPResponse) -> dict[str, Any]:
    data = answer.read(_BLOCK)
    try:
        told = json.loads(data)
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {"title": answer.reason}
