"""Sounds on recordings of one labelled kind each, alone and over music, on composed sound and on films.

Clips are those of ESC-10, UrbanSound8K and MAX Audio that are at hand. Of each label every first, third, ... file set
the thresholds; the others test them. A clip counts for the film term that its label means.
"""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from tests.quality.speech_fixtures import DATA, RATE, Samples, passages, sound_of
from tests.stage_films import made, movie, rows

from cinedex.media.views import SampleChunk
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.settings import Settings
from cinedex.stages.hearing import STEP, Hearings
from cinedex.stages.sounds import Sounds
from cinedex.stages.soundterms import film_terms
from cinedex.timeline.rows import Hearing, Sound
from cinedex.timeline.time import Rate

pytestmark = [
    pytest.mark.weights,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not (DATA / "audio_events").exists(), reason="the evaluation data is not on this machine"),
]

MEANS = {
    "applause": "applause", "baby_cry": "crying", "chainsaw": "power tool", "children_playing": "children",
    "clock_tick": "clock", "dog_bark": "dog", "drilling": "power tool", "engine_idling": "engine",
    "engine_starting": "engine", "fire_crackling": "fire", "gun_shot": "gunshot", "helicopter": "helicopter",
    "jackhammer": "power tool", "keyboard_typing": "typing", "person_sneeze": "coughing", "piano": "music",
    "rain": "rain", "rooster": "poultry", "sea_waves": "water", "siren": "siren", "snoring": "snoring",
    "street_music": "music", "train": "train",
}  # fmt: skip
"""The film term that each label of the clips means."""

TERMS = [t.name for t in film_terms()]
KNOWN = sorted(set(MEANS.values()))

ALARMING = {"gunshot", "machine gun", "explosion", "fireworks", "siren", "alarm", "screaming", "glass breaking"}


@dataclass(frozen=True)
class Clip:
    """A recording, the term that it is of, and whether it tests or has tuned."""

    file: Path
    term: str
    tests: bool


@dataclass(frozen=True)
class Told:
    """What the stages make of some sound: scores [steps, terms] and stretches."""

    scores: npt.NDArray[np.float64]
    sounds: list[Sound]


@pytest.fixture(scope="module")
def pool() -> Iterator[ModelPool]:
    cache = Settings.from_env().cache / "models"
    pool = ModelPool(registry(), cache=cache, options=RunOptions(threads=2), offline=True)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    seen: Counter[str] = Counter()
    found = []
    with (DATA / "audio_events" / "labels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            label = row["label"]
            found.append(Clip(DATA / "audio_events" / row["file"], MEANS[label], tests=seen[label] % 2 == 1))
            seen[label] += 1
    return found


@pytest.fixture(scope="module")
def told(clips: list[Clip], pool: ModelPool) -> list[Told]:
    return [tell(sound_of(clip.file), pool) for clip in clips]


def tell(samples: Samples, pool: ModelPool) -> Told:
    clock = Rate(RATE)
    film = movie(clock.time(len(samples)), video=False, audio=True)
    chunks = (SampleChunk(clock.time(at), RATE, samples[at : at + RATE]) for at in range(0, len(samples), RATE))
    heard = rows(made(Hearings(), film, chunks, models=pool.get), Hearing)
    found = rows(made(Sounds(), film, tracks={Hearing: heard}), Sound)
    return Told(np.array([h.scores for h in heard], np.float64), found)


def average_precision(scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float:
    """The mean of the precision at each right one, in the order of the scores."""
    ordered = right[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    return float((precision * ordered).sum() / max(ordered.sum(), 1))


def test_average_precision_is_what_it_says():
    scores = np.array([0.9, 0.8, 0.7, 0.1])
    assert average_precision(scores, np.array([True, False, True, False])) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(scores, np.array([False, False, False, True])) == pytest.approx(0.25)


def test_clips_are_told_by_their_sound(clips: list[Clip], told: list[Told]):
    peaks = np.array([t.scores.max(axis=0) for t in told])
    means = {}
    for tests in (False, True):
        part = np.array([c.tests == tests for c in clips])
        of = np.array([c.term for c in clips])[part]
        each = {
            term: average_precision(peaks[part][:, TERMS.index(term)], of == term) for term in KNOWN if term in set(of)
        }
        means[tests] = float(np.mean(list(each.values())))
        name = "test" if tests else "tuning"
        print(f"{name} part: mAP {means[tests]:.2f} over {len(each)} terms, {part.sum()} clips")  # noqa: T201 - the figures are what this is for
        if tests:
            print("AP of each (clips): ", end="")  # noqa: T201 - as above
            print(", ".join(f"{term} {ap:.2f} ({(of == term).sum()})" for term, ap in each.items()))  # noqa: T201 - as above
    assert means[True] > 0.75


def confusion(pairs: Sequence[tuple[str, str]], unit: float = 1) -> str:
    """How often, times `unit`, each that is (a line) is told as what (a column); what never occurs is left out."""
    table = Counter(pairs)
    lines, columns = sorted({is_ for is_, _ in pairs}), sorted({told for _, told in pairs})
    width = max(len(c) for c in columns) + 2
    cells = {pair: f"{count * unit:.0f}" for pair, count in table.items()}
    rows = [f"{line:12}" + "".join(f"{cells.get((line, c), '.'):>{width}}" for c in columns) for line in lines]
    return "\n".join([f"{'is, told':12}" + "".join(f"{c:>{width}}" for c in columns), *rows])


def test_a_confusion_matrix_is_what_it_says():
    lines = confusion([("a", "a"), ("a", "b"), ("a", "b"), ("c", "b")], unit=2).splitlines()
    assert [line.split() for line in lines] == [["is,", "told", "a", "b"], ["a", "2", "4"], ["c", ".", "2"]]


def test_what_is_told_is_there(clips: list[Clip], told: list[Told]):
    """Confusion matrices of the test part: what is told, and which known term is nearest to being told.

    A clip is told as the known term whose best stretch scores most. The nearest is the one whose best step reaches
    the largest share of its threshold, so the second matrix says what a clip would be taken for if it had to be one.
    """
    part = [(c, t) for c, t in zip(clips, told, strict=True) if c.tests]
    needed = {t.name: t.on for t in film_terms()}
    places, steps = [TERMS.index(k) for k in KNOWN], np.array([needed[k] for k in KNOWN])
    named, nearest, found = [], [], 0
    for clip, answer in part:
        known = [s for s in answer.sounds if s.label in KNOWN]
        named.append((clip.term, max(known, key=lambda s: s.score).label if known else "nothing"))
        found += clip.term in {s.label for s in known}
        nearest.append((clip.term, KNOWN[int((answer.scores.max(axis=0)[places] / steps).argmax())]))
    right, near = (sum(is_ == told for is_, told in pairs) for pairs in (named, nearest))
    print(confusion(named))  # noqa: T201 - as above
    print(f"told as what they are: {right} of {len(part)}; their term is among what is told: {found} of {len(part)}\n")  # noqa: T201 - as above
    print(confusion(nearest))  # noqa: T201 - as above
    print(f"nearest to what they are: {near} of {len(part)}")  # noqa: T201 - as above
    assert right > 0.6 * len(part)
    assert near > 0.7 * len(part)


@pytest.mark.parametrize("decibels", [20, 10, 0])
def test_sounds_are_heard_over_music(clips: list[Clip], told: list[Told], pool: ModelPool, decibels: int):
    """Clips of the test part that are found alone, laid over the music of a silent film, so much louder than it."""
    bed = sound_of(DATA / "film" / "chaplin_10s.mp4")
    alone = [
        c
        for c, t in zip(clips, told, strict=True)
        if c.tests and c.term != "music" and c.term in {s.label for s in t.sounds}
    ]
    found = 0
    for clip in alone:
        sound = sound_of(clip.file)
        under = np.resize(bed, len(sound))
        loud = [float(np.sqrt(np.mean(np.square(s[np.abs(s) > 1e-3])))) for s in (sound, under)]
        mixed = sound + under * loud[0] / loud[1] * 10 ** (-decibels / 20)
        answer = tell((mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32), pool)
        found += clip.term in {s.label for s in answer.sounds}
    print(f"{decibels} dB above the music: {found} of {len(alone)} found")  # noqa: T201 - as above
    if decibels == 20:
        assert found > 0.6 * len(alone)


def test_speech_music_and_silence_are_told_apart(clips: list[Clip], pool: ModelPool):
    """Read speech, music and silence in turn: how much of each is told as it is, to half a second."""
    music = [sound_of(c.file) for c in clips if c.term == "music"] + [sound_of(DATA / "film" / "chaplin_10s.mp4")]
    said = [sound_of(p.file) for p in passages() if p.language == "en"][:12]
    parts, truth = [], []
    for i, voice in enumerate(said):
        for kind, sound in (
            ("speech", voice),
            ("silence", np.zeros(4 * RATE, np.float32)),
            ("music", music[i % len(music)]),
        ):
            parts.append(sound)
            truth += [kind] * len(sound)
    samples = np.concatenate(parts).astype(np.float32)
    steps = np.array(truth)[STEP // 2 :: STEP]
    answer = tell(samples, pool)
    heard = {kind: covered(answer.sounds, kind, len(steps)) for kind in ("speech", "singing", "music", "silence")}
    named = [" and ".join(kind for kind, inside in heard.items() if inside[i]) or "nothing" for i in range(len(steps))]
    print("seconds:")  # noqa: T201 - as above
    print(confusion(list(zip(steps.tolist(), named, strict=True)), unit=STEP / RATE))  # noqa: T201 - as above
    for kind in ("speech", "music", "silence"):
        inside = heard[kind]
        right = int((inside & (steps == kind)).sum())
        precision, recall = right / max(int(inside.sum()), 1), right / int((steps == kind).sum())
        print(  # noqa: T201 - as above
            f"{kind}: precision {precision:.2f}, recall {recall:.2f} ({(steps == kind).sum() * STEP / RATE:.0f} s)"
        )
        assert min(precision, recall) > 0.7


def covered(found: Sequence[Sound], label: str, count: int) -> npt.NDArray[np.bool_]:
    """For each step whether its middle is in a stretch of that label."""
    middles = (np.arange(count) + 0.5) * STEP / RATE
    inside = np.zeros(count, np.bool_)
    for sound in found:
        if sound.label == label:
            inside |= (middles >= sound.start.seconds) & (middles < sound.end.seconds)
    return inside


FILMS = {
    "big_buck_bunny_360p_full.mp4": "an animated film",
    "sintel_trailer_480p_h264.mp4": "a trailer under music",
    "chaplin_10s.mp4": "music alone",
    "tears_of_steel_battle_clip.webm": "a battle with gunfire and things that burst, under loud music",
}


@pytest.mark.parametrize("name", FILMS)
def test_what_is_alarming_in_films(name: str, pool: ModelPool):
    samples = sound_of(DATA / "film" / name)
    pool.get("yamnet")
    began = time.process_time()
    answer = tell(samples, pool)
    cost = (time.process_time() - began) / (len(samples) / RATE / 60)
    alarming = [f"{s.label} {s.score:.2f} at {s.start.seconds:.1f} s" for s in answer.sounds if s.label in ALARMING]
    print(f"{name} ({FILMS[name]}): {len(answer.sounds)} sounds; {', '.join(alarming) or 'nothing alarming'}")  # noqa: T201 - as above
    print(f"  {cost:.2f} CPU seconds a minute of sound, decoding apart")  # noqa: T201 - as above
    if name == "chaplin_10s.mp4":
        assert {s.label for s in answer.sounds} == {"music"}
