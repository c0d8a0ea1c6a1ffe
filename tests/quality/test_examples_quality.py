"""Search by a face, a voice or a sound: is what is like the example found, and nothing where there is nothing like it?

Every example is looked for among others: R@1 is the share whose nearest is right, recall that of right ones from the
bound on, false the share of wrong ones from there on, silence the share of examples without a right one that find
nothing. Bounds of voices and sounds were chosen on the tuning parts; the test parts were scored after.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from tests.quality.search_score import DATA, core_pool
from tests.quality.speech_fixtures import sound_of
from tests.quality.test_people_quality import prints
from tests.quality.test_sounds_quality import MEANS, Told, tell

from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.people.match import Bounds
from cinedex.search.examples import SOUND_NEAR, VOICE_NEAR, alike, voice_of
from cinedex.search.examples import sound_of as asked_of

Numbers = npt.NDArray[np.float64]

pytestmark = [
    pytest.mark.weights,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not (DATA / "audio_events").exists(), reason="the evaluation data is not here"),
]


@pytest.fixture(scope="module")
def pool() -> Iterator[ModelPool]:
    made = core_pool()
    yield made
    made.close()


def counted(near: Numbers, right: npt.NDArray[np.bool_], bound: float) -> dict[str, float]:
    """Figures of examples [n] among others [m], of which `right` [n, m] are theirs."""
    there = right.any(axis=1)
    alone = np.where(right, -1.0, near)  # the same examples in libraries that have nobody and nothing of theirs
    return {
        "R@1": float(right[there, near[there].argmax(axis=1)].mean()),
        "recall": float((near >= bound)[right].mean()),
        "any found": float(((near >= bound) & right).any(axis=1)[there].mean()),
        "false": float((near >= bound)[~right].mean()),
        "silence": float((alone.max(axis=1) < bound).mean()),
    }


def told(part: str, figures: Mapping[str, float], examples: int, others: int, bound: float) -> None:
    shown = "  ".join(f"{name} {value:.2f}" for name, value in figures.items())
    print(f"{part}: {examples} examples, {others} others, bound {bound:.2f}: {shown}")  # noqa: T201 - the figure is the point


def curve(near: Numbers, right: npt.NDArray[np.bool_], bounds: Sequence[float]) -> None:
    for bound in bounds:
        told("  tuning", counted(near, right, bound), *near.shape, bound)


@pytest.mark.skipif(not (DATA / "faces" / "orl").exists(), reason="the data are not here")
@pytest.mark.parametrize(("part", "people"), [("tuning", range(1, 21)), ("test", range(21, 41))])
def test_faces(pool: ModelPool, part: str, people: range):
    """ORL: of 20 people five pictures are one look in films, five are examples. The bound is that of recognition."""
    made = prints(pool, people)
    looks = np.stack([made[p][:5].mean(axis=0) for p in people])
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    asked = np.concatenate([made[p][5:] for p in people])
    own = np.repeat(np.arange(len(people)), [len(made[p][5:]) for p in people])
    right = own[:, None] == np.arange(len(people))[None]
    bound = Bounds.of(float(registry()["dlib-face"].options["same"])).sure
    near = (asked @ looks.T).astype(float)
    if part == "tuning":
        curve(near, right, (0.9, 0.91, 0.92, 0.93, 0.94, 0.95))
    figures = counted(near, right, bound)
    told(part, figures, *right.shape, bound)
    assert figures["R@1"] >= 0.95
    assert figures["recall"] >= 0.9
    assert figures["false"] <= 0.02


@pytest.mark.parametrize("part", ["tuning", "test"])
def test_voices(pool: ModelPool, part: str):
    """LibriSpeech: of five readers a part, three utterances are a voice of films, three others examples."""
    who = json.loads((DATA / "speech" / "librispeech_speakers.json").read_text("utf-8"))
    who = {name: reader for name, reader in who.items() if (DATA / "speech" / name).exists()}
    readers = sorted(set(who.values()))
    readers = readers[:5] if part == "tuning" else readers[5:]
    detector, embedder = pool.get("silero-vad"), pool.get("resemblyzer")
    voices, asked, own = [], [], []
    for number, reader in enumerate(readers):
        files = sorted(f for f, w in who.items() if w == reader)
        made = [voice_of(sound_of(DATA / "speech" / f), detector, embedder) for f in files]
        kept = [v for v in made if v is not None]
        voices.append(np.mean(kept[:3], axis=0))
        asked += kept[3:]
        own += [number] * len(kept[3:])
    known = np.stack(voices) / np.linalg.norm(voices, axis=1, keepdims=True)
    near = (np.stack(asked) @ known.T).astype(float)
    right = np.array(own)[:, None] == np.arange(len(readers))[None]
    if part == "tuning":
        curve(near, right, (0.65, 0.7, 0.75, 0.8, 0.85))
    figures = counted(near, right, VOICE_NEAR)
    told(part, figures, *right.shape, VOICE_NEAR)
    assert figures["R@1"] >= 0.9
    assert figures["recall"] >= 0.9
    assert figures["false"] <= 0.1


@pytest.fixture(scope="module")
def sounds(pool: ModelPool) -> list[tuple[str, bool, Told, npt.NDArray[np.float32] | None]]:
    """Every clip with its term, whether it tests, what the stages make of it, and what it is as an example."""
    import csv  # noqa: PLC0415 - beside what reads it

    seen: dict[str, int] = {}
    found = []
    with (DATA / "audio_events" / "labels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            samples = sound_of(Path(DATA / "audio_events" / row["file"]))
            number = seen[row["label"]] = seen.get(row["label"], -1) + 1
            term = MEANS[row["label"]]
            found.append((term, number % 2 == 1, tell(samples, pool), asked_of(samples, pool.get("yamnet"))))
    return found


@pytest.mark.parametrize("part", ["tuning", "test"])
def test_sounds(sounds: list[tuple[str, bool, Told, npt.NDArray[np.float32] | None]], part: str):
    """ESC-10, UrbanSound8K, MAX Audio: every clip is looked for among the other clips of its part, as films are."""
    clips = [(t, h, a) for t, tests, h, a in sounds if tests == (part == "test")]
    near = np.array(
        [
            [
                -1.0 if i == j or asked is None else float(alike(heard.scores.astype(np.float32), asked).max())
                for j, (_, heard, _) in enumerate(clips)
            ]
            for i, (_, _, asked) in enumerate(clips)
        ]
    )
    right = np.array([[i != j and a == b for j, (b, _, _) in enumerate(clips)] for i, (a, _, _) in enumerate(clips)])
    dumb = sum(asked is None for _, _, asked in clips)
    print(f"{part}: {dumb} of {len(clips)} clips are like no sound that is known")  # noqa: T201 - as above
    if part == "tuning":
        curve(near, right, (0.6, 0.7, 0.8, 0.85, 0.9, 0.95))
    figures = counted(near, right, SOUND_NEAR)
    told(part, figures, *near.shape, SOUND_NEAR)
    assert figures["R@1"] >= 0.5
    assert figures["false"] <= 0.05
