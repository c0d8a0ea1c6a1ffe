"""Where to look: glances tile the shots, and lie closer where more moves."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.stage_films import made, movie, rows, shots_of

from cinedex.stages.glances import Glances
from cinedex.timeline.rows import Glance, Quality, Shot
from cinedex.timeline.time import SECOND, Time


def glances(lengths: list[float], changes: list[float], stage: Glances | None = None, rate: int = 8) -> list[Glance]:
    """The glances of shots of so many seconds; `changes` are of pictures at `rate` a second, from the film's start."""
    step = int(SECOND) // rate
    quality = [
        Quality(start=Time(i * step), end=Time((i + 1) * step), measure="change", value=value)
        for i, value in enumerate(changes)
    ]
    film = movie(Time(round(sum(lengths) * int(SECOND))))
    return rows(made(stage or Glances(), film, tracks={Shot: shots_of(lengths), Quality: quality}), Glance)


def test_a_still_shot_is_looked_at_seldom_and_a_busy_one_often():
    found = glances([10, 10], [0.0] * 80 + [0.5] + [0.06] * 79)
    assert [sum(g.shot == n for g in found) for n in (0, 1)] == [5, 20]


def test_looks_lie_closer_where_it_moves_inside_a_shot():
    found = glances([20], [0.0] * 80 + [0.06] * 80)
    quiet = sum(g.end <= SECOND * 10 for g in found)
    assert 4 <= quiet <= 6
    assert 18 <= len(found) - quiet <= 21


def test_the_change_at_a_cut_is_no_motion():
    cut = glances([4, 4], [0.0] * 32 + [0.9] + [0.0] * 31)
    assert len(cut) == 4


def test_short_shots_are_looked_at_all_the_same():
    found = glances([0.1, 0.2, 1.6], [])
    assert [g.shot for g in found] == [0, 1, 2, 2]


def test_nothing_is_made_of_no_shots():
    assert glances([], []) == []


@given(
    st.lists(st.floats(0.04, 30), min_size=1, max_size=8),
    st.lists(st.floats(0, 1), max_size=200),
)
def test_glances_tile_the_shots(lengths: list[float], changes: list[float]):
    found, shots = glances(lengths, changes), shots_of(lengths)
    starts, ends = np.array([int(g.start) for g in found]), np.array([int(g.end) for g in found])
    assert np.array_equal(starts[1:], ends[:-1])
    assert (ends > starts).all()
    for number, shot in enumerate(shots):
        own = [g for g in found if g.shot == number]
        assert own[0].start == shot.start
        assert own[-1].end == shot.end
