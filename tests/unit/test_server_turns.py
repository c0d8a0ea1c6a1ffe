"""What a request costs beside its work: turns of threads, for which searches and players wait in one line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from tests.unit.test_server import Running

from cinedex.app.server.keys import Caller
from cinedex.app.server.limits import Limits
from cinedex.formats.annotations import PRIVATE
from cinedex.timeline.rows import Tag
from cinedex.timeline.time import Time
from cinedex.timeline.track import Maker, Track


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("turns"))
    made.service.works, made.service.open_here = False, False
    with made.client:
        yield made


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is done in threads."""
    took: list[str] = []
    run_sync = anyio.to_thread.run_sync

    async def counted(call: Any, *args: Any, **how: Any) -> Any:
        took.append(getattr(getattr(call, "func", call), "__name__", "?"))
        return await run_sync(call, *args, **how)

    monkeypatch.setattr(anyio.to_thread, "run_sync", counted)
    return took


def test_a_seek_takes_two_turns_once_its_key_is_known(running: Running, turns: list[str]):
    service = running.service
    key = {"X-Api-Key": service.keys.create("player", ("read",))}
    film = service.library.add(running.film).id
    first = running.client.get(f"/v1/films/{film}/media", headers=key | {"Range": "bytes=0-9"})
    assert (first.status_code, len(turns)) == (206, 3)
    turns.clear()
    assert running.client.get(f"/v1/films/{film}/media", headers=key | {"Range": "bytes=0-9"}).content
    assert len(turns) == 2


def test_whoever_has_to_be_looked_up_is_looked_up_in_a_thread(
    running: Running, turns: list[str], monkeypatch: pytest.MonkeyPatch
):
    """A database or a Redis that is slow must not hold up everybody."""
    service = running.service
    key = {"X-Api-Key": service.keys.create("reader", ("read",))}
    assert running.client.get("/v1/jobs/none", headers=key).status_code == 404
    turns.clear()
    monkeypatch.setattr(Limits, "elsewhere", True)
    assert running.client.get("/v1/jobs/none", headers=key).status_code == 404
    assert turns[0] == "_asking"
    turns.clear()
    assert running.client.get("/v1/jobs/none", headers={"Cookie": f"{service.cookie('session')}=x"}).status_code == 401
    assert turns == ["_asking"]


def test_a_key_is_remembered_for_less_than_it_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    keys = Running(tmp_path).service.keys
    key = keys.create("a", ("read",))
    now = 1000.0
    monkeypatch.setattr("cinedex.app.server.keys.time.monotonic", lambda: now)
    assert not keys.remembers(key)
    assert isinstance(keys.caller(key), Caller)
    assert keys.remembers(key)
    now += 0.95
    assert not keys.remembers(key)
    asked: list[str] = []
    monkeypatch.setattr(keys, "_looked_up", asked.append)
    assert isinstance(keys.caller(key), Caller)
    assert not asked


def test_a_films_page_counts_rows_without_reading_them_and_those_that_were_taught_too(
    running: Running, monkeypatch: pytest.MonkeyPatch
):
    library, headers = running.service.library, {"X-Api-Key": running.service.keys.create("page", ("read",))}
    film = library.analyze(running.film)
    whole = library.timeline(film)
    tag = Tag(start=Time(0), end=Time(1), label="lighthouse", vocabulary="taught", score=1.0)
    known = library.evidence(film)
    taught = {**known.tracks, ("taught", "tag"): Track.of(Tag, [tag], Maker("taught", 1, "a" * 64))}
    monkeypatch.setattr(library, "evidence", lambda _: replace(known, tracks=taught))
    monkeypatch.setattr(library.store, "read", None)
    told = running.client.get(f"/v1/films/{film.id}", headers=headers).json()["tracks"]
    rows = {(t["stage"], t["kind"]): t["rows"] for t in told}
    assert rows.pop(("taught", "tag")) == 1
    assert rows == {name: len(track) for name, track in whole.tracks.items() if name[1] not in PRIVATE}
