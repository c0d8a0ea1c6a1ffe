"""What the scene stage makes of one small film of rows. Run as a module, it writes the golden answer anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from tests.stage_films import made, movie, shots_of

from cinedex.stages.scenes import Scenes
from cinedex.timeline.rows import Palette, Person, Place, Quality, Row, Shot, Vector, Voice
from cinedex.timeline.time import SECOND, Time

ANSWERS = Path(__file__).with_name("scene_stage.json")

WHERE = [0] * 6 + [1, 2] * 4 + [3] * 5 + [1] * 6 + [4] * 3

COLOURS = [(40, 90, 200), (180, 150, 60), (160, 170, 70), (30, 120, 40), (90, 90, 90)]


def answers() -> dict[str, Any]:
    """Version, digest and rows: of all that there is, of the shots and vectors alone, and of three scenes."""
    shots = shots_of([2.5 + 0.5 * (i % 4) for i in range(len(WHERE))])
    film = movie(Time(shots[-1].end))
    tracks = _tracks(shots)
    few = {row: tracks[row] for row in (Shot, Vector)}
    tables = {
        "all": made(Scenes(), film, tracks=tracks)["scene"],
        "vectors": made(Scenes(), film, tracks=few)["scene"],
        "three": made(Scenes(count=3), film, tracks=tracks)["scene"],
    }
    found: dict[str, Any] = {"version": Scenes.version}
    for name, table in tables.items():
        # Sums of floats may end in another digit on another processor.
        plain = [row | {"score": round(row["score"], 2)} for row in table.to_pylist()]
        digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
        found[name] = {"rows": len(plain), "digest": digest, "first": plain[:2]}
    return found


def _tracks(shots: list[Shot]) -> dict[type[Row], list[Row]]:
    turn = np.arange(16)
    found: dict[type[Row], list[Row]] = {Shot: list(shots), Vector: [], Palette: [], Person: [], Place: [], Quality: []}
    for number, (shot, where) in enumerate(zip(shots, WHERE, strict=True)):
        span = {"start": shot.start, "end": shot.end}
        values = np.cos(turn * (where + 1)) + 0.2 * np.cos(turn * (number % 5) + number)
        found[Vector].append(Vector(**span, space="any", values=tuple(map(float, values.round(3)))))
        colours = (*COLOURS[where], 20, 20, 20)
        found[Palette].append(
            Palette(**span, colours=colours, shares=(0.75, 0.25), warmth=0.0, contrast=0.5, saturation=0.5)
        )
        found[Person].append(Person(**span, number=where, look=0, score=0.75))
        if number % 2:
            found[Place].append(Place(**span, aspect="setting", label="interior" if where else "exterior", score=0.5))
    for tenth in range(int(shots[-1].end.seconds * 4)):
        black = abs(tenth / 4 - shots[14].start.seconds) < 0.5
        start = SECOND * tenth // 4
        found[Quality].append(
            Quality(start=Time(start), end=Time(start + SECOND // 4), measure="luma", value=0.0 if black else 0.5)
        )
    spoken = ((1, 14), (16, 40), (44, 60))
    found[Voice] = [Voice(start=SECOND * a, end=SECOND * b, score=0.9) for a, b in spoken]
    return found


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(answers(), indent=1) + "\n", encoding="utf-8")
