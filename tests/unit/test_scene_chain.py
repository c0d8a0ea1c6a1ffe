"""The best parting and the share of every border, against all partings of short sequences one by one."""

from __future__ import annotations

import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinedex.stages.scene_chain import best, borders, occupancy


@st.composite
def chains(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    count, reach = draw(st.integers(1, 8)), draw(st.integers(1, 9))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return random.normal(0, 2, (count, reach)), random.normal(0, 2, count)


def partings(stay: np.ndarray, begin: np.ndarray) -> dict[tuple[int, ...], float]:
    """The score of every way to part, by the shots that begin a scene."""
    count, reach = stay.shape
    found = {}
    for number in range(count):
        for some in combinations(range(1, count), number):
            starts, score, since = {0, *some}, 0.0, 0
            for i in range(1, count):
                since = 0 if i in starts else since + 1
                score += begin[i] if i in starts else stay[i, min(since, reach) - 1]
            found[0, *some] = score
    return found


@settings(max_examples=80, deadline=None)
@given(chains())
def test_no_parting_scores_higher_than_the_best(chain: tuple[np.ndarray, np.ndarray]):
    every = partings(*chain)
    assert every[tuple(best(*chain).tolist())] == pytest.approx(max(every.values()))


@settings(max_examples=80, deadline=None)
@given(chains(), st.integers(1, 9))
def test_nor_among_those_of_a_number_of_scenes(chain: tuple[np.ndarray, np.ndarray], scenes: int):
    found = tuple(best(*chain, scenes).tolist())
    number = min(scenes, len(chain[1]))
    assert len(found) == number
    every = partings(*chain)
    assert every[found] == pytest.approx(max(score for starts, score in every.items() if len(starts) == number))


@settings(max_examples=80, deadline=None)
@given(chains())
def test_a_border_has_the_share_of_the_partings_that_have_it(chain: tuple[np.ndarray, np.ndarray]):
    every = partings(*chain)
    weights = {starts: np.exp(score) for starts, score in every.items()}
    whole = sum(weights.values())
    shares = [sum(w for starts, w in weights.items() if i in starts) / whole for i in range(len(chain[1]))]
    assert borders(*chain) == pytest.approx(np.array(shares))
    assert occupancy(*chain).sum(axis=1) == pytest.approx(np.ones(len(chain[1])))


def test_scenes_may_be_longer_than_the_chain_remembers():
    stay, begin = np.full((300, 4), 1.0), np.full(300, -1.0)
    begin[200] = 50.0
    assert best(stay, begin).tolist() == [0, 200]
    assert borders(stay, begin)[200] == pytest.approx(1)


def test_nothing_has_no_borders():
    assert best(np.zeros((0, 4)), np.zeros(0)).tolist() == []
    assert borders(np.zeros((0, 4)), np.zeros(0)).tolist() == []
    assert best(np.zeros((1, 4)), np.zeros(1)).tolist() == [0]


def test_five_thousand_shots_take_a_moment():
    random = np.random.default_rng(1)
    stay, begin = random.normal(size=(5000, 24)), random.normal(size=5000)
    started = time.process_time()
    assert len(best(stay, begin)) > 1
    assert len(best(stay, begin, 1000)) == 1000
    assert borders(stay, begin).shape == (5000,)
    assert time.process_time() - started < 20
