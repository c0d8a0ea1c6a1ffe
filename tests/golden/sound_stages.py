"""What the stages of loudness make of one small sound. Run as a module, it writes the golden answers anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from tests.sounds import Channels, faults, measured, programme
from tests.stage_films import rows

from cinedex.stages.base import Stage
from cinedex.stages.loudness import LoudnessMeter
from cinedex.stages.programme import Programmes
from cinedex.stages.soundfaults import SoundFaults
from cinedex.timeline.rows import Level, Loudness

ANSWERS = Path(__file__).with_name("sound_stages.json")

RATE = 8_000


def sound() -> Channels:
    """Fourteen seconds of two tones that beat, with silence, a dead channel, flat tops and an inverted end."""
    at = np.arange(14 * RATE) / RATE
    left = 0.3 * np.sin(2 * np.pi * 440 * at) * (1 + 0.5 * np.sin(2 * np.pi * 0.3 * at))
    right = 0.2 * np.sin(2 * np.pi * 660 * at + 1)
    both = np.stack([left, right])
    both[:, 2 * RATE : round(4.5 * RATE)] = 0
    both[1, 5 * RATE : round(9.2 * RATE)] = 0
    both[0, 6 * RATE : 7 * RATE] = np.clip(5 * both[0, 6 * RATE : 7 * RATE], -1, 1)
    both[1, round(9.5 * RATE) :] = -both[0, round(9.5 * RATE) :]
    return both.astype(np.float32)


def answers() -> dict[str, Any]:
    """By stage: its version and what it makes."""
    made = measured(sound(), RATE)
    stages: list[tuple[Stage, Any]] = [
        (
            LoudnessMeter(),
            [
                [[round(v, 2) for v in (r.momentary, r.short_term, r.peak)] for r in rows(made, Loudness)[::7]],
                [
                    [[round(v, 2) for v in (*r.peaks[:2], *r.powers, *r.alike)], r.clipped]
                    for r in rows(made, Level)[::7]
                ],
            ],
        ),
        (Programmes(), {k: round(v, 2) for k, v in programme(sound(), RATE, voice=[(0, 2), (10, 12)]).items()}),
        (
            SoundFaults(),
            [
                [f.label, round(f.start.seconds, 3), round(f.end.seconds, 3), round(f.score, 3), f.note]
                for f in faults(sound(), RATE)
            ],
        ),
    ]
    return {stage.name: {"version": stage.version, "made": made} for stage, made in stages}


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(answers(), indent=1) + "\n", encoding="utf-8")
