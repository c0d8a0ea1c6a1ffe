"""Running the speech stages over real files as the product does: through a plan, the runner and a store."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cinedex.media.probe import probe
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.run.local import LocalRunner
from cinedex.run.plan import make_plan
from cinedex.settings import Settings
from cinedex.stages.base import Stage
from cinedex.stages.speech import Speech
from cinedex.stages.voice import Voice
from cinedex.store import Store
from cinedex.timeline import rows
from cinedex.timeline.rows import Cue, Flag, Sound, Word
from cinedex.timeline.time import Time

DATA = Path(__file__).parents[3] / "shared" / "data"


@dataclass(frozen=True)
class Heard:
    """What the speech stages made of a film."""

    duration: Time
    voice: list[Sound]
    cues: list[Cue]
    words: list[Word]
    flags: list[Flag]

    @property
    def text(self) -> str:
        return " ".join(c.text for c in self.cues)


def hear(film: Path, pool: ModelPool, *stages: Stage) -> Heard:
    """Run voice and speech (or `stages` in their place) over a film."""
    movie = probe(film)
    wanted = list(stages) or [Voice(), Speech()]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        plan = make_plan(movie, wanted, store, registry())
        for event in LocalRunner(store, pool, Settings(cores=2)).run([plan]):
            if event.error is not None:
                raise event.error
        made: dict[str, list[Any]] = {}
        for step in plan.steps:
            artifact = store.read(movie.id, step.name, step.key)
            assert artifact is not None
            for kind, table in artifact.tables.items():
                made.setdefault(kind, []).extend(rows.rows(rows.KINDS[kind], table))
    return Heard(movie.duration, made.get("sound", []), made.get("cue", []), made.get("word", []), made.get("flag", []))
