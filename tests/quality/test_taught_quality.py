"""Taught tags: k photographs of a class teach it, from a library of the rest of half of the data; the other half is
tagged. Which photographs teach and which half they are of is drawn by seed. The library is not told what else is of
the class, as a real one would not be. The slope and middle of scores were set on every second class of Scene-15.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.quality.places_data import Seen, class_of, pictures
from tests.quality.search_score import DATA
from tests.stage_films import movie, shots_of

from cinedex.models.kinds import kinds_of
from cinedex.models.tagger import imagenet_labels
from cinedex.store import Store
from cinedex.taught import Lessons
from cinedex.timeline.rows import Shot, Vector
from cinedex.timeline.time import SECOND
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

pytestmark = [
    pytest.mark.weights,
    pytest.mark.skipif(not (DATA / "places").exists(), reason="the evaluation data is not here"),
]

SEEDS = 4


def library(vectors: np.ndarray) -> Timeline:
    """A film that shows a photograph a second."""
    shots = shots_of([1] * len(vectors))
    rows = [Vector(start=s.start, end=s.end, space="s", values=tuple(v)) for s, v in zip(shots, vectors, strict=True)]
    tracks = {
        ("shots", "shot"): Track.of(Shot, shots, Maker("shots", 1)),
        ("tags", "vector"): Track.of(Vector, rows, Maker("tags", 1)),
    }
    return Timeline(replace(movie(SECOND * len(shots)), id="m1-photos"), tracks)


def scored(seen: Seen, classes: dict[str, np.ndarray], folder: Path) -> dict[int, tuple[float, float, float]]:
    """For each number of examples: precision and recall of the tag, all answers together, and mean AP of classes."""
    sums = {k: np.zeros(3) for k in (1, 3, 5)}
    ap: dict[int, list[float]] = {k: [] for k in (1, 3, 5)}
    for seed in range(SEEDS):
        order = np.random.default_rng(seed).permutation(len(seen.names))
        here, there = order[: len(order) // 2], order[len(order) // 2 :]
        film = library(seen.vectors[here])
        shelf = Lessons(Store(str(folder / str(seed))), lambda film=film: [film.movie], lambda _, film=film: film)
        for name, is_of in classes.items():
            own = np.flatnonzero(is_of[here])
            for k in (1, 3, 5):
                if len(own) <= k or is_of[there].sum() < 3:
                    continue
                lesson = shelf.teach(name, [(film.movie, SECOND * int(i)) for i in own[:k]])
                scores, truth = lesson.scores(seen.vectors[there]), is_of[there]
                told = scores >= 0.5
                sums[k] += ((told & truth).sum(), told.sum(), truth.sum())
                ranked = truth[np.argsort(-scores, kind="stable")]
                ap[k].append(float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean()))
    return {k: (hit / max(told, 1), hit / true, float(np.mean(ap[k]))) for k, (hit, told, true) in sums.items()}


def said(name: str, found: dict[int, tuple[float, float, float]], count: int) -> None:
    for k, (precision, recall, mean) in found.items():
        print(f"\n{name}, {count} classes, k {k}: P {precision:.2f}  R {recall:.2f}  AP {mean:.2f}")  # noqa: T201 - the figures


def test_places(tmp_path: Path):
    """The classes of Scene-15 on which nothing was set."""
    seen = pictures("places/scene15")
    names = np.array([class_of(n) for n in seen.names])
    held_out = sorted(set(names))[1::2]
    found = scored(seen, {c: names == c for c in held_out}, tmp_path)
    said("Scene-15", found, len(held_out))
    assert all(precision > 0.7 for precision, _, _ in found.values())
    assert found[5][1] > found[1][1] > 0.25
    assert found[5][2] > 0.75


def test_things(tmp_path: Path):
    """Kinds of which the ImageNet sample has ten photographs at least: their pictures differ far more than a film's."""
    seen = pictures("retrieval/imagenet_sample_1000")
    text = (Path(__file__).parents[2] / "src" / "cinedex" / "models" / "imagenet_labels.txt").read_text()
    synsets = [line.split("\t")[0] for line in text.splitlines() if not line.startswith("#")]
    labels = dict(zip(synsets, imagenet_labels(), strict=True))
    kinds = [set(kinds_of([labels[n.partition("_")[0]]])) for n in seen.names]
    classes = {k: np.array([k in some for some in kinds]) for k in sorted(set().union(*kinds))}
    classes = {k: is_of for k, is_of in classes.items() if is_of.sum() >= 10}
    found = scored(seen, classes, tmp_path)
    said("ImageNet kinds", found, len(classes))
    assert len(classes) >= 4
    assert all(precision > 0.4 for precision, _, _ in found.values())
