"""The picture measures against plain readings of their definitions: cell by cell, one number after the other."""

from __future__ import annotations

from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import ArrayFilm, rows, watched

from cinedex.stages import stripes as st_stripes
from cinedex.stages.flashes import Flashes
from cinedex.stages.quality import SHARE, Measures
from cinedex.stages.stripes import Stripes
from cinedex.stages.swings import (
    ACROSS,
    CELLS,
    DOWN,
    Turns,
    away_and_back,
    chromaticities,
    linear,
    reddish,
    redness,
    saturated,
    swings,
    together,
)
from cinedex.timeline.rows import Flash, Quality

Events = list[tuple[int, int, int]]


def events(turns: Turns) -> Events:
    return sorted(zip(turns.at.tolist(), turns.cells.tolist(), turns.ways.tolist(), strict=True))


def plain_swings(values: np.ndarray, least: float, below: float, also: np.ndarray | None) -> Events:
    """Each cell by itself: it waits for a rise and for a fall until the first, then for each in turn."""
    step, found = np.float32(least), []
    for cell in range(values.shape[1]):
        waits: dict[int, tuple[np.float32, np.float32]] = {}
        for way in (1, -1):
            waits[way] = values[0, cell], np.float32(0) if also is None else also[0, cell]
        for at in range(len(values)):
            now, second = values[at, cell], np.float32(0) if also is None else also[at, cell]
            for way in [w for w in (1, -1) if w in waits]:
                end, end_second = waits[way]
                if (end - now) * way > 0:  # further from where a change is to come to
                    waits[way] = end, end_second = now, second
                if (now - end) * way < step or min(now, end) >= below:
                    continue
                if also is not None and abs(second - end_second) < step:
                    continue
                found.append((at, cell, way))
                waits = {-way: (now, second)}
                break
    return sorted(found)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    size=st.sampled_from([0.03, 0.08, 0.3]),
    below=st.sampled_from([0.5, 0.8, np.inf]),
    least=st.sampled_from([0.0625, 0.1]),
    second=st.booleans(),
)
def test_changes_are_those_of_each_cell_by_itself(seed: int, size: float, below: float, least: float, second: bool):
    random = np.random.default_rng(seed)
    walk = 0.5 + np.cumsum(random.normal(0, size, (90, 12)), axis=0)
    values = np.abs((walk + 1) % 2 - 1).astype(np.float32)
    also = np.where(random.random(values.shape) < 0.3, 0, values).astype(np.float32) if second else None
    found = swings(values, least, below=below, also=also)
    assert events(found) == plain_swings(values, least, below, also)
    assert np.all(found.highs - found.lows >= np.float32(least))
    assert np.all(found.lows < below)
    assert np.all(np.diff(found.at) >= 0)


def plain_away(full: np.ndarray, places: np.ndarray, least: float) -> Events:
    red_place = np.array([0.45070, 0.52289], np.float32)
    found = []
    for cell in range(full.shape[1]):
        red, mark = bool(full[0, cell]), places[:, 0, cell]
        for at in range(1, len(full)):
            now = places[:, at, cell]
            is_red = bool(full[at, cell])
            if is_red != red and np.hypot(*(now - mark)) > least:
                red, mark = is_red, now
                found.append((at, cell, 1 if red else -1))
            elif (np.hypot(*(now - red_place)) < np.hypot(*(mark - red_place))) == red and (not red or is_red):
                mark = now
    return sorted(found)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_red_comes_and_goes_as_in_each_cell_by_itself(seed: int):
    random = np.random.default_rng(seed)
    tints = np.array([(255, 0, 0), (255, 120, 110), (200, 10, 10), (90, 90, 90), (0, 0, 255), (40, 0, 0)], np.uint8)
    pixels = tints[random.integers(0, len(tints), (50, 10))]
    light = linear(pixels)
    full, places = saturated(light, 0.8), chromaticities(light)
    assert full.any()
    assert events(away_and_back(full, places, 0.2)) == plain_away(full, places, 0.2)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.7, 0.8, 0.95]))
def test_what_is_saturated_red_passes_the_quick_test(seed: int, share: float):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (4, 200, 3), dtype=np.uint8)
    pixels[:2, :, 1:] //= 3
    full, maybe = saturated(linear(pixels), share), reddish(pixels, share)
    assert full.any()
    assert not (full & ~maybe).any()
    assert np.all(redness(linear(pixels))[full] > 0)


def plain_together(now: np.ndarray, against: np.ndarray, near: np.ndarray, near_against: np.ndarray) -> np.ndarray:
    kept = np.zeros(CELLS, bool)
    grids = [g.reshape(DOWN, ACROSS) for g in (now, against, near, near_against)]
    for cell in np.flatnonzero(now):
        y, x = divmod(int(cell), ACROSS)
        parts = [g[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3] for g in grids]
        size = parts[0].size
        same, other, beside, beside_other = (int(p.sum()) for p in parts)
        kept[cell] = (3 * same > size and same >= 3 * other) or (2 * beside > size and beside >= 3 * beside_other)
    return kept


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.05, 0.9))
def test_surroundings_are_counted_cell_by_cell(seed: int, share: float):
    random = np.random.default_rng(seed)
    shown = random.random((3, CELLS))
    now, against = shown < share, shown > 0.5 + share / 2
    near, near_against = now | (random.random(now.shape) < 0.3), against | (random.random(now.shape) < 0.05)
    found = together(now, against, near, near_against)
    for at in range(len(now)):
        assert np.array_equal(found[at], plain_together(now[at], against[at], near[at], near_against[at]))


@pytest.mark.parametrize(("seed", "step"), [(1, 25), (2, 60), (3, 200)])
def test_rows_of_flashes_hold_what_their_cells_did(seed: int, step: int):
    """Blocks of the picture change at random; each row's cells, area and ends are those of the plain definition."""
    random = np.random.default_rng(seed)
    blocks = 40 + np.cumsum(random.integers(-step, step + 1, (60, 3, 4, 1)), axis=0) % 200
    pixels = np.broadcast_to(blocks.repeat(9, 1).repeat(12, 2), (60, DOWN, ACROSS, 3)).astype(np.uint8)
    shine = (linear(pixels) @ np.array([0.2126, 0.7152, 0.0722], np.float32)).reshape(60, -1)
    ways = np.zeros(shine.shape, np.int8)
    for at, cell, way in plain_swings(shine, 0.1, 0.8, None):
        ways[at, cell] = way
    expected = []
    for at in range(60):
        some = ways[max(at - 1, 0) : at + 2]
        for way in (1, -1):
            near = [(some == w).any(axis=0) for w in (way, -way)]
            cells = plain_together(ways[at] == way, ways[at] == -way, *near)
            if cells.mean() >= 0.02:
                expected.append((at, way > 0, round(float(cells.mean()), 4), np.packbits(cells).tobytes()))
    film = ArrayFilm.steady(pixels)
    found = [f for f in rows(watched(Flashes(), film), Flash) if f.how == "luminance"]
    starts = {int(s): at for at, s in enumerate(film.starts)}
    assert sorted((starts[f.start], f.rise, round(f.area, 4), f.cells) for f in found) == sorted(expected)
    assert expected


def test_light_and_change_are_means_of_single_pixels():
    random = np.random.default_rng(3)
    pixels = random.integers(0, 256, (40, DOWN, ACROSS, 3), dtype=np.uint8)
    pixels[5], pixels[6] = 0, 255
    pixels[7, :, :24] = 200
    found = rows(watched(Measures(), ArrayFilm.steady(pixels)), Quality)
    luma = (pixels.astype(np.int64) @ np.array([13933, 46871, 4732])).reshape(40, -1) / (255 << 16)
    ranked = np.sort(luma, axis=1)[:, ceil(SHARE * CELLS) - 1]
    apart = np.abs(np.diff(pixels.astype(float), axis=0)).mean(axis=(1, 2, 3)) / 255
    drift = np.abs(pixels[24:].astype(float) - pixels[:-24]).mean(axis=(1, 2, 3)) / 255
    for name, values, steps in (
        ("luma", luma.mean(axis=1), 1 << 13),
        ("highlight", ranked, 1 << 13),
        ("change", apart, 1 << 16),
        ("drift", drift, 1 << 16),
    ):
        told = [q.value for q in found if q.measure == name]
        assert told == np.float32(np.rint(values * steps) / steps).tolist(), name


def pictures(count: int) -> list[np.ndarray]:
    """Stripes of all sorts over parts of pictures, on slopes and grain: many at the edge of being any."""
    random = np.random.default_rng(8)
    y, x = np.mgrid[0:90, 0:160]
    made = []
    for _ in range(count):
        turn, pairs = random.uniform(0, np.pi), random.uniform(2, 14)
        wave = np.sin(2 * np.pi * pairs / 160 * (x * np.cos(turn) + y * np.sin(turn)) + random.uniform(0, 6))
        high, wide = random.integers(20, 91), random.integers(30, 161)
        base = random.uniform(40, 170) + random.uniform(-0.6, 0.6) * x + random.uniform(-0.6, 0.6) * y
        base[:high, :wide] += random.uniform(5, 80) * (np.sign(wave) if random.random() < 0.5 else wave)[:high, :wide]
        made.append(np.clip(base + random.normal(0, random.uniform(0, 12), base.shape), 0, 255).astype(np.uint8))
    return made


class Thorough(Stripes):
    """Every wave is followed to the end."""

    def _roughly(self, half: np.ndarray, down: float, across: float, size: int) -> float:
        del half, down, across, size
        return 1.0


def test_the_rough_look_turns_no_stripes_away():
    found = []
    for picture in pictures(150):
        light = linear(picture)
        found.append(Thorough().look(light))
        assert Stripes().look(light) == found[-1]
    some = [f for f in found if f is not None]
    assert 30 < len(some) < 120
    assert min(f[1] for f in some) < 0.15


@pytest.mark.parametrize("picture", pictures(12))
def test_half_the_spectrum_tells_the_waves_of_the_whole(picture: np.ndarray):
    """The strongest wave of each window with its surroundings, from all waves there are."""
    shine = linear(picture)
    power = st_stripes._power((shine[:45, :80] - shine[:45, :80].mean())[None])
    whole = np.abs(np.fft.fft2(shine[:45, :80].astype(float) - shine[:45, :80].mean())) ** 2
    assert power[0] == pytest.approx(whole[:, :41], rel=1e-3, abs=1e-3 * whole.max())
    around = np.arange(-2, 3)
    for y, x in ((0, 0), (1, 1), (44, 2), (22, 40), (23, 39), (5, 20)):
        near = st_stripes._near(power, np.array([y + around]), np.array([x + around]))[0]
        plain = whole[np.ix_((y + around) % 45, (x + around) % 80)]
        assert near == pytest.approx(plain, rel=1e-3, abs=1e-3 * whole.max())


@pytest.mark.parametrize("size", [3, 9, 33, 61])
def test_means_as_a_matrix_are_means_by_sums(size: int):
    picture = linear(pictures(1)[0])[:45, :80]
    made = st_stripes._means(45, size) @ picture @ st_stripes._means(80, size).T
    assert made == pytest.approx(st_stripes._blur(picture, size), abs=1e-5)
