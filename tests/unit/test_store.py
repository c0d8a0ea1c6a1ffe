from __future__ import annotations

import json
import multiprocessing
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from tests.timelines import make_movie

from cinedex.errors import StoreError
from cinedex.store import Store, key
from cinedex.timeline import arrow
from cinedex.timeline.rows import Tag
from cinedex.timeline.time import Time

FILM, STAGE, NAME = "m1-abc", "tags", "k" * 8


def tags(*labels: str) -> pa.Table:
    made = [Tag(start=Time(i), end=Time(i + 1), label=x, vocabulary="v", score=0.5) for i, x in enumerate(labels)]
    return arrow.table(Tag, made)


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(str(tmp_path / "lib")) if request.param == "local" else Store(f"memory://{tmp_path.name}/lib")


def test_what_is_written_is_read(store: Store):
    store.write(FILM, STAGE, NAME, {"tag": tags("sea", "night")}, {"version": 1})
    found = store.read(FILM, STAGE, NAME)
    assert found is not None
    assert [r.label for r in arrow.rows(Tag, found.tables["tag"])] == ["sea", "night"]
    assert found.manifest["version"] == 1
    assert store.has(FILM, STAGE, NAME)


def test_empty_is_not_missing(store: Store):
    assert store.read(FILM, STAGE, NAME) is None
    store.write(FILM, STAGE, NAME, {"tag": tags()}, {})
    found = store.read(FILM, STAGE, NAME)
    assert found is not None
    assert found.tables["tag"].num_rows == 0


def test_the_first_writer_of_a_key_wins(store: Store):
    store.write(FILM, STAGE, NAME, {"tag": tags("first")}, {})
    store.write(FILM, STAGE, NAME, {"tag": tags("second", "row")}, {})
    found = store.read(FILM, STAGE, NAME)
    assert found is not None
    assert found.tables["tag"].column("label").to_pylist() == ["first"]


def test_without_its_manifest_an_artifact_is_not_there(tmp_path: Path):
    store = Store(str(tmp_path))
    store.write(FILM, STAGE, NAME, {"tag": tags("sea")}, {})
    (tmp_path / "films" / FILM / STAGE / NAME / "manifest.json").unlink()
    assert not store.has(FILM, STAGE, NAME)
    assert store.read(FILM, STAGE, NAME) is None


@pytest.mark.parametrize("harm", ["flip", "truncate", "delete"])
def test_damage_is_found_and_named(tmp_path: Path, harm: str):
    store = Store(str(tmp_path))
    store.write(FILM, STAGE, NAME, {"tag": tags("sea")}, {})
    file = next((tmp_path / "films" / FILM / STAGE / NAME).glob("*.parquet"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    if harm == "delete":
        file.unlink()
    else:
        file.write_bytes(bytes(data) if harm == "flip" else bytes(data[:-7]))
    with pytest.raises(StoreError, match=r"missing|damaged"):
        store.read(FILM, STAGE, NAME)


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "UPPER", "x" * 200, "nul\0"])
def test_no_name_leads_out_of_the_library(store: Store, name: str):
    with pytest.raises(StoreError, match="cannot name"):
        store.write(FILM, STAGE, name, {"tag": tags()}, {})
    with pytest.raises(StoreError, match="cannot name"):
        store.read(name, STAGE, NAME)


def test_a_manifest_cannot_point_elsewhere(tmp_path: Path):
    store = Store(str(tmp_path))
    store.write(FILM, STAGE, NAME, {"tag": tags("sea")}, {})
    path = tmp_path / "films" / FILM / STAGE / NAME / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["kinds"]["tag"]["file"] = "../../../../etc/passwd"
    path.write_text(json.dumps(manifest))
    with pytest.raises(StoreError, match="cannot name"):
        store.read(FILM, STAGE, NAME)


def test_the_same_rows_are_the_same_bytes(tmp_path: Path):
    for place in ("a", "b"):
        chunked = pa.concat_tables([tags("sea", "night"), tags()]) if place == "b" else tags("sea", "night")
        Store(str(tmp_path / place)).write(FILM, STAGE, NAME, {"tag": chunked}, {})
    a, b = (sorted((tmp_path / p / "films" / FILM / STAGE / NAME).glob("*.parquet")) for p in "ab")
    assert [f.name for f in a] == [f.name for f in b]
    assert a[0].read_bytes() == b[0].read_bytes()


def test_drop_and_remove(store: Store):
    store.write(FILM, STAGE, NAME, {"tag": tags("sea")}, {})
    store.drop(FILM, STAGE, NAME)
    assert not store.has(FILM, STAGE, NAME)
    store.drop(FILM, STAGE, NAME)
    store.write(FILM, STAGE, NAME, {"tag": tags("sea")}, {})
    store.remove_movie(FILM)
    assert not store.has(FILM, STAGE, NAME)


def test_failures_are_remembered_until_cleared(store: Store):
    assert store.failure(FILM, NAME) is None
    store.note_failure(FILM, STAGE, NAME, "out of cheese")
    assert store.failure(FILM, NAME) == "out of cheese"
    store.clear_failure(FILM, NAME)
    assert store.failure(FILM, NAME) is None


def test_an_unwritable_library_is_said_in_words(tmp_path: Path):
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    with pytest.raises(StoreError, match="cannot write"):
        Store(str(blocker / "lib")).note_failure(FILM, STAGE, NAME, "x")


def _race(root: str, label: str) -> None:
    Store(root).write(FILM, STAGE, NAME, {"tag": tags(*[label] * 200)}, {"version": label})


def test_racing_writers_leave_one_whole_artifact(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_race, args=(str(tmp_path), f"w{i}")) for i in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [w.exitcode for w in writers] == [0] * 4
    found = Store(str(tmp_path)).read(FILM, STAGE, NAME)
    assert found is not None
    assert set(found.tables["tag"].column("label").to_pylist()) == {found.manifest["version"]}


def test_a_key_depends_on_everything_and_nothing_else():
    base = ("m1-a", "shots", 1, {"threshold": 0.5}, {"net": "p1"}, ["k1", "k2"])
    assert key(*base) == key("m1-a", "shots", 1, {"threshold": 0.5}, {"net": "p1"}, ["k2", "k1"])
    changed = [
        ("m1-b", *base[1:]),
        (base[0], "cuts", *base[2:]),
        (*base[:2], 2, *base[3:]),
        (*base[:3], {"threshold": 0.6}, *base[4:]),
        (*base[:4], {"net": "p2"}, base[5]),
        (*base[:5], ["k1"]),
    ]
    assert len({key(*base), *(key(*c) for c in changed)}) == 1 + len(changed)


def test_films_are_listed_as_they_are_now_whoever_changed_them(tmp_path: Path):
    mine, theirs = Store(str(tmp_path)), Store(str(tmp_path))
    one, two = (replace(make_movie(1.0, name=f"{n}.mp4"), id=f"m1-{n}") for n in ("a", "b"))
    mine.put_movie(one)
    assert list(mine.movies()) == [one]
    assert list(theirs.movies()) == [one]
    theirs.put_movie(two)
    assert list(mine.movies()) == [one, two]
    moved = replace(one, uri="/elsewhere/a.mp4")
    mine.put_movie(moved)
    assert list(mine.movies()) == [moved, two]
    assert theirs.movie(one.id) == moved
    theirs.remove_movie(two.id)
    assert list(mine.movies()) == [moved]
    assert mine.movie(two.id) is None


def test_a_films_new_place_that_another_process_recorded_is_seen_within_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    mine, theirs = Store(str(tmp_path)), Store(str(tmp_path))
    film = make_movie(1.0, name="a.mp4")
    mine.put_movie(film)
    assert list(mine.movies()) == [film]
    moved = replace(film, uri="/elsewhere/a.mp4")
    theirs.put_movie(moved)
    monkeypatch.setattr("cinedex.store.time.monotonic", lambda: float("inf"))
    assert list(mine.movies()) == [moved]
