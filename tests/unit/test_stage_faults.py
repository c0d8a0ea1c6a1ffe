"""Black and frozen stretches, found in the measures of films that exist only as arrays."""

from __future__ import annotations

import numpy as np
import pytest
from tests.stage_films import ArrayFilm, made, movie, rows, watched

from cinedex.stages.faults import Faults
from cinedex.stages.quality import Measures
from cinedex.timeline.rows import Flag, Quality
from cinedex.timeline.time import SECOND, Time

RATE = 24


def noise(count: int, seed: int = 1) -> np.ndarray:
    """Pictures that have nothing in common."""
    return np.random.default_rng(seed).integers(60, 200, (count, 27, 48, 3)).astype(np.uint8)


def black(count: int) -> np.ndarray:
    return np.zeros((count, 27, 48, 3), np.uint8)


def still(count: int) -> np.ndarray:
    return np.repeat(noise(1, seed=2), count, axis=0)


def flags(film: ArrayFilm, stage: Faults | None = None) -> list[tuple[str, float, float]]:
    """Label, start and end in pictures at 24 a second."""
    stage = stage or Faults()
    measures = rows(watched(Measures(), film), Quality)
    found = rows(made(stage, film.movie, tracks={Quality: measures}), Flag)
    return [(f.label, f.start * RATE / SECOND, f.end * RATE / SECOND) for f in found]


def test_black_is_flagged_from_its_first_picture_to_the_next_that_is_not():
    film = ArrayFilm.steady(np.concatenate([noise(30), black(60), noise(30)]))
    assert ("black", 30, 90) in flags(film)


def test_black_at_the_end_lasts_until_the_film_does():
    assert ("black", 30, 90) in flags(ArrayFilm.steady(np.concatenate([noise(30), black(60)])))


def test_what_is_shorter_than_two_seconds_is_no_fault():
    film = ArrayFilm.steady(np.concatenate([noise(30), black(47), noise(30), still(47), noise(30)]))
    assert flags(film) == []


def test_black_may_have_two_percent_of_light_but_not_more():
    pixels = black(60)
    pixels[:, 0, :25] = 255
    assert [f[0] for f in flags(ArrayFilm.steady(pixels))] == ["black", "freeze"]
    pixels[:, 0, :26] = 255
    assert [f[0] for f in flags(ArrayFilm.steady(pixels))] == ["freeze"]


def test_the_limits_are_parameters():
    film = ArrayFilm.steady(np.concatenate([noise(24), np.full((24, 27, 48, 3), 50, np.uint8), noise(24)]))
    assert flags(film) == []
    assert flags(film, Faults(black_level=0.2, black_least=SECOND)) == [("black", 24, 48)]
    assert flags(film, Faults(freeze_least=SECOND)) == [("freeze", 24, 48)]


def test_a_freeze_lasts_from_the_picture_that_stays_until_it_changes():
    film = ArrayFilm.steady(np.concatenate([noise(30), still(60), noise(30, seed=3)]))
    assert flags(film) == [("freeze", 30, 90)]


def test_two_freezes_with_a_cut_between_them_are_two():
    film = ArrayFilm.steady(np.concatenate([still(60), np.repeat(noise(1, seed=9), 60, axis=0)]))
    assert flags(film) == [("freeze", 0, 60), ("freeze", 60, 120)]


def test_a_change_too_slow_to_see_from_picture_to_picture_is_not_a_freeze():
    pixels = np.full((240, 27 * 48, 3), 60, np.uint8)
    for number in range(1, 240):
        pixels[number:, np.arange(60) + number * 60 % 1260] += 2
    film = ArrayFilm.steady(pixels.reshape(-1, 27, 48, 3))
    change = [q.value for q in rows(watched(Measures(), film), Quality) if q.measure == "change"]
    assert max(change) < Faults().freeze_noise
    assert flags(film) == []


def test_a_still_held_by_its_time_stamp_is_a_freeze():
    film = ArrayFilm.held(noise(3), [1, 3, 1])
    assert flags(film) == [("freeze", 24, 96)]


def test_a_flag_tells_what_was_measured_and_where_to_look():
    film = ArrayFilm.steady(np.concatenate([noise(30), black(60)]))
    found = rows(made(Faults(), film.movie, tracks={Quality: rows(watched(Measures(), film), Quality)}), Flag)
    flag = next(f for f in found if f.label == "black")
    assert flag.refs == (f"frame@{int(flag.start)}",)
    assert flag.score == 1
    assert "98%" in flag.note


@pytest.mark.parametrize("level", [0, 12, 25])
def test_the_score_is_how_far_within_the_limit_it_is(level: int):
    film = ArrayFilm.steady(np.full((60, 27, 48, 3), level, np.uint8))
    found = rows(made(Faults(), film.movie, tracks={Quality: rows(watched(Measures(), film), Quality)}), Flag)
    score = next(f.score for f in found if f.label == "black")
    assert score == pytest.approx(1 - level / 25.5, abs=2e-3)


def test_a_film_without_pictures_has_no_faults():
    assert rows(made(Faults(), movie(Time(SECOND), video=False), tracks={Quality: []}), Flag) == []


def test_a_single_picture_shown_long_is_a_freeze():
    assert flags(ArrayFilm.held(noise(1), [5])) == [("freeze", 0, 120)]
