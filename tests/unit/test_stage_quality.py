"""The measures of pictures that exist only as arrays."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import ArrayFilm, cuttings, made, merged, movie, rows, watched

from cinedex.stages.quality import BIN, LAG, REACH, Measures
from cinedex.store import _parquet
from cinedex.timeline.rows import Quality
from cinedex.timeline.time import SECOND, Time


def plain(*colours: tuple[int, int, int]) -> np.ndarray:
    """Pictures of one colour each."""
    return np.array(colours, np.uint8)[:, None, None, :] * np.ones((1, 27, 48, 1), np.uint8)


def values(film: ArrayFilm, measure: str) -> list[Quality]:
    return [q for q in rows(watched(Measures(), film), Quality) if q.measure == measure]


def test_luma_weighs_colours_as_bt709_does():
    film = ArrayFilm.steady(plain((255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)))
    assert [q.value for q in values(film, "luma")] == pytest.approx([1, 0.2126, 0.7152, 0.0722, 0], abs=2e-4)


def test_highlight_leaves_out_the_brightest_two_percent():
    pixels = plain((10, 10, 10), (10, 10, 10), (10, 10, 10))
    for picture, bright in enumerate((25, 26, 27)):
        pixels[picture].reshape(-1, 3)[:bright] = 200
    found = [q.value * 255 for q in values(ArrayFilm.steady(pixels), "highlight")]
    assert found == pytest.approx([10, 200, 200], abs=0.1)


def test_change_is_the_mean_absolute_difference_from_the_picture_before():
    pixels = plain((10, 20, 30), (10, 20, 30), (40, 20, 0), (40, 20, 0))
    pixels[3, 0, 0] = (100, 80, 60)
    found = values(ArrayFilm.steady(pixels), "change")
    assert [q.value for q in found] == pytest.approx([0, 20 / 255, 60 / 255 / (27 * 48)], abs=1e-5)
    assert found[0].start == SECOND // 24


def test_drift_looks_a_second_back():
    fade = plain(*((i, i, i) for i in range(72)))
    found = values(ArrayFilm.steady(fade), "drift")
    assert next(q.start for q in found) == LAG
    assert {round(q.value * 255, 2) for q in found} == {24.0}


def test_nothing_is_compared_over_a_long_still():
    film = ArrayFilm.held(plain((0, 0, 0), (50, 50, 50), (60, 60, 60)), [2.5, 0.5, 0.5])
    assert [q.start for q in values(film, "change")] == [SECOND * 3]
    assert values(film, "drift") == []


def test_colours_are_means_over_half_seconds_of_film_time():
    film = ArrayFilm.steady(plain(*[(255, 0, 0)] * 12, *[(0, 51, 0)] * 6, *[(0, 153, 0)] * 6))
    assert [(q.start, q.end, q.value) for q in values(film, "red")] == [(0, BIN, 1.0), (BIN, 2 * BIN, 0.0)]
    assert [round(q.value, 3) for q in values(film, "green")] == [0.0, 0.4]


@pytest.mark.parametrize("seconds", [[0.3] * 9, [1.7, 0.1, 0.1, 4.0, 0.5], [0.5] * 4, [0.1], [0.04] * 100])
def test_colours_tile_the_film_at_any_rate(seconds: list[float]):
    film = ArrayFilm.held(np.repeat(plain((9, 9, 9)), len(seconds), axis=0), seconds)
    found = values(film, "blue")
    assert found[0].start == 0
    assert found[-1].end == film.movie.duration
    assert all(a.end == b.start for a, b in pairwise(found))


def test_a_film_without_pictures_has_no_measures():
    assert rows(made(Measures(), movie(SECOND, video=False, audio=True)), Quality) == []


def test_a_single_picture_has_no_change():
    measured = {q.measure for q in rows(watched(Measures(), ArrayFilm.steady(plain((1, 2, 3)))), Quality)}
    assert measured == {"luma", "highlight", "red", "green", "blue"}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_whole_is_its_reels_merged(data: st.DataObject):
    seconds = data.draw(st.lists(st.sampled_from([1 / 24, 0.3, 0.9, 2.2]), min_size=1, max_size=80))
    seed = data.draw(st.integers(0, 99))
    pixels = np.random.default_rng(seed).integers(0, 256, (len(seconds), 27, 48, 3), dtype=np.uint8)
    film = ArrayFilm.held(pixels, seconds)
    reels = data.draw(cuttings(film.movie.span))
    whole = watched(Measures(), film)["quality"]
    parts = [watched(Measures(), film, reel, size=data.draw(st.sampled_from([1, 5, 32]))) for reel in reels]
    assert merged(parts)["quality"].equals(whole)


def test_more_film_around_a_reel_changes_nothing():
    pixels = np.random.default_rng(1).integers(0, 256, (200, 27, 48, 3), dtype=np.uint8)
    film = ArrayFilm.held(pixels, [0.2, 1.1] * 100)
    reel = next(iter(film.movie.span.grow(-SECOND * 20).cut(SECOND * 30)))
    alone = watched(Measures(), film, reel)
    among = made(Measures(), film.movie, film.chunks(reel.grow(REACH * 3)), span=reel)
    assert alone["quality"].equals(among["quality"])


def test_two_hours_of_measures_store_small():
    shown = 24 * 60
    random = np.random.default_rng(2)
    drawn = random.integers(0, 256, (1, 27, 48, 3)) + np.cumsum(random.integers(-3, 4, (shown, 27, 48, 3)), axis=0)
    film = ArrayFilm.steady(np.clip(drawn, 0, 255).astype(np.uint8))
    minute = len(_parquet(watched(Measures(), film)["quality"]))
    assert minute * 120 < 10e6
    assert film.movie.duration == Time(60 * SECOND)
