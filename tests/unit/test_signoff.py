"""Signing off clauses as a whole, and adding what the machine missed: what holds, what lapses, and what is told."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.test_review import FILM, PACK, Desk, _black, _file, _shot, _word

from cinedex.compliance.edits import Wish, edit_list
from cinedex.compliance.judge import Judge
from cinedex.compliance.log import ReviewLog
from cinedex.compliance.marking import Mark, evidence_of
from cinedex.compliance.model import Finding, Judgement, Pack
from cinedex.compliance.overview import change, stands
from cinedex.compliance.places import Place
from cinedex.compliance.read import read_pack
from cinedex.compliance.review import Change, Reviewer
from cinedex.compliance.signing import _unseen, looked_at
from cinedex.errors import NotFoundError, UsageError
from cinedex.formats.compliance import render_compliance
from cinedex.store import Store
from cinedex.timeline.rows import Concern
from cinedex.timeline.time import Span, Time
from cinedex.timeline.timeline import Timeline

BY_HAND = """
[clauses.captions]
text = "Captions are complete."
source = "here"
known = "verified"
test = "person"
[clauses.flashing]
text = "No flashing."
source = "here"
known = "verified"
test = "flashing"
labels = ["wcag-2-2"]
"""
OURS = """title = "Hand"
version = {version}
ratings = ["low", "high"]
[clauses.black]
text = "No black of more than {most} s."
source = "here"
known = "verified"
test = "longest"
stage = "faults"
kind = "flag"
labels = ["black"]
most = {most}
unit = "s"
[clauses.violence]
text = "Violence."
source = "here"
known = "verified"
test = "signs"
labels = ["violence", "weapons"]
most = 0
lifts = "high"
"""


def _pack(version: int = 1, most: float = 1) -> Pack:
    return read_pack(OURS.format(version=version, most=most) + BY_HAND, "hand.toml")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    log = ReviewLog(Store(str(tmp_path / "library")), clock=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    return Desk(log, (_black(10, 13), _word(60), _shot(100, 104)))


def _sign(desk: Desk, clause: str, do: str, note: str = "seen it", pack: Pack | None = None, **more: Any) -> Finding:
    return desk.reviewer.sign(FILM, f"hand/{clause}", do, note=note, packs=[pack or _pack()], **more)[1]


def _judged(desk: Desk, pack: Pack | None = None, most: int | None = 200) -> Judgement:
    return Judge(desk.timeline, most=most, decisions=desk.reviewer.decisions(FILM)).judge(pack or _pack())


def _found(desk: Desk, clause: str, pack: Pack | None = None, most: int | None = 200) -> Finding:
    return next(f for f in _judged(desk, pack, most).findings if f.clause.id == clause)


# Signing off


@pytest.mark.parametrize("do", ["pass", "fail", "not applicable"])
def test_a_clause_for_a_person_is_signed_off_as_a_whole(desk: Desk, do: str):
    assert _found(desk, "captions").outcome == "needs a human"
    found = _sign(
        desk, "captions", do, note="watched reel 1 to 4", times=[(Time.from_seconds(1), Time.from_seconds(2))]
    )
    assert (found.outcome, found.measured, found.settled) == (do, "needs a human", True)
    assert found.signed is not None
    assert found.signed.times == (Span.from_seconds(1, 2),)
    assert "by Ann on 2026-03-01: watched reel 1 to 4" in _found(desk, "captions").why


def test_a_signed_off_sign_closes_the_rating_and_leaves_the_queue(desk: Desk):
    bare = replace(_pack(), clauses=tuple(c for c in _pack().clauses if c.id == "violence"))
    assert (_judged(desk, bare).low, _judged(desk, bare).high) == ("low", "high")
    assert [f.place.label for f in desk.reviewer.queue([FILM], [bare])] == ["gunfire"]
    _sign(desk, "violence", "pass")
    assert (_judged(desk, bare).low, _judged(desk, bare).high, _judged(desk, bare).drives) == ("low", "low", ())
    assert desk.reviewer.queue([FILM], [bare]) == []
    _sign(desk, "violence", "fail")
    assert (_judged(desk, bare).low, _judged(desk, bare).high) == ("high", "high")


@pytest.mark.parametrize("do", ["pass", "not applicable"])
def test_a_measured_fail_never_passes_by_anybodys_word(desk: Desk, do: str):
    with pytest.raises(UsageError, match="measured to fail"):
        _sign(desk, "black", do)
    assert desk.log.entries() == ()


def test_a_waived_fail_stays_a_fail_and_says_who_waived_it(desk: Desk):
    found = _sign(desk, "black", "waive", note="an ordered blackout")
    assert (found.outcome, found.waived) == ("fail", True)
    judged = [_judged(desk)]
    assert "waived by Ann on 2026-03-01: an ordered blackout; 3 s" in render_compliance(desk.timeline, judged, "csv")
    page = render_compliance(desk.timeline, judged)
    assert '<b class="fail">fail</b><br><small>waived</small>' in page
    assert "<b>Waived by Ann</b> on 2026-03-01: <bdi>an ordered blackout</bdi>" in page
    facts = json.loads(render_compliance(desk.timeline, judged, "json"))["packs"][0]["clauses"][0]
    assert (facts["verdict"], facts["signed"]["decision"], facts["signed"]["by"]) == ("fail", "waive", "Ann")
    only = replace(_pack(), ratings=(), clauses=_pack().clauses[:1])
    standing = stands(FILM, _judged(desk, only))
    assert (standing.standing, [f.clause.id for f in standing.waived]) == ("waived", ["black"])


@pytest.mark.parametrize(
    ("clause", "do", "note", "says"),
    [
        ("captions", "pass", "", "needs a note"),
        ("captions", "pass", "  \n ", "needs a note"),
        ("captions", "waive", "why not", "does not fail"),
        ("captions", "reopen", "", "was not signed off"),
        ("captions", "certify", "yes", "cannot be signed"),
        ("captions", "pass", "a\x07bell", "U\\+0007"),
        ("captions", "pass", "right\u202eleft", "U\\+202E"),
        ("captions", "pass", "x" * 4001, "too long"),
    ],
)
def test_what_cannot_be_said_of_a_clause_is_refused_and_not_written(
    desk: Desk, clause: str, do: str, note: str, says: str
):
    with pytest.raises(UsageError, match=says):
        _sign(desk, clause, do, note=note)
    assert desk.log.entries() == ()


def test_what_passes_is_not_passed_again_and_may_be_failed(desk: Desk):
    desk.rows = ()
    with pytest.raises(UsageError, match="passes already"):
        _sign(desk, "black", "pass")
    assert _sign(desk, "black", "fail", note="a grey slug at 3:00").outcome == "fail"


def test_a_clause_or_place_that_there_is_not_is_refused(desk: Desk):
    with pytest.raises(NotFoundError, match="no clause"):
        _sign(desk, "nothing", "pass")
    with pytest.raises(UsageError, match="no place of this film"):
        _sign(desk, "captions", "pass", times=[(Time.from_seconds(700), Time.from_seconds(800))])


def test_a_sign_off_is_reopened_and_both_stay_in_the_log(desk: Desk):
    _sign(desk, "captions", "pass")
    assert _sign(desk, "captions", "reopen", note="").outcome == "needs a human"
    assert [e.do for e in desk.log.entries()] == ["pass", "reopen"]


# When it holds no more


def test_a_changed_bound_or_wording_shows_it_as_one_of_before(desk: Desk):
    _sign(desk, "black", "waive")
    now = _found(desk, "black", _pack(version=2, most=2))
    assert (now.outcome, now.signed, now.waived) == ("fail", None, False)
    assert "signed off earlier, under version 1 of the pack, which is now 2: the clause has changed" in now.why
    assert "waived by Ann" in now.why
    changed = change(FILM, _judged(desk), _judged(desk, _pack(version=2, most=2)))
    assert [c.clause for c in changed.changes] == ["black"]


def test_a_new_version_of_the_pack_with_the_same_clause_leaves_it_in_force_and_says_under_which(desk: Desk):
    _sign(desk, "captions", "pass")
    assert _found(desk, "captions", _pack(version=2)).outcome == "pass"
    assert "under version 1; the clause is the same" in render_compliance(desk.timeline, [_judged(desk, _pack(2))])


def test_another_cut_of_the_film_shows_it_as_one_of_before(desk: Desk):
    _sign(desk, "captions", "pass")
    cut = replace(FILM, id="0" * 64)
    judge = Judge(Timeline(cut, {}, {}, {}), decisions=desk.reviewer.decisions(cut))
    found = next(f for f in judge.judge(_pack()).findings if f.clause.id == "captions")
    assert (found.outcome, found.lapsed) == ("needs a human", "of another cut of the film")
    elsewhere = replace(cut, uri="/elsewhere.mp4")
    assert desk.reviewer.decisions(elsewhere).signed == {}
    reviewer = Reviewer(desk.log, lambda movie: Timeline(movie, {}, {}, {}), lambda: [_pack()], by="Bo")
    _, own = reviewer.sign(cut, "hand/captions", "fail", note="reel 2 lacks them")
    assert own.outcome == "fail"
    assert _found(desk, "captions").outcome == "pass"


@pytest.mark.parametrize(
    ("rows", "lapses"),
    [
        ((_shot(100, 104),), False),
        ((_shot(100.3, 104.2, score=0.4),), False),
        ((), False),
        ((_shot(100, 104), _shot(300, 301)), True),
        ((_shot(100, 120),), True),
        ((_shot(100, 104, "scream"),), True),
    ],
    ids=["the same", "a little moved", "gone", "a new one", "much longer", "another sign"],
)
def test_another_analysis_keeps_it_unless_there_is_something_new(desk: Desk, rows: tuple[Concern, ...], lapses: bool):
    _sign(desk, "violence", "pass")
    desk.rows = rows
    for most in (1, 200, None):
        found = _found(desk, "violence", most=most)
        assert (found.before is not None, found.outcome) == (lapses, "needs a human" if lapses else "pass")
        assert most is None or len(found.evidence) <= most


def test_a_waived_value_that_gets_worse_is_not_waived(desk: Desk):
    _sign(desk, "black", "waive")
    desk.rows = (_black(10, 12.99), _black(10, 13.01))
    assert _found(desk, "black").waived
    desk.rows = (_black(9.8, 13.5),)
    assert (_found(desk, "black").waived, _found(desk, "black").lapsed) == (False, "when 3 was measured")


def test_while_the_facts_are_missing_it_waits_and_then_holds_again(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    _sign(desk, "violence", "pass")
    with monkeypatch.context() as patch:
        patch.setattr(Desk, "timeline", Timeline(FILM, {}, {}, {}))
        assert _found(desk, "violence").outcome == "not measured"
        assert "when it came to 'needs a human'" in _found(desk, "violence").lapsed
    assert _found(desk, "violence").outcome == "pass"


SPANS = st.builds(lambda s, n: Span.from_seconds(s, s + n), st.integers(0, 500), st.integers(1, 90))


@settings(deadline=None)
@given(st.lists(SPANS, max_size=6), st.lists(SPANS, max_size=3))
def test_a_sign_off_holds_for_any_part_of_what_was_looked_at_and_for_nothing_apart_from_it(
    looked: list[Span], more: list[Span]
):
    def places(spans: list[Span]) -> list[Place]:
        return [Place("concern", "violence", "gunfire", s) for s in spans]

    seen = looked_at(places(looked))
    assert _unseen(seen, places(looked)) == []
    assert _unseen(seen, places(looked[:2])) == []
    apart = [s for s in more if not any(s.grow(Time.from_seconds(2)).overlaps(t) for t in looked)]
    assert [p.span for p in _unseen(seen, places(looked + apart))] == sorted(apart)


# The log


def test_meddling_with_a_sign_off_shows(desk: Desk):
    _sign(desk, "captions", "fail", note="reel 2 lacks them")
    desk.reviewer.add(FILM, _mark(200, 203), note="a shot")
    for number, old, new in ((1, '"do": "fail"', '"do": "pass"'), (2, '"violence"', '"nudity"')):
        path = _file(desk.log, number)
        kept = path.read_text()
        assert old in kept
        path.write_text(kept.replace(old, new))
        assert f"entry {number} was changed after it was signed" in "; ".join(
            ReviewLog(desk.log.store).verify().problems
        )
        path.write_text(kept)
    assert ReviewLog(desk.log.store).verify().problems == ()
    _file(desk.log, 2).unlink()
    assert "missing at the end" in ReviewLog(desk.log.store).verify().problems[0]


def test_sign_offs_are_read_again_as_they_were_written(desk: Desk):
    _sign(desk, "violence", "fail", times=[(Time.from_seconds(100), Time.from_seconds(101))])
    desk.reviewer.decide(FILM, desk.one("black").id, "reject")
    assert ReviewLog(desk.log.store).entries() == desk.log.entries()
    schemes = [json.loads(_file(desk.log, n).read_text())["scheme"] for n in (1, 2)]
    assert schemes == [2, 1]  # an older Cinedex reads what it knows, and says so of what it does not


# What the machine missed


def _mark(start: float, end: float, category: str = "violence", **more: str) -> Mark:
    given = {"strength": "strong", "label": "stabbing"} | more
    return Mark(Time.from_seconds(start), Time.from_seconds(end), category, **given)


def test_an_added_place_counts_in_judgements_reports_and_edit_lists_and_can_be_withdrawn(desk: Desk):
    desk.rows = ()
    flag = desk.reviewer.add(FILM, _mark(200, 203), note="behind the door")
    assert (flag.state, flag.evidence.span, flag.pending) == ("added", Span.from_seconds(200, 203), True)
    assert desk.outcome("violence") == ("needs a human", 1.0)
    decisions = desk.reviewer.decisions(FILM)
    judged = [Judge(desk.timeline, most=None, decisions=decisions).judge(PACK)]
    assert "added by Ann on 2026-03-01: behind the door" in render_compliance(desk.timeline, judged)
    made = edit_list(desk.timeline, judged, [Wish("skip", "violence", "strong")])
    assert [e.span for e in made.edits] == [Span.from_seconds(199.75, 203.25)]
    assert desk.reviewer.decide(FILM, flag.id, "withdraw", note="it was a cake").state == "withdrawn"
    assert (desk.flags(), desk.outcome("violence")) == ([], ("needs a human", 0.0))
    assert desk.reviewer.flags(FILM)[1] == ()
    assert [d.do for d in desk.log.decisions()] == ["add", "withdraw"]


@pytest.mark.parametrize(
    ("mark", "clause", "outcome"),
    [
        (_mark(200, 203, "technical", label="Black", strength=""), "black", ("fail", 3.0)),
        (_mark(200, 201, "language", label="fuck"), "words", ("fail", 1.0)),
        (_mark(200, 201, "language", label="fuck", strength="mild"), "words", ("pass", 0.0)),
        (_mark(200, 201, "weapons", label="knife"), "violence", ("needs a human", 1.0)),
    ],
    ids=["fault", "word", "mild word", "sign"],
)
def test_what_was_added_counts_for_the_clauses_that_are_about_it(
    desk: Desk, mark: Mark, clause: str, outcome: tuple[str, float]
):
    desk.rows = ()
    desk.reviewer.add(FILM, mark)
    assert desk.outcome(clause) == outcome


def test_flashing_that_a_person_saw_fails(desk: Desk):
    desk.reviewer.add(FILM, _mark(200, 203, "flashing", strength="", label=""), note="strobe", packs=[_pack()])
    found = _found(desk, "flashing")
    assert (found.outcome, found.value) == ("fail", 1.0)


def test_what_people_marked_counts_where_nothing_was_measured(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Desk, "timeline", Timeline(FILM, {}, {}, {}))
    desk.reviewer.add(FILM, _mark(200, 203, "technical", label="black", strength=""))
    desk.reviewer.add(FILM, _mark(300, 301, "language", label="fuck"))
    assert desk.outcome("black") == ("fail", 3.0)
    assert desk.outcome("words") == ("fail", 1.0)
    assert desk.outcome("violence") == ("not measured", None)
    desk.reviewer.add(FILM, _mark(400, 401))
    assert desk.outcome("violence") == ("needs a human", 1.0)


def test_what_no_clause_counts_is_still_in_the_queue_and_in_edit_lists(desk: Desk):
    desk.rows = ()
    flag = desk.reviewer.add(FILM, _mark(200, 203, "blood", label=""))
    assert [f.id for f in desk.flags()] == [flag.id]
    decisions = desk.reviewer.decisions(FILM)
    judged = [Judge(desk.timeline, most=None, decisions=decisions).judge(PACK)]
    made = edit_list(desk.timeline, judged, [Wish("blur", "blood")], added=map(evidence_of, decisions.added))
    assert [e.act for e in made.edits] == ["blur"]


def test_a_place_that_is_added_and_then_flagged_is_one(desk: Desk):
    desk.rows = ()
    flag = desk.reviewer.add(FILM, _mark(100, 104, label="gunfire"))
    desk.rows = (_shot(100.2, 104),)
    assert [(f.id, f.state, f.evidence.strength) for f in desk.flags()] == [(flag.id, "added", "strong")]
    assert desk.outcome("violence") == ("needs a human", 1.0)
    desk.reviewer.decide(FILM, flag.id, "withdraw")
    assert [f.state for f in desk.flags()] == ["open"]


def test_an_added_place_is_corrected_as_such_and_not_rejected(desk: Desk):
    flag = desk.reviewer.add(FILM, _mark(200, 203), note="one")
    now = desk.reviewer.decide(FILM, flag.id, "correct", Change(end=Time.from_seconds(210), category="threat"))
    assert (now.id, now.state, now.evidence.span.end) == (flag.id, "added", Time.from_seconds(210))
    assert now.place.category == "threat"
    for do in ("accept", "reject", "reopen"):
        with pytest.raises(UsageError, match="somebody added this place"):
            desk.reviewer.decide(FILM, flag.id, do)
    with pytest.raises(UsageError, match="the machine flagged this place"):
        desk.reviewer.decide(FILM, desk.one("black").id, "withdraw")
    with pytest.raises(UsageError, match="there is no decision 'add'"):
        desk.reviewer.decide(FILM, flag.id, "add")


def test_what_is_added_later_lapses_a_sign_off(desk: Desk):
    _sign(desk, "violence", "pass")
    desk.reviewer.add(FILM, _mark(300, 303))
    assert "before 0:05:00.000 was flagged" in _found(desk, "violence").why
    assert _found(desk, "violence").outcome == "needs a human"


@pytest.mark.parametrize(
    ("mark", "says"),
    [
        (_mark(200, 200), "no place of this film"),
        (_mark(-1, 2), "no place of this film"),
        (_mark(599, 700), "no place of this film"),
        (_mark(600, 600.5), "has ended by"),
        (_mark(1, 2, "boredom"), "no category of a concern 'boredom'"),
        (_mark(1, 2, "technical", label="sparkle"), "no fault 'sparkle'"),
        (_mark(1, 2, "language", label=""), "which word was it"),
        (_mark(1, 2, strength=""), "how strong is it"),
        (_mark(1, 2, strength="awful"), "no severity 'awful'"),
        (_mark(1, 2, kind="vector"), "no kind 'vector'"),
        (_mark(1, 2, kind="mention", category="nudity"), "no category of a mention 'nudity'"),
        (_mark(1, 2, label="a\u202eb"), "U\\+202E"),
        (_mark(1, 2, label="x" * 101), "too long"),
    ],
)
def test_an_impossible_place_is_refused_and_not_written(desk: Desk, mark: Mark, says: str):
    with pytest.raises(UsageError, match=says):
        desk.reviewer.add(FILM, mark)
    assert desk.log.entries() == ()


# Hostile words

_NUMBERS = count()


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=60))
def test_any_note_that_is_taken_is_told_as_text_and_no_more(note: str):
    log = ReviewLog(Store(f"memory://signing-{next(_NUMBERS)}"))
    desk = Desk(log, (_black(10, 13),))
    reviewer: Reviewer = desk.reviewer.as_by("=Ann</b>")
    written = f"<script>x</script>{note}"
    before = len(log.entries())
    try:
        reviewer.sign(FILM, "hand/black", "waive", note=written, packs=[_pack()])
    except UsageError:
        assert len(log.entries()) == before
        return
    judged = [Judge(desk.timeline, decisions=reviewer.decisions(FILM)).judge(_pack())]
    page = render_compliance(desk.timeline, judged)
    assert "<script" not in page
    assert "=Ann&lt;/b&gt;" in page
    kept = judged[0].findings[0].signed
    assert kept is not None
    rows = list(csv.DictReader(io.StringIO(render_compliance(desk.timeline, judged, "csv"))))
    assert (rows[0]["signed by"], rows[0]["note"]) == ("'=Ann</b>", kept.note)
    assert json.loads(render_compliance(desk.timeline, judged, "json"))["packs"][0]["clauses"][0]["signed"][
        "note"
    ] == kept.note  # fmt: skip
    assert log.verify().problems == ()
