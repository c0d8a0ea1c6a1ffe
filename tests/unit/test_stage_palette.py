"""The colours of shots that exist only as arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.stage_films import made, movie, rows, shots_of

from cinedex.media.views import Look
from cinedex.stages.oklab import oklab, srgb
from cinedex.stages.palette import Palettes
from cinedex.timeline.rows import Palette, Shot
from cinedex.timeline.time import SECOND, ZERO


def palette(*pictures: np.ndarray, **how: object) -> Palette:
    """Of a shot seen in these looks."""
    looks = [Look(0, ZERO, p) for p in pictures]
    stage = Palettes(**how)  # type: ignore[arg-type]
    found = rows(made(stage, movie(SECOND), looks, tracks={Shot: shots_of([1])}), Palette)
    assert len(found) == 1
    return found[0]


def stripes(*colours: tuple[int, int, int]) -> np.ndarray:
    """Equal stripes, 64 x 96."""
    return np.repeat(np.array(colours, np.uint8), 96 // len(colours), axis=0)[None].repeat(64, axis=0)


def test_plain_colours_come_back_with_their_shares():
    row = palette(stripes((200, 30, 30), (200, 30, 30), (30, 30, 200), (240, 240, 240)))
    assert row.colours == (200, 30, 30, *row.colours[3:])
    assert {row.colours[3:6], row.colours[6:9]} == {(30, 30, 200), (240, 240, 240)}
    assert row.shares == (0.5, 0.25, 0.25)


def test_colours_that_look_alike_are_one():
    row = palette(stripes((100, 100, 100), (104, 101, 99), (98, 100, 103)))
    assert len(row.shares) == 1


def test_there_are_no_more_than_asked_for():
    noise = np.random.default_rng(1).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    assert 5 <= len(palette(noise).shares) <= 8
    assert len(palette(noise, most=3).shares) <= 3


def test_bars_have_no_colour():
    picture = stripes((200, 150, 60))
    picture[:10] = 0
    picture[-10:] = 3
    row = palette(picture, picture)
    assert row.colours == (200, 150, 60)


@pytest.mark.parametrize("level", [0, 255])
def test_one_tone_is_a_palette_of_one(level: int):
    row = palette(np.full((64, 96, 3), level, np.uint8))
    assert (row.colours, row.shares) == ((level,) * 3, (1.0,))
    assert (row.warmth, row.contrast, row.saturation) == (0, 0, 0)


def test_warmth_contrast_and_saturation_say_what_they_say():
    warm, cold = palette(stripes((230, 140, 50))), palette(stripes((40, 90, 200)))
    assert warm.warmth > 0.8
    assert cold.warmth < -0.8
    assert palette(stripes((255, 255, 255), (0, 0, 0), (255, 255, 255))).contrast == 1
    assert palette(stripes((255, 0, 255))).saturation == pytest.approx(1, abs=0.01)
    assert palette(stripes((90, 90, 90))).saturation < 0.01


def test_the_order_of_looks_does_not_matter():
    random = np.random.default_rng(3)
    looks = [random.integers(0, 256, (20, 30, 3), dtype=np.uint8) for _ in range(3)]
    assert palette(*looks) == palette(*looks[::-1])


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.uint8, (9, 7, 3)))
def test_any_picture_has_a_palette(picture: np.ndarray):
    row = palette(picture)
    assert 1 <= len(row.shares) <= 8
    assert len(row.colours) == 3 * len(row.shares)
    assert sum(row.shares) == pytest.approx(1, abs=1e-6)
    assert list(row.shares) == sorted(row.shares, reverse=True)
    assert all(0 <= c <= 255 for c in row.colours)
    assert -1 <= row.warmth <= 1
    assert 0 <= row.contrast <= 1
    assert 0 <= row.saturation <= 1


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_colours_come_back_from_oklab(colour: tuple[int, int, int]):
    assert tuple(srgb(oklab(np.array(colour, float))).tolist()) == colour


def test_oklab_is_what_was_published():
    found = oklab(np.array([[255.0, 255, 255], [255, 0, 0], [0, 0, 255]]))
    assert found == pytest.approx(np.array([[1, 0, 0], [0.628, 0.225, 0.126], [0.452, -0.032, -0.312]]), abs=2e-3)
