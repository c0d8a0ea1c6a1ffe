"""The people of `bench server`: searchers, players, watchers and writers, each on one kept connection of asyncio.

A client of more comfort would take more of the two cores than the server does.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from bench._server_films import lines

_BLOCK = 256 << 10
"""Bytes that a player asks for after each seek."""

_ONE = 40.0
"""Seconds for one answer."""


class Lost(Exception):  # noqa: N818 - it is no error while something is killed
    """No answer came."""


@dataclass
class Told:
    """What happened to everybody: (kind, when it was asked, seconds, what was wrong or '')."""

    answers: list[tuple[str, float, float, str]] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Idempotency keys and the jobs that were given for them."""
    decided: list[str] = field(default_factory=list)
    """Notes of the reviewer's decisions that were acknowledged."""
    events: int = 0
    bytes: int = 0

    @contextmanager
    def asked(self, kind: str) -> Iterator[None]:
        """Time one request."""
        began = time.monotonic()
        try:
            yield
        except Lost as wrong:
            self.answers.append((kind, began, time.monotonic() - began, str(wrong)))
            raise
        self.answers.append((kind, began, time.monotonic() - began, ""))


class Line:
    """One connection, opened again when it was lost."""

    def __init__(self, port: int, key: str) -> None:
        self.port, self.key = port, key
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(
        self, path: str, *, method: str = "GET", body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body; raises Lost."""
        kept = self.writer is not None
        try:
            async with asyncio.timeout(_ONE):
                status, told, data = await self._answer(path, method, body, headers)
        except (OSError, EOFError, ValueError) as error:
            self.close()
            if kept:  # the server may have closed what idled: clients open another, as browsers do
                return await self.ask(path, method=method, body=body, **headers)
            raise Lost(type(error).__name__) from error
        except TimeoutError as error:
            self.close()
            raise Lost("no answer in time") from error
        if status >= 400:
            raise Lost(f"{status} {data[:200].decode(errors='replace')}")
        return status, told, data

    async def _answer(
        self, path: str, method: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        status, told = await self._begun(path, method, body, headers)
        assert self.reader is not None
        return status, told, await self.reader.readexactly(int(told.get("content-length", "0")))

    async def stream(self, path: str) -> asyncio.StreamReader:
        """The lines of an event stream; raises Lost where it does not begin."""
        try:
            status, _ = await self._begun(path, "GET", b"", {})
        except (OSError, EOFError, ValueError) as error:
            self.close()
            raise Lost(type(error).__name__) from error
        if status != 200:
            self.close()
            raise Lost(str(status))
        assert self.reader is not None
        return self.reader

    async def _begun(self, path: str, method: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        assert self.reader is not None
        given = {"host": "127.0.0.1", "x-api-key": self.key, "content-length": str(len(body))} | headers
        head = "".join(f"{n.replace('_', '-')}: {v}\r\n" for n, v in given.items())
        self.writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        await self.writer.drain()
        first = await self.reader.readuntil(b"\r\n\r\n")
        status, *told = first.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in told if line)
        return int(status.split()[1]), {n.lower(): v.strip() for n, _, v in pairs}

    def close(self) -> None:
        """Drop it."""
        if self.writer is not None:
            with suppress(OSError, RuntimeError):
                self.writer.close()
        self.reader = self.writer = None


class People:
    """Everybody, until `stop`. Pauses are exponential around `think` seconds; a share of `fresh` queries is new."""

    def __init__(self, port: int, key: str, seed: int, *, think: float, fresh: float) -> None:
        self.port, self.key, self.think, self.fresh = port, key, think, fresh
        self.draw = random.Random(seed)  # noqa: S311 - the same every time, nothing secret
        self.told = Told()
        self.stop = asyncio.Event()
        self._popular = [self._query() for _ in range(300)]
        self.watched = ""
        """The job that is watched."""

    def _query(self) -> str:
        words = self.draw.choice(lines()).split()
        return " ".join(words[: self.draw.randint(2, 4)])

    async def _pause(self, mean: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stop.wait(), self.draw.expovariate(1 / mean))

    async def searcher(self) -> None:
        """Types a query, reads what was found, types another: some that many ask, some that nobody did."""
        line = Line(self.port, self.key)
        await self._pause(self.think)
        while not self.stop.is_set():
            new = self.draw.random() < self.fresh
            query = self._query() if new else self._popular[int(300 * self.draw.random() ** 3)]
            with suppress(Lost), self.told.asked("search"):
                await line.ask(f"/v1/search?q={quote(query)}")
            await self._pause(self.think)
        line.close()

    async def player(self, film: str, size: int) -> None:
        """Seeks somewhere and takes what comes from there; also looks at the still under the bar."""
        line = Line(self.port, self.key)
        await self._pause(2.0)
        while not self.stop.is_set():
            at = self.draw.randrange(max(size - _BLOCK, 1))
            with suppress(Lost), self.told.asked("seek"):
                status, _, data = await line.ask(f"/v1/films/{film}/media", range=f"bytes={at}-{at + _BLOCK - 1}")
                if status != 206 or len(data) != min(_BLOCK, size - at):
                    raise Lost(f"{status} with {len(data)} bytes")
                self.told.bytes += len(data)
            if self.draw.random() < 0.3:
                with suppress(Lost), self.told.asked("still"):
                    await line.ask(f"/v1/films/{film}/still?at={self.draw.uniform(0, 30):.1f}&height=120")
            await self._pause(2.0)
        line.close()

    async def watcher(self) -> None:
        """Listens to the job that runs, and to the next one when that has ended."""
        while not self.stop.is_set():
            line = Line(self.port, self.key)
            with suppress(Lost, OSError, EOFError):
                with self.told.asked("stream"):
                    events = await line.stream(f"/v1/jobs/{self.watched}/events")
                while not self.stop.is_set() and (text := await events.readline()):
                    if text.startswith(b"data:"):
                        self.told.events += 1
            line.close()
            await self._pause(0.5)

    async def writer(self, film: str) -> None:
        """Asks for work once a second, as long as it takes until it is acknowledged, and remembers what was."""
        line, number = Line(self.port, self.key), 0
        while not self.stop.is_set():
            number += 1
            key = f"{self.draw.getrandbits(64):x}-{number}"
            body = json.dumps({"film": film, "priority": -100}).encode()
            while not self.stop.is_set():
                with suppress(Lost), self.told.asked("write"):
                    _, _, data = await line.ask(
                        "/v1/jobs", method="POST", body=body, content_type="application/json", Idempotency_Key=key
                    )
                    self.told.acknowledged[key] = json.loads(data)["id"]
                    break
                await self._pause(0.2)
            await self._pause(1.0)
        line.close()

    async def reviewer(self, film: str) -> None:
        """Adds a place to the review every five seconds, as long as it takes until it is acknowledged."""
        line, number = Line(self.port, self.key), 0
        while not self.stop.is_set():
            number += 1
            at, note = number % 250 / 10, f"seen {number}"
            place = {"start": at, "end": at + 1, "category": "violence", "severity": "strong", "note": note}
            body = json.dumps(place).encode()
            while not self.stop.is_set():
                with suppress(Lost), self.told.asked("review"):
                    path = f"/v1/films/{film}/review/places"
                    await line.ask(path, method="POST", body=body, content_type="application/json")
                    self.told.decided.append(note)
                    break
                await self._pause(0.2)
            await self._pause(5.0)
        line.close()


async def asked(port: int, key: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One request of ours, on a connection of its own."""
    line = Line(port, key)
    try:
        data = json.dumps(body).encode() if body is not None else b""
        method = "GET" if body is None else "POST"
        _, _, answer = await line.ask(path, method=method, body=data, content_type="application/json")
        found: dict[str, Any] = json.loads(answer)
        return found
    finally:
        line.close()
