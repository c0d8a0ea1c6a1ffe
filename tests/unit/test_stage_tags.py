"""Tags and vectors of shots, from looks that exist only as arrays and taggers with foreseeable answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import cuttings, made, merged, movie, rows, shots_of

from cinedex.media.views import Look
from cinedex.models.fakes import FakeImageTagger, fake_pool
from cinedex.stages.tags import Tags
from cinedex.timeline.rows import Shot, Tag, Vector
from cinedex.timeline.time import SECOND, Time

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "grey": (128, 128, 128)}


def looks(shots: list[Shot], colours: list[list[str]]) -> list[Look]:
    """Looks of one colour each; several colours in one name, joined by '+', lie side by side."""
    found = []
    for row, (shot, some) in enumerate(zip(shots, colours, strict=True)):
        for i, names in enumerate(some):
            parts = np.array([COLOURS[n] for n in names.split("+")], np.uint8)
            strip = np.repeat(parts, -(-260 // len(parts)), axis=0)[:260]
            found.append(Look(row, shot.start + i, np.broadcast_to(strip, (260, 260, 3)).copy()))
    return found


def tagged(colours: list[list[str]], stage: Tags | None = None) -> tuple[list[Tag], list[Vector]]:
    shots = shots_of([1] * len(colours))
    tables = made(
        stage or Tags(),
        movie(SECOND * max(1, len(shots))),
        looks(shots, colours),
        tracks={Shot: shots},
        models=fake_pool().get,
    )
    return rows(tables, Tag), rows(tables, Vector)


def test_a_tag_is_what_the_looks_show_on_average():
    tags, _ = tagged([["red", "red", "blue"], ["green", "green", "green"]])
    assert [(t.label, t.start, round(t.score, 2)) for t in tags] == [
        ("red", 0, 0.67),
        ("blue", 0, 0.33),
        ("green", SECOND, 1.0),
    ]
    assert {(t.vocabulary, t.refs) for t in tags} == {
        ("fake-colours", ("shot@0",)),
        ("fake-colours", (f"shot@{int(SECOND)}",)),
    }


def test_weak_tags_and_tags_beyond_the_bound_are_left_out():
    shown = [["red", "red+green", "grey+blue"]]
    assert {t.label for t in tagged(shown)[0]} == {"red", "green", "grey", "blue"}
    assert [t.label for t in tagged(shown, Tags(threshold=0.4))[0]] == ["red"]
    assert len(tagged(shown, Tags(most=2))[0]) == 2


def test_every_shot_has_a_vector_of_length_one_in_the_taggers_space():
    _, vectors = tagged([["red", "red", "blue"], ["grey", "grey", "grey"]])
    assert [v.start for v in vectors] == [0, SECOND]
    assert {v.space for v in vectors} == {fake_pool().get("efficientnet-lite2").space}
    for vector in vectors:
        assert np.linalg.norm(vector.values) == pytest.approx(1, abs=1e-3)


def test_shots_that_look_alike_lie_close():
    _, vectors = tagged([["red", "red", "red"], ["red", "red", "grey"], ["blue", "blue", "blue"]])
    first, second, third = (np.array(v.values) for v in vectors)
    assert first @ second > first @ third


def test_a_feature_of_nothing_but_zeros_stays_zero():
    class Blind(FakeImageTagger):
        def tags(self, pictures):
            return np.zeros((len(pictures), 9), np.float32), np.zeros((len(pictures), 4), np.float32)

    shots = shots_of([1])
    found = made(Tags(), movie(SECOND), looks(shots, [["red"] * 3]), tracks={Shot: shots}, models=lambda _: Blind())
    assert rows(found, Tag) == []
    assert set(rows(found, Vector)[0].values) == {0.0}


def test_no_model_is_loaded_for_a_film_without_pictures():
    found = made(Tags(), movie(SECOND, video=False), tracks={Shot: []})
    assert not rows(found, Tag)
    assert not rows(found, Vector)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_the_whole_is_its_reels_merged(data: st.DataObject):
    shots, pool = shots_of([1, 0.2, 3, 0.04]), fake_pool()
    film = movie(Time(shots[-1].end))
    all_looks = looks(shots, [["red", "blue", "grey+red"], ["red"] * 3, ["blue+grey"] * 3, ["green"] * 3])
    whole = made(Tags(), film, all_looks, tracks={Shot: shots}, models=pool.get)
    parts = []
    for reel in data.draw(cuttings(film.span)):
        inside = [look for look in all_looks if shots[look.row].start in reel]
        parts.append(made(Tags(), film, inside, span=reel, tracks={Shot: shots}, models=pool.get))
    for kind, table in merged(parts).items():
        assert table.equals(whole[kind])
