"""Searches of many at once: run once where they are the same, remembered while nothing changes, few at a time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, cast

import pytest

from cinedex.app.server import searching
from cinedex.app.server.problems import TooManyError
from cinedex.app.server.searching import Searches
from cinedex.errors import StoreError, UsageError
from cinedex.library import Library


class Changing:
    """As much of a library as searches look at."""

    edition: object = 1


class Counted:
    """A search that counts its runs, and those that run beside one another."""

    def __init__(self, seconds: float = 0.05) -> None:
        self.seconds, self.runs, self.beside, self.most = seconds, 0, 0, 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        with self._lock:
            self.runs += 1
            self.beside += 1
            self.most = max(self.most, self.beside)
        time.sleep(self.seconds)
        with self._lock:
            self.beside -= 1
        return self.runs


@pytest.fixture
def library() -> Changing:
    return Changing()


def searches(library: Changing, at_once: int = 2) -> Searches:
    return Searches(cast("Library", library), at_once)


def run(one: Searches, asked: list[Any], search: Callable[[], Any]) -> list[Any]:
    async def all_of_them() -> list[Any]:
        return await asyncio.gather(*(one.find(a, search) for a in asked), return_exceptions=True)

    return asyncio.run(all_of_them())


def test_the_same_search_runs_once_for_all_who_ask(library: Changing):
    search = Counted()
    assert run(searches(library), ["a"] * 20, search) == [1] * 20
    assert search.runs == 1


def test_few_run_at_a_time_and_all_are_answered(library: Changing):
    search = Counted(0.01)
    assert len(run(searches(library, 3), list(range(30)), search)) == search.runs == 30
    assert search.most == 3


def test_what_was_found_is_found_again_until_the_library_changes(library: Changing):
    one, search = searches(library), Counted(0)
    assert [run(one, ["a"], search)[0] for _ in range(3)] == [1, 1, 1]
    library.edition = 2
    assert run(one, ["a"], search) == [2]


def test_what_was_found_while_the_library_changed_is_not_kept(library: Changing):
    one, search = searches(library), Counted(0)

    def changing() -> int:
        library.edition = 2
        one._remembered("b", search)  # another search sees the change first
        return -1

    assert run(one, ["a"], changing) == [-1]
    assert run(one, ["a"], search) == [2]


def test_nothing_is_remembered_for_ever(library: Changing, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(searching, "_KEPT_SECONDS", 0.0)
    one, search = searches(library), Counted(0)
    run(one, ["a"], search)
    assert run(one, ["a"], search) == [2]
    monkeypatch.setattr(searching, "_KEPT", 5)
    run(one, list(range(50)), search)
    assert len(one._found) == 5


def test_a_search_that_fails_fails_for_all_who_ask_and_not_for_who_comes_later(library: Changing):
    one = searches(library)

    def failing() -> None:
        time.sleep(0.02)
        raise UsageError("no words")

    assert all(isinstance(e, UsageError) for e in run(one, ["a"] * 3, failing))
    assert run(one, ["a"], Counted(0)) == [1]


def test_who_hangs_up_leaves_the_others_an_answer(library: Changing):
    one, search = searches(library), Counted(0.1)

    async def two() -> list[Any]:
        first, second = (asyncio.create_task(one.find("a", search)) for _ in range(2))
        await asyncio.sleep(0.02)
        second.cancel()
        return await asyncio.gather(first, second, return_exceptions=True)

    found = asyncio.run(two())
    assert found[0] == 1
    assert isinstance(found[1], asyncio.CancelledError)


def test_too_many_that_wait_are_told_to_come_again(library: Changing, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(searching, "_MOST_WAITING", 5)
    found = run(searches(library), list(range(9)), Counted(0.02))
    assert sum(isinstance(f, TooManyError) for f in found) == 4


def test_an_index_that_cannot_be_read_before_is_no_reason_not_to_start(
    library: Changing, caplog: pytest.LogCaptureFixture
):
    class Broken:
        def warm(self) -> None:
            raise StoreError("no such folder")

    library.index = Broken()  # type: ignore[attr-defined]
    with caplog.at_level("INFO"):
        searches(library).warm()
    assert "no such folder" in caplog.text
