"""TransNetV2 as an ONNX graph that follows a film piece by piece, each picture computed once.

T. Soucek and J. Lokoc, TransNet V2 (arXiv:2008.04838). The published code runs overlapping windows of 100 pictures and
keeps 50 of each. Here every layer's last pictures go in and come out as states, so nothing is computed twice and every
picture has its full context.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Weights: TypeAlias = Mapping[str, npt.NDArray[Any]]

HEIGHT, WIDTH = 27, 48

COLOURS = 512
"""Bins of the colour histogram: 8 levels of each of red, green, blue."""

_DILATIONS = (1, 2, 4, 8)
_REACH = max(_DILATIONS)
"""How many pictures late a layer answers: its widest branch sees as many ahead as back."""

_STACKS = 3
_LATE = 2 * _STACKS * _REACH
"""How many pictures late the last stack answers: two layers a stack."""

_LOOKUP = 50
"""How many pictures ahead and back each one is compared with."""

CONTEXT = _LATE + _LOOKUP
"""How many pictures ahead and back an answer depends on, and how many pictures late it comes."""

_SIZES = ((27, 48), (13, 24), (6, 12))
_EPSILON = 1e-3
"""Of the batch normalisation, as the network was trained."""

_OPSET, _IR = 18, 9

_HEAD = 256
"""Columns of the first dense layer that belong to the similarities; the others are the convolutions'."""

_SPATIAL_RANGE = ((2.5, 7.5), (19.5, 11.2), (15.2, 5.8))
_LAYER_RANGE = (10.5, 10.5, 8.4)
_STACK_RANGE = (10.9, 10.7, 10.3)
"""What 8-bit steps span after the convolutions over space (per stack and layer, both signs), after the first layer of a
stack and after a stack: three quarters of the largest values met in the films that docs/decisions names."""


@dataclass(frozen=True)
class Network:
    """The graph, for `pictures` pictures a call. `states` gives each state's shape and type.

    Output 'next.x' is the state 'past.x' of the next call.
    """

    model: bytes
    pictures: int
    states: Mapping[str, tuple[tuple[int, ...], type]]


def network(weights: Weights, pictures: int, *, quantised: bool) -> Network:
    """The network for `pictures` pictures a call: 'pictures' uint8 [n, 27, 48, 3] and 'colours' float32 [n, 512].

    Out comes 'answer', float32 [n, 2], for the pictures that went in `CONTEXT` pictures ago. `quantised` computes the
    convolutions in 8-bit whole numbers. Raises KeyError or ValueError for weights of another network.
    """
    graph = _Graph(pictures, quantised)
    graph.enter()
    means = [_stack(graph, weights, stack) for stack in range(_STACKS)]
    graph.step("Transpose", perm=[0, 2, 3, 4, 1])
    graph.step("Reshape", graph.constant("rows", np.array([pictures, -1])))
    graph.step("MatMul", graph.dense("dense.weight", weights["fc1.weight"][:, _HEAD:].T))
    dense = graph.late("dense", graph.here, _LOOKUP, width=weights["fc1.bias"].size)
    _head(graph, weights, means, dense)
    return Network(graph.build(), pictures, graph.states)


def _head(graph: _Graph, weights: Weights, means: list[str], dense: str) -> None:
    """Compare each picture's features and colours with its neighbours', and decide."""
    graph.apply("Concat", *means, axis=1)
    graph.linear(weights, "frame_sim_layer.projection")
    alike = _compared(graph, weights, "frame_sim_layer")
    graph.late("colours", "colours", _LATE, width=COLOURS)
    tint = _compared(graph, weights, "color_hist_layer")
    graph.apply("Concat", tint, alike, axis=1)
    graph.step("MatMul", graph.constant("dense.near", weights["fc1.weight"][:, :_HEAD].T))
    graph.step("Add", dense)
    graph.step("Add", graph.constant("dense.bias", weights["fc1.bias"]))
    graph.step("Relu")
    both = ("cls_layer1", "cls_layer2")
    graph.step("MatMul", graph.constant("answer.weight", np.concatenate([weights[f"{b}.weight"] for b in both]).T))
    graph.step("Add", graph.constant("answer.bias", np.concatenate([weights[f"{b}.bias"] for b in both])))
    graph.step("Sigmoid", named="answer")
    graph.gives("answer", [graph.pictures, len(both)])


def _compared(graph: _Graph, weights: Weights, layer: str) -> str:
    """A dense layer on the cosines between each picture's row and those of its neighbours, 50 pictures late."""
    graph.unit()
    width = _LOOKUP * 2
    rows = graph.recall(layer, width, weights["frame_sim_layer.projection.bias"].size if "frame" in layer else COLOURS)
    middle = graph.slice(rows, [_LOOKUP], [_LOOKUP + graph.pictures], [0])
    graph.apply("Transpose", rows, perm=[1, 0])
    graph.apply("MatMul", middle, graph.here)
    around = np.arange(graph.pictures)[:, None] + np.arange(width + 1)
    graph.step("GatherElements", graph.constant(f"{layer}.around", around), axis=1)
    graph.linear(weights, f"{layer}.fc")
    return graph.step("Relu")


def _stack(graph: _Graph, weights: Weights, stack: int) -> str:
    """Two layers, the second's output added to the first's, averaged over squares of two by two pixels.

    Gives the means of its channels, as late as the last stack's.
    """
    height, width = _SIZES[stack]
    _layer(graph, weights, stack, 0)
    graph.quantise(f"layer.{stack}", _LAYER_RANGE[stack], signed=False)
    entered = graph.here
    graph.pool()
    channels = weights[f"SDDCNN.{stack}.DDCNN.0.bn.bias"].shape[0]
    # The second layer answers 8 pictures later than the first, so the shortcut waits for it.
    first = graph.remember(f"short.{stack}", (channels, height // 2, width // 2), _REACH)
    shortcut = graph.slice(first, [0], [graph.pictures], [2])
    graph.here = entered
    _layer(graph, weights, stack, 1)
    graph.pool()
    graph.step("Add", shortcut)
    added = graph.here
    graph.step("ReduceMean", graph.constant(f"axes.{stack}", np.array([0, 3, 4])), keepdims=0)
    graph.step("Transpose", perm=[1, 0])
    means = graph.late(f"means.{stack}", graph.here, _LATE - 2 * _REACH * (stack + 1), width=channels)
    graph.here = added
    graph.quantise(f"stack.{stack}", _STACK_RANGE[stack], signed=False)
    return means


def _layer(graph: _Graph, weights: Weights, stack: int, layer: int) -> None:
    """Four branches that look 1, 2, 4 and 8 pictures ahead and back, with their batch normalisation folded in."""
    prefix, name = f"SDDCNN.{stack}.DDCNN.{layer}", f"{stack}.{layer}"
    space = np.concatenate([weights[f"{prefix}.Conv3D_{d}.layers.0.weight"] for d in _DILATIONS])
    gain = weights[f"{prefix}.bn.weight"] / np.sqrt(weights[f"{prefix}.bn.running_var"] + _EPSILON)
    bias = weights[f"{prefix}.bn.bias"] - weights[f"{prefix}.bn.running_mean"] * gain
    wide, narrow = len(space) // 4, len(gain) // 4
    graph.step("Conv", graph.kernel(f"space.{name}", space), kernel_shape=[1, 3, 3], pads=[0, 1, 1, 0, 1, 1])
    scale = graph.to_bytes(f"space.{name}", _SPATIAL_RANGE[stack][layer])
    seen = graph.remember(f"space.{name}", (len(space), *_SIZES[stack]), 2 * _REACH, raw=True)
    branches = []
    for i, dilation in enumerate(_DILATIONS):
        ahead = graph.pictures + _REACH + dilation
        graph.here = graph.slice(seen, [i * wide, _REACH - dilation], [(i + 1) * wide, ahead], [1, 2])
        graph.from_bytes(scale)
        own = slice(i * narrow, (i + 1) * narrow)
        kernel = weights[f"{prefix}.Conv3D_{dilation}.layers.1.weight"] * gain[own, None, None, None, None]
        time = graph.kernel(f"time.{name}.{dilation}", kernel)
        offset = graph.constant(f"bias.{name}.{dilation}", bias[own].astype(np.float32))
        branches.append(graph.step("Conv", time, offset, kernel_shape=[3, 1, 1], dilations=[dilation, 1, 1]))
    graph.here = branches[0]
    graph.step("Concat", *branches[1:], axis=1)
    graph.step("Relu")


@dataclass
class _Graph:
    """An ONNX graph in the making; `here` is the tensor that the next step works on, [1, channels, time, y, x]."""

    pictures: int
    quantised: bool
    here: str = "pictures"
    nodes: list[Any] = field(default_factory=list)
    tensors: list[Any] = field(default_factory=list)
    inputs: list[Any] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    states: dict[str, tuple[tuple[int, ...], type]] = field(default_factory=dict)

    def enter(self) -> None:
        """Take the pictures in, 0..1."""
        from onnx import TensorProto  # noqa: PLC0415 - 0.3 s of import, for those who load the model

        self.inputs.append(_tensor("pictures", TensorProto.UINT8, [self.pictures, HEIGHT, WIDTH, 3]))
        self.inputs.append(_tensor("colours", TensorProto.FLOAT, [self.pictures, COLOURS]))
        self.step("Unsqueeze", self.constant("first", np.array([0])))
        self.step("Transpose", perm=[0, 4, 1, 2, 3])
        scale, zero = self.constant("pictures.step", np.float32(1 / 255)), self.constant("pictures.zero", np.uint8(0))
        self.step("DequantizeLinear", scale, zero)

    def step(self, operator: str, *inputs: str, named: str | None = None, **settings: Any) -> str:
        """Add an operator on the current tensor and `inputs`; its output becomes the current tensor."""
        return self.apply(operator, self.here, *inputs, named=named, **settings)

    def apply(self, operator: str, *inputs: str, named: str | None = None, **settings: Any) -> str:
        """Add an operator on `inputs` alone; its output becomes the current tensor."""
        from onnx import helper  # noqa: PLC0415 - as above

        self.here = named or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [self.here], **settings))
        return self.here

    def constant(self, name: str, value: Any) -> str:
        """Add a constant tensor."""
        from onnx import numpy_helper  # noqa: PLC0415 - as above

        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name))
        return name

    def shared(self, name: str, value: Any) -> str:
        """A constant tensor that several steps use."""
        return name if any(t.name == name for t in self.tensors) else self.constant(name, value)

    def slice(self, of: str, start: list[int], stop: list[int], axes: list[int], named: str | None = None) -> str:
        """A part of a tensor."""
        named = named or f"t{len(self.nodes)}"
        limits = (np.array(v, np.int64) for v in (start, stop, axes))
        parts = [self.constant(f"{named}.{i}", v) for i, v in enumerate(limits)]
        return self.apply("Slice", of, *parts, named=named)

    def pool(self) -> None:
        """Average over squares of two by two pixels."""
        self.step("AveragePool", kernel_shape=[1, 2, 2], strides=[1, 2, 2])

    def remember(self, name: str, shape: tuple[int, int, int], pictures: int, *, raw: bool = False) -> str:
        """Put the last pictures of the call before, [channels, y, x] each, in front of the current tensor."""
        kind = np.int8 if raw and self.quantised else np.float32
        return self._joined(name, (1, shape[0], pictures, *shape[1:]), 2, kind)

    def recall(self, name: str, rows: int, width: int) -> str:
        """Put the last rows of the call before in front of the current tensor, [rows, width]."""
        return self._joined(name, (rows, width), 0, np.float32)

    def late(self, name: str, of: str, by: int, width: int = 0) -> str:
        """Rows that come so many rows later."""
        self.here = of
        if not by:
            return of
        return self.slice(self.recall(name, by, width), [0], [self.pictures], [0])

    def _joined(self, name: str, shape: tuple[int, ...], axis: int, kind: type) -> str:
        from onnx import TensorProto  # noqa: PLC0415 - as above

        stored = TensorProto.INT8 if kind is np.int8 else TensorProto.FLOAT
        self.states[f"past.{name}"] = (shape, kind)
        self.inputs.append(_tensor(f"past.{name}", stored, shape))
        joined = self.apply("Concat", f"past.{name}", self.here, axis=axis)
        self.slice(joined, [self.pictures], [self.pictures + shape[axis]], [axis], named=f"next.{name}")
        self.outputs.append(_tensor(f"next.{name}", stored, shape))
        self.here = joined
        return joined

    def unit(self) -> None:
        """Scale rows to length one; the network was trained with this floor under the length."""
        rows = self.here
        length = self.step("ReduceL2", self.shared("axis.1", np.array([1])), keepdims=1)
        self.apply("Max", length, self.shared("floor", np.float32(1e-12)))
        self.apply("Div", rows, self.here)

    def linear(self, weights: Weights, layer: str) -> None:
        """A dense layer as the network has it."""
        self.step("MatMul", self.constant(f"{layer}.weight", weights[f"{layer}.weight"].T))
        self.step("Add", self.constant(f"{layer}.bias", weights[f"{layer}.bias"]))

    def gives(self, name: str, shape: list[int]) -> None:
        """Make a tensor an output."""
        from onnx import TensorProto  # noqa: PLC0415 - as above

        self.outputs.append(_tensor(name, TensorProto.FLOAT, shape))

    def kernel(self, name: str, value: npt.NDArray[Any]) -> str:
        """Weights of a convolution; quantised, they are whole numbers with a step of its own for each output."""
        return self._weights(name, value.astype(np.float32), axis=0)

    def dense(self, name: str, value: npt.NDArray[Any]) -> str:
        """Weights [in, out] of a dense layer, as `kernel`."""
        return self._weights(name, value.astype(np.float32), axis=1)

    def _weights(self, name: str, value: npt.NDArray[np.float32], axis: int) -> str:
        if not self.quantised:
            return self.constant(name, value)
        others = tuple(i for i in range(value.ndim) if i != axis)
        step = np.maximum(np.abs(value).max(axis=others, keepdims=True), 1e-12) / 127
        whole = self.constant(f"{name}.whole", np.round(value / step).astype(np.int8))
        steps = self.constant(f"{name}.steps", step.ravel().astype(np.float32))
        zero = self.constant(f"{name}.zero", np.zeros(step.size, np.int8))
        here = self.here
        self.apply("DequantizeLinear", whole, steps, zero, named=name, axis=axis)
        self.here = here
        return name

    def quantise(self, name: str, largest: float, *, signed: bool) -> None:
        """Round the current tensor to 8-bit steps up to `largest`."""
        if self.quantised:
            self.from_bytes(self.to_bytes(name, largest, signed=signed))

    def to_bytes(self, name: str, largest: float, *, signed: bool = True) -> tuple[str, str] | None:
        """Make the current tensor whole numbers; gives what takes them back."""
        if not self.quantised:
            return None
        zero = np.int8(0) if signed else np.uint8(0)
        steps = 127 if signed else 255
        back = self.constant(f"{name}.step", np.float32(largest / steps)), self.constant(f"{name}.origin", zero)
        self.step("QuantizeLinear", *back)
        return back

    def from_bytes(self, back: tuple[str, str] | None) -> None:
        """Take whole numbers back to what they stand for."""
        if back:
            self.step("DequantizeLinear", *back)

    def build(self) -> bytes:
        """The graph as ONNX."""
        from onnx import helper  # noqa: PLC0415 - as above

        whole = helper.make_graph(self.nodes, "transnetv2", self.inputs, self.outputs, self.tensors)
        model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
        return bytes(model.SerializeToString())


def _tensor(name: str, kind: int, shape: Any) -> Any:
    from onnx import helper  # noqa: PLC0415 - as above

    return helper.make_tensor_value_info(name, kind, list(shape))
