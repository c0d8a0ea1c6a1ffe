"""TransNetV2 as a `TransitionDetector`: the network in a runtime, fed with a film piece by piece.

T. Soucek and J. Lokoc, TransNet V2: an effective deep network architecture for fast shot transition detection
(arXiv:2008.04838), with the weights as published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cinedex.errors import ModelError
from cinedex.models import openvino
from cinedex.models.onnx import OnnxSession
from cinedex.models.session import Session
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.tasks import Floats, Pixels
from cinedex.models.torchfile import read_state_dict
from cinedex.models.transnet_graph import COLOURS, CONTEXT, HEIGHT, WIDTH, Network, network

_STEP = 64
"""Pictures that go through the network at once; a tenth faster than half as many."""

PRECISIONS = ("int8", "f32")
"""What the convolutions can be computed in."""


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> TransNet:
    """The detector of a spec whose `weights.pth` is TransNetV2's. Raises ModelError for another.

    The option `precision` is int8 (the default; the cuts are those of f32, see docs/decisions) or f32.
    """
    precision = str(spec.options.get("precision", PRECISIONS[0]))
    if precision not in PRECISIONS:
        raise ModelError(f"{spec.name}: no precision {precision!r}", remedy=f"There are: {', '.join(PRECISIONS)}.")
    weights = read_state_dict(files["weights.pth"])
    try:
        made = network(weights, _STEP, quantised=precision == "int8")
    except (KeyError, ValueError, IndexError) as wrong:
        raise ModelError(
            f"{spec.name}: the checkpoint is not TransNetV2's ({wrong!r})", remedy="Pull the model again."
        ) from wrong
    return TransNet(_session(made, options), made)


def _session(made: Network, options: RunOptions) -> Session:
    """OpenVINO where it is there: it computes these convolutions several times as fast."""
    fits = options.device == "cpu" and openvino.available()
    if options.runtime == "openvino" or (options.runtime == "auto" and fits):
        return openvino.OpenVinoSession(made.model, options)
    return OnnxSession(made.model, options)


class TransNet:
    """A `TransitionDetector`. Before its first and after its last picture it sees that picture stand still."""

    size = (HEIGHT, WIDTH)
    context = CONTEXT

    def __init__(self, session: Session, made: Network) -> None:
        self._session, self._network = session, made

    def transitions(self, frames: Pixels) -> Floats:
        """Probabilities float32 [n, 2] (hard cut after this picture, any transition here) for uint8 [n, 27, 48, 3]."""
        found = [np.zeros((0, 2), np.float32), *self.follow([frames])]
        return np.concatenate(found)

    def follow(self, pieces: Iterable[Pixels]) -> Iterator[Floats]:
        """As `transitions`, for consecutive pieces of one film: answers in order, in pieces, some `context` late."""
        stream = _Stream(self._session, self._network)
        for piece in pieces:
            if piece.shape[1:] != (*self.size, 3) or piece.dtype != np.uint8:
                raise ModelError(f"expected RGB uint8 [n, {HEIGHT}, {WIDTH}, 3], got {piece.dtype}{list(piece.shape)}")
            yield from stream.push(piece)
        yield from stream.finish()


class _Stream:
    """One film on its way through the network."""

    def __init__(self, session: Session, made: Network) -> None:
        self._session, self._step = session, made.pictures
        self._states: dict[str, npt.NDArray[Any]] = {
            name: np.zeros(shape, kind) for name, (shape, kind) in made.states.items()
        }
        self._waiting = np.zeros((0, HEIGHT, WIDTH, 3), np.uint8)
        self._last: Pixels | None = None
        self._asked = self._told = 0
        self._early = 2 * CONTEXT
        """Answers still to come for pictures before the first one."""

    def push(self, piece: Pixels) -> Iterator[Floats]:
        """Take pictures in; gives the answers that are complete."""
        if not len(piece):
            return
        if self._last is None:
            self._wait(np.repeat(piece[:1], CONTEXT, axis=0))
        self._last = piece[-1:].copy()
        self._asked += len(piece)
        self._wait(piece)
        yield from self._answers()

    def finish(self) -> Iterator[Floats]:
        """The answers that were waiting for pictures to come."""
        if self._last is None:
            return
        rest = -(len(self._waiting) + CONTEXT) % self._step
        self._wait(np.repeat(self._last, CONTEXT + rest, axis=0))
        for found in self._answers():
            yield found[: max(self._asked - self._told + len(found), 0)]

    def _wait(self, piece: Pixels) -> None:
        self._waiting = np.concatenate([self._waiting, piece])

    def _answers(self) -> Iterator[Floats]:
        while len(self._waiting) >= self._step:
            pictures, self._waiting = self._waiting[: self._step], self._waiting[self._step :]
            made = self._session.run(self._states | {"pictures": pictures, "colours": histograms(pictures)})
            out = dict(zip(self._session.outputs, made, strict=True))
            self._states = {past: out[past.replace("past", "next", 1)] for past in self._states}
            found = out["answer"]
            found, self._early = found[self._early :], max(self._early - len(found), 0)
            self._told += len(found)
            if len(found):
                yield found


def histograms(pictures: Pixels) -> Floats:
    """How many pixels of each picture fall on each of the 512 colours: [n, 512]."""
    levels = (pictures >> 5).astype(np.int64)
    bins = (levels[..., 0] << 6) + (levels[..., 1] << 3) + levels[..., 2]
    places = bins.reshape(len(pictures), -1) + np.arange(len(pictures))[:, None] * COLOURS
    counts = np.bincount(places.ravel(), minlength=len(pictures) * COLOURS)
    return counts.reshape(-1, COLOURS).astype(np.float32)
