"""Tracklets grouped into characters: people with known prints, who is seen with whom, and films with very many."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform
from tests.stage_films import made, movie, rows

from cinedex.models.registry import registry
from cinedex.stages.grouping import distances, exclude, grouped
from cinedex.stages.people import People
from cinedex.timeline.rows import Faceprint, Person, Tracklet
from cinedex.timeline.time import SECOND

Seen = tuple[float, float, np.ndarray, float]
"""From, to (seconds), print, quality."""


def person(number: int, dim: int = 128) -> np.ndarray:
    """A person's direction; those of two people lie far apart."""
    vector = np.random.default_rng(number).normal(size=dim)
    return vector / np.linalg.norm(vector)


def like(vector: np.ndarray, off: float, seed: int) -> np.ndarray:
    """A unit vector about `off` away."""
    noise = np.random.default_rng(seed).normal(size=len(vector))
    moved = vector + off * noise / np.linalg.norm(noise)
    return moved / np.linalg.norm(moved)


def grouped_people(seen: Sequence[Seen], stage: People | None = None) -> dict[int, Person]:
    """The `Person` of each tracklet, by its place."""
    tracklets, prints = [], []
    for number, (start, end, vector, quality) in enumerate(seen):
        span = {"start": SECOND * start, "end": SECOND * end}
        tracklets.append(
            Tracklet(**span, number=number, seen=3, best=span["start"], quality=quality, score=0.9)  # type: ignore[arg-type]
        )
        prints.append(Faceprint(**span, tracklet=number, space="s", values=tuple(vector.tolist())))
    last = max((s[1] for s in seen), default=1)
    tables = made(stage or People(), movie(SECOND * last), tracks={Tracklet: tracklets, Faceprint: prints})
    return {int(p.refs[0].split("#")[1]): p for p in rows(tables, Person)}


def test_the_same_face_is_the_same_character_and_the_most_seen_is_the_first():
    seen = [(i, i + 1, like(person(1 if i % 3 else 2), 0.2, i), 0.9) for i in range(9)]
    found = grouped_people(seen)
    assert [found[i].number for i in range(9)] == [2, 1, 1] * 3
    assert all(0.9 < p.score <= 1 for p in found.values())
    assert all(found[i].start == SECOND * i for i in range(9))


def test_people_seen_at_once_are_two_however_alike():
    twin = person(1)
    found = grouped_people([(0, 4, twin, 0.9), (1, 3, like(twin, 0.05, 1), 0.9), (5, 6, twin, 0.9)])
    assert found[0].number != found[1].number
    assert found[2].number == found[0].number
    assert found[1].score < 0.8


def test_two_who_were_seen_together_once_are_never_joined_through_a_third():
    a, b = person(1), like(person(1), 0.2, 5)
    between = a + b
    between /= np.linalg.norm(between)
    found = grouped_people([(0, 2, a, 0.9), (0, 2, b, 0.9), (3, 4, between, 0.9)])
    assert found[0].number != found[1].number
    assert found[2].number in {found[0].number, found[1].number}


def test_a_character_holds_several_looks():
    one = person(1)
    other = like(one, 0.34, 7)
    seen = [(i, i + 1, like(one, 0.08, i), 0.9) for i in range(4)]
    seen += [(i, i + 1, like(other, 0.08, i), 0.9) for i in range(4, 6)]
    found = grouped_people(seen)
    assert {p.number for p in found.values()} == {1}
    assert [found[i].look for i in range(6)] == [1] * 4 + [2] * 2


def test_a_dim_face_joins_only_whom_it_is_clearly_like():
    ann, ben = person(1), person(2)
    between = ann + ben
    between /= np.linalg.norm(between)
    seen = [
        (0, 2, ann, 0.9),
        (3, 5, ben, 0.9),
        (6, 7, like(ann, 0.2, 1), 0.2),
        (8, 9, like(person(3), 0.1, 2), 0.2),
        (10, 11, like(ann, 0.1, 3), 0.05),
        (0, 1, like(ann, 0.1, 4), 0.2),
        (12, 13, between, 0.2),
    ]
    found = grouped_people(seen)
    assert found[2].number == found[0].number
    assert set(found) == {0, 1, 2}, "a stranger, a face too poor, one seen beside her and one like both are nobody's"


def test_prints_of_another_space_and_of_no_tracklet_are_left_alone():
    span = {"start": SECOND * 0, "end": SECOND * 1}
    tracklets = [
        Tracklet(**span, number=n, seen=1, best=SECOND * 0, quality=0.9, score=0.9)  # type: ignore[arg-type]
        for n in (1, 2)
    ]
    prints = [
        Faceprint(**span, tracklet=n, space=space, values=tuple(person(n).tolist()))  # type: ignore[arg-type]
        for n, space in ((1, "a"), (2, "a"), (2, "b"), (99, "a"))
    ]
    tables = made(People(), movie(SECOND), tracks={Tracklet: tracklets, Faceprint: prints})
    assert {p.refs[0] for p in rows(tables, Person)} == {t.ref for t in tracklets}


def test_tracklets_without_prints_are_nobodys():
    tracklet = Tracklet(start=SECOND * 0, end=SECOND, number=1, seen=1, best=SECOND * 0, quality=0.9, score=0.9)
    assert rows(made(People(), movie(SECOND), tracks={Tracklet: [tracklet], Faceprint: []}), Person) == []


def test_its_bound_lies_below_that_of_the_embedder():
    assert People().alike < People().same <= registry()["dlib-face"].options["same"]


def test_more_tracklets_than_are_compared_join_those_that_are():
    seen = [(i, i + 1, like(person(1 + i % 2), 0.1, i), 0.9) for i in range(40)]
    found = grouped_people(seen, People(most=10))
    assert [found[i].number for i in range(40)] == [1, 2] * 20


@pytest.mark.slow
def test_five_thousand_tracklets_take_seconds_and_bounded_memory():
    random = np.random.default_rng(1)
    who = np.minimum(random.zipf(1.5, 5000), 300)
    seen = [(i, i + 1, like(person(int(w)), 0.22, i), float(random.uniform(0.2, 1))) for i, w in enumerate(who)]
    tracemalloc.start()
    began = time.process_time()
    found = grouped_people(seen)
    took, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert took < 60, "tracing makes it several times slower than it is"
    assert peak < 700 << 20
    numbers = np.array([found[i].number if i in found else -1 for i in range(5000)])
    for number in np.unique(numbers[numbers >= 0]):
        assert len(np.unique(who[numbers == number])) == 1
    assert len(np.unique(numbers)) < 1.2 * len(np.unique(who))


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 25), st.floats(0.3, 1.6), st.integers(0, 10_000))
def test_groups_are_those_of_average_linkage(count: int, bound: float, seed: int):
    vectors = np.random.default_rng(seed).normal(size=(count, 3)).astype(np.float32)
    apart = distances(vectors, vectors)
    np.fill_diagonal(apart, 0)
    wanted = hierarchy.fcluster(hierarchy.average(squareform((apart + apart.T) / 2)), bound, "distance")
    (labels,) = grouped(apart.copy(), np.ones(count), [bound])
    assert len(np.unique(labels)) == len(np.unique(wanted))
    assert all(len(np.unique(wanted[labels == name])) == 1 for name in np.unique(labels))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 25), st.integers(0, 10_000))
def test_no_group_holds_two_that_exclude_each_other_and_looks_lie_inside_characters(count: int, seed: int):
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, 2)).astype(np.float32)
    starts = random.integers(0, 20, count)
    ends = starts + random.integers(0, 4, count)
    apart = distances(vectors, vectors)
    exclude(apart, starts, ends)
    looks, people = grouped(apart, random.uniform(0.1, 1, count), [0.5, 10.0])
    for i in range(count):
        for j in range(i):
            if people[i] == people[j]:
                assert not (starts[i] < ends[j] and starts[j] < ends[i])
            if looks[i] == looks[j]:
                assert people[i] == people[j]


def test_nothing_is_grouped_into_nothing():
    empty = np.zeros((0, 0), np.float32)
    assert [len(g) for g in grouped(empty, np.zeros(0), [0.5, 1])] == [0, 0]
