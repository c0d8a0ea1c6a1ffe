"""The motion of pictures that exist only as arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from tests.stage_films import ArrayFilm, cuttings, made, merged, movie, rows, watched

from cinedex.stages.camera import HEIGHT, WIDTH, Tracker
from cinedex.stages.motion import BIN, CameraMotion
from cinedex.timeline.rows import Motion
from cinedex.timeline.time import SECOND, Time


def scenery(seed: int = 1, size: tuple[int, int] = (300, 420)) -> np.ndarray:
    """A landscape with detail of many sizes, float."""
    noise = np.random.default_rng(seed).normal(0, 1, size)
    found = sum(ndimage.gaussian_filter(noise, s) * s for s in (1, 3, 9))
    return np.clip(128 + 45 * found / np.std(found), 0, 255)


def moved(count: int, right: float = 0, down: float = 0, still: np.ndarray | None = None) -> np.ndarray:
    """Pictures that go by so many pixels from one to the next, [count, 90, 160]."""
    still = scenery() if still is None else still
    seen = []
    for number in range(count):
        shifted = ndimage.shift(still, (down * number, right * number), order=1, mode="wrap")
        seen.append(shifted[100 : 100 + HEIGHT, 130 : 130 + WIDTH])
    return np.rint(np.array(seen)).astype(np.uint8)


def measured(pixels: np.ndarray, rate: int = 12, **how: object) -> list[Motion]:
    return rows(watched(CameraMotion(**how), ArrayFilm.steady(pixels, rate)), Motion)  # type: ignore[arg-type]


def test_a_picture_that_stands_still_moves_by_nothing():
    for row in measured(moved(25)):
        assert (row.right, row.down, row.zoom, row.turn, row.shake, row.fit) == (0, 0, 0, 0, 0, 1)


def test_speeds_are_in_picture_widths_and_heights_a_second():
    row = measured(moved(13, right=4, down=-1.5))[0]
    assert row.right == pytest.approx(4 * 12 / WIDTH, abs=0.003)
    assert row.down == pytest.approx(-1.5 * 12 / HEIGHT, abs=0.003)
    assert row.fit > 0.9


@pytest.mark.parametrize("rate", [5, 12, 24, 25, 120])
def test_speeds_do_not_depend_on_the_rate(rate: int):
    found = measured(moved(2 * rate + 1, right=48 / rate), rate)
    assert len(found) == 5 if rate * 2 % 1 else 4 <= len(found) <= 5
    for row in found[1:-1]:
        assert row.right == pytest.approx(48 / WIDTH, abs=0.01)


def test_zoom_is_a_log_and_turn_is_clockwise():
    seen = []
    for number in range(7):
        scale, angle = np.exp(-0.02 * number), 0.015 * number
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        middle = np.array([145.0, 210.0])
        whole = ndimage.affine_transform(scenery(), turn, offset=middle - turn @ middle, order=1)
        seen.append(whole[100:190, 130:290])
    row = measured(np.rint(np.array(seen)).astype(np.uint8))[0]
    assert row.zoom == pytest.approx(0.24, abs=0.02)
    # Rows grow downwards: a turn of the camera's rows towards its columns turns the picture clockwise.
    assert row.turn == pytest.approx(0.18, abs=0.02)


def test_what_moves_by_itself_does_not_count():
    pixels = moved(13)
    walker = np.random.default_rng(3).integers(0, 255, (40, 30), dtype=np.uint8)
    for number in range(13):
        pixels[number, 30:70, 10 + 5 * number : 40 + 5 * number] = walker
    for row in measured(pixels):
        assert abs(row.right) < 0.01
        assert 0.5 < row.fit < 1


def test_bars_do_not_hold_the_picture():
    pixels = moved(13, right=3)
    pixels[:, :12] = 0
    pixels[:, -12:] = 0
    assert measured(pixels)[0].right == pytest.approx(36 / WIDTH, abs=0.005)


def test_nothing_is_measured_across_a_cut():
    pixels = np.concatenate([moved(10, right=2), moved(10, right=2, still=scenery(5))])
    for row in measured(pixels):
        assert row.right == pytest.approx(24 / WIDTH, abs=0.01)


def test_shaking_is_told_from_going():
    random = np.random.default_rng(7)
    still = scenery()
    places = np.cumsum(np.full(25, 2.0)) + random.normal(0, 1.5, 25)
    seen = [ndimage.shift(still, (0, p), order=1, mode="wrap")[100:190, 130:290] for p in places]
    shaken = measured(np.rint(np.array(seen)).astype(np.uint8))
    calm = measured(moved(25, right=2))
    assert all(0.003 < row.shake < 0.03 for row in shaken[:4])
    assert all(row.shake < 0.001 for row in calm)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((30, HEIGHT, WIDTH), np.uint8),
        np.full((30, HEIGHT, WIDTH), 255, np.uint8),
        np.random.default_rng(1).integers(0, 256, (30, HEIGHT, WIDTH), dtype=np.uint8),
        np.zeros((1, HEIGHT, WIDTH), np.uint8),
        np.zeros((2, HEIGHT, WIDTH), np.uint8),
    ],
    ids=["black", "white", "noise", "one picture", "two pictures"],
)
def test_what_cannot_be_followed_has_no_rows(pixels: np.ndarray):
    assert measured(pixels) == []


def test_two_pictures_are_enough():
    assert measured(moved(2, right=2))[0].right == pytest.approx(24 / WIDTH, abs=0.01)


def test_pictures_a_second_apart_are_not_compared():
    assert measured(moved(5, right=1), rate=1) == []


@pytest.mark.parametrize("shape", [0.002, 0.4, 1.0, 3.0, 500.0])
def test_numbers_are_finite_for_any_shape(shape: float):
    tracker = Tracker(shape)
    pixels = moved(4, right=2, down=1)
    moves = [tracker.follow(p) for p in pixels]
    assert moves[0] is None
    for move in moves[1:]:
        assert move is not None
        assert np.isfinite([move.right, move.down, move.zoom, move.turn, move.fit]).all()


def test_a_film_without_pictures_has_no_motion():
    assert rows(made(CameraMotion(), movie(SECOND, video=False, audio=True)), Motion) == []


def test_rows_lie_on_half_seconds_and_end_with_the_film():
    found = measured(moved(20, right=1))
    assert all(row.start % BIN == 0 for row in found)
    assert found[-1].end == Time(20 * int(SECOND) // 12)


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_the_whole_is_its_reels_merged(data: st.DataObject):
    seconds = data.draw(st.lists(st.sampled_from([1 / 24, 1 / 12, 0.3, 0.9]), min_size=2, max_size=30))
    seed = data.draw(st.integers(0, 5))
    steps = np.random.default_rng(seed).integers(-6, 7, (len(seconds), 2)).cumsum(axis=0)
    still = scenery(seed)
    pixels = np.array([np.roll(still, s, (0, 1))[100:190, 130:290] for s in steps]).astype(np.uint8)
    film = ArrayFilm.held(pixels, seconds)
    whole = watched(CameraMotion(), film)["motion"]
    reels = data.draw(cuttings(film.movie.span))
    parts = [watched(CameraMotion(), film, reel, size=data.draw(st.sampled_from([1, 5, 32]))) for reel in reels]
    assert merged(parts)["motion"].equals(whole)
