"""Silero VAD: how likely each 32 ms of sound is speech (model card: github.com/snakers4/silero-vad)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cinedex.models.onnx import OnnxSession
from cinedex.models.session import Session
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.tasks import Floats

_CONTEXT = 64
"""Samples of the hop before that the network sees with each hop."""

_STATE = 128


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> SileroVad:
    """The detector on ONNX Runtime, one thread: its state runs from hop to hop."""
    one = RunOptions(threads=1, device=options.device, runtime="onnx")
    return SileroVad(OnnxSession(next(iter(files.values())), one), int(spec.options["rate"]), int(spec.options["hop"]))


class SileroVad:
    """A `VoiceDetector`. Samples may exceed -1..1; they are clipped as the model was trained on such."""

    def __init__(self, session: Session, rate: int, hop: int) -> None:
        self.rate, self.hop = rate, hop
        self._session = session

    def voice(self, samples: Floats) -> Floats:
        """Speech probability of each whole hop, float32 [len(samples) // hop], from a blank state."""
        count = len(samples) // self.hop
        if count == 0:
            return np.zeros(0, dtype=np.float32)
        hops = np.clip(samples[: count * self.hop], -1, 1).astype(np.float32).reshape(count, self.hop)
        context = np.zeros((count, _CONTEXT), dtype=np.float32)
        context[1:] = hops[:-1, -_CONTEXT:]
        blank = np.zeros((1, 1, _STATE), dtype=np.float32)
        feeds = {"input": np.concatenate([context, hops], axis=1), "h": blank, "c": blank}
        probability = self._session.run(feeds)[0]
        return np.asarray(probability, dtype=np.float32).reshape(-1)
