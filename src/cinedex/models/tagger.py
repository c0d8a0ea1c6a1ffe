"""EfficientNet-lite: names what a picture shows and gives the feature beneath, from a torch checkpoint without torch.

M. Tan and Q. Le, EfficientNet (ICML 2019), in the lite form of the same authors: no squeeze-and-excitation, ReLU6, stem
and head of fixed width. The network is written here as an ONNX graph with its batch normalisation folded in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cinedex.errors import ModelError
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

_OPSET, _IR = 17, 8
"""Versions of ONNX that every runtime of the last years reads."""


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


@dataclass
class _Graph:
    """An ONNX graph in the making. Padding as in TensorFlow needs the running size of the picture."""

    size: tuple[int, int]
    nodes: list[Any] = field(default_factory=list)
    tensors: list[Any] = field(default_factory=list)
    here: str = "pictures"

    def step(self, operator: str, *inputs: str, named: str | None = None, **settings: Any) -> str:
        """Add an operator on the current tensor and `inputs`; its output becomes the current tensor."""
        from onnx import helper  # noqa: PLC0415 - 0.3 s of import, for those who load the model

        name = named or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [self.here, *inputs], [name], **settings))
        self.here = name
        return name

    def constant(self, name: str, value: npt.NDArray[Any]) -> str:
        """Add a constant tensor."""
        from onnx import numpy_helper  # noqa: PLC0415 - as above

        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def convolve(self, name: str, weights: Mapping[str, Any], norm: str, *, stride: int = 1, relu: bool = True) -> None:
        """A convolution with its batch normalisation folded in, then ReLU6. One input channel means depthwise."""
        kernel = weights[f"{name}.weight"]
        gain = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + _EPSILON)
        bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * gain
        side = kernel.shape[2]
        before, after, self.size = _same(self.size, side, stride)
        self.step(
            "Conv",
            self.constant(f"{name}.weight", (kernel * gain[:, None, None, None]).astype(np.float32)),
            self.constant(f"{name}.bias", bias.astype(np.float32)),
            kernel_shape=[side, side],
            strides=[stride, stride],
            pads=[*before, *after],
            group=kernel.shape[0] if kernel.shape[1] == 1 else 1,
        )
        if relu:
            self.step("Clip", "zero", "six")


def _same(size: tuple[int, int], kernel: int, stride: int) -> tuple[list[int], list[int], tuple[int, int]]:
    """TensorFlow's SAME padding: pixels before and after, the odd one after, and the size that comes out."""
    out = tuple(-(-s // stride) for s in size)
    total = [max((o - 1) * stride + kernel - s, 0) for o, s in zip(out, size, strict=True)]
    return [t // 2 for t in total], [t - t // 2 for t in total], (out[0], out[1])


def _network(weights: Mapping[str, Any], size: tuple[int, int], *, mean: float, scale: float) -> bytes:
    """The network as ONNX: 'pictures' uint8 [n, height, width, 3] to 'scores' and 'features'."""
    from onnx import TensorProto, helper  # noqa: PLC0415 - as above

    graph = _Graph(size)
    for name, value in {"mean": mean, "scale": 1 / scale, "zero": 0, "six": 6}.items():
        graph.constant(name, np.array(value, np.float32))
    # The edge is padded with 0 after this step, so it cannot be folded into the first convolution.
    graph.step("Transpose", perm=[0, 3, 1, 2])
    graph.step("Cast", to=TensorProto.FLOAT)
    graph.step("Sub", "mean")
    graph.step("Mul", "scale")
    graph.convolve("_conv_stem", weights, "_bn0", stride=2)
    _blocks(graph, weights)
    graph.convolve("_conv_head", weights, "_bn1")
    graph.step("GlobalAveragePool")
    graph.step("Flatten", named="features")
    head = graph.constant("_fc.weight", weights["_fc.weight"]), graph.constant("_fc.bias", weights["_fc.bias"])
    graph.step("Gemm", *head, transB=1)
    graph.step("Softmax", axis=1, named="scores")
    classes, width = weights["_fc.weight"].shape
    whole = helper.make_graph(
        graph.nodes,
        "efficientnet-lite",
        [helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["n", *size, 3])],
        [
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", classes]),
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", width]),
        ],
        graph.tensors,
    )
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
    return bytes(model.SerializeToString())


def _blocks(graph: _Graph, weights: Mapping[str, Any]) -> None:
    """The inverted residual blocks: widen, convolve each channel by itself, narrow, add what came in where it fits."""
    count = len([name for name in weights if name.endswith("._project_conv.weight")])
    width, stage = 0, -1
    for block in (f"_blocks.{i}" for i in range(count)):
        narrow = weights[f"{block}._project_conv.weight"].shape[0]
        first = narrow != width
        width, stage = narrow, stage + first
        entered = graph.here
        if f"{block}._expand_conv.weight" in weights:
            graph.convolve(f"{block}._expand_conv", weights, f"{block}._bn0")
        graph.convolve(f"{block}._depthwise_conv", weights, f"{block}._bn1", stride=_STRIDES[stage] if first else 1)
        graph.convolve(f"{block}._project_conv", weights, f"{block}._bn2", relu=False)
        if not first:
            graph.step("Add", entered)
