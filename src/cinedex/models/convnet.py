"""An ONNX graph of convolutions in the making, as networks from TensorFlow need it: SAME padding, ReLU6, norms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

OPSET, IR = 17, 8
"""Versions of ONNX that every runtime of the last years reads."""

_SIX = 6.0
"""Where ReLU6 ends: what comes out of it needs no measuring to be made whole numbers of."""


@dataclass
class ConvNet:
    """A chain of operators. Padding as in TensorFlow needs the running size (height, width) of the picture."""

    size: tuple[int, int]
    nodes: list[Any] = field(default_factory=list)
    tensors: list[Any] = field(default_factory=list)
    here: str = "pictures"

    def __post_init__(self) -> None:
        self.constant("zero", np.float32(0))
        self.constant("six", np.float32(_SIX))

    def step(self, operator: str, *inputs: str, named: str | None = None, **settings: Any) -> str:
        """Add an operator on the current tensor and `inputs`; its output becomes the current tensor."""
        return self.apply(operator, self.here, *inputs, named=named, **settings)

    def apply(self, operator: str, *inputs: str, named: str | None = None, **settings: Any) -> str:
        """Add an operator on `inputs` alone; its output becomes the current tensor."""
        from onnx import helper  # noqa: PLC0415 - 0.3 s of import, for those who load the model

        name = named or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **settings))
        self.here = name
        return name

    def constant(self, name: str, value: npt.NDArray[Any] | np.generic) -> str:
        """Add a constant tensor."""
        from onnx import numpy_helper  # noqa: PLC0415 - as above

        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name))
        return name

    def enter(self, *, mean: float, scale: float) -> None:
        """Pictures uint8 [n, height, width, 3] as (x - mean) / scale, channels first.

        The edge is padded with 0 after this step, so it cannot be folded into the first convolution.
        """
        from onnx import TensorProto  # noqa: PLC0415 - as above

        self.step("Transpose", perm=[0, 3, 1, 2])
        self.step("Cast", to=TensorProto.FLOAT)
        self.step("Sub", self.constant("mean", np.float32(mean)))
        self.step("Mul", self.constant("scale", np.float32(1 / scale)))

    def convolve(
        self,
        name: str,
        kernel: npt.NDArray[Any],
        bias: npt.NDArray[Any],
        *,
        stride: int = 1,
        relu: bool = True,
        whole: bool = False,
    ) -> str:
        """A convolution of `kernel` [out, in, side, side], then ReLU6. One input channel means depthwise.

        `whole` computes it in 8-bit whole numbers; what comes in must be what comes out of a ReLU6.
        """
        side = kernel.shape[2]
        before, after, self.size = same_padding(self.size, side, stride)
        if whole:
            self._round()
        weight = self._whole(name, kernel) if whole else self.constant(f"{name}.weight", kernel.astype(np.float32))
        self.step(
            "Conv",
            weight,
            self.constant(f"{name}.bias", bias.astype(np.float32)),
            kernel_shape=[side, side],
            strides=[stride, stride],
            pads=[*before, *after],
            group=kernel.shape[0] if kernel.shape[1] == 1 else 1,
        )
        return self.step("Clip", "zero", "six") if relu else self.here

    def _round(self) -> None:
        """Round the current tensor, of 0 to 6, to 8-bit steps."""
        rounded = f"{self.here}.rounded"
        if any(rounded in node.output for node in self.nodes):
            self.here = rounded
            return
        if not any(tensor.name == "step" for tensor in self.tensors):
            self.constant("step", np.float32(_SIX / 255))
            self.constant("origin", np.uint8(0))
        self.step("QuantizeLinear", "step", "origin")
        self.step("DequantizeLinear", "step", "origin", named=rounded)

    def _whole(self, name: str, kernel: npt.NDArray[Any]) -> str:
        """Weights as whole numbers with a step of its own for each output."""
        here = self.here
        step = np.maximum(np.abs(kernel).max(axis=(1, 2, 3)), 1e-12) / 127
        whole = self.constant(f"{name}.whole", np.round(kernel / step[:, None, None, None]).astype(np.int8))
        steps = self.constant(f"{name}.steps", step.astype(np.float32))
        origin = self.constant(f"{name}.origin", np.zeros(len(step), np.int8))
        weight = self.apply("DequantizeLinear", whole, steps, origin, named=f"{name}.weight", axis=0)
        self.here = here
        return weight

    def build(self, name: str, outputs: Sequence[tuple[str, Sequence[int | str]]], size: tuple[int, int]) -> bytes:
        """The graph as ONNX: 'pictures' uint8 [n, *size, 3] to float32 outputs, each of a name and a shape."""
        from onnx import TensorProto, helper  # noqa: PLC0415 - as above

        whole = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["n", *size, 3])],
            [helper.make_tensor_value_info(o, TensorProto.FLOAT, list(shape)) for o, shape in outputs],
            self.tensors,
        )
        model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        return bytes(model.SerializeToString())


def folded(
    kernel: npt.NDArray[Any], norm: tuple[npt.NDArray[Any], ...], epsilon: float
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Kernel and bias of a convolution with its batch normalisation (gain, bias, mean, variance) folded in."""
    gain, bias, mean, variance = norm
    gain = gain / np.sqrt(variance + epsilon)
    return kernel * gain[:, None, None, None], bias - mean * gain


def same_padding(size: tuple[int, int], kernel: int, stride: int) -> tuple[list[int], list[int], tuple[int, int]]:
    """TensorFlow's SAME padding: pixels before and after, the odd one after, and the size that comes out."""
    out = tuple(-(-s // stride) for s in size)
    total = [max((o - 1) * stride + kernel - s, 0) for o, s in zip(out, size, strict=True)]
    return [t // 2 for t in total], [t - t // 2 for t in total], (out[0], out[1])
