"""SSD with MobileNetV2 as an ONNX graph, from the weights of a frozen TensorFlow graph, and the boxes it starts from.

W. Liu and others, SSD: single shot multibox detector (ECCV 2016); M. Sandler and others, MobileNetV2 (CVPR 2018); in
the form of TensorFlow's object detection models, trained on COCO (T.-Y. Lin and others, ECCV 2014).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from cinedex.models.convnet import ConvNet, folded

Weights: TypeAlias = Mapping[str, npt.NDArray[Any]]
Floats: TypeAlias = npt.NDArray[np.float32]

_BODY = "FeatureExtractor/MobilenetV2"
_BLOCKS = 17
_HALVING = frozenset({1, 3, 6, 13})
"""Blocks that halve the picture, in their depthwise convolution."""

_FIRST_HEAD = 13
"""The block after whose widening the first head looks: the last of 1/16 of the picture."""

_EXTRAS = ((2, 256, 512), (3, 128, 256), (4, 128, 256), (5, 64, 128))
"""Number and widths of the layers that halve the picture further; each has a head."""

_HEADS = 2 + len(_EXTRAS)
_EPSILON = 1e-3
"""Of the batch normalisation, as the network was trained."""

_TRAINED = 300
"""Side of the pictures that the network was trained on: its boxes are of so many pixels, whatever the size."""

_SCALES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)
"""Sides of the first boxes of every head, as shares of the picture; the last closes the row."""

_SHAPES = (1.0, 2.0, 1 / 2, 3.0, 0.3333)
"""Width by height of the first boxes of all heads but the first."""

_BOX, _CLASSES = 4, 91


@dataclass(frozen=True)
class Detector:
    """The graph, for pictures of one size: 'boxes' [n, anchors, 4] and 'scores' [n, anchors, classes], both raw.

    `anchors` float32 [anchors, 4] are the boxes that the network starts from: centre y, centre x, height, width, as
    shares of the picture.
    """

    model: bytes
    anchors: Floats


def detector(weights: Weights, size: tuple[int, int], classes: Sequence[int], *, whole: bool) -> Detector:
    """The network for pictures of `size`, with the outputs of `classes` (COCO's numbers) alone, in their order.

    `whole` computes in 8-bit whole numbers what looks at ReLU6's output: most of the work. Raises KeyError or
    ValueError for weights of another network.
    """
    graph = ConvNet(size)
    graph.enter(mean=127.5, scale=127.5)
    found: list[tuple[str, str]] = []
    maps: list[tuple[int, int]] = []

    def head() -> None:
        here = graph.here
        found.append(_head(graph, weights, len(found), classes, whole=whole))
        maps.append(graph.size)
        graph.here = here

    _convolve(graph, weights, f"{_BODY}/Conv", stride=2)
    for block in range(_BLOCKS):
        name = f"{_BODY}/expanded_conv_{block}" if block else f"{_BODY}/expanded_conv"
        entered = graph.here
        if block:
            _convolve(graph, weights, f"{name}/expand")
        if block == _FIRST_HEAD:
            head()
        _convolve(graph, weights, f"{name}/depthwise", stride=2 if block in _HALVING else 1, whole=whole)
        _convolve(graph, weights, f"{name}/project", relu=False, whole=whole)
        narrow = weights[f"{name}/project/weights"].shape[3]
        if block not in _HALVING and _width(weights, name) == narrow:
            graph.step("Add", entered)
    _convolve(graph, weights, f"{_BODY}/Conv_1")
    head()
    for number, narrow, wide in _EXTRAS:
        _convolve(graph, weights, f"{_BODY}/layer_19_1_Conv2d_{number}_1x1_{narrow}", whole=whole)
        far = f"{_BODY}/layer_19_2_Conv2d_{number}_3x3_s2_{wide}"
        _convolve(graph, weights, f"{far}_depthwise", stride=2, whole=whole)
        _convolve(graph, weights, far, whole=whole)
        head()
    graph.apply("Concat", *(boxes for boxes, _ in found), axis=1, named="boxes")
    graph.apply("Concat", *(scores for _, scores in found), axis=1, named="scores")
    starts = anchors(maps, size)
    outputs: list[tuple[str, list[int | str]]] = [
        ("boxes", ["n", len(starts), _BOX]),
        ("scores", ["n", len(starts), len(classes)]),
    ]
    return Detector(graph.build("ssd-mobilenet-v2", outputs, size), starts)


def anchors(maps: Sequence[tuple[int, int]], size: tuple[int, int]) -> Floats:
    """The boxes that the heads start from: for every cell of every map (height, width), in order."""
    found = []
    for number, (rows, columns) in enumerate(maps):
        sides, shapes = _sides(number)
        height = sides / np.sqrt(shapes) * _TRAINED / size[0]
        width = sides * np.sqrt(shapes) * _TRAINED / size[1]
        down, across = (np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns
        cells = np.stack(np.meshgrid(down, across, indexing="ij"), axis=-1).reshape(-1, 1, 2)
        cells = np.broadcast_to(cells, (rows * columns, len(sides), 2))
        extent = np.broadcast_to(np.stack([height, width], axis=-1), (rows * columns, len(sides), 2))
        found.append(np.concatenate([cells, extent], axis=-1).reshape(-1, _BOX))
    return np.concatenate(found).astype(np.float32)


def _sides(head: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The sides and shapes of a head's boxes."""
    if head == 0:
        return np.array([0.1, 0.2, 0.2]), np.array([1.0, 2.0, 0.5])
    side, following = _SCALES[head], _SCALES[head + 1]
    between = np.sqrt(side * following)
    return np.array([side] * len(_SHAPES) + [between]), np.array([*_SHAPES, 1.0])


def _width(weights: Weights, block: str) -> int:
    """How many channels come into a block."""
    entry = f"{block}/expand/weights"
    return int(weights[entry].shape[2]) if entry in weights else 0


def _convolve(
    graph: ConvNet, weights: Weights, name: str, *, stride: int = 1, relu: bool = True, whole: bool = False
) -> None:
    """A convolution with its batch normalisation folded in."""
    each = f"{name}/depthwise_weights"
    # TensorFlow keeps [height, width, in, out], and [height, width, channels, 1] for each channel by itself.
    kernel = (
        weights[each].transpose(2, 3, 0, 1) if each in weights else weights[f"{name}/weights"].transpose(3, 2, 0, 1)
    )
    norm = tuple(weights[f"{name}/BatchNorm/{p}"] for p in ("gamma", "beta", "moving_mean", "moving_variance"))
    graph.convolve(name, *folded(kernel, norm, _EPSILON), stride=stride, relu=relu, whole=whole)


def _head(graph: ConvNet, weights: Weights, number: int, classes: Sequence[int], *, whole: bool) -> tuple[str, str]:
    """The boxes and the scores of one head, flat: [n, anchors of its map, 4 and classes]."""
    here, found = graph.here, []
    for part, width, kept in (("BoxEncoding", _BOX, range(_BOX)), ("Class", _CLASSES, classes)):
        name = f"BoxPredictor_{number}/{part}Predictor"
        kernel, bias = weights[f"{name}/weights"], weights[f"{name}/biases"]
        some = np.array([a * width + k for a in range(len(bias) // width) for k in kept])
        graph.here = here
        graph.convolve(name, kernel.transpose(3, 2, 0, 1)[some], bias[some], relu=False, whole=whole)
        graph.step("Transpose", perm=[0, 2, 3, 1])
        shape = graph.constant(f"{name}.shape", np.array([0, -1, len(kept)]))
        found.append(graph.step("Reshape", shape))
    return found[0], found[1]
