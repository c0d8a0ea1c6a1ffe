"""Redis, over a real server: sessions that several servers share, and what is said when it is not there."""

from __future__ import annotations

import builtins
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.redis_server import running

from cinedex import redis
from cinedex.errors import StoreError, UsageError
from cinedex.library import Library
from cinedex.search.follow import Spot, Turn
from cinedex.search.sessions import KEPT, RedisSessions, StoredSessions
from cinedex.settings import Settings
from cinedex.timeline.time import Time

needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="there is no redis-server here")

TURN = Turn((Spot("m-1", Time(5), Time(9)),), ("p-1",))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("redis")) as url:
        yield url


@needs_redis
def test_sessions_are_shared_by_servers_of_one_library_and_by_no_others(url: str):
    ours, beside, other = (RedisSessions(url, place) for place in ("/films", "/films", "/other"))
    assert ours.turn("mine") is None
    ours.put("mine", TURN)
    assert beside.turn("mine") == TURN
    assert other.turn("mine") is None
    assert beside.turn("yours") is None
    beside.forget("mine")
    assert ours.turn("mine") is None
    for wrong in ("", "*", "../films", "A", "a" * 65, "a\n", "a\r\nFLUSHALL"):
        with pytest.raises(UsageError, match="cannot name a session"):
            ours.put(wrong, TURN)


@needs_redis
def test_a_session_ends_by_itself_and_lies_where_others_are_not_disturbed(url: str):
    client = redis.connect(url)
    kept = RedisSessions(url, "/films")
    kept.put("late", TURN)
    (key,) = client.keys("*late")
    assert key.startswith(b"cinedex:session:")
    assert 0 < client.ttl(key) <= KEPT.total_seconds()
    client.pexpire(key, 1)
    threading.Event().wait(0.05)
    assert kept.turn("late") is None
    for broken in (b"", b"{}", b"[]", b"\xff", b'{"spots": [[1]], "people": []}', b"[" * 5000):
        client.set(key, broken)
        assert kept.turn("late") is None


@needs_redis
def test_of_many_that_write_at_once_one_counts_whole(url: str):
    kept = RedisSessions(url, "/films")
    turns = [Turn((Spot("m-1", Time(n), Time(n + 1)),) * 50, (f"p-{n}",)) for n in range(8)]
    threads = [threading.Thread(target=lambda t=t: [kept.put("busy", t) for _ in range(20)]) for t in turns]
    for one in threads:
        one.start()
    while any(one.is_alive() for one in threads):
        assert kept.turn("busy") in {None, *turns}
    assert kept.turn("busy") in turns


def test_a_library_keeps_sessions_where_it_is_told(tmp_path: Path):
    here = Library(settings=Settings(library=str(tmp_path), offline=True))
    assert isinstance(here.sessions, StoredSessions)
    there = Library(settings=Settings(library=str(tmp_path), offline=True, redis_url="redis://127.0.0.1:1/0"))
    assert isinstance(there.sessions, RedisSessions)
    assert "127.0.0.1" not in repr(there.settings)
    assert Settings.from_env({"CINEDEX_REDIS_URL": "redis://h/1"}).redis_url == "redis://h/1"


def test_a_redis_that_is_not_there_is_told_without_its_password():
    kept = RedisSessions("redis://me:secret@127.0.0.1:1/0", "/films")
    with pytest.raises(
        StoreError, match=r"the Redis at redis://127\.0\.0\.1:1/0 cannot be used.*CINEDEX_REDIS"
    ) as told:
        kept.turn("mine")
    assert "secret" not in str(told.value)
    for wrong in ("http://me:secret@h/0", "redis://h:port/0", "films"):
        with pytest.raises(UsageError, match="is no address of a Redis") as wrongly:
            redis.connect(wrong)
        assert "secret" not in str(wrongly.value)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch):
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == "redis":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"pip install 'cinedex\[redis\]'"):
        redis.connect("redis://h/0")
