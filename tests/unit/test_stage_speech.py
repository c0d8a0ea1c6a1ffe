from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import movie

from cinedex.models.tasks import HeardWord, Tongue, Transcript
from cinedex.stages.base import Inputs
from cinedex.stages.cues import cues
from cinedex.stages.speech import Speech, pack
from cinedex.timeline.rows import Flag, Row, Voice, Word
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.track import Maker, Spans, Track

RATE = 16_000
GOOD = {"no_speech": 0.1, "mean_logprob": -0.2, "compression": 1.2}


class Reader:
    """Every clip begins with its own place in the film; `says` gives the words of a stretch of seconds."""

    rate = RATE
    longest = 30.0

    def __init__(self, says: Callable[[float, float], Transcript]) -> None:
        self.says = says
        self.clips: list[tuple[float, float]] = []
        self.batches: list[int] = []
        self.languages: list[str | None] = []

    def transcribe(
        self,
        clips: Sequence[np.ndarray],
        *,
        language: str | None = None,
        names: Sequence[str] = (),
        english: bool = False,
    ) -> list[Transcript]:
        assert not english
        self.names = tuple(names)
        self.batches.append(len(clips))
        self.languages.append(language)
        spans = [(float(c[0]), float(c[0]) + len(c) / RATE) for c in clips]
        self.clips += [(round(a, 2), round(b, 2)) for a, b in spans]
        return [self.says(a, b) for a, b in spans]


def heard(
    words: Sequence[tuple[str, float, float]], language: str = "en", score: float = 0.9, **said: Any
) -> Transcript:
    made = tuple(HeardWord(text, start, end, score) for text, start, end in words)
    return Transcript(**{"language": language, "language_score": 1.0, "words": made, **GOOD, **said})


def counting(start: float, end: float) -> Transcript:
    """A word a second, named by the second of the film."""
    count = int(end - start)
    return heard([(f"w{round(start + i)}", float(i), i + 0.8) for i in range(count)])


def listen(span: Span) -> np.ndarray:
    samples = np.zeros(round(span.duration.seconds * RATE), np.float32)
    samples[:1] = span.start.seconds
    return samples


def run(
    reader: Reader,
    speech: Sequence[tuple[float, float]],
    span: Span | None = None,
    *,
    sure: float = 0.9,
    **parameters: Any,
) -> list[Row]:
    """What the stage makes of a film of a hundred seconds where somebody speaks, as the runner keeps it."""
    film = movie(SECOND * 100, video=False, audio=True)
    heard = [Voice(start=s.start, end=s.end, score=sure) for s in spans(speech)]
    tracks = {Voice: Track.of(Voice, heard, Maker("voice", 1))}
    inputs = Inputs(film, span or film.span, tracks=tracks, models=lambda _: reader, listener=listen)
    return [row for row in Speech(**parameters).run(inputs) if isinstance(row, Row) and row.start in inputs.span]


def spans(pairs: Sequence[tuple[float, float]]) -> list[Span]:
    return [Span.from_seconds(a, b) for a, b in pairs]


def texts(rows: Sequence[Row]) -> list[str]:
    return [c.text for c in cues([r for r in rows if isinstance(r, Word)])]


SPEECH = st.lists(st.tuples(st.floats(0, 6), st.floats(0.2, 40)), max_size=12).map(
    lambda steps: list(
        itertools.accumulate(
            (Span.from_seconds(gap, gap + length) for gap, length in steps),
            lambda last, new: Span(last.end + new.start, last.end + new.end),
        )
    )
)


def test_what_is_hardly_voice_is_not_listened_to_and_that_is_said():
    reader = Reader(counting)
    made = run(reader, [(3, 4), (40, 41.2)], sure=0.4)
    assert reader.clips == []
    flags = [row for row in made if isinstance(row, Flag)]
    assert [(f.start, f.label, round(f.score, 2)) for f in flags] == [
        (SECOND * 3, "suppressed-speech", 0.6),
        (SECOND * 40, "suppressed-speech", 0.6),
    ]
    assert "not listened to" in flags[0].note


@pytest.mark.parametrize(("speech", "sure"), [([(3, 5)], 0.4), ([(3, 4)], 0.5), ([(3, 4), (4.5, 7)], 0.4)])
def test_voice_that_lasts_or_is_sure_is_listened_to(speech: list[tuple[float, float]], sure: float):
    reader = Reader(counting)
    run(reader, speech, sure=sure)
    assert reader.clips == [(speech[0][0], speech[-1][1])]


@settings(max_examples=150, deadline=None)
@given(speech=SPEECH, longest=st.integers(2, 28), gap=st.integers(0, 4))
def test_windows_hold_all_speech_in_order_and_are_never_too_long(speech: list[Span], longest: int, gap: int):
    windows = list(pack(speech, SECOND * longest, SECOND * gap))
    assert all(w.duration <= SECOND * longest for w in windows)
    assert all(a.end <= b.start for a, b in itertools.pairwise(windows))
    voice, held = Spans.of(speech), Spans.of(windows)
    assert voice.intersect(held).total == voice.total
    for window in windows:
        inside = voice.crop(window)
        assert inside.extent == window
        assert all(b.start - a.end <= SECOND * gap for a, b in itertools.pairwise(inside.support()))


def test_a_full_window_ends_at_the_widest_pause_of_its_second_half():
    speech = spans([(0, 5), (7, 12), (12.2, 16), (17, 22), (22.4, 27), (27.1, 40)])
    assert list(pack(speech, SECOND * 28, SECOND * 3)) == spans([(0, 16), (17, 40)])


def test_distant_speech_is_heard_apart():
    assert list(pack(spans([(0, 2), (6, 8)]), SECOND * 28, SECOND * 3)) == spans([(0, 2), (6, 8)])


@settings(max_examples=50, deadline=None)
@given(
    speech=st.lists(st.tuples(st.floats(0, 5), st.floats(0.5, 20)), max_size=8),
    cuts=st.lists(st.floats(0.1, 99.9), max_size=4),
    batch=st.integers(1, 5),
)
def test_reels_joined_are_the_whole(speech: list[tuple[float, float]], cuts: list[float], batch: int):
    at, placed = 0.0, []
    for gap, length in speech:
        if at + gap + length < 100:
            placed.append((at + gap, at + gap + length))
            at += gap + length
    whole = run(Reader(counting), placed)
    edges = [ZERO, *sorted({Time.from_seconds(c) for c in cuts}), SECOND * 100]
    parts = [r for a, b in itertools.pairwise(edges) for r in run(Reader(counting), placed, Span(a, b), batch=batch)]
    place = lambda r: (r.start, r.end, r.kind)  # noqa: E731 - said once
    assert sorted(parts, key=place) == sorted(whole, key=place)


def test_words_lie_on_film_time_inside_their_window_in_order():
    rows = run(Reader(counting), [(10, 16), (40, 44)])
    words = [r for r in rows if isinstance(r, Word)]
    assert [w.text for w in words] == [f"w{i}" for i in (*range(10, 16), *range(40, 44))]
    assert words[0].span == Span.from_seconds(10, 10.8)
    assert all(a.end <= b.start for a, b in itertools.pairwise(words))
    assert texts(rows) == ["w10 w11 w12 w13 w14 w15", "w40 w41 w42 w43"]


def test_a_word_does_not_last_through_the_pause_beside_it():
    reader = Reader(lambda _a, _b: heard([("one", 0.0, 2.9), ("two", 2.9, 4.0)]))
    words = [r for r in run(reader, [(10, 11), (13, 14)]) if isinstance(r, Word)]
    assert [w.span for w in words] == spans([(10, 11), (13, 14)])


def test_words_without_length_or_out_of_order_get_a_place():
    reader = Reader(lambda _a, _b: heard([("a", 1.0, 1.0), ("b", 0.5, 0.6), ("c", 3.9, 9.0), ("d", 9.0, 9.0)]))
    words = [r for r in run(reader, [(10, 14)]) if isinstance(r, Word)]
    assert [w.text for w in words] == ["a", "b", "c", "d"]
    assert all(w.start < w.end for w in words)
    assert all(a.end <= b.start for a, b in itertools.pairwise(words))
    assert words[-1].end <= SECOND * 14


@settings(max_examples=100, deadline=None)
@given(
    said=st.lists(st.tuples(st.floats(0, 8), st.floats(0, 8)).map(sorted), min_size=1, max_size=40),
    speech=st.lists(st.tuples(st.floats(0, 2), st.floats(0.1, 3)), min_size=1, max_size=5),
)
def test_every_word_keeps_its_place_in_the_order_and_some_length(
    said: list[list[float]], speech: list[tuple[float, float]]
):
    edges = itertools.accumulate(x for pair in speech for x in pair)
    placed = list(zip(edges, edges, strict=True))
    reader = Reader(lambda _a, _b: heard([(f"w{i}", a, b) for i, (a, b) in enumerate(said)]))
    (window, *_) = pack(spans(placed), SECOND * 28, SECOND * 3)
    rows = run(reader, placed, voiced=ZERO)
    words = [r for r in rows if isinstance(r, Word) and r.start in window]
    assert [w.text for w in words[: len(said)]] == [f"w{i}" for i in range(len(said))]
    assert all(window.start <= w.start < w.end <= window.end for w in words)
    assert all(a.end <= b.start for a, b in itertools.pairwise(words[: len(said)]))


def test_a_film_without_speech_makes_nothing_and_asks_no_model():
    film = movie(SECOND * 10, video=False, audio=True)
    inputs = Inputs(film, film.span, tracks={Voice: Track.of(Voice, [], Maker("voice", 1))})
    assert list(Speech().run(inputs)) == []


def test_windows_are_heard_in_batches_in_the_language_told():
    reader = Reader(counting)
    run(reader, [(i * 10, i * 10 + 2) for i in range(7)], batch=3, language="fr")
    assert reader.batches == [3, 3, 1]
    assert set(reader.languages) == {"fr"}


DOUBTS = [
    ({"no_speech": 0.9, "mean_logprob": -1.5}, "probably no speech"),
    ({"no_speech": 0.9, "language_score": 0.3}, "probably no speech"),
    ({"score": 0.1}, "improbable"),
    ({"compression": 5.0}, "repeats itself"),
]


@pytest.mark.parametrize(("said", "why"), DOUBTS)
def test_what_is_doubtful_is_held_back_and_flagged(said: Mapping[str, Any], why: str):
    reader = Reader(lambda _a, _b: heard([("thanks", 0.1, 0.5), ("for", 0.5, 0.8), ("watching", 0.8, 1.4)], **said))
    (flag,) = run(reader, [(10, 12)])
    assert isinstance(flag, Flag)
    assert flag.label == "suppressed-speech"
    assert why in flag.note
    assert "thanks for watching" in flag.note
    assert flag.span == Span.from_seconds(10, 12)


@pytest.mark.parametrize("said", [{"no_speech": 0.9}, {"mean_logprob": -1.5}, {"language_score": 0.3}])
def test_one_doubt_alone_does_not_silence(said: Mapping[str, float]):
    assert texts(run(Reader(lambda _a, _b: heard([("run", 0.1, 0.5)], **said)), [(10, 12)])) == ["run"]


def test_words_over_almost_no_voice_are_held_back():
    (flag,) = run(Reader(lambda _a, _b: heard([("you", 0.0, 0.2)])), [(10, 10.25)])
    assert isinstance(flag, Flag)
    assert "0.25 s of voice" in flag.note


def test_what_is_noted_of_a_long_text_is_bounded():
    reader = Reader(lambda _a, _b: heard([("la" * 2000, 0.1, 3.0)], compression=40.0))
    (flag,) = run(reader, [(10, 13)])
    assert isinstance(flag, Flag)
    assert len(flag.note) < 300


def test_a_window_that_loops_is_heard_again_in_parts():
    def looping(start: float, end: float) -> Transcript:
        return replace(counting(start, end), compression=9.0 if end - start > 15 else 1.0)

    reader = Reader(looping)
    rows = run(reader, [(0, 8), (9, 12), (14, 24)])
    assert reader.clips == [(0, 24), (0, 12), (14, 24)]
    assert not [r for r in rows if isinstance(r, Flag)]
    assert len([r for r in rows if isinstance(r, Word)]) == 22


def test_a_window_that_loops_whatever_is_tried_is_flagged_in_parts():
    rows = run(Reader(lambda a, b: replace(counting(a, b), compression=9.0)), [(0, 20)])
    assert rows
    assert all(isinstance(r, Flag) for r in rows)
    assert sum((r.end - r.start for r in rows), ZERO) == SECOND * 20


def test_speech_after_the_last_word_is_heard_again():
    def stopping(start: float, end: float) -> Transcript:
        return counting(start, min(end, start + 6))

    reader = Reader(stopping)
    rows = run(reader, [(0, 10), (11, 16)])
    assert reader.clips == [(0, 16), (5.8, 16), (11.6, 16)]
    assert len([r for r in rows if isinstance(r, Word)]) >= 14


def sure(language: str, *tongues: tuple[float, float, str, float]) -> dict[str, Any]:
    return {"language": language, "tongues": tuple(Tongue(*t) for t in tongues)}


def test_a_window_in_two_languages_is_divided_in_the_pause_between_them():
    def mixed(start: float, end: float) -> Transcript:
        if end - start < 15:
            return replace(counting(start, end), language="de" if start >= 10 else "en")
        parts = sure("en", (0, 4, "en", 0.99), (4, 8, "en", 0.4), (8, 12, "de", 0.5), (12, 16, "de", 0.95))
        return replace(counting(start, end), **parts)

    reader = Reader(mixed)
    rows = run(reader, [(0, 8), (10, 20)])
    assert reader.clips == [(0, 20), (0, 8), (10, 20)]
    assert {w.language for w in rows if isinstance(w, Word) and w.start < SECOND * 9} == {"en"}
    assert {w.language for w in rows if isinstance(w, Word) and w.start > SECOND * 9} == {"de"}


@pytest.mark.parametrize(
    "parts", [[(0, 4, "en", 0.99), (4, 8, "de", 0.85)], [(0, 4, "en", 0.9), (4, 8, "en", 0.9)], [(0, 4, "de", 0.99)]]
)
def test_a_window_is_not_divided_where_its_parts_are_not_sure_or_agree(parts: list[tuple[float, float, str, float]]):
    reader = Reader(lambda a, b: replace(counting(a, b), **sure("en", *parts)))
    run(reader, [(0, 8), (10, 20)])
    assert reader.clips == [(0, 20)]


def test_a_window_of_a_doubtful_language_is_heard_in_the_films_own():
    def says(start: float, end: float) -> Transcript:
        doubt = start == 90
        return replace(counting(start, end), language="cy" if doubt else "en", language_score=0.3 if doubt else 0.99)

    class Told(Reader):
        def transcribe(
            self, clips: Sequence[np.ndarray], *, language: str | None = None, **more: Any
        ) -> list[Transcript]:
            found = super().transcribe(clips, language=language, **more)
            return [replace(t, language=language) if language else t for t in found]

    reader = Told(says)
    rows = run(reader, [(0, 10), (20, 30), (40, 50), (90, 92)])
    assert {w.language for w in rows if isinstance(w, Word)} == {"en"}
    assert reader.languages.count("en") == 1
    assert reader.batches == [4, 3, 1]


def test_where_the_film_has_no_language_of_its_own_a_doubtful_window_keeps_its_guess():
    def says(start: float, end: float) -> Transcript:
        language, score = {0: ("en", 0.99), 20: ("de", 0.99), 90: ("cy", 0.3)}[round(start)]
        return replace(counting(start, end), language=language, language_score=score)

    rows = run(Reader(says), [(0, 10), (20, 30), (90, 92)])
    assert {w.language for w in rows if isinstance(w, Word)} == {"en", "de", "cy"}


def test_names_are_handed_to_the_recogniser():
    reader = Reader(counting)
    run(reader, [(0, 3)], names=("Sintel", "Shaman"))
    assert reader.names == ("Sintel", "Shaman")
