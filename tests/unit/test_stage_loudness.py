from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sounds import Channels, chunks, film_of, measured, programme, steps, tone
from tests.stage_films import cuttings, made, merged, rows

from cinedex.errors import StageError
from cinedex.media.views import SampleChunk
from cinedex.stages.base import Inputs
from cinedex.stages.loudness import FLOOR, TENTH, LoudnessMeter
from cinedex.stages.weighting import SURROUND, k_weighting, weights
from cinedex.timeline.rows import Level, Loudness
from cinedex.timeline.time import SECOND


def test_the_filter_has_the_coefficients_of_the_standard():
    """ITU-R BS.1770-4, tables 1 and 2."""
    shelf, low_cut = k_weighting(48_000)
    assert shelf == pytest.approx(
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1, -1.69065929318241, 0.73248077421585], abs=1e-8
    )
    assert low_cut == pytest.approx([1, -2, 1, 1, -1.99004745483398, 0.99007225036621], abs=1e-8)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_a_tone_is_as_loud_as_it_is_said_to_be_at_any_rate(rate: int):
    """EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS measures -23 LUFS."""
    found = rows(measured(steps([(-23, 6)], rate), rate), Loudness)
    assert len(found) == 60
    assert [r.momentary for r in found[3:]] == pytest.approx([-23] * 57, abs=0.05)
    assert [r.short_term for r in found[29:]] == pytest.approx([-23] * 31, abs=0.05)
    assert max(r.peak for r in found[1:-1]) == pytest.approx(-23, abs=0.05)


def test_one_channel_at_full_scale_is_three_decibels_down():
    """BS.1770-4: a sine of 997 Hz at 0 dBFS in one front channel reads -3.01 LKFS."""
    one = np.stack([tone(0, 4, pitch=997), np.zeros(4 * 48_000, np.float32)])
    assert programme(one)["integrated-loudness"] == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize(
    ("layout", "count", "expected"),
    [
        ("mono", 1, [1]),
        ("5.1", 6, [1, 1, 1, 0, SURROUND, SURROUND]),
        ("5.1(side)", 6, [1, 1, 1, 0, SURROUND, SURROUND]),
        ("7.1", 8, [1, 1, 1, 0, 1, 1, SURROUND, SURROUND]),
        ("quad", 4, [1, 1, SURROUND, SURROUND]),
        ("6 channels", 6, [1, 1, 1, 0, SURROUND, SURROUND]),
        ("13 channels", 13, [1] * 13),
    ],
)
def test_channels_weigh_by_where_they_are(layout: str, count: int, expected: list[float]):
    assert weights(layout, count) == pytest.approx(expected)


def test_the_channel_for_low_sounds_does_not_count_but_its_peak_does():
    sound = np.zeros((6, 4 * 48_000), np.float32)
    sound[3] = tone(-6, 4, pitch=50)
    found = rows(measured(sound), Loudness)
    assert {r.momentary for r in found} == {FLOOR}
    assert max(r.peak for r in found) == pytest.approx(-6, abs=0.05)


@pytest.mark.parametrize(("phase", "pitch"), [(45, 12_000), (0, 12_000), (67.5, 12_000), (60, 16_000 / 3), (45, 6_000)])
def test_peaks_between_samples_are_found(phase: float, pitch: float):
    """EBU Tech 3341, cases 15 to 18: within +0.2 and -0.4 dB."""
    at = np.arange(2 * 48_000) / 48_000
    one = (0.5 * np.sin(2 * np.pi * pitch * at + np.radians(phase))).astype(np.float32)
    found = rows(measured(np.stack([one, one])), Loudness)
    assert all(-0.4 < r.peak + 6.02 < 0.2 for r in found[1:-1])


def noise(seconds: float, rate: int, channels: int, seed: int = 3) -> Channels:
    """Noise whose level wanders, with silence in it."""
    random = np.random.default_rng(seed)
    count = round(seconds * rate)
    gain = np.interp(np.arange(count), np.linspace(0, count, 12), random.uniform(0, 0.8, 12))
    sound = (random.normal(0, 0.4, (channels, count)) * gain).astype(np.float32)
    sound[:, count // 3 : count // 3 + rate] = 0
    return sound


FILMS = {
    "stereo": (noise(31.37, 8_000, 2), 8_000),
    "odd rate": (noise(27.01, 11_025, 1), 11_025),
    "5.1": (noise(18.2, 8_000, 6), 8_000),
}


@pytest.mark.parametrize("name", FILMS)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_reels_joined_are_the_whole(name: str, data: st.DataObject):
    sound, rate = FILMS[name]
    film = film_of(sound, rate)
    whole = measured(sound, rate)
    size = data.draw(st.integers(500, 50_000))
    parts = [measured(sound, rate, span=span, size=size) for span in data.draw(cuttings(film.span))]
    for kind, table in merged(parts).items():
        assert table.equals(whole[kind]), kind


def test_rows_tile_the_sound_and_the_last_one_ends_with_it():
    sound, rate = FILMS["stereo"]
    found = rows(measured(sound, rate), Loudness)
    assert found[0].start == 0
    assert all(a.end == b.start and a.end - a.start == TENTH for a, b in itertools.pairwise(found))
    assert found[-1].end == film_of(sound, rate).duration
    assert [r.start for r in rows(measured(sound, rate), Level)] == [r.start for r in found]


def test_levels_say_what_each_channel_carries():
    left = tone(-12, 3)
    found = rows(measured(np.stack([left, -left / 2])), Level)
    for row in found:
        assert row.powers == pytest.approx((-15, -21), abs=0.1)
        assert row.alike == pytest.approx((-1,), abs=1e-5)
        assert row.peaks == pytest.approx((-12,) * 10, abs=0.1)
        assert row.clipped == 0


def test_samples_count_as_clipped_in_runs_of_three_alone():
    sound = np.zeros((2, 2 * 48_000), np.float32)
    sound[0, [100, 101, 5000, 5001, 5002, 5003]] = 1
    sound[1, 4799:4803] = -1
    assert [r.clipped for r in rows(measured(sound), Level)][:3] == [1, 3 + 4, 0]


def test_what_is_no_number_is_silent_and_what_overflows_is_cut():
    sound = np.stack([tone(-20, 2)] * 2)
    sound[0, 1000], sound[1, 1001] = np.nan, np.inf
    found = rows(measured(sound), Loudness)
    assert all(np.isfinite([r.momentary, r.short_term, r.peak]).all() for r in found)
    assert found[-1].momentary == pytest.approx(-20, abs=0.05)


@pytest.mark.parametrize("seconds", [0.0005, 0.05, 0.1, 0.25, 5.0, 5.05])
def test_very_short_sound_is_measured(seconds: float):
    found = rows(measured(steps([(-20, seconds)])), Loudness)
    assert len(found) == -(-round(seconds * 1000) // 100) or len(found) == 1
    assert max(r.peak for r in found) < -15


def test_sound_too_slow_for_the_filter_is_refused_in_words():
    sound = np.zeros((1, 3_000), np.float32)
    film = film_of(sound, 1_000)
    with pytest.raises(StageError, match="1000 samples a second, too few"):
        made(LoudnessMeter(), film, chunks(sound, 1_000, film.span, 100))


def test_a_film_without_that_stream_has_no_loudness():
    film = film_of(np.zeros((1, 8_000), np.float32), 8_000)
    assert made(LoudnessMeter(stream=1), film)["loudness"].num_rows == 0


def test_memory_does_not_grow_with_the_film():
    film = film_of(np.zeros((2, 1), np.float32), 8_000)
    second = np.random.default_rng(1).normal(0, 0.1, (8_000, 2)).astype(np.float32)
    sound = (SampleChunk(SECOND * at, 8_000, second) for at in range(600))
    tracemalloc.start()
    rows_made = sum(table.num_rows for table in LoudnessMeter().run(Inputs(film, film.span, sound)))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows_made == 12_000
    assert most < 24 << 20
