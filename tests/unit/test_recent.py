"""Results that are kept: given while they are what they were, and no more of them than there is room for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cinedex.run import recent
from cinedex.run.recent import Recent
from cinedex.store import Store
from cinedex.timeline import arrow
from cinedex.timeline.rows import Shot, Tag
from cinedex.timeline.time import Time

FILM, KEY = "m1-recent", "c" * 64


def tags(*labels: str) -> pa.Table:
    rows = [Tag(start=Time(0), end=Time(1), label=x, vocabulary="v", score=1.0) for x in labels]
    return arrow.table(Tag, rows)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store(str(tmp_path))
    read = made.read
    made.reads = []  # type: ignore[attr-defined]  # for the tests to look at

    def counted(*asked: Any) -> Any:
        made.reads.append(asked)  # type: ignore[attr-defined]
        return read(*asked)

    monkeypatch.setattr(made, "read", counted)
    return made


def labels(found: Any) -> list[str]:
    told: list[str] = found.tables["tag"].column("label").to_pylist()
    return told


def test_what_was_read_is_not_read_again(store: Store):
    store.write(FILM, "tags", KEY, {"tag": tags("sea"), "shot": arrow.table(Shot, [])}, {})
    kept = Recent(store)
    first = kept.read(FILM, "tags", KEY, {"tag"})
    assert first is not None
    assert kept.read(FILM, "tags", KEY, {"tag"}) is first
    assert len(store.reads) == 1  # type: ignore[attr-defined]
    both = kept.read(FILM, "tags", KEY, {"tag", "shot"})
    assert both is not None
    assert (set(first.tables), set(both.tables)) == ({"tag"}, {"tag", "shot"})


def test_what_another_process_took_out_or_deleted_is_not_given(store: Store, tmp_path: Path):
    store.write(FILM, "tags", KEY, {"tag": tags("sea", "somebody")}, {})
    kept, other = Recent(store), Store(str(tmp_path))
    assert labels(kept.read(FILM, "tags", KEY, {"tag"})) == ["sea", "somebody"]
    other.redact(FILM, "tags", KEY, lambda _, table: table.slice(0, 1), "asked for")
    assert labels(kept.read(FILM, "tags", KEY, {"tag"})) == ["sea"]
    other.drop(FILM, "tags", KEY)
    assert kept.read(FILM, "tags", KEY, {"tag"}) is None
    assert kept._bytes == 0
    other.write(FILM, "tags", KEY, {"tag": tags("night")}, {})
    assert labels(kept.read(FILM, "tags", KEY, {"tag"})) == ["night"]


def test_only_so_many_bytes_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch):
    size = tags("sea").nbytes
    monkeypatch.setattr(recent, "MOST_BYTES", 3 * size)
    kept = Recent(store)
    for film in "abcd":
        store.write(f"m1-{film}", "tags", KEY, {"tag": tags("sea")}, {})
        assert labels(kept.read(f"m1-{film}", "tags", KEY, {"tag"})) == ["sea"]
    assert [asked[0] for asked in kept._kept] == ["m1-b", "m1-c", "m1-d"]
    kept.read("m1-b", "tags", KEY, {"tag"})
    kept.read("m1-a", "tags", KEY, {"tag"})
    assert [asked[0] for asked in kept._kept] == ["m1-d", "m1-b", "m1-a"]
    assert kept._bytes == 3 * size
    monkeypatch.setattr(recent, "MOST_BYTES", size)
    store.write("m1-large", "tags", KEY, {"tag": tags("sea")}, {})
    assert labels(kept.read("m1-large", "tags", KEY, {"tag"})) == ["sea"]
    assert not any(asked[0] == "m1-large" for asked in kept._kept)
