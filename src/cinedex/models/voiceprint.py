"""What a voice sounds like, as a unit vector: a `VoiceEmbedder`.

L. Wan and others, Generalized end-to-end loss for speaker verification (ICASSP 2018), with the weights of Resemblyzer:
three LSTMs over 1.6 s of 40 mel bands; a longer clip's vector is the mean of those of its overlapping parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from cinedex.errors import ModelError
from cinedex.models.onnx import OnnxSession
from cinedex.models.recurrent import Chain, Weights
from cinedex.models.session import Session
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.tasks import Floats
from cinedex.models.torchfile import read_state_dict

RATE = 16_000
_FFT, _HOP, _BANDS = 400, 160, 40
_PART, _STEP = 160, 80
"""Spectra that the network hears at once, and from one part to the next."""

_DIM = 256
_LAYERS = 3
_PREFIX = "model_state."
_BATCH = 32

_LOUD = 10 ** (-30 / 20)
"""Root mean square that quieter clips are raised to, as in training."""


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> Voiceprints:
    """The embedder of a spec whose `weights.pt` is Resemblyzer's. Raises ModelError for another."""
    found = read_state_dict(files["weights.pt"])
    weights = {name.removeprefix(_PREFIX): value for name, value in found.items() if name.startswith(_PREFIX)}
    try:
        made = network(weights)
    except (KeyError, ValueError, IndexError) as wrong:
        raise ModelError(
            f"{spec.name}: the checkpoint is not Resemblyzer's ({wrong!r})", remedy="Pull the model again."
        ) from wrong
    return Voiceprints(OnnxSession(made, options), spec.space or spec.name, float(spec.options["same"]))


class Voiceprints:
    """A `VoiceEmbedder`."""

    rate, dim = RATE, _DIM

    def __init__(self, session: Session, space: str, same: float) -> None:
        self._session, self.space, self.same = session, space, same

    def prints(self, clips: Sequence[Floats]) -> Floats:
        """Unit vectors float32 [n, 256] for clips of any length, float32 mono."""
        parts = [_parts(mel(_raised(clip))) for clip in clips]
        if not parts:
            return np.zeros((0, self.dim), np.float32)
        heard = np.concatenate(parts)
        batches = [heard[at : at + _BATCH] for at in range(0, len(heard), _BATCH)]
        vectors = np.concatenate([self._session.run({"mel": batch})[0] for batch in batches])
        ends = np.cumsum([len(p) for p in parts])[:-1]
        means = np.stack([own.mean(axis=0) for own in np.split(vectors, ends)])
        return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9), np.float32)


def network(weights: Weights) -> bytes:
    """The network as ONNX: 'mel' float32 [n, 160, 40] to unit vectors [n, 256]."""
    chain = Chain("mel")
    chain.step("Transpose", perm=[1, 0, 2])
    for layer in range(_LAYERS):
        last = chain.lstm(weights, layer, both=False)
    chain.here = last
    chain.step("Squeeze", chain.constant(np.array([0], np.int64)))
    chain.linear(weights, "linear")
    rows = chain.step("Relu")
    chain.step("ReduceL2", axes=[1], keepdims=1)
    length = chain.step("Max", chain.floats(np.array(1e-9)))
    chain.here = rows
    chain.step("Div", length)
    return chain.build("voiceprint", ("mel", [_PART, _BANDS]), ["n", _DIM])


def _raised(clip: Floats) -> Floats:
    loud = float(np.sqrt(np.mean(np.square(clip, dtype=np.float64)))) if len(clip) else 0.0
    return clip if loud >= _LOUD or loud < 1e-6 else np.asarray(clip * np.float32(_LOUD / loud), np.float32)


def _parts(spectra: Floats) -> Floats:
    """Overlapping parts [n, 160, 40]; what is shorter than one is repeated."""
    if len(spectra) < _PART:
        return spectra[np.arange(_PART) % len(spectra)][None]
    starts = [*range(0, len(spectra) - _PART, _STEP), len(spectra) - _PART]
    return np.stack([spectra[at : at + _PART] for at in starts])


def mel(sound: Floats) -> Floats:
    """Power in 40 mel bands every 10 ms, float32 [spectra, 40]: windows of 25 ms, centred, mirrored at the ends."""
    side = _FFT // 2
    padded = np.pad(sound, side, mode="reflect" if len(sound) > side else "constant")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::_HOP]
    power = np.square(np.abs(np.fft.rfft(windows * _hann(), axis=1)))
    return np.asarray(power @ _bank().T, np.float32)


@cache
def _hann() -> Floats:
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FFT) / _FFT), np.float32)


@cache
def _bank() -> Floats:
    """Triangles [40, bins] of equal area, evenly spaced on Slaney's mel scale from 0 Hz to half the rate."""
    edges = _hertz(np.linspace(0, _mels(RATE / 2), _BANDS + 2))
    bins = np.arange(_FFT // 2 + 1) * RATE / _FFT
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None], np.float32)


_LINEAR, _BREAK = 200 / 3, 1000.0
_LOG = np.log(6.4) / 27
"""Slaney's scale: so many Hz a mel up to the break, and this much in logarithms a mel above."""


def _mels(hertz: float) -> float:
    return float(_BREAK / _LINEAR + np.log(hertz / _BREAK) / _LOG if hertz > _BREAK else hertz / _LINEAR)


def _hertz(mels: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
    above = _BREAK * np.exp(_LOG * (mels - _BREAK / _LINEAR))
    return np.asarray(np.where(mels > _BREAK / _LINEAR, above, mels * _LINEAR), np.float64)
