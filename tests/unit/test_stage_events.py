"""The rules that come with Cinedex: what each needs to fire, that none fires by what is not there, and how fast."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.stage_films import made, movie, rows, shots_of

from cinedex import Library
from cinedex.errors import UsageError
from cinedex.models.detector import coco_labels
from cinedex.models.tagger import imagenet_labels
from cinedex.settings import Settings
from cinedex.stages.events import EVIDENCE, Events, our_rules, own_rules
from cinedex.stages.rules.model import All, Mean, Node, Not, Rows
from cinedex.stages.rules.model import Any as AnyOf
from cinedex.stages.rules.read import read_rules
from cinedex.stages.soundterms import film_terms
from cinedex.timeline.rows import Cue, Event, Face, Object, Quality, Row, Shot, Sound, Tag, Text, Voice
from cinedex.timeline.time import Time

RULES = read_rules(our_rules(), "events.toml")
MINUTE = 60.0


def at(seconds: float) -> Time:
    return Time.from_seconds(seconds)


def sound(start: float, end: float, label: str) -> Sound:
    return Sound(start=at(start), end=at(end), label=label, score=0.9)


def tag(start: float, end: float, label: str) -> Tag:
    return Tag(start=at(start), end=at(end), label=label, vocabulary="imagenet-1k", score=0.8)


def thing(start: float, end: float, label: str, box: tuple[float, ...] = (0.2, 0.2, 0.5, 0.7)) -> Object:
    x, y, w, h = box
    return Object(
        start=at(start), end=at(end), label=label, vocabulary="coco-80", score=0.9, x=x, y=y, width=w, height=h
    )


def face(start: float, end: float, x: float, tracklet: int = 0) -> Face:
    box = {"x": x, "y": 0.2, "width": 0.3, "height": 0.4}
    return Face(start=at(start), end=at(end), points=(0.0,) * 10, score=0.9, quality=0.5, tracklet=tracklet, **box)


def text(start: float, end: float, role: str) -> Text:
    box = {"x": 0.3, "y": 0.4, "width": 0.4, "height": 0.1}
    return Text(start=at(start), end=at(end), text="a", language="en", role=role, score=0.95, **box)  # type: ignore[arg-type]


def measured(start: float, end: float, **values: float) -> list[Quality]:
    steps = np.arange(start, end, 0.2)
    return [
        Quality(start=at(s), end=at(s + 0.2), measure=name, value=value)
        for name, value in values.items()
        for s in steps
    ]


def talk(start: float, end: float) -> list[Row]:
    cue = Cue(start=at(start), end=at(end), text="well", language="en", score=0.9, source="speech")
    return [Voice(start=at(start), end=at(end), score=0.9), cue]


def found(given: Sequence[Row], length: float = MINUTE, stage: Events | None = None, cuts: float = 10) -> list[Event]:
    tracks: dict[type[Row], Sequence[Row]] = {kind: [r for r in given if type(r) is kind] for kind in EVIDENCE}
    tracks[Shot] = shots_of([cuts] * round(length / cuts))
    return rows(made(stage or Events(), movie(at(length)), tracks=tracks), Event)


EXAMPLES: dict[str, tuple[list[Row], float]] = {
    "gunfight": (
        [
            tag(20, 40, "assault rifle"),
            *(sound(t, t + 1, "gunshot") for t in (25, 28, 31)),
            *measured(18, 42, change=0.08),
        ],
        3,
    ),
    "explosion": ([sound(30, 32, "explosion")], 10),
    "car chase": ([thing(10, 50, "car"), *measured(0, 60, change=0.07), sound(10, 40, "siren")], 3),
    "driving": ([tag(20, 30, "car mirror")], 10),
    "kiss or embrace": ([face(20, 23, 0.2, 0), face(20, 23, 0.35, 1)], 10),
    "crowd": ([thing(20, 30, "person", (i / 10, 0.2, 0.1, 0.3)) for i in range(9)], 10),
    "dialogue": ([*talk(10, 50), face(10, 30, 0.1, 0), face(30, 50, 0.5, 1)], 10),
    "dance or musical number": ([tag(10, 50, "electric guitar"), sound(10, 50, "music")], 10),
    "phone call": ([thing(20, 30, "cell phone"), *talk(18, 32)], 10),
    "meal": ([*(thing(20, 40, x) for x in ("pizza", "fork", "wine glass", "bowl")), thing(20, 40, "person")], 10),
    "rain or storm": ([sound(10, 40, "rain")], 10),
    "title card": ([text(5, 9, "title")], 10),
    "opening credits": ([text(1, 4, "credit"), text(6, 12, "credit")], 10),
    "end credits": ([text(46, 59, "credit")], 10),
    "montage": ([tag(2 * i, 2 * i + 2, imagenet_labels()[i]) for i in range(30)], 2),
}


@pytest.mark.parametrize("label", [r.label for r in RULES.values()])
def test_each_rule_fires_on_what_it_is_about(label: str):
    given, cuts = EXAMPLES[label]
    events = found(given, cuts=cuts)
    event = next(e for e in events if e.label == label)
    rule = next(r for r in RULES.values() if r.label == label)
    assert event.rule == rule.title
    assert 0 < event.score <= rule.trust + 1e-6
    kinds = {ref.partition("@")[0] for ref in event.refs}
    assert kinds & {type(r).kind for r in given}
    assert {e.label for e in events} <= {label, "driving", "montage"}, "it fires on nothing else"


def test_music_and_people_are_no_musical_number_until_somebody_sings():
    people = [thing(10, 50, "person"), sound(0, 60, "music")]
    assert "dance or musical number" not in {e.label for e in found(people)}
    assert "dance or musical number" in {e.label for e in found([*people, sound(10, 50, "singing")])}


def test_one_bang_is_no_gunfight():
    assert found([sound(20, 21, "gunshot")]) == []
    assert found([sound(20, 21, "gunshot"), *measured(0, 60, change=0.03)]) == []
    several = [sound(t, t + 0.5, "gunshot") for t in (20, 22, 25, 27)]
    assert {e.label for e in found([*several, *measured(18, 30, change=0.08)], cuts=3)} == {"gunfight"}


def test_an_engine_that_is_only_heard_is_no_driving():
    assert "driving" not in {e.label for e in found([sound(10, 50, "engine")])}
    seen = thing(10, 50, "car", (0.4, 0.4, 0.1, 0.1))
    assert "driving" in {e.label for e in found([sound(10, 50, "engine"), seen])}


def test_every_rule_has_its_example():
    assert set(EXAMPLES) == {r.label for r in RULES.values()}


@pytest.mark.parametrize("cuts", [1, 2, 5, 30])
def test_nothing_happens_in_a_film_of_which_only_cuts_are_known(cuts: float):
    assert found([], cuts=cuts) == []


def test_nothing_happens_where_somebody_speaks_over_pictures():
    assert found([*talk(0, 60), *measured(0, 60, change=0.01), tag(0, 60, "alp")]) == []


def test_movement_and_cuts_alone_are_no_event():
    assert found(measured(0, 60, change=0.2, drift=0.4, highlight=1.0, red=0.8, blue=0.1), cuts=2) == []


def _leaves(node: Node) -> list[Rows]:
    match node:
        case Rows():
            return [node]
        case All() | AnyOf() | Mean():
            return [leaf for part in node.parts for leaf in _leaves(part)]
        case Not():
            return _leaves(node.part)
    return []


def test_labels_are_spelled_as_the_models_spell_them():
    known = {Tag: set(imagenet_labels()), Object: set(coco_labels()[1])}
    known[Sound] = {t.name for t in film_terms()} | {"song"}
    for rule in RULES.values():
        for leaf in _leaves(rule.evidence):
            for one in leaf.where:
                if leaf.kind in known and one.column == "label":
                    assert set(one.among or ()) <= known[leaf.kind], rule.name


def test_own_rules_are_added_and_name_the_result():
    cars = '[silence-of-cars]\nlabel = "cars"\nevidence = { kind = "object", where = { label = "car" } }'
    own = f"{cars}\n[crowd]\noff = true"
    stage = Events(rules=own)
    events = found([thing(5, 9, "car"), *EXAMPLES["crowd"][0]], stage=stage)
    assert [(e.label, e.rule, round(e.score, 1)) for e in events] == [("cars", "silence-of-cars/1", 0.9)]
    assert stage != Events()
    assert Events().ours == Events(rules=own).ours


def test_wrong_rules_are_refused_before_anything_runs():
    with pytest.raises(UsageError, match="your rules: rule it, evidence"):
        Events(rules="[it]\nevidence = 3")


def test_other_rules_than_those_asked_for_are_not_run():
    with pytest.raises(UsageError, match="Install the same Cinedex"):
        found([], stage=Events(ours="0" * 16))


@pytest.mark.parametrize("length", [0.08, 0.4])
def test_a_film_of_two_pictures_is_no_trouble(length: float):
    given = [text(0, length, "credit"), thing(0, length, "car"), sound(0, length, "gunshot")]
    for event in found(given, length=length, cuts=length):
        assert at(0) <= event.start < event.end <= at(length)
        assert np.isfinite(event.score)


def test_two_hours_take_seconds():
    random, hours = np.random.default_rng(1), 7200
    labels = coco_labels()[1]
    given: list[Row] = [thing(t, t + 1, labels[random.integers(80)]) for t in range(hours) for _ in range(3)]
    given += [r for t in range(0, hours, 12) for r in talk(t, t + 7)]
    given += [face(t, t + 1, random.uniform(0, 0.6), t) for t in range(hours)]
    given += [tag(t, t + 4, imagenet_labels()[random.integers(1000)]) for t in range(0, hours, 4)]
    given += measured(0, hours, change=0.03, drift=0.1)
    tracks: dict[type[Row], Sequence[Row]] = {kind: [r for r in given if type(r) is kind] for kind in EVIDENCE}
    tracks[Shot] = shots_of([4.0] * (hours // 4))
    stage = Events()
    began = time.process_time()
    events = rows(made(stage, movie(at(hours)), tracks=tracks), Event)
    # Most of this is the making of the tracks for the test; the stage alone takes about a second.
    assert time.process_time() - began < 30
    assert events


def test_a_file_of_rules_becomes_part_of_the_stage(tmp_path: Path):
    mine = tmp_path / "mine.toml"
    mine.write_text('[cars]\nevidence = { kind = "object", where = { label = "car" } }')
    with_rules = Library(str(tmp_path / "library"), settings=Settings(rules=mine)).stages
    assert Events(rules=mine.read_text()) in with_rules
    assert Events() not in with_rules
    assert Events() in Library(str(tmp_path / "library"), settings=Settings()).stages


@pytest.mark.parametrize("content", [b"[it", b"\xff\xfe", b"[it]\nevidence = 3", None])
def test_a_file_that_holds_no_rules_is_named(tmp_path: Path, content: bytes | None):
    mine = tmp_path / "mine.toml"
    if content is not None:
        mine.write_bytes(content)
    with pytest.raises(UsageError, match=r"mine\.toml"):
        own_rules(mine)
