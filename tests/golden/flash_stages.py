"""What the stages on flashing make of one small film. Run as a module, it writes the golden answers anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from tests.flash_films import flashing
from tests.golden.picture_stages import _summary
from tests.stage_films import ArrayFilm, made, rows, watched

from cinedex.stages.flashes import Flashes
from cinedex.stages.flashing import Flashing
from cinedex.stages.stripes import Stripes
from cinedex.timeline.rows import Flash, Pattern

ANSWERS = Path(__file__).with_name("flash_stages.json")


def film() -> ArrayFilm:
    """Red and blue over two thirds, five times a second for two seconds."""
    return flashing(range(30, 90, 3), 300, rows_lit=18, dark=(0, 0, 255), light=(255, 0, 0))


def bars() -> ArrayFilm:
    """Ten light and ten dark bars for a second, then grey."""
    lit = np.where(np.arange(160) // 8 % 2, 230, 20).astype(np.uint8)
    return ArrayFilm.steady(
        np.stack([np.broadcast_to(lit, (90, 160))] * 12 + [np.full((90, 160), 90, np.uint8)] * 12), 12
    )


def answers() -> dict[str, Any]:
    """By stage: its version and the digest, number and first rows of each kind that it makes."""
    found = watched(Flashes(), film())
    stripes = watched(Stripes(), bars())
    given: dict[Any, Any] = {Flash: rows(found, Flash), Pattern: rows(stripes, Pattern)}
    flags = made(Flashing(), film().movie, tracks=given)
    told = ((Flashes(), found), (Stripes(), stripes), (Flashing(), flags))
    return {
        stage.name: {"version": stage.version, **{kind: _summary(kind, table) for kind, table in tables.items()}}
        for stage, tables in told
    }


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(answers(), indent=1) + "\n", encoding="utf-8")
