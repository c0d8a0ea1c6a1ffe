"""What captions, speech, cues and translation make of one small film. Run as a module, it writes the answer anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from tests.stage_films import movie

from cinedex.media.views import CaptionChunk
from cinedex.models.fakes import fake_pool
from cinedex.stages.base import Inputs, Stage
from cinedex.stages.captions import ImportedCaptions
from cinedex.stages.cues import Cues
from cinedex.stages.speech import Speech
from cinedex.stages.translation import Translations
from cinedex.timeline import arrow
from cinedex.timeline.rows import Caption, Cue, Row, Voice, Word
from cinedex.timeline.time import SECOND, Span
from cinedex.timeline.track import Maker, Track

ANSWERS = Path(__file__).with_name("word_stages.json")

RATE = 16_000

LINES = """1
00:00:01,000 --> 00:00:03,000
hum hum
tone tone

2
00:00:03,000 --> 00:00:05,000
whistle whistle whistle hum
"""

STAGES = (ImportedCaptions(), Speech(language="de"), Cues(), Translations())


def listen(span: Span) -> np.ndarray:
    """Two seconds of hum, two of whistle, a tone in the midst; the fake recogniser knows them apart."""
    at = np.arange(round(span.start.seconds * RATE), round(span.end.seconds * RATE)) / RATE
    pitch = np.select([at < 2, at < 3, at < 4.5], [120.0, 500.0, 2000.0], 120.0)
    return (0.3 * np.sin(2 * np.pi * pitch * at)).astype(np.float32)


def answers() -> dict[str, Any]:
    """Each stage's version and its rows, one stage after the other."""
    film = movie(SECOND * 8, video=False, audio=True)
    known: dict[type[Row], list[Row]] = {Voice: [Voice(start=SECOND, end=SECOND * 5, score=0.9)]}
    told: dict[str, Any] = {}
    for stage in STAGES:
        rows = [row for row in _run(stage, film, known) if isinstance(row, Row)]
        for kind in stage.makes:
            known[kind] = [r for r in rows if isinstance(r, kind)]
        told[stage.name] = {"version": stage.version, "rows": {k.kind: _plain(k, known[k]) for k in stage.makes}}
    return told


def _run(stage: Stage, film: Any, known: dict[type[Row], list[Row]]) -> list[Any]:
    chunks = [CaptionChunk("film.de.srt", None, data=LINES.encode())]
    tracks = {row: Track.of(row, known[row], Maker("test", 1)) for row in (Voice, Word, Caption, Cue) if row in known}
    return list(stage.run(Inputs(film, film.span, iter(chunks), tracks, fake_pool().get, listen)))


def _plain(kind: type[Row], rows: list[Row]) -> list[dict[str, Any]]:
    return [
        {k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}
        for row in arrow.table(kind, rows).to_pylist()
    ]


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(answers(), indent=1) + "\n", encoding="utf-8")
