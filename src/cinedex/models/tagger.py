"""EfficientNet-lite: names what a picture shows and gives the feature beneath, from a torch checkpoint without torch.

M. Tan and Q. Le, EfficientNet (ICML 2019), in the lite form of the same authors: no squeeze-and-excitation, ReLU6, stem
and head of fixed width. The network is written here as an ONNX graph with its batch normalisation folded in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import numpy as np

from cinedex.errors import ModelError
from cinedex.models.convnet import ConvNet, folded
from cinedex.models.onnx import OnnxSession
from cinedex.models.openvino import OpenVinoSession
from cinedex.models.session import Session
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.tasks import Floats, Pixels
from cinedex.models.torchfile import read_state_dict

_STRIDES = (1, 2, 2, 2, 1, 2, 1)
"""Of the first block of each of the seven stages; a stage is a run of blocks of one width."""

_EPSILON = 1e-3
"""Of the batch normalisation, as the networks were trained."""


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> EfficientNetLite:
    """The tagger of a spec whose `weights.pth` is an EfficientNet-lite of any size. Raises ModelError for another."""
    given = spec.options
    size = (int(given["height"]), int(given["width"]))
    weights = read_state_dict(files["weights.pth"])
    try:
        network = _network(weights, size, mean=float(given["mean"]), scale=float(given["scale"]))
    except (KeyError, ValueError, IndexError) as wrong:
        raise ModelError(
            f"{spec.name}: the checkpoint is not an EfficientNet-lite ({wrong!r})", remedy="Pull the model again."
        ) from wrong
    return EfficientNetLite(_session(network, options), size, imagenet_labels(), spec.space or spec.name)


def _session(network: bytes, options: RunOptions) -> Session:
    """ONNX Runtime unless OpenVINO is asked for: measured, neither is faster at this network."""
    return OpenVinoSession(network, options) if options.runtime == "openvino" else OnnxSession(network, options)


def imagenet_labels() -> tuple[str, ...]:
    """The names of ImageNet's 1000 classes, in the order of the network's outputs."""
    text = resources("cinedex.models").joinpath("imagenet_labels.txt").read_text(encoding="utf-8")
    return tuple(line.split("\t")[1] for line in text.splitlines() if not line.startswith("#"))


class EfficientNetLite:
    """An `ImageTagger` for the 1000 classes of ImageNet."""

    vocabulary = "imagenet-1k"

    def __init__(self, session: Session, size: tuple[int, int], labels: Sequence[str], space: str) -> None:
        self.size, self.labels, self.space = size, labels, space
        self._session = session

    def tags(self, pictures: Pixels) -> tuple[Floats, Floats]:
        """Softmax scores float32 [n, 1000] and the pooled feature float32 [n, 1280] for RGB uint8 [n, *size, 3]."""
        if pictures.shape[1:] != (*self.size, 3) or pictures.dtype != np.uint8:
            raise ModelError(f"expected RGB uint8 [n, {self.size[0]}, {self.size[1]}, 3], got {pictures.shape}")
        scores, features = self._session.run({"pictures": pictures})
        return scores, features


def _network(weights: Mapping[str, Any], size: tuple[int, int], *, mean: float, scale: float) -> bytes:
    """The network as ONNX: 'pictures' uint8 [n, height, width, 3] to 'scores' and 'features'."""
    graph = ConvNet(size)
    graph.enter(mean=mean, scale=scale)
    _convolve(graph, weights, "_conv_stem", "_bn0", stride=2)
    _blocks(graph, weights)
    _convolve(graph, weights, "_conv_head", "_bn1")
    graph.step("GlobalAveragePool")
    graph.step("Flatten", named="features")
    head = graph.constant("_fc.weight", weights["_fc.weight"]), graph.constant("_fc.bias", weights["_fc.bias"])
    graph.step("Gemm", *head, transB=1)
    graph.step("Softmax", axis=1, named="scores")
    classes, width = weights["_fc.weight"].shape
    return graph.build("efficientnet-lite", [("scores", ["n", classes]), ("features", ["n", width])], size)


def _convolve(
    graph: ConvNet, weights: Mapping[str, Any], name: str, norm: str, *, stride: int = 1, relu: bool = True
) -> None:
    """A convolution with its batch normalisation folded in."""
    parts = tuple(weights[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var"))
    graph.convolve(name, *folded(weights[f"{name}.weight"], parts, _EPSILON), stride=stride, relu=relu)


def _blocks(graph: ConvNet, weights: Mapping[str, Any]) -> None:
    """The inverted residual blocks: widen, convolve each channel by itself, narrow, add what came in where it fits."""
    count = len([name for name in weights if name.endswith("._project_conv.weight")])
    width, stage = 0, -1
    for block in (f"_blocks.{i}" for i in range(count)):
        narrow = weights[f"{block}._project_conv.weight"].shape[0]
        first = narrow != width
        width, stage = narrow, stage + first
        entered = graph.here
        if f"{block}._expand_conv.weight" in weights:
            _convolve(graph, weights, f"{block}._expand_conv", f"{block}._bn0")
        _convolve(graph, weights, f"{block}._depthwise_conv", f"{block}._bn1", stride=_STRIDES[stage] if first else 1)
        _convolve(graph, weights, f"{block}._project_conv", f"{block}._bn2", relu=False)
        if not first:
            graph.step("Add", entered)
