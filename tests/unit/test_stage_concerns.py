"""The rules of concerns that come with Cinedex: what each fires on and nothing else does, and that none is certain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.stage_films import made, movie, rows, shots_of

from cinedex import Library
from cinedex.errors import UsageError
from cinedex.models.detector import coco_labels
from cinedex.models.tagger import imagenet_labels
from cinedex.stages.concerns import CATEGORIES, EVIDENCE, Concerns, our_concerns, rulings
from cinedex.stages.rules.model import All, Mean, Node, Not, Rows
from cinedex.stages.rules.model import Any as AnyOf
from cinedex.stages.soundterms import film_terms
from cinedex.stages.wordlists import LANGUAGE, STRENGTHS, TOPICS
from cinedex.timeline.rows import Concern, Mention, Nudity, Object, Row, Shot, Sound, Tag
from cinedex.timeline.time import Time

ORIGINS = ("speech", "subtitle", "screen")


def at(seconds: float) -> Time:
    return Time.from_seconds(seconds)


def sound(start: float, end: float, label: str, score: float = 0.9) -> Sound:
    return Sound(start=at(start), end=at(end), label=label, score=score)


def tag(start: float, end: float, label: str, score: float = 0.8) -> Tag:
    return Tag(start=at(start), end=at(end), label=label, vocabulary="imagenet-1k", score=score)


def thing(start: float, end: float, label: str) -> Object:
    box = {"x": 0.2, "y": 0.2, "width": 0.3, "height": 0.3}
    return Object(start=at(start), end=at(end), label=label, vocabulary="coco-80", score=0.9, **box)


def word(start: float, topic: str, strength: str = "mild", score: float = 0.9, origin: str = "speech") -> Mention:
    return Mention(
        start=at(start), end=at(start + 0.5), topic=topic, strength=strength, text="x", language="en", score=score,
        origin=origin,  # type: ignore[arg-type]
    )  # fmt: skip


def nude(*scores: float, start: float = 20, each: float = 0.5) -> list[Nudity]:
    return [
        Nudity(start=at(start + i * each), end=at(start + (i + 1) * each), score=score)
        for i, score in enumerate(scores)
    ]


def found(given: Sequence[Row], stage: Concerns | None = None, *, without: frozenset[type[Row]] = frozenset()):
    kinds = [kind for kind in EVIDENCE if kind not in without]
    tracks: dict[type[Row], Sequence[Row]] = {kind: [r for r in given if type(r) is kind] for kind in kinds}
    tracks[Shot] = shots_of([10] * 6)
    return rows(made(stage or Concerns(), movie(at(60)), tracks=tracks), Concern)


EXAMPLES: dict[str, list[Row]] = {
    "gunfire": [sound(t, t + 1, "gunshot") for t in (20, 23, 26)],
    "explosion": [sound(20, 22, "explosion")],
    "screams": [sound(20, 22, "screaming")],
    "firearm": [tag(20, 30, "revolver")],
    "blade": [thing(20, 22, "knife")],
    "violence-spoken": [word(20, "violence")],
    "nudity": list(nude(0.9, 0.9, 0.95, 0.9)),
    "sex-spoken": [word(20, "sex")],
    "mild-language": [word(20, "profanity", "mild")],
    "moderate-language": [word(20, "profanity", "moderate")],
    "strong-language": [word(20, "sexual", "strong")],
    "very-strong-language": [word(20, "sexual", "very-strong")],
    "discrimination": [word(20, "discrimination", "very-strong")],
    "drugs-seen": [tag(20, 30, "syringe")],
    "drugs-spoken": [word(20, "drugs")],
    "alcohol-seen": [thing(20, 22, "wine glass")],
    "alcohol-spoken": [word(20, "alcohol")],
    "tobacco-seen": [tag(20, 30, "lighter")],
    "tobacco-spoken": [word(20, "tobacco")],
    "tobacco-warned": [word(20, "tobacco-warning", origin="screen")],
}


def test_every_rule_has_an_example():
    assert set(EXAMPLES) == set(rulings())


@pytest.mark.parametrize("name", rulings())
def test_each_rule_fires_on_what_it_is_about_and_on_nothing_else(name: str):
    ruling = rulings()[name]
    (one,) = found(EXAMPLES[name])
    assert (one.category, one.strength, one.label) == (ruling.category, ruling.strength, ruling.rule.label)
    assert one.rule == ruling.rule.title
    assert 0 < one.score <= ruling.rule.trust + 1e-6 < 1, "no sign is a certainty"
    assert one.refs
    assert set(one.refs) <= {r.ref for r in EXAMPLES[name]}


@pytest.mark.parametrize("name", rulings())
def test_half_as_sure_evidence_makes_no_surer_sign(name: str):
    weaker = [replace(r, score=r.score / 2) for r in EXAMPLES[name]]  # type: ignore[call-arg, attr-defined]
    (strong,) = found(EXAMPLES[name])
    assert all(c.score <= strong.score for c in found(weaker))


def test_nothing_is_found_in_a_film_of_which_nothing_is_known():
    assert found([]) == []
    assert found([], without=frozenset(EVIDENCE) - {Shot}) == []


def test_one_picture_is_no_nudity_unless_its_neighbours_agree():
    assert found(nude(0.0, 0.0, 0.55, 0.0, 0.0)) == []
    assert [c.category for c in found(nude(0.0, 0.9, 0.9, 0.9, 0.0))] == ["nudity"]


def test_a_knife_at_a_table_is_for_bread():
    assert found([thing(20, 22, "knife"), thing(20, 22, "fork")]) == []


def test_a_lighter_counts_a_little_more_while_somebody_speaks_of_smoking():
    faint = tag(20, 30, "lighter", 0.4)
    assert found([faint]) == []
    assert {c.label for c in found([faint, word(25, "tobacco")])} == {
        "tobacco, perhaps, in the picture",
        "tobacco spoken of",
    }


def test_without_sound_the_rest_is_still_found():
    assert [c.category for c in found(EXAMPLES["firearm"], without=frozenset({Sound, Mention}))] == ["weapons"]


def _leaves(node: Node):
    match node:
        case Rows():
            yield node
        case Not():
            yield from _leaves(node.part)
        case All() | AnyOf() | Mean():
            for part in node.parts:
                yield from _leaves(part)


def test_rules_lean_on_what_exists():
    known = {
        Tag: {"label": set(imagenet_labels())},
        Object: {"label": set(coco_labels()[1])},
        Sound: {"label": {t.name for t in film_terms()}},
        Mention: {"topic": set(TOPICS), "strength": set(STRENGTHS), "origin": set(ORIGINS)},
    }
    for ruling in rulings().values():
        for leaf in _leaves(ruling.rule.evidence):
            assert leaf.kind in EVIDENCE
            for one in leaf.where:
                if one.among is not None:
                    assert set(one.among) <= known[leaf.kind][one.column]
    made_by = {row for stage in Library().stages for row in stage.makes}
    assert set(EVIDENCE) <= made_by


def test_every_category_has_a_rule_and_every_topic_a_category():
    assert {r.category for r in rulings().values()} == set(CATEGORIES)
    told = {
        value
        for r in rulings().values()
        for leaf in _leaves(r.rule.evidence)
        for one in leaf.where
        if one.column == "topic" and one.among is not None
        for value in one.among
    }
    assert told == set(TOPICS) >= set(LANGUAGE)


def test_rules_of_ones_own_are_added_or_take_the_place_of_ours():
    own = (
        '[lighter]\ncategory = "tobacco"\nstrength = "mild"\n'
        'evidence = { kind = "tag", where = { label = "lighter" } }\n'
        "[firearm]\noff = true\n"
    )
    stage = Concerns(rules=own)
    assert {c.rule for c in found(EXAMPLES["tobacco-seen"], stage)} == {"lighter/1", "tobacco-seen/1"}
    assert found(EXAMPLES["firearm"], stage) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[a]\nstrength = "mild"\nevidence = { kind = "shot" }', "category: None"),
        ('[a]\ncategory = "fun"\nstrength = "mild"\nevidence = { kind = "shot" }', "category: 'fun'"),
        ('[a]\ncategory = "drugs"\nstrength = 3\nevidence = { kind = "shot" }', "strength: 3"),
        ('[a]\ncategory = "drugs"\nstrength = "mild"', "no evidence"),
        ('[a]\ncategory = "drugs"\nstrength = "mild"\nevidence = { kind = "shott" }', "shott"),
        ("a = 1", "a rule is a table"),
        ("[a", "not TOML"),
    ],
)
def test_wrong_rules_are_refused_before_anything_runs(text: str, said: str):
    with pytest.raises(UsageError, match=said) as refused:
        Concerns(rules=text)
    assert refused.value.remedy


def test_other_rules_are_not_taken_for_these():
    with pytest.raises(UsageError, match="rules"):
        found([], Concerns(ours="0" * 16))
    assert our_concerns()
