"""Reads the layers of a network out of dlib's own format, number by number, and refuses whatever it does not know.

The format is a plain sequence: whole numbers with a byte that says their length and sign, floats as a whole number and
a power of two, texts with their length before them, tensors as four sizes and raw floats. Nothing in it is a program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cinedex.errors import ModelError

FILE_MAX = 256 << 20
"""Bytes that a file may have."""

_LAYERS_MAX = 4096
_NAME_MAX = 64


class _RefusedError(Exception):
    """Why a file is not read; becomes a ModelError that names the file."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer, in the order in which pictures go through: its kind as the file names it, its numbers, its weights."""

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict)


def read_layers(path: Path) -> tuple[Layer, ...]:
    """The layers of a metric network (loss 'loss_metric_2') from the input on. Raises ModelError for another file."""
    try:
        return _Reader(_whole(path)).layers()
    except OSError as error:
        raise ModelError(f"cannot read {path.name}: {error}", remedy="Pull the model again.") from error
    except (_RefusedError, OverflowError) as error:
        raise ModelError(
            f"{path.name} is not a network that can be read ({error})",
            remedy="Pull the model again; if that does not help, the file is not what it should be.",
        ) from error


def _whole(path: Path) -> bytes:
    if path.stat().st_size > FILE_MAX:
        raise _RefusedError("it is too large")
    return path.read_bytes()


@dataclass
class _Reader:
    """A position in the bytes of a file."""

    data: bytes
    at: int = 0

    def layers(self) -> tuple[Layer, ...]:
        """Everything, to the last byte."""
        if self.whole() != 1 or self.text() != "loss_metric_2":
            raise _RefusedError("it does not begin as a metric network does")
        self.real(), self.real()
        # The layers lie inside each other like dolls, and each says its version before the next.
        for _ in range(_LAYERS_MAX):
            before = self.at
            if self.whole() not in {1, 2, 3}:
                self.at = before
                break
        found = [self._input()]
        while self.at < len(self.data):
            if len(found) > _LAYERS_MAX:
                raise _RefusedError("it has too many layers")
            found.append(self._layer(follows_input=len(found) == 1))
        return tuple(found)

    def _input(self) -> Layer:
        if self.text() != "input_rgb_image_sized":
            raise _RefusedError("it takes something else than pictures of one size")
        means = [self.real() for _ in range(3)]
        return Layer("input", {"means": means, "size": (self.whole(), self.whole())})

    def _layer(self, *, follows_input: bool) -> Layer:
        kind = self.text()
        read = _KINDS.get(kind)
        if read is None:
            raise _RefusedError(f"it has a layer {kind!r}, which is not known")
        layer = read(self)
        if any(self.byte() not in b"01" for _ in range(3)):
            raise _RefusedError("a layer does not end as it should")
        # What was computed last, when the network was stored: empty, as it was cleaned before.
        for _ in range(3):
            if self.tensor().size:
                raise _RefusedError("it holds what was computed when it was trained")
        if follows_input:
            self.whole()
        return layer

    def byte(self) -> int:
        """The next byte."""
        if self.at >= len(self.data):
            raise _RefusedError("it is cut short")
        self.at += 1
        return self.data[self.at - 1]

    def raw(self, count: int) -> bytes:
        """The next bytes."""
        if count < 0 or self.at + count > len(self.data):
            raise _RefusedError("it is cut short")
        self.at += count
        return self.data[self.at - count : self.at]

    def whole(self) -> int:
        """A whole number."""
        head = self.byte()
        size = head & 0x0F
        if head & 0x70 or not 1 <= size <= 8:
            raise _RefusedError("a whole number is malformed")
        value = int.from_bytes(self.raw(size), "little")
        return -value if head & 0x80 else value

    def real(self) -> float:
        """A float: a whole number times a power of two."""
        number, power = self.whole(), self.whole()
        if abs(power) > 1024:
            raise _RefusedError("a number is out of all bounds")
        return float(number) * 2.0**power

    def text(self) -> str:
        """A short name."""
        size = self.whole()
        if not 0 < size <= _NAME_MAX:
            raise _RefusedError("a name is malformed")
        return self.raw(size).decode("ascii", "replace")

    def tensor(self) -> npt.NDArray[np.float32]:
        """Four sizes, then raw floats."""
        if self.whole() != 2:
            raise _RefusedError("a tensor is of another version")
        shape = [self.whole() for _ in range(4)]
        if any(not 0 <= s <= FILE_MAX for s in shape):
            raise _RefusedError("a tensor is of impossible size")
        numbers = np.frombuffer(self.raw(4 * prod(shape)), "<f4")
        if not np.isfinite(numbers).all():
            raise _RefusedError("a weight is not a number")
        return numbers.reshape(shape)

    def shape(self) -> tuple[int, ...]:
        """The sizes of a part of a tensor."""
        if self.whole() != 1:
            raise _RefusedError("a part of a tensor is of another version")
        return self.whole(), self.whole(), self.whole(), self.whole()

    def parts(self, numbers: npt.NDArray[np.float32], *shapes: tuple[int, ...]) -> list[npt.NDArray[np.float32]]:
        """A tensor's numbers as parts of these shapes, one after the other."""
        sizes = [prod(s) for s in shapes]
        if min(sizes) < 0 or sum(sizes) != numbers.size:
            raise _RefusedError("a tensor has other parts than it should")
        flat, ends = numbers.ravel(), np.cumsum(sizes)
        return [flat[end - size : end].reshape(shape) for end, size, shape in zip(ends, sizes, shapes, strict=True)]


def _convolution(file: _Reader) -> Layer:
    numbers = file.tensor()
    count, height, width, *rest = (file.whole() for _ in range(7))
    weights, biases = file.parts(numbers, file.shape(), file.shape())
    _rates(file)
    if weights.shape[0] != count or weights.shape[2:] != (height, width) or biases.size != count:
        raise _RefusedError("a convolution does not fit its weights")
    settings = {"stride": tuple(rest[:2]), "padding": tuple(rest[2:])}
    return Layer("convolution", settings, {"kernel": weights, "bias": biases.ravel()})


def _affine(file: _Reader) -> Layer:
    gain, bias = file.parts(file.tensor(), file.shape(), file.shape())
    file.whole()
    return Layer("affine", {}, {"gain": gain.ravel(), "bias": bias.ravel()})


def _pooling(kind: str) -> Callable[[_Reader], Layer]:
    def read(file: _Reader) -> Layer:
        numbers = [file.whole() for _ in range(6)]
        names = ("window", "stride", "padding")
        return Layer(kind, {name: tuple(numbers[i : i + 2]) for name, i in zip(names, (0, 2, 4), strict=True)})

    return read


def _matrix(file: _Reader) -> Layer:
    file.whole(), file.whole()
    weights, bias = file.parts(file.tensor(), file.shape(), file.shape())
    file.whole()
    _rates(file)
    if bias.size:
        raise _RefusedError("its last layer has a bias")
    return Layer("matrix", {}, {"matrix": weights.reshape(weights.shape[:2])})


def _rates(file: _Reader) -> None:
    """How fast it learned: of no use here."""
    for _ in range(4):
        file.real()


_KINDS: Mapping[str, Callable[[_Reader], Layer]] = {
    "con_4": _convolution,
    "affine_": _affine,
    "relu_": lambda _: Layer("relu"),
    "add_prev_": lambda _: Layer("add"),
    "max_pool_2": _pooling("largest"),
    "avg_pool_2": _pooling("mean"),
    "fc_2": _matrix,
}
