"""Stripes that were drawn are counted; other pictures have none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.flash_films import code
from tests.stage_films import ArrayFilm, cuttings, merged, rows, watched

from cinedex.stages.stripes import SLOT, Stripes
from cinedex.timeline.rows import Pattern
from cinedex.timeline.time import SECOND

HIGH, WIDE = 90, 160


def striped(
    turn: float, stripes: float, *, high: int = HIGH, wide: int = WIDE, dark: float = 0.1, light: float = 0.9
) -> np.ndarray:
    """A grey picture whose upper left part has stripes across the direction `turn` (rad), so many along it."""
    y, x = np.mgrid[0:high:0.25, 0:wide:0.25]
    along = x * np.cos(turn) + y * np.sin(turn)
    long = wide * abs(np.cos(turn)) + high * abs(np.sin(turn))
    lit = np.floor(along / long * stripes).astype(int) % 2 == 0
    fine = np.where(lit, code(light), code(dark)).astype(float)
    picture = np.full((HIGH, WIDE), code(0.3), float)
    picture[:high, :wide] = fine.reshape(high, 4, wide, 4).mean(axis=(1, 3))
    return np.rint(picture).astype(np.uint8)


def patterns(pictures: np.ndarray, rate: int = 12) -> list[Pattern]:
    return rows(watched(Stripes(), ArrayFilm.steady(pictures, rate)), Pattern)


@settings(max_examples=30, deadline=None)
@given(turn=st.floats(0, np.pi / 2), stripes=st.integers(10, 24), low=st.floats(0.02, 0.3), swing=st.floats(0.25, 0.6))
def test_stripes_over_the_whole_picture_are_counted(turn: float, stripes: int, low: float, swing: float):
    found = patterns(striped(turn, stripes, dark=low, light=low + swing)[None])
    assert len(found) == 1
    assert abs(found[0].stripes - stripes) <= 0.2 * stripes
    assert found[0].area > 0.6
    assert abs(found[0].bright - found[0].dark - swing) < 0.15


@pytest.mark.parametrize(("high", "wide"), [(45, 80), (60, 100), (90, 80)])
def test_the_area_is_that_of_the_stripes(high: int, wide: int):
    found = patterns(striped(0.0, 10, high=high, wide=wide)[None])
    assert abs(found[0].area - high * wide / HIGH / WIDE) < 0.08
    assert abs(found[0].stripes - 10) <= 2


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((HIGH, WIDE), np.uint8),
        np.random.default_rng(1).integers(0, 256, (HIGH, WIDE), dtype=np.uint8),
        np.broadcast_to(np.linspace(0, 255, WIDE), (HIGH, WIDE)).astype(np.uint8),
        np.where(np.add.outer(np.arange(HIGH) // 8, np.arange(WIDE) // 8) % 2, 255, 0).astype(np.uint8),
        striped(0.0, 4),
        striped(0.0, 12, dark=0.30, light=0.36),
        striped(0.0, 12, dark=0.85, light=1.0),
        striped(0.0, 8, high=20, wide=60),
    ],
    ids=["black", "noise", "slope", "checks", "four stripes", "faint", "bright", "small"],
)
def test_other_pictures_have_none(picture: np.ndarray):
    assert patterns(picture[None]) == []


def test_every_quarter_second_is_looked_at_once():
    still = np.stack([striped(0.3, 12)] * 12)
    found = patterns(still)
    assert [p.start for p in found] == [0, SLOT, 2 * SLOT, 3 * SLOT]
    assert found[-1].end == SECOND


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_the_whole_is_its_reels_merged(data: st.DataObject):
    seconds = data.draw(st.lists(st.sampled_from([1 / 12, 0.3, 0.9]), min_size=1, max_size=20))
    shown = np.stack([striped(0.2 * i, 8 + i % 7) for i in range(len(seconds))])
    film = ArrayFilm.held(shown, seconds)
    reels = data.draw(cuttings(film.movie.span))
    parts = [watched(Stripes(), film, reel, size=data.draw(st.sampled_from([1, 5, 32]))) for reel in reels]
    assert merged(parts)["pattern"].equals(watched(Stripes(), film)["pattern"])
