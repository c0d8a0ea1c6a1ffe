"""What the stages of speakers make of one small film of tones. Run as a module, it writes the golden answers anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tests.stage_films import made, movie, rows
from tests.unit.test_stage_speakers import heard, tones

from cinedex.stages.speakers import Speakers
from cinedex.stages.speaking import Speakings
from cinedex.timeline.rows import Person, Row, Speaker
from cinedex.timeline.time import SECOND

ANSWERS = Path(__file__).with_name("speaker_stages.json")

_PITCHES = (200, 440, 1000)
_TURNS = [(i * 3.1, i * 3.1 + 2.2 + i % 3, _PITCHES[i * i % 3]) for i in range(18)]
"""Three voices, some into each other's words."""


def answers() -> dict[str, Any]:
    """By stage: its version and the digest, number and first rows of each kind that it makes."""
    found = heard(tones(*_TURNS, seconds=60), [(0, 20), (24, 58)])
    turns = [row for row in found if isinstance(row, Speaker)]
    people = [
        Person(start=t.start, end=t.end, number=(t.number if i % 4 else 5), look=1, score=0.9)
        for i, t in enumerate(turns)
    ]
    linked = made(Speakings(), movie(SECOND * 60), tracks={Speaker: turns, Person: people})
    told: dict[str, tuple[int, list[Row]]] = {
        "speakers": (Speakers.version, found),
        "speaking": (Speakings.version, rows(linked, Speakings.makes[0])),
    }
    return {name: {"version": version, **_summary(made_)} for name, (version, made_) in told.items()}


def _summary(found: list[Row]) -> dict[str, Any]:
    plain = [_rounded(row) for row in found]
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    return {"rows": len(plain), "digest": digest, "first": plain[:2]}


def _rounded(row: Row) -> dict[str, Any]:
    """Floats to three places: the last ones differ from processor to processor."""
    names = ("start", "end", "number", "speaker", "person", "score", "values")
    made_: dict[str, Any] = {n: getattr(row, n) for n in names if hasattr(row, n)} | {"kind": row.kind}
    for name, value in made_.items():
        if isinstance(value, float):
            made_[name] = round(value, 3) + 0.0
        elif isinstance(value, tuple):
            made_[name] = [round(v, 3) + 0.0 for v in value]
    return made_


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(answers(), indent=1) + "\n", encoding="utf-8")
