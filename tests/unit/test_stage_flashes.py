"""Flashes that were made are counted: how many, where, when, and in which colour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.flash_films import code, flashes_of, flashing, noise
from tests.stage_films import ArrayFilm, cuttings, made, merged, movie, rows, watched

from cinedex.stages.flashes import BLOCK, Flashes
from cinedex.timeline.rows import Flash
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND

RED, BLUE = (255, 0, 0), (0, 0, 255)


@settings(max_examples=40, deadline=None)
@given(
    gaps=st.lists(st.integers(1, 40), min_size=1, max_size=20),
    lines=st.integers(2, 27),
    low=st.floats(0, 0.7),
    swing=st.floats(0.13, 0.3),
    seed=st.integers(0, 99),
)
def test_every_change_is_found_once_where_and_when_it_is(
    gaps: list[int], lines: int, low: float, swing: float, seed: int
):
    changes = np.cumsum(gaps).tolist()
    dark, light = code(low), code(low + swing)
    film = flashing(changes, changes[-1] + 5, rows_lit=lines, dark=(dark,) * 3, light=(light,) * 3)
    found = flashes_of(noise(film, seed, 1))
    assert [int(f.start) for f in found] == [c * FLICKS_PER_SECOND // 30 for c in changes]
    assert [f.rise for f in found] == [i % 2 == 0 for i in range(len(changes))]
    assert {round(f.area, 4) for f in found} == {round(lines / 27, 4)}
    assert all(abs(f.dark - low) < 0.02 and abs(f.bright - low - swing) < 0.02 for f in found)
    cells = np.unpackbits(np.frombuffer(found[0].cells, np.uint8)).reshape(27, 48)
    assert cells[:lines].all()
    assert not cells[lines:].any()


@pytest.mark.parametrize(("low", "high"), [(0.3, 0.38), (0.82, 1.0), (0.0, 0.08)])
def test_changes_that_are_small_or_between_bright_states_are_none(low: float, high: float):
    film = flashing(range(5, 60, 3), 70, dark=(code(low),) * 3, light=(code(high),) * 3)
    assert flashes_of(film) == []


def test_a_change_of_many_pictures_is_one():
    film = flashing([10, 30, 50], 90, ramp=8)
    assert [f.rise for f in flashes_of(film)] == [True, False, True]


def test_a_fade_to_black_and_a_cut_are_a_change_each():
    fade = [255 - 5 * i for i in range(51)]
    pixels = np.array([*fade, *[0] * 10, *[200] * 10])[:, None, None, None] * np.ones((1, 27, 48, 3))
    found = flashes_of(ArrayFilm.steady(pixels.astype(np.uint8)))
    assert [(f.rise, int(f.start) * 24 // FLICKS_PER_SECOND) for f in found][1:] == [(True, 61)]
    assert not found[0].rise


def test_red_is_found_by_both_definitions():
    film = flashing(range(10, 60, 5), 70, dark=BLUE, light=RED)
    for how in ("red", "chroma"):
        found = flashes_of(film, how)
        assert [f.rise for f in found] == [i % 2 == 0 for i in range(10)]
        assert {f.area for f in found} == {1.0}


@pytest.mark.parametrize("other", [(255, 60, 60), (200, 0, 0)])
def test_definitions_of_red_differ(other: tuple[int, int, int]):
    """A saturated red that gets darker changes in R - G - B, but not in colour."""
    film = flashing(range(10, 60, 5), 70, dark=other, light=RED)
    assert len(flashes_of(film, "red")) == 10
    assert flashes_of(film, "chroma") == []


@pytest.mark.parametrize("colours", [((0, 255, 0), BLUE), ((255, 255, 0), (255, 255, 255)), ((20, 0, 0), (0, 0, 0))])
def test_other_colours_are_no_red(colours: tuple[tuple[int, int, int], tuple[int, int, int]]):
    film = flashing(range(10, 60, 5), 70, dark=colours[0], light=colours[1])
    assert flashes_of(film, "red") == flashes_of(film, "chroma") == []


def test_what_changes_too_little_of_the_picture_is_left_out():
    film = flashing([5, 10], 20)
    film.pixels[:] = 60
    film.pixels[5:10, :5, :5] = 255
    assert flashes_of(film) == []
    film.pixels[5:10, :5, :6] = 255
    assert len(flashes_of(film)) == 2


def test_a_film_without_pictures_has_none():
    assert rows(made(Flashes(), movie(SECOND, video=False, audio=True)), Flash) == []


def test_what_was_shown_long_ago_is_forgotten_and_far_time_stamps_cost_nothing():
    film = ArrayFilm.held(np.zeros((4, 27, 48, 3), np.uint8), [1.0, 4e8, 1.0, 1.0])
    film.pixels[2] = 255
    assert [f.start for f in flashes_of(film)] == [film.starts[3]]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_whole_is_its_reels_merged(data: st.DataObject):
    seconds = data.draw(st.lists(st.sampled_from([1 / 24, 0.3, 0.9, 2.2]), min_size=1, max_size=80))
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    levels = random.integers(0, 256, (len(seconds), 3, 4, 3)).repeat(9, axis=1).repeat(12, axis=2)
    film = ArrayFilm.held(levels.astype(np.uint8), seconds)
    reels = data.draw(cuttings(film.movie.span))
    whole = watched(Flashes(), film)["flash"]
    parts = [watched(Flashes(), film, reel, size=data.draw(st.sampled_from([1, 5, 32]))) for reel in reels]
    assert merged(parts)["flash"].equals(whole)


def test_flashes_over_the_edge_of_a_stretch_are_counted_once():
    edge = int(BLOCK) * 30 // FLICKS_PER_SECOND
    changes = [edge - 3, edge - 1, edge, edge + 1, edge + 4]
    found = flashes_of(flashing(changes, edge + 20))
    assert [int(f.start) * 30 // FLICKS_PER_SECOND for f in found] == changes
