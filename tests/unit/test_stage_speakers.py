"""Turns of voices: tones as voices, heard by fakes; how windows are put together; what vectors are grouped."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import movie

from cinedex.models.fakes import fake_pool
from cinedex.stages.base import Inputs
from cinedex.stages.speakers import RATE, Speakers
from cinedex.stages.turns import Heard, Voices, places, runs, spoken, told_apart
from cinedex.timeline.rows import Speaker, Voice, Voiceprint
from cinedex.timeline.time import FLICKS_PER_SECOND, Span, Time
from cinedex.timeline.track import Maker, Track

LOW, HIGH, THIRD = 200, 440, 1000


def tones(*pieces: tuple[float, float, int], seconds: float) -> np.ndarray:
    """Tones from, to (seconds), at a pitch."""
    sound = np.zeros(round(seconds * RATE), np.float32)
    for start, end, pitch in pieces:
        a, b = round(start * RATE), round(end * RATE)
        sound[a:b] += 0.3 * np.sin(2 * np.pi * pitch * np.arange(b - a) / RATE)
    return sound


def heard(sound: np.ndarray, voice: list[tuple[float, float]], stage: Speakers | None = None) -> list[Any]:
    """All rows that the stage makes of a sound in which somebody speaks in `voice`."""
    film = movie(Time(len(sound) * FLICKS_PER_SECOND // RATE), video=False, audio=True)
    rows = [Voice(start=Time.from_seconds(a), end=Time.from_seconds(b), score=0.9) for a, b in voice]

    def listen(span: Span) -> np.ndarray:
        first, last = (round(int(t) * RATE / FLICKS_PER_SECOND) for t in (span.start, span.end))
        return sound[first:last]

    tracks = {Voice: Track.of(Voice, rows, Maker("voice", 1))}
    return list((stage or Speakers()).run(Inputs(film, film.span, iter(()), tracks, fake_pool().get, listen)))


def turns(rows: list[Any]) -> list[tuple[float, float, int]]:
    return [(round(r.start.seconds, 1), round(r.end.seconds, 1), r.number) for r in rows if isinstance(r, Speaker)]


def test_turns_are_found_and_numbered_by_how_long_they_last():
    sound = tones((1, 4, LOW), (4.5, 9, HIGH), (30, 33, LOW), (34, 39, HIGH), seconds=40)
    found = heard(sound, [(1, 9), (30, 39)])
    assert turns(found) == [(1, 4, 2), (4.5, 9, 1), (30, 33, 2), (34, 39, 1)]
    prints = {p.number: p for p in found if isinstance(p, Voiceprint)}
    assert set(prints) == {1, 2}
    assert (prints[2].start.seconds, prints[2].end.seconds) == (1, 33)
    assert all(abs(np.linalg.norm(p.values) - 1) < 1e-3 for p in prints.values())


def test_overlapping_voices_both_have_turns():
    sound = tones((0, 6, LOW), (4, 10, HIGH), seconds=10)
    assert turns(heard(sound, [(0, 10)])) == [(0, 6, 1), (4, 10, 2)]


def test_only_where_somebody_speaks_is_listened_to():
    sound = tones((0, 5, LOW), (10, 16, HIGH), seconds=20)
    assert turns(heard(sound, [(0, 5)])) == [(0, 5, 1)]
    assert heard(sound, []) == []
    assert heard(tones(seconds=8), [(1, 7)]) == []


def test_long_speech_goes_piece_by_piece_and_keeps_its_speakers():
    pieces = [(i * 5.0, i * 5 + 5.0, (LOW, HIGH)[i % 2]) for i in range(40)]
    found = turns(heard(tones(*pieces, seconds=200), [(0, 200)]))
    assert {n for *_, n in found} == {1, 2}
    covered = {n: sum(b - a for a, b, m in found if m == n) for n in (1, 2)}
    assert all(abs(total - 100) < 4 for total in covered.values())


def test_without_recognition_the_turns_are_the_same_and_no_print_is_made():
    sound = tones((1, 4, LOW), (4.5, 9, HIGH), seconds=12)
    quiet = Speakers().anonymous()
    assert Voiceprint not in quiet.makes
    assert quiet != Speakers()
    found = heard(sound, [(1, 9)], quiet)
    assert turns(found) == turns(heard(sound, [(1, 9)]))
    assert not any(isinstance(row, Voiceprint) for row in found)


def test_a_voice_heard_too_briefly_is_taken_for_another():
    sound = tones((1, 9, LOW), (10, 10.5, THIRD), seconds=12)
    assert {n for *_, n in turns(heard(sound, [(1, 10.5)]))} == {1}


def test_windows_cover_a_piece_and_end_with_it():
    assert places(10, 10, 5) == [0]
    assert places(3, 10, 5) == [0]
    assert places(22, 10, 5) == [0, 5, 10, 12]


def test_vectors_of_one_room_are_never_one_speakers():
    vector = np.eye(4, dtype=np.float32)[0]
    found = told_apart(
        np.stack([vector, vector]), np.array([9.0, 9.0]), np.array([0, 0]), same=0.8, clear=1, least=1, most=9
    )
    assert found.speakers[0] != found.speakers[1]


def test_few_decide_and_all_others_join_them():
    vectors = np.repeat(np.eye(2, dtype=np.float32), 50, axis=0)
    rooms = np.arange(100)
    found = told_apart(vectors, np.linspace(1, 3, 100), rooms, same=0.8, clear=1, least=1, most=60)
    assert len(set(found.speakers.tolist())) == 2
    assert len(set(found.speakers[:50].tolist())) == len(set(found.speakers[50:].tolist())) == 1
    assert np.all(found.scores > 0.9)


def test_windows_that_disagree_about_a_voice_are_averaged():
    likely = np.zeros((2, 4, 1), np.float32)
    likely[0], likely[1, :2] = 1.0, 0.9
    one = Heard([0, 2], likely, np.array([[0], [1]]))
    active, sure = spoken(one, Voices(np.array([0, 0]), np.array([1.0, 1.0])), 1, 0.5)
    assert active[:, 0].tolist() == [True] * 4 + [False] * 2
    assert sure.max() <= 1


def test_a_window_counts_less_towards_its_edges():
    """Where one window hears two voices at its edge and the other one voice in its middle, one speaks."""
    likely = np.zeros((2, 8, 2), np.float32)
    likely[:, :, 0] = 1.0
    likely[0, 6:, 1] = 1.0
    one = Heard([0, 4], likely, np.array([[0, 1], [2, -1]]))
    active, _ = spoken(one, Voices(np.array([0, 1, 0]), np.ones(3)), 2, 0.5)
    assert active.sum(axis=1).tolist() == [1] * 12
    assert active[:, 0].all()


@settings(max_examples=80, deadline=None)
@given(active=st.lists(st.booleans(), max_size=60), pause=st.integers(0, 5), shortest=st.integers(1, 5))
def test_runs_are_apart_and_cover_what_lasts(active: list[bool], pause: int, shortest: int):
    flags = np.array(active, np.bool_)
    found = runs(flags, pause, shortest)
    assert all(b - a >= shortest for a, b in found)
    assert all(c - b > pause for (_, b), (c, _) in pairwise(found))
    assert all(flags[a] and flags[b - 1] for a, b in found)
    outside = flags.copy()
    for a, b in found:
        outside[a:b] = False
    assert all(b - a < shortest for a, b in runs(outside, 0, 1))
