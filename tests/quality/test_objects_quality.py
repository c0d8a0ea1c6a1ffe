"""The object detector on photographs whose class is known and on pictures of films that somebody looked at."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.quality.objects_fixtures import DATA, Shown, frames, photographs

from cinedex.models import detector as detectors
from cinedex.models import openvino
from cinedex.models.graphdef import read_constants
from cinedex.models.onnx import OnnxSession
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.models.ssd_graph import detector
from cinedex.models.tasks import ObjectDetector
from cinedex.settings import Settings
from cinedex.stages.objects import Objects

pytestmark = pytest.mark.weights

NAME = "ssd-mobilenet-v2"
CACHE = Settings.from_env().cache / "models"
ONE = RunOptions(threads=1)


@pytest.fixture(scope="module")
def pool() -> Iterator[ModelPool]:
    made = ModelPool(registry(), cache=CACHE, options=RunOptions(threads=2), offline=True)
    yield made
    made.close()


def graph_file() -> Path:
    """The weights as they lie in the cache."""
    spec = registry()[NAME]
    found = [p for p in CACHE.rglob("*") if p.is_file() and p.stat().st_size == spec.files[0].size]
    if not found:
        pytest.skip("the weights are not here")
    return found[0]


def best(model: ObjectDetector, shown: Shown) -> dict[str, float]:
    """The best score of each label on a picture."""
    found: dict[str, float] = {}
    for thing in model.objects(shown.pixels[None])[0]:
        label = model.labels[int(thing[5])]
        found[label] = max(found.get(label, 0.0), float(thing[4]))
    return found


def report(name: str, found: Sequence[tuple[Shown, dict[str, float]]], threshold: float) -> tuple[float, float]:
    """Print and give recall (of labels shown) and precision (of labels told where they can be judged)."""
    wanted = [(s, label) for s, _ in found for label in s.shows]
    hit = sum(scores.get(label, 0) >= threshold for s, scores in found for label in s.shows)
    told = [
        label in s.shows
        for s, scores in found
        for label, score in scores.items()
        if score >= threshold and label not in s.perhaps and (s.judges is None or label in s.judges)
    ]
    recall, precision = hit / len(wanted), sum(told) / max(len(told), 1)
    line = f"{name}, from {threshold}: recall {recall:.2f} of {len(wanted)} labels"
    print(f"\n{line}, precision {precision:.2f} of {len(told)}, {len(found)} pictures")  # noqa: T201 - the figures are what this is for
    return recall, precision


def reliability(name: str, found: Sequence[tuple[Shown, dict[str, float]]]) -> float:
    """Print how often answers of each score are right; gives the mean distance, weighted (0.1 wide bins)."""
    pairs = [
        (score, label in s.shows)
        for s, scores in found
        for label, score in scores.items()
        if label not in s.perhaps and (s.judges is None or label in s.judges)
    ]
    scores, right = (np.array(column, float) for column in zip(*pairs, strict=True))
    total = 0.0
    for low in np.arange(0, 1, 0.1):
        inside = (scores >= low) & (scores < low + 0.1)
        if inside.any():
            total += inside.sum() * abs(scores[inside].mean() - right[inside].mean())
            print(f"{name}: {low:.1f} told of {inside.sum()}, right {right[inside].mean():.2f}")  # noqa: T201 - as above
    print(f"{name}: off by {total / len(scores):.3f}, N {len(scores)}")  # noqa: T201 - as above
    return float(total / len(scores))


def test_things_in_photographs(pool: ModelPool):
    model = pool.get(NAME)
    found = [(shown, best(model, shown)) for shown in photographs()]
    recall, precision = report("photographs", found, Objects().threshold)
    assert recall > 0.5
    assert precision > 0.4
    assert report("photographs", found, 0.5)[1] > 0.45
    assert reliability("photographs", found) < 0.15
    nothing = [scores for shown, scores in found if shown.judges and not shown.shows]
    wrong = sum(any(v >= Objects().threshold for k, v in s.items() if k != "person") for s in nothing)
    print(f"other animals: {wrong} of {len(nothing)} called one of COCO's, or something else")  # noqa: T201 - as above
    assert wrong / len(nothing) < 0.6


def test_things_in_films(pool: ModelPool):
    model = pool.get(NAME)
    found = [(shown, best(model, shown)) for shown in frames()]
    recall, precision = report("films", found, Objects().threshold)
    assert recall > 0.6
    assert precision > 0.75
    people = [(replace(s, shows=s.shows & {"person"}), {k: v for k, v in b.items() if k == "person"}) for s, b in found]
    report("people in films", people, Objects().threshold)
    assert report("people in films", people, 0.5)[1] > 0.85
    assert reliability("films", found) < 0.15
    empty = [scores for shown, scores in found if not shown.shows]
    wrong = sum(any(v >= Objects().threshold for v in s.values()) for s in empty)
    print(f"pictures of films without a thing of COCO: {wrong} of {len(empty)} with a false alarm")  # noqa: T201 - as above
    assert wrong / len(empty) < 0.3


def test_the_graph_is_what_another_reader_makes_of_it():
    shown = photographs()[::8]
    pictures = np.stack([s.pixels for s in shown])
    numbers, names = detectors.coco_labels()
    made = detector(read_constants(graph_file()), (300, 300), numbers, whole=False)
    ours = detectors.SsdDetector(OnnxSession(made.model, ONE), made, (300, 300), names, floor=0.3, most=100, raw=True)
    core = openvino._openvino().Core()
    theirs = core.compile_model(core.read_model(str(graph_file())), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    answer = theirs(pictures)
    boxes, labels, scores = (answer[output] for output in list(theirs.outputs)[:3])
    worst, count = 0.0, 0
    for mine, box, label, score in zip(ours.objects(pictures), boxes, labels, scores, strict=True):
        sure = score > 0.3
        top, left, bottom, right = box[sure].T
        place = [numbers.index(int(n)) for n in label[sure]]
        wanted = np.stack([left, top, right - left, bottom - top, score[sure], np.array(place, np.float32)], axis=-1)
        assert mine.shape == wanted.shape
        worst, count = max(worst, float(np.abs(mine - wanted).max(initial=0))), count + len(wanted)
    print(f"\nagainst OpenVINO's reading: {count} things on {len(shown)} pictures, differ by {worst:.1e} at most")  # noqa: T201 - as above
    assert worst < 1e-4


def test_whole_numbers_find_what_real_ones_find():
    pictures = [s.pixels[None] for s in photographs()[::4] if DATA.exists()]
    spec, found = registry()[NAME], {}
    for precision in ("f32", "int8"):
        options = {**spec.options, "precision": precision}
        model = detectors.load(replace(spec, options=options), {"graph.pb": graph_file()}, ONE)
        model.objects(pictures[0])
        began = os.times()
        found[precision] = [model.objects(p)[0] for p in pictures]
        ended = os.times()
        spent = (ended.user + ended.system - began.user - began.system) / len(pictures)
        print(f"\n{precision}: {spent * 1e3:.1f} ms of CPU a look")  # noqa: T201 - as above
    sure = same = 0
    for real, whole in zip(found["f32"], found["int8"], strict=True):
        for thing in real[real[:, 4] >= 0.5]:
            alike = whole[whole[:, 5] == thing[5]]
            near = np.abs(alike[:, :4] - thing[:4]).max(axis=1) < 0.1
            sure, same = sure + 1, same + bool(near.any())
    print(f"int8 finds {same} of {sure} things that f32 is sure of, within a tenth of the picture")  # noqa: T201 - as above
    assert same / sure > 0.9
