"""Rule packs are read strictly, and what was not measured never passes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.timelines import make_movie
from tests.unit.test_docs import MOVIE as SILENT

from cinedex.compliance.judge import Judge
from cinedex.compliance.model import Finding
from cinedex.compliance.read import built_in, read_pack
from cinedex.errors import UsageError
from cinedex.formats.compliance import render_compliance
from cinedex.library import Library
from cinedex.stages.wordlists import strong_words
from cinedex.timeline.movie import AudioStream
from cinedex.timeline.rows import Concern, Cue, Flag, Mention, Nudity, Object, Programme, Row, Sound, Tag
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
MOVIE = replace(SILENT, audio=(SOUND,), video=make_movie().video)

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


def test_a_film_without_pictures_does_not_pass_for_its_pictures():
    timeline = replace(_timeline(faults=[]), movie=replace(MOVIE, video=None))
    findings = Judge(timeline).judge(built_in()["broadcast-eu"]).findings
    said = {f.clause.id: (f.outcome, f.why) for f in findings}
    for clause in ("flashing", "black", "freeze", "letterbox", "dropped-frames"):
        assert said[clause] == ("not measured", "the film has no pictures")


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
    # One such word is PG-13 for sure; whether two are R is the raters' to say.
    assert (judged.low, judged.high) == ("PG-13", "NC-17")
    assert judged.drives[0].startswith("perhaps R: more-than-one-harsh-sexual-word")
    assert judged.drives[1].startswith("at least PG-13: harsh-sexual-word")


def _known(*rows: Row, kinds: tuple[type[Row], ...], words: tuple[str, ...] = ()) -> Timeline:
    """A film of which just these kinds are known, each by a stage that is called after it."""
    every = {kind: [r for r in rows if type(r) is kind] for kind in kinds}
    tracks = {(kind.kind, kind.kind): Track.of(kind, found, Maker(kind.kind, 1)) for kind, found in every.items()}
    return Timeline(MOVIE, {**tracks, **_cues([_cue(text) for text in words])})


PICTURED: tuple[type[Row], ...] = (Tag, Object, Nudity)
ALL_SIGNS = (*PICTURED, Sound, Mention, Concern)


def _sign(category: str, label: str, start: int = 0, strength: str = "moderate", refs: tuple[str, ...] = ()) -> Concern:
    span = {"start": SECOND * start, "end": SECOND * (start + 10)}
    return Concern(**span, refs=refs, category=category, label=label, strength=strength, score=0.4, rule="a/1")


def _findings(timeline: Timeline, pack: str) -> dict[str, Finding]:
    return {f.clause.id: f for f in Judge(timeline).judge(built_in()[pack]).findings}


def test_signs_need_a_human_and_drive_the_range_without_raising_its_lower_end():
    timeline = _known(_sign("violence", "gunfire"), _sign("violence", "gunfire", 30), kinds=ALL_SIGNS)
    judged = Judge(timeline).judge(built_in()["us"])
    found = {f.clause.id: f for f in judged.findings}
    assert (found["violence"].outcome, found["violence"].value) == ("needs a human", 2)
    assert found["violence"].why == "signs to look at, 20 s in all: 2 x gunfire"
    assert [e.ref for e in found["violence"].evidence] == [
        f"concern@{int(SECOND * s)}#violence-gunfire" for s in (0, 30)
    ]
    assert (judged.low, judged.high) == ("G", "NC-17")
    assert [d for d in judged.drives if d.startswith("perhaps PG: violence")]


def test_no_sign_proves_nothing_and_drives_nothing():
    judged = Judge(_known(kinds=ALL_SIGNS, words=("Good morning.",))).judge(built_in()["us"])
    found = {f.clause.id: f for f in judged.findings}
    for clause in ("drugs", "nudity", "violence"):
        assert (found[clause].outcome, found[clause].why) == ("needs a human", "no sign found, which proves nothing")
    assert judged.drives == ()
    assert (judged.low, judged.high) == ("G", "NC-17")


def test_signs_that_were_not_looked_for_are_not_measured():
    assert _findings(_known(kinds=PICTURED), "us")["nudity"].outcome == "not measured"
    # Rules ran, and had nothing to lean on.
    blind = _findings(_known(kinds=(Concern, Sound)), "us")
    assert (blind["nudity"].outcome, blind["drugs"].outcome) == ("not measured", "not measured")
    assert blind["violence"].why.endswith("not looked at, for it was not computed: mention, object, tag")


def test_half_of_the_looks_are_no_look():
    timeline = _known(kinds=ALL_SIGNS)
    whole = replace(timeline, makers={"nudity": ("nudity",)})
    half = replace(timeline, makers={"nudity": ("nudity", "nudity-closer")})
    assert _findings(whole, "us")["nudity"].outcome == "needs a human"
    assert _findings(half, "us")["nudity"].outcome == "not measured"


def test_tobacco_in_the_picture_is_held_against_the_warnings_there():
    seen = [_sign("tobacco", "lighter", s, refs=("tag@0",)) for s in (0, 20)]
    spoken = _sign("tobacco", "tobacco spoken of", 40, refs=("mention@0#tobacco-x",))
    warning = _sign("tobacco-warning", "warning", 0)
    found = _findings(_known(*seen, spoken, warning, kinds=ALL_SIGNS), "in")["tobacco-warning"]
    assert (found.outcome, found.value) == ("needs a human", 0.0)
    assert found.why.startswith("1 of 2 stretches that may show tobacco lack the warning")
    assert [e.note for e in found.evidence] == ["lighter, warned of in 100% of it", "lighter, warned of in 0% of it"]
    warned = _findings(_known(seen[0], warning, kinds=ALL_SIGNS), "in")["tobacco-warning"]
    assert (warned.outcome, warned.value) == ("needs a human", 1.0)
    none = _findings(_known(spoken, warning, kinds=ALL_SIGNS), "in")["tobacco-warning"]
    assert (none.outcome, none.value) == ("needs a human", None)
    assert "no tobacco was seen" in none.why


@pytest.mark.parametrize("pack", ["us", "uk", "in", "de"])
def test_raters_packs_cover_what_films_may_hold(pack: str):
    clauses = built_in()[pack].clauses
    signs = {label for c in clauses if c.test.startswith("signs") for label in c.labels}
    assert {"violence", "weapons", "threat", "nudity", "sex", "drugs", "tobacco"} <= signs
    assert any(c.test == "words" and (not c.topics or "discrimination" in c.topics) for c in clauses)
    assert not [c.id for c in clauses if c.test.startswith("signs") and c.lifts and c.most is None]


def test_masked_and_doubtful_words_raise_no_lower_end():
    judged = Judge(_timeline(cues=[_cue("Nice pussy cat. Cock!")])).judge(built_in()["us"])
    assert judged.low == "G"
    assert {f.clause.id: f.value for f in judged.findings}["more-than-one-harsh-sexual-word"] == 2
    assert Judge(_timeline(cues=[_cue("Fuck.", score=0.3)])).judge(built_in()["us"]).low == "G"


def test_each_language_is_judged_by_its_own_words():
    found = _findings(
        _timeline(cues=[_cue("Scheiße", "de"), _cue("Putain, l'enculé !", "fr"), _cue("बहनचोद", "hi")]), "us"
    )
    assert found["more-than-one-harsh-sexual-word"].value == 2
    assert [e.note for e in found["harsh-sexual-word"].evidence] == ["l'enculé", "बहनचोद"]


def test_words_that_the_stage_has_found_are_not_looked_for_again():
    said = Mention(
        start=ZERO, end=Time(SECOND), refs=("cue@0",), topic="sexual", strength="strong", text="x", language="en",
        origin="speech", score=0.9,
    )  # fmt: skip
    found = _findings(_known(said, kinds=(Mention,), words=("Good morning.",)), "us")["harsh-sexual-word"]
    assert (found.outcome, found.value, found.evidence[0].ref) == ("fail", 1.0, "cue@0")


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
        ('test = "words"\ntopics = ["cats"]\nmost = 0', "topics"),
        ('test = "signs"\nmost = 0', "categories"),
        ('test = "signs"\nlabels = ["fun"]\nmost = 0', "categories"),
        ('test = "signs-warned"\nlabels = ["tobacco"]\nleast = 95', "between 0 and 1"),
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
