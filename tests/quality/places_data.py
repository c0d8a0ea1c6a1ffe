"""Pictures and film shots whose places are known, with the features that the tag stage would store of them."""

from __future__ import annotations

import csv
import json
import threading
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from tests.quality.search_score import DATA, core_pool

from cinedex.media.look import LookPass
from cinedex.media.probe import probe
from cinedex.stages.tags import Tags
from cinedex.timeline.rows import Shot
from cinedex.timeline.time import Time
from cinedex.timeline.track import Maker, Track

Numbers = npt.NDArray[np.float64]

SCENE15 = {
    "bedroom": "bedroom", "kitchen": "kitchen", "livingroom": "living room", "office": "office", "store": "shop",
    "industrial": "industrial", "coast": "coast", "forest": "forest", "mountain": "mountain", "opencountry": "field",
    "street": "street", "insidecity": "city", "tallbuilding": "city", "highway": "road", "suburb": "suburb",
}  # fmt: skip
"""The classes of Scene-15 as places of our list: 14 places."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What was looked at: names, unit vectors [n, 1280] and mean brightness [n]."""

    names: tuple[str, ...]
    vectors: Numbers
    luma: Numbers
    scores: Numbers


@cache
def pictures(folder: str) -> Seen:
    """The photographs of a folder of the data whose labels.csv lists them, each stretched as a look is."""
    root = DATA / folder
    with (root / "labels.csv").open(encoding="utf-8") as file:
        names = [row["file"] for row in csv.DictReader(file) if (root / row["file"]).exists()]
    model = core_pool().get("efficientnet-lite2")
    vectors, luma, scores = [], [], []
    for name in names:
        pixels = np.asarray(Image.open(root / name).convert("RGB").resize((260, 260), Image.Resampling.BOX))
        score, feature = model.tags(pixels[None])
        vectors.append(feature[0] / np.linalg.norm(feature[0]))
        luma.append((pixels @ [0.2126, 0.7152, 0.0722]).mean() / 255)
        scores.append(score[0])
    return Seen(tuple(names), np.array(vectors, np.float64), np.array(luma), np.array(scores))


@cache
def film(name: str, known: str) -> Seen:
    """The shots of a film by the verified cuts called `known` (else one shot), three looks at each."""
    movie = probe(DATA / "film" / name)
    told: dict[str, Any] = json.loads((DATA / "shots" / "verified_shots.json").read_text("utf-8")).get(known, {})
    cuts = [c["time"] for c in told.get("hard_cuts", ())]
    cuts += [(g["start_time"] + g["end_time"]) / 2 for g in told.get("gradual", ())]
    inner = [Time.from_seconds(c) for c in sorted(cuts) if 0 < c < movie.duration.seconds - 0.1]
    edges = [movie.span.start, *inner, movie.span.end]
    shots = [Shot(start=a, end=b, number=i, opening="cut", score=1.0) for i, (a, b) in enumerate(pairwise(edges))]
    track = Track.of(Shot, shots, Maker("test", 1))
    model = core_pool().get("efficientnet-lite2")
    looks: list[list[Any]] = [[] for _ in shots]
    with LookPass(movie, {"tags": (Tags().view, track)}) as source:
        reader = threading.Thread(target=source.run)
        reader.start()
        for look in source.open("tags"):
            looks[look.row].append(look.pixels)
        reader.join()
    found = [model.tags(np.stack(some)) for some in looks]
    mean = np.array([features.mean(axis=0) for _, features in found], np.float64)
    luma = np.array([(np.stack(some) @ [0.2126, 0.7152, 0.0722]).mean() / 255 for some in looks])
    scores = np.array([s.mean(axis=0) for s, _ in found])
    vectors = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
    return Seen(tuple(str(i) for i in range(len(shots))), vectors, luma, scores)


def class_of(name: str) -> str:
    """The folder that a photograph lies in."""
    return Path(name).parent.name
