"""Bars and cards that are drawn here."""

from __future__ import annotations

import numpy as np
import pytest
from tests.stage_films import made, movie, rows, shots_of

from cinedex.media.views import Look
from cinedex.stages.cards import Cards
from cinedex.timeline.rows import Flag, Shot
from cinedex.timeline.time import SECOND, ZERO

ORDER = ((1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1), (0, 0, 0))


def bars(level: int = 191, count: int = 7, height: int = 180, width: int = 320) -> np.ndarray:
    """The first bars of the standards, side by side."""
    number = np.arange(width) * count // width
    return (np.array(ORDER, np.uint8) * np.uint8(level))[number][None].repeat(height, axis=0)


def flags(*pictures: np.ndarray) -> list[tuple[str, str]]:
    looks = [Look(0, ZERO, p) for p in pictures]
    found = rows(made(Cards(), movie(SECOND), looks, tracks={Shot: shots_of([1])}), Flag)
    return [(f.label, f.note) for f in found]


def labels(*pictures: np.ndarray) -> list[str]:
    return [label for label, _ in flags(*pictures)]


def smpte() -> np.ndarray:
    """SMPTE's bars: two thirds bars, a strip of castellations, pluge below."""
    picture = bars()
    picture[120:135] = picture[0][::-1]
    picture[135:] = 16
    picture[135:, :53] = (0, 33, 76)
    picture[135:, 53:106] = 255
    return picture


@pytest.mark.parametrize("picture", [bars(), bars(255, 8), bars(191, 8), smpte()], ids=["75", "100", "EBU", "SMPTE"])
def test_colour_bars_are_found(picture: np.ndarray):
    assert labels(picture, picture, picture) == ["colour-bars"]


def test_noise_coding_and_a_clock_do_not_hide_them():
    random = np.random.default_rng(1)
    seen = []
    for number in range(3):
        picture = np.clip(bars().astype(int) + random.normal(0, 4, (180, 320, 3)), 0, 255).astype(np.uint8)
        picture[80:110, 100:200] = 0
        picture[85:105, 110 + 20 * number : 150 + 20 * number] = 255
        seen.append(picture)
    assert labels(*seen) == ["colour-bars"]


def test_bars_among_other_things_are_a_test_card():
    card = np.full((180, 320, 3), 128, np.uint8)
    card[::20] = card[:, ::20] = 255
    card[60:84, 60:260] = bars(width=200, height=24)
    assert labels(card, card, card) == ["test-card"]


def test_a_staircase_of_greys_is_a_test_card():
    stairs = (np.arange(320) * 10 // 320 * 25)[None, :, None].repeat(180, axis=0).repeat(3, axis=2).astype(np.uint8)
    assert labels(stairs, stairs, stairs) == ["test-card"]


def test_other_pictures_are_neither():
    random = np.random.default_rng(2)
    noise = random.integers(0, 256, (180, 320, 3), dtype=np.uint8)
    shuffled = bars()[:, np.repeat(np.array([3, 0, 5, 1, 6, 2, 4]), 46) * 45 + 10]
    ramp = np.linspace(0, 255, 320).astype(np.uint8)[None, :, None].repeat(180, axis=0).repeat(3, axis=2)
    for picture in (noise, shuffled, ramp, ramp * 0, np.full_like(ramp, 255), noise[:1, :1], noise[:2], noise[:, :2]):
        assert flags(picture, picture, picture) == []


def test_bars_that_are_seen_once_are_a_picture_in_passing():
    noise = np.random.default_rng(2).integers(0, 256, (180, 320, 3), dtype=np.uint8)
    assert flags(noise, bars(), noise) == []
