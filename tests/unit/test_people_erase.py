"""The wish to be forgotten: everything that identifies a person goes, whatever is killed and whatever comes later."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.casts import ANN, BEN, CAT, HARBOUR, TRAIN, Seen, analyse, library_at, portrait_of, print_of, put_film

from cinedex.errors import NotFoundError, StoreError, UsageError
from cinedex.library import Library
from cinedex.people import photos
from cinedex.people.decisions import Enrol, Name
from cinedex.people.keeping import KEEP_DAYS
from cinedex.people.view import Standing
from cinedex.store import Store
from cinedex.timeline import arrow
from cinedex.timeline.rows import (
    FILM_SPACE,
    Face,
    Faceprint,
    Person,
    Portrait,
    Speaker,
    Speaking,
    Tag,
    Tracklet,
    Voiceprint,
)
from cinedex.timeline.time import SECOND, Time

NAME = "Ann Unforgettable"


def filled(folder: Path | str) -> Library:
    """Two films; Ann named in one, recognised in the other, known by a photo, with a consent."""
    library = library_at(folder)
    put_film(library, "harbour.mp4", HARBOUR)
    put_film(library, "train.mp4", TRAIN)
    library.cast.name("harbour.mp4#1", NAME)
    library.cast.name("harbour.mp4#2", "Ben")
    library.cast.consent(NAME, given_by="herself", basis="release 12")
    person = library.cast.whom(NAME).person
    kept = photos.keep(library.store, person, photos.Print("test-faces", print_of(ANN, 0, 99)))
    library.cast.log.append([Enrol(person, (kept,))], by="tester")
    library.keeper.touch(people=[person])
    return library


def everything(root: Path) -> Iterator[tuple[Path, bytes]]:
    for path in root.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


def traces(root: Path, who: int = ANN) -> list[str]:  # noqa: C901 - one place for every sort of trace
    """Whatever of a person is left in the bytes of a library: name, prints, portrait, of all files, also litter."""
    found = []
    still = portrait_of(who)
    for path, data in everything(root):
        if NAME.encode() in data:
            found.append(f"{path.name}: name")
        if still[-200:] in data:
            found.append(f"{path.name}: portrait")
        if path.suffix == ".parquet" or path.name.endswith(".part"):
            try:
                table = pq.read_table(io.BytesIO(data))
            except pa.ArrowInvalid:
                continue
            if "data" in table.schema.names and still in table.column("data").to_pylist():
                found.append(f"{path.name}: portrait")
            if "values" in table.schema.names:
                for values in table.column("values").to_pylist():
                    near = max(float(np.dot(values, print_of(who, look))) for look in (0, 1))
                    if near > 0.7:
                        found.append(f"{path.name}: print")
        elif path.suffix == ".json" and b'"values"' in data:
            values = json.loads(data)["values"]
            if float(np.dot(values, print_of(who))) > 0.7:
                found.append(f"{path.name}: photo print")
    return found


def kinds(root: Path, who: int) -> tuple[int, bool]:
    """How many prints of somebody there are, and whether there is a portrait."""
    found = traces(root, who)
    return sum(t.endswith("print") for t in found), any(t.endswith("portrait") for t in found)


def test_a_deletion_leaves_no_trace_but_where_it_was(tmp_path: Path):
    library = filled(tmp_path)
    assert {t.partition(": ")[2] for t in traces(tmp_path)} == {"name", "portrait", "print", "photo print"}
    others = kinds(tmp_path, BEN), kinds(tmp_path, CAT)
    person = library.cast.whom(NAME).person
    deletion = library.keeper.delete(NAME)
    assert traces(tmp_path) == []
    assert (kinds(tmp_path, BEN), kinds(tmp_path, CAT)) == others
    assert not (tmp_path / "people" / "used" / person).exists()
    removed = dict(deletion.removed or ())
    assert (removed["faceprint"], removed["portrait"], removed["person"], removed["photo prints"]) == (4, 4, 4, 1)
    harbour, train = library.find("harbour.mp4"), library.find("train.mp4")
    assert [c.title for c in library.people(harbour).characters] == ["Ben", "Person 3"]
    assert library.people(harbour).deleted == 3
    assert [c.label for c in library.people(train).characters] == ["1", "3"]
    with pytest.raises(NotFoundError):
        library.cast.whom(NAME)
    log = json.dumps([e.acts for e in library.cast.log.entries()], default=str)
    assert "asked for" in log
    assert "vector" not in log


def test_what_remains_is_where_and_when_and_nothing_biometric(tmp_path: Path):
    library = filled(tmp_path)
    library.keeper.delete(NAME)
    for path, data in everything(tmp_path / "people"):
        text = data.decode()
        assert NAME not in text, path
        assert '"values"' not in text, path
        assert "release 12" not in text, path


def test_a_deletion_cannot_be_undone(tmp_path: Path):
    library = filled(tmp_path)
    deletion = library.keeper.delete(NAME)
    with pytest.raises(UsageError, match="cannot be undone"):
        library.cast.undo(deletion.id)
    library.cast.undo()  # the last that can be: naming Ben
    assert library.cast.register.dead
    assert traces(tmp_path) == []


@pytest.mark.parametrize("exact", [True, False])
def test_a_later_analysis_does_not_bring_them_back(tmp_path: Path, exact: bool):
    library = filled(tmp_path)
    library.keeper.delete(NAME)
    again = library_at(tmp_path, other=1)
    harbour = again.find("harbour.mp4")
    off = 0.0 if exact else 0.4
    seen = [Seen(s.who, 9 - s.who, s.start + off, s.end - off, s.look, s.x + off / 20) for s in HARBOUR]
    analyse(again, harbour, seen if exact else seen[::-1])
    assert traces(tmp_path) == []
    found = again.people(harbour)
    assert sorted(c.label for c in found.characters) == ["6", "7"]
    assert found.deleted == 3
    assert len(again.timeline(harbour).track(Faceprint)) == 3
    assert len(again.timeline(harbour).track(Tracklet)) == 6


def test_older_analyses_are_cleared_too(tmp_path: Path):
    old = library_at(tmp_path, other=7)
    movie = put_film(old, "harbour.mp4", [Seen(s.who, s.character, s.start + 0.3, s.end, s.look, s.x) for s in HARBOUR])
    library = filled(tmp_path)
    library.keeper.delete(NAME)
    assert traces(tmp_path) == []
    assert len(old.timeline(movie).track(Person)) == 3


def test_an_anonymous_character_can_be_deleted(tmp_path: Path):
    library = filled(tmp_path)
    deletion = library.keeper.delete("harbour.mp4#3")
    assert deletion.people == ()
    assert [c.title for c in library.people(library.find("harbour.mp4")).characters] == [NAME, "Ben"]
    assert len(traces(tmp_path, CAT)) > 0, "the same stranger in the other film was not meant"


def test_who_was_only_suggested_is_left(tmp_path: Path):
    library = filled(tmp_path)
    library.cast.refuse("train.mp4#2")
    library.keeper.delete(NAME)
    assert "2" in {c.label for c in library.people(library.find("train.mp4")).characters}


def test_what_an_entry_says_of_others_outlives_a_deletion(tmp_path: Path):
    library = filled(tmp_path)
    library.cast.name("train.mp4#2", "Bea")  # in one entry: it is Bea, and it is not Ann
    library.keeper.delete(NAME)
    assert "Bea" in {c.title for c in library.people(library.find("train.mp4")).characters}


def test_who_decides_without_knowing_of_a_deletion_revives_nobody(tmp_path: Path):
    library = filled(tmp_path)
    person = library.cast.whom(NAME).person
    library.keeper.delete(NAME)
    library_at(tmp_path).cast.log.append([Name(person, NAME)], by="late")
    assert person not in library.cast.register.people
    library.keeper.after(library.find("train.mp4"))
    assert traces(tmp_path) == []


# Killed on the way


class Killed(BaseException):
    """Stands for kill -9: nothing catches it and nothing is put in order."""


def dying(store: Store, after: int) -> Callable[[], int]:
    """Let every change of the store from the `after`th on not happen any more, as a kill would; gives their number."""
    count = 0

    def wrap(change: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            nonlocal count
            count += 1
            if count > after:
                raise Killed
            return change(*args, **options)

        return counted

    store._write = wrap(store._write)  # type: ignore[method-assign]  # that is the point
    store.fs = _Wrapped(store.fs, wrap)
    return lambda: count


class _Wrapped:
    def __init__(self, fs: Any, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        self._fs, self._wrap = fs, wrap

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._fs, name)
        return self._wrap(found) if name in {"rm", "rm_file", "pipe_file"} else found


def test_killed_before_any_change_a_deletion_is_either_not_begun_or_ends_in_full(tmp_path: Path):
    filled(tmp_path / "whole")
    after = 0
    while True:
        folder = tmp_path / f"killed-{after}"
        shutil.copytree(tmp_path / "whole", folder)
        library = library_at(folder)
        dying(library.store, after)
        try:
            library.keeper.delete(NAME)
        except Killed:
            killed = True
        else:
            killed = False
        fresh = library_at(folder)
        if fresh.cast.register.deletions:
            fresh.people(fresh.find("harbour.mp4"))  # half of it gone, it is read all the same
            assert fresh.cast.register.named(NAME) == []
            assert fresh.keeper.finish() == int(killed)
            assert traces(folder) == []
            assert fresh.keeper.finish() == 0
            rows = {m.name: len(fresh.timeline(m).track(Faceprint)) for m in fresh.movies()}
            assert rows == {"harbour.mp4": 3, "train.mp4": 3}
        else:
            assert after == 0
            assert fresh.people(fresh.find("harbour.mp4")).characters[0].title == NAME
        if not killed:
            break
        after += 1
    assert after >= 15


def test_what_a_killed_analysis_left_goes_too(tmp_path: Path):
    library = filled(tmp_path)
    movie = library.find("harbour.mp4")
    folder = tmp_path / "films" / movie.id / "faces" / ("f" * 64)
    folder.mkdir()
    source = next((tmp_path / "films" / movie.id / "faces").glob("*/faceprint-*.parquet"))
    (folder / source.name).write_bytes(source.read_bytes())
    (source.parent / ".0123.part").write_bytes(source.read_bytes())
    library.keeper.delete(NAME)
    assert traces(tmp_path) == []


# The store's part


def table(*labels: str) -> pa.Table:
    made = [Tag(start=Time(i), end=Time(i + 1), label=x, vocabulary="v", score=0.5) for i, x in enumerate(labels)]
    return arrow.table(Tag, made)


def without(label: str) -> Callable[[str, pa.Table], pa.Table]:
    return lambda _, t: t.filter(pa.compute.not_equal(t.column("label"), label))


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(str(tmp_path / "lib")) if request.param == "local" else Store(f"memory://{tmp_path.name}/erase")


def test_rows_are_taken_out_under_the_same_key(store: Store):
    store.write("m1-a", "tags", "k", {"tag": table("sea", "me", "sky")}, {"version": 1})
    before = store.files("m1-a", "tags", "k")
    assert store.redact("m1-a", "tags", "k", without("me"), "d1") == {"tag": 1}
    found = store.read("m1-a", "tags", "k")
    assert found is not None
    assert found.tables["tag"].column("label").to_pylist() == ["sea", "sky"]
    assert found.manifest["redacted"] == {"d1": {"tag": 1}}
    assert found.manifest["version"] == 1
    after = store.files("m1-a", "tags", "k")
    assert len(after) == 2
    assert after != before
    assert store.redact("m1-a", "tags", "k", without("sea"), "d1") == {"tag": 1}, "what is noted is not done again"
    assert store.redact("m1-a", "tags", "k", without("sea"), "d2") == {"tag": 1}
    assert store.read("m1-a", "tags", "k").tables["tag"].num_rows == 1  # type: ignore[union-attr]  # it is there
    assert store.redact("m1-a", "tags", "absent", without("sea"), "d1") == {}


def test_a_second_writer_does_not_bring_back_what_was_taken_out(store: Store):
    store.write("m1-a", "tags", "k", {"tag": table("sea", "me")}, {})
    store.redact("m1-a", "tags", "k", without("me"), "d1")
    store.write("m1-a", "tags", "k", {"tag": table("sea", "me")}, {})
    assert store.read("m1-a", "tags", "k").tables["tag"].num_rows == 1  # type: ignore[union-attr]  # it is there
    assert len(store.files("m1-a", "tags", "k")) == 2


def test_who_reads_while_rows_are_taken_out_reads_one_state_or_the_other(tmp_path: Path):
    store = Store(str(tmp_path))
    store.write("m1-a", "tags", "k", {"tag": table("sea", "me")}, {})
    manifest = Store(str(tmp_path)).manifest

    class Slow(Store):
        seen = 0

        def manifest(self, movie_id: str, stage: str, name: str) -> Any:
            found = manifest(movie_id, stage, name)
            if not self.seen:
                store.redact("m1-a", "tags", "k", without("me"), "d1")
            self.seen += 1
            return found

    found = Slow(str(tmp_path)).read("m1-a", "tags", "k")
    assert found is not None
    assert found.tables["tag"].column("label").to_pylist() == ["sea"]


def test_a_damaged_artifact_is_dropped_rather_than_kept(tmp_path: Path):
    library = filled(tmp_path)
    for file in (tmp_path / "films").rglob("portrait-*.parquet"):
        file.write_bytes(file.read_bytes()[:-9])
    library.keeper.delete(NAME)
    assert traces(tmp_path) == []


def test_a_store_that_cannot_be_written_leaves_the_deletion_to_be_finished(tmp_path: Path, monkeypatch):
    library = filled(tmp_path)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="cannot write"):
            library.keeper.delete(NAME)
    library.keeper.delete(NAME)
    assert traces(tmp_path) == []


# Switching, keeping, telling


def test_while_recognition_is_off_prints_are_the_films_own_and_nobody_is_recognised(tmp_path: Path):
    library = library_at(tmp_path, on=False)
    movie = put_film(library, "harbour.mp4", HARBOUR)
    assert not library.cast.on
    assert [s.name for s in library.stages] == ["faces", "people"]
    assert library.plan(movie).step("faces").stage.film_only  # type: ignore[attr-defined]  # of the stand-in
    off = library.plan(movie).step("faces").key
    timeline = library.timeline(movie)
    assert (len(timeline.track(Face)), len(timeline.track(Faceprint)), len(timeline.track(Person))) == (6, 6, 6)
    assert {p.space for p in timeline.track(Faceprint)} == {FILM_SPACE}
    assert {c.standing for c in library.people(movie).characters} == {Standing.ANONYMOUS}
    with pytest.raises(UsageError, match="recognition is off"):
        library.cast.enrol("Ann", [("a.jpg", b"")], lambda: pytest.fail("no model is asked"), consent=("a", "b", ""))
    library.keeper.switch_on("release 12")
    assert library.plan(movie).step("faces").key != off
    assert library.people(movie).state == "missing", "what was made for one film does not pass for what holds in all"


def test_switched_off_nobody_is_recognised_but_what_people_said_stays(tmp_path: Path):
    library = filled(tmp_path)
    library.keeper.switch_off()
    on = library_at(tmp_path, on=False)
    assert not on.cast.on
    harbour = on.find("harbour.mp4")
    assert on.people(harbour).state == "missing"
    assert on.cast.everybody()[0].name
    analyse(on, harbour, HARBOUR)
    assert "Ben" in {c.title for c in on.people(harbour).characters}
    analyse(on, on.find("train.mp4"), TRAIN)
    assert NAME not in {c.title for c in on.people(on.find("train.mp4")).characters}
    assert len(traces(tmp_path)) > 0


def test_switched_off_for_good_every_print_goes(tmp_path: Path):
    library = filled(tmp_path)
    entry, gone = library.keeper.switch_off(erase=True)
    assert entry is not None
    assert gone == 5  # two results of two films, and a photo's print
    kinds = {t.partition(": ")[2] for t in traces(tmp_path)}
    assert kinds <= {"name"}
    library.keeper.switch_on("again")
    assert library.people(library.find("harbour.mp4")).state == "missing", "erased is not computed and empty"


@pytest.mark.parametrize(("basis", "days"), [("", 30), ("b", 0), ("b", KEEP_DAYS + 1), ("b\0", 30), ("x" * 9999, 30)])
def test_recognition_needs_a_basis_and_an_end(tmp_path: Path, basis: str, days: int):
    library = library_at(tmp_path, on=False)
    with pytest.raises(UsageError):
        library.keeper.switch_on(basis, keep_days=days)
    assert not library.cast.on


def test_what_nobody_uses_expires(tmp_path: Path):
    library = filled(tmp_path)
    assert not library.keeper.due()
    library.cast.clock = lambda: datetime.now(UTC) + timedelta(days=KEEP_DAYS + 2)
    library.keeper.touch(people=[library.cast.whom("Ben").person])
    due = library.keeper.due()
    assert [p.name for p in due.people] == [NAME]
    assert {m.name for m in due.films} == {"harbour.mp4", "train.mp4"}
    library.keeper.expire()
    assert traces(tmp_path) == []
    assert [d.why for d in library.cast.register.deletions] == ["retention"]
    assert [p.name for p in library.cast.register.people.values()] == ["Ben"]


def test_everything_that_is_known_is_told_to_who_asks(tmp_path: Path):
    library = filled(tmp_path)
    facts = library.keeper.known_of(NAME)
    assert facts["person"]["name"] == NAME
    assert [c["basis"] for c in facts["person"]["consents"]] == ["release 12"]
    assert {(f["film"], f["how_known"]) for f in facts["films"]} == {
        ("harbour.mp4", "confirmed"),
        ("train.mp4", "recognised"),
    }
    assert facts["films"][0]["seen"] == [[10.0, 40.0], [100.0, 160.0], [400.0, 405.0]]
    assert [len(f["prints"]["vectors"]) for f in facts["films"]] == [3, 1]
    assert [len(f["portraits"]) for f in facts["films"]] == [3, 1]
    assert len(facts["photo_prints"]) == 1
    assert len(facts["decisions"]) == 3
    assert json.loads(json.dumps(facts)) == facts
    assert library.keeper.known_of("harbour.mp4#3")["films"][0]["character"] == "3"


def test_portraits_are_read_only_where_they_are_asked_for(tmp_path: Path):
    library = filled(tmp_path)
    movie = library.find("harbour.mp4")
    assert not library.people(movie).portraits
    assert len(library.people(movie, portraits=True).portraits) == 6
    assert all(isinstance(p, Portrait) for p in library.people(movie, portraits=True).portraits.values())


def test_voices_heard_while_somebody_was_on_screen_go_with_them(tmp_path: Path):
    library = filled(tmp_path)
    harbour = library.find("harbour.mp4")
    spans = {1: (15, 150), 2: (205, 225)}  # while Ann and others are seen, and while she is not
    prints = [
        Voiceprint(start=SECOND * a, end=SECOND * b, number=n, space="v", values=(0.6, 0.8))
        for n, (a, b) in spans.items()
    ]
    turns = [Speaker(start=SECOND * a, end=SECOND * b, number=n, score=0.9) for n, (a, b) in spans.items()]
    links = [Speaking(start=SECOND * a, end=SECOND * b, speaker=n, person=n, score=0.9) for n, (a, b) in spans.items()]
    heard = {"speaker": arrow.table(Speaker, turns), "voiceprint": arrow.table(Voiceprint, prints)}
    library.store.write(harbour.id, "speakers", "a" * 64, heard, {"needs": []})
    library.store.write(harbour.id, "speaking", "b" * 64, {"speaking": arrow.table(Speaking, links)}, {"needs": []})
    library.keeper.delete(NAME)
    left = library.store.read(harbour.id, "speakers", "a" * 64)
    linked = library.store.read(harbour.id, "speaking", "b" * 64)
    assert left is not None
    assert linked is not None
    assert left.tables["voiceprint"].column("number").to_pylist() == [2]
    assert left.tables["speaker"].num_rows == 2, "when somebody spoke identifies nobody"
    assert linked.tables["speaking"].column("speaker").to_pylist() == [2]
