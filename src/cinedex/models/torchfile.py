"""Reads the arrays out of torch's checkpoint files without torch, and without ever running what a file says.

A checkpoint is a pickle, which is a small program. It is interpreted here by a machine that knows only the steps that
a state dict needs: it makes plain values and refuses everything else.
"""

from __future__ import annotations

import os
import pickletools
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt

from cinedex.errors import ModelError

Array: TypeAlias = npt.NDArray[Any]

PICKLE_MAX = 16 << 20
"""Bytes that the description of the arrays may take."""

ARRAYS_MAX = 2 << 30
"""Bytes that the arrays of one file may take together."""

_MEMO_MAX = 1 << 20
_DEPTH_MAX = 4
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001

_STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "BFloat16Storage": "<u2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "|i1",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
}
"""Torch's storage classes and how their numbers lie in the file; bfloat16 is widened to float32 when read."""


class _RefusedError(Exception):
    """Why a file is not read; becomes a ModelError that names the file."""


def read_state_dict(path: Path, *, blank: bool = False) -> dict[str, Array]:
    """The named arrays of a torch checkpoint (the zip format, or the one before torch 1.6), each a copy of its own.

    Nested dictionaries are joined by dots; whatever is not an array is left out. Raises ModelError for a file that is
    damaged, too large, or that asks for anything but numbers; with `blank`, objects that some trainers save beside the
    numbers are read as nothing instead: they are not made either.
    """
    try:
        with path.open("rb") as file:
            found = _zipped(file, blank=blank) if zipfile.is_zipfile(file) else _legacy(file)
    except OSError as error:
        raise ModelError(f"cannot read {path.name}: {error}", remedy="Pull the model again.") from error
    # What malformed bytes can raise in zipfile, pickletools and NumPy.
    except (_RefusedError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, NotImplementedError) as error:
        raise _damaged(path, error) from error
    except (zipfile.BadZipFile, zlib.error, RuntimeError, MemoryError) as error:
        raise _damaged(path, error) from error
    return found


def _damaged(path: Path, error: Exception) -> ModelError:
    return ModelError(
        f"{path.name} is not a checkpoint that can be read safely ({error})",
        remedy="Pull the model again; if that does not help, the file is not what it should be.",
    )


@dataclass(frozen=True, slots=True)
class _Name:
    """A class or function that a pickle asks for; never looked up."""

    full: str


@dataclass(frozen=True, slots=True)
class _Storage:
    key: str
    dtype: str
    count: int

    @property
    def size(self) -> int:
        """Bytes."""
        return self.count * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, slots=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


_MARK = object()

_BLANK = object()
"""Stands for an object that is not made."""


@dataclass
class _Machine:
    """Interprets one pickle into plain values: numbers, text, tuples, lists, dicts, storages and tensors."""

    blank: bool = False
    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def run(self, file: BinaryIO) -> Any:
        """The value of the pickle at the file's position, which is left after it."""
        began = file.tell()
        for opcode, arg, at in pickletools.genops(file):
            if (at or 0) - began > PICKLE_MAX:
                raise _RefusedError("its description is too long")
            if opcode.name == "STOP":
                return self.stack.pop()
            step = _STEPS.get(opcode.name)
            if step is None:
                raise _RefusedError(f"it holds the step {opcode.name}, which no state dict needs")
            step(self, arg)
        raise _RefusedError("its description has no end")

    def marked(self) -> list[Any]:
        """Take off and give what lies above the last mark."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise _RefusedError("its description is malformed")
        items, self.stack[at:] = self.stack[at + 1 :], []
        return items

    def tuple(self, count: int) -> None:
        items = tuple(self.stack[len(self.stack) - count :])
        if len(items) != count:
            raise _RefusedError("its description is malformed")
        self.stack[len(self.stack) - count :] = [items]

    def put(self, number: int) -> None:
        if number > _MEMO_MAX:
            raise _RefusedError("its description refers too far")
        self.memo[number] = self.stack[-1]

    def name(self, arg: str) -> None:
        self.stack.append(_Name(arg.replace(" ", ".", 1)))

    def stack_name(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.stack.append(_Name(f"{module}.{name}"))

    def fill(self, pairs: list[Any]) -> None:
        into = self.stack[-1]
        if into is _BLANK:
            return
        if not isinstance(into, dict):
            raise _RefusedError("its description is malformed")
        into.update(_dict(zip(pairs[::2], pairs[1::2], strict=True)))

    def extend(self, items: list[Any]) -> None:
        into = self.stack[-1]
        if into is _BLANK:
            return
        if not isinstance(into, list):
            raise _RefusedError("its description is malformed")
        into.extend(items)

    def call(self) -> None:
        args, name = self.stack.pop(), self.stack.pop()
        make = _CALLS.get(name.full) if isinstance(name, _Name) else None
        if make is None and self.blank and isinstance(name, _Name):
            self.stack.append(_BLANK)
            return
        if make is None:
            raise _RefusedError(f"it asks to call {getattr(name, 'full', name)!r}, which is not allowed")
        self.stack.append(make(*args))

    def new(self) -> None:
        _args, name = self.stack.pop(), self.stack.pop()
        if not self.blank or not isinstance(name, _Name):
            raise _RefusedError(f"it asks to make {getattr(name, 'full', name)!r}, which is not allowed")
        self.stack.append(_BLANK)

    def storage(self) -> None:
        kind, storage_class, key, _place, count, *view = self.stack.pop()
        full = storage_class.full if isinstance(storage_class, _Name) else ""
        module, _, name = full.rpartition(".")
        if kind != "storage" or module != "torch" or name not in _STORAGES or any(v is not None for v in view):
            raise _RefusedError(f"it holds numbers of the kind {full!r}, which is not known")
        if not isinstance(key, str) or not isinstance(count, int) or not 0 <= count <= ARRAYS_MAX:
            raise _RefusedError("it holds an array of impossible size")
        self.stack.append(_Storage(key, _STORAGES[name], count))


def _push(machine: _Machine, value: Any) -> None:
    machine.stack.append(value)


_STEPS: Mapping[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda _m, _a: None),
    **dict.fromkeys(
        ("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"),
        _push,
    ),
    "NONE": lambda m, _: m.stack.append(None),
    "NEWTRUE": lambda m, _: m.stack.append(True),
    "NEWFALSE": lambda m, _: m.stack.append(False),
    "EMPTY_DICT": lambda m, _: m.stack.append({}),
    "EMPTY_LIST": lambda m, _: m.stack.append([]),
    "EMPTY_TUPLE": lambda m, _: m.stack.append(()),
    "MARK": lambda m, _: m.stack.append(_MARK),
    "TUPLE": lambda m, _: m.stack.append(tuple(m.marked())),
    "TUPLE1": lambda m, _: m.tuple(1),
    "TUPLE2": lambda m, _: m.tuple(2),
    "TUPLE3": lambda m, _: m.tuple(3),
    "BINPUT": lambda m, a: m.put(a),
    "LONG_BINPUT": lambda m, a: m.put(a),
    "MEMOIZE": lambda m, _: m.put(len(m.memo)),
    "BINGET": lambda m, a: m.stack.append(m.memo[a]),
    "LONG_BINGET": lambda m, a: m.stack.append(m.memo[a]),
    "SETITEM": lambda m, _: m.fill([m.stack.pop(-2), m.stack.pop()]),
    "SETITEMS": lambda m, _: m.fill(m.marked()),
    "APPEND": lambda m, _: m.extend([m.stack.pop()]),
    "APPENDS": lambda m, _: m.extend(m.marked()),
    "GLOBAL": lambda m, a: m.name(a),
    "STACK_GLOBAL": lambda m, _: m.stack_name(),
    "REDUCE": lambda m, _: m.call(),
    "NEWOBJ": lambda m, _: m.new(),
    "BINPERSID": lambda m, _: m.storage(),
    # Attributes set on a dictionary (torch keeps its modules' versions there) say nothing about the arrays.
    "BUILD": lambda m, _: m.stack.pop() and None,
}


def _dict(pairs: Iterable[Any]) -> dict[Any, Any]:
    made = list(pairs)
    # Only plain keys: hashing a tuple nested a million deep would overrun the C stack.
    if not all(isinstance(pair[0], str | int) for pair in made):
        raise _RefusedError("its description is malformed")
    return dict(made)


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_rest: Any) -> _Tensor:
    whole = [offset, *shape, *strides]
    if (
        not isinstance(storage, _Storage)
        or len(shape) != len(strides)
        or not all(isinstance(n, int) and 0 <= n <= ARRAYS_MAX for n in whole)
    ):
        raise _RefusedError("it describes an impossible array")
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    # More elements than the storage has would mean repetition without end from a few bytes.
    if prod(shape) > storage.count or (prod(shape) and last >= storage.count):
        raise _RefusedError("it describes an array larger than its numbers")
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


_CALLS: Mapping[str, Callable[..., Any]] = {
    "collections.OrderedDict": lambda pairs=(): _dict(pairs),
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
    "torch.Size": lambda sizes=(): tuple(sizes),
}


def _tensors(value: Any, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, _Tensor]]:
    if isinstance(value, _Tensor):
        yield prefix, value
    elif isinstance(value, dict) and depth < _DEPTH_MAX:
        for key, inner in value.items():
            yield from _tensors(inner, f"{prefix}.{key}" if prefix else str(key), depth + 1)


def _arrays(tree: Any, raw: Callable[[_Storage], bytes]) -> dict[str, Array]:
    tensors = dict(_tensors(tree))
    if not tensors:
        raise _RefusedError("it holds no arrays")
    stored = sum(s.size for s in {t.storage for t in tensors.values()})
    made = sum(np.dtype(t.storage.dtype).itemsize * prod(t.shape) for t in tensors.values())
    if max(stored, made) > ARRAYS_MAX:
        raise _RefusedError("its arrays are too large")
    kept: dict[_Storage, Array] = {}
    return {name: _array(tensor, kept, raw) for name, tensor in tensors.items()}


def _array(tensor: _Tensor, kept: dict[_Storage, Array], raw: Callable[[_Storage], bytes]) -> Array:
    storage = tensor.storage
    if storage not in kept:
        flat = np.frombuffer(raw(storage), dtype=storage.dtype)
        if len(flat) != storage.count:
            raise _RefusedError("an array is cut short")
        # bfloat16 is the upper half of a float32.
        bfloat = storage.dtype == _STORAGES["BFloat16Storage"]
        kept[storage] = (flat.astype("<u4") << 16).view("<f4") if bfloat else flat
    flat = kept[storage]
    steps = tuple(step * flat.itemsize for step in tensor.strides)
    view = np.lib.stride_tricks.as_strided(flat[tensor.offset :], tensor.shape, steps, writeable=False)
    return np.array(view, order="C")


def _zipped(file: BinaryIO, *, blank: bool) -> dict[str, Array]:
    with zipfile.ZipFile(file) as archive:
        entries = {i.filename.partition("/")[2]: i for i in archive.infolist()}
        if "data.pkl" not in entries or entries["data.pkl"].file_size > PICKLE_MAX:
            raise _RefusedError("it has no description of arrays, or too long a one")
        if "byteorder" in entries and _entry(archive, entries["byteorder"], 16) != b"little":
            raise _RefusedError("its numbers are not little-endian")
        tree = _Machine(blank).run(BytesIO(_entry(archive, entries["data.pkl"], PICKLE_MAX)))

        def raw(storage: _Storage) -> bytes:
            return _entry(archive, entries[f"data/{storage.key}"], storage.size)

        return _arrays(tree, raw)


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    if entry.file_size > most:
        raise _RefusedError(f"{entry.filename} is larger than it should be")
    with archive.open(entry) as member:
        return member.read(most)


def _legacy(file: BinaryIO) -> dict[str, Array]:
    file.seek(0)
    if _Machine().run(file) != _LEGACY_MAGIC or _Machine().run(file) != _LEGACY_PROTOCOL:
        raise _RefusedError("it is not a torch checkpoint")
    system = _Machine().run(file)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise _RefusedError("its numbers are not little-endian")
    tree = _Machine().run(file)
    order = _Machine().run(file)
    storages = {t.storage.key: t.storage for _, t in _tensors(tree)}
    left = os.fstat(file.fileno()).st_size - file.tell()
    content: dict[str, bytes] = {}
    for key in order:
        storage = storages.get(key) if isinstance(key, str) else None
        if storage is None or int.from_bytes(file.read(8), "little") != storage.count or storage.size > left:
            raise _RefusedError("an array is not of the size that it should be")
        content[key] = file.read(storage.size)
    return _arrays(tree, lambda storage: content[storage.key])
