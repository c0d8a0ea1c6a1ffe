from __future__ import annotations

import numpy as np
import pytest
from tests.sounds import Channels, programme, steps, tone

RATE = 8_000


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([(-23, 20)], -23),
        ([(-33, 20)], -33),
        ([(-36, 10), (-23, 60), (-36, 10)], -23),
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23),
        ([(-26, 20), (-20, 20.1), (-26, 20)], -23),
    ],
)
def test_integrated_loudness_is_gated(levels: list[tuple[float, float]], expected: float):
    """EBU Tech 3341, cases 1 to 5."""
    assert programme(steps(levels, RATE), RATE)["integrated-loudness"] == pytest.approx(expected, abs=0.1)


def test_five_channels_add_up():
    """EBU Tech 3341, case 6: 5.0 at -28, -24 and -30 dBFS is -23 LUFS."""
    sound = np.stack([tone(level, 20, RATE) for level in (-28, -28, -24, -30, -30)])
    assert programme(sound, RATE, "5.0(side)")["integrated-loudness"] == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([(-20, 20), (-30, 20)], 10),
        ([(-20, 20), (-15, 20)], 5),
        ([(-40, 20), (-20, 20)], 20),
        ([(-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)], 15),
    ],
)
def test_the_range_leaves_out_the_quietest(levels: list[tuple[float, float]], expected: float):
    """EBU Tech 3342, cases 1 to 4."""
    assert programme(steps(levels, RATE), RATE)["loudness-range"] == pytest.approx(expected, abs=0.5)


def loud_music_and_quiet_speech() -> Channels:
    return steps([(-14, 10), (-30, 10)], RATE)


def test_speech_is_measured_where_somebody_speaks():
    found = programme(loud_music_and_quiet_speech(), RATE, voice=[(10.5, 15), (15, 19.5)])
    assert found["speech-loudness"] == pytest.approx(-30, abs=0.1)
    assert found["integrated-loudness"] == pytest.approx(-14, abs=0.2)
    assert found["speech-share"] == pytest.approx((9 - 0.3) / (20 - 0.3), abs=0.01)


def test_without_a_voice_in_it_there_is_no_loudness_of_speech():
    found = programme(loud_music_and_quiet_speech(), RATE, voice=[])
    assert "speech-loudness" not in found
    assert found["speech-share"] == 0


def test_where_voice_was_not_looked_for_nothing_is_said_of_speech():
    assert not {"speech-loudness", "speech-share"} & set(programme(loud_music_and_quiet_speech(), RATE))


def test_the_highest_are_those_of_full_windows():
    found = programme(steps([(-20, 1), (-40, 9)], RATE), RATE)
    assert found["max-momentary"] == pytest.approx(-20, abs=0.1)
    assert found["max-short-term"] == pytest.approx(-20 + 10 * np.log10(1 / 3), abs=0.2)


def test_silence_has_a_peak_and_no_loudness():
    assert programme(np.zeros((2, 5 * RATE), np.float32), RATE) == {"true-peak": -120}


def test_sound_shorter_than_a_window_has_no_loudness():
    assert set(programme(steps([(-20, 0.35)], RATE), RATE)) == {"true-peak"}
    assert set(programme(steps([(-20, 1)], RATE), RATE)) == {"true-peak", "integrated-loudness", "max-momentary"}
