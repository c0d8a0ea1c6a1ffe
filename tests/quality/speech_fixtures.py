"""Running the speech stages over real files as the product does: through a plan, the runner and a store."""

from __future__ import annotations

import json
import tempfile
import wave
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cinedex.media.probe import probe
from cinedex.media.sound import Listener
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.run.local import LocalRunner
from cinedex.run.plan import make_plan
from cinedex.settings import Settings
from cinedex.stages.base import Stage
from cinedex.stages.cues import Cues
from cinedex.stages.speech import Speech
from cinedex.stages.voice import VoiceActivity
from cinedex.store import Store
from cinedex.timeline import arrow
from cinedex.timeline.rows import KINDS, Cue, Flag, Translation, Voice, Word
from cinedex.timeline.time import Time

DATA = Path(__file__).parents[3] / "shared" / "data"


RATE = 16_000
HOP = 512

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Passage:
    """A recording whose words are known."""

    file: Path
    language: str
    text: str


@dataclass(frozen=True)
class Placed:
    """A passage inside a longer sound, in samples."""

    passage: Passage
    start: int
    end: int


@dataclass(frozen=True)
class Heard:
    """What the speech stages made of a film."""

    duration: Time
    voice: list[Voice]
    cues: list[Cue]
    words: list[Word]
    flags: list[Flag]
    translations: list[Translation]

    @property
    def text(self) -> str:
        return " ".join(c.text for c in self.cues)


def hear(film: Path, pool: ModelPool, *stages: Stage) -> Heard:
    """Run voice, speech and cues (or `stages` in their place) over a film."""
    movie = probe(film)
    wanted = list(stages) or [VoiceActivity(), Speech(), Cues()]
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
                made.setdefault(kind, []).extend(arrow.rows(KINDS[kind], table))
    return Heard(movie.duration, *(made.get(kind, []) for kind in ("voice", "cue", "word", "flag", "translation")))


def passages() -> list[Passage]:
    """Every recording with one known text in one language."""
    told = json.loads((DATA / "speech" / "transcripts.json").read_text(encoding="utf-8"))
    return [Passage(DATA / "speech" / name, t["lang"], t["text"]) for name, t in told.items() if t.get("text")]


def sound_of(film: Path) -> Samples:
    """A film's whole sound, mono at 16 kHz."""
    movie = probe(film)
    with Listener(movie, rate=RATE) as listen:
        return listen(movie.span)


def over(
    bed: Samples, said: list[Passage], decibels: float, seed: int
) -> tuple[Samples, list[Placed], npt.NDArray[np.bool_]]:
    """Passages laid over a film's sound at a level above it, 5 to 14 s apart, as far as they fit.

    Gives the sound, where each passage lies, and for each 32 ms whether somebody speaks (by the passage's own level).
    """
    random = np.random.default_rng(seed)
    mixed, placed, at = bed.copy(), [], 6 * RATE
    truth = np.zeros(len(bed) // HOP, np.bool_)
    for passage in said:
        clip = sound_of(passage.file)
        clip = clip[: len(clip) // HOP * HOP]
        at = at // HOP * HOP
        if at + len(clip) > len(bed):
            break
        speaking = _speaking(clip)
        voice = np.sqrt(np.mean(np.square(clip.reshape(-1, HOP)[speaking])))
        around = max(float(np.sqrt(np.mean(np.square(bed[at : at + len(clip)])))), 1e-3)
        mixed[at : at + len(clip)] += clip * around * 10 ** (decibels / 20) / voice
        truth[at // HOP : at // HOP + len(speaking)] |= speaking
        placed.append(Placed(passage, at, at + len(clip)))
        at += len(clip) + int(random.uniform(5, 14) * RATE)
    return mixed / max(1.0, float(np.abs(mixed).max())), placed, truth


def _speaking(clip: Samples) -> npt.NDArray[np.bool_]:
    """Where a clean recording is loud, pauses below 0.3 s included."""
    level = np.sqrt(np.mean(np.square(clip.reshape(-1, HOP)), axis=1))
    loud = level > max(float(level.max()) * 0.05, 1e-4)
    found = np.flatnonzero(loud)
    for a, b in pairwise(found):
        if b - a < 0.3 * RATE / HOP:
            loud[a:b] = True
    return loud


def written(samples: Samples, to: Path) -> Path:
    """The samples as a 16-bit wave file."""
    whole = np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2")
    with wave.open(str(to), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(whole.tobytes())
    return to


def voiced(found: list[Voice], hops: int) -> npt.NDArray[np.bool_]:
    """For each 32 ms whether it lies in one of the rows."""
    inside = np.zeros(hops, np.bool_)
    for row in found:
        inside[round(row.start.seconds * RATE / HOP) : round(row.end.seconds * RATE / HOP)] = True
    return inside
