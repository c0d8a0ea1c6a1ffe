"""Faces followed through shots: painted faces whose ways are known, and detectors that find too much or nothing."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.face_films import SIZE, filmed, found
from tests.stage_films import made, merged, movie, rows

from cinedex.media.views import Look
from cinedex.models.fakes import FakeFaceDetector, fake_pool
from cinedex.stages.faces import Faces, quality, searched, turned
from cinedex.timeline.rows import FILM_SPACE, Face, Faceprint, Glance, Portrait, Shot, Tracklet
from cinedex.timeline.time import SECOND, Span, Time

ANN, BEN, CAT = 16, 80, 208
"""How green three people are: far enough apart for the fake embedder."""


def test_one_face_is_one_tracklet_with_a_face_a_look():
    tables = found([[[(100 + 20 * i, 100, 120, ANN)] for i in range(5)]])
    (tracklet,) = rows(tables, Tracklet)
    faces = rows(tables, Face)
    assert (tracklet.start, tracklet.end, tracklet.seen) == (0, SECOND * 5, 5)
    assert tracklet.refs == ("shot@0",)
    assert [f.start for f in faces] == [SECOND * i for i in range(5)]
    assert {f.tracklet for f in faces} == {tracklet.number}
    for i, face in enumerate(faces):
        assert face.x * SIZE[1] == pytest.approx(100 + 20 * i, abs=2)
        assert face.height * SIZE[0] == pytest.approx(120, abs=2)
        assert len(face.points) == 10


def test_every_tracklet_has_a_portrait_and_a_unit_print_of_its_own():
    tables = found([[[(100, 100, 120, ANN), (400, 100, 120, BEN)]] * 2])
    tracklets = rows(tables, Tracklet)
    portraits, prints = rows(tables, Portrait), rows(tables, Faceprint)
    assert len(tracklets) == len(portraits) == len(prints) == 2
    for tracklet, portrait, print_ in zip(tracklets, portraits, prints, strict=True):
        assert portrait.tracklet == print_.tracklet == tracklet.number
        assert portrait.refs == print_.refs == (tracklet.ref,)
        assert np.linalg.norm(print_.values) == pytest.approx(1, abs=1e-3)
        assert print_.space == fake_pool().get("dlib-face").space
        with Image.open(io.BytesIO(portrait.data)) as still:
            assert still.size == (portrait.width, portrait.height) == (112, 112)
    apart = np.linalg.norm(np.array(prints[0].values) - np.array(prints[1].values))
    assert apart > fake_pool().get("dlib-face").same


def test_a_face_that_is_missed_once_is_the_same_tracklet_and_twice_another():
    here, gone = [(200, 100, 120, ANN)], []
    assert [t.seen for t in rows(found([[here, gone, here, here]]), Tracklet)] == [3]
    assert [t.seen for t in rows(found([[here, gone, gone, here]]), Tracklet)] == [1, 1]


def test_a_cut_ends_every_tracklet():
    here = [(200, 100, 120, ANN)]
    tracklets = rows(found([[here] * 2, [here] * 3]), Tracklet)
    assert [(t.seen, t.refs) for t in tracklets] == [(2, ("shot@0",)), (3, (f"shot@{int(SECOND * 2)}",))]
    assert len({t.number for t in tracklets}) == 2


def test_people_who_change_places_are_told_apart_by_their_looks():
    left, right = (150, 100, 120, ANN), (330, 100, 120, BEN)
    crossed = [(330, 100, 120, ANN), (150, 100, 120, BEN)]
    tables = found([[[left, right], crossed, crossed]])
    assert sorted(t.seen for t in rows(tables, Tracklet)) == [3, 3]
    for tracklet in rows(tables, Tracklet):
        xs = [f.x * SIZE[1] for f in rows(tables, Face) if f.tracklet == tracklet.number]
        assert abs(xs[1] - xs[0]) > 150


def test_another_person_on_the_same_spot_is_another_tracklet():
    tables = found([[[(200, 100, 120, ANN)]] * 2 + [[(200, 100, 120, CAT)]] * 2])
    assert [t.seen for t in rows(tables, Tracklet)] == [2, 2]


THREE = [[[(100, 100, 120, ANN), (400, 100, 120, BEN)]] * 2, [[(200, 100, 120, CAT)]] * 2, [[(90, 90, 90, ANN)]]]


def test_prints_of_the_film_alone_lie_as_far_apart_and_are_no_others():
    stage = Faces(least=24).anonymous()
    assert (stage.least, stage.halo, stage.uses) == (24, None, Faces().uses)
    open_, own = found(THREE, Faces(least=24)), found(THREE, stage)
    for kind in (Face, Tracklet, Portrait):
        assert rows(own, kind) == rows(open_, kind)
    assert {p.space for p in rows(own, Faceprint)} == {FILM_SPACE}
    assert [p.tracklet for p in rows(own, Faceprint)] == [p.tracklet for p in rows(open_, Faceprint)]
    given, kept = (np.array([p.values for p in rows(t, Faceprint)]) for t in (open_, own))
    assert kept.shape == (4, 4)
    np.testing.assert_allclose(kept @ kept.T, given @ given.T, atol=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_turned_vectors_keep_their_distances_and_nothing_of_their_directions(count: int, dim: int, seed: int):
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, dim))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    basis, _ = np.linalg.qr(random.normal(size=(dim, dim)))
    kept = turned(vectors)
    assert kept.shape == (count, min(count, dim))
    np.testing.assert_allclose(kept @ kept.T, vectors @ vectors.T, atol=1e-3)
    sizes = np.linalg.svd(vectors, compute_uv=False)
    reach = np.sort(np.abs(kept), axis=0)
    if count == 1 or ((np.diff(sizes, append=0) < -1e-3).all() and (reach[-1] - reach[-2] > 1e-4).all()):
        np.testing.assert_allclose(turned(vectors @ basis), kept, atol=2e-5)


@pytest.mark.parametrize("stage", [Faces(), Faces().anonymous()])
def test_a_film_without_faces_has_no_rows(stage: Faces):
    tables = found([[[], []]], stage)
    assert all(rows(tables, kind) == [] for kind in stage.makes)
    assert rows(made(stage, movie(SECOND, video=False), tracks={Shot: [], Glance: []}), Face) == []


def test_nothing_turned_is_nothing():
    assert turned(np.zeros((0, 0))).shape == (0, 0)
    assert (turned(np.zeros((3, 5))) == 0).all()


def test_small_faces_are_followed_without_a_print():
    tables = found([[[(100, 100, 15, ANN), (300, 100, 90, BEN)]] * 2])
    small, large = sorted(rows(tables, Tracklet), key=lambda t: rows(tables, Face)[0].x and t.number)
    assert {p.tracklet for p in rows(tables, Faceprint)} == {large.number}
    assert small.quality == 0


class Crowd(FakeFaceDetector):
    """Sees a face on every spot of a grid, weaker from left to right and from top to bottom."""

    side = 24

    def faces(self, pictures):
        spots = [(x, y) for y in range(self.side) for x in range(self.side)]
        found = np.zeros((len(spots), 15), np.float32)
        for i, (row, (x, y)) in enumerate(zip(found, spots, strict=True)):
            row[:5] = x / self.side, y / self.side, 0.9 / self.side, 0.9 / self.side, 0.95 - i / 2000
            row[5:] = np.tile(row[:2] + row[2:4] / 2, 5) + np.tile([-0.01, 0.01], 5) * np.arange(10)
        return [found.copy() for _ in pictures]


def test_of_a_crowd_the_best_are_kept_and_the_foremost_get_prints():
    shots, glances, looks = filmed([[[], []]])
    models = {"centerface": Crowd(), "dlib-face": fake_pool().get("dlib-face")}
    stage = Faces(least=1)
    tables = made(stage, movie(SECOND * 2), looks, tracks={Shot: shots, Glance: glances}, models=models.__getitem__)
    tracklets = rows(tables, Tracklet)
    assert len(tracklets) == stage.most
    assert {t.seen for t in tracklets} == {2}
    assert min(f.score for f in rows(tables, Face)) >= 0.95 - stage.most / 2000
    assert 0 < len(rows(tables, Faceprint)) <= stage.foremost * 2


def test_weak_faces_only_go_on_with_what_a_strong_one_began():
    class Fading(FakeFaceDetector):
        def __init__(self, scores):
            self.scores = iter(scores)

        def faces(self, pictures):
            found = super().faces(pictures)
            for faces in found:
                faces[:, 4] = next(self.scores)
            return found

    shots, glances, looks = filmed([[[(200, 100, 120, ANN)]] * 5])
    models = {"centerface": Fading([0.3, 0.3, 0.5, 0.3, 0.2]), "dlib-face": fake_pool().get("dlib-face")}
    tables = made(Faces(), movie(SECOND * 5), looks, tracks={Shot: shots, Glance: glances}, models=models.__getitem__)
    (tracklet,) = rows(tables, Tracklet)
    assert (tracklet.start, tracklet.end, tracklet.seen) == (SECOND * 2, SECOND * 4, 2)


@pytest.mark.parametrize("size", [(480, 2), (2, 480), (480, 40_000), (1, 1), (480, 854)])
def test_pictures_of_any_shape_are_searched_in_a_bounded_size(size: tuple[int, int]):
    small = searched(np.full((*size, 3), 200, np.uint8))
    assert small.ndim == 3
    assert min(small.shape[:2]) >= 1
    assert max(small.shape[:2]) <= 1536
    assert (small == 200).all()


def test_pictures_are_made_smaller_by_averaging():
    ramp = np.repeat(np.arange(0, 240, 2, dtype=np.uint8)[:, None, None], 90, axis=1).repeat(3, axis=2)
    small = searched(ramp)
    assert small.shape == (80, 60, 3)
    np.testing.assert_allclose(small[:, 0, 0], np.arange(80) * 3 + 0.5, atol=1.01)


def test_a_film_that_is_two_thousand_times_as_wide_as_high_has_faces_or_none_but_no_crash():
    shots, glances, _ = filmed([[[]]])
    for size in ((480, 20_000), (480, 2)):
        look = Look(0, Time(0), np.zeros((*size, 3), np.uint8))
        tables = made(Faces(), movie(SECOND), [look], tracks={Shot: shots, Glance: glances}, models=fake_pool().get)
        assert rows(tables, Face) == []


def test_no_model_is_loaded_for_a_film_without_looks():
    assert rows(made(Faces(), movie(SECOND, video=False), tracks={Shot: [], Glance: []}), Face) == []


def face_chip(detail: float) -> np.ndarray:
    """A chip with stripes as fine as `detail` says, 0..1."""
    across = np.arange(150) * (0.05 + 0.3 * detail)
    return np.repeat(np.repeat((128 + 90 * np.sin(across))[None, :, None], 150, 0), 3, 2).astype(np.uint8)


def test_quality_falls_with_size_blur_and_turning_away():
    from cinedex.models.chips import TEMPLATE  # noqa: PLC0415 - for this test alone

    straight = TEMPLATE * 150
    turned = straight.copy()
    turned[2] += (25, 0)
    good = quality(face_chip(1), straight, 100, 0.9)
    assert good > 0.8
    assert quality(face_chip(0), straight, 100, 0.9) < 0.5 * good
    assert quality(face_chip(1), straight, 22, 0.9) < 0.5 * good
    assert quality(face_chip(1), turned, 100, 0.9) < 0.8 * good
    assert quality(face_chip(1), straight, 100, 0.3) < good
    assert quality(face_chip(1), np.zeros((5, 2)), 100, 0.9) == 0
    assert quality(np.zeros((150, 150, 3), np.uint8), straight, 100, 0.9) == 0


painted = st.tuples(st.integers(0, 500), st.integers(0, 340), st.sampled_from([30, 60, 120]), st.sampled_from([16, 80]))


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.lists(st.lists(painted, max_size=2), min_size=1, max_size=3), min_size=2, max_size=3),
    st.data(),
)
def test_the_whole_is_its_reels_merged_where_it_is_cut_at_shots(shots, data):
    whole = found(shots)
    edges = [0, *np.cumsum([len(s) for s in shots]).tolist()]
    inner = data.draw(st.sets(st.sampled_from(edges[1:-1])))
    spans = sorted({0, edges[-1], *inner})
    parts = [found(shots, span=Span(SECOND * a, SECOND * b)) for a, b in pairwise(spans)]
    for kind, table in merged(parts).items():
        assert table.equals(whole[kind]), kind


def test_it_is_cut_at_shots_alone():
    assert Faces.seam is Shot
    assert Shot in Faces().reads
