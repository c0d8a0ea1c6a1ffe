"""Review: a decision follows its flag, holds in judgements and edit lists, and stands in a log that shows meddling."""

from __future__ import annotations

import json
import multiprocessing
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.timelines import make_movie

from cinedex.compliance.edits import Wish, edit_list, flagged
from cinedex.compliance.judge import Judge
from cinedex.compliance.log import PLACE, Head, ReviewLog
from cinedex.compliance.model import Pack
from cinedex.compliance.places import Decision, Decisions, Place
from cinedex.compliance.read import built_in, read_pack
from cinedex.compliance.review import Change, Reviewer, ReviewFlag
from cinedex.errors import NotFoundError, StoreError, UsageError
from cinedex.formats.compliance import render_compliance
from cinedex.store import Store
from cinedex.timeline.rows import Concern, Cue, Flag, Mention, Row
from cinedex.timeline.time import Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

FILM = make_movie(seconds=600)
PACK = read_pack(
    """
title = "House"
version = 1
ratings = ["low", "high"]
[clauses.black]
text = "No black of more than a second."
source = "here"
known = "verified"
test = "longest"
stage = "faults"
kind = "flag"
labels = ["black"]
most = 1
unit = "s"
[clauses.words]
text = "No strong word."
source = "here"
known = "verified"
test = "words"
strengths = ["strong", "very-strong"]
most = 0
lifts = "high"
[clauses.violence]
text = "Violence."
source = "here"
known = "verified"
test = "signs"
labels = ["violence", "weapons"]
most = 0
""",
    "house.toml",
)


def _black(start: float, end: float, score: float = 1.0) -> Flag:
    span = Span.from_seconds(start, end)
    return Flag(start=span.start, end=span.end, label="black", score=score, note=f"{end - start:g} s")


def _word(start: float, text: str = "Fuck", score: float = 0.9, strength: str = "strong") -> Mention:
    span = Span.from_seconds(start, start + 0.4)
    return Mention(
        start=span.start, end=span.end, topic="sexual", strength=strength, text=text, language="en", origin="speech",
        score=score,
    )  # fmt: skip


def _shot(start: float, end: float, label: str = "gunfire", score: float = 0.6) -> Concern:
    span = Span.from_seconds(start, end)
    return Concern(
        start=span.start, end=span.end, refs=("sound@1",), category="violence", label=label, strength="moderate",
        score=score, rule=f"{label}/1",
    )  # fmt: skip


def _timeline(*rows: Row) -> Timeline:
    kinds: dict[str, type[Row]] = {"faults": Flag, "cues": Cue, "mentions": Mention, "concerns": Concern}
    made = {
        (stage, kind.kind): Track.of(kind, [r for r in rows if type(r) is kind], Maker(stage, 1))
        for stage, kind in kinds.items()
    }
    return Timeline(FILM, made, {}, {kind.kind: (stage,) for stage, kind in kinds.items()})


@dataclass
class Desk:
    """A reviewer with a film whose rows can be changed, as another analysis would."""

    log: ReviewLog
    rows: tuple[Row, ...]

    @property
    def timeline(self) -> Timeline:
        return _timeline(*self.rows)

    @property
    def reviewer(self) -> Reviewer:
        return Reviewer(self.log, lambda _: self.timeline, lambda: [PACK], by="Ann")

    def flags(self) -> list[ReviewFlag]:
        return self.reviewer.flags(FILM)[0]

    def one(self, label: str) -> ReviewFlag:
        (found,) = (f for f in self.flags() if f.place.label == label)
        return found

    def outcome(self, clause: str) -> tuple[str, float | None]:
        judge = Judge(self.timeline, decisions=self.reviewer.decisions(FILM))
        (found,) = (f for f in judge.judge(PACK).findings if f.clause.id == clause)
        return found.outcome, found.value


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    log = ReviewLog(Store(str(tmp_path / "library")), clock=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    return Desk(log, (_black(10, 13), _word(60), _shot(100, 104)))


# Decisions hold


def test_a_rejected_flag_counts_for_nothing_and_is_still_told(desk: Desk):
    assert desk.outcome("black") == ("fail", 3.0)
    decided = desk.reviewer.decide(FILM, desk.one("black").id, "reject", note="a fade, as ordered")
    assert decided.state == "rejected"
    assert desk.outcome("black") == ("pass", 0.0)
    judged = [Judge(desk.timeline, decisions=desk.reviewer.decisions(FILM)).judge(PACK)]
    facts = json.loads(render_compliance(desk.timeline, judged, "json"))
    told = facts["packs"][0]["clauses"][0]
    assert told["why"] == "0 s; 1 rejected by people"
    assert told["evidence"][0]["review"] == {
        "state": "rejected", "by": "Ann", "at": "2026-03-01T00:00:00+00:00", "note": "a fade, as ordered",
    }  # fmt: skip
    assert "rejected by Ann on 2026-03-01: a fade, as ordered" in render_compliance(desk.timeline, judged)


def test_an_accepted_flag_is_sure(desk: Desk):
    desk.rows = (_word(60, score=0.3),)
    assert desk.outcome("words") == ("needs a human", 1.0)
    desk.reviewer.decide(FILM, desk.one("fuck").id, "accept")
    assert desk.outcome("words") == ("fail", 1.0)


def test_a_corrected_flag_counts_as_corrected(desk: Desk):
    flag = desk.one("black")
    found = desk.reviewer.decide(FILM, flag.id, "correct", Change(end=Time.from_seconds(10.5)))
    assert (found.state, found.evidence.span) == ("corrected", Span.from_seconds(10, 10.5))
    assert desk.outcome("black") == ("pass", 0.5)
    desk.reviewer.decide(FILM, desk.one("fuck").id, "correct", Change(strength="mild"))
    assert desk.outcome("words") == ("pass", 0.0)


def test_a_corrected_category_moves_a_sign_to_where_it_belongs(desk: Desk):
    desk.reviewer.decide(FILM, desk.one("gunfire").id, "correct", Change(category="threat"))
    assert desk.outcome("violence") == ("needs a human", 0.0)


def test_signs_never_pass_by_being_rejected(desk: Desk):
    desk.reviewer.decide(FILM, desk.one("gunfire").id, "reject")
    assert desk.outcome("violence") == ("needs a human", 0.0)


def test_edits_leave_rejected_flags_alone_and_take_corrected_times(desk: Desk):
    desk.rows = (_word(60), _word(70, "Cunt", strength="very-strong"), _shot(100, 104))
    desk.reviewer.decide(FILM, desk.one("fuck").id, "reject")
    desk.reviewer.decide(FILM, desk.one("gunfire").id, "correct", Change(end=Time.from_seconds(110)))
    judged = [Judge(desk.timeline, most=None, decisions=desk.reviewer.decisions(FILM)).judge(PACK)]
    assert [f.note.split()[0] for f in flagged(desk.timeline, judged)] == ["Cunt", "gunfire"]
    made = edit_list(desk.timeline, judged, [Wish("mute", "language"), Wish("skip", "violence")])
    assert [(e.act, float(e.span.end.seconds)) for e in made.edits] == [("mute", 70.65), ("skip", 110.25)]


def test_what_was_decided_last_holds_and_can_be_taken_back(desk: Desk):
    flag = desk.one("black").id
    for do, state in (("reject", "rejected"), ("accept", "accepted"), ("reopen", "open")):
        assert desk.reviewer.decide(FILM, flag, do).state == state
    assert desk.outcome("black") == ("fail", 3.0)
    assert [d.do for d in desk.log.decisions()] == ["reject", "accept", "reopen"]


# Decisions follow their flags


def test_a_decision_follows_its_flag_through_other_analyses(desk: Desk):
    flag = desk.one("fuck")
    desk.reviewer.decide(FILM, flag.id, "reject")
    for start in (60.2, 60.4, 60.6):  # each analysis hears it a little later, and each is decided about again
        desk.rows = (_word(start, score=0.7),)
        assert (desk.one("fuck").id, desk.one("fuck").state) == (flag.id, "rejected")
        desk.reviewer.decide(FILM, flag.id, "reject")


@pytest.mark.parametrize(
    "row", [_word(64), _word(60, "Cunt"), _shot(59.9, 60.5, "fuck")], ids=["elsewhere", "another word", "another sort"]
)
def test_a_decision_does_not_hold_for_what_nobody_has_looked_at(desk: Desk, row: Row):
    desk.reviewer.decide(FILM, desk.one("fuck").id, "reject", note="a name")
    desk.rows = (row,)
    flags, lost = desk.reviewer.flags(FILM)
    assert [f.state for f in flags] == ["open"]
    assert [(d.note, d.place.label) for d in lost] == [("a name", "fuck")]


def test_of_two_like_words_side_by_side_each_keeps_its_own_decision(desk: Desk):
    desk.rows = (_word(60), _word(60.5))
    first, second = sorted(desk.flags(), key=lambda f: f.evidence.span)
    desk.reviewer.decide(FILM, first.id, "reject")
    desk.reviewer.decide(FILM, second.id, "accept")
    desk.rows = (_word(60.1), _word(60.6))
    now = sorted(desk.flags(), key=lambda f: f.evidence.span)
    assert [f.state for f in now] == ["rejected", "accepted"]
    desk.rows = (_word(60.6),)
    assert [f.state for f in desk.flags()] == ["accepted"]


SPANS = st.builds(lambda s, n: Span(Time(s), Time(s + n)), st.integers(0, 10**11), st.integers(0, 10**10))


@given(st.lists(SPANS, max_size=8), st.lists(SPANS, min_size=1, max_size=8))
def test_no_decision_holds_for_two_places_and_what_has_not_moved_keeps_its_own(there: list[Span], decided: list[Span]):
    def place(span: Span) -> Place:
        return Place("mention", "language", "x", span)

    made = [Decision(n, "f", place(s).id("f"), place(s), "reject", "", "Ann", "2026") for n, s in enumerate(decided, 1)]
    found = Decisions(made).of([place(s) for s in there])
    assert len({d.flag for d in found.values()}) == len(found)
    for span in set(there) & set(decided):
        assert found[place(span)].place.span == span


# The queue


def test_the_queue_begins_with_what_is_strongest_and_then_most_in_doubt(desk: Desk):
    desk.rows = (
        _word(1, "Shit", strength="moderate"), _word(10, "Fuck", 0.95), _word(20, "Fucking", 0.5),
        _word(30, "Cunt", strength="very-strong"),
    )  # fmt: skip
    assert [f.evidence.note for f in desk.reviewer.queue([FILM])] == ["Cunt", "Fucking", "Fuck"]
    desk.reviewer.decide(FILM, desk.one("cunt").id, "accept")
    assert [f.evidence.note for f in desk.reviewer.queue([FILM])] == ["Fucking", "Fuck"]
    assert [f.evidence.note for f in desk.reviewer.queue([FILM], states=["accepted"])] == ["Cunt"]


def test_what_passes_waits_for_nobody(desk: Desk):
    desk.rows = (_black(10, 10.5),)
    assert desk.reviewer.queue([FILM]) == []
    assert desk.one("black").state == "open"


def test_one_flag_of_several_packs_is_one(desk: Desk):
    packs: list[Pack] = [PACK, replace(PACK, name="other")]
    (flag,) = (f for f in desk.reviewer.flags(FILM, packs)[0] if f.place.label == "fuck")
    assert flag.clauses == ("house/words", "other/words")


def test_flags_of_the_packs_that_come_with_cinedex_have_ids_of_their_own(desk: Desk):
    flags = desk.reviewer.flags(FILM, built_in().values())[0]
    assert {f.place.label for f in flags} == {"black", "fuck", "gunfire"}
    assert len({f.id for f in flags}) == len(flags)


@pytest.mark.parametrize(
    ("do", "change", "says"),
    [
        ("approve", Change(), "there is no decision"),
        ("correct", Change(), "changes nothing"),
        ("reject", Change(strength="mild"), "changes nothing of the flag"),
        ("correct", Change(strength="awful"), "there is no severity 'awful'"),
        ("correct", Change(category="boredom"), "there is no category 'boredom'"),
        ("correct", Change(start=Time.from_seconds(14)), "is no place of this film"),
        ("correct", Change(end=Time.from_seconds(5000)), "is no place of this film"),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_written(desk: Desk, do: str, change: Change, says: str):
    with pytest.raises(UsageError, match=says):
        desk.reviewer.decide(FILM, desk.one("black").id, do, change)
    assert desk.log.decisions() == ()


def test_a_flag_that_there_is_not_is_refused(desk: Desk):
    with pytest.raises(NotFoundError, match="no flag"):
        desk.reviewer.decide(FILM, "0123456789ab", "reject")


# The log


def _decision(note: str = "") -> Decision:
    place = Place("flag", "technical", "black", Span.from_seconds(10, 13))
    return Decision(0, FILM.id, place.id(FILM.id), place, "reject", note, "Ann", "")


@pytest.fixture
def log(tmp_path: Path) -> ReviewLog:
    made = ReviewLog(Store(str(tmp_path / "library")))
    for number in range(5):
        made.append(_decision(f"note {number}"))
    return made


def _file(log: ReviewLog, number: int) -> Path:
    return Path(log.store.root) / PLACE / f"{number:09d}.json"


def test_a_log_that_nobody_has_touched_verifies(log: ReviewLog):
    found = ReviewLog(log.store).verify()
    assert (found.head.entries, found.problems) == (5, ())
    assert [d.note for d in ReviewLog(log.store).decisions()] == [f"note {n}" for n in range(5)]
    assert log.verify(Head(0, "0" * 64)).problems == ()


def test_only_the_owner_can_read_the_key(log: ReviewLog):
    assert (Path(log.store.root) / "review/key").stat().st_mode & 0o777 == 0o600


def _edit(log: ReviewLog) -> None:
    path = _file(log, 2)
    path.write_text(path.read_text().replace("note 1", "note x"))


def _swap(log: ReviewLog) -> None:
    one, other = _file(log, 2).read_bytes(), _file(log, 3).read_bytes()
    _file(log, 2).write_bytes(other)
    _file(log, 3).write_bytes(one)


def _forge(log: ReviewLog) -> None:
    """Write an entry anew, chain and all, by a key of one's own."""
    path = _file(log, 5)
    other = ReviewLog(Store(str(Path(log.store.root) / "elsewhere")))
    for number in range(5):
        other.append(_decision(f"note {number}"))
    path.write_bytes(_file(other, 5).read_bytes())


@pytest.mark.parametrize(
    ("meddle", "says"),
    [
        (_edit, "entry 2 was changed after it was signed"),
        (lambda log: _file(log, 3).unlink(), "entry 3 is missing"),
        (lambda log: [_file(log, n).unlink() for n in (4, 5)], "entries 4 to 5 are missing at the end"),
        (_swap, "entry 2 says that it is number 3"),
        (_forge, "entry 5 was signed with another key"),
        (lambda log: _file(log, 4).write_bytes(b""), "entry 4: it cannot be read"),
        (lambda log: _file(log, 5).write_bytes(_file(log, 5).read_bytes()[:100]), "entry 5: it cannot be read"),
        (lambda log: (Path(log.store.root) / "review/key").unlink(), "the library's key is missing"),
        (lambda log: (Path(log.store.root) / "review/head.json").unlink(), "the head .* is missing"),
    ],
    ids=["edited", "middle", "end", "swapped", "forged", "empty", "torn", "no key", "no head"],
)
def test_meddling_shows(log: ReviewLog, meddle: Any, says: str):
    meddle(log)
    problems = ReviewLog(log.store).verify().problems
    assert any(p for p in problems if re.search(says, p)), problems


def test_a_head_that_was_noted_elsewhere_shows_a_log_written_anew(log: ReviewLog, tmp_path: Path):
    noted = log.head()
    other = ReviewLog(Store(str(tmp_path / "another")))
    for _ in range(6):
        other.append(_decision("another history"))
    assert other.verify().problems == ()
    assert "entry 5 is not the one that the head names" in other.verify(noted).problems[0]
    assert log.verify(noted).problems == ()
    log.append(_decision())
    assert log.verify(noted).problems == ()


def test_a_damaged_entry_is_told_and_not_passed_over(log: ReviewLog):
    _file(log, 5).write_bytes(b"{")
    with pytest.raises(StoreError, match="entry 5 of the review log cannot be read"):
        ReviewLog(log.store).decisions()


def test_what_a_killed_writer_leaves_is_no_entry(log: ReviewLog):
    (_file(log, 6).parent / ".1f.part").write_bytes(b'{"scheme"')
    assert len(ReviewLog(log.store).decisions()) == 5
    assert log.append(_decision()).number == 6
    assert ReviewLog(log.store).verify().problems == ()


def _write(place: str, name: str) -> None:
    log = ReviewLog(Store(place))
    for number in range(8):
        log.append(_decision(f"{name} {number}"))


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path):
    place = str(tmp_path / "library")
    jobs = [multiprocessing.get_context("spawn").Process(target=_write, args=(place, n)) for n in ("a", "b")]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    log = ReviewLog(Store(place))
    assert sorted(d.note for d in log.decisions()) == sorted(f"{n} {i}" for n in "ab" for i in range(8))
    assert [d.number for d in log.decisions()] == list(range(1, 17))
    assert log.verify().problems == ()


def test_a_log_in_an_object_store_is_the_same():
    log = ReviewLog(Store("memory://review-log"))
    for number in range(3):
        log.append(_decision(str(number)))
    assert [d.number for d in ReviewLog(log.store).decisions()] == [1, 2, 3]
    assert log.verify().problems == ()
