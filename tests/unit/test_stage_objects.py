"""What things are seen at glances, from looks that exist only as arrays and a detector with foreseeable answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import cuttings, made, merged, movie, rows

from cinedex.media.views import Look
from cinedex.models.fakes import FakeObjectDetector, fake_pool
from cinedex.stages.objects import Objects
from cinedex.timeline.rows import Glance, Object
from cinedex.timeline.time import SECOND

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


def glances(count: int) -> list[Glance]:
    return [Glance(start=SECOND * i, end=SECOND * (i + 1), shot=0) for i in range(count)]


def look(row: int, boxes: dict[str, tuple[float, float, float, float]], holes: str = "") -> Look:
    """A grey picture with boxes (x, y, width, height as shares) of plain colours; every other line of holes is grey."""
    pixels = np.full((300, 300, 3), 90, np.uint8)
    for colour, (x, y, width, height) in boxes.items():
        left, top, right, bottom = (round(v * 300) for v in (x, y, x + width, y + height))
        pixels[top : bottom : 2 if colour == holes else 1, left:right] = COLOURS[colour]
    return Look(row, SECOND * row, pixels)


def seen(looks: list[Look], stage: Objects | None = None) -> list[Object]:
    count = max(1, len(looks))
    tracks = {Glance: glances(count)}
    return rows(made(stage or Objects(), movie(SECOND * count), looks, tracks=tracks, models=fake_pool().get), Object)


def test_a_thing_stands_for_its_glance_where_it_was_seen():
    found = seen([look(0, {}), look(1, {"red": (0.1, 0.2, 0.3, 0.4)})])
    (thing,) = found
    assert (thing.start, thing.end, thing.refs) == (SECOND, SECOND * 2, (f"glance@{int(SECOND)}",))
    assert (thing.label, thing.vocabulary, thing.score) == ("red thing", "fake-things", 1.0)
    np.testing.assert_allclose((thing.x, thing.y, thing.width, thing.height), (0.1, 0.2, 0.3, 0.4), rtol=1e-6)


def test_the_surest_are_kept_and_the_unsure_left_out():
    boxes = {"red": (0.0, 0.0, 0.2, 0.2), "blue": (0.5, 0.5, 0.2, 0.2)}
    both = [look(0, boxes, holes="red")]
    assert [(t.label, round(t.score, 1)) for t in seen(both)] == [("blue thing", 1.0), ("red thing", 0.5)]
    assert [t.label for t in seen(both, Objects(threshold=0.6))] == ["blue thing"]
    assert [t.label for t in seen(both, Objects(most=1))] == ["blue thing"]


def test_things_of_one_time_have_names_of_their_own():
    found = seen([look(0, {"red": (0, 0, 0.2, 0.2), "green": (0.3, 0, 0.2, 0.2), "blue": (0.6, 0, 0.2, 0.2)})])
    assert len({t.ref for t in found}) == 3


def test_a_thousand_things_are_as_many_as_are_kept():
    class Crowd(FakeObjectDetector):
        def objects(self, pictures):
            return [np.tile(np.array([[0, 0, 0.1, 0.1, 0.9, 1]], np.float32), (1000, 1)) for _ in pictures]

    tracks = {Glance: glances(1)}
    found = made(Objects(), movie(SECOND), [look(0, {})], tracks=tracks, models=lambda _: Crowd())
    assert len(rows(found, Object)) == Objects().most


@pytest.mark.parametrize("video", [True, False])
def test_no_model_is_loaded_where_there_is_nothing_to_see(video: bool):
    assert not rows(made(Objects(), movie(SECOND, video=video), tracks={Glance: []}), Object)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_the_whole_is_its_reels_merged(data: st.DataObject):
    looks = [look(i, {"red": (i / 10, 0.1, 0.2, 0.2), "blue": (0.5, i / 10, 0.1, 0.3)}) for i in range(5)]
    tracks, film, pool = {Glance: glances(5)}, movie(SECOND * 5), fake_pool()
    whole = made(Objects(), film, looks, tracks=tracks, models=pool.get)
    parts = []
    for reel in data.draw(cuttings(film.span)):
        inside = [one for one in looks if tracks[Glance][one.row].start in reel]
        parts.append(made(Objects(), film, inside, span=reel, tracks=tracks, models=pool.get))
    for kind, table in merged(parts).items():
        assert table.equals(whole[kind])
