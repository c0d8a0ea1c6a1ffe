from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import movie

from cinedex.stages.base import Inputs
from cinedex.stages.cues import Cues, cues, joined
from cinedex.stages.subtitling import PACES, fit_by_voice
from cinedex.timeline.rows import Caption, Cue, Subtitling, Voice, Word
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.track import Maker, Spans, Track

SAID = """
the night train left at nine and nobody came to wave. where is my brother asked the old woman at the window. he went
to sea before the war began said the guard with a lamp in his hand. then give him this letter when he comes home again.
snow fell on the empty platform while the clock struck twelve times over the sleeping town below.
"""


def words(
    text: str, *, step: float = 0.5, language: str = "en", pauses: Mapping[int, float] | None = None
) -> list[Word]:
    made, at = [], 0.0
    for i, part in enumerate(text.split()):
        at += (pauses or {}).get(i, 0.0)
        span = Span.from_seconds(at, at + step)
        made.append(Word(start=span.start, end=span.end, text=part, language=language, score=0.5))
        at += step
    return made


def test_cues_end_with_sentences_and_at_pauses():
    said = words("Who goes there? Nobody. I am here now", pauses={6: 1.5})
    assert [c.text for c in cues(said)] == ["Who goes there?", "Nobody.", "I am", "here now"]


def test_an_abbreviation_or_an_initial_ends_no_sentence():
    said = words("Ask Dr. Who and Mr. J. Smith. Go.")
    assert [c.text for c in cues(said)] == ["Ask Dr. Who and Mr. J. Smith.", "Go."]


@settings(max_examples=100, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=40),
    step=st.floats(0.1, 2),
    pauses=st.dictionaries(st.integers(0, 40), st.floats(0, 2)),
)
def test_cues_hold_every_word_once_and_are_short(lengths: list[int], step: float, pauses: dict[int, float]):
    said = words(" ".join("a" * n for n in lengths), step=step, pauses=pauses)
    made = list(cues(said))
    assert " ".join(c.text for c in made) == " ".join(w.text for w in said)
    assert all(c.start < c.end for c in made)
    assert all(a.end <= b.start for a, b in itertools.pairwise(made))
    for cue in made:
        assert " " not in cue.text or (cue.end - cue.start <= SECOND * 6 and len(cue.text) <= 84)


def test_wide_characters_count_double():
    said = words(" ".join("字" * 60), step=0.05, language="ja")
    assert [len(c.text) for c in cues(said)] == [30, 30]


@pytest.mark.parametrize(
    ("parts", "language", "text"),
    [
        (["Guten", "Tag."], "de", "Guten Tag."),
        (["自", "己", "的"], "zh", "自己的"),
        (["用", "Open", "Source", "的"], "zh", "用Open Source的"),
        ([], "en", ""),
    ],
)
def test_words_are_joined_as_the_language_writes_them(parts: list[str], language: str, text: str):
    assert joined(parts, language) == text


def lines(
    said: Sequence[Word], *, origin: str = "a.srt", pace: float = 1.0, shift: float = 0.0, **changed: str
) -> list[Caption]:
    """A subtitle of six words a line whose times become right when multiplied by `pace` and moved by `shift`."""
    made = []
    for part in (said[i : i + 6] for i in range(0, len(said), 6)):
        start, end = ((t.seconds - shift) / pace for t in (part[0].start, part[-1].end))
        text = changed.get("text") or " ".join(w.text for w in part)
        made.append(
            Caption(
                start=Time.from_seconds(start),
                end=Time.from_seconds(end),
                text=text,
                language=changed.get("language", "en"),
                origin=origin,
            )
        )
    return made


def weighed(
    said: Sequence[Word], captions: Sequence[Caption], voiced: Sequence[Span] | None = None
) -> tuple[list[Cue], list[Subtitling]]:
    film = movie(SECOND * 120, video=False, audio=True)
    spans = [w.span for w in said] if voiced is None else voiced
    voice = [Voice(start=s.start, end=s.end, score=0.9) for s in spans]
    tracks = {
        Word: Track.of(Word, said, Maker("speech", 1)),
        Voice: Track.of(Voice, voice, Maker("voice", 1)),
        Caption: Track.of(Caption, captions, Maker("captions", 1)),
    }
    rows = list(Cues().run(Inputs(film, film.span, tracks=tracks)))
    return [r for r in rows if isinstance(r, Cue)], [r for r in rows if isinstance(r, Subtitling)]


def late(said: Sequence[Word], by: float) -> list[Word]:
    move = Time.from_seconds(by)
    return [Word(start=w.start + move, end=w.end + move, text=w.text, language=w.language, score=w.score) for w in said]


def test_cues_are_of_words_where_no_subtitle_came_with_the_film():
    found, judged = weighed(words("Who goes there? Nobody."), [])
    assert [(c.text, c.source) for c in found] == [("Who goes there?", "speech"), ("Nobody.", "speech")]
    assert judged == []


def test_a_subtitle_that_says_what_is_heard_takes_the_place_of_the_words():
    said = words(SAID)
    found, (judged,) = weighed(said, lines(said))
    assert {c.source for c in found} == {"subtitle"}
    assert found[0].text == "the night train left at nine"
    assert found[0].refs == ("caption@0#a.srt",)
    assert judged.used
    assert judged.agreed == pytest.approx(1)
    assert "100% of its words" in judged.reason


@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("shift", [0.0, 7.25, -4.0])
def test_a_subtitle_at_another_pace_or_late_is_put_on_time(pace: float, shift: float):
    said = late(words(SAID, step=1.2), 20)
    found, (judged,) = weighed(said, lines(said, pace=pace, shift=shift))
    assert judged.used
    assert judged.pace == pytest.approx(pace, abs=0.002)  # a thousandth makes no difference in a minute
    assert found[0].start.seconds == pytest.approx(20, abs=0.4)
    assert found[-1].end.seconds == pytest.approx(said[-1].end.seconds, abs=0.4)


def test_a_subtitle_of_another_film_is_left_alone_and_that_is_said():
    other = words("stocks rose again today after the bank cut rates. rain is due in the north by noon on friday.")
    found, (judged,) = weighed(words(SAID), lines(other))
    assert {c.source for c in found} == {"speech"}
    assert not judged.used
    assert "of another film" in judged.reason


def test_a_subtitle_that_drifts_by_jumps_is_left_alone():
    said = words(SAID)
    parts = [c for i in range(6) for c in lines(said[i * 13 : i * 13 + 13], shift=i * 4.0)]
    found, (judged,) = weighed(said, [c for c in parts if c.start >= ZERO])
    assert {c.source for c in found} == {"speech"}
    assert "not on time" in judged.reason


def test_a_subtitle_in_another_language_is_kept_beside_and_its_lateness_is_told():
    said = late(words(SAID), 20)
    voiced = [Span.from_seconds(20 + i * 9, 24 + i * 9) for i in range(5)]
    german = [
        Caption(start=s.start - SECOND * 6, end=s.end - SECOND * 6, text="Guten Tag", language="de", origin="a.de.srt")
        for s in voiced
    ]
    found, (judged,) = weighed(said, german, voiced)
    assert {c.source for c in found} == {"speech"}
    assert judged.reason == "de is written, en is spoken"
    assert judged.shift == pytest.approx(6, abs=0.11)
    assert judged.voiced == 1


def test_the_subtitle_that_agrees_best_is_used():
    said = words(SAID)
    worse = [w if i % 4 else words("something")[0] for i, w in enumerate(said)]
    spoilt = [
        Word(start=a.start, end=a.end, text=b.text, language="en", score=1.0) for a, b in zip(said, worse, strict=True)
    ]
    found, judged = weighed(said, [*lines(spoilt, origin="a.srt"), *lines(said, origin="b.srt")])
    assert {j.origin: j.used for j in judged} == {"a.srt": False, "b.srt": True}
    assert judged[0].reason == "another one agrees better"
    assert found[0].refs == ("caption@0#b.srt",)


def test_what_is_heard_where_the_subtitle_says_nothing_is_a_cue_too():
    said = [*words(SAID), *late(words("Good night."), 80)]
    found, _ = weighed(said, lines(said[:-2]))
    assert [(c.text, c.source) for c in found[-1:]] == [("Good night.", "speech")]


def test_a_subtitle_of_a_part_is_not_enough():
    said = words(SAID)
    found, (judged,) = weighed(said, lines(said[:18]))
    assert {c.source for c in found} == {"speech"}
    assert "of the words heard lie under it" in judged.reason


def test_a_subtitle_without_a_word_heard_is_left_alone():
    _, (judged,) = weighed([], lines(words(SAID)), [Span(ZERO, SECOND * 40)])
    assert judged.reason == "no word was heard to compare it with"


def test_voice_alone_moves_a_subtitle_only_where_that_fits_much_better():
    voice = Spans.of([Span.from_seconds(0, 60)])
    shown = [Caption(start=SECOND * i, end=SECOND * (i + 1), text="x", language="de", origin="o") for i in (5, 9, 30)]
    assert fit_by_voice(shown, voice, Span(ZERO, SECOND * 60)).shift == 0


@settings(max_examples=40, deadline=None)
@given(
    captions=st.lists(
        st.builds(
            lambda start, length, text: Caption(
                start=Time(start), end=Time(start + length), text=text, language="en", origin="a"
            ),
            st.integers(0, 120 * int(SECOND)),
            st.integers(0, 30 * int(SECOND)),
            st.text(max_size=40),
        ),
        max_size=12,
    ),
    count=st.integers(0, 40),
)
def test_whatever_the_lines_say_cues_lie_in_the_film(captions: list[Caption], count: int):
    found, judged = weighed(words(SAID)[:count], captions)
    assert all(ZERO <= c.start < c.end <= SECOND * 120 for c in found)
    assert len(judged) == (1 if captions else 0)
    assert all(0 <= share <= 1 for j in judged for share in (j.voiced, j.agreed))
