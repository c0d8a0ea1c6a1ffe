"""Photographs of known classes and pictures of films that somebody looked at, with the things they show."""

from __future__ import annotations

import csv
import json
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cinedex.media.look import LookPass
from cinedex.media.probe import probe
from cinedex.media.views import Look, Looks
from cinedex.models.tagger import imagenet_labels
from cinedex.timeline.rows import Glance
from cinedex.timeline.time import Time
from cinedex.timeline.track import Maker, Track

DATA = Path(__file__).parents[3] / "shared" / "data"
TRUTH = json.loads(Path(__file__).with_name("objects_truth.json").read_text(encoding="utf-8"))
SIDE = 300

ANIMALS = {"bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"}
_DOGS, _LAST_ANIMAL = range(151, 269), 397


@dataclass(frozen=True)
class Shown:
    """A picture (uint8 [300, 300, 3]), what it shows, what it may show, and of which labels it can judge an answer."""

    name: str
    pixels: np.ndarray
    shows: frozenset[str]
    perhaps: frozenset[str]
    judges: frozenset[str] | None
    """None: of every label."""


def photographs() -> list[Shown]:
    """ImageNet's photographs, their middle in the shape of a film, stretched as looks are.

    A photograph whose class is a thing of COCO judges of all labels that classes stand for (other things that truly
    are there count as wrong); one of another animal judges of animals; the others of nothing.
    """
    folder = DATA / "retrieval" / "imagenet_sample_1000"
    if not folder.exists():
        pytest.skip("the photographs are not here")
    labels, classes = imagenet_labels(), TRUTH["classes"]
    thing = {name: label for label, names in classes.items() for name in names} | {labels[i]: "dog" for i in _DOGS}
    known = frozenset(classes) | {"dog"}
    numbers = {name: i for i, name in enumerate(_synsets())}
    found = []
    with (folder / "labels.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            number = numbers[row["wnid"]]
            label = thing.get(labels[number])
            judges = known if label else frozenset(ANIMALS) if number <= _LAST_ANIMAL else frozenset()
            shows = frozenset({label} if label else ())
            found.append(Shown(labels[number], widescreen(folder / row["file"]), shows, frozenset(), judges))
    return found


def _synsets() -> list[str]:
    text = (Path(__file__).parents[2] / "src" / "cinedex" / "models" / "imagenet_labels.txt").read_text()
    return [line.split("\t")[0] for line in text.splitlines() if not line.startswith("#")]


def widescreen(path: Path) -> np.ndarray:
    """The middle of a photograph, 16:9, stretched to the square that looks are."""
    photo = Image.open(path).convert("RGB")
    width, height = photo.size
    lines = min(height, round(width * 9 / 16))
    top = (height - lines) // 2
    box = (0, top, width, top + lines)
    return np.asarray(photo.resize((SIDE, SIDE), Image.Resampling.BOX, box=box))


def frames() -> list[Shown]:
    """The pictures of films, at their times."""
    by_film: dict[str, list[dict[str, object]]] = {}
    for frame in TRUTH["frames"]:
        by_film.setdefault(frame["film"], []).append(frame)
    found = []
    for name, wanted in by_film.items():
        path = DATA / name
        if not path.exists():
            pytest.skip(f"{name} is not here")
        looks = _looks(path, [float(str(w["at"])) for w in wanted])
        for look, frame in zip(looks, wanted, strict=True):
            shows, perhaps = (frozenset(map(str, frame[k])) for k in ("shows", "perhaps"))  # type: ignore[call-overload]
            found.append(Shown(f"{name} at {frame['at']}", look.pixels, shows, perhaps, None))
    return found


def _looks(path: Path, times: list[float]) -> list[Look]:
    movie = probe(path)
    moments = [Time.from_seconds(t) for t in times]
    glances = Track.of(Glance, [Glance(start=t, end=t + 2, shot=0) for t in moments], Maker("test", 1))
    view = Looks(at=Glance, height=SIDE, width=SIDE, snap=False)
    with LookPass(movie, {"objects": (view, glances)}) as source:
        reader = threading.Thread(target=source.run)
        reader.start()
        found = [look for look in source.open("objects") if isinstance(look, Look)]
        reader.join()
    return found
