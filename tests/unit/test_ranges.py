"""Stretches of files: the same answers as the framework's own, and no more turns of a thread than pieces."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from fastapi import Request, Response
from fastapi.responses import FileResponse
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cinedex.app.server import ranges
from cinedex.app.server.ranges import stretch_of

SIZE = 3000
KIND = "video/mp4"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    path.write_bytes(bytes(n * 7 % 251 for n in range(SIZE)))
    return path


def scope(**headers: str) -> dict[str, Any]:
    told = [(n.replace("_", "-").encode(), v.encode("latin-1")) for n, v in headers.items()]
    return {"type": "http", "method": "GET", "path": "/", "headers": told, "query_string": b"", "asgi": {}}


def sent(response: Response, asked: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """What goes over the wire."""
    told: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        told.append(message)

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    asyncio.run(response(asked, receive, send))
    headers = {n.decode(): v.decode() for n, v in told[0]["headers"]}
    return told[0]["status"], headers, b"".join(m.get("body", b"") for m in told[1:])


NUMBERS = st.one_of(st.integers(0, SIZE + 5), st.just(10**17)).map(str)
STRETCHES = st.one_of(
    st.builds("bytes={}-{}".format, NUMBERS, st.one_of(st.just(""), NUMBERS)),
    st.builds("bytes=-{}".format, NUMBERS),
    st.text("bytes=-0123456789 ", max_size=20),
)


@given(STRETCHES)
@example("bytes=0-")
@example(f"bytes=0-{SIZE - 1}")
@example(f"bytes={SIZE - 1}-{SIZE}")
@example(f"bytes={SIZE}-")
@example("bytes=9-3")
@example("bytes=-0")
@settings(max_examples=150, deadline=None)
def test_one_stretch_is_answered_as_the_framework_answers_it(film: Path, asked: str):
    told = scope(range=asked)
    theirs = FileResponse(film, media_type=KIND, headers={"Cache-Control": "private"}, stat_result=film.stat())
    assert sent(stretch_of(film, KIND, Request(told)), told) == sent(theirs, told)


def test_several_stretches_come_as_parts(film: Path):
    told = scope(range="bytes=0-9,100-109")
    status, headers, body = sent(stretch_of(film, KIND, Request(told)), told)
    assert status == 206
    assert headers["content-type"].startswith("multipart/byteranges")
    assert film.read_bytes()[100:110] in body


def test_a_stretch_of_a_file_that_has_changed_is_the_whole_file(film: Path):
    told = scope(range="bytes=0-9", if_range='"another"')
    status, _, body = sent(stretch_of(film, KIND, Request(told)), told)
    assert (status, body) == (200, film.read_bytes())


def test_what_is_long_is_read_while_it_is_sent(film: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ranges, "PIECE", 100)
    monkeypatch.setattr(ranges, "_AT_ONCE", 1000)
    for asked, length in (("bytes=5-", SIZE - 5), ("bytes=5-1004", 1000)):
        told = scope(range=asked)
        status, headers, body = sent(stretch_of(film, KIND, Request(told)), told)
        assert (status, headers["content-length"], body) == (206, str(length), film.read_bytes()[5 : 5 + length])


def test_a_short_stretch_takes_no_turn_of_a_thread(film: Path, monkeypatch: pytest.MonkeyPatch):
    told = scope(range="bytes=5-500")
    made = stretch_of(film, KIND, Request(told))
    monkeypatch.setattr(anyio.to_thread, "run_sync", None)
    assert sent(made, told)[2] == film.read_bytes()[5:501]


def test_a_file_that_becomes_shorter_does_not_end_as_if_it_were_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(SIZE))
    monkeypatch.setattr(ranges, "_AT_ONCE", 1000)
    told = scope(range="bytes=0-")
    made = stretch_of(path, KIND, Request(told))
    path.write_bytes(bytes(10))
    with pytest.raises(OSError, match="shorter"):
        sent(made, told)


@pytest.mark.parametrize("make", [Path.mkdir, lambda _: None])
def test_what_is_no_file_is_not_read(tmp_path: Path, make: Any):
    path = tmp_path / "film.mp4"
    make(path)
    with pytest.raises(OSError, match=r"film\.mp4"):
        stretch_of(path, KIND, Request(scope(range="bytes=0-")))
