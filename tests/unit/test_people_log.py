"""The log of decisions and what it comes to: order, undo, merge, and the wish to be forgotten, as laws."""

from __future__ import annotations

import json
import multiprocessing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinedex.errors import StoreError, UsageError
from cinedex.people.decisions import (
    Act,
    Anchor,
    Claim,
    Consent,
    Delete,
    Deny,
    Enrol,
    Entry,
    Erased,
    Hide,
    Merge,
    Name,
    Recognition,
    ShowAgain,
    Sighting,
    Undo,
    named,
    noted,
    read,
    written,
)
from cinedex.people.log import PLACE, Log
from cinedex.people.register import Register, live, replay
from cinedex.store import Store
from cinedex.timeline.time import Time

PEOPLE = st.sampled_from(["p1", "p2", "p3", "p4"])
SIGHTINGS = st.builds(
    Sighting,
    film=st.sampled_from(["m1-a", "m1-b"]),
    key=st.just("k"),
    number=st.integers(1, 3),
    anchors=st.just((Anchor(Time(0), Time(10), 1, 0.5, 0.5),)),
)
DECISIONS = st.one_of(
    st.builds(Claim, PEOPLE, SIGHTINGS),
    st.builds(Deny, PEOPLE, SIGHTINGS),
    st.builds(Name, PEOPLE, st.sampled_from(["Ann", "Ben", ""])),
    st.builds(Merge, PEOPLE, PEOPLE),
    st.builds(Hide, PEOPLE),
    st.builds(ShowAgain, PEOPLE),
    st.builds(Enrol, PEOPLE, st.tuples(st.sampled_from(["x-1", "x-2"]))),
    st.builds(Consent, PEOPLE, st.just("self"), st.just("release")),
    st.builds(Recognition, st.booleans(), st.just("b"), st.just(9)),
)


def entry(number: int, *acts: Act, word: str = "0" * 12) -> Entry:
    return Entry(f"{number:09d}-{word}", f"2026-11-{1 + number % 28:02d}T00:00:00+00:00", "tester", acts)


ENTRIES = st.lists(st.lists(DECISIONS, min_size=1, max_size=3), max_size=12).map(
    lambda all_acts: [entry(i + 1, *acts) for i, acts in enumerate(all_acts)]
)


@given(ENTRIES, st.randoms(use_true_random=False))
def test_the_same_entries_in_any_order_are_the_same_state(entries, chance):
    shuffled = [*entries]
    chance.shuffle(shuffled)
    assert replay(shuffled) == replay(entries)


@given(ENTRIES)
def test_an_entry_is_read_as_it_was_written(entries):
    assert [read(written(e)) for e in entries] == entries


@given(ENTRIES, st.lists(DECISIONS, min_size=1, max_size=3))
def test_what_is_undone_has_never_been(entries, acts):
    last = entry(100, *acts)
    undone = [*entries, last, entry(101, Undo(last.id))]
    assert replay(undone) == replay(entries)
    assert replay([*undone, entry(102, Undo(undone[-1].id))]) == replay([*entries, last])


@given(ENTRIES)
def test_merging_is_done_once_and_has_no_way_back_but_undo(entries):
    once = replay([*entries, entry(100, Merge("p1", "p2"))])
    twice = replay([*entries, entry(100, Merge("p1", "p2")), entry(101, Merge("p2", "p1"))])
    assert once.people.keys() == twice.people.keys()
    assert once.claims == twice.claims
    together = [p for p in once.people.values() if {"p1", "p2"} & set(p.ids)]
    assert len(together) == 1
    assert {"p1", "p2"} <= set(together[0].ids)


@given(ENTRIES)
def test_whoever_points_at_a_merged_person_means_the_one_that_is_left(entries):
    register = replay(entries)
    known = set(register.people)
    assert {c.person for c in register.claims} <= known
    assert {d.person for d in register.denials} <= known
    assert len([i for p in register.people.values() for i in p.ids]) == len(
        {i for p in register.people.values() for i in p.ids}
    )


@given(ENTRIES, st.integers(0, 12), PEOPLE)
def test_deletion_wins_whenever_it_was_decided(entries, at, person):
    """Before or after everything else, and whether the entries about the person are gone already or not."""
    deletion = entry(50, Delete((person,), (), "asked for"), word="f" * 12)
    early = Entry(f"{at:09d}-{'f' * 12}", deletion.at, deletion.by, deletion.acts)
    for one in (deletion, early):
        register = replay([*entries, one])
        assert person not in {i for p in register.people.values() for i in p.ids}
        assert person not in {c.person for c in register.claims}
        kept = [Entry(e.id, e.at, e.by, tuple(a for a in e.acts if person not in _about(a))) for e in entries]
        assert replay([*kept, one]) == register
        assert replay([*entries, one, entry(60, Undo(one.id))]).dead == {person}


def _about(act: Act) -> set[str]:
    return {act.into, act.person} if isinstance(act, Merge) else {getattr(act, "person", "")}


def test_a_deletion_counts_as_done_only_when_that_is_written():
    delete = entry(1, Delete(("p1",), (), "asked for"))
    assert replay([delete]).deletions[0].removed is None
    done = entry(2, Erased(delete.id, (("faceprint", 3),)))
    assert replay([delete, done]).deletions[0].removed == (("faceprint", 3),)


def test_undoing_a_merge_parts_people_with_all_that_was_theirs():
    entries = [
        entry(1, Name("p1", "Ann"), Consent("p1", "self", "release")),
        entry(2, Name("p2", "Annie"), Enrol("p2", ("x-1",))),
        entry(3, Merge("p1", "p2")),
    ]
    one = replay(entries).people["p1"]
    assert (one.name, one.also, one.prints, len(one.consents)) == ("Ann", ("p2",), ("x-1",), 1)
    two = replay([*entries, entry(4, Undo(entries[2].id))])
    assert {p.name: p.prints for p in two.people.values()} == {"Ann": (), "Annie": ("x-1",)}


def test_who_has_no_name_takes_that_of_whom_they_are_merged_with():
    assert replay([entry(1, Hide("p1")), entry(2, Name("p2", "Ben")), entry(3, Merge("p1", "p2"))]).people[
        "p1"
    ].name == ("Ben")


# The log itself


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(str(tmp_path / "lib")) if request.param == "local" else Store(f"memory://{tmp_path.name}/people")


def test_entries_come_back_in_order_and_to_another_reader_too(store: Store):
    log = Log(store, clock=lambda: datetime(2026, 11, 25, tzinfo=UTC))
    assert log.entries() == ()
    for name in ("Ann", "Ben", "Cat"):
        log.append([Name("p1", name)], by="tester")
    assert [e.acts[0].name for e in Log(store).entries()] == ["Ann", "Ben", "Cat"]
    assert [e.number for e in log.entries()] == [1, 2, 3]
    assert log.entries()[0].at == "2026-11-25T00:00:00+00:00"


def test_erasing_keeps_what_an_entry_says_of_others(store: Store):
    log = Log(store)
    sighting = Sighting("m1-a", "k", 1, ())
    mixed = log.append([Claim("p1", sighting), Deny("p2", sighting)], by="tester")
    alone = log.append([Name("p2", "Secret Name")], by="tester")
    log.append([Undo(alone.id)], by="tester")
    assert log.erase({"p2"}) == 3
    assert [e.acts for e in Log(store).entries()] == [(Claim("p1", sighting),)]
    assert log.entries() == Log(store).entries()
    assert log.erase({"p2"}) == 0
    assert log.entries()[0].id == mixed.id


def test_litter_in_the_log_is_not_read(tmp_path: Path):
    log = Log(Store(str(tmp_path)))
    log.append([Name("p1", "Ann")], by="tester")
    (tmp_path / PLACE / "notes.json").write_text("{}")
    (tmp_path / PLACE / ".0a.part").write_text("half")
    assert len(Log(Store(str(tmp_path))).entries()) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"scheme": 99}', '{"scheme": 1, "id": "x"}', "null"])
def test_an_entry_that_cannot_be_understood_is_never_skipped(tmp_path: Path, text: str):
    """It may be somebody's wish to be deleted."""
    log = Log(Store(str(tmp_path)))
    wrong = log.append([Name("p1", "Ann")], by="tester")
    (tmp_path / PLACE / f"{wrong.id}.json").write_text(text)
    with pytest.raises(StoreError):
        Log(Store(str(tmp_path))).entries()


def test_an_act_of_a_newer_cinedex_is_never_skipped():
    facts = json.loads(written(entry(1, Hide("p1"))))
    facts["acts"][0]["do"] = "anonymise"
    with pytest.raises(StoreError, match="newer"):
        read(json.dumps(facts).encode())


def _append(root: str, who: str, count: int) -> None:
    log = Log(Store(root))
    for i in range(count):
        log.append([Name(who, f"name {i}")], by=who)


def test_processes_that_decide_at_once_lose_nothing(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append, args=(str(tmp_path), f"p{i}", 20)) for i in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [w.exitcode for w in writers] == [0] * 3
    entries = Log(Store(str(tmp_path))).entries()
    assert len(entries) == 60
    for i in range(3):  # each one's own decisions stand in the order in which they were made
        own = [e.acts[0].name for e in entries if e.by == f"p{i}"]
        assert own == [f"name {n}" for n in range(20)]
    assert {p.name for p in replay(entries).people.values()} == {"name 19"}


# Names


@pytest.mark.parametrize(
    "text", ["", "  ", "a\0b", "a\x1b[31mb", "a\u202eb", "x" * 10_000, "a\u2028b\x07", "\ud800", "a\x7f"]
)
def test_a_name_that_no_line_can_show_is_refused(text: str):
    with pytest.raises(UsageError):
        named(text)


@pytest.mark.parametrize(
    "text", ["Ann", "<b>Ann</b>", "[red]Ann[/]", "{{ 7*7 }}", "安娜", "\u0646\u06cc\u0645\u200c\u0641", 'O\'Ann & "Co"']
)
def test_other_names_are_kept_as_they_are(text: str):
    assert named(f"  {text}\n") == text


def test_notes_are_bounded():
    assert noted("a  b\n c", "a note") == "a b c"
    for bad in ("x" * 5000, "a\0"):
        with pytest.raises(UsageError, match="a note"):
            noted(bad, "a note")


def test_an_empty_log_knows_nobody_and_recognises_nobody():
    assert replay([]) == Register()
    assert not replay([]).recognition.on
    assert live([]) == []
