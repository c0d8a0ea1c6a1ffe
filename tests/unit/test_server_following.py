"""Jobs that many follow: read once a change, told to everybody, and nobody left waiting."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cinedex.app.server.following import Following
from cinedex.app.server.news import News
from cinedex.errors import NotFoundError, StoreError


class Desk:
    """Where jobs are read, each time counted."""

    def __init__(self) -> None:
        self.state, self.fraction, self.reads = "running", 0.0, 0
        self.wrong: Exception | None = None
        self.news, self.stop = News(None), threading.Event()
        self.following = Following(self.news, self.read, self.stop)

    def read(self, number: str) -> dict[str, Any]:
        self.reads += 1
        if self.wrong is not None:
            raise self.wrong
        return {"id": number, "state": self.state, "fraction": self.fraction}

    def become(self, state: str, fraction: float) -> None:
        self.state, self.fraction = state, fraction
        self.news.tell("j")

    async def listen(self, heard: list[str], beat: float = 30.0) -> None:
        async for text in self.following.told("j", beat):
            heard.append(text)  # noqa: PERF401 - each as it comes


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("cinedex.app.server.news._OFTEN", 30.0)  # nobody looks by himself within a test
    return Desk()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await test()

    asyncio.run(bounded())


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - of what is looked at nothing rings
        await asyncio.sleep(0.005)


def test_a_change_is_read_once_and_told_to_all(desk: Desk):
    async def test() -> None:
        heard: list[list[str]] = [[] for _ in range(20)]
        tasks = [asyncio.create_task(desk.listen(h)) for h in heard]
        await until(lambda: all(len(h) == 1 for h in heard))
        desk.become("running", 0.5)
        await until(lambda: all(len(h) == 2 for h in heard))
        assert desk.reads == 2
        desk.become("done", 1.0)
        await asyncio.gather(*tasks)
        assert desk.reads == 3
        assert {tuple(json.loads(t)["fraction"] for t in h) for h in heard} == {(0.0, 0.5, 1.0)}

    run(test)


def test_what_has_not_changed_is_not_told_again(desk: Desk):
    async def test() -> None:
        heard: list[str] = []
        task = asyncio.create_task(desk.listen(heard))
        await until(lambda: len(heard) == 1)
        desk.become("running", 0.0)
        await until(lambda: desk.reads == 2)
        desk.become("failed", 0.0)
        await task
        assert [json.loads(t)["state"] for t in heard] == ["running", "failed"]

    run(test)


def test_who_comes_later_hears_how_it_is_at_once(desk: Desk):
    async def test() -> None:
        first: list[str] = []
        later: list[str] = []
        tasks = [asyncio.create_task(desk.listen(first))]
        await until(lambda: len(first) == 1)
        tasks.append(asyncio.create_task(desk.listen(later)))
        await until(lambda: len(later) == 1)
        assert desk.reads == 1
        desk.become("cancelled", 0.0)
        await asyncio.gather(*tasks)
        assert first == later

    run(test)


def test_a_job_that_is_tried_again_is_followed_again(desk: Desk):
    async def test() -> None:
        desk.state = "failed"
        before: list[str] = []
        await desk.listen(before)
        desk.state = "running"
        after: list[str] = []
        task = asyncio.create_task(desk.listen(after))
        await until(lambda: len(after) == 1)
        desk.become("done", 1.0)
        await task
        assert [json.loads(t)["state"] for t in (*before, *after)] == ["failed", "running", "done"]

    run(test)


def test_while_the_database_is_away_streams_wait(desk: Desk):
    async def test() -> None:
        desk.wrong = StoreError("away")
        heard: list[str] = []
        task = asyncio.create_task(desk.listen(heard, beat=0.02))
        await until(lambda: len(heard) >= 2)
        assert set(heard) == {""}
        desk.wrong = None
        desk.become("done", 1.0)
        await task
        assert json.loads(heard[-1])["state"] == "done"

    run(test)


def test_streams_end_with_the_server_and_with_a_job_that_is_gone(desk: Desk):
    async def test() -> None:
        heard: list[str] = []
        task = asyncio.create_task(desk.listen(heard))
        await until(lambda: len(heard) == 1)
        desk.stop.set()
        desk.news.tell("j")
        await task
        desk.stop.clear()
        desk.wrong = NotFoundError("forgotten")
        await desk.listen(heard)
        assert len(heard) == 1

    run(test)


def test_nothing_is_read_where_nobody_listens(desk: Desk):
    async def test() -> None:
        heard: list[str] = []
        task = asyncio.create_task(desk.listen(heard))
        await until(lambda: len(heard) == 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await until(lambda: not desk.news._ears)
        desk.become("running", 0.7)
        await asyncio.sleep(0.05)
        assert desk.reads == 1
        assert not desk.following._followed

    run(test)
