"""Faces cut out of pictures: where points come to lie, what turns and scales do, what happens at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinedex.models.chips import TEMPLATE, aligned, framed, similarity


def turned(points: np.ndarray, angle: float, scale: float, move: tuple[float, float]) -> np.ndarray:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ turn.T + np.array(move)


def dotted(points: np.ndarray, size: tuple[int, int], radius: float) -> np.ndarray:
    """A dark picture with a bright spot of its own grey at every point."""
    down, across = np.mgrid[: size[0], : size[1]] + 0.5
    picture = np.zeros((*size, 3), np.uint8)
    for i, (x, y) in enumerate(points):
        picture[np.hypot(across - x, down - y) < radius] = 100 + 30 * i
    return picture


@given(
    st.floats(-3, 3),
    st.floats(0.01, 100),
    st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
)
def test_a_turned_scaled_and_moved_face_is_found_again(angle: float, scale: float, move: tuple[float, float]):
    to = turned(TEMPLATE, angle, scale, move)
    turn, moved = similarity(TEMPLATE, to)
    np.testing.assert_allclose(TEMPLATE @ turn.T + moved, to, atol=1e-6 * max(1, scale))


def test_points_on_one_spot_are_no_reason_to_fail():
    picture = np.full((40, 60, 3), 77, np.uint8)
    chips = aligned(picture, np.full((1, 5, 2), 0.5), 150)
    assert chips.shape == (1, 150, 150, 3)
    assert set(np.unique(chips)) == {77}
    turn, _ = similarity(np.ones((5, 2)), TEMPLATE)
    assert not turn.any()


@pytest.mark.parametrize(("angle", "scale"), [(0.0, 300.0), (0.5, 120.0), (-1.2, 600.0), (3.1, 60.0)])
def test_eyes_nose_and_mouth_come_to_lie_where_the_template_says(angle: float, scale: float):
    size = (900, 1000)
    points = turned(TEMPLATE - 0.5, angle, scale, (500, 450))
    picture = dotted(points, size, scale * 0.04)
    chip = aligned(picture, (points / (1000, 900))[None], 150)[0]
    for i, (x, y) in enumerate(TEMPLATE * 150):
        assert abs(int(chip[int(y), int(x), 0]) - (100 + 30 * i)) < 12


def test_fine_patterns_are_averaged_when_a_face_is_made_smaller():
    picture = np.indices((800, 800)).sum(axis=0) % 2 * 255
    chip = aligned(np.repeat(picture[:, :, None], 3, axis=2).astype(np.uint8), TEMPLATE[None], 100)[0]
    assert np.ptp(chip[10:-10, 10:-10]) <= 4


def test_beyond_the_picture_its_edge_goes_on():
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[:, :50], picture[:, 50:] = 10, 200
    chip = aligned(picture, np.add(TEMPLATE, (0.5, 0))[None], 60)[0]
    assert (chip[:, 5:] == 200).all()


def test_a_still_shows_the_face_in_the_middle_and_stays_inside():
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[80:120, 140:160] = 255
    still = framed(picture, (140 / 300, 80 / 200, 20 / 300, 40 / 200), 112)
    assert still.shape == (112, 112, 3)
    bright = np.argwhere(still[:, :, 0] > 128)
    np.testing.assert_allclose(bright.mean(axis=0), 55.5, atol=1.5)
    corner = framed(np.full((50, 30, 3), 9, np.uint8), (0.9, 0.9, 0.5, 0.5), 112)
    assert (corner == 9).all()


@pytest.mark.parametrize("size", [(1, 1), (2, 500), (500, 2)])
def test_pictures_of_any_size_will_do(size: tuple[int, int]):
    picture = np.full((*size, 3), 5, np.uint8)
    assert (aligned(picture, TEMPLATE[None], 150) == 5).all()
    assert (framed(picture, (0.2, 0.2, 0.5, 0.5), 112) == 5).all()
    assert aligned(picture, np.zeros((0, 5, 2)), 150).shape == (0, 150, 150, 3)
