from __future__ import annotations

import functools
import itertools
import tracemalloc
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.films import Sound, make_film, samples_of
from tests.watching import samples, watch

from cinedex.media.probe import probe
from cinedex.media.sound import Listener
from cinedex.media.views import Frames, Samples
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, Span, Time

LENGTH = 12.0

DELAYS = {"aac ts": 1024, "ac3 ts": 256, "mp2 mpg": 481}
"""Samples that an encoder puts before the sound, where the container has no place to say so."""
EXACT = ["pcm mov", "pcm mkv", "pcm avi", "flac mkv", "flac", "wav"]

KINDS = {
    "pcm mov": ("a.mov", Sound(rate=44_100)),
    "pcm mkv": ("a.mkv", Sound(rate=48_000)),
    "pcm avi": ("a.avi", Sound(rate=44_100, channels=1)),
    "flac mkv": ("a.mkv", Sound(rate=44_100, codec="flac")),
    "flac": ("a.flac", Sound(rate=44_100, codec="flac")),
    "wav": ("a.wav", Sound(rate=22_050)),
    "aac mp4": ("a.mp4", Sound(rate=44_100, codec="aac")),
    "aac mkv": ("a.mkv", Sound(rate=48_000, codec="aac")),
    "aac ts": ("a.ts", Sound(rate=48_000, codec="aac")),
    "ac3 ts": ("a.ts", Sound(rate=48_000, codec="ac3", channels=6)),
    "mp3": ("a.mp3", Sound(rate=44_100, codec="libmp3lame")),
    "opus mkv": ("a.mkv", Sound(rate=48_000, codec="libopus")),
    "mp2 mpg": ("a.mpg", Sound(rate=44_100, codec="mp2")),
}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Movie]:
    """The sound of each kind, written when first asked for."""
    folder = tmp_path_factory.mktemp("sound")

    @functools.cache
    def make(kind: str) -> Movie:
        name, sound = KINDS[kind]
        path = folder / f"{kind.replace(' ', '_')}{Path(name).suffix}"
        return probe(make_film(path, codec=None, seconds=LENGTH, sounds=[sound]))

    return make


def mono(kind: str) -> np.ndarray:
    sound = KINDS[kind][1]
    return np.rint(np.clip(samples_of(sound, LENGTH), -1, 1) * 32767).astype(np.float32).mean(axis=0) / 32768


@pytest.mark.parametrize("kind", EXACT)
def test_sound_without_loss_comes_as_it_was(film: Callable[[str], Movie], kind: str):
    rate = KINDS[kind][1].rate
    got = samples(film(kind), Samples(rate=rate))
    expected = mono(kind)
    # Matroska's times are whole milliseconds, and so is where its sound ends.
    assert 0 <= len(expected) - len(got) <= (rate // 1000 if kind.endswith("mkv") else 0)
    assert np.abs(got - expected[: len(got)]).max() < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_another_rate_keeps_the_place(film: Callable[[str], Movie], kind: str):
    rate = KINDS[kind][1].rate
    got, full = samples(film(kind), Samples(rate=16_000)), mono(kind)
    expected = np.interp(np.arange(len(got)) / 16_000, np.arange(len(full)) / rate, full)
    middle = slice(16_000, 11 * 16_000)
    # A shift by one sample of these tones would give an error of 0.02 and more.
    shifts = {s: np.abs(np.roll(got, s)[middle] - expected[middle]).mean() for s in range(-500, 201)}
    late = DELAYS.get(kind, 0) * 16_000 / rate
    assert min(shifts, key=shifts.__getitem__) == pytest.approx(-late, abs=0 if kind in EXACT else 1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_of_samples_follows_from_the_movie(film: Callable[[str], Movie], kind: str):
    movie = film(kind)
    sound = movie.audio[0]
    expected = -(-int(sound.start + sound.duration) * 16_000 // FLICKS_PER_SECOND)
    assert len(samples(movie)) == expected
    assert abs(movie.duration.seconds - LENGTH) < 0.15


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("kind", KINDS)
@given(cuts=st.lists(st.integers(1, 11_999), min_size=1, max_size=3), rate=st.sampled_from([16_000, 22_050, 44_100]))
def test_the_whole_is_the_reels_put_together(film: Callable[[str], Movie], kind: str, cuts: list[int], rate: int):
    movie = film(kind)
    whole = samples(movie, Samples(rate=rate))
    edges = [0, *sorted({int(movie.duration) * c // 12_000 for c in cuts}), int(movie.duration)]
    reels = [samples(movie, Samples(rate=rate), span=Span(Time(a), Time(b))) for a, b in itertools.pairwise(edges)]
    assert np.array_equal(np.concatenate(reels), whole)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("kind", KINDS)
@given(starts=st.lists(st.integers(-500, 12_500), min_size=3, max_size=5), length=st.integers(0, 3000))
def test_listening_gives_the_same_in_any_order(film: Callable[[str], Movie], kind: str, starts: list[int], length: int):
    movie = film(kind)
    whole = np.pad(samples(movie), (16_000, 16_000 * 8))
    with Listener(movie) as listen:
        for start in starts:
            span = Span(Time.from_seconds(Fraction(start, 1000)), Time.from_seconds(Fraction(start + length, 1000)))
            first = -(-int(span.start) * 16_000 // FLICKS_PER_SECOND)
            last = -(-int(span.end) * 16_000 // FLICKS_PER_SECOND)
            assert np.array_equal(listen(span), whole[16_000 + first : 16_000 + last])


def test_silence_fills_what_the_stream_leaves_out(tmp_path: Path):
    ones = np.full(48_000, 0.5, dtype=np.float32)
    sounds = [Sound(start=2, what=ones, channels=1), Sound(what=ones, channels=1)]
    movie = probe(make_film(tmp_path / "a.mkv", seconds=6, size=(64, 36), sounds=sounds))
    late = samples(movie, Samples(rate=48_000))
    assert 3 * 48_000 - 48 <= len(late) <= 3 * 48_000
    assert not late[: 2 * 48_000].any()
    assert np.abs(late[2 * 48_000 :] - 0.5).max() < 1e-4
    with Listener(movie, stream=1) as listen:
        heard = listen(Span.from_seconds(0.5, 3))
    assert len(heard) == 2.5 * 16_000
    assert abs(heard[:7900] - 0.5).max() < 1e-3
    assert not heard[8100:].any()


def test_streams_and_rates_share_one_decode(tmp_path: Path):
    sounds = [Sound(rate=44_100), Sound(rate=48_000, channels=6), Sound(rate=16_000, channels=1, start=0.25)]
    movie = probe(make_film(tmp_path / "a.mkv", codec=None, seconds=7, sounds=sounds))
    views = {
        f"{r} {s}": Samples(rate=r, stream=s, chunk=c) for r, c in ((8000, 999), (48_000, 20_000)) for s in range(3)
    }
    together = watch(movie, views)
    for name, view in views.items():
        alone = samples(movie, view)
        assert np.array_equal(np.concatenate([c.samples for c in together[name]]), alone)
        starts = [c.start for c in together[name]]
        assert starts == [Time(i * view.chunk * int(SECOND) // view.rate) for i in range(len(starts))]
        assert {len(c) for c in together[name][:-1]} == {view.chunk}


def test_a_hole_of_days_takes_no_memory(tmp_path: Path):
    ones = np.full(4800, 0.5, dtype=np.float32)
    path = make_film(
        tmp_path / "a.mkv", codec=None, seconds=1, sounds=[Sound(what=ones), Sound(what=ones, start=3600 * 20)]
    )
    movie = probe(path)
    tracemalloc.start()
    with Listener(movie, stream=1) as listen:
        assert not listen(Span.from_seconds(3600, 3601)).any()
        assert listen(Span.from_seconds(72_000, 72_000.099)).all()
    assert tracemalloc.get_traced_memory()[1] < 50 << 20
    tracemalloc.stop()


def test_channels_are_mixed_without_clipping(tmp_path: Path):
    loud = np.full((6, 48_000), 0.9, dtype=np.float32)
    movie = probe(make_film(tmp_path / "a.wav", codec=None, seconds=1, sounds=[Sound(what=loud, channels=6)]))
    got = samples(movie)
    assert 0.5 < np.abs(got).max() <= 1.0


def test_eight_bit_silence_is_silent(tmp_path: Path):
    movie = probe(make_film(tmp_path / "a.wav", codec=None, seconds=1, sounds=[Sound("silence", codec="pcm_u8")]))
    assert not np.abs(samples(movie)).max() > 0.005


def channels_of(movie: Movie, rate: int | None = None, **how: object) -> np.ndarray:
    return samples(movie, Samples(rate=rate, mixed=False), **how)


@pytest.mark.parametrize("kind", EXACT)
def test_channels_come_as_they_were_recorded(film: Callable[[str], Movie], kind: str):
    sound = KINDS[kind][1]
    expected = np.rint(np.clip(samples_of(sound, LENGTH), -1, 1) * 32767).astype(np.float32).T / 32768
    got = channels_of(film(kind))
    assert got.shape == (len(got), sound.channels)
    assert 0 <= len(expected) - len(got) <= (sound.rate // 1000 if kind.endswith("mkv") else 0)
    assert np.array_equal(got, expected[: len(got)])


def test_six_channels_keep_their_places_and_their_late_start(tmp_path: Path):
    levels = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], dtype=np.float32)
    sound = Sound(what=np.repeat(levels[:, None], 48_000, axis=1), channels=6, start=1)
    movie = probe(make_film(tmp_path / "a.mkv", seconds=3, size=(64, 36), sounds=[sound]))
    got = channels_of(movie)
    assert not got[: 48_000 - 48].any()
    assert np.abs(got[48_100:95_000] - levels).max() < 1e-4


@pytest.mark.parametrize(("codec", "worst"), [("pcm_u8", 0.008), ("pcm_s24le", 1e-4), ("pcm_f32le", 1e-4)])
def test_channels_of_any_depth_are_of_one_scale(codec: str, worst: float, tmp_path: Path):
    movie = probe(make_film(tmp_path / "a.wav", codec=None, seconds=2, sounds=[Sound(codec=codec)]))
    expected = samples_of(Sound(), 2).T
    assert np.abs(channels_of(movie) - expected).max() < worst


@pytest.mark.parametrize("kind", ["aac mp4", "ac3 ts", "opus mkv", "flac mkv"])
def test_the_whole_is_the_reels_put_together_for_channels_as_well(film: Callable[[str], Movie], kind: str):
    movie = film(kind)
    whole = channels_of(movie)
    edges = [0, *(int(movie.duration) * c // 1000 for c in (137, 481, 902)), int(movie.duration)]
    reels = [channels_of(movie, span=Span(Time(a), Time(b))) for a, b in itertools.pairwise(edges)]
    assert np.array_equal(np.concatenate(reels), whole)


def test_channels_can_be_brought_to_another_rate(film: Callable[[str], Movie]):
    movie = film("pcm mkv")
    got, full = channels_of(movie, 16_000), channels_of(movie)
    times = np.arange(len(got)) / 16_000
    for channel in range(2):
        expected = np.interp(times, np.arange(len(full)) / 48_000, full[:, channel])
        assert np.abs(got[16_000:-16_000, channel] - expected[16_000:-16_000]).mean() < 0.01


def test_mixed_and_separate_sound_share_one_decode(film: Callable[[str], Movie]):
    movie = film("aac mp4")
    views = {"mixed": Samples(), "apart": Samples(rate=None, mixed=False)}
    together = watch(movie, views)
    for name, view in views.items():
        assert np.array_equal(np.concatenate([c.samples for c in together[name]]), samples(movie, view))


def test_sound_that_lies_behind_all_the_pictures_in_the_file_is_heard_in_every_reel(tmp_path: Path):
    movie = probe(make_film(tmp_path / "film.mkv", seconds=40, sounds=[Sound()], gop=24))
    views = {"see": Frames(height=54), "hear": Samples()}
    for at in (0, 10, 38):
        heard = watch(movie, views, span=Span(SECOND * at, SECOND * (at + 2)))["hear"]
        assert all(np.abs(chunk.samples).mean() > 0.05 for chunk in heard if len(chunk) > 100)
        assert sum(len(chunk) for chunk in heard) == 2 * 16_000
