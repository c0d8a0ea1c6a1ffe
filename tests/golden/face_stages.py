"""What the face stages make of one small film of painted faces. Run as a module, it writes the golden answers anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from tests.face_films import found
from tests.stage_films import made, movie, rows

from cinedex.stages.base import Stage
from cinedex.stages.faces import Faces
from cinedex.stages.people import People
from cinedex.timeline.rows import Faceprint, Tracklet
from cinedex.timeline.time import SECOND

ANSWERS = Path(__file__).with_name("face_stages.json")

SHOTS = [
    [[(60, 80, 120, 16)], [(90, 80, 120, 18), (400, 90, 90, 80)], [(430, 90, 90, 82)], [(110, 80, 120, 20)]],
    [[(200, 100, 150, 80)], [(180, 100, 150, 84)]],
    [[]],
    [[(300, 60, 200, 20), (20, 20, 16, 208)], [(310, 60, 200, 26)], [], [(320, 60, 200, 24)]],
]
"""Two people in three shots, one of them missed now and then, and a face too small for a print."""


def answers() -> dict[str, Any]:
    """By stage: its version and the digest, number and first rows of each kind that it makes."""
    faces = found(SHOTS)
    given: Any = {row: rows(faces, row) for row in (Tracklet, Faceprint)}
    # What is painted has no detail, so no face of it is clear: the bounds are set aside.
    people = made(People(clear=0, faint=0), movie(SECOND * 11), tracks=given)
    made_by: list[tuple[Stage, dict[str, pa.Table]]] = [(Faces(), faces), (People(), people)]
    return {
        stage.name: {"version": stage.version, **{kind: _summary(kind, table) for kind, table in tables.items()}}
        for stage, tables in made_by
    }


def _summary(kind: str, table: pa.Table) -> dict[str, Any]:
    """Encoded pictures are left out: their bytes are the encoder's, not the stage's."""
    plain = [_rounded(row) for row in table.to_pylist()]
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    return {"rows": len(plain), "digest": digest, "first": [] if kind == "faceprint" else plain[:2]}


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    """Floats to three places: the last ones differ from processor to processor."""
    near = {k: round(v, 3) + 0.0 for k, v in row.items() if isinstance(v, float)}
    lists = {k: [round(x, 3) + 0.0 for x in v] for k, v in row.items() if v and isinstance(v, list) and _floats(v)}
    return {k: v for k, v in row.items() if not isinstance(v, bytes)} | near | lists


def _floats(values: list[Any]) -> bool:
    return all(isinstance(v, float) for v in values)


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(answers(), indent=1) + "\n", encoding="utf-8")
