"""YAMNet: which of AudioSet's 521 kinds of sound are heard in a second (model card: tfhub.dev/google/yamnet/1).

The weights come as a network for 8-bit numbers, one clip at a time, whose weights are kept as floats. The steps to and
from 8 bits are taken out, so that it runs in floats, with as many clips at once as are asked. What it hears are log-mel
spectrograms, which are made here as its makers do.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cinedex.errors import ModelError
from cinedex.models.convnet import IR, OPSET
from cinedex.models.onnx import OnnxSession
from cinedex.models.openvino import OpenVinoSession
from cinedex.models.session import Session
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.tasks import Floats

RATE = 16_000
_FRAME, _STEP, _FFT = 400, 160, 512
"""Samples of a frame (25 ms), from one to the next (10 ms), and of its transform."""

_FRAMES, _BANDS = 96, 64
"""Frames of a clip, and mel bands of a frame."""

_LOW, _HIGH = 125.0, 7500.0
"""Where the bands begin and end, in Hz."""

_FLOOR = 1e-3
"""Added before the logarithm."""

_BATCH = 16
"""Clips that the network sees at once: more are no faster, and take more memory."""

_LARGEST = 64 << 20
"""Bytes that a part of the archive may have unpacked."""


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> YamNet:
    """The tagger of a spec whose only file is YAMNet's archive. Raises ModelError for another network."""
    try:
        network = _network(*_unpacked(next(iter(files.values()))))
    except (KeyError, ValueError, IndexError, zipfile.BadZipFile, zlib.error) as wrong:
        raise ModelError(
            f"{spec.name}: the archive is not YAMNet ({wrong!r})", remedy="Pull the model again."
        ) from wrong
    return YamNet(_session(network, options))


def _session(network: bytes, options: RunOptions) -> Session:
    """ONNX Runtime unless OpenVINO is asked for: measured, neither is faster at this network."""
    return OpenVinoSession(network, options) if options.runtime == "openvino" else OnnxSession(network, options)


@cache
def audioset_labels() -> tuple[str, ...]:
    """The names of the 521 classes, in the order of the network's outputs."""
    text = resources("cinedex.models").joinpath("audioset_labels.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if not line.startswith("#"))


class YamNet:
    """A `SoundTagger` for 521 classes of AudioSet."""

    rate = RATE
    window = (_FRAMES - 1) * _STEP + _FRAME
    vocabulary = "audioset-521"

    def __init__(self, session: Session) -> None:
        self.labels: Sequence[str] = audioset_labels()
        self._session = session

    def sounds(self, clips: Floats) -> Floats:
        """Scores float32 [n, 521] in 0..1, each class by itself, for float32 [n, window]."""
        if clips.ndim != 2 or clips.shape[1] != self.window:
            raise ModelError(f"expected clips of {self.window} samples, got {clips.dtype}{list(clips.shape)}")
        none = np.zeros((0, len(self.labels)), np.float32)
        batches = (clips[at : at + _BATCH] for at in range(0, len(clips), _BATCH))
        return np.concatenate([none, *(self._session.run({"mels": log_mels(batch)})[0] for batch in batches)])


def log_mels(clips: Floats) -> Floats:
    """The logarithm of the mel spectrograms of clips [n, window], as float32 [n, 1, 96, 64]."""
    clipped = np.clip(np.nan_to_num(clips), -1, 1).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(clipped, _FRAME, axis=1)[:, ::_STEP]
    window = np.hanning(_FRAME + 1)[:-1].astype(np.float32)
    magnitudes = np.abs(np.fft.rfft(frames * window, _FFT)).astype(np.float32)
    mels: Floats = np.log(magnitudes @ _bands() + np.float32(_FLOOR))
    return mels[:, None]


@cache
def _bands() -> Floats:
    """How much each frequency counts in each band, [257, 64]: triangles evenly spaced in mel (HTK's formula)."""
    mel = _mel(np.linspace(0.0, RATE / 2, _FFT // 2 + 1))
    low, high = _mel(np.array([_LOW, _HIGH]))
    edges = np.linspace(float(low), float(high), _BANDS + 2)
    rising = (mel[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mel[:, None]) / (edges[2:] - edges[1:-1])
    weights: Floats = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    return weights


def _mel(hertz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    found: npt.NDArray[np.float64] = 1127 * np.log1p(hertz / 700)
    return found


def _unpacked(archive: Path) -> tuple[bytes, bytes]:
    """The network and its weights, which lie beside each other in the archive."""
    with zipfile.ZipFile(archive) as opened:
        parts = []
        for ending in (".onnx", ".data"):
            entry = next((e for e in opened.infolist() if e.filename.endswith(ending)), None)
            if entry is None or entry.file_size > _LARGEST:
                raise ValueError(f"no {ending} of a bearable size")
            parts.append(opened.read(entry))
    return parts[0], parts[1]


def _network(described: bytes, weights: bytes) -> bytes:
    """The network as ONNX in floats: 'mels' float32 [n, 1, 96, 64] to 'scores' float32 [n, 521]."""
    import onnx  # noqa: PLC0415 - 0.3 s of import, for those who load the model
    from onnx import TensorProto, helper  # noqa: PLC0415 - as above

    try:
        graph = onnx.load_model_from_string(described).graph
    except Exception as error:
        raise ValueError(f"not ONNX: {error}") from error
    alias = {graph.input[0].name: "mels"}
    steps = []
    for node in graph.node:
        entered = [alias.get(name, name) for name in node.input]
        if node.op_type in {"QuantizeLinear", "DequantizeLinear"}:
            alias[node.output[0]] = entered[0]
        elif node.op_type == "Reshape":
            steps.append(helper.make_node("Flatten", entered[:1], list(node.output)))
        else:
            kept = helper.make_node(node.op_type, entered, list(node.output))
            kept.attribute.extend(node.attribute)
            steps.append(kept)
    steps.append(helper.make_node("Sigmoid", [alias[graph.output[0].name]], ["scores"]))
    used = {name for step in steps for name in step.input}
    tensors = [_tensor(tensor, weights) for tensor in graph.initializer if tensor.name in used]
    float32 = TensorProto.FLOAT
    entry = helper.make_tensor_value_info("mels", float32, ["n", 1, _FRAMES, _BANDS])
    leaving = helper.make_tensor_value_info("scores", float32, ["n", len(audioset_labels())])
    made = helper.make_graph(steps, "yamnet", [entry], [leaving], tensors)
    opset = [helper.make_opsetid("", OPSET)]
    return bytes(helper.make_model(made, opset_imports=opset, ir_version=IR).SerializeToString())


def _tensor(tensor: Any, weights: bytes) -> Any:
    """A weight that holds its numbers itself, instead of saying where in `weights` they lie."""
    from onnx import numpy_helper  # noqa: PLC0415 - as above

    if not tensor.external_data:
        return tensor
    told = {entry.key: entry.value for entry in tensor.external_data}
    start, shape = int(told.get("offset", 0)), tuple(tensor.dims)
    values = np.frombuffer(weights, np.float32, int(np.prod(shape)), start).reshape(shape)
    return numpy_helper.from_array(values, tensor.name)
