"""What the stages of places and sights make of one small film. Run as a module, it writes the golden answers anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from tests.stage_films import made, movie, shots_of

from cinedex.media.views import Look
from cinedex.models.fakes import FakeImageEmbedder
from cinedex.stages.base import Stage
from cinedex.stages.places import Places, heads
from cinedex.stages.visuals import Visuals
from cinedex.timeline.rows import Quality, Shot, Vector
from cinedex.timeline.time import SECOND

ANSWERS = Path(__file__).with_name("place_stages.json")


def answers() -> dict[str, Any]:
    """By stage: its version and the digest, number and first rows of each kind that it makes."""
    shots = shots_of([1] * 12)
    head = heads().weights[:, :-1]
    random = np.random.default_rng(5)
    vectors = [head[2 * i] / np.linalg.norm(head[2 * i]) + random.normal(0, 0.01, head.shape[1]) for i in range(12)]
    seen = [
        Vector(start=s.start, end=s.end, space="efficientnet-lite2", values=tuple((v / np.linalg.norm(v)).tolist()))
        for s, v in zip(shots, vectors, strict=True)
    ]
    luma = [Quality(start=s.start, end=s.end, measure="luma", value=0.06 * i) for i, s in enumerate(shots)]
    looks = [
        Look(row, s.start, np.full((64, 64, 3), 20 * row, np.uint8) * np.array([1, row % 2, 0], np.uint8))
        for row, s in enumerate(shots)
    ]
    film = movie(SECOND * 12)
    found: list[tuple[Stage, dict[str, Any]]] = [
        (Places(), made(Places(), film, tracks={Shot: shots, Vector: seen, Quality: luma})),
        (
            Visuals("any", 64, 64),
            made(Visuals("any", 64, 64), film, looks, tracks={Shot: shots}, models=lambda _: FakeImageEmbedder()),
        ),
    ]
    return {
        stage.name: {"version": stage.version, **{kind: _summary(table.to_pylist()) for kind, table in tables.items()}}
        for stage, tables in found
    }


def _summary(plain: list[dict[str, Any]]) -> dict[str, Any]:
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    return {"rows": len(plain), "digest": digest, "first": plain[:2]}


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(answers(), indent=1) + "\n", encoding="utf-8")
