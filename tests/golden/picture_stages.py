"""What the picture stages make of one small film. Run as a module, it writes the golden answers anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from tests.stage_films import ArrayFilm, made, rows, shots_of, watched

from cinedex.media.views import Look
from cinedex.models.fakes import fake_pool
from cinedex.stages.base import Stage
from cinedex.stages.faults import Faults
from cinedex.stages.frames import FrameIndex
from cinedex.stages.glances import Glances
from cinedex.stages.pictures import Pictures
from cinedex.stages.quality import Measures
from cinedex.stages.tags import Tags
from cinedex.timeline.rows import Quality, Row, Shot

ANSWERS = Path(__file__).with_name("picture_stages.json")


def film() -> ArrayFilm:
    """Eight seconds at 24 a second: a moving ramp, black, a ramp that stands still, a fade, two long stills."""
    down, across = np.arange(27)[:, None], np.arange(48)[None, :]
    moving = [np.stack([(5 * down + 3 * across + 7 * i + 80 * c) % 256 for c in range(3)], axis=-1) for i in range(30)]
    black = [np.zeros((27, 48, 3), np.int64)] * 50
    still = [moving[7]] * 60
    fade = [moving[9] * i // 24 for i in range(24)]
    pixels = np.array([*moving, *black, *still, *fade, moving[3], moving[4]]).astype(np.uint8)
    return ArrayFilm.held(pixels, [1 / 24] * 164 + [0.8, 2.5])


def looks(shots: list[Shot]) -> list[Look]:
    """Three looks at each shot, 260x260, with more detail in some."""
    place = np.arange(260)[:, None] * np.arange(260)[None, :]
    found = []
    for row, shot in enumerate(shots):
        for i in range(3):
            grey = place // (40 + 200 * ((row + i) % 3)) % 256
            picture = np.stack([grey, grey // (row + 1), 255 - grey], axis=-1).astype(np.uint8)
            found.append(Look(row, shot.start + i, picture))
    return found


def answers() -> dict[str, Any]:
    """By stage: its version and the digest, number and first rows of each kind that it makes."""
    small = film()
    shots = shots_of([1.25, 50 / 24, 2.5, 1])
    measures = rows(watched(Measures(), small), Quality)
    given: dict[type[Row], Any] = {Shot: shots}
    found: list[tuple[Stage, dict[str, pa.Table]]] = [
        (FrameIndex(), watched(FrameIndex(), small)),
        (Measures(), watched(Measures(), small)),
        (Faults(), made(Faults(), small.movie, tracks={Quality: measures})),
        (Glances(), made(Glances(), small.movie, tracks={Shot: shots, Quality: measures})),
        (Pictures(), made(Pictures(), small.movie, looks(shots), tracks=given)),
        (Tags(), made(Tags(), small.movie, looks(shots), tracks=given, models=fake_pool().get)),
    ]
    return {
        stage.name: {"version": stage.version, **{kind: _summary(kind, table) for kind, table in tables.items()}}
        for stage, tables in found
    }


def _summary(kind: str, table: pa.Table) -> dict[str, Any]:
    """Encoded pictures are left out: their bytes are the encoder's, not the stage's."""
    plain = [{name: value for name, value in row.items() if not isinstance(value, bytes)} for row in table.to_pylist()]
    text = json.dumps(plain, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"rows": len(plain), "digest": digest, "first": [] if kind == "vector" else plain[:2]}


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(answers(), indent=1) + "\n", encoding="utf-8")
