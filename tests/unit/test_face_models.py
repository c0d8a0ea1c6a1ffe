"""The face models: dlib's format read number by number and its network against plain sums; peaks that become faces."""

from __future__ import annotations

from math import frexp
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinedex.errors import ModelError
from cinedex.models import centerface, dlibface
from cinedex.models.centerface import _apart, _peaks
from cinedex.models.dlibfile import read_layers
from cinedex.models.onnx import OnnxSession
from cinedex.models.spec import RunOptions

SIZE = 31


def whole(value: int) -> bytes:
    raw = abs(value).to_bytes(max(1, (abs(value).bit_length() + 7) // 8), "little")
    return bytes([len(raw) | (0x80 if value < 0 else 0)]) + raw


def real(value: float) -> bytes:
    mantissa, power = frexp(value)
    return whole(int(mantissa * 2**24)) + whole(power - 24)


def text(value: str) -> bytes:
    return whole(len(value)) + value.encode()


def tensor(*numbers: np.ndarray) -> bytes:
    flat = np.concatenate([n.ravel() for n in numbers]).astype("<f4")
    return b"".join(map(whole, (2, len(flat), 1, 1, 1))) + flat.tobytes()


def part(*shape: int) -> bytes:
    return b"".join(map(whole, (1, *shape, *[1] * (4 - len(shape)))))


NOTHING = b"".join(map(whole, (2, 0, 0, 0, 0)))
TAIL = b"110" + 3 * NOTHING
RATES = 4 * real(1.0)


class Writer:
    """Writes small networks of made-up weights as dlib does."""

    def __init__(self, seed: int = 3) -> None:
        self.random = np.random.default_rng(seed)
        self.data = b""
        self.weights: list[dict[str, np.ndarray]] = []

    def begin(self) -> None:
        self.data = whole(1) + text("loss_metric_2") + real(0.04) + real(0.6)
        self.data += b"".join(map(whole, (2, 2, 1, 1, 3)))
        self.data += text("input_rgb_image_sized") + b"".join(map(real, (120.0, 110.0, 100.0))) + 2 * whole(SIZE)

    def convolution(self, enter: int, leave: int, side: int, stride: int, padding: int, *, first: bool = False) -> None:
        kernel = self.random.normal(0, (enter * side * side) ** -0.5, (leave, enter, side, side)).astype(np.float32)
        bias, gain, shift = (self.random.uniform(-0.5, 1, leave).astype(np.float32) for _ in range(3))
        self.data += text("con_4") + tensor(kernel, bias)
        self.data += b"".join(map(whole, (leave, side, side, stride, stride, padding, padding)))
        self.data += part(*kernel.shape) + part(1, leave) + RATES + TAIL + (whole(1) if first else b"")
        self.data += text("affine_") + tensor(gain, shift) + part(1, leave) + part(1, leave) + whole(0) + TAIL
        self.weights.append({"kernel": kernel, "bias": bias, "gain": gain, "shift": shift})

    def plain(self, name: str, *numbers: int) -> None:
        self.data += text(name) + b"".join(map(whole, numbers)) + TAIL

    def block(self, enter: int, leave: int, stride: int) -> None:
        self.convolution(enter, leave, 3, stride, 1 if stride == 1 else 0)
        self.plain("relu_")
        self.convolution(leave, leave, 3, 1, 1)
        if stride == 2:
            self.plain("avg_pool_2", 2, 2, 2, 2, 0, 0)
        self.plain("add_prev_")
        self.plain("relu_")

    def network(self) -> bytes:
        """Two residual blocks, the second half as large and wider, with sizes that differ between its two ways."""
        self.begin()
        self.convolution(3, 4, 7, 2, 0, first=True)
        self.plain("relu_")
        self.plain("max_pool_2", 3, 3, 2, 2, 0, 0)
        self.block(4, 4, 1)
        self.block(4, 6, 2)
        self.block(6, 6, 2)
        self.plain("avg_pool_2", 0, 0, 1, 1, 0, 0)
        self.matrix = self.random.normal(0, 1, (6, 5)).astype(np.float32)
        self.data += text("fc_2") + whole(5) + whole(6) + tensor(self.matrix) + part(6, 5)
        self.data += b"".join(map(whole, (1, 0, 0, 0, 0))) + whole(1) + RATES + TAIL
        return self.data


def convolved(x: np.ndarray, w: dict[str, np.ndarray], stride: int, padding: int) -> np.ndarray:
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    side = w["kernel"].shape[2]
    size = [(s - side) // stride + 1 for s in x.shape[1:]]
    out = np.zeros((len(w["kernel"]), *size))
    for i in range(size[0]):
        for j in range(size[1]):
            patch = x[:, i * stride : i * stride + side, j * stride : j * stride + side]
            out[:, i, j] = (w["kernel"] * patch).sum((1, 2, 3)) + w["bias"]
    return out * w["gain"][:, None, None] + w["shift"][:, None, None]


def pooled(x: np.ndarray, side: int, how: str) -> np.ndarray:
    size = [(s - side) // 2 + 1 for s in x.shape[1:]]
    windows = [[x[:, 2 * i : 2 * i + side, 2 * j : 2 * j + side] for j in range(size[1])] for i in range(size[0])]
    return np.array([[getattr(w, how)(axis=(1, 2)) for w in row] for row in windows]).transpose(2, 0, 1)


def grown(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.pad(x, [(0, to - now) for to, now in zip(shape, x.shape, strict=True)])


def plainly(writer: Writer, chip: np.ndarray) -> np.ndarray:
    """The network's answer, sum by sum."""
    left = iter(writer.weights)
    x = (chip.astype(np.float64).transpose(2, 0, 1) - np.array([120, 110, 100])[:, None, None]) / 256
    x = pooled(np.maximum(convolved(x, next(left), 2, 0), 0), 3, "max")
    for stride in (1, 2, 2):
        way = np.maximum(convolved(x, next(left), stride, 1 if stride == 1 else 0), 0)
        way = convolved(way, next(left), 1, 1)
        around = x if stride == 1 else pooled(x, 2, "mean")
        both = tuple(np.maximum(way.shape, around.shape))
        x = np.maximum(grown(way, both) + grown(around, both), 0)
    return x.mean((1, 2)) @ writer.matrix


@pytest.fixture
def writer() -> Writer:
    return Writer()


def stored(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "network.dat"
    path.write_bytes(data)
    return path


def test_a_network_in_dlibs_format_does_what_dlib_does(writer: Writer, tmp_path: Path):
    layers = read_layers(stored(tmp_path, writer.network()))
    network, size = dlibface._network(layers)
    assert size == SIZE
    model = dlibface.DlibFace(OnnxSession(network, RunOptions(threads=1)), size, "made-up", 0.4)
    chips = np.random.default_rng(1).integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8)
    wanted = np.array([plainly(writer, c) for c in chips])
    np.testing.assert_allclose(model.distances(chips), wanted, atol=1e-4)
    np.testing.assert_allclose(model.prints(chips), wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-4)


def test_a_file_that_is_cut_short_or_goes_on_is_refused(writer: Writer, tmp_path: Path):
    data = writer.network()
    for wrong in (b"", data[:1], data[:-1], data[: len(data) // 2], data + b"\x00", data + b"more"):
        with pytest.raises(ModelError, match="not a network that can be read"):
            read_layers(stored(tmp_path, wrong))


def test_weights_that_are_no_numbers_are_refused(writer: Writer, tmp_path: Path):
    data = writer.network()
    at = data.index(b"affine_") + 17
    with pytest.raises(ModelError):
        read_layers(stored(tmp_path, data[:at] + np.array([np.nan] * 2, "<f4").tobytes() + data[at + 8 :]))


def test_layers_in_another_order_are_refused(writer: Writer, tmp_path: Path):
    layers = list(read_layers(stored(tmp_path, writer.network())))
    for i in (1, 3, 4, 5, 10, len(layers) - 1):
        with pytest.raises((ValueError, KeyError, IndexError, StopIteration)):
            dlibface._network([*layers[:i], *layers[i + 1 :]])
    with pytest.raises(ValueError, match="more after"):
        dlibface._network([*layers, layers[-1]])


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damage_is_refused_and_never_anything_else(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory):
    whole_file = Writer().network()
    at = data.draw(st.integers(0, len(whole_file) - 1))
    raw = data.draw(st.binary(min_size=1, max_size=9))
    path = stored(tmp_path_factory.mktemp("damaged"), whole_file[:at] + raw + whole_file[at + len(raw) :])
    try:
        layers = read_layers(path)
    except ModelError:
        return
    assert len(layers) == len(read_layers(stored(path.parent, whole_file)))


def maps(rows: int = 12, columns: int = 20) -> list[np.ndarray]:
    """A detector's empty answer: no heat, faces of 16 pixels, points in the corner of their box."""
    scale = np.full((2, rows, columns), np.log(4.0), np.float32)
    return [np.zeros((c, rows, columns), np.float32) if c != 2 else scale.copy() for c in (1, 2)] + [
        np.zeros((2, rows, columns), np.float32),
        np.zeros((10, rows, columns), np.float32),
    ]


def test_a_peak_is_a_face_with_its_size_and_points():
    heat, scale, offset, points = maps()
    heat[0, 5, 7] = 0.9
    scale[:, 5, 7] = np.log([10.0, 5.0])
    offset[:, 5, 7] = 0.25, -0.5
    points[:, 5, 7] = np.linspace(0.1, 1.0, 10)
    (face,) = _peaks([heat, scale, offset, points], 0.5)
    height, width = 40, 20
    top, left = (5 + 0.25 + 0.5) * 4 - height / 2, (7 - 0.5 + 0.5) * 4 - width / 2
    np.testing.assert_allclose(face[:5], [left, top, width, height, 0.9], rtol=1e-5)
    places = np.linspace(0.1, 1.0, 10).reshape(5, 2)
    np.testing.assert_allclose(face[5:].reshape(5, 2), places[:, ::-1] * (width, height) + (left, top), rtol=1e-4)


def test_of_boxes_on_one_face_the_best_stays_and_neighbours_stay_too():
    found = np.zeros((4, 15), np.float32)
    found[:, :5] = [[0, 0, 10, 10, 0.9], [1, 1, 10, 10, 0.8], [9, 9, 10, 10, 0.7], [100, 0, 10, 10, 0.6]]
    assert _apart(found, 0.3).tolist() == [0, 2, 3]
    assert _apart(found[:0], 0.3).tolist() == []


def test_sizes_and_points_that_are_no_numbers_are_left_out():
    heat, scale, offset, points = maps()
    heat[0, 2, 2:4] = 0.9
    scale[:, 2, 2], offset[0, 2, 3] = 1e30, np.nan
    found = _peaks([heat, scale, offset, points], 0.5)
    assert np.isfinite(found).all()
    assert len(found) == 1


def test_of_peaks_without_number_a_bounded_many_are_looked_at():
    heat, scale, offset, points = maps(100, 200)
    heat[:] = np.random.default_rng(1).uniform(0.5, 1, heat.shape)
    found = _peaks([heat, scale, offset, points], 0.5)
    assert len(found) == centerface._MOST
    assert (np.diff(found[:, 4]) <= 0).all()


def test_what_is_no_network_is_refused():
    for wrong in (b"", b"nothing of the sort"):
        with pytest.raises(ModelError):
            centerface._freed(wrong)
