"""Edits keep words and cuts whole, and every format says them so that its reader finds them again."""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.test_formats import VIDEO
from tests.unit.test_compliance import MOVIE as SOUNDED

from cinedex.compliance.edits import (
    ACTS,
    Act,
    Edit,
    EditList,
    Flagged,
    Margins,
    Wish,
    edit_list,
    flagged,
    wished,
)
from cinedex.compliance.judge import Judge
from cinedex.compliance.model import Clause, Evidence, Finding, Judgement, Pack
from cinedex.compliance.read import built_in
from cinedex.errors import UsageError
from cinedex.formats.edits.edl import read_edl
from cinedex.formats.edits.ffmpeg import read_ffmpeg, write_ffmpeg
from cinedex.formats.edits.filters import read_mcf, read_skp, write_mcf
from cinedex.formats.edits.forms import EDIT_FORMS, write_edits
from cinedex.formats.edits.listed import placed
from cinedex.formats.edits.segments import read_segments, write_segments
from cinedex.stages.wordlists import STRENGTHS
from cinedex.timeline.rows import Cue, Row, Shot, Word
from cinedex.timeline.time import SECOND, ZERO, Rate, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Spans, Track

MOVIE = replace(SOUNDED, video=VIDEO, duration=SECOND * 60)
MAKER = Maker("test", 1)
PRECISION = {
    "kodi": 1e-3,
    "mplayer": 1e-3,
    "jellyfin": 1e-7,
    "mcf": 1e-3,
    "videoskip": 1e-2,
    "otio": 0.0418,
    "ffmpeg": 3e-6,
}


def _span(start: float, end: float) -> Span:
    return Span.from_seconds(start, end)


def _word(start: float, end: float, text: str = "so", score: float = 1.0) -> Word:
    return Word(start=Time.from_seconds(start), end=Time.from_seconds(end), text=text, language="en", score=score)


def _timeline(words: list[Word], cuts: list[float], cues: list[Cue] | None = None) -> Timeline:
    ends = [Time.from_seconds(c) for c in [*cuts, 60.0]]
    starts = [ZERO, *ends[:-1]]
    shots = [
        Shot(start=s, end=e, number=n, opening="cut", score=1.0)
        for n, (s, e) in enumerate(zip(starts, ends, strict=True))
    ]
    rows: dict[tuple[str, str], list[Row]] = {("speech", "word"): [*words], ("shots", "shot"): [*shots]}
    kinds: dict[str, type[Row]] = {"word": Word, "shot": Shot, "cue": Cue}
    if cues is not None:
        rows["cues", "cue"] = [*cues]
    return Timeline(MOVIE, {key: Track.of(kinds[key[1]], found, MAKER) for key, found in rows.items()})


def _judged(*flags: tuple[Span, str, str], value: float | None = 1.0) -> list[Judgement]:
    clause = Clause("a-clause", "A clause.", "here", "verified", "count", kind="flag")
    evidence = tuple(Evidence(span, f"flag@{int(span.start)}", "it", 0.9, *sort) for span, *sort in flags)
    finding = Finding(clause, "fail", value, "", evidence)
    return [Judgement(Pack("p", "P", 1, "", (), (clause,)), (finding,), "", "", ())]


def _edits(timeline: Timeline, act: Act, *spans: Span, margins: Margins | None = None) -> list[Span]:
    judged = _judged(*((span, "violence", "strong") for span in spans))
    return list(edit_list(timeline, judged, [Wish(act, "violence")], margins).spans(act))


def test_an_edge_goes_to_the_cut_that_is_near_and_never_into_what_is_flagged():
    timeline = _timeline([], [10, 20, 30])
    assert _edits(timeline, "skip", _span(10.3, 19.4)) == [_span(10, 20)]
    assert _edits(timeline, "skip", _span(9.9, 20.1)) == [_span(9.65, 20.35)]
    assert _edits(timeline, "blur", _span(12, 15)) == [_span(11.75, 15.25)]


def test_a_mute_takes_words_whole_and_leaves_their_neighbours():
    said = [_word(4, 4.8, "you"), _word(4.8, 5.2, "damned"), _word(5.2, 5.6, "fool")]
    timeline = _timeline(said, [5.3])
    assert _edits(timeline, "mute", said[1].span) == [_span(4.8, 5.2)]
    assert _edits(timeline, "mute", _span(5, 5.1)) == [_span(4.8, 5.2)]
    assert _edits(timeline, "mute", _span(5.1, 5.3)) == [_span(4.8, 5.6)]


def test_a_cut_inside_a_word_is_not_used_for_a_skip():
    timeline = _timeline([_word(19, 21)], [20])
    assert _edits(timeline, "skip", _span(12, 18.7)) == [_span(11.75, 18.95)]
    assert _edits(timeline, "blur", _span(12, 18.9)) == [_span(11.75, 20)]
    assert _edits(timeline, "skip", _span(12, 19.5)) == [_span(11.75, 21)]


def test_what_is_skipped_is_not_muted_as_well():
    timeline = _timeline([], [])
    judged = _judged((_span(10, 20), "violence", "strong"), (_span(18, 24), "language", "mild"))
    made = edit_list(timeline, judged, [*wished("skip", "violence"), *wished("mute", "language")])
    assert [(e.act, e.span) for e in made.edits] == [("skip", _span(9.75, 20.25)), ("mute", _span(20.25, 24.25))]
    assert made.left == SECOND * 60 - _span(9.75, 20.25).duration


def test_wishes_are_by_category_and_strength():
    flags = [
        (_span(t, t + 1), "language", s)
        for t, s in zip((5, 15, 25, 35), ("mild", "strong", "", "very-strong"), strict=True)
    ]
    timeline, judged = _timeline([], []), _judged(*flags)
    made = edit_list(timeline, judged, wished("mute", "language:strong"))
    assert [e.flags[0].strength for e in made.edits] == ["strong", "", "very-strong"], "unknown is not known to be mild"
    assert not edit_list(timeline, judged, wished("mute", "violence")).edits
    for text, said in (("violense", "no category 'violense'"), ("violence:huge", "no strength 'huge'")):
        with pytest.raises(UsageError, match=said) as refused:
            wished("skip", text)
        assert "There are" in str(refused.value)


def test_a_word_is_muted_where_it_is_said_and_a_cue_where_words_were_not_timed():
    cue = Cue(start=ZERO, end=SECOND * 4, text="Oh fuck, no.", language="en", score=1.0, source="speech")
    said = [_word(0, 0.5, "Oh"), _word(1, 1.5, "fuck,"), _word(2, 3, "no.")]
    pack = [built_in()["us"]]
    for words, spans in ((said, [_span(1, 1.5)]), ([], [cue.span])):
        timeline = _timeline(words, [], [cue])
        judged = [Judge(timeline, most=None).judge(p) for p in pack]
        assert [f.span for f in flagged(timeline, judged) if f.category == "language"] == spans


def test_all_words_are_muted_however_many_there_are():
    cues = [
        Cue(start=SECOND * n // 10, end=SECOND * n // 10 + 1, text="fuck", language="en", score=1.0, source="speech")
        for n in range(500)
    ]
    cues = [replace(c, start=Time(c.start), end=Time(c.end)) for c in cues]
    timeline = _timeline([], [], cues)
    judged = [Judge(timeline, most=None).judge(built_in()["us"])]
    made = edit_list(timeline, judged, wished("mute", "language"), Margins(ZERO, ZERO, ZERO))
    assert len(made.edits) == 500


def test_what_was_not_looked_for_is_said():
    timeline = _timeline([], [])
    judged = [Judge(timeline).judge(pack) for pack in built_in().values()]
    made = edit_list(timeline, judged, [*wished("skip", "nudity"), *wished("mute", "language")])
    assert not made.edits
    assert {u.split(":")[0] for u in made.unlooked} == {"nudity", "language"}


times = st.integers(0, 60_000).map(lambda ms: ms / 1000)


@st.composite
def spans(draw: st.DrawFn, most: int, longest: int = 4000) -> list[Span]:
    found = []
    for _ in range(draw(st.integers(0, most))):
        start, long = draw(st.integers(0, 59_000)), draw(st.integers(1, longest))
        found.append(_span(start / 1000, min(start + long, 60_000) / 1000))
    return found


@given(
    spans(12), spans(30, 900), st.lists(times, max_size=8), st.sampled_from(ACTS),
    st.builds(Margins, *(st.integers(0, 2000).map(lambda ms: Time.from_seconds(ms / 1000)) for _ in range(3))),
)  # fmt: skip
def test_every_flag_is_covered_and_no_word_is_cut(
    flags: list[Span], words: list[Span], cuts: list[float], act: Act, margins: Margins
):
    timeline = _timeline(
        [_word(w.start.seconds, w.end.seconds) for w in words], sorted({c for c in cuts if 0 < c < 60})
    )
    made = _edits(timeline, act, *flags, margins=margins)
    covered = Spans.of(made)
    assert not any(int(Spans.of([f]).intersect(covered).total) < int(f.duration) for f in flags)
    for span in made:
        assert ZERO <= span.start < span.end <= MOVIE.duration
        for edge in span.start, span.end:
            cut = [w for w in words if w.start < edge < w.end]
            assert act == "blur" or not cut or edge in {ZERO, MOVIE.duration}
    assert all(b.start - a.end > margins.join for a, b in pairwise(made))
    reach = margins.pad + margins.near + sum((w.duration for w in words), ZERO)
    for span in made:
        inside = [f for f in flags if f.overlaps(span)]
        assert min(f.start for f in inside) - span.start <= reach
        assert span.end - max(f.end for f in inside) <= reach


SORTS = st.tuples(st.sampled_from(["violence", "language", "nudity", "technical"]), st.sampled_from(["", *STRENGTHS]))


@st.composite
def edit_lists(draw: st.DrawFn) -> EditList:
    """Edits of any film as `edit_list` gives them: none of an act overlap, and skips share nothing with others."""
    skipped = Spans.of(draw(spans(6))).support()
    edits = [(span, "skip") for span in skipped]
    for act in ("mute", "blur"):
        edits += [(p, act) for s in Spans.of(draw(spans(6))).support() for p in skipped.gaps(s)]
    made = [
        Edit(span, act, (Flagged(span, *draw(SORTS), "a (note) # -->\n", 1.0, "c", "flag@0"),)) for span, act in edits
    ]
    return EditList(MOVIE, tuple(sorted(made, key=lambda e: (e.span, e.act))))


@pytest.mark.parametrize("form", EDIT_FORMS)
@given(edits=edit_lists())
def test_what_is_written_is_read_again(form: str, edits: EditList):
    known, exact = EDIT_FORMS[form], PRECISION[form]
    read = known.read(known.write(edits))
    for act in ACTS:
        meant = Spans.of(edits.spans(act)) if act in known.acts else Spans.of([])
        found = Spans.of(f.span for f in read if f.act == act)
        # Rounding may join, shorten or lose what is shorter than the format's own unit.
        apart = [*_without(meant, found), *_without(found, meant)]
        assert max((s.duration.seconds for s in apart), default=0) <= exact * 2, act


def _without(some: Spans, others: Spans) -> list[Span]:
    return [gap for span in some for gap in others.gaps(span)]


@given(edits=edit_lists())
def test_rounding_leaves_nothing_of_a_skip_and_lets_nothing_overlap(edits: EditList):
    for unit in (100, 1000):
        rows = placed(edits, unit)
        skips = [p for p in rows if p.edit.act == "skip"]
        shown = Spans.of(Span(Time(p.start * int(SECOND) // unit), Time(p.end * int(SECOND) // unit)) for p in skips)
        assert not _without(Spans.of(edits.spans("skip")), shown)
        for act in ("mute", "blur"):
            taken = sorted((p.start, p.end) for p in rows if p.edit.act in {"skip", act})
            assert all(a[1] <= b[0] for a, b in pairwise(taken)), act


@given(edits=edit_lists())
def test_filters_keep_the_sorts(edits: EditList):
    levels = dict(zip(["", *STRENGTHS], ["moderate", "mild", "moderate", "strong", "strong"], strict=True))
    names = {"technical": "dispensable"}
    meant = [{(names.get(c, c), levels[s]) for c, s in p.edit.sorts} for p in placed(edits, 1000)]
    assert [set(f.sorts) for f in read_mcf(write_mcf(edits))] == meant


def test_the_example_of_the_filter_format_is_understood():
    text = (
        "WEBVTT MovieContentFilter 1.1.0\n\nNOTE\nTITLE A film\nYEAR 2013\n\nNOTE\nSTART 00:00:04.020\n"
        "END 01:24:00.100\n\n00:00:06.075 --> 00:00:10.500\nviolence=high\n\n00:06:14.000 --> 00:06:17.581\n"
        "gambling=medium # why\ndrugs=high=video\n\n01:02:31.020 --> 01:02:49.800\nfear=low\nlanguage=high=audio\n"
    )
    found = [(f.act, f.span.start.seconds, f.sorts) for f in read_mcf(text)]
    assert found == [
        ("skip", 6.075, (("violence", "strong"),)),
        ("skip", 374.0, (("gambling", "moderate"),)),
        ("blur", 374.0, (("drugs", "strong"),)),
        ("skip", 3751.02, (("fear", "mild"),)),
        ("mute", 3751.02, (("language", "strong"),)),
    ]


def test_skip_files_of_others_are_understood():
    text = (
        "0:00:22.36\nWhen lightning crosses\n\n0:00:50.76 --> 0:01:01.18\nNudity 2 image (from behind)\n\n"
        "0:02:00 --> 0:02:01\nprofane word 1\n\n0:03:00 --> 0:03:10\n// violence 3\n\n"
        '{"local":0}\ndata:image/jpeg;base64,AA'
    )
    found = [(f.act, f.span, f.sorts) for f in read_skp(text)]
    assert found == [
        ("blur", _span(50.76, 61.18), (("nudity", "moderate"),)),
        ("mute", _span(120, 121), (("profane", "mild"),)),
    ]


def test_edit_lists_of_others_are_understood():
    text = "5.3 7.1 0\r\n00:01:30.500\t00:01:45\t1\n10 20 2\n\n600 720 3\n"
    assert [(f.act, f.span) for f in read_edl(text)] == [
        ("skip", _span(5.3, 7.1)),
        ("mute", _span(90.5, 105)),
        ("skip", _span(600, 720)),
    ]


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        ("kodi", "1 2", "line 1: not an edit"),
        ("kodi", "#1 #2 0", "frame numbers"),
        ("kodi", "2 1 0", "ends before"),
        ("kodi", "1e9 2 0", "not a time"),
        ("kodi", "\u0661 2 0", "not a time"),
        ("jellyfin", "{", "not media segments"),
        ("jellyfin", '{"Items": [{"StartTicks": 1.5, "EndTicks": 2, "Type": "Intro"}]}', "no segment"),
        ("jellyfin", '{"Items": [{"StartTicks": 5, "EndTicks": 2, "Type": "Intro"}]}', "not media segments"),
        ("jellyfin", "[" * 100_000, "not media segments"),
        ("mcf", "WEBVTT\n", "begins with"),
        ("mcf", "WEBVTT MovieContentFilter 1.1.0\n\n0:01 --> 0:02\nviolence=huge", "says nothing"),
        ("mcf", "WEBVTT MovieContentFilter 1.1.0\n\nhm", "neither a note nor a cue"),
        ("ffmpeg", "select='1'", "not a filter graph"),
        ("otio", "{}", "not a timeline"),
        ("otio", "not json", "not a timeline"),
    ],
)
def test_files_that_are_wrong_are_refused_in_words(form: str, text: str, said: str):
    with pytest.raises(UsageError, match=said) as refused:
        EDIT_FORMS[form].read(text)
    assert refused.value.remedy


def test_names_of_films_and_notes_forge_nothing():
    film = replace(MOVIE, name="a\n\n00:00:00.000 --> 00:59:00.000\nviolence=high\n.mkv")
    edit = Edit(_span(1, 2), "skip", (Flagged(_span(1, 2), "odd\n\n0:00 --> 9:00\n", "", "x\n5 6 0", 1, "c", "r"),))
    edits = EditList(film, (edit,))
    for name, form in EDIT_FORMS.items():
        assert len(form.read(form.write(edits))) == 1, name


def test_segments_have_ids_of_their_own_and_the_type_asked_for():
    edits = EditList(MOVIE, tuple(Edit(_span(t, t + 1), "skip", ()) for t in (1, 5)))
    told = json.loads(write_segments(edits, item="ab" * 16, type_="Unknown"))
    assert told["TotalRecordCount"] == len({i["Id"] for i in told["Items"]}) == 2
    assert {(i["ItemId"], i["Type"]) for i in told["Items"]} == {("ab" * 16, "Unknown")}
    assert told["Items"][0]["StartTicks"] == 10_000_000
    assert len(read_segments(json.dumps(told))) == 2


def test_what_a_format_cannot_say_is_counted(tmp_path):
    edits = EditList(MOVIE, tuple(Edit(_span(t, t + 1), act, ()) for t, act in ((1, "skip"), (3, "mute"), (5, "blur"))))
    lost = {form: write_edits(edits, form, tmp_path / form) for form in ("kodi", "jellyfin", "ffmpeg")}
    assert lost == {"kodi": 1, "jellyfin": 2, "ffmpeg": 0}
    with pytest.raises(UsageError, match="no format 'avi'"):
        write_edits(edits, "avi", tmp_path / "x")
    with pytest.raises(UsageError, match="cannot be written"):
        write_edits(edits, "kodi", tmp_path / "no" / "x")


@pytest.mark.parametrize("rate", [Rate(24000, 1001), Rate(25), Rate(30000, 1001), Rate(50)])
def test_the_filter_graph_takes_whole_pictures(rate: Rate):
    """A picture is left out exactly if it begins inside a skip, whatever the rounding of its time."""
    span = Span(rate.time(37), rate.time(91))
    ((start, end),) = [
        (f.span.start, f.span.end) for f in read_ffmpeg(write_ffmpeg(EditList(MOVIE, (Edit(span, "skip", ()),))))
    ]
    shown = [rate.time(n) for n in range(120)]
    for off in (-1e-7, 0, 1e-7):
        left = [n for n, t in enumerate(shown) if start <= t + Time.from_seconds(off) < end]
        assert left == list(range(37, 91))
    assert bisect_left(shown, start) == 37
