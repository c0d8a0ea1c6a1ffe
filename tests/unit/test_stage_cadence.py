"""Pictures repeated or left out, told from a cadence, in measures that are written down."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from tests.stage_films import made, movie, rows

from cinedex.stages.cadence import Cadence
from cinedex.timeline.rows import Flag, Frame, Quality
from cinedex.timeline.time import FLICKS_PER_SECOND, ZERO, Time

MOVING = 0.02


def flags(changes: Sequence[float], rate: int = 24, lasting: Sequence[int] = (), **how: object) -> list[Flag]:
    """Of a film whose pictures change so, each lasting one 'rate'th of a second or as many of them as given."""
    step = FLICKS_PER_SECOND // rate
    lengths = [step * n for n in (lasting or [1] * len(changes))]
    starts = np.concatenate(([0], np.cumsum(lengths)))
    frames = [
        Frame(start=Time(int(a)), end=Time(int(b)), pts=i, key=False)
        for i, (a, b) in enumerate(pairwise(starts.tolist()))
    ]
    measures = [
        Quality(start=f.start, end=f.end, measure="change", value=c)
        for f, c in list(zip(frames, changes, strict=True))[1:]
    ]
    film = movie(Time(int(starts[-1])) if frames else ZERO)
    return rows(made(Cadence(**how), film, tracks={Frame: frames, Quality: measures}), Flag)  # type: ignore[arg-type]


def with_repeats(count: int, repeats: Sequence[int], moving: float = MOVING) -> list[float]:
    return [0.0001 if i in set(repeats) else moving for i in range(count)]


def test_repeats_where_things_move_are_dropped_frames():
    found = flags(with_repeats(240, [50, 57, 71, 72, 90]))
    assert [(f.label, f.start.seconds * 24, f.end.seconds * 24) for f in found] == [("dropped-frames", 50, 91)]
    assert "5 of 41" in found[0].note


def test_one_alone_may_be_meant():
    assert flags(with_repeats(240, [100])) == []
    assert len(flags(with_repeats(240, [100]), least=1)) == 1


@pytest.mark.parametrize(
    ("pattern", "rate"),
    [((1,), 24), ((1, 0, 0, 0, 0), 30), ((1, *[0] * 24), 25), ((1, 0, 1, 0, 1), 60), ((1, 0, 0), 30)],
    ids=["never moving", "24 as 30", "24 as 25", "24 as 60", "20 as 30"],
)
def test_a_cadence_is_no_fault(pattern: tuple[int, ...], rate: int):
    changes = [0.0001 if pattern[i % len(pattern)] else MOVING for i in range(20 * rate)]
    assert flags(changes, rate) == []


def test_a_cadence_of_which_some_repeats_do_not_show_is_no_fault():
    random = np.random.default_rng(3)
    shown = [i for i in range(0, 600, 5) if random.random() < 0.4]
    assert flags(with_repeats(600, shown), 30) == []
    late = [i + (1 if n % 3 else 0) for n, i in enumerate(shown)]
    assert flags(with_repeats(600, late), 30) != []


def test_drawings_on_twos_are_no_fault():
    assert flags([0.0, MOVING] * 120) == []


def test_a_move_that_comes_to_rest_is_no_fault():
    eased = [MOVING * 0.7**n for n in range(30)]
    assert flags([*[MOVING] * 30, *eased, *[0.0] * 30, *eased[::-1], *[MOVING] * 30]) == []


def test_stills_between_cuts_and_long_holds_are_no_faults():
    assert flags([*[MOVING] * 30, 0.3, *[0.0] * 5, 0.3, *[0.0] * 5, 0.3, *[MOVING] * 30]) == []
    assert flags([*[MOVING] * 30, *[0.0] * 40, *[MOVING] * 30, *[0.0] * 40, *[MOVING] * 30]) == []


def test_little_motion_shows_no_repeats():
    assert flags(with_repeats(240, [50, 57, 71], moving=0.002)) == []


def test_gaps_in_time_are_dropped_frames():
    lasting = [1] * 200
    lasting[60] = lasting[80] = 3
    found = flags([MOVING] * 200, lasting=lasting)
    assert [f.note for f in found] == ["2 are shown too long"]


def test_a_film_of_variable_rate_has_no_gaps():
    assert flags([MOVING] * 200, lasting=[1, 2] * 100) == []


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_short_films_have_no_cadence(count: int):
    assert flags([MOVING] * count) == []


@pytest.mark.parametrize("rate", [1, 5, 120])
def test_any_rate_is_judged(rate: int):
    assert flags([MOVING] * 300, rate) == []
    random = np.random.default_rng(rate)
    for flag in flags(random.choice([0.0, MOVING], 600).tolist(), rate):
        assert 0 < flag.score <= 1
