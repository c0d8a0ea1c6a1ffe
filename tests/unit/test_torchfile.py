"""Torch's checkpoints are read from bytes made here by hand: the real formats, and what a hostile file would try."""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from cinedex.errors import ModelError
from cinedex.models.torchfile import read_state_dict

MAGIC = 0x1950A86A20F9469CFC6C


class _Asm:
    """Writes pickles opcode by opcode, as torch does: protocol 2."""

    def __init__(self):
        self.out = io.BytesIO()
        self.out.write(b"\x80\x02")

    def text(self, value):
        raw = value.encode()
        self.out.write(b"X" + struct.pack("<I", len(raw)) + raw)
        return self

    def whole(self, value):
        self.out.write(b"J" + struct.pack("<i", value))
        return self

    def raw(self, code):
        self.out.write(code)
        return self

    def name(self, module, name):
        return self.raw(b"c" + f"{module}\n{name}\n".encode())

    def ints(self, values):
        self.raw(b"(")
        for value in values:
            self.whole(value)
        return self.raw(b"t")

    def tensor(self, key, kind, count, *, shape, strides, offset=0, legacy=False):
        self.name("torch._utils", "_rebuild_tensor_v2").raw(b"(")
        self.raw(b"(").text("storage").name("torch", kind).text(key).text("cpu").whole(count)
        if legacy:
            self.raw(b"N")
        self.raw(b"t").raw(b"Q").whole(offset).ints(shape).ints(strides).raw(b"\x89")
        return self.name("collections", "OrderedDict").raw(b")R").raw(b"tR")

    def done(self):
        return self.out.getvalue() + b"."


def _state(**kwargs):
    asm = _Asm().name("collections", "OrderedDict").raw(b")R(").text("layer.weight").tensor(**kwargs)
    return asm.raw(b"u").done()


def _zip(path: Path, pickled: bytes, storages: dict[str, bytes], **more: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        for key, raw in storages.items():
            archive.writestr(f"archive/data/{key}", raw)
        for name, raw in more.items():
            archive.writestr(f"archive/{name}", raw)
    return path


def test_a_transposed_view_is_read_in_the_order_it_means(tmp_path):
    numbers = np.arange(12, dtype="<f4")
    pickled = _state(key="0", kind="FloatStorage", count=12, shape=(3, 2), strides=(1, 4), offset=1)
    read = read_state_dict(_zip(tmp_path / "m.pth", pickled, {"0": numbers.tobytes()}))
    assert list(read) == ["layer.weight"]
    assert read["layer.weight"].tolist() == [[1, 5], [2, 6], [3, 7]]
    assert read["layer.weight"].flags.c_contiguous
    assert read["layer.weight"].flags.writeable


@pytest.mark.parametrize(
    ("kind", "raw", "values"),
    [
        ("HalfStorage", np.array([1.5, -2], "<f2").tobytes(), [1.5, -2]),
        ("LongStorage", np.array([7, -9], "<i8").tobytes(), [7, -9]),
        ("BoolStorage", b"\x01\x00", [True, False]),
        ("BFloat16Storage", b"\x80\x3f\x40\xc0", [1.0, -3.0]),
    ],
)
def test_number_kinds(tmp_path, kind, raw, values):
    pickled = _state(key="0", kind=kind, count=2, shape=(2,), strides=(1,))
    read = read_state_dict(_zip(tmp_path / "m.pth", pickled, {"0": raw}))
    assert read["layer.weight"].tolist() == values


def test_the_older_format_is_read(tmp_path):
    numbers = np.arange(6, dtype="<f4")
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    parts = [pickle.dumps(MAGIC, 2), pickle.dumps(1001, 2), pickle.dumps(system, 2)]
    parts += [_state(key="94", kind="FloatStorage", count=6, shape=(2, 3), strides=(3, 1), legacy=True)]
    parts += [pickle.dumps(["94"], 2), struct.pack("<q", 6), numbers.tobytes()]
    path = tmp_path / "old.pth"
    path.write_bytes(b"".join(parts))
    assert read_state_dict(path)["layer.weight"].tolist() == [[0, 1, 2], [3, 4, 5]]
    path.write_bytes(b"".join(parts)[:-4])
    with pytest.raises(ModelError, match="not a checkpoint"):
        read_state_dict(path)


def test_nested_dictionaries_are_joined_by_dots(tmp_path):
    asm = _Asm().raw(b"}(").text("epoch").whole(3).text("state").raw(b"}(").text("w")
    asm.tensor("0", "FloatStorage", 1, shape=(1,), strides=(1,)).raw(b"uu")
    read = read_state_dict(_zip(tmp_path / "m.pth", asm.done(), {"0": b"\0\0\x80\x3f"}))
    assert {name: value.tolist() for name, value in read.items()} == {"state.w": [1.0]}


class _Evil:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_would_run_something_is_refused_and_does_not_run(tmp_path, protocol):
    marker = tmp_path / "ran"
    path = _zip(tmp_path / "m.pth", pickle.dumps({"w": _Evil(marker)}, protocol), {})
    with pytest.raises(ModelError, match="not a checkpoint that can be read safely"):
        read_state_dict(path)
    assert not marker.exists()


@pytest.mark.parametrize(
    "pickled",
    [
        _Asm().name("builtins", "eval").text("1").raw(b"\x85R").done(),
        _Asm().name("torch._utils", "_rebuild_sparse_tensor").raw(b")R").done(),
        _state(key="0", kind="UntypedStorage", count=4, shape=(4,), strides=(1,)),
        _state(key="0", kind="FloatStorage", count=4, shape=(100_000, 100_000), strides=(0, 0)),
        _state(key="0", kind="FloatStorage", count=4, shape=(4,), strides=(1,), offset=1),
        _state(key="0", kind="FloatStorage", count=4, shape=(2,), strides=(-1,), offset=3),
        _state(key="0", kind="FloatStorage", count=5, shape=(5,), strides=(1,)),
        _state(key="0", kind="FloatStorage", count=3, shape=(3,), strides=(1,)),
        _state(key="../../etc", kind="FloatStorage", count=4, shape=(4,), strides=(1,)),
        _Asm().raw(b"}").raw(b"r\xff\xff\xff\x7f").done(),
        _Asm().raw(b"}(").raw(b"()u").done(),
        _Asm().raw(b"RRR").done(),
        _Asm().raw(b"}").done(),
        pickle.dumps(OrderedDict(a=1.0), 2)[:-3],
        b"",
    ],
)
def test_impossible_descriptions_are_refused(tmp_path, pickled):
    path = _zip(tmp_path / "m.pth", pickled, {"0": bytes(16)})
    with pytest.raises(ModelError, match="not a checkpoint"):
        read_state_dict(path)


def test_keys_nested_beyond_measure_do_not_break_the_interpreter(tmp_path):
    deep = b"\x80\x02})" + b"\x85" * 2_000_000 + b"Ns."
    with pytest.raises(ModelError, match="malformed"):
        read_state_dict(_zip(tmp_path / "m.pth", deep, {}))


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04broken", bytes(1000)])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "m.pth"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"m\.pth is not a checkpoint"):
        read_state_dict(path)


def test_a_big_endian_file_is_refused(tmp_path):
    pickled = _state(key="0", kind="FloatStorage", count=4, shape=(4,), strides=(1,))
    with pytest.raises(ModelError, match="little-endian"):
        read_state_dict(_zip(tmp_path / "m.pth", pickled, {"0": bytes(16)}, byteorder=b"big"))


def test_a_missing_file_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="cannot read"):
        read_state_dict(tmp_path / "none.pth")


def test_objects_beside_the_arrays_are_read_as_nothing_where_that_is_asked_for(tmp_path):
    asm = _Asm().raw(b"}(").text("about").name("trainer", "Settings").raw(b")\x81}b")
    asm.text("more").name("collections", "defaultdict").raw(b")R(").text("a").whole(1).raw(b"u")
    asm.text("w").tensor("0", "FloatStorage", 1, shape=(1,), strides=(1,)).raw(b"u")
    path = _zip(tmp_path / "m.pth", asm.done(), {"0": b"\0\0\x80\x3f"})
    assert {n: v.tolist() for n, v in read_state_dict(path, blank=True).items()} == {"w": [1.0]}
    with pytest.raises(ModelError, match="not allowed"):
        read_state_dict(path)


def test_nothing_runs_where_objects_are_read_as_nothing(tmp_path):
    marker = tmp_path / "ran"
    path = _zip(tmp_path / "m.pth", pickle.dumps({"w": _Evil(marker)}, 2), {})
    with pytest.raises(ModelError, match="not a checkpoint"):
        read_state_dict(path, blank=True)
    assert not marker.exists()
