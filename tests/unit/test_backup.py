"""Backups: made while an analysis writes, whole or not there, refused when damaged, and answering as the original."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest
from tests.films import Sound, make_film
from tests.unit.test_library import library_at
from typer.testing import CliRunner

from cinedex import Library
from cinedex.app import backup_cli, cli
from cinedex.app.server.jobs import Jobs
from cinedex.app.server.state import State
from cinedex.backup import LIST, back_up, check, restore
from cinedex.errors import StoreError, UsageError

RED, GREEN, BLUE = (200, 40, 40), (40, 190, 60), (30, 50, 210)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("first")
    library = library_at(folder / "library")
    library.analyze(make_film(folder / "a.mkv", shots=[(2, RED), (2, GREEN)], sounds=[Sound()]))
    return library


def facts(library: Library, film: str) -> dict[str, object]:
    timeline = library.timeline(library.find(film))
    return {f"{stage} {kind}": repr(list(track)) for (stage, kind), track in timeline.tracks.items()}


def found(library: Library, words: str) -> list[tuple[str, int]]:
    return [(hit.movie, hit.start) for hit in library.search(words).hits]


def test_a_backup_made_while_an_analysis_writes_answers_as_the_original(first: Library, tmp_path: Path):
    film = make_film(tmp_path / "b.mkv", shots=[(2, BLUE), (2, GREEN)], sounds=[Sound()])
    before, begun = found(first, "red"), threading.Event()
    work = threading.Thread(target=lambda: first.analyze(film, on_event=lambda _: begun.set()))
    work.start()
    assert begun.wait(30)
    copies = []
    while work.is_alive():
        copies.append(tmp_path / f"copy-{len(copies)}")
        back_up(first.store, copies[-1])
        time.sleep(0.2)
    work.join()
    assert len(copies) > 1
    wholes = []
    for copy in {copies[0], copies[len(copies) // 2], copies[-1]}:
        other = library_at(tmp_path / f"restored {copy.name}")
        restore(copy, other.store)
        backup_cli._index(other)
        assert other.indexing.check() == []
        assert found(other, "red")[: len(before)] == before
        assert facts(other, "a.mkv") == facts(first, "a.mkv")
        wholes.append(other)
    other = wholes[0]
    other.analyze(film)  # what was cut off by the backup goes on
    assert facts(other, "b.mkv") == facts(first, "b.mkv")
    assert other.indexing.check() == []


def test_the_state_of_a_server_comes_along(first: Library, tmp_path: Path):
    state = State(tmp_path / "server.sqlite")
    job = Jobs(state).ask("m", "film", ["shots"])["id"]
    made = back_up(first.store, tmp_path / "copy", state=tmp_path / "server.sqlite")
    assert made.state
    Jobs(state).ask("n", "film", ["shots"])
    restore(tmp_path / "copy", library_at(tmp_path / "other").store, state=tmp_path / "restored.sqlite")
    assert [j["id"] for j in Jobs(State(tmp_path / "restored.sqlite")).list()] == [job]


@pytest.mark.parametrize("harm", ["changed", "missing", "list", "newer", "escape"])
def test_a_backup_that_is_not_whole_is_refused(first: Library, tmp_path: Path, harm: str):
    copy = tmp_path / "copy"
    back_up(first.store, copy)
    one = min((copy / "library").rglob("*.parquet"))
    told = json.loads((copy / LIST).read_text())
    if harm == "changed":
        one.write_bytes(one.read_bytes()[:-1] + b"x")
    elif harm == "missing":
        one.unlink()
    elif harm == "list":
        (copy / LIST).unlink()
    else:
        told |= {"form": 99} if harm == "newer" else {"files": {"library/../../../etc/passwd": {}}}
        (copy / LIST).write_text(json.dumps(told))
    other = library_at(tmp_path / "other")
    with pytest.raises(StoreError):
        restore(copy, other.store)
    assert other.movies() == []


def test_nothing_is_written_over(first: Library, tmp_path: Path):
    back_up(first.store, tmp_path / "copy")
    with pytest.raises(UsageError, match="exists"):
        back_up(first.store, tmp_path / "copy")
    with pytest.raises(UsageError, match="not empty"):
        restore(tmp_path / "copy", first.store)
    with pytest.raises(UsageError, match="no state"):
        restore(tmp_path / "copy", library_at(tmp_path / "other").store, state=tmp_path / "s")


def test_a_damaged_library_is_said_and_leaves_no_half_backup(first: Library, tmp_path: Path):
    back_up(first.store, tmp_path / "copy")
    other = library_at(tmp_path / "other")
    restore(tmp_path / "copy", other.store)
    min((tmp_path / "other").rglob("*.parquet")).write_bytes(b"broken")
    with pytest.raises(StoreError, match="damaged"):
        back_up(other.store, tmp_path / "again")
    assert not [p for p in tmp_path.iterdir() if "again" in p.name]


def test_the_index_is_not_copied(first: Library, tmp_path: Path):
    back_up(first.store, tmp_path / "copy")
    assert not (tmp_path / "copy" / "library" / "index").exists()
    assert first.store.holds("index")


def test_commands(first: Library, tmp_path: Path):
    run = CliRunner().invoke
    done = run(cli.app, ["-L", first.store.url, "backup", str(tmp_path / "copy"), "--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["files"] == check(tmp_path / "copy").files
    done = run(cli.app, ["restore", str(tmp_path / "copy"), "--check"], catch_exceptions=False)
    assert "Nothing is wrong" in done.stdout
