"""Places of shots: from vectors that point where a place's head does, and from how bright the pictures are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import made, movie, rows, shots_of

from cinedex.stages.places import Places, heads
from cinedex.timeline.rows import Place, Quality, Shot, Vector
from cinedex.timeline.time import SECOND, Time

WIDTH = heads().width


def towards(*places: str) -> np.ndarray:
    """A unit vector in the direction in which the head sees these places most."""
    head = heads()
    rows_ = [head.weights[head.places.index(p), :-1] for p in places]
    vector = np.mean([r / np.linalg.norm(r) for r in rows_], axis=0)
    return vector / np.linalg.norm(vector)


def placed(
    vectors: list[np.ndarray | None], luma: list[float | None], *, space: str = "efficientnet-lite2", **given: float
) -> list[Place]:
    """The rows of a film of one shot a second, each of one vector and one brightness."""
    shots = shots_of([1] * len(vectors))
    seen = [
        Vector(start=s.start, end=s.end, space=space, values=tuple(v.tolist()))
        for s, v in zip(shots, vectors, strict=True)
        if v is not None
    ]
    measures = [
        Quality(start=s.start + i * (SECOND // 4), end=s.start + (i + 1) * (SECOND // 4), measure=m, value=value)
        for s, bright in zip(shots, luma, strict=True)
        for i in range(4)
        for m, value in (("luma", bright), ("highlight", 1.0))
        if value is not None
    ]
    tracks = {Shot: shots, Vector: seen, Quality: measures}
    return rows(made(Places(**given), movie(SECOND * max(1, len(shots))), tracks=tracks), Place)


def told(found: list[Place], aspect: str) -> list[str]:
    return [p.label for p in found if p.aspect == aspect]


@pytest.mark.parametrize("place", heads().places)
def test_every_place_of_the_list_can_be_named(place: str):
    found = placed([towards(place)], [0.5])
    assert told(found, "place") == [place]
    assert all(0.6 <= p.score <= 1 and p.refs == ("shot@0", "vector@0") for p in found)


def test_inside_and_outside_are_told_and_by_day_only_outside():
    found = placed([towards("kitchen"), towards("forest")], [0.5, 0.5])
    assert told(found, "setting") == ["interior", "exterior"]
    assert [(p.start, p.label) for p in found if p.aspect == "light"] == [(SECOND, "day")]


def test_what_is_dark_is_night_wherever_it_is():
    assert told(placed([towards("kitchen"), towards("street")], [0.1, 0.1]), "light") == ["night", "night"]
    assert told(placed([towards("street")], [0.2]), "light") == []


def test_of_a_black_shot_nothing_is_said():
    assert placed([towards("street")] * 2, [0.0, 0.05]) == []


def test_where_no_place_is_sure_its_group_is_named():
    found = placed([towards("forest", "field", "mountain", "garden", "coast")], [0.5])
    assert told(found, "place") == ["nature"]
    assert told(placed([towards("kitchen", "road", "coast", "shop")], [0.5], sure=0.9), "place") == []


def test_what_is_not_known_is_not_needed():
    assert placed([None, towards("coast")], [0.5, None])[0].start == SECOND
    assert told(placed([towards("coast")], [None]), "light") == []
    assert placed([towards("coast")], [0.5], space="another") == []
    assert placed([np.zeros(WIDTH), np.full(WIDTH, np.nan)], [0.5, 0.5]) == []
    assert placed([], []) == []


def test_vectors_of_the_wrong_length_are_a_fault():
    with pytest.raises(ValueError, match="not all of length"):
        placed([np.ones(7)], [0.5])


def test_the_list_and_the_head_belong_together():
    head = heads()
    assert head.weights.shape == (len(head.places) + 1, 1281)
    assert len(set(head.places) | set(head.groups)) == len(head.places) + len(head.groups)
    assert head.member.sum(axis=1).tolist() == [1] * len(head.places)
    assert np.isfinite(head.weights).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 2**31), min_size=1, max_size=4), st.floats(0, 1))
def test_scores_are_shares_and_no_aspect_is_told_twice(seeds: list[int], luma: float):
    vectors = [np.random.default_rng(s).normal(size=WIDTH) for s in seeds]
    vectors = [v / np.linalg.norm(v) for v in vectors]
    found = placed(vectors, [luma] * len(vectors))
    assert all(0.6 <= p.score <= 1 for p in found)
    keys = [(Time(p.start), p.aspect) for p in found]
    assert len(keys) == len(set(keys))
