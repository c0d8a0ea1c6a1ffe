"""Reads the arrays out of TensorFlow's frozen graphs without TensorFlow: the wire format of protocol buffers, bounded.

A frozen graph is a list of nodes; those of the operator `Const` hold the weights. Only names and numbers are taken;
what the graph would compute is not followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from cinedex.errors import ModelError

Array: TypeAlias = npt.NDArray[Any]

FILE_MAX = 512 << 20
"""Bytes that a file may have."""

_NODES_MAX = 1 << 18
_RANK_MAX = 8
_VARINT_MAX = 10
"""Bytes that a whole number may take."""

_TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8"}
"""Numbers that arrays may be made of, as TensorFlow counts its types; others are left out."""

_NODE = 1
_NAME, _OPERATOR, _ATTRIBUTE = 1, 2, 5
_KEY, _VALUE = 1, 2
_TENSOR = 8
_TYPE, _SHAPE, _CONTENT, _FLOATS = 1, 2, 4, 5
_DIMENSION = 2
_SIZE = 1
"""Numbers of the fields that are read: of a graph, a node, an attribute, its value, a tensor, a shape, a dimension."""


class _RefusedError(Exception):
    """Why a file is not read; becomes a ModelError that names the file."""


def read_constants(path: Path) -> dict[str, Array]:
    """The named arrays of numbers that a frozen graph holds. Raises ModelError for a file that is none."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_MAX + 1)
        return _constants(memoryview(content))
    except OSError as error:
        raise ModelError(f"cannot read {path.name}: {error}", remedy="Pull the model again.") from error
    except (_RefusedError, ValueError) as error:
        raise ModelError(
            f"{path.name} is not a frozen graph that can be read safely ({error})", remedy="Pull the model again."
        ) from error


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a message: its number and its content, bytes or a whole number."""

    number: int
    value: memoryview | int

    @property
    def content(self) -> memoryview:
        """Its bytes."""
        if isinstance(self.value, int):
            raise _RefusedError(f"field {self.number} holds a number where a message should be")
        return self.value

    @property
    def text(self) -> str:
        """Its bytes as text."""
        return str(self.content, "utf-8")

    @property
    def whole(self) -> int:
        """Its number."""
        if not isinstance(self.value, int):
            raise _RefusedError(f"field {self.number} holds a message where a number should be")
        return self.value


def _fields(message: memoryview) -> Iterator[_Field]:
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield _Field(number, value)
            continue
        size = {1: 8, 5: 4}.get(wire)
        if wire == 2:
            size, at = _varint(message, at)
        if size is None or number == 0:
            raise _RefusedError(f"there is no field of type {wire}")
        if size > len(message) - at:
            raise _RefusedError("it is cut short")
        yield _Field(number, message[at : at + size])
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for i, byte in enumerate(message[at : at + _VARINT_MAX]):
        value |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            return value, at + i + 1
    raise _RefusedError("it is cut short, or a number is too long")


def _constants(graph: memoryview) -> dict[str, Array]:
    if len(graph) > FILE_MAX:
        raise _RefusedError("it is too large")
    found: dict[str, Array] = {}
    nodes = 0
    for field in _fields(graph):
        if field.number != _NODE:
            continue
        nodes += 1
        if nodes > _NODES_MAX:
            raise _RefusedError("it has too many nodes")
        name, tensor = _constant(field.content)
        array = None if tensor is None else _array(tensor)
        if array is not None:
            found[name] = array
    return found


def _constant(node: memoryview) -> tuple[str, memoryview | None]:
    """A node's name, and its tensor where it is a constant."""
    name, operator, tensor = "", "", None
    for field in _fields(node):
        if field.number == _NAME:
            name = field.text
        elif field.number == _OPERATOR:
            operator = field.text
        elif field.number == _ATTRIBUTE:
            entry = {part.number: part for part in _fields(field.content)}
            if _KEY in entry and _VALUE in entry and entry[_KEY].text == "value":
                tensor = next((p.content for p in _fields(entry[_VALUE].content) if p.number == _TENSOR), None)
    return name, tensor if operator == "Const" else None


def _array(tensor: memoryview) -> Array | None:
    """The tensor as an array; None for types that are not read."""
    kind, content = 0, memoryview(b"")
    shape: tuple[int, ...] = ()
    floats: list[bytes] = []
    for field in _fields(tensor):
        if field.number == _TYPE:
            kind = field.whole
        elif field.number == _SHAPE:
            shape = _shape(field.content)
        elif field.number == _CONTENT:
            content = field.content
        elif field.number == _FLOATS:
            floats.append(bytes(field.content))
    if kind not in _TYPES:
        return None
    dtype = np.dtype(_TYPES[kind])
    count = prod(shape)
    if len(content) == count * dtype.itemsize:
        return np.frombuffer(content, dtype).reshape(shape).copy()
    values = np.frombuffer(b"".join(floats), "<f4") if kind == 1 else np.zeros(0, dtype)
    if len(values) == count:
        return values.reshape(shape).copy()
    # One number may stand for an array of equal numbers; those are settings of operators, and no weights.
    return None


def _shape(message: memoryview) -> tuple[int, ...]:
    sizes = [
        next((part.whole for part in _fields(field.content) if part.number == _SIZE), 0)
        for field in _fields(message)
        if field.number == _DIMENSION
    ]
    if len(sizes) > _RANK_MAX or prod(sizes) > FILE_MAX:
        raise _RefusedError("an array has too many dimensions, or is too large")
    return tuple(sizes)
