"""What the stages of camera, colour and defects make of small films. Run as a module, it writes the answers anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from tests.golden.picture_stages import _summary
from tests.stage_films import ArrayFilm, made, movie, rows, shots_of, watched

from cinedex.media.views import Look
from cinedex.stages.base import Stage
from cinedex.stages.cadence import Cadence
from cinedex.stages.cards import Cards
from cinedex.stages.defects import Defects
from cinedex.stages.framing import Framings
from cinedex.stages.motion import CameraMotion
from cinedex.stages.palette import Palettes
from cinedex.stages.scan import Scans
from cinedex.timeline.rows import Area, Face, Frame, Glance, Motion, Object, Quality, Scan, Shot
from cinedex.timeline.time import SECOND, Time

ANSWERS = Path(__file__).with_name("camera_stages.json")


def plane(height: int, width: int) -> np.ndarray:
    """A picture of whole numbers with detail in all directions, 30..249."""
    y, x = np.arange(height)[:, None], np.arange(width)[None, :]
    found: np.ndarray = 30 + ((x * x // 7 + 3 * x * y // 11 + y * y // 5 + 40 * (x // 23) + 60 * (y // 19)) % 220)
    return found.astype(np.uint8)


def travelling() -> ArrayFilm:
    """Three seconds at twelve a second: to the right, standing still, another picture shaking."""
    land, other = plane(140, 400), plane(140, 400)[::-1]
    moves = [land[20:110, 200 - 3 * i : 360 - 3 * i] for i in range(14)]
    still = [land[20:110, 80:240]] * 10
    shaken = [other[20 + i % 2 : 110 + i % 2, 100 + i * i % 5 : 260 + i * i % 5] for i in range(12)]
    return ArrayFilm.steady(np.array([*moves, *still, *shaken]), rate=12)


def looks(shots: list[Shot]) -> list[Look]:
    """Three looks at each of three shots: colour bars, a landscape between bars, grey."""
    bars = np.array(
        [[191, 191, 191], [191, 191, 0], [0, 191, 191], [0, 191, 0], [191, 0, 191], [191, 0, 0], [0, 0, 191]]
    )
    card = bars[np.arange(320) * 7 // 320][None].repeat(180, axis=0).astype(np.uint8)
    land = np.stack([plane(180, 320), plane(180, 320)[::-1], plane(180, 320) // 2], axis=-1)
    land[:20] = land[-20:] = 0
    grey = np.full((180, 320, 3), 128, np.uint8)
    return [
        Look(row, shot.start + i, picture)
        for row, (shot, picture) in enumerate(zip(shots, (card, land, grey), strict=True))
        for i in range(3)
    ]


def scanned(count: int) -> tuple[list[Glance], list[Look]]:
    """Glances of a second each, every other one combed, in bars from the sixth on."""
    glances = [Glance(start=SECOND * n, end=SECOND * (n + 1), shot=0) for n in range(count)]
    pictures = []
    for number in range(count):
        picture = plane(288, 480).repeat(3, axis=0)[:288]
        if number % 2:
            picture[1::2] = np.roll(picture, 9, axis=1)[1::2]
        if number >= count // 2:
            picture[:32] = picture[-32:] = 0
        pictures.append(Look(number, SECOND * number, picture))
    return glances, pictures


def answers() -> dict[str, Any]:
    """By stage: its version and the digest, number and first rows of each kind that it makes."""
    film, shots = travelling(), shots_of([1, 1, 1])
    motion = watched(CameraMotion(), film)
    glances, pictures = scanned(12)
    seen = made(Scans(), movie(SECOND * 12), pictures, tracks={Glance: glances})
    step = int(SECOND) // 24
    frames = [Frame(start=Time(step * n), end=Time(step * (n + 1)), pts=n, key=False) for n in range(120)]
    change = [
        Quality(start=f.start, end=f.end, measure="change", value=0.0 if f.pts in {30, 41, 55} else 0.02)
        for f in frames[1:]
    ]
    face = Face(
        start=shots[0].start,
        end=shots[0].end,
        x=0.4,
        y=0.1,
        width=0.2,
        height=0.4,
        points=(),
        score=0.9,
        quality=1,
        tracklet=0,
    )
    framing = {Shot: shots, Motion: rows(motion, Motion), Face: [face], Object: [], Area: []}
    found: list[tuple[Stage, dict[str, pa.Table]]] = [
        (CameraMotion(), motion),
        (Palettes(), made(Palettes(), film.movie, looks(shots), tracks={Shot: shots})),
        (Cards(), made(Cards(), film.movie, looks(shots), tracks={Shot: shots})),
        (Scans(), seen),
        (Defects(), made(Defects(), movie(SECOND * 12), tracks={Scan: rows(seen, Scan)})),
        (Cadence(), made(Cadence(), movie(SECOND * 5), tracks={Frame: frames, Quality: change})),
        (Framings(), made(Framings(), film.movie, tracks=framing)),  # type: ignore[arg-type]  # rows by kind
    ]
    return {
        stage.name: {"version": stage.version, **{kind: _summary(kind, table) for kind, table in tables.items()}}
        for stage, tables in found
    }


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(answers(), indent=1) + "\n", encoding="utf-8")
