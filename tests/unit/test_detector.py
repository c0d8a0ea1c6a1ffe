"""The object detector around its network: where boxes start, what becomes of them, and which are one thing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinedex.errors import ModelError
from cinedex.models import detector as detectors
from cinedex.models.detector import SsdDetector, coco_labels, decoded, distinct, overlaps
from cinedex.models.onnx import OnnxSession
from cinedex.models.openvino import OpenVinoSession
from cinedex.models.spec import Licence, ModelSpec, RunOptions
from cinedex.models.ssd_graph import Detector, anchors, detector

SIZE = (64, 96)
ONE = RunOptions(threads=1)
BODY = "FeatureExtractor/MobilenetV2"

Weights = dict[str, np.ndarray]


def norm(random: np.random.Generator, name: str, width: int) -> Weights:
    return {
        f"{name}/BatchNorm/gamma": random.uniform(0.5, 1.5, width),
        f"{name}/BatchNorm/beta": random.uniform(-0.5, 0.5, width),
        f"{name}/BatchNorm/moving_mean": random.uniform(-0.5, 0.5, width),
        f"{name}/BatchNorm/moving_variance": random.uniform(0.2, 2, width),
    }


def made_up(seed: int = 1) -> Weights:
    """A network of the right form, two to eight channels wide."""
    random = np.random.default_rng(seed)
    found: Weights = {}

    def dense(name: str, enter: int, leave: int, side: int = 1) -> None:
        found[f"{name}/weights"] = random.normal(0, 0.4, (side, side, enter, leave))
        found.update(norm(random, name, leave))

    def each(name: str, width: int) -> None:
        found[f"{name}/depthwise_weights"] = random.normal(0, 0.4, (3, 3, width, 1))
        found.update(norm(random, name, width))

    dense(f"{BODY}/Conv", 3, 4, side=3)
    enter = 4
    for block in range(17):
        name = f"{BODY}/expanded_conv_{block}" if block else f"{BODY}/expanded_conv"
        wide, leave = (4 if block == 0 else 6), (2 if block == 0 else 3)
        if block:
            dense(f"{name}/expand", enter, wide)
        each(f"{name}/depthwise", wide)
        dense(f"{name}/project", wide, leave)
        enter = leave
    dense(f"{BODY}/Conv_1", enter, 8)
    heads, last = [6, 8], 8
    for number, narrow, wide in ((2, 256, 512), (3, 128, 256), (4, 128, 256), (5, 64, 128)):
        dense(f"{BODY}/layer_19_1_Conv2d_{number}_1x1_{narrow}", last, 3)
        far = f"{BODY}/layer_19_2_Conv2d_{number}_3x3_s2_{wide}"
        each(f"{far}_depthwise", 3)
        dense(far, 3, 5)
        heads.append(5)
        last = 5
    for i, width in enumerate(heads):
        count = 3 if i == 0 else 6
        for part, values in (("BoxEncoding", 4), ("Class", 91)):
            name = f"BoxPredictor_{i}/{part}Predictor"
            found[f"{name}/weights"] = random.normal(0, 0.3, (3, 3, width, count * values))
            found[f"{name}/biases"] = random.normal(0, 1, count * values)
    return {name: value.astype(np.float32) for name, value in found.items()}


def pictures(count: int = 2) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (count, *SIZE, 3)).astype(np.uint8)


def test_boxes_start_where_the_published_network_starts_them():
    starts = anchors([(19, 19), (10, 10), (5, 5), (3, 3), (2, 2), (1, 1)], (300, 300))
    assert starts.shape == (1917, 4)
    np.testing.assert_allclose(starts[:3, :2], 0.5 / 19, rtol=1e-6)
    root = np.sqrt(2)
    np.testing.assert_allclose(starts[:3, 2:], [[0.1, 0.1], [0.2 / root, 0.2 * root], [0.2 * root, 0.2 / root]], 1e-6)
    np.testing.assert_allclose(starts[3, :2], [0.5 / 19, 1.5 / 19], rtol=1e-6)
    np.testing.assert_allclose(starts[-1], [0.5, 0.5, np.sqrt(0.95), np.sqrt(0.95)], rtol=1e-6)


def test_boxes_are_of_so_many_pixels_in_pictures_of_any_size():
    small = anchors([(12, 20)], (192, 320))
    np.testing.assert_allclose(small[0, 2:] * [192, 320], [30, 30], rtol=1e-5)


@pytest.mark.parametrize("whole", [False, True])
def test_scores_and_boxes_come_in_the_order_of_anchors_and_classes(whole: bool):
    weights = made_up()
    for name in list(weights):
        if name.startswith("BoxPredictor"):
            weights[name][...] = np.arange(len(weights[name])) if name.endswith("biases") else 0
    classes = (1, 17, 90)
    made = detector(weights, SIZE, classes, whole=whole)
    boxes, scores = OnnxSession(made.model, ONE).run({"pictures": pictures(1)})
    assert boxes.shape == (1, len(made.anchors), 4)
    assert scores.shape == (1, len(made.anchors), 3)
    cells = 4 * 6
    for i in range(cells * 3):
        np.testing.assert_allclose(boxes[0, i], np.arange(4) + i % 3 * 4)
        np.testing.assert_allclose(scores[0, i], np.array(classes) + i % 3 * 91)
    np.testing.assert_allclose(scores[0, cells * 3 + 7], np.array(classes) + 91)


def test_both_runtimes_give_the_same():
    made = detector(made_up(), SIZE, (1, 2, 3), whole=False)
    feeds = {"pictures": pictures(3)}
    for one, other in zip(
        OnnxSession(made.model, ONE).run(feeds), OpenVinoSession(made.model, ONE).run(feeds), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_whole_numbers_come_close_to_real_ones():
    real, whole = (detector(made_up(), SIZE, (1, 2, 3), whole=w) for w in (False, True))
    feeds = {"pictures": pictures(2)}
    for one, other in zip(
        OnnxSession(real.model, ONE).run(feeds), OnnxSession(whole.model, ONE).run(feeds), strict=True
    ):
        assert np.abs(one - other).mean() < 0.05 * np.abs(one).mean()
        assert np.abs(one - other).max() > 0


@given(st.lists(st.tuples(*[st.floats(0.1, 0.9)] * 2, *[st.floats(0.01, 0.2)] * 2), min_size=1, max_size=20))
def test_a_box_is_where_it_was_encoded(found: list[tuple[float, ...]]):
    truth = np.array(found, np.float32)
    starts = np.tile(np.array([[0.5, 0.4, 0.3, 0.2]], np.float32), (len(truth), 1))
    moved = (truth[:, :2] - starts[:, :2]) / starts[:, 2:] * 10
    grown = np.log(truth[:, 2:] / starts[:, 2:]) * 5
    boxes = decoded(np.concatenate([moved, grown], axis=1).astype(np.float32), starts)
    wanted = np.concatenate([truth[:, :2] - truth[:, 2:] / 2, truth[:, :2] + truth[:, 2:] / 2], axis=1).clip(0, 1)
    np.testing.assert_allclose(boxes, wanted, atol=1e-5)


def test_boxes_stay_in_the_picture_whatever_the_network_says():
    wild = np.array([[1e9, -1e9, 1e9, 1e9], [0, 0, -1e9, 1e9]], np.float32)
    boxes = decoded(wild, np.full((2, 4), 0.5, np.float32))
    assert np.all(np.isfinite(boxes))
    assert np.all((boxes >= 0) & (boxes <= 1))


def plainly_distinct(boxes: np.ndarray, labels: np.ndarray) -> list[int]:
    """As it is defined: take the surest, drop what lies on it, and so on."""
    left, kept = list(range(len(boxes))), []
    shares = overlaps(boxes)
    while left:
        first = left.pop(0)
        kept.append(first)
        left = [i for i in left if labels[i] != labels[first] or shares[first, i] <= 0.6]
    return kept


@given(st.integers(0, 10**6), st.integers(0, 60))
def test_of_boxes_on_one_thing_the_surest_stays(seed: int, count: int):
    random = np.random.default_rng(seed)
    corner = random.uniform(0, 0.5, (count, 2))
    boxes = np.concatenate([corner, corner + random.uniform(0.1, 0.5, (count, 2))], axis=1).astype(np.float32)
    labels = random.integers(0, 3, count)
    assert distinct(boxes, labels).tolist() == plainly_distinct(boxes, labels)


def test_a_box_without_area_is_no_thing():
    boxes = np.array([[0.2, 0.2, 0.2, 0.9], [0.1, 0.1, 0.9, 0.9]], np.float32)
    assert distinct(boxes, np.zeros(2, np.int64)).tolist() == [1]


class Told:
    """A session that answers what it was told."""

    inputs, outputs = ("pictures",), ("boxes", "scores")

    def __init__(self, boxes: np.ndarray, scores: np.ndarray) -> None:
        self.answer = boxes, scores

    def run(self, feeds: object) -> list[np.ndarray]:
        del feeds
        return list(self.answer)


def told(
    scores: list[list[float]], *, raw: bool, most: int = 50, labels: tuple[str, ...] = ("person", "car")
) -> np.ndarray:
    count = len(scores)
    starts = np.stack([np.linspace(0.1, 0.9, count), np.full(count, 0.5), *[np.full(count, 0.05)] * 2], axis=1)
    made = Detector(b"", starts.astype(np.float32))
    logits = np.array(scores, np.float32)[None]
    session = Told(np.zeros((1, count, 4), np.float32), logits)
    return SsdDetector(session, made, SIZE, labels, floor=0.1, most=most, raw=raw).objects(pictures(1))[0]


def test_things_come_surest_first_and_not_too_many():
    found = told([[-1.0, -9], [2.0, -9], [-9, 1.0]], raw=True)
    np.testing.assert_allclose(found[:, 4], 1 / (1 + np.exp([-2, -1, 1])), rtol=1e-5)
    assert found[:, 5].tolist() == [0, 1, 0]
    assert len(told([[-1.0, -9], [2.0, -9], [-9, 1.0]], raw=True, most=2)) == 2
    assert told([[-9.0, -9.0]], raw=True).shape == (0, 6)


@given(st.lists(st.integers(-1, 8), min_size=2, max_size=8, unique=True))
def test_likelihood_keeps_the_order_of_a_label(logits: list[int]):
    for column in (0, 1):
        scores = [[-9.0, -9.0] for _ in logits]
        for row, value in zip(scores, logits, strict=True):
            row[column] = value
        raw, likely = told(scores, raw=True), told(scores, raw=False)
        np.testing.assert_allclose(raw[:, :4], likely[:, :4])
        assert np.all(np.diff(likely[:, 4]) <= 0)


def test_pictures_of_another_size_are_refused():
    made = detector(made_up(), SIZE, (1,), whole=False)
    model = SsdDetector(OnnxSession(made.model, ONE), made, SIZE, ("person",), floor=0.1, most=5)
    with pytest.raises(ModelError, match="64"):
        model.objects(np.zeros((1, 64, 64, 3), np.uint8))


def spec(**options: object) -> ModelSpec:
    given = {"height": 64, "width": 96, **options}
    return ModelSpec("ssd", "objects", "ssd-mobilenet", "core", Licence("none", "unverified"), options=given)


def test_another_graph_is_refused(tmp_path: Path):
    (tmp_path / "graph.pb").write_bytes(b"")
    with pytest.raises(ModelError, match="not SSD MobileNetV2"):
        detectors.load(spec(), {"graph.pb": tmp_path / "graph.pb"}, ONE)
    with pytest.raises(ModelError, match="precision"):
        detectors.load(spec(precision="f8"), {"graph.pb": tmp_path / "graph.pb"}, ONE)


def test_there_are_eighty_things():
    numbers, names = coco_labels()
    assert len(numbers) == len(set(names)) == 80
    assert list(numbers) == sorted(numbers)
    assert (numbers[0], names[0], numbers[-1], names[-1]) == (1, "person", 90, "toothbrush")
