"""The frame index over films that exist only as arrays."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import ArrayFilm, cuttings, made, merged, movie, rows, watched

from cinedex.stages.frames import FrameIndex
from cinedex.timeline.rows import Frame

BLANK = np.zeros((1, 27, 48, 3), np.uint8)


def film_of(seconds: list[float]) -> ArrayFilm:
    return ArrayFilm.held(np.repeat(BLANK, len(seconds), axis=0), seconds)


def test_every_picture_has_a_row_with_its_times_and_where_decoding_can_start():
    film = film_of([0.04] * 30 + [1.5, 0.02])
    index = rows(watched(FrameIndex(), film, size=7), Frame)
    assert [int(f.start) for f in index] == film.starts.tolist()
    assert [int(f.end) for f in index] == film.ends.tolist()
    assert [f.pts for f in index] == list(range(32))
    assert [i for i, f in enumerate(index) if f.key] == [0, 12, 24]


def test_a_film_without_pictures_has_no_frames():
    sound = movie(film_of([1.0]).movie.duration, video=False, audio=True)
    assert rows(made(FrameIndex(), sound), Frame) == []


def test_a_single_picture_is_a_film():
    assert len(rows(watched(FrameIndex(), film_of([3.0])), Frame)) == 1


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_the_whole_is_its_reels_merged(data: st.DataObject):
    seconds = data.draw(st.lists(st.sampled_from([0.02, 1 / 24, 0.7, 3.0]), min_size=1, max_size=60))
    film = film_of(seconds)
    reels = data.draw(cuttings(film.movie.span))
    whole = watched(FrameIndex(), film)
    assert merged([watched(FrameIndex(), film, reel) for reel in reels])["frame"].equals(whole["frame"])
