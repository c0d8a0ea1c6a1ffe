"""Changes of shot among pictures that exist only as arrays, found with a detector whose answers can be foreseen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import ArrayFilm, cuttings, made, merged, movie, rows, watched

from cinedex.models.fakes import FakeTransitionDetector
from cinedex.stages.shots import Shots
from cinedex.stages.transitions import Transitions
from cinedex.stages.wipes import WipeSearch
from cinedex.timeline.rows import Frame, Shot, Transition
from cinedex.timeline.time import SECOND, Span, Time

RATE = 24


class Scripted:
    """Answers for every picture from two brightnesses hidden in its last pixel: the hard cut's and the other's."""

    size = (27, 48)
    context = 0

    def follow(self, pieces: Any) -> Any:
        for piece in pieces:
            yield piece[:, -1, -1, :2].astype(np.float32) / 255


def scored(pixels: np.ndarray, cut: dict[int, float], soft: dict[int, float] | None = None) -> np.ndarray:
    """The pictures with a detector's answers written into their last pixels."""
    pixels = pixels.copy()
    pixels[:, -1, -1] = 0
    for column, scores in enumerate((cut, soft or cut)):
        for at, score in scores.items():
            pixels[at, -1, -1, column] = round(score * 255)
    return pixels


def scene(seed: int, count: int) -> np.ndarray:
    """One shot: blocks of colour with a little noise, uint8 [count, 27, 48, 3]."""
    random = np.random.default_rng(seed)
    view = np.kron(random.integers(0, 256, (9, 16, 3)), np.ones((3, 3, 1)))
    return np.clip(view + random.normal(0, 2, (count, 27, 48, 3)), 0, 255).astype(np.uint8)


def changes(pixels: np.ndarray, detector: Any = None) -> list[Transition]:
    return rows(watched(Transitions(), ArrayFilm.steady(pixels), models=lambda _: detector or Scripted()), Transition)


def pictures(row: Transition) -> tuple[int, int]:
    """The first and the last picture of a change."""
    return round(row.start.seconds * RATE), round(row.end.seconds * RATE) - 1


def test_a_cut_is_the_first_picture_of_the_new_shot():
    (found,) = changes(np.concatenate([scene(1, 40), scene(2, 30)]), FakeTransitionDetector())
    assert pictures(found) == (40, 40)
    assert found.how == "cut"
    assert found.score > 0.5


def test_what_is_seen_on_many_pictures_is_gradual_and_reaches_to_its_fringe():
    over = dict.fromkeys(range(20, 30), 0.9)
    soft = over | {18: 0.3, 19: 0.4, 30: 0.26, 31: 0.2}
    (found,) = changes(scored(scene(1, 60), {24: 0.1}, soft))
    assert pictures(found) == (18, 30)
    assert (found.how, found.score) == ("gradual", pytest.approx(0.9, abs=0.003))


def test_a_short_run_after_black_is_a_cut_where_the_picture_steps_and_the_end_of_a_fade_where_it_does_not():
    slope = np.clip((np.arange(50) - 26) / 10, 0, 1)[:, None, None, None]
    slow = np.concatenate([scene(1, 40), (scene(2, 50) * slope).astype(np.uint8), scene(3, 30)])
    sudden = slow.copy()
    sudden[40:69] = 0
    sudden[69:90] = scene(2, 21)
    soft = dict.fromkeys(range(34, 42), 0.9)
    hard = dict.fromkeys(range(67, 70), 0.9)
    assert [(r.how, pictures(r)) for r in changes(scored(slow, hard, soft | hard))] == [("gradual", (34, 69))]
    at = {68: 0.9}
    found = changes(scored(sudden, at, soft | at))
    assert [(r.how, pictures(r)) for r in found] == [("gradual", (34, 41)), ("cut", (69, 69))]


def test_a_fade_out_and_the_fade_in_after_it_are_one_change():
    black = np.zeros((30, 27, 48, 3), np.uint8)
    film = np.concatenate([scene(1, 40), black, scene(2, 40)])
    soft = dict.fromkeys([*range(34, 42), *range(68, 76)], 0.9)
    (found,) = changes(scored(film, {}, soft))
    assert pictures(found) == (34, 75)
    assert found.how == "gradual"


def test_long_black_between_two_fades_is_a_shot():
    film = np.concatenate([scene(1, 40), np.zeros((RATE * 3, 27, 48, 3), np.uint8), scene(2, 40)])
    soft = dict.fromkeys([*range(34, 42), *range(110, 118)], 0.9)
    assert [pictures(r) for r in changes(scored(film, {}, soft))] == [(34, 41), (110, 117)]


def test_no_change_lasts_longer_than_five_seconds():
    soft = dict.fromkeys(range(20, 200), 0.9)
    (found,) = changes(scored(scene(1, 240), {}, soft))
    assert found.end - found.start == SECOND * 5


def test_nothing_where_there_is_no_picture():
    assert rows(made(Transitions(), movie(SECOND), models=lambda _: Scripted()), Transition) == []


def wipe(length: int, axis: int, *, backwards: bool = False, before: int = 60, after: int = 80) -> np.ndarray:
    """One shot wiped away by another over `length` pictures."""
    count = before + length + after
    old, new = scene(3, count), scene(4, count)
    lines = old.shape[axis]
    reached = (np.arange(count) - before + 0.5) / length * lines
    line = np.arange(lines)[::-1] if backwards else np.arange(lines)
    shows_new = line[None] < reached[:, None]
    shape = [count, 1, 1, 1]
    shape[axis] = lines
    return np.where(shows_new.reshape(shape), new, old)


@pytest.mark.parametrize("length", [10, 16, 24, 40])
@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("backwards", [False, True])
def test_wipes_are_found(length: int, axis: int, *, backwards: bool):
    search = WipeSearch()
    search.push(wipe(length, axis, backwards=backwards))
    (found,) = search.finish()
    assert abs(found.first - 60) <= 3
    assert abs(found.last - 60 - length) <= 3
    assert found.score > 0.7


def test_a_wipe_is_found_wherever_the_film_is_cut_into_pieces():
    film = np.concatenate([scene(5, 530), wipe(20, 2), scene(6, 300)])
    answers = []
    for size in (7, 32, 1000):
        search = WipeSearch()
        for at in range(0, len(film), size):
            search.push(film[at : at + size])
        answers.append(search.finish())
    assert answers[0] == answers[1] == answers[2]
    assert [abs(w.first - 590) <= 3 for w in answers[0]] == [True]


def test_cuts_pans_and_passers_by_are_no_wipes():
    cut = np.concatenate([scene(1, 60), scene(2, 60)])
    view = np.concatenate([scene(1, 1)[0], scene(2, 1)[0], scene(3, 1)[0]], axis=1)
    pan = np.stack([view[:, x : x + 48] for x in range(96)])
    passer = scene(7, 120)
    for i in range(40):
        left = i * 3 - 36
        passer[40 + i, :, max(left, 0) : max(left + 30, 0)] = 20
    for film in (cut, pan, passer, scene(1, 120)):
        search = WipeSearch()
        search.push(film)
        assert search.finish() == []


def test_a_wipe_takes_the_place_of_the_cut_seen_in_its_middle():
    (found,) = changes(scored(wipe(16, 2), {67: 0.8}))
    assert found.how == "gradual"
    assert abs(pictures(found)[0] - 60) <= 3


@st.composite
def films(draw: st.DrawFn) -> np.ndarray:
    """Shots that follow each other by cuts, fades and wipes."""
    parts = []
    for seed in range(draw(st.integers(2, 4))):
        kind = draw(st.sampled_from(["cut", "fade", "wipe"]))
        length = draw(st.integers(20, 300))
        if kind == "wipe":
            parts.append(wipe(draw(st.integers(10, 40)), draw(st.integers(1, 2)), after=length))
            continue
        part = scene(seed + 10, length)
        if kind == "fade":
            slope = np.clip((length - np.arange(length)) / 16, 0, 1)[:, None, None, None]
            part = (part * slope).astype(np.uint8)
        parts.append(part)
    return np.concatenate(parts)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_the_whole_is_the_reels_put_together(data: st.DataObject):
    film = ArrayFilm.steady(data.draw(films()))
    reels: list[Span] = data.draw(cuttings(film.movie.span))
    detector = FakeTransitionDetector()
    whole = watched(Transitions(), film, models=lambda _: detector)
    parts = [watched(Transitions(), film, reel, models=lambda _: detector) for reel in reels]
    assert merged(parts)["transition"].equals(whole["transition"])


def a_frame(at: int) -> Frame:
    one = SECOND // RATE
    return Frame(start=Time(one * at), end=Time(one * (at + 1)), pts=at, key=at == 0)


def test_shots_lie_between_the_changes_without_a_gap():
    film = movie(SECOND * 10)
    cut = Transition(start=SECOND * 2, end=SECOND * 2 + SECOND // RATE, how="cut", score=0.9)
    soft = Transition(start=SECOND * 5, end=SECOND * 6, how="gradual", score=0.8)
    at_the_start = Transition(start=Time(0), end=SECOND // 2, how="gradual", score=0.7)
    tracks = {Transition: [at_the_start, cut, soft], Frame: [a_frame(i) for i in range(240)]}
    found: list[Shot] = rows(made(Shots(), film, tracks=tracks), Shot)
    assert [(s.start.seconds, s.end.seconds, s.opening) for s in found] == [
        (0, 0.25, "start"), (0.25, 2, "gradual"), (2, 5.5, "cut"), (5.5, 10, "gradual"),
    ]  # fmt: skip
    assert [s.number for s in found] == [0, 1, 2, 3]
    assert found[2].refs == (cut.ref,)
    assert rows(made(Shots(), film, tracks={Transition: [], Frame: []}), Shot) == []
    (whole,) = rows(made(Shots(), film, tracks={Transition: [], Frame: [a_frame(0)]}), Shot)
    assert (whole.start, whole.end) == (0, film.duration)
