"""What the stages of words and signs make of one small film. Run as a module, it writes the golden answers anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from tests.stage_films import made, movie, rows, shots_of

from cinedex.media.views import Look
from cinedex.models.fakes import fake_pool
from cinedex.stages.concerns import Concerns
from cinedex.stages.mentions import Mentions
from cinedex.stages.nudity import CloserLooks, FirstLooks
from cinedex.timeline.rows import Cue, Glance, Mention, Nudity, Row, Shot, Sound, Suspect, Tag, Text, Word
from cinedex.timeline.time import SECOND, Time

ANSWERS = Path(__file__).with_name("concern_stages.json")

_LENGTH = 60

_LINES = (
    (4, "en", "What the fuck is that? Shit!"),
    (12, "de", "Halt die Fresse, du Arschloch."),
    (20, "fr", "Putain, l'enculé !"),
    (28, "hi", "बहनचोद, शराब ला"),
    (36, "en", "No cocaine, no cigarettes, f**k."),
)


def looks(count: int) -> list[Look]:
    """Grey pictures with more or less of the colour that the fake takes for skin."""
    found = []
    for row in range(count):
        pixels = np.full((256, 256, 3), 90, np.uint8)
        pixels[: row * 37 % 256] = (255, 0, 255)
        found.append(Look(row, Time(SECOND * row), pixels))
    return found


def said() -> list[Row]:
    """Lines of four languages, the words of the first, and signs in the picture."""
    box = {"x": 0.1, "y": 0.9, "width": 0.5, "height": 0.05}
    lines = [
        Cue(start=SECOND * t, end=SECOND * (t + 4), text=text, language=language, score=0.9, source="speech")
        for t, language, text in _LINES
    ]
    words = [
        Word(
            start=SECOND * 4 + SECOND * i // 2, end=SECOND * 4 + SECOND * (i + 1) // 2, text=w, language="en", score=0.7
        )
        for i, w in enumerate(_LINES[0][2].split())
    ]
    signs = [
        Text(start=SECOND * t, end=SECOND * (t + 4), text=text, language="en", role=role, score=0.9, **box)
        for t, text, role in ((36, "Smoking kills", "caption"), (48, "GIN", "sign"), (52, "Dr. Gin", "credit"))
    ]
    return [*lines, *words, *signs]


def answers() -> dict[str, Any]:
    """By stage: its version, the digest and number of its rows and the first of them."""
    film, pool = movie(Time(SECOND * _LENGTH), audio=True), fake_pool()
    glances = [Glance(start=SECOND * 2 * i, end=SECOND * 2 * (i + 1), shot=0) for i in range(_LENGTH // 2)]
    first = made(FirstLooks(), film, looks(len(glances)), tracks={Glance: glances}, models=pool.get)
    suspects = rows(first, Suspect)
    closer = made(CloserLooks(), film, looks(len(suspects)), tracks={Suspect: suspects}, models=pool.get)
    given = {kind: [r for r in said() if type(r) is kind] for kind in (Cue, Word, Text)}
    words = made(Mentions(), film, tracks=given)
    known: dict[type[Row], list[Row]] = {
        Shot: list(shots_of([5] * (_LENGTH // 5))),
        Mention: rows(words, Mention),
        Nudity: sorted([*rows(first, Nudity), *rows(closer, Nudity)], key=lambda n: n.start),
        Sound: [Sound(start=SECOND * 30, end=SECOND * 31, label="gunshot", score=0.8)],
        Tag: [Tag(start=SECOND * 28, end=SECOND * 34, label="revolver", vocabulary="imagenet-1k", score=0.6)],
    }
    signs = made(Concerns(), film, tracks=known)
    told = ((FirstLooks(), first), (CloserLooks(), closer), (Mentions(), words), (Concerns(), signs))
    return {
        stage.name: {"version": stage.version, **{kind: _summary(table.to_pylist()) for kind, table in tables.items()}}
        for stage, tables in told
    }


def _summary(plain: list[dict[str, Any]]) -> dict[str, Any]:
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    return {"rows": len(plain), "digest": digest, "first": plain[:2]}


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(answers(), indent=1) + "\n", encoding="utf-8")
