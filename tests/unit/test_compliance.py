"""Rule packs are read strictly, and what was not measured never passes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.unit.test_docs import MOVIE as SILENT

from cinedex.compliance.judge import Judge
from cinedex.compliance.read import built_in, read_pack
from cinedex.compliance.words import strong_words
from cinedex.errors import UsageError
from cinedex.formats.compliance import render_compliance
from cinedex.library import Library
from cinedex.timeline.movie import AudioStream
from cinedex.timeline.rows import Cue, Flag, Programme, Row
from cinedex.timeline.time import SECOND, ZERO, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

SOUND = AudioStream(
    index=1,
    codec="aac",
    rate=48_000,
    channels=2,
    layout="stereo",
    language=None,
    title=None,
    start=ZERO,
    duration=SILENT.duration,
    default=True,
)
MOVIE = replace(SILENT, audio=(SOUND,))

PACK = """
title = "A pack"
version = 1
ratings = ["low", "high"]
[clauses.one]
text = "One."
source = "here"
known = "verified"
"""


def _timeline(**tracks: list[Row]) -> Timeline:
    rows = {"programme": Programme, "faults": Flag, "cues": Cue}
    made = {(stage, rows[stage].kind): Track.of(rows[stage], found, Maker(stage, 1)) for stage, found in tracks.items()}
    return Timeline(MOVIE, made)


def _cues(found: list[Cue]) -> dict[tuple[str, str], Track[Cue]]:
    return {("cues", "cue"): Track.of(Cue, found, Maker("cues", 1))}


def _cue(text: str, language: str = "en", score: float = 1.0) -> Cue:
    return Cue(start=ZERO, end=Time(SECOND), text=text, language=language, score=score, source="speech")


def test_nothing_passes_in_a_film_of_which_nothing_is_known():
    for pack in built_in().values():
        judged = Judge(_timeline()).judge(pack)
        assert {f.outcome for f in judged.findings} <= {"not measured", "needs a human"}, pack.name
        assert (judged.low, judged.high) == ((pack.ratings[0], pack.ratings[-1]) if pack.ratings else ("", ""))


def test_what_packs_count_is_made_by_the_stages_that_they_name():
    made = {(stage.name, row.kind) for stage in Library().stages for row in stage.makes}
    counted = {(c.stage, c.kind) for pack in built_in().values() for c in pack.clauses if c.stage}
    assert counted <= made


def test_a_film_without_sound_does_not_pass_for_its_sound():
    film = replace(MOVIE, audio=())
    timeline = Timeline(film, {("soundfaults", "flag"): Track.of(Flag, [], Maker("soundfaults", 1)), **_cues([])})
    found = [f for p in ("broadcast-eu", "us") for f in Judge(timeline).judge(built_in()[p]).findings]
    assert not [f.clause.id for f in found if f.outcome == "pass"]


def test_a_failed_stage_is_not_a_pass():
    timeline = Timeline(MOVIE, {}, failures={"programme": "the sound broke off"})
    found = {f.clause.id: f for f in Judge(timeline).judge(built_in()["broadcast-eu"]).findings}
    assert found["r128-loudness"].outcome == "not measured"
    assert "the sound broke off" in found["r128-loudness"].why


@pytest.mark.parametrize(
    ("value", "outcome"), [(-23.5, "pass"), (-22.5, "pass"), (-23.6, "fail"), (-22.4, "fail"), (-60.0, "fail")]
)
def test_loudness_is_judged_at_the_edges_of_its_tolerance(value: float, outcome: str):
    row = Programme(start=ZERO, end=Time(SECOND), measure="integrated-loudness", value=value)
    found = {f.clause.id: f for f in Judge(_timeline(programme=[row])).judge(built_in()["broadcast-eu"]).findings}
    assert (found["r128-loudness"].outcome, found["r128-loudness"].value) == (outcome, pytest.approx(value))
    assert found["r128-true-peak"].outcome == "not measured"


def test_faults_count_by_their_longest_stretch():
    long = Flag(start=ZERO, end=Time(SECOND * 3), label="black", score=1.0, note="3 s")
    found = {f.clause.id: f for f in Judge(_timeline(faults=[long])).judge(built_in()["broadcast-eu"]).findings}
    assert (found["black"].outcome, found["black"].value) == ("needs a human", 3.0)
    assert found["black"].evidence[0].ref == long.ref
    assert found["freeze"].outcome == "pass"


def test_words_drive_a_range():
    judged = Judge(_timeline(cues=[_cue("Fuck."), _cue("What the fuck?")])).judge(built_in()["us"])
    found = {f.clause.id: f for f in judged.findings}
    assert found["more-than-one-harsh-sexual-word"].value == 2
    assert (judged.low, judged.high) == ("G", "NC-17")
    assert any("more-than-one" in reason for reason in judged.drives)


def test_words_of_a_language_without_a_list_are_not_measured():
    found = {f.clause.id: f for f in Judge(_timeline(cues=[_cue("kurwa", "pl")])).judge(built_in()["us"]).findings}
    assert found["harsh-sexual-word"].outcome == "not measured"
    assert "pl" in found["harsh-sexual-word"].why


@pytest.mark.parametrize("text", ["Scunthorpe", "a classic assassin", "cockpit", "shitake", "Dickens passed", "assess"])
def test_innocent_words_are_left_alone(text: str):
    assert strong_words(text, "en") == []


@pytest.mark.parametrize(
    ("text", "strength"),
    [("FUCKING", "strong"), ("f**k", "strong"), ("sh*t", "strong"), ("bitches", "moderate"), ("damn", "mild")],
)
def test_strong_words_are_found(text: str, strength: str):
    assert [hit.strength for hit in strong_words(f"Oh, {text}!", "en")] == [strength]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('test = "count"\nkind = "flag"', "allows anything"),
        ('test = "count"\nkind = "flagg"\nmost = 0', "no kind 'flagg'"),
        ('test = "coumt"', "test: 'coumt'"),
        ('test = "share"\nkind = "flag"\nmost = 95', "between 0 and 1"),
        ('test = "count"\nkind = "flag"\nleast = 3\nmost = 1', "above most"),
        ('test = "words"\nmost = 0', "strengths"),
        ('test = "flashing"\nlabels = ["none"]', "profile"),
        ('test = "person"\nwhat = 1', "no key 'what'"),
        ('test = "count"\nkind = "flag"\nmost = 0\nlifts = "top"', "no rating 'top'"),
        (
            (
                'test = "count"\nkind = "flag"\nmost = 1\n[clauses.two]\ntext = "Two."\nsource = "here"\n'
                'known = "verified"\ntest = "count"\nkind = "flag"\nleast = 2'
            ),
            "contradicts",
        ),
    ],
)
def test_a_wrong_pack_is_refused_with_the_clause_and_a_remedy(lines: str, said: str):
    with pytest.raises(UsageError, match=said) as refused:
        read_pack(PACK + lines, "mine.toml")
    assert "mine.toml: clause" in str(refused.value)
    assert refused.value.remedy


def test_reports_say_the_same_and_escape_what_films_say():
    timeline = _timeline(cues=[_cue("<script>fuck</script>")])
    judged = [Judge(timeline).judge(pack) for pack in built_in().values()]
    page = render_compliance(timeline, judged)
    assert "<script" not in page
    assert "not a certificate" in page
    told = json.loads(render_compliance(timeline, judged, "json"))
    table = render_compliance(timeline, judged, "csv").splitlines()
    clauses = [(p["pack"], c["clause"], c["verdict"]) for p in told["packs"] for c in p["clauses"]]
    assert [(line.split(",")[0], *line.split(",")[2:4]) for line in table[1:]] == clauses
