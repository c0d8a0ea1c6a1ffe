"""Subtitles of whatever is said keep the guide; the words stay what they are."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.subtitle_words import SPOKEN, said, talk, vocabulary

from cinedex.subtitles.build import build, cut_frames, mend
from cinedex.subtitles.check import check
from cinedex.subtitles.guide import load_guide
from cinedex.subtitles.subtitle import Subtitle
from cinedex.subtitles.tokens import Turn
from cinedex.timeline.rows import Sound, Word
from cinedex.timeline.time import SECOND, Rate, Time

RATES = [Rate(24), Rate(24000, 1001), Rate(25), Rate(30000, 1001), Rate(50), Rate(60)]
ANY = sorted(SPOKEN)
EASY = [code for code in ANY if code != "ja"]
"""Japanese is spoken twice as fast as its guide lets people read."""

TEXTS = ["Yes.", "A line...", " two  spaces ", "word " * 30, ""]


def letters(text: str) -> str:
    return "".join(text.split()).replace("...", "…")


@settings(max_examples=60, deadline=None)
@given(
    words=talk(ANY, st.sampled_from([4.0, 15.0, 40.0, 400.0])), rate=st.sampled_from(RATES), every=st.integers(7, 200)
)
def test_whatever_is_said_the_limits_of_time_and_lines_are_kept(words: list[Word], rate: Rate, every: int):
    guide = load_guide("netflix", words[0].language)
    cuts = [rate.time(frame) for frame in range(every, rate.count(words[-1].end) + 100, every)]
    made = build(words, guide, rate, cuts=cuts)
    assert letters("".join(s.text for s in made.subtitles)) == letters("".join(w.text for w in words))
    broken = {f.rule for f in made.verdict.faults if f.level == "must"}
    assert broken <= {"reading-speed"}, made.verdict.faults
    assert check(made.subtitles, guide, rate, cut_frames(cuts, rate)) == made.verdict


@settings(max_examples=60, deadline=None)
@given(words=talk(EASY, st.floats(5.0, 7.0)), rate=st.sampled_from(RATES), sdh=st.booleans(), child=st.booleans())
def test_what_is_said_no_faster_than_it_is_read_conforms_wholly(words: list[Word], rate: Rate, sdh: bool, child: bool):
    guide = load_guide("netflix", words[0].language, audience="child" if child else "adult", sdh=sdh)
    made = build(words, guide, rate)
    assert [f for f in made.verdict.faults if f.level == "must"] == []
    assert made.verdict.conforming == 1


def test_faster_speech_is_told_with_its_speed():
    texts = vocabulary("en") * 3
    made = build(said(texts, "en", 60, [0.0] * len(texts)), load_guide("netflix", "en"), Rate(24))
    fault = next(f for f in made.verdict.faults if f.rule == "reading-speed")
    assert fault.value > 30
    assert fault.limit == 20
    assert "characters a second" in fault.says


def test_lines_break_where_phrases_do():
    texts = [
        "We",
        "went",
        "down",
        "to",
        "the",
        "river",
        "with",
        "my",
        "sister,",
        "and",
        "nobody",
        "said",
        "a",
        "word",
        "about",
        "it.",
    ]
    made = build(said(texts, "en", 14, [0.0] * len(texts)), load_guide("netflix", "en"), Rate(24))
    assert [s.lines for s in made.subtitles] == [
        ("We went down to the river", "with my sister,"),
        ("and nobody said a word about it.",),
    ] or [s.lines for s in made.subtitles] == [
        ("We went down to the river with my sister,", "and nobody said a word about it."),
    ]


def test_edges_move_onto_cuts():
    words = said(["Somebody", "is", "at", "the", "door."], "en", 14, [0.0] * 5, start=10.2)
    cuts = [SECOND * 10, SECOND * 13]
    made = build(words, load_guide("netflix", "en"), Rate(24), cuts=cuts)
    (only,) = made.subtitles
    assert only.start == SECOND * 10
    assert only.end <= Rate(24).time(13 * 24 - 2)
    assert made.verdict.faults == ()


def test_two_who_speak_fast_share_a_cue_with_hyphens():
    words = [*said(["Coming?"], "en", 14, [0.0], start=1.0), *said(["Soon."], "en", 14, [0.0], start=1.62)]
    words += said(["Then", "I", "wait."], "en", 14, [0.0] * 3, start=2.1)
    turns = [Turn(Time(0), Time.from_seconds(1.6), 1), Turn(Time.from_seconds(1.6), Time.from_seconds(2.05), 2)]
    turns.append(Turn(Time.from_seconds(2.05), SECOND * 9, 1))
    made = build(words, load_guide("netflix", "en"), Rate(24), turns=turns)
    assert made.subtitles[0].lines == ("-Coming?", "-Soon.")
    french = build(words, load_guide("netflix", "fr"), Rate(24), turns=turns)
    assert french.subtitles[0].lines == ("- Coming?", "- Soon.")
    assert made.verdict.conforming == french.verdict.conforming == 1


def test_nobody_takes_over_amid_a_phrase():
    words = said(["ask", "what", "you", "can", "do.", "Me?"], "en", 14, [0.0] * 6, start=1.0)
    turns = [Turn(words[n].start, words[n].end, number) for n, number in ((1, 1), (2, 2), (3, 1), (4, 1), (5, 2))]
    made = build(words, load_guide("netflix", "en"), Rate(24), turns=turns)
    assert [s.lines for s in made.subtitles] == [("ask what you can do.",), ("Me?",)]


def test_a_pause_for_effect_does_not_end_a_cue_amid_a_phrase():
    sentence = "And so my fellow Americans, ask not what your country can do for you, ask what you can do for it."
    texts = sentence.split(" ")
    pauses = [0.0] * len(texts)
    pauses[4], pauses[7], pauses[13] = 1.0, 1.0, 0.4
    made = build(said(texts, "en", 12, pauses), load_guide("netflix", "en"), Rate(25))
    assert [s.text.replace("\n", " ") for s in made.subtitles] == [
        "And so my fellow Americans,", "ask not what your country can do for you,", "ask what you can do for it."
    ]  # fmt: skip


def test_sounds_are_told_where_nobody_speaks_and_songs_are_marked():
    words = [*said(["Run!"], "en", 14, [0.0], start=1.0), *said(["La", "la", "la."], "en", 14, [0.0] * 3, start=20.0)]
    sounds = [
        Sound(start=SECOND * 5, end=SECOND * 6, label="explosion", score=0.9),
        Sound(start=SECOND * 7, end=SECOND * 8, label="explosion", score=0.9),
        Sound(start=SECOND, end=SECOND + 9, label="door", score=0.9),
        Sound(start=SECOND * 12, end=SECOND * 13, label="speech", score=0.9),
        Sound(start=SECOND * 14, end=SECOND * 15, label="rain", score=0.1),
        Sound(start=SECOND * 19, end=SECOND * 24, label="singing", score=0.9),
    ]
    made = build(words, load_guide("netflix", "en", sdh=True), Rate(24), sounds=sounds)
    assert [s.text for s in made.subtitles] == ["Run!", "[explosion]", "♪ La la la. ♪"]
    assert made.notes == ("1 sounds are told nowhere: people speak all the while",)


def test_the_end_of_the_film_is_kept():
    words = said(["Goodbye."], "en", 14, [0.0], start=9.8)
    made = build(words, load_guide("netflix", "en"), Rate(25), last=SECOND * 10)
    assert made.subtitles[0].end == SECOND * 10
    assert made.verdict.conforming == 1


def test_nothing_said_is_no_subtitle():
    made = build([], load_guide("netflix", "en"), Rate(24))
    assert made.subtitles == ()
    assert made.verdict.conforming == 1


@settings(max_examples=60, deadline=None)
@given(
    spans=st.lists(st.tuples(st.floats(-5, 60), st.floats(-2, 20)), min_size=1, max_size=12),
    texts=st.lists(st.lists(st.sampled_from(TEXTS), max_size=4), min_size=12, max_size=12),
    rate=st.sampled_from(RATES),
)  # fmt: skip
def test_any_file_is_mended_without_another_word(spans: list[tuple[float, float]], texts: list[list[str]], rate: Rate):
    guide = load_guide("netflix", "en")
    before = [
        Subtitle(Time.from_seconds(a), Time.from_seconds(a + b), tuple(t))
        for (a, b), t in zip(spans, texts, strict=False)
    ]
    made = mend(before, guide, rate)
    shown = [s for s in before if s.end > Time(0) or s.start >= Time(0)]  # the others end before the film begins
    ordered = sorted(shown, key=lambda s: (s.start, s.end))
    assert letters("".join(s.text for s in made.subtitles)) == letters("".join(s.text for s in ordered))
    assert {f.rule for f in made.verdict.faults if f.level == "must"} <= {"reading-speed"}


def test_a_file_that_conforms_is_left_as_it_is():
    rate = Rate(24)
    before = [
        Subtitle(rate.time(24), rate.time(72), ("Who's there?",)),
        Subtitle(rate.time(74), rate.time(140), ("-Nobody.", "-Then open.")),
        Subtitle(rate.time(400), rate.time(480), ("This line", "was broken by hand.")),
    ]
    assert mend(before, load_guide("netflix", "en"), rate).subtitles == tuple(before)


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_least_durations_are_rounded_up_to_frames(rate: Rate):
    made = build(said(["No."], "en", 200, [0.0]), load_guide("netflix", "en"), rate)
    frames = rate.count(made.subtitles[0].end) - rate.count(made.subtitles[0].start)
    assert frames >= Fraction(5, 6) * rate.fraction
