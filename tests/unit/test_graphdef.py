"""Arrays out of frozen graphs: what is there is read, and what is damaged is refused, never guessed."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cinedex.errors import ModelError
from cinedex.models import graphdef
from cinedex.models.graphdef import read_constants

TYPES = {"<f4": 1, "<f8": 2, "<i4": 3, "<i8": 9}


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def tensor(array: np.ndarray, kind: int) -> bytes:
    shape = b"".join(field(2, field(1, size)) for size in array.shape)
    return field(1, kind) + field(2, shape) + field(4, array.tobytes())


def constant(name: str, content: bytes, operator: str = "Const") -> bytes:
    value = field(5, field(1, b"value") + field(2, field(8, content)))
    return field(1, field(1, name.encode()) + field(2, operator.encode()) + field(3, b"an input") + value)


def read(tmp_path: Path, content: bytes) -> dict[str, np.ndarray]:
    path = tmp_path / "graph.pb"
    path.write_bytes(content)
    return read_constants(path)


shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=5)
arrays = st.sampled_from(sorted(TYPES)).flatmap(lambda t: hnp.arrays(np.dtype(t), shapes))


@settings(max_examples=60, deadline=None)
@given(found=st.dictionaries(st.text(min_size=1, max_size=20), arrays, max_size=4))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, found: dict[str, np.ndarray]):
    content = b"".join(constant(name, tensor(a, TYPES[a.dtype.str])) for name, a in found.items())
    again = read(tmp_path_factory.mktemp("graph"), content + field(4, field(1, 21)))
    assert list(again) == list(found)
    for name, array in found.items():
        assert again[name].dtype == array.dtype
        np.testing.assert_array_equal(again[name], array)


def test_numbers_may_also_stand_one_by_one(tmp_path: Path):
    values = np.array([1.5, -2, 3], "<f4")
    content = field(1, 1) + field(2, field(2, field(1, 3))) + field(5, values.tobytes())
    np.testing.assert_array_equal(read(tmp_path, constant("some", content))["some"], values)


def test_only_constants_of_numbers_are_taken(tmp_path: Path):
    numbers = tensor(np.ones(2, "<f4"), 1)
    content = constant("a", numbers) + constant("b", numbers, "Placeholder") + constant("words", field(1, 7))
    assert list(read(tmp_path, content)) == ["a"]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_is_refused_or_leaves_whole_arrays(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject):
    whole = {"one": np.arange(6, dtype="<f4").reshape(2, 3), "two": np.arange(4, dtype="<i8")}
    content = bytearray(b"".join(constant(n, tensor(a, TYPES[a.dtype.str])) for n, a in whole.items()))
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content = content[:place]
    else:
        content[place] = data.draw(st.integers(0, 255))
    found: dict[str, np.ndarray] = {}
    with contextlib.suppress(ModelError):
        found = read(tmp_path_factory.mktemp("graph"), bytes(content))
    assert all(array.nbytes <= len(content) for array in found.values())


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200))
def test_noise_is_no_graph(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    with contextlib.suppress(ModelError):
        assert isinstance(read(tmp_path_factory.mktemp("noise"), content), dict)


def test_a_shape_larger_than_any_file_is_refused(tmp_path: Path):
    vast = field(1, 1) + field(2, field(2, field(1, 1 << 40)))
    with pytest.raises(ModelError, match="too large"):
        read(tmp_path, constant("vast", vast))
    with pytest.raises(ModelError, match="too many dimensions"):
        read(tmp_path, constant("deep", field(1, 1) + field(2, field(2, field(1, 1)) * 9)))


def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(graphdef, "FILE_MAX", 10)
    with pytest.raises(ModelError, match="too large"):
        read(tmp_path, constant("a", tensor(np.ones(2, "<f4"), 1)))


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ModelError, match=r"none\.pb"):
        read_constants(tmp_path / "none.pb")
