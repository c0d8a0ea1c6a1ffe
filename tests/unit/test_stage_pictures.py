"""Thumbnails of shots from looks that exist only as arrays."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.stage_films import cuttings, made, merged, movie, rows, shots_of

from cinedex.media.views import Look
from cinedex.stages.pictures import Pictures, best, detail
from cinedex.timeline.rows import Picture, Shot
from cinedex.timeline.time import SECOND, Time


def view(strength: int, seed: int = 0) -> np.ndarray:
    """A picture of 320x180 with more or less detail."""
    return np.random.default_rng(seed).integers(100, 101 + strength, (180, 320, 3)).astype(np.uint8)


def looks(shots: list[Shot], strengths: list[list[int]]) -> list[Look]:
    return [
        Look(row, shot.start + i, view(strength, seed=row * 10 + i))
        for row, (shot, some) in enumerate(zip(shots, strengths, strict=True))
        for i, strength in enumerate(some)
    ]


def test_every_shot_gets_a_still_that_opens_as_a_picture():
    shots = shots_of([1, 2])
    found = rows(
        made(Pictures(), movie(SECOND * 3), looks(shots, [[9, 9, 9], [9, 9, 9]]), tracks={Shot: shots}), Picture
    )
    assert [(p.start, p.end, p.refs) for p in found] == [(s.start, s.end, (s.ref,)) for s in shots]
    for picture in found:
        assert (picture.role, picture.format, picture.width, picture.height) == ("thumbnail", "jpeg", 320, 180)
        assert Image.open(BytesIO(picture.data)).size == (320, 180)


def test_the_middle_is_shown_unless_another_look_has_clearly_more_detail():
    shots = shots_of([1])
    for strengths, shown in (([50, 48, 50], 1), ([10, 0, 80], 2), ([90, 20, 40], 0), ([0, 0, 0], 1), ([40, 50, 55], 1)):
        some = looks(shots, [strengths])
        assert best(some) is some[shown], strengths


def test_detail_is_nothing_for_one_colour_and_for_one_pixel():
    assert detail(np.full((180, 320, 3), 77, np.uint8)) == 0
    assert detail(np.zeros((1, 1, 3), np.uint8)) == 0
    assert detail(view(50)) > detail(view(5)) > 0


def test_the_same_picture_gives_the_same_bytes():
    shots = shots_of([1])
    once, again = (made(Pictures(), movie(SECOND), looks(shots, [[5, 6, 7]]), tracks={Shot: shots}) for _ in range(2))
    assert once["picture"].equals(again["picture"])


def test_a_shot_that_could_not_be_looked_at_has_no_still():
    shots = shots_of([1, 1])
    found = made(Pictures(), movie(SECOND * 2), looks(shots, [[5, 5, 5], []]), tracks={Shot: shots})
    assert [p.start for p in rows(found, Picture)] == [shots[0].start]


def test_a_film_without_pictures_has_no_stills():
    assert rows(made(Pictures(), movie(SECOND, video=False), tracks={Shot: []}), Picture) == []


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_the_whole_is_its_reels_merged(data: st.DataObject):
    shots = shots_of([1, 0.2, 3, 0.04, 2])
    film = movie(Time(shots[-1].end))
    all_looks = looks(shots, [[5, 9, 20]] * 5)
    whole = made(Pictures(), film, all_looks, tracks={Shot: shots})
    parts = [
        made(Pictures(), film, [k for k in all_looks if shots[k.row].start in reel], span=reel, tracks={Shot: shots})
        for reel in data.draw(cuttings(film.span))
    ]
    assert merged(parts)["picture"].equals(whole["picture"])
