"""Scans of pictures made here, and the areas and flags that follow from scans over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from tests.stage_films import made, movie, rows

from cinedex.media.views import Look
from cinedex.stages.defects import Defects
from cinedex.stages.scan import Scans, bars_of, lines_of
from cinedex.stages.steady import steadiest, stretches
from cinedex.timeline.rows import Area, Flag, Glance, Scan
from cinedex.timeline.time import SECOND, ZERO, Time

CLEAN = {"bars": (0.0, 0.0, 0.0, 0.0), "edges": (1.0, 1.0, 1.0, 1.0), "comb": 0.0, "detail": 0.7, "shown": 0.5}
BARRED = {"bars": (0.0, 0.12, 0.0, 0.12), "edges": (0.7, 1.0, 0.7, 1.0)}
DARK = {"bars": (0.5, 0.5, 0.5, 0.5), "edges": (0.0, 0.0, 0.0, 0.0), "detail": 0.0, "shown": 0.0}


def landscape(seed: int = 1, size: tuple[int, int] = (288, 480)) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 1, size)
    found = sum(ndimage.gaussian_filter(noise, s) * s for s in (0.7, 2, 6))
    return np.clip(130 + 40 * found / np.std(found), 30, 255).astype(np.uint8)


def woven(shift: int) -> np.ndarray:
    """Two fields of a landscape that has gone on between them."""
    picture = landscape()
    found = picture.copy()
    found[1::2] = np.roll(picture, shift, axis=1)[1::2]
    return found


def scans(*looks: tuple[int, dict[str, object]]) -> list[Scan]:
    """So many scans of a second each, like the clean one but for what is given."""
    found: list[Scan] = []
    for count, other in looks:
        for _ in range(count):
            start = SECOND * len(found)
            found.append(Scan(start=start, end=start + SECOND, **{**CLEAN, **other}))  # type: ignore[arg-type]
    return found


def judged(*looks: tuple[int, dict[str, object]]) -> tuple[list[Area], list[tuple[str, float, float]]]:
    given = scans(*looks)
    tables = made(Defects(), movie(given[-1].end if given else ZERO), tracks={Scan: given})
    flags = [(f.label, f.start.seconds, f.end.seconds) for f in rows(tables, Flag)]
    return rows(tables, Area), flags


def test_bars_are_shares_of_the_picture():
    picture = landscape()
    picture[:36] = 0
    picture[-18:] = 10
    picture[:, :48] = 2
    bars, edges = bars_of(picture)
    assert bars == (0.1, 0.125, 0, 0.0625)
    assert min(edges) > 0.7


def test_letters_on_black_have_no_edge():
    picture = np.zeros((288, 480), np.uint8)
    picture[140:150, 100:380:8] = 255
    _, edges = bars_of(picture)
    assert max(edges) < 0.2


def test_fields_of_a_moving_picture_are_a_comb_and_other_pictures_none():
    assert lines_of(woven(6))[0] > 0.3
    assert lines_of(landscape())[0] == 0
    assert lines_of(woven(0))[0] == 0


def test_blur_takes_detail_away_step_by_step():
    sharp = landscape()
    found = [lines_of(ndimage.gaussian_filter(sharp, s))[1] for s in (0.0, 1.0, 2.0, 4.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.5
    assert found[-1] < 0.3


def test_what_is_in_focus_counts():
    picture = landscape()
    soft = ndimage.gaussian_filter(picture, 5)
    soft[100:200, 150:350] = picture[100:200, 150:350]
    assert lines_of(soft)[1] > 0.8 * lines_of(picture)[1]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 9))
def test_any_picture_can_be_scanned(height: int, width: int, seed: int):
    picture = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    for made_of in (picture, picture * 0):
        bars, edges = bars_of(made_of)
        numbers = [*bars, *edges, *lines_of(made_of)]
        assert all(0 <= n <= 1 for n in numbers)


def test_a_scan_is_of_what_lies_between_the_bars():
    picture = np.zeros((288, 480), np.uint8)
    picture[48:240] = woven(6)[48:240]
    glances = [Glance(start=ZERO, end=SECOND, shot=0)]
    found = rows(made(Scans(), movie(SECOND), [Look(0, ZERO, picture)], tracks={Glance: glances}), Scan)
    assert len(found) == 1
    assert found[0].bars == pytest.approx((0, 1 / 6, 0, 1 / 6), abs=1e-3)
    assert found[0].comb > 0.3


def test_a_film_without_bars_is_one_area():
    areas, flags = judged((20, {}))
    assert [(a.start, a.end, a.x, a.y, a.width, a.height) for a in areas] == [(ZERO, SECOND * 20, 0, 0, 1, 1)]
    assert flags == []


def test_dark_scenes_and_subtitles_do_not_move_the_bars():
    dim = {"bars": (0.3, 0.2, 0.1, 0.3), "edges": (0.2, 0.1, 0.4, 0.2)}
    subtitle = {"bars": (0.0, 0.12, 0.0, 0.04), "edges": (0.7, 1.0, 0.7, 0.3)}
    areas, flags = judged((8, BARRED), (9, DARK), (4, dim), (6, subtitle), (8, BARRED))
    assert [(a.y, a.height) for a in areas] == [(pytest.approx(0.12), pytest.approx(0.76))]
    assert flags == [("letterbox", 0, 35)]


def test_a_change_of_shape_inside_the_film_is_two_changes_of_area():
    areas, flags = judged((10, BARRED), (8, {}), (10, BARRED))
    assert [a.start.seconds for a in areas] == [0, 10, 18]
    assert flags == [("letterbox", 0, 10), ("letterbox", 18, 28)]


def test_a_dark_edge_seen_now_and_then_is_no_bar():
    edge = {"bars": (0.0, 0.1, 0.0, 0.1)}
    areas, flags = judged((10, {}), (2, edge), (10, {}))
    assert len(areas) == 1
    assert flags == []


@pytest.mark.parametrize(
    ("bars", "label"),
    [((0.125, 0, 0.125, 0), "pillarbox"), ((0.1, 0.1, 0.1, 0.1), "windowbox"), ((0, 0.07, 0, 0.08), "letterbox")],
)
def test_bars_are_named_by_their_sides(bars: tuple[float, ...], label: str):
    assert judged((12, {"bars": bars}))[1] == [(label, 0, 12)]


def test_pictures_out_of_the_middle_are_not_boxed():
    assert judged((12, {"bars": (0.0, 0.0, 0.2, 0.0)}))[1] == []


def test_an_altogether_dark_film_has_no_area():
    assert judged((30, DARK)) == ([], [])
    assert judged() == ([], [])


def test_combs_over_and_over_are_interlacing_and_one_is_not():
    assert judged((10, {}), (1, {"comb": 0.3}), (10, {}))[1] == []
    mixed = [(1, {"comb": 0.1}), (1, {})] * 6
    assert judged((10, {}), *mixed, (10, {}))[1] == [("interlacing", 10, 21)]


def test_blur_is_a_sustained_loss_against_the_film():
    assert judged((20, {}), (4, {"detail": 0.3}), (20, {}))[1] == [("blur", 20, 24)]
    assert judged((20, {}), (1, {"detail": 0.3}), (20, {}))[1] == []
    assert judged((20, {"detail": 0.2}))[1] == [("blur", 0, 20)]


@given(st.lists(st.lists(st.floats(0, 3), min_size=3, max_size=3), max_size=7), st.floats(0, 3))
def test_the_steadiest_path_is_the_cheapest_of_all(costs: Sequence[Sequence[float]], change: float):
    table = np.array(costs).reshape(-1, 3)
    path = steadiest(table, change)

    def price(way: Sequence[int]) -> float:
        return sum(table[i, s] for i, s in enumerate(way)) + change * sum(a != b for a, b in zip(way, way[1:]))  # noqa: B905, RUF007 - pairs

    if not len(table):
        assert len(path) == 0
        return
    ways = np.stack(np.meshgrid(*[range(3)] * len(table), indexing="ij"), axis=-1).reshape(-1, len(table))
    assert price(path.tolist()) == pytest.approx(min(price(w) for w in ways.tolist()))


def test_stretches_cover_all_places():
    assert stretches(np.array([1, 1, 0, 2, 2])) == [(0, 2), (2, 3), (3, 5)]
    assert stretches(np.array([], dtype=np.int64)) == []


def test_thousands_of_odd_scans_are_judged_in_bounded_time():
    random = np.random.default_rng(1)
    given = [
        Scan(
            start=SECOND * n,
            end=SECOND * (n + 1),
            bars=tuple(random.uniform(0, 0.5, 4)),
            edges=tuple(random.uniform(0, 1, 4)),
            comb=float(random.uniform()),
            detail=float(random.uniform()),
            shown=float(random.uniform()),
        )
        for n in range(3000)
    ]
    tables = made(Defects(), movie(Time(SECOND * 3000)), tracks={Scan: given})
    assert all(0 < a.width <= 1 and 0 < a.height <= 1 for a in rows(tables, Area))
