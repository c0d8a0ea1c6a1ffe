"""CenterFace: faces with eyes, nose and mouth, as peaks of a map over the picture.

Y. Xu, W. Yan et al., CenterFace (2019): a face is a point, from which its size and its five points are told. The
network comes as ONNX for one size; sizes are set free here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cinedex.errors import ModelError
from cinedex.models.onnx import OnnxSession
from cinedex.models.openvino import OpenVinoSession
from cinedex.models.session import Session
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.tasks import FACE, Floats, Pixels

_STEP = 32
"""The network halves the picture five times: sides are filled up to a multiple of this."""

_STRIDE = 4
"""Pixels of the picture to a place of the map."""

_MOST = 512
"""Peaks of one picture that are looked at, the highest first."""

_SIDE_MAX = 4096

_CHANNELS = (1, 2, 2, 10)


@dataclass(frozen=True)
class _Bounds:
    """What counts as a face: its least score, and how much of two boxes may be shared by two faces."""

    threshold: float
    overlap: float


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> CenterFace:
    """The detector of a spec whose `centerface.onnx` is the published network. Raises ModelError for another."""
    network = _freed(files["centerface.onnx"].read_bytes())
    make: Callable[[bytes, RunOptions], Session] = OpenVinoSession if options.runtime == "openvino" else OnnxSession
    session = make(network, options)
    given = spec.options
    return CenterFace(session, _Bounds(float(given["threshold"]), float(given["overlap"])))


class CenterFace:
    """A `FaceDetector` for pictures of any size up to 4096 pixels a side."""

    def __init__(self, session: Session, bounds: _Bounds) -> None:
        self._session, self._bounds = session, bounds

    def faces(self, pictures: Pixels) -> list[Floats]:
        """Faces of each picture, best first. Pictures go one by one: measured, several at once are no faster."""
        if pictures.ndim != 4 or pictures.shape[3] != 3 or pictures.dtype != np.uint8:
            raise ModelError(f"expected RGB uint8 [n, height, width, 3], got {pictures.dtype}{pictures.shape}")
        if not all(0 < side <= _SIDE_MAX for side in pictures.shape[1:3]):
            raise ModelError(f"pictures of {pictures.shape[2]}x{pictures.shape[1]} cannot be searched for faces")
        return [self._one(picture) for picture in pictures]

    def _one(self, picture: Pixels) -> Floats:
        height, width = picture.shape[:2]
        plane = np.zeros((1, 3, -(-height // _STEP) * _STEP, -(-width // _STEP) * _STEP), np.float32)
        plane[0, :, :height, :width] = picture.transpose(2, 0, 1)
        maps = [m[0] for m in self._session.run({self._session.inputs[0]: plane})]
        found = _peaks(maps, self._bounds.threshold)
        found = found[_apart(found, self._bounds.overlap)]
        return _shares(found, width, height)


def _peaks(maps: list[npt.NDArray[Any]], threshold: float) -> Floats:
    """Faces in pixels, [k, 15], the best first: places where the map reaches the threshold."""
    heat, scale, offset, points = maps
    rows, columns = np.nonzero(heat[0] >= threshold)
    order = np.argsort(-heat[0, rows, columns], kind="stable")[:_MOST]
    rows, columns = rows[order], columns[order]
    down, across = np.exp(np.minimum(scale[:, rows, columns], 12)) * _STRIDE
    y = (rows + offset[0, rows, columns] + 0.5) * _STRIDE - down / 2
    x = (columns + offset[1, rows, columns] + 0.5) * _STRIDE - across / 2
    found = np.zeros((len(rows), FACE), np.float32)
    found[:, :5] = np.stack([x, y, across, down, heat[0, rows, columns]], axis=1)
    found[:, 5::2] = (points[1::2, rows, columns] * across + x).T
    found[:, 6::2] = (points[0::2, rows, columns] * down + y).T
    return found[np.isfinite(found).all(axis=1)]


def _apart(found: Floats, overlap: float) -> npt.NDArray[np.int64]:
    """The places of those that no better one covers by more than `overlap` (intersection over union)."""
    left, top = found[:, 0], found[:, 1]
    right, bottom = left + found[:, 2], top + found[:, 3]
    areas = found[:, 2] * found[:, 3]
    waiting, kept = np.arange(len(found)), []
    while len(waiting):
        best, rest = waiting[0], waiting[1:]
        kept.append(int(best))
        wide = np.minimum(right[best], right[rest]) - np.maximum(left[best], left[rest])
        high = np.minimum(bottom[best], bottom[rest]) - np.maximum(top[best], top[rest])
        shared = np.maximum(wide, 0) * np.maximum(high, 0)
        waiting = rest[shared <= overlap * (areas[best] + areas[rest] - shared)]
    return np.array(kept, dtype=np.int64)


def _shares(found: Floats, width: int, height: int) -> Floats:
    """Pixels as shares of the picture; boxes end at its edges, points may lie beyond."""
    right, bottom = found[:, 0] + found[:, 2], found[:, 1] + found[:, 3]
    found[:, 0], found[:, 1] = np.clip(found[:, 0], 0, width), np.clip(found[:, 1], 0, height)
    found[:, 2] = np.clip(right, 0, width) - found[:, 0]
    found[:, 3] = np.clip(bottom, 0, height) - found[:, 1]
    found[:, [0, 2]] /= width
    found[:, [1, 3]] /= height
    found[:, 5::2] /= width
    found[:, 6::2] /= height
    return found[(found[:, 2] > 0) & (found[:, 3] > 0)]


def _freed(network: bytes) -> bytes:
    """The network for pictures of any number and size; its weights no longer stand among its inputs."""
    import onnx  # noqa: PLC0415 - 0.3 s of import, for those who load the model

    try:
        model = onnx.load_model_from_string(network)
    except Exception as error:
        raise ModelError(f"centerface.onnx is no network: {error}", remedy="Pull the model again.") from error
    graph = model.graph
    weights = {w.name for w in graph.initializer}
    inputs = [i for i in graph.input if i.name not in weights]
    if len(inputs) != 1 or len(graph.output) != len(_CHANNELS):
        raise ModelError("centerface.onnx is another network than expected", remedy="Pull the model again.")
    del graph.input[:]
    graph.input.extend(inputs)
    for value, channels, sides in [
        (graph.input[0], 3, ("height", "width")),
        *((o, c, ("rows", "columns")) for o, c in zip(graph.output, _CHANNELS, strict=True)),
    ]:
        dims = value.type.tensor_type.shape.dim
        for dim, size in zip(dims, ("n", channels, *sides), strict=True):
            dim.Clear()
            if isinstance(size, int):
                dim.dim_value = size
            else:
                dim.dim_param = size
    return bytes(model.SerializeToString())
