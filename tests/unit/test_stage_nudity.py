"""Looks at glances and closer ones where they are suspicious, from looks that exist only as arrays."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import made, merged, movie, rows

from cinedex.media.views import Look
from cinedex.models.fakes import fake_pool
from cinedex.stages.nudity import CloserLooks, FirstLooks
from cinedex.timeline.rows import Glance, Nudity, Suspect
from cinedex.timeline.time import SECOND, Span, Time


def glances(count: int, seconds: int = 2) -> list[Glance]:
    return [Glance(start=SECOND * seconds * i, end=SECOND * seconds * (i + 1), shot=0) for i in range(count)]


def look(row: int, share: float, at: int | None = None) -> Look:
    """A grey picture of which the upper share is the colour that the fake takes for skin."""
    pixels = np.full((256, 256, 3), 90, np.uint8)
    pixels[: round(256 * share)] = (255, 0, 255)
    return Look(row, SECOND * (row if at is None else at), pixels)


def first(*shares: float, stage: FirstLooks | None = None) -> tuple[list[Nudity], list[Suspect]]:
    looks, tracks = [look(i, share) for i, share in enumerate(shares)], {Glance: glances(max(1, len(shares)))}
    film = movie(SECOND * 2 * max(1, len(shares)))
    tables = made(stage or FirstLooks(), film, looks, tracks=tracks, models=fake_pool().get)
    return rows(tables, Nudity), rows(tables, Suspect)


def test_a_harmless_glance_has_its_score_and_is_done():
    (one,), suspects = first(0.0625)
    assert (one.start, one.end, one.score, one.refs) == (Time(0), SECOND * 2, 0.0625, ("glance@0",))
    assert suspects == []


def test_a_suspicious_glance_has_no_answer_but_is_to_be_looked_at_every_half_second():
    answers, suspects = first(0.0, 0.5)
    assert [a.refs for a in answers] == [("glance@0",)]
    assert [s.end - s.start for s in suspects] == [SECOND // 2] * 4
    assert (suspects[0].start, suspects[-1].end) == (SECOND * 2, SECOND * 4)
    assert {(s.score, s.refs) for s in suspects} == {(0.5, (f"glance@{int(SECOND * 2)}",))}


def test_what_is_suspicious_and_how_close_can_be_said():
    assert first(0.5, stage=FirstLooks(suspicious=0.6))[1] == []
    assert len(first(0.5, stage=FirstLooks(close=0.3))[1]) == 7
    assert len(first(0.5, stage=FirstLooks(close=0.0))[1]) == 200, "no closer than a hundredth of a second"


def test_closer_looks_give_each_stretch_its_own_score():
    suspects = [Suspect(start=SECOND * i, end=SECOND * (i + 1), score=0.9) for i in range(3)]
    looks = [look(i, share) for i, share in enumerate((0.0, 0.75, 0.25))]
    found = rows(
        made(CloserLooks(), movie(SECOND * 3), looks, tracks={Suspect: suspects}, models=fake_pool().get), Nudity
    )
    assert [n.score for n in found] == [0.0, 0.75, 0.25]
    assert [n.refs for n in found] == [(s.ref,) for s in suspects]
    assert [n.span for n in found] == [s.span for s in suspects]


@pytest.mark.parametrize("stage", [FirstLooks(), CloserLooks()])
def test_no_model_is_loaded_where_there_is_nothing_to_see(stage: FirstLooks | CloserLooks):
    assert not rows(made(stage, movie(SECOND), tracks={Glance: [], Suspect: []}), Nudity)


@settings(max_examples=15, deadline=None)
@given(st.sets(st.integers(1, 4)))
def test_the_whole_is_its_reels_merged_where_it_is_cut_at_glances(cuts: set[int]):
    looks = [look(i, i % 3 / 4, at=2 * i) for i in range(5)]
    tracks, film, pool = {Glance: glances(5)}, movie(SECOND * 10), fake_pool()
    whole = made(FirstLooks(), film, looks, tracks=tracks, models=pool.get)
    parts = []
    for first_one, last in pairwise([0, *sorted(cuts), 5]):
        reel = Span(SECOND * 2 * first_one, SECOND * 2 * last)
        parts.append(made(FirstLooks(), film, looks[first_one:last], span=reel, tracks=tracks, models=pool.get))
    for kind, table in merged(parts).items():
        assert table.equals(whole[kind]), kind


def test_it_is_cut_at_glances_alone():
    assert FirstLooks.seam is Glance
    assert Glance in FirstLooks().reads
