"""What the text stage makes of one small film. Run as a module, it writes the golden answer anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.stage_films import made, movie, shots_of
from tests.text_films import picture

from cinedex.media.views import Look
from cinedex.models.fakes import fake_pool
from cinedex.stages.text import Texts
from cinedex.timeline.rows import Glance, Shot
from cinedex.timeline.time import SECOND

ANSWERS = Path(__file__).with_name("text_stage.json")


def looks() -> list[Look]:
    """Fifteen seconds, a look a second: a title, two subtitles, a sign in a pan, a roll of credits."""
    title = picture(("abcd dcba", 0.5, 0.45), size=48)
    said = [picture(("dcb aabc dd", 0.5, 0.9)), picture(("abcd abdd ca", 0.5, 0.84), ("bbcd aaca bd", 0.5, 0.92))]
    pan = [picture(("abcd ddca", 0.2 + 0.1 * n, 0.4)) for n in range(3)]
    roll = []
    for step in range(5):
        names = ["abcd abca", "ddca bbac", "cabd dcca", "aabc ddab"]
        places = [(t, 0.5, 1.0 + 0.12 * n - 0.15 * step) for n, t in enumerate(names)]
        roll.append(picture(*[p for p in places if 0.05 < p[2] < 0.95]))
    shown = [picture(), title, title, picture(), said[0], said[0], said[1], *pan, *roll]
    return [Look(n, SECOND * n + SECOND // 2, p) for n, p in enumerate(shown)]


def answers() -> dict[str, Any]:
    """The stage's version and its rows."""
    seen = looks()
    shots = shots_of([7, 3, 5])
    numbers = [0] * 7 + [1] * 3 + [2] * 5
    glances = [Glance(start=SECOND * n, end=SECOND * (n + 1), shot=numbers[n]) for n in range(15)]
    film = movie(SECOND * 15)
    found = made(Texts(), film, seen, tracks={Shot: shots, Glance: glances}, models=fake_pool().get)
    rounded = [
        {k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()} for row in found["text"].to_pylist()
    ]
    return {"text": {"version": Texts.version, "rows": rounded}}


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(answers(), indent=1) + "\n", encoding="utf-8")
