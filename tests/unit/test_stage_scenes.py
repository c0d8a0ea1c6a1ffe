"""Scenes of films that exist only as rows: what is told apart, by what, how surely, and what is made of odd films."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import made, movie, rows, shots_of

from cinedex.stages.scenes import Scenes
from cinedex.timeline.rows import Cue, Palette, Person, Picture, Place, Quality, Row, Scene, Shot, Vector, Voice
from cinedex.timeline.time import SECOND, ZERO, Time

RANDOM = np.random.default_rng(5)

SETS = RANDOM.normal(size=(12, 64))


def parted(shots: Sequence[Shot], stage: Scenes | None = None, **more: Sequence[Row]) -> list[Scene]:
    tracks: dict[type[Row], Sequence[Row]] = {Shot: shots}
    tracks |= {type(some[0]): some for some in more.values() if some}
    end = Time(shots[-1].end) if shots else ZERO
    return rows(made(stage or Scenes(), movie(end), tracks=tracks), Scene)


def vectors(shots: Sequence[Shot], where: Sequence[int], spread: float = 0.6, space: str = "any") -> list[Vector]:
    """Vectors of shots taken in these places: each place has a direction, each shot strays from it."""
    stray = np.random.default_rng(9).normal(size=(len(shots), 64))
    values = SETS[list(where)] + spread * stray
    return [
        Vector(start=s.start, end=s.end, space=space, values=tuple(map(float, v / np.linalg.norm(v))))
        for s, v in zip(shots, values, strict=True)
    ]


def palettes(shots: Sequence[Shot], colours: Sequence[tuple[int, int, int]]) -> list[Palette]:
    return [
        Palette(start=s.start, end=s.end, colours=c, shares=(1.0,), warmth=0.0, contrast=0.1, saturation=0.5)
        for s, c in zip(shots, colours, strict=True)
    ]


def persons(shots: Sequence[Shot], who: Sequence[Sequence[int]]) -> list[Person]:
    return [
        Person(start=s.start, end=s.end, number=n, look=0, score=0.9)
        for s, some in zip(shots, who, strict=True)
        for n in some
    ]


def luma(shots: Sequence[Shot], black: Sequence[float] = (), light: float = 0.5) -> list[Quality]:
    """Ten values a second, black for half a second around each of these times."""
    end = shots[-1].end.seconds
    times = np.arange(0, end, 0.1)
    return [
        Quality(
            start=Time.from_seconds(t),
            end=Time.from_seconds(t + 0.1),
            measure="luma",
            value=0.01 if any(abs(t - b) < 0.3 for b in black) else light,
        )
        for t in times.tolist()
    ]


def begins(scenes: Sequence[Scene], shots: Sequence[Shot]) -> list[int]:
    numbers = {s.start: s.number for s in shots}
    return [numbers[s.start] for s in scenes]


WHERE = [0] * 9 + [1] * 7 + [2] * 8 + [0] * 6


@pytest.fixture
def shots() -> list[Shot]:
    return shots_of([3.0] * len(WHERE))


def test_shots_of_one_place_are_a_scene(shots: list[Shot]):
    scenes = parted(shots, vectors=vectors(shots, WHERE))
    assert begins(scenes, shots) == [0, 9, 16, 24]
    assert [s.number for s in scenes] == [0, 1, 2, 3]
    assert scenes[0].score == 1
    assert all(0.3 < s.score <= 1 for s in scenes[1:])
    assert scenes[0].reasons == ("the film begins",)
    assert all(s.reasons == ("other pictures",) for s in scenes[1:])


def test_a_conversation_shown_from_two_sides_is_one_scene():
    where = [0, 1] * 6 + [2, 3] * 6
    shots = shots_of([3.0] * len(where))
    assert begins(parted(shots, Scenes(count=2), vectors=vectors(shots, where, 0.3)), shots) == [0, 12]


def test_a_border_is_surer_where_more_speaks_for_it(shots: list[Shot]):
    given_vectors = vectors(shots, WHERE)
    plain = parted(shots, Scenes(count=4), vectors=given_vectors)
    who = [[1, 2]] * 9 + [[3]] * 7 + [[3]] * 8 + [[3]] * 6
    scenes = parted(shots, Scenes(count=4), vectors=given_vectors, people=persons(shots, who))
    assert scenes[1].score > plain[1].score
    assert "other people" in scenes[1].reasons
    assert scenes[2].score < plain[2].score
    assert "other people" not in scenes[2].reasons


def test_black_between_scenes_tells(shots: list[Shot]):
    given_vectors = vectors(shots, WHERE)
    plain = parted(shots, vectors=given_vectors)
    scenes = parted(shots, vectors=given_vectors, quality=luma(shots, [27.0]))
    assert scenes[1].score > plain[1].score
    assert "through black" in scenes[1].reasons
    assert "through black" not in scenes[2].reasons


def test_somebody_who_talks_across_a_cut_speaks_against_a_border(shots: list[Shot]):
    given_vectors = vectors(shots, WHERE)
    spoken = [Voice(start=SECOND * 20, end=SECOND * 35, score=0.9)]
    said = [Cue(start=SECOND * 20, end=SECOND * 35, text="and so on", language="en", score=0.9, source="speech")]
    plain = parted(shots, Scenes(count=4), vectors=given_vectors)[1]
    for more in ({"sound": spoken}, {"cues": said}):
        assert parted(shots, Scenes(count=4), vectors=given_vectors, **more)[1].score < plain.score


def test_a_pause_in_speech_speaks_for_one(shots: list[Shot]):
    spoken = [
        Voice(start=Time.from_seconds(a), end=Time.from_seconds(b), score=0.9) for a, b in ((1, 24), (30, 47), (49, 80))
    ]
    plain = parted(shots, vectors=vectors(shots, WHERE))
    scenes = parted(shots, vectors=vectors(shots, WHERE), sound=spoken)
    assert scenes[1].score > plain[1].score
    assert "pause in speech" in scenes[1].reasons


def test_places_tell(shots: list[Shot]):
    labels = ["kitchen", "beach", "forest"]
    places = [
        Place(start=s.start, end=s.end, aspect="place", label=labels[w], score=0.8)
        for s, w in zip(shots, WHERE, strict=True)
    ]
    plain = parted(shots, vectors=vectors(shots, WHERE))
    scenes = parted(shots, vectors=vectors(shots, WHERE), places=places)
    assert all(a.score > b.score for a, b in zip(scenes[1:], plain[1:], strict=True))
    assert all("other place" in s.reasons for s in scenes[1:])
    assert places[0].ref in scenes[0].refs
    assert sum(ref.startswith("place@") for ref in scenes[0].refs) == 1


def test_colours_alone_are_enough(shots: list[Shot]):
    colours = [[(200, 40, 40), (40, 160, 40), (40, 40, 180)][w] for w in WHERE]
    scenes = parted(shots, palettes=palettes(shots, colours))
    assert begins(scenes, shots) == [0, 9, 16, 24]
    assert all("other colours" in s.reasons for s in scenes[1:])


def test_without_palettes_the_mean_colours_stand_in(shots: list[Shot]):
    colours = np.array([[0.8, 0.2, 0.2], [0.2, 0.6, 0.2], [0.2, 0.2, 0.7]])
    measured = [
        Quality(start=s.start + i * SECOND, end=s.start + (i + 1) * SECOND, measure=name, value=float(colours[w][c]))
        for s, w in zip(shots, WHERE, strict=True)
        for c, name in enumerate(("red", "green", "blue"))
        for i in range(3)
    ]
    assert begins(parted(shots, quality=measured), shots) == [0, 9, 16, 24]


def test_a_shot_without_a_vector_is_judged_by_what_there_is(shots: list[Shot]):
    some = vectors(shots, WHERE)
    some[3] = replace(some[3], values=(0.0,) * 64)
    some[12] = replace(some[12], values=(float("nan"),) * 64)
    some[19] = replace(some[19], values=(1.0, 0.0))
    some[27] = replace(some[27], space="another")
    scenes = parted(shots, vectors=[*some[:6], *some[7:]])
    assert begins(scenes, shots) == [0, 9, 16, 24]


def test_a_number_of_scenes_can_be_asked_for(shots: list[Shot]):
    given_vectors = vectors(shots, WHERE)
    for count in (1, 2, 3, 7, 29):
        assert len(parted(shots, Scenes(count=count), vectors=given_vectors)) == count
    assert len(parted(shots, Scenes(count=1000), vectors=given_vectors)) == len(shots)
    assert begins(parted(shots, Scenes(count=4), vectors=given_vectors), shots) == [0, 9, 16, 24]


def test_finer_makes_more_scenes_and_coarser_fewer(shots: list[Shot]):
    given_vectors = vectors(shots, WHERE, 1.5)
    counts = [len(parted(shots, Scenes(granularity=g), vectors=given_vectors)) for g in (-5, -1, 0, 1, 5)]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[-1] == len(shots)


def test_how_sure_a_border_is_does_not_depend_on_what_is_asked_for(shots: list[Shot]):
    given_vectors = vectors(shots, WHERE)
    few = {s.start: s.score for s in parted(shots, Scenes(count=4), vectors=given_vectors)}
    many = {s.start: s.score for s in parted(shots, Scenes(count=12), vectors=given_vectors)}
    assert all(many[at] == few[at] for at in set(few) & set(many))


@pytest.mark.parametrize("wrong", [{"count": 0}, {"count": 1001}, {"granularity": 6.0}, {"granularity": float("nan")}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]):
    with pytest.raises(ValueError, match="from"):
        Scenes(**wrong)


def test_a_scene_points_at_its_shots_and_people(shots: list[Shot]):
    who = [[1], [1, 2], *[[]] * 28]
    people = persons(shots, who)
    surest = replace(people[1], score=0.99)
    scene = parted(shots, vectors=vectors(shots, WHERE), people=[people[0], surest, people[2]])[0]
    assert scene.refs == (*(s.ref for s in shots[:9]), surest.ref, people[2].ref)


def test_the_most_typical_shot_stands_for_a_scene(shots: list[Shot]):
    given_vectors = vectors(shots, [*WHERE[:4], 5, *WHERE[5:]], 0.3)
    still = lambda s: Picture(  # noqa: E731 - said once
        start=s.start, end=s.end, at=s.start + 7, role="thumbnail", width=1, height=1, format="jpeg", data=b""
    )
    scenes = parted(shots, Scenes(count=4), vectors=given_vectors, pictures=[still(s) for s in shots])
    stills = [s.start + 7 for s in shots]
    assert all(s.at in stills for s in scenes)
    assert scenes[0].at != stills[4]
    assert parted(shots, Scenes(count=4), vectors=given_vectors)[0].at in [s.span.middle for s in shots]


def test_one_shot_is_one_scene():
    shots = shots_of([2 / 24])
    scenes = parted(shots, vectors=vectors(shots, [0]), quality=luma(shots))
    assert [(s.start, s.end, s.score, s.reasons) for s in scenes] == [
        (ZERO, shots[0].end, 1.0, ("the film begins",)),
    ]


@pytest.mark.parametrize("count", [2, 40, 400])
def test_a_black_film_is_one_scene_however_it_was_cut(count: int):
    shots = shots_of([2.0] * count)
    same = [Vector(start=s.start, end=s.end, space="any", values=(0.6, 0.8)) for s in shots]
    black = palettes(shots, [(0, 0, 0)] * count)
    assert len(parted(shots, vectors=same, palettes=black, quality=luma(shots[:40], light=0.0))) == 1


def test_a_film_of_which_nothing_but_the_shots_is_known_is_told_by_their_lengths():
    scenes = parted(shots_of([3.0] * 30))
    assert scenes[0].start == ZERO
    assert scenes[-1].end == SECOND * 90


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.04, 30), min_size=1, max_size=40), st.data())
def test_scenes_tile_the_film_whatever_there_is(lengths: list[float], data: st.DataObject):
    shots = shots_of(lengths)
    where = data.draw(st.lists(st.integers(0, 11), min_size=len(shots), max_size=len(shots)))
    more: dict[str, Sequence[Row]] = {}
    if data.draw(st.booleans()):
        more["vectors"] = vectors(shots, where, data.draw(st.sampled_from([0.0, 0.5, 3.0])))
    if data.draw(st.booleans()):
        more["palettes"] = palettes(shots, [(20 * w, 10, 255 - 20 * w) for w in where])
    if data.draw(st.booleans()):
        more["people"] = persons(shots, [[w % 3] for w in where])
    scenes = parted(shots, Scenes(granularity=data.draw(st.floats(-5, 5))), **more)
    assert scenes[0].start == shots[0].start
    assert scenes[-1].end == shots[-1].end
    assert all(a.end == b.start for a, b in pairwise(scenes))
    assert [s.number for s in scenes] == list(range(len(scenes)))
    assert all(0 <= s.score <= 1 and s.reasons and s.start <= s.at < s.end for s in scenes)
    assert [ref for s in scenes for ref in s.refs if ref.startswith("shot@")] == [s.ref for s in shots]


def test_five_thousand_shots_take_seconds_and_little_memory():
    where = [i // 40 % 12 for i in range(5000)]
    shots = shots_of([1.5] * 5000)
    given_rows: dict[type[Row], Sequence[Row]] = {
        Shot: shots,
        Vector: vectors(shots, where),
        Palette: palettes(shots, [(20 * w, 10, 200) for w in where]),
        Person: persons(shots, [[i // 40, 1000 + i % 1500] for i in range(5000)]),
    }
    tracemalloc.start()
    started = time.process_time()
    scenes = rows(made(Scenes(), movie(Time(shots[-1].end)), tracks=given_rows), Scene)
    spent, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 100 < len(scenes) < 300
    assert spent < 30
    assert peak < 400 * 2**20
