"""Films of painted faces, as the fakes see them: where each is at every look, and how green, which tells who it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from tests.stage_films import made, movie, shots_of

from cinedex.media.views import Look
from cinedex.models.fakes import fake_pool
from cinedex.stages.faces import Faces
from cinedex.timeline.rows import Glance, Shot
from cinedex.timeline.time import SECOND, Span, Time

SIZE = (480, 640)

Painted = tuple[int, int, int, int]
"""A face: left, top, side in pixels, green."""


def picture(faces: Iterable[Painted], size: tuple[int, int] = SIZE) -> np.ndarray:
    """Faces on grey, with a pattern that a sharp face has and that does not change who it is."""
    found = np.full((*size, 3), 60, np.uint8)
    for left, top, side, green in faces:
        found[top : top + side, left : left + side] = (255, green, 128)
    return found


def filmed(shots: Sequence[Sequence[Sequence[Painted]]]) -> tuple[list[Shot], list[Glance], list[Look]]:
    """Shots of one look a second; for each look its faces."""
    rows = shots_of([float(len(s)) for s in shots])
    glances, looks = [], []
    for number, (shot, seen) in enumerate(zip(rows, shots, strict=True)):
        for second, faces in enumerate(seen):
            start = shot.start + SECOND * second
            looks.append(Look(len(glances), start, picture(faces)))
            glances.append(Glance(start=start, end=start + SECOND, shot=number))
    return rows, glances, looks


def found(
    shots: Sequence[Sequence[Sequence[Painted]]], stage: Faces | None = None, span: Span | None = None
) -> dict[str, Any]:
    """What the stage makes of them, with fakes for models."""
    rows, glances, looks = filmed(shots)
    film = movie(Time(rows[-1].end))
    inside = [look for look in looks if span is None or glances[look.row].start in span]
    return made(stage or Faces(), film, inside, span=span, tracks={Shot: rows, Glance: glances}, models=fake_pool().get)
