"""What the stages of things and events make of one small film. Run as a module, it writes the golden answers anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from tests.stage_films import made, movie, rows, shots_of

from cinedex.media.views import Look
from cinedex.models.fakes import fake_pool
from cinedex.stages.events import EVIDENCE, Events
from cinedex.stages.objects import Objects
from cinedex.timeline.rows import Cue, Glance, Object, Row, Shot, Tag, Voice
from cinedex.timeline.time import SECOND, Time

ANSWERS = Path(__file__).with_name("thing_stages.json")

_LENGTH = 80

_OWN = """
[red]
label = "red things"
join = 2
evidence = { all = [{ kind = "object", where = { label = "red thing" } }, { not = { kind = "sound" } }] }
"""


def looks(glances: list[Glance]) -> list[Look]:
    """Boxes of three colours that wander over grey, some with holes."""
    found = []
    for row, glance in enumerate(glances):
        pixels = np.full((300, 300, 3), 90, np.uint8)
        for i in range(3):
            left, top, step = (row * 7 + i * 90) % 220, (row * 11 + i * 60) % 220, 1 + (row + i) % 3
            pixels[top : top + 60 : step, left : left + 70, :] = np.eye(3, dtype=np.uint8)[i] * 255
        found.append(Look(row, glance.start, pixels))
    return found


def evidence() -> list[Row]:
    """Somebody talks, drives and phones; things are seen that make a crowd."""
    second = SECOND
    box = {"y": 0.2, "width": 0.3, "height": 0.6}
    people = [(t, i) for t in range(10, 16) for i in range(8)]
    return [
        Voice(start=second * 20, end=second * 45, score=0.9),
        Cue(start=second * 21, end=second * 44, text="a", language="en", score=0.8, source="speech"),
        Tag(start=second * 60, end=second * 68, label="car mirror", vocabulary="imagenet-1k", score=0.6),
        *(
            Object(start=second * t, end=second * (t + 1), label="person", vocabulary="v", score=0.7, x=i / 10, **box)
            for t, i in people
        ),
        *(
            Object(start=second * t, end=second * (t + 1), label=label, vocabulary="v", score=0.8, x=0.4, **box)
            for t in range(24, 40)
            for label in ("person", "cell phone")
        ),
    ]


def answers() -> dict[str, Any]:
    """By stage: its version, the digest and number of its rows and the first of them."""
    film = movie(Time(SECOND * _LENGTH))
    glances = [Glance(start=SECOND * i, end=SECOND * (i + 1), shot=0) for i in range(12)]
    seen = made(Objects(), film, looks(glances), tracks={Glance: glances}, models=fake_pool().get)
    known = [*evidence(), *rows(seen, Object)]
    tracks = {kind: [r for r in known if type(r) is kind] for kind in EVIDENCE} | {Shot: shots_of([5] * (_LENGTH // 5))}
    happens = made(Events(rules=_OWN), film, tracks=tracks)
    return {
        stage.name: {"version": stage.version, **{kind: _summary(table.to_pylist()) for kind, table in tables.items()}}
        for stage, tables in ((Objects(), seen), (Events(), happens))
    }


def _summary(plain: list[dict[str, Any]]) -> dict[str, Any]:
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    return {"rows": len(plain), "digest": digest, "first": plain[:2]}


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(answers(), indent=1) + "\n", encoding="utf-8")
