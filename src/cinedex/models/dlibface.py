"""dlib's face recogniser: a face as a point in a space where distance says whether two faces are one person's.

D. King's network (2017) is a residual one of 29 convolutions after He et al., trained on about three million faces with
a loss that pulls the faces of a person into a ball of radius 0.6 / 2. It is written here as an ONNX graph with its
affine layers folded into the convolutions. Points are given at length 1, as `options.same` is measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cinedex.errors import ModelError
from cinedex.models.dlibfile import Layer, read_layers
from cinedex.models.onnx import OnnxSession
from cinedex.models.openvino import OpenVinoSession
from cinedex.models.session import Session
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.tasks import Floats, Pixels

_OPSET, _IR = 17, 8
"""Versions of ONNX that every runtime of the last years reads."""

_LEVELS = 256
"""By which levels are divided after the means are taken off."""

_TOGETHER = 16
"""Chips that go through the network at once: more take more memory and are no faster."""

Shape = tuple[int, int, int]


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> DlibFace:
    """The embedder of a spec whose `network.dat` is dlib's. Raises ModelError for another network."""
    layers = read_layers(files["network.dat"])
    try:
        network, size = _network(layers)
    except (KeyError, ValueError, IndexError, StopIteration) as wrong:
        raise ModelError(
            f"{spec.name}: the network is not the one that is expected ({wrong!r})", remedy="Pull the model again."
        ) from wrong
    return DlibFace(_session(network, options), size, spec.space or spec.name, float(spec.options["same"]))


def _session(network: bytes, options: RunOptions) -> Session:
    """ONNX Runtime unless OpenVINO is asked for."""
    return OpenVinoSession(network, options) if options.runtime == "openvino" else OnnxSession(network, options)


class DlibFace:
    """A `FaceEmbedder` of 128 dimensions."""

    def __init__(self, session: Session, size: int, space: str, same: float) -> None:
        self.size, self.space, self.same = size, space, same
        self._session = session

    def prints(self, chips: Pixels) -> Floats:
        """Unit vectors float32 [n, 128] for RGB uint8 [n, size, size, 3], aligned as `chips.aligned` does."""
        if chips.shape[1:] != (self.size, self.size, 3) or chips.dtype != np.uint8:
            raise ModelError(f"expected RGB uint8 [n, {self.size}, {self.size}, 3], got {chips.dtype}{chips.shape}")
        raw = self.distances(chips)
        length = np.linalg.norm(raw, axis=1, keepdims=True)
        unit: Floats = (raw / np.maximum(length, np.finfo(np.float32).tiny)).astype(np.float32)
        return unit

    def distances(self, chips: Pixels) -> Floats:
        """The network's own points, of any length: faces of one person lie nearer than 0.6 to each other."""
        parts = [self._session.run({"chips": chips[at : at + _TOGETHER]})[0] for at in range(0, len(chips), _TOGETHER)]
        return np.concatenate(parts) if parts else np.zeros((0, 128), np.float32)


@dataclass
class _Graph:
    """An ONNX graph in the making, with the shape (channels, height, width) of the tensor that it has come to."""

    shape: Shape
    here: str = "chips"
    nodes: list[Any] = field(default_factory=list)
    tensors: list[Any] = field(default_factory=list)

    def step(self, operator: str, *inputs: str, named: str | None = None, **settings: Any) -> str:
        """Add an operator on the current tensor and `inputs`; its output becomes the current tensor."""
        from onnx import helper  # noqa: PLC0415 - 0.3 s of import, for those who load the model

        name = named or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [self.here, *inputs], [name], **settings))
        self.here = name
        return name

    def constant(self, value: npt.NDArray[Any]) -> str:
        """Add a constant tensor."""
        from onnx import numpy_helper  # noqa: PLC0415 - as above

        name = f"c{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def convolve(self, layer: Layer, affine: Layer) -> None:
        """A convolution with the affine layer behind it folded in."""
        gain = affine.weights["gain"]
        kernel = layer.weights["kernel"] * gain[:, None, None, None]
        bias = layer.weights["bias"] * gain + affine.weights["bias"]
        if kernel.shape[1] != self.shape[0]:
            raise ValueError(f"a convolution takes {kernel.shape[1]} channels and there are {self.shape[0]}")
        window, padding, stride = kernel.shape[2:], layer.settings["padding"], layer.settings["stride"]
        self.step(
            "Conv",
            self.constant(kernel.astype(np.float32)),
            self.constant(bias.astype(np.float32)),
            kernel_shape=list(window),
            strides=list(stride),
            pads=[*padding, *padding],
        )
        self.shape = (kernel.shape[0], *_shrunk(self.shape[1:], window, stride, padding))

    def pool(self, layer: Layer) -> None:
        """The largest or the mean of windows."""
        window, stride, padding = (layer.settings[n] for n in ("window", "stride", "padding"))
        operator = "MaxPool" if layer.kind == "largest" else "AveragePool"
        self.step(operator, kernel_shape=list(window), strides=list(stride), pads=[*padding, *padding])
        self.shape = (self.shape[0], *_shrunk(self.shape[1:], window, stride, padding))

    def grow(self, shape: Shape) -> None:
        """Fill up with zeros at the end of every axis, as dlib does where it adds tensors of different sizes."""
        if shape != self.shape:
            more = [to - now for to, now in zip(shape, self.shape, strict=True)]
            self.step("Pad", self.constant(np.array([0, 0, 0, 0, 0, *more], np.int64)))
            self.shape = shape


def _shrunk(size: Sequence[int], window: Sequence[int], stride: Sequence[int], padding: Sequence[int]) -> Any:
    out = tuple((s + 2 * p - w) // t + 1 for s, w, t, p in zip(size, window, stride, padding, strict=True))
    if min(out) < 1:
        raise ValueError(f"nothing is left of {tuple(size)} after a window of {tuple(window)}")
    return out


def _network(layers: Sequence[Layer]) -> tuple[bytes, int]:
    """The network as ONNX ('chips' uint8 [n, size, size, 3] to 'prints'), and the size of its chips."""
    from onnx import TensorProto, helper  # noqa: PLC0415 - as above

    head, left = layers[0], iter(layers[1:])
    height, width = head.settings["size"]
    graph = _Graph((3, height, width))
    graph.step("Transpose", perm=[0, 3, 1, 2])
    graph.step("Cast", to=TensorProto.FLOAT)
    graph.step("Sub", graph.constant(np.array(head.settings["means"], np.float32).reshape(1, 3, 1, 1)))
    graph.step("Mul", graph.constant(np.array(1 / _LEVELS, np.float32)))
    graph.convolve(_next(left, "convolution"), _next(left, "affine"))
    _next(left, "relu")
    graph.step("Relu")
    graph.pool(_next(left, "largest"))
    last = _blocks(graph, left)
    if last.settings["window"] != (0, 0):
        raise ValueError("the last pooling is not over the whole")
    graph.step("GlobalAveragePool")
    graph.step("Flatten")
    matrix = _next(left, "matrix").weights["matrix"]
    graph.step("MatMul", graph.constant(matrix), named="prints")
    if next(left, None) is not None:
        raise ValueError("there is more after the last layer")
    whole = helper.make_graph(
        graph.nodes,
        "face",
        [helper.make_tensor_value_info("chips", TensorProto.UINT8, ["n", height, width, 3])],
        [helper.make_tensor_value_info("prints", TensorProto.FLOAT, ["n", matrix.shape[1]])],
        graph.tensors,
    )
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
    return bytes(model.SerializeToString()), height


def _blocks(graph: _Graph, left: Iterator[Layer]) -> Layer:
    """The residual blocks: two convolutions, and what came in, made smaller where need be. Gives the layer behind."""
    for layer in left:
        if layer.kind == "mean":
            return layer
        entered, entered_shape = graph.here, graph.shape
        graph.convolve(layer, _next(left, "affine"))
        _next(left, "relu")
        graph.step("Relu")
        graph.convolve(_next(left, "convolution"), _next(left, "affine"))
        way, way_shape = graph.here, graph.shape
        graph.here, graph.shape = entered, entered_shape
        following = next(left)
        if following.kind == "mean":
            graph.pool(following)
            following = next(left)
        if following.kind != "add" or next(left).kind != "relu":
            raise ValueError(f"a block goes on with {following.kind!r}")
        both = (
            max(way_shape[0], graph.shape[0]),
            max(way_shape[1], graph.shape[1]),
            max(way_shape[2], graph.shape[2]),
        )
        graph.grow(both)
        around = graph.here
        graph.here, graph.shape = way, way_shape
        graph.grow(both)
        graph.step("Add", around)
        graph.step("Relu")
    raise ValueError("the blocks have no end")


def _next(left: Iterator[Layer], kind: str) -> Layer:
    layer = next(left)
    if layer.kind != kind:
        raise ValueError(f"there is {layer.kind!r} where {kind!r} should be")
    return layer
