"""What the stages of sounds make of a small film. Run as a module, it writes the golden answers anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tests.golden.picture_stages import _summary
from tests.stage_films import made, movie, rows

from cinedex.media.views import SampleChunk
from cinedex.models.fakes import fake_pool
from cinedex.stages.hearing import RATE, Hearings
from cinedex.stages.sounds import Sounds
from cinedex.stages.soundterms import VOCABULARY, film_terms
from cinedex.timeline.rows import Hearing
from cinedex.timeline.time import Rate, Time

ANSWERS = Path(__file__).with_name("hearing_stages.json")

_PITCHES = ((0, 3.0), (440, 9.5), (2000, 1.1), (0, 2.7), (300, 3.3))
"""Silence, music and a shot to the fake, each in Hz for so many seconds."""


def chunks() -> Iterator[SampleChunk]:
    """Tones that swell, one after the other."""
    parts = [
        np.sin(2 * np.pi * pitch * np.arange(round(s * RATE)) / RATE) * np.linspace(0.02, 0.15, round(s * RATE))
        for pitch, s in _PITCHES
    ]
    sound = np.concatenate(parts).astype(np.float32)
    for at in range(0, len(sound), RATE):
        yield SampleChunk(Rate(RATE).time(at), RATE, sound[at : at + RATE])


def heard() -> list[Hearing]:
    """Two minutes: a song with a prelude, a scene with shots and a dog, rain."""
    clock, found = Rate(25, 12), []
    for i in range(250):
        scores = {
            "music": 0.9 * (i < 110) + 0.3 * (180 < i < 200),
            "singing": 0.7 * (20 < i < 60 or 70 < i < 100),
            "gunshot": 0.8 * (i in {130, 131, 135}) + 0.2 * (i == 132),
            "dog": 0.55 * (140 <= i < 143 or i == 144),
            "rain": 0.15 + 0.35 * (i >= 200) + 0.02 * (i % 7),
        }
        row = tuple(float(scores.get(term.name, 0.0)) for term in film_terms())
        found.append(Hearing(start=clock.time(i), end=clock.time(i + 1), vocabulary=VOCABULARY, scores=row))
    return found


def answers() -> dict[str, Any]:
    """By stage: its version, the digest and number of its rows and the first of them."""
    length = Time.from_seconds(sum(s for _, s in _PITCHES))
    listened = made(Hearings(), movie(length, video=False, audio=True), chunks(), models=fake_pool().get)
    steps = heard()
    told = made(Sounds(), movie(steps[-1].end, video=False, audio=True), tracks={Hearing: steps})
    both = made(Sounds(), movie(length, video=False, audio=True), tracks={Hearing: rows(listened, Hearing)})
    return {
        "hearing": {"version": Hearings.version, "hearing": _summary("hearing", listened["hearing"])},
        "sounds": {
            "version": Sounds.version,
            "told": _summary("sound", told["sound"]),
            "both": _summary("sound", both["sound"]),
        },
    }


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(answers(), indent=1) + "\n", encoding="utf-8")
