"""Who of at most three speakers speaks when in five seconds of sound, as a `SpeakerSegmenter`.

H. Bredin and A. Laurent, End-to-end speaker segmentation for overlap-aware resegmentation (Interspeech 2021): SincNet
(M. Ravanelli and Y. Bengio, SLT 2018), four bidirectional LSTMs, two dense layers; with the weights as published.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cinedex.errors import ModelError
from cinedex.models.onnx import OnnxSession
from cinedex.models.recurrent import Chain, Weights
from cinedex.models.session import Session
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.tasks import Floats
from cinedex.models.torchfile import read_state_dict

RATE = 16_000
_WINDOW = 5 * RATE
_VOICES = 3
_PREFIX = "state_dict."

_KERNEL, _STRIDE, _POOL, _NARROW = 251, 10, 3, 5
"""Of the first convolution, the pooling after each, the two other convolutions."""

_STEP = _STRIDE * _POOL**3
_FIRST = (_KERNEL + _STRIDE * ((_POOL - 1) * (1 + _POOL + _POOL**2) + (_NARROW - 1) * (_POOL + _POOL**2)) - 1) // 2
"""Samples between two answers, and from the window's start to the middle of what the first one looks at."""

_LOWEST, _NARROWEST = 50.0, 50.0
"""Hz that a band's lower edge and its width have at least."""

_EPSILON = 1e-5
_SLOPE = 0.01
_LAYERS = 4
_BATCH = 8


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> Segmenter:
    """The segmenter of a spec whose `weights.bin` is PyanNet's. Raises ModelError for another."""
    found = read_state_dict(files["weights.bin"], blank=True)
    weights = {name.removeprefix(_PREFIX): value for name, value in found.items() if name.startswith(_PREFIX)}
    try:
        made = network(weights)
    except (KeyError, ValueError, IndexError) as wrong:
        raise ModelError(
            f"{spec.name}: the checkpoint is not PyanNet's ({wrong!r})", remedy="Pull the model again."
        ) from wrong
    return Segmenter(OnnxSession(made, options))


class Segmenter:
    """A `SpeakerSegmenter`."""

    rate, window, step, first, voices = RATE, _WINDOW, _STEP, _FIRST, _VOICES

    def __init__(self, session: Session) -> None:
        self._session = session

    def segments(self, clips: Floats) -> Floats:
        """How likely each of three voices speaks, float32 [n, answers, 3], for clips float32 [n, window]."""
        if clips.ndim != 2 or clips.shape[1] != self.window:
            raise ModelError(f"expected sound [n, {self.window}], got {list(clips.shape)}")
        parts = [clips[at : at + _BATCH] for at in range(0, len(clips), _BATCH)]
        made = [self._session.run({"sound": part[:, None].astype(np.float32)})[0] for part in parts]
        return np.concatenate(made) if made else np.zeros((0, answers(self.window), self.voices), np.float32)


def answers(samples: int) -> int:
    """How many answers come out for so many samples."""
    count = (samples - _KERNEL) // _STRIDE + 1
    for narrow in (1, _NARROW, _NARROW):
        count = (count - narrow + 1) // _POOL
    return count


def network(weights: Weights) -> bytes:
    """The network as ONNX: 'sound' float32 [n, 1, window] to [n, answers, voices], probabilities."""
    chain = Chain("sound")
    _normed(chain, weights, "sincnet.wav_norm1d")
    bank = filters(*(weights[f"sincnet.conv1d.0.filterbank.{n}"] for n in ("low_hz_", "band_hz_", "window_", "n_")))
    for layer in range(3):
        if layer:
            name = f"sincnet.conv1d.{layer}"
            chain.step("Conv", chain.floats(weights[f"{name}.weight"]), chain.floats(weights[f"{name}.bias"]))
        else:
            chain.step("Conv", chain.floats(bank[:, None]), strides=[_STRIDE])
            chain.step("Abs")
        chain.step("MaxPool", kernel_shape=[_POOL], strides=[_POOL])
        _normed(chain, weights, f"sincnet.norm1d.{layer}")
        chain.step("LeakyRelu", alpha=_SLOPE)
    chain.step("Transpose", perm=[2, 0, 1])
    for layer in range(_LAYERS):
        chain.lstm(weights, layer, both=True)
    for layer in range(2):
        chain.linear(weights, f"linear.{layer}")
        chain.step("LeakyRelu", alpha=_SLOPE)
    chain.linear(weights, "classifier")
    chain.step("Sigmoid")
    chain.step("Transpose", perm=[1, 0, 2])
    return chain.build("segmenter", ("sound", [1, _WINDOW]), ["n", answers(_WINDOW), _VOICES])


def _normed(chain: Chain, weights: Weights, layer: str) -> None:
    scale, bias = (chain.floats(weights[f"{layer}.{part}"]) for part in ("weight", "bias"))
    chain.step("InstanceNormalization", scale, bias, epsilon=_EPSILON)


def filters(
    low: npt.NDArray[np.floating],
    band: npt.NDArray[np.floating],
    window: npt.NDArray[np.floating],
    times: npt.NDArray[np.floating],
) -> npt.NDArray[np.float64]:
    """The band-pass filters [2 x bands, kernel], even ones and then odd ones, from their learnt edges in Hz.

    `low` and `band` are [bands, 1]; `window` and `times` (radians at 1 Hz, negative) hold the left half of the kernel.
    """
    low = _LOWEST + np.abs(low.astype(np.float64))
    high = np.clip(low + _NARROWEST + np.abs(band), _LOWEST, RATE / 2)
    times, wide = times.astype(np.float64), high - low
    even = (np.sin(high * times) - np.sin(low * times)) / (times / 2) * window
    odd = (np.cos(low * times) - np.cos(high * times)) / (times / 2) * window
    halves = (
        np.concatenate([even, 2 * wide, even[:, ::-1]], axis=1),
        np.concatenate([odd, 0 * wide, -odd[:, ::-1]], axis=1),
    )
    return np.concatenate([half / (2 * wide) for half in halves])
