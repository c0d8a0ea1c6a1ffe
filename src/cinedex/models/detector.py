"""SSD MobileNetV2 as an `ObjectDetector`: the things of COCO, from a frozen TensorFlow graph without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files as resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cinedex.errors import ModelError
from cinedex.models import openvino
from cinedex.models.graphdef import read_constants
from cinedex.models.onnx import OnnxSession
from cinedex.models.session import Session
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.ssd_graph import Detector, detector
from cinedex.models.tasks import Floats, Pixels

_CODER = np.array([10, 10, 5, 5], np.float32)
"""By what the network multiplies how far a box is from where it starts, and how much larger."""

_LOGIT_MAX = 4.0
"""How much larger than its start a box can be, as a logarithm; what is beyond would overflow."""

_OVERLAP = 0.6
"""Above which share of their union in common two boxes of one label are one thing, as the network was trained."""

_LIKELY = (0.7, -1.2)
_LIKELY_PERSON = (1.6, 0.5)
"""How likely it is that a thing, and that a person, is there: a line from the network's log odds to those of being
right, fitted to photographs and pictures of films (docs/decisions/0013): of people it is too unsure, of all else too
sure."""

_CANDIDATES = 200
"""How many boxes of a picture are compared with each other at most, the surest first."""

PRECISIONS = ("int8", "f32")
"""What the convolutions can be computed in."""


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> SsdDetector:
    """The detector of a spec whose `graph.pb` is SSD MobileNetV2, trained on COCO. Raises ModelError for another."""
    given = spec.options
    size = (int(given["height"]), int(given["width"]))
    precision = str(given.get("precision", PRECISIONS[0]))
    if precision not in PRECISIONS:
        raise ModelError(f"{spec.name}: no precision {precision!r}", remedy=f"There are: {', '.join(PRECISIONS)}.")
    weights = read_constants(files["graph.pb"])
    numbers, names = coco_labels()
    try:
        made = detector(weights, size, numbers, whole=precision == "int8")
    except (KeyError, ValueError, IndexError) as wrong:
        raise ModelError(
            f"{spec.name}: the graph is not SSD MobileNetV2 ({wrong!r})", remedy="Pull the model again."
        ) from wrong
    return SsdDetector(
        _session(made.model, options),
        made,
        size,
        names,
        floor=float(given.get("floor", 0.1)),
        most=int(given.get("most", 50)),
    )


def _session(network: bytes, options: RunOptions) -> Session:
    """OpenVINO where it is there: it computes these convolutions faster."""
    fits = options.device == "cpu" and openvino.available()
    if options.runtime == "openvino" or (options.runtime == "auto" and fits):
        return openvino.OpenVinoSession(network, options)
    return OnnxSession(network, options)


def coco_labels() -> tuple[tuple[int, ...], tuple[str, ...]]:
    """COCO's numbers of its 80 things, and their names."""
    text = resources("cinedex.models").joinpath("coco_labels.txt").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(int(number) for number, _ in lines), tuple(name for _, name in lines)


class SsdDetector:
    """An `ObjectDetector` for the 80 things of COCO.

    What the network scores below `floor` is not told, nor more than `most` things. Scores are how likely the thing is
    there; with `raw` they are the network's own.
    """

    vocabulary = "coco-80"

    def __init__(
        self,
        session: Session,
        made: Detector,
        size: tuple[int, int],
        labels: tuple[str, ...],
        *,
        floor: float,
        most: int,
        raw: bool = False,
    ) -> None:
        self.size, self.labels = size, labels
        usual, person = ((1.0, 0.0), (1.0, 0.0)) if raw else (_LIKELY, _LIKELY_PERSON)
        self._lines = np.array([person if label == "person" else usual for label in labels], np.float32)
        self._session, self._anchors, self._floor, self._most = session, made.anchors, floor, most

    def objects(self, pictures: Pixels) -> list[Floats]:
        """One array a picture, float32 [k, 6]: x, y, width, height as shares, score, number of the label."""
        if pictures.shape[1:] != (*self.size, 3) or pictures.dtype != np.uint8:
            raise ModelError(f"expected RGB uint8 [n, {self.size[0]}, {self.size[1]}, 3], got {pictures.shape}")
        if not len(pictures):
            return []
        boxes, scores = self._session.run({"pictures": pictures})
        return [self._things(b, s) for b, s in zip(boxes, scores, strict=True)]

    def _things(self, encoded: Floats, logits: Floats) -> Floats:
        """The things of one picture, surest first."""
        where, what = np.nonzero(logits > np.log(self._floor / (1 - self._floor)))
        sure = logits[where, what]
        sure = sure * self._lines[what, 0] + self._lines[what, 1]
        first = np.argsort(-sure, kind="stable")[:_CANDIDATES]
        where, what, sure = where[first], what[first], sure[first]
        boxes = decoded(encoded[where], self._anchors[where])
        kept = distinct(boxes, what)[: self._most]
        top, left, bottom, right = boxes[kept].T
        score = 1 / (1 + np.exp(-sure[kept]))
        return np.stack([left, top, right - left, bottom - top, score, what[kept]], axis=-1).astype(np.float32)


def decoded(encoded: Floats, anchors: Floats) -> Floats:
    """Boxes (top, left, bottom, right as shares, inside the picture) from what the network says of their starts."""
    moved = encoded / _CODER
    middle = anchors[:, :2] + moved[:, :2] * anchors[:, 2:]
    half = anchors[:, 2:] * np.exp(np.clip(moved[:, 2:], -_LOGIT_MAX, _LOGIT_MAX)) / 2
    boxes: Floats = np.clip(np.concatenate([middle - half, middle + half], axis=1), 0, 1).astype(np.float32)
    return boxes


def distinct(boxes: Floats, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Places of the boxes, given surest first, that are not the same thing as a surer one of their label."""
    alike = (overlaps(boxes) > _OVERLAP) & (labels[:, None] == labels[None, :])
    free = np.all(boxes[:, 2:] > boxes[:, :2], axis=1)
    for place in range(len(boxes)):
        if free[place]:
            free[place + 1 :] &= ~alike[place, place + 1 :]
    return np.flatnonzero(free)


def overlaps(boxes: Floats) -> Floats:
    """For each two boxes, the share of their union that both cover: [n, n]."""
    top_left = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    bottom_right = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.prod(np.maximum(bottom_right - top_left, 0), axis=-1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=-1)
    union = areas[:, None] + areas[None, :] - shared
    shares: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return shares
