from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.sounds import Channels, faults, tone
from tests.stage_films import made, movie, rows

from cinedex.stages.soundfaults import SoundFaults
from cinedex.timeline.rows import Flag, Level
from cinedex.timeline.time import SECOND, Time

RATE = 8_000


def noise(seconds: float, channels: int, seed: int = 5) -> Channels:
    return np.random.default_rng(seed).normal(0, 0.05, (channels, round(seconds * RATE))).astype(np.float32)


def told(found: list[Flag]) -> list[tuple[str, float, float]]:
    return [(f.label, round(f.start.seconds, 2), round(f.end.seconds, 2)) for f in found]


def test_good_sound_has_no_faults():
    assert faults(noise(12, 2), RATE) == []
    assert faults(noise(12, 6), RATE) == []
    assert faults(noise(12, 1), RATE) == []


def test_silence_is_found_to_a_hundredth():
    sound = noise(12, 2)
    sound[:, round(3.217 * RATE) : round(6.043 * RATE)] *= 1e-4
    assert told(faults(sound, RATE)) == [("silence", 3.22, 6.04)]


def test_short_silence_is_none():
    sound = noise(12, 2)
    sound[:, 3 * RATE : round(4.95 * RATE)] = 0
    assert faults(sound, RATE) == []


def test_silence_lasts_to_the_end_of_the_sound():
    sound = noise(12.34, 2)
    sound[:, 9 * RATE :] = 0
    assert told(faults(sound, RATE)) == [("silence", 9, 12.34)]


def test_clipping_is_gathered_and_counted():
    sound = noise(12, 2)
    for at in (4.0, 4.3, 4.6):
        sound[0, round(at * RATE) : round(at * RATE) + 5] = 1
    sound[1, 9 * RATE : 9 * RATE + 4] = 1  # too few to be flagged
    found = faults(sound, RATE)
    assert told(found) == [("clipping", 4.0, 4.7)]
    assert found[0].note.startswith("15 samples")


def test_a_channel_that_stops_is_dead_while_the_other_sounds():
    sound = noise(20, 2)
    sound[1, 5 * RATE : 12 * RATE] = 0
    sound[0, 8 * RATE : 9 * RATE] = 0  # both are quiet: neither speaks for the other
    found = faults(sound, RATE)
    assert told(found) == [("dead-channel", 5, 12)]
    assert found[0].note.startswith("FR")


def test_surround_channels_may_rest_but_not_for_a_whole_film():
    sound = noise(20, 6)
    sound[3] = 0
    sound[4, : 15 * RATE] = 0
    assert faults(sound, RATE) == []
    sound[4] = 0
    found = faults(sound, RATE)
    assert told(found) == [("dead-channel", 0, 20)]
    assert found[0].note.startswith("BL")


def test_a_pair_out_of_phase_is_inverted():
    sound = noise(20, 2)
    sound[1, 4 * RATE : 11 * RATE] = -sound[0, 4 * RATE : 11 * RATE]
    assert told(faults(sound, RATE)) == [("inverted-channels", 4, 11)]


def test_surround_pairs_are_judged_too():
    sound = noise(10, 8)
    sound[7] = -sound[6]
    found = faults(sound, RATE, "7.1")
    assert told(found) == [("inverted-channels", 0, 10)]
    assert found[0].note.startswith("SL and SR")


@pytest.mark.parametrize(("difference", "expected"), [(0.0, True), (0.004, True), (0.05, False)])
def test_two_channels_that_are_one_are_dual_mono(difference: float, expected: bool):
    one = noise(10, 1)[0]
    sound = np.stack([one, one + difference * noise(10, 1, seed=9)[0]])
    assert [f.label for f in faults(sound, RATE)] == ["dual-mono"] * expected


def test_stereo_anywhere_is_no_dual_mono():
    sound = np.repeat(noise(10, 1), 2, axis=0)
    sound[1, 7 * RATE :] = noise(3, 1, seed=8)[0]
    assert faults(sound, RATE) == []


def test_a_quiet_tone_in_one_channel_is_neither_dead_nor_dual_mono():
    sound = np.stack([tone(-70, 10, RATE), np.zeros(10 * RATE, np.float32)])
    assert [f.label for f in faults(sound, RATE)] == ["silence"]


@pytest.mark.parametrize(("apart", "expected"), [(0.3, []), (0.5, [(9.5, 10.0)]), (3.0, [(7.0, 10.0)])])
@pytest.mark.parametrize("shorter", ["sound", "picture"])
def test_sound_and_picture_end_together(shorter: str, apart: float, expected: list[tuple[float, float]]):
    film = movie(SECOND * 10, video=True, audio=True)
    assert film.video is not None
    cut = Time.from_seconds(10 - apart)
    if shorter == "sound":
        film = replace(film, audio=(replace(film.audio[0], duration=cut),))
    else:
        film = replace(film, video=replace(film.video, duration=cut))
    found = rows(made(SoundFaults(), film, tracks={Level: []}), Flag)
    assert [(f.start.seconds, f.end.seconds) for f in found] == expected
    assert all(f.label == "length-mismatch" and f"the {shorter} ends" in f.note for f in found)


def test_flags_rest_on_levels():
    sound = noise(12, 2)
    sound[:, round(3.217 * RATE) : round(6.043 * RATE)] = 0
    (flag,) = faults(sound, RATE)
    assert flag.refs == (f"level@{int(SECOND * 32 // 10)}",)


def test_a_film_without_sound_has_no_faults_of_sound():
    assert rows(made(SoundFaults(), movie(SECOND * 10), tracks={Level: []}), Flag) == []
