"""The index in an object store: made, searched, changed by two writers, and whole after a writer is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from tests.s3_server import Objects, s3_server
from tests.unit.search_fixtures import film

from cinedex.models.fakes import FakeTextEmbedder
from cinedex.search.filters import ANYWHERE
from cinedex.search.index import Index
from cinedex.search.query import search
from cinedex.search.remote import options_for
from cinedex.timeline.timeline import Timeline

_URL = "s3://bucket/library/index"


@pytest.fixture(name="store")
def _store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Objects]:
    with s3_server() as (address, objects):
        for name, value in (
            ("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_ENDPOINT_URL", address),
        ):  # fmt: skip
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
        yield objects


def boats(edition: int, films: int = 2) -> dict[str, Timeline]:
    """Films of two moments, each of which names its edition."""
    return {
        f"m1-{n}": film(
            (f"The red boat {n} leaves.", []), ("Nobody knows.", []), id_=f"m1-{n}", name=f"E{edition} {n}.mp4"
        )
        for n in range(films)
    }


def test_an_index_lies_in_an_object_store(store: Objects):
    index = Index(_URL, FakeTextEmbedder)
    for one in boats(0).values():
        assert index.update(one)
    assert any(name.startswith("bucket/library/index/") for name in store.held)
    assert [h.movie for h in search(Index(_URL, FakeTextEmbedder), "red boat 1").hits][:1] == ["m1-1"]
    other = Index(_URL, FakeTextEmbedder)
    assert other.update(boats(1)["m1-0"])
    assert {r["name"] for r in index.within(ANYWHERE)} == {"E1 0.mp4", "E0 1.mp4"}
    assert index.check(boats(0)) == ["E0 0.mp4: not up to date"]
    other.remove("m1-1")
    assert index.size == (1, 2)
    index.compact()
    assert other.size == (1, 2)


_WRITER = """
import sys
from tests.unit.test_remote import _URL, boats
from cinedex.models.fakes import FakeTextEmbedder
from cinedex.search.index import Index
index = Index(_URL, FakeTextEmbedder)
print("ready", flush=True)
for edition in range(1, 1000):
    for one in boats(edition).values():
        index.update(one)
    print(edition, flush=True)
"""


def test_a_writer_that_is_killed_leaves_every_film_whole(store: Objects):
    Index(_URL, FakeTextEmbedder).rebuild(boats(0).values())
    made = [sys.executable, "-c", _WRITER]
    with subprocess.Popen(made, stdout=subprocess.PIPE, text=True, env={**os.environ}) as writer:  # noqa: S603
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        before, until = store.writes, time.monotonic() + 30
        while store.writes < before + 5 and time.monotonic() < until:
            time.sleep(0.005)
        writer.send_signal(signal.SIGKILL)
    index = Index(_URL, FakeTextEmbedder)
    own = Counter((r["movie"], r["name"]) for r in index.within(ANYWHERE))
    assert len(own) == 2
    assert set(own.values()) == {2}
    for one in boats(1000).values():
        index.update(one)
    assert index.check(boats(1000)) == []


@pytest.mark.parametrize(
    ("url", "endpoint", "told"),
    [
        ("s3://b/x", "http://localhost:9000", {"aws_endpoint": "http://localhost:9000", "allow_http": "true"}),
        ("s3://b/x", "https://s3.example", {"aws_endpoint": "https://s3.example"}),
        ("s3://b/x", "", None),
        ("/films/index", "http://localhost:9000", None),
    ],
)
def test_an_endpoint_without_tls_is_only_used_where_it_is_named(
    monkeypatch: pytest.MonkeyPatch, url: str, endpoint: str, told: dict[str, str] | None
):
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert options_for(url) == told
