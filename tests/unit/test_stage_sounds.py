from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import made, movie

from cinedex.errors import UsageError
from cinedex.media.views import SampleChunk
from cinedex.models.fakes import FakeSoundTagger
from cinedex.models.yamnet import audioset_labels
from cinedex.stages.hearing import RATE, STEP, Hearings
from cinedex.stages.sounds import Sounds
from cinedex.stages.soundterms import VOCABULARY, film_terms, grouped
from cinedex.timeline import arrow
from cinedex.timeline.rows import Hearing, Sound
from cinedex.timeline.time import Rate, Span, Time

CLOCK = Rate(RATE)
NAMES = [t.name for t in film_terms()]
TERMS = {t.name: t for t in film_terms()}


def tones(parts: Sequence[tuple[int, float]]) -> np.ndarray:
    """Pitches (0 is silence), each for so many seconds."""
    return np.concatenate(
        [(0.3 * np.sin(2 * np.pi * p * np.arange(round(s * RATE)) / RATE)).astype(np.float32) for p, s in parts]
    )


def chunks(samples: np.ndarray, first: int, last: int, size: int) -> Iterator[SampleChunk]:
    for at in range(first, last, size):
        yield SampleChunk(CLOCK.time(at), RATE, samples[at : min(at + size, last)])


def heard(samples: np.ndarray, span: Span | None = None, size: int = RATE) -> list[Hearing]:
    """What the stage makes of a span, fed as the runner feeds it."""
    stage = Hearings()
    film = movie(CLOCK.time(len(samples)), video=False, audio=True)
    span = span or film.span
    assert stage.halo is not None
    around = span.grow(stage.halo) & film.span or span
    first, last = (-(-int(t) * RATE // 705_600_000) for t in (around.start, around.end))
    tables = made(stage, film, chunks(samples, first, last, size), span=span, models=lambda _: FakeSoundTagger())
    return arrow.rows(Hearing, tables["hearing"])


def steps(scores: Mapping[str, Sequence[float]]) -> list[Hearing]:
    """Steps of 0.48 s in which the named terms score so, all others nothing."""
    found = []
    for i in range(max(len(s) for s in scores.values())):
        row = tuple(scores.get(name, ())[i] if i < len(scores.get(name, ())) else 0.0 for name in NAMES)
        found.append(
            Hearing(start=CLOCK.time(i * STEP), end=CLOCK.time((i + 1) * STEP), vocabulary=VOCABULARY, scores=row)
        )
    return found


def sounds(scores: Mapping[str, Sequence[float]], stage: Sounds | None = None) -> list[tuple[str, int, int, float]]:
    """Label, first step, step after the last, and score of every sound."""
    given = steps(scores)
    tables = made(stage or Sounds(), movie(given[-1].end, video=False, audio=True), tracks={Hearing: given})
    return [
        (s.label, CLOCK.count(s.start) // STEP, CLOCK.count(s.end) // STEP, round(s.score, 3))
        for s in arrow.rows(Sound, tables["sound"])
    ]


TONES = st.lists(st.tuples(st.sampled_from([0, 440, 2000]), st.floats(0.1, 12)), min_size=1, max_size=6).map(tones)


@settings(max_examples=15, deadline=None)
@given(samples=TONES, cuts=st.lists(st.integers(1, 40_000_000_000), max_size=3), size=st.integers(3000, 40_000))
def test_reels_joined_are_the_whole(samples: np.ndarray, cuts: list[int], size: int):
    end = int(CLOCK.time(len(samples)))
    edges = sorted({0, *(c for c in cuts if c < end), end})
    parts = [row for a, b in itertools.pairwise(edges) for row in heard(samples, Span(Time(a), Time(b)), size)]
    assert parts == heard(samples)


@settings(max_examples=15, deadline=None)
@given(samples=TONES)
def test_steps_tile_the_sound(samples: np.ndarray):
    found = heard(samples)
    assert found[0].start == 0
    assert found[-1].end == CLOCK.time(len(samples))
    assert all(a.end == b.start for a, b in itertools.pairwise(found))
    assert {len(r.scores) for r in found} == {len(NAMES)}
    assert all(0 <= s <= 1 for r in found for s in r.scores)


def test_a_step_is_about_the_sound_around_its_middle():
    found = heard(0.4 * tones([(0, 4.8), (440, 4.8), (0, 4.8)]))
    music = np.array([r.scores[NAMES.index("music")] for r in found])
    assert np.flatnonzero(music > 0.6).tolist() == list(range(10, 20))
    assert np.flatnonzero(music > 0.01).tolist() == list(range(9, 21))
    assert music[9] == pytest.approx(music[20], abs=0.01)


def test_a_term_scores_what_its_best_class_does_less_what_speaks_against_it():
    labels = audioset_labels()
    scores = np.zeros((2, len(labels)), np.float32)
    scores[:, labels.index("Explosion")] = 0.8
    scores[:, labels.index("Eruption")] = 0.4
    scores[1, labels.index("Gunshot, gunfire")] = 0.5
    found = grouped(scores, labels)
    np.testing.assert_allclose(found[:, NAMES.index("explosion")], [0.8, 0.4], atol=1e-6)
    np.testing.assert_allclose(found[:, NAMES.index("gunshot")], [0, 0.5])


def test_a_tagger_that_does_not_know_a_class_is_refused():
    with pytest.raises(ValueError, match="does not know"):
        grouped(np.zeros((1, 2), np.float32), ["Speech", "Music"])


def test_every_class_of_a_term_is_one_of_the_model_and_thresholds_make_sense():
    for term in film_terms():
        assert term.classes, term.name
        assert {*term.classes, *term.unless} <= set(audioset_labels()), term.name
        assert not set(term.classes) & set(term.unless), term.name
        assert 0 < term.off <= term.on < 1, term.name
        assert term.name == term.name.lower()


def test_a_stretch_begins_at_on_and_lasts_while_above_off():
    term = TERMS["dog"]
    low, high = (term.on + term.off) / 2, (term.on + 1) / 2
    assert sounds({"dog": [0, low, high, low, low, 0, 0, 0, 0, 0, low, 0]}) == [("dog", 1, 5, 0.75)]


def test_short_pauses_are_bridged_and_long_ones_divide():
    assert TERMS["dog"].pause == 1
    assert [s[1:3] for s in sounds({"dog": [1, 0, 0, 1]})] == [(0, 4)]
    assert [s[1:3] for s in sounds({"dog": [1, 0, 0, 0, 1]})] == [(0, 1), (4, 5)]


def test_what_must_last_is_left_out_where_it_does_not():
    assert TERMS["silence"].least > 3 * 0.48
    assert sounds({"silence": [1, 1, 1, 0, 0]}) == []
    assert sounds({"silence": [1, 1, 1, 1, 0]}) == [("silence", 0, 4, 1.0)]


def test_several_things_are_heard_at_once():
    found = sounds({"gunshot": [0, 1, 0], "explosion": [0, 1, 1], "screaming": [1, 0, 0]})
    assert {s[:3] for s in found} == {("gunshot", 1, 2), ("explosion", 1, 3), ("screaming", 0, 1)}


def song(music: Sequence[tuple[float, int]], singing: Sequence[tuple[float, int]]) -> list[tuple[int, int, float]]:
    given = {"music": [s for s, n in music for _ in range(n)], "singing": [s for s, n in singing for _ in range(n)]}
    return [s[1:] for s in sounds(given) if s[0] == "song"]


def test_music_that_is_sung_to_is_a_song_from_its_prelude_on():
    assert song([(0, 20), (1, 100), (0, 20)], [(0, 50), (1, 50), (0, 40)]) == [(20, 120, 0.75)]


def test_a_prelude_is_no_longer_than_it_may_be():
    assert song([(1, 400)], [(0, 200), (1, 100), (0, 100)]) == [(159, 341, pytest.approx(0.775, abs=0.001))]


@pytest.mark.parametrize("singing", [[(0, 50), (1, 20), (0, 70)], [(0, 140)]])
def test_music_that_is_hardly_sung_to_is_none(singing: list[tuple[float, int]]):
    assert song([(0, 20), (1, 100), (0, 20)], singing) == []


def test_humming_a_tune_is_none():
    assert song([(0, 100)], [(0, 50), (1, 40), (0, 10)]) == []


def test_singing_in_one_stretch_of_music_is_one_song_and_silence_divides_two():
    sung = [(1, 40), (0, 30), (1, 40), (0, 10), (1, 80)]
    assert [s[:2] for s in song([(1, 120), (0, 8), (1, 80)], [*sung[:3], (0, 18), (1, 80)])] == [(0, 120), (128, 208)]


@settings(max_examples=50, deadline=None)
@given(
    st.fixed_dictionaries(
        {name: st.lists(st.floats(0, 1), min_size=150, max_size=150) for name in ("music", "singing")}
    )
)
def test_songs_are_apart_and_within_what_is_played(scores: dict[str, list[float]]):
    found = sounds(scores, Sounds(song_seconds=5, song_share=0.1))
    played = np.zeros(150, bool)
    for label, first, last, _ in found:
        if label != "song":
            played[first:last] = True
    songs = sorted(s[1:3] for s in found if s[0] == "song")
    assert all(played[a:b].all() for a, b in songs)
    assert all(b <= c for (_, b), (c, _) in itertools.pairwise(songs))


def test_scores_are_halves_at_the_threshold_and_ones_at_certainty():
    on = TERMS["door"].on
    assert sounds({"door": [0, on + 1e-6, 0]})[0][3] == pytest.approx(0.5, abs=0.001)
    assert sounds({"door": [0, 1.0, 0]})[0][3] == 1


def test_other_terms_than_those_here_are_refused():
    film = movie(Time.from_seconds(1), video=False, audio=True)
    with pytest.raises(UsageError, match="sound terms 0000"):
        made(Sounds(terms="0000"), film, tracks={Hearing: steps({"dog": [1]})})
    with pytest.raises(UsageError, match="sound terms 0000"):
        made(Hearings(terms="0000"), film, chunks(np.zeros(RATE), 0, RATE, RATE), models=lambda _: FakeSoundTagger())


def test_other_chunks_are_refused():
    film = movie(Time.from_seconds(1), video=False, audio=True)
    with pytest.raises(TypeError, match="listens to samples"):
        made(Hearings(), film, ["noise"], models=lambda _: FakeSoundTagger())  # type: ignore[list-item]
