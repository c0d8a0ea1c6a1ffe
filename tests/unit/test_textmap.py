"""Lines found in maps of text, cut out of pictures, and spelled from the answers of a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from cinedex.errors import ModelError
from cinedex.models import textmap
from cinedex.models.ppocr import PpOcrFinder, PpOcrReader
from cinedex.stages.textcut import LONGEST, cut


def marked(*boxes: tuple[int, int, int, int], height: int = 96, width: int = 160) -> np.ndarray:
    found = np.zeros((height, width), np.float32)
    for left, top, right, bottom in boxes:
        found[top:bottom, left:right] = 0.9
    return found


def test_a_blank_map_has_no_lines():
    assert textmap.lines(marked(), 0.5).shape == (0, 9)


@given(st.integers(10, 60), st.integers(10, 60), st.integers(THIN := textmap.THINNEST, 80), st.integers(THIN, 30))
@settings(deadline=None)
def test_an_upright_part_is_grown_on_all_sides_alike(left: int, top: int, width: int, height: int):
    found = textmap.lines(marked((left, top, left + width, top + height)), 0.5)
    assert found.shape == (1, 9)
    assert found[0, 8] == pytest.approx(0.9, abs=1e-5)
    grown = width * height * textmap.GROWN / (2 * (width + height))
    x0, y0, _, _, x1, y1 = found[0, :6] * (160, 96, 1, 1, 160, 96)
    assert [x0, y0] == pytest.approx([max(left - grown, 0), max(top - grown, 0)], abs=0.01)
    assert [x1, y1] == pytest.approx([min(left + width + grown, 160), min(top + height + grown, 96)], abs=0.01)


@pytest.mark.parametrize("angle", [-35, -12, 12, 35])
def test_a_turned_part_keeps_its_angle(angle: int):
    flat = marked((40, 90, 160, 110), height=200, width=200)
    turned = ndimage.rotate(flat, angle, reshape=False, order=1)
    (line,) = textmap.lines(turned, 0.5)
    corners = line[:8].reshape(4, 2)
    right = corners[1] - corners[0]
    assert np.degrees(np.arctan2(-right[1], right[0])) == pytest.approx(angle, abs=3)
    assert np.linalg.norm(right) > 2 * np.linalg.norm(corners[3] - corners[0])


def test_faint_thin_and_many_parts_are_bounded():
    assert not len(textmap.lines(marked((10, 10, 60, 12)), 0.5))  # too thin
    assert not len(textmap.lines(marked((10, 10, 60, 30)) * 0.5, 0.6))  # too faint
    noise = np.random.default_rng(0).random((480, 864)).astype(np.float32)
    assert len(textmap.lines(noise, 0.3)) <= textmap.MOST


def test_the_surest_line_comes_first():
    both = marked((10, 10, 60, 20)) + marked((10, 50, 60, 60)) * 0.7
    assert textmap.lines(both, 0.3)[:, 8].tolist() == pytest.approx([0.9, 0.63], abs=1e-5)


def shares(left: float, top: float, right: float, bottom: float, shape: tuple[int, ...]) -> np.ndarray:
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
    return (corners / (shape[1], shape[0])).ravel()


def test_a_line_of_the_wanted_height_is_cut_as_it_is():
    image = np.random.default_rng(1).integers(0, 256, (100, 200, 3), dtype=np.uint8)
    found = cut(image, shares(20, 10, 120, 58, image.shape), 48)
    np.testing.assert_array_equal(found, image[10:58, 20:120])


def test_a_turned_line_is_cut_upright():
    image = np.zeros((200, 200, 3), np.uint8)
    image[90:110, 40:160] = 255
    turned = ndimage.rotate(image, 20, reshape=False, order=1)
    corners = textmap.lines(turned[..., 0].astype(np.float32) / 255, 0.5)[0, :8]
    found = cut(turned, corners, 48)
    middle = found[24, :, 0] > 128
    inside = np.flatnonzero(middle)
    assert middle[inside[0] : inside[-1] + 1].all()
    assert len(inside) > 100


@given(st.lists(st.floats(0, 1), min_size=8, max_size=8), st.integers(1, 40), st.integers(1, 40))
@settings(deadline=None)
def test_any_corners_give_a_line(corners: list[float], height: int, width: int):
    image = np.full((height, width, 3), 77, np.uint8)
    found = cut(image, np.array(corners), 48)
    assert found.shape[0] == 48
    assert 1 <= found.shape[1] <= LONGEST
    assert set(np.unique(found)) == {77}


class Answers:
    """A session that always answers the same."""

    inputs, outputs = ("pictures",), ("answer",)

    def __init__(self, answer: np.ndarray) -> None:
        self.answer = answer
        self.shapes: list[tuple[int, ...]] = []

    def run(self, feeds: Mapping[str, Any]) -> list[np.ndarray]:
        pictures = feeds["pictures"]
        self.shapes.append(pictures.shape)
        return [np.repeat(self.answer[None], len(pictures), axis=0)]


def steps(*classes: int, count: int = 4) -> np.ndarray:
    return np.eye(count, dtype=np.float32)[list(classes)] * 0.8


def test_repetitions_and_blanks_are_dropped_where_a_line_is_spelled():
    reader = PpOcrReader(Answers(steps(0, 1, 1, 0, 1, 3, 2, 2, 0)), ["", "a", "b", " "], 48)
    text, score = reader.read([np.zeros((48, 99, 3), np.uint8)])[0]
    assert text == "aa b"
    assert score == pytest.approx(0.8)
    assert reader.scripts == {"LATIN"}


def test_a_line_without_characters_has_no_score():
    reader = PpOcrReader(Answers(steps(0, 0)), ["", "a", "b", " "], 48)
    assert reader.read([np.zeros((48, 9, 3), np.uint8), np.zeros((48, 0, 3), np.uint8)]) == [("", 0.0)] * 2


def test_lines_are_read_in_few_widths_and_the_longest_are_squeezed():
    session = Answers(steps(1))
    reader = PpOcrReader(session, ["", "a", "b", " "], 48)
    reader.read([np.zeros((48, w, 3), np.uint8) for w in (5, 128, 129, 190, 5000)])
    assert session.shapes == [(2, 48, 128, 3), (2, 48, 192, 3), (1, 48, 2048, 3)]


def test_pictures_are_padded_and_lines_come_as_shares_of_what_was_given():
    answer = np.zeros((1, 64, 96), np.float32)
    answer[0, 20:30, 10:60] = 0.9
    answer[0, 40:, :] = 0.9  # lies in what was padded
    finder = PpOcrFinder(Answers(answer), 0.3)
    (found,) = finder.find(np.zeros((1, 40, 70, 3), np.uint8))
    assert len(found) == 1
    assert found[0, :2] == pytest.approx([(10 - 20 / 3) / 70, (20 - 20 / 3) / 40], abs=1e-3)


@pytest.mark.parametrize("shape", [(40, 70, 3), (1, 40, 70), (1, 0, 70, 3)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]):
    with pytest.raises(ModelError):
        PpOcrFinder(Answers(np.zeros((1, 32, 32), np.float32)), 0.3).find(np.zeros(shape, np.uint8))


def test_a_line_of_another_height_is_refused():
    with pytest.raises(ModelError):
        PpOcrReader(Answers(steps(0)), ["", "a", "b", " "], 48).read([np.zeros((32, 9, 3), np.uint8)])
