"""An ONNX graph of a chain of layers with LSTMs among them, from weights as torch keeps them; batches of any size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Weights: TypeAlias = Mapping[str, npt.NDArray[Any]]

_OPSET, _IR = 17, 8

_BATCH = "n"


@dataclass
class Chain:
    """A chain of operators; `here` is the current tensor."""

    here: str
    nodes: list[Any] = field(default_factory=list)
    tensors: list[Any] = field(default_factory=list)

    def step(self, operator: str, *inputs: str, outputs: int = 1, **settings: Any) -> str:
        """Add an operator on the current tensor and `inputs`; its first output becomes the current tensor."""
        from onnx import helper  # noqa: PLC0415 - 0.3 s of import, for those who load the model

        name = f"t{len(self.nodes)}"
        names = [name, *(f"{name}.{i}" for i in range(1, outputs))]
        self.nodes.append(helper.make_node(operator, [self.here, *inputs], names, **settings))
        self.here = name
        return name

    def constant(self, value: npt.NDArray[Any]) -> str:
        """Add a constant tensor."""
        from onnx import numpy_helper  # noqa: PLC0415 - as above

        name = f"c{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def floats(self, value: npt.NDArray[Any]) -> str:
        """Add constant weights."""
        return self.constant(np.asarray(value, np.float32))

    def linear(self, weights: Weights, layer: str) -> None:
        """A dense layer on the last axis."""
        self.step("MatMul", self.floats(weights[f"{layer}.weight"].T))
        self.step("Add", self.floats(weights[f"{layer}.bias"]))

    def lstm(self, weights: Weights, number: int, *, both: bool) -> str:
        """Layer `number` on [steps, n, features], `both` ways; what remains is [steps, n, hidden x ways].

        Gives the name of the last state, [ways, n, hidden].
        """
        ways = ("", "_reverse") if both else ("",)
        entering, again, biases = [], [], []
        for way in ways:
            entering.append(_gates(weights[f"lstm.weight_ih_l{number}{way}"]))
            again.append(_gates(weights[f"lstm.weight_hh_l{number}{way}"]))
            biases.append(np.concatenate([_gates(weights[f"lstm.bias_{b}_l{number}{way}"]) for b in ("ih", "hh")]))
        hidden = again[0].shape[1]
        given = [self.floats(np.stack(part)) for part in (entering, again, biases)]
        direction = "bidirectional" if both else "forward"
        last = f"{self.step('LSTM', *given, outputs=2, hidden_size=hidden, direction=direction)}.1"
        self.step("Transpose", perm=[0, 2, 1, 3])
        self.step("Reshape", self.constant(np.array([0, 0, hidden * len(ways)], np.int64)))
        return last

    def build(self, name: str, entry: tuple[str, Sequence[int]], answer: Sequence[int | str]) -> bytes:
        """The graph as ONNX: the input's name and its shape after the batch, and the shape of what comes out."""
        from onnx import TensorProto, helper  # noqa: PLC0415 - as above

        self.step("Identity")
        given = helper.make_tensor_value_info(entry[0], TensorProto.FLOAT, [_BATCH, *entry[1]])
        made = helper.make_tensor_value_info(self.here, TensorProto.FLOAT, list(answer))
        whole = helper.make_graph(self.nodes, name, [given], [made], self.tensors)
        model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
        return bytes(model.SerializeToString())


def _gates(weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Torch keeps the gates as input, forget, cell, output; ONNX as input, output, forget, cell."""
    entering, forget, cell, out = np.split(weights, 4)
    return np.concatenate([entering, out, forget, cell])
