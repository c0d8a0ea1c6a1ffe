from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from tests.seen_rows import Seen
from tests.timelines import make_timeline
from tests.unit.test_report import HOSTILE, Page

from cinedex.formats.report import render_report
from cinedex.formats.report import sights as sights_of
from cinedex.formats.report.data import page_data
from cinedex.formats.report.sights import KINDS_SEEN, sights
from cinedex.formats.seen import characters
from cinedex.timeline.rows import (
    Event,
    Face,
    Framing,
    Object,
    Palette,
    Person,
    Place,
    Portrait,
    Row,
    Scene,
    Shot,
    Text,
)
from cinedex.timeline.time import SECOND, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track


def rich(shots: int = 20, **about: Any) -> Timeline:
    return make_timeline(shots, **({"seen": Seen(5, 6), "still_width": 64} | about))


def replaced(timeline: Timeline, kind: type[Row], rows: list[Any]) -> Timeline:
    stage = next(stage for stage, name in timeline.tracks if name == kind.kind)
    tracks = dict(timeline.tracks) | {(stage, kind.kind): Track.of(kind, rows, Maker(stage, 1))}
    return Timeline(timeline.movie, tracks, timeline.failures, timeline.makers)


def test_scenes_have_a_still_a_place_people_reasons_and_colours() -> None:
    timeline = rich()
    facts = page_data(timeline).facts
    people = characters(timeline)
    for scene, told in zip(timeline.track(Scene), facts["scenes"], strict=True):
        start, end, number, score, reasons, still, first, last, place, cast, palette = told
        assert (start, end) == pytest.approx((scene.start.seconds, scene.end.seconds), abs=1e-4)
        assert (number, reasons) == (scene.number, list(scene.reasons))
        assert score == pytest.approx(scene.score, abs=1e-3)
        assert first <= still < last
        assert len(place) == 3
        assert all(people[i].spans.crop(scene.span).total for i in cast)
        assert sum(colour[3] for colour in palette) == pytest.approx(1, abs=1e-3)


def test_people_are_called_by_the_names_given_and_shown_by_their_portraits() -> None:
    timeline = rich()
    found = page_data(timeline, {1: "Anna", 2: HOSTILE})
    named = {number: name for number, name, *_ in found.facts["people"]}
    assert (named[1], named[2]) == ("Anna", HOSTILE)
    assert named[max(named)] == f"Person {max(named)}"
    track = timeline.track(Portrait)
    for number, _, face, *_ in found.facts["people"]:
        person = next(p for p in characters(timeline) if p.number == number)
        own = next((p for p in track if p.tracklet == person.best), None)
        assert (face >= 0) == (own is not None)
        if own is not None:
            assert found.portraits[face] == "jpeg;base64," + base64.b64encode(own.data).decode()
    assert HOSTILE not in render_report(timeline, names={2: HOSTILE})


def test_evidence_is_told_in_words_and_what_is_no_ref_is_left_out() -> None:
    timeline = rich()
    shot = timeline.track(Shot)[3]
    person = timeline.track(Person)[0]
    refs = (shot.ref, person.ref, "nonsense", "tag@x", f"motion@{int(SECOND)}", "tag@99999999999999999999", "shot@7")
    event = Event(start=Time(0), end=SECOND, label="kiss", score=float("nan"), rule="kiss/1", refs=refs)
    (told,) = page_data(replaced(timeline, Event, [event]), {person.number: "Anna"}).facts["events"]
    assert told[2:5] == ["kiss", 0.0, "kiss/1"]
    assert [e[0] for e in told[5]] == ["shot", "person", "motion", "shot"]
    assert told[5][0] == ["shot", pytest.approx(shot.start.seconds, abs=1e-4), "4"]
    assert told[5][1][2] == "Anna"
    assert told[5][3][2] == ""


def test_text_keeps_its_role_and_its_place() -> None:
    texts = page_data(rich()).facts["texts"]
    assert {t[3] for t in texts} == {"title", "credit", "sign", "subtitle"} or "title" in {t[3] for t in texts}
    assert all(0 <= side <= 1 for t in texts for side in t[6:])


def test_objects_that_go_on_being_seen_are_one_row() -> None:
    timeline = rich(3)
    box = {"x": 0.0, "y": 0.0, "width": 1.0, "height": 1.0}
    rows = [
        Object(start=SECOND * i, end=SECOND * (i + 1), label="cup", vocabulary="v", score=0.5 + i / 10, **box)
        for i in (0, 1, 2, 7)
    ]
    facts = page_data(replaced(timeline, Object, rows)).facts
    assert [[o[0], o[1], facts["names"][o[2]], o[4]] for o in facts["objects"]] == [[0, 3, "cup", 3], [7, 8, "cup", 1]]
    assert facts["objects"][0][3] == pytest.approx(0.7, abs=1e-3)


def test_a_shot_may_be_taken_in_two_ways_at_once() -> None:
    timeline = rich(2)
    first, second = timeline.track(Shot)
    rows = [
        Framing(start=first.start, end=first.end, aspect="camera", label=label, score=1)
        for label in ("pan-left", "handheld")
    ] + [Framing(start=second.start, end=second.end, aspect="scale", label="long", score=1)]
    facts = page_data(replaced(timeline, Framing, rows)).facts
    names = [*facts["names"], ""]
    assert [[names[n] for n in both] for both in facts["framing"]] == [["", "pan-left, handheld"], ["long", ""]]


def test_faces_are_boxes_with_the_person_that_they_are() -> None:
    timeline = rich()
    facts = page_data(timeline).facts
    whose = {r.refs[0].partition("#")[2]: r.number for r in timeline.track(Person)}
    for face, told in zip(timeline.track(Face), facts["boxes"], strict=True):
        assert facts["people"][told[2]][0] == whose[str(face.tracklet)]


def test_the_states_of_all_kinds_are_told() -> None:
    timeline = rich(without=(Scene,), empty=(Event,), failures={"people": "no"})
    states = page_data(timeline).facts["states"]
    assert {k.kind for k in KINDS_SEEN} <= states.keys()
    assert (states["scene"], states["event"], states["person"]) == ("missing", "done", "failed")


@pytest.mark.parametrize("kind", [*KINDS_SEEN, Shot])
@pytest.mark.parametrize("how", ["without", "empty"])
def test_whatever_kind_is_missing_the_page_is_written(kind: type[Row], how: str) -> None:
    page = Page(render_report(rich(6, **{how: (kind,)})))
    assert page.data("facts")["duration"] > 0
    assert isinstance(page.data("portraits"), list)


def test_hostile_text_in_every_new_field_stays_text() -> None:
    about: dict[str, Any] = {"start": Time(0), "end": SECOND}
    box = {"x": float("nan"), "y": -1.0, "width": 2.0, "height": 0.5}
    extra: list[Row] = [
        Scene(**about, number=0, score=1, reasons=(HOSTILE,), at=Time(0)),
        Event(**about, label=HOSTILE, score=1, rule=HOSTILE, refs=(f"{HOSTILE}@5", "text@0")),
        Text(**about, text=HOSTILE, language=HOSTILE, role="sign", score=1, **box),
        Object(**about, label=HOSTILE, vocabulary=HOSTILE, score=1, **box),
        Place(**about, aspect=HOSTILE, label=HOSTILE, score=1),  # type: ignore[arg-type] # a stranger's stage may say so
        Framing(**about, aspect="scale", label=HOSTILE, score=1),
        Palette(**about, colours=(-5, 999, 3, 1), shares=(1.0, 0.5), warmth=9, contrast=1, saturation=1),
    ]
    timeline = rich(4, extra=extra, empty=(Scene, Event))
    timeline = replaced(replaced(timeline, Scene, extra[:1]), Event, extra[1:2])
    text = render_report(timeline, names={1: HOSTILE})
    page, calm = Page(text), Page(render_report(rich(4)))
    plain = [t for t, _ in calm.elements if t in {"script", "img"}]
    assert [t for t, _ in page.elements if t in {"script", "img"}] == plain
    facts = page.data("facts")
    assert facts["scenes"][0][4] == [HOSTILE]
    assert (
        facts["events"][0][5] == [[HOSTILE, 0.0, ""], ["text", 0.0, HOSTILE]] or facts["events"][0][5][0][0] == HOSTILE
    )
    assert HOSTILE in [t[2] for t in facts["texts"]]
    assert HOSTILE in facts["names"]
    for t in facts["texts"]:
        assert all(0 <= side <= 1 for side in t[6:])


def test_the_page_stays_bounded_whatever_the_film_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = rich(30, seen=Seen(6, 20))
    whole = page_data(timeline)
    monkeypatch.setattr(sights_of, "PEOPLE", 4)
    monkeypatch.setattr(sights_of, "PORTRAITS", 2)
    monkeypatch.setattr(sights_of, "PORTRAIT_BYTES", 10)
    monkeypatch.setattr(sights_of, "BOXES", 5)
    small = sights(timeline, 7)
    assert len(small.facts["people"]) == 4
    assert small.hidden["person"] == len(timeline.track(Person)) - len(small.facts["appear"]) > 0
    assert len(small.portraits) == 2
    assert len(small.facts["boxes"]) == 5
    assert len(small.facts["objects"]) == 7
    assert small.hidden["object"] == len(timeline.track(Object)) - sum(o[4] for o in whole.facts["objects"][:7]) > 0
    assert small.hidden["face"] == len(timeline.track(Face)) - 5
    assert all(len(small.facts[name]) <= 7 for name in ("scenes", "events", "texts", "appear", "places"))
    assert all(i < 4 for scene in small.facts["scenes"] for i in scene[9])


def test_curves_are_bytes_with_what_the_top_stands_for() -> None:
    facts = page_data(rich()).facts
    for name in ("motion", "warmth", "cuts"):
        packed, top = facts[name]
        assert top > 0
        assert np.frombuffer(base64.b64decode(packed), np.uint8).max() <= 255
    assert facts["warmth"][1] == 2
    assert page_data(rich(without=(Palette,))).facts["warmth"] is None
