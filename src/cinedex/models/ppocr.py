"""PP-OCR: finds lines of text in pictures and reads them, by two networks of the PaddleOCR project.

Lines are found by differentiable binarization and read by a network with CTC (A. Graves et al., ICML 2006): a class for
every step along the line, repetitions and blanks dropped. The alphabet lies in the reading network's own metadata.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cinedex.errors import ModelError
from cinedex.models.onnx import OnnxSession
from cinedex.models.openvino import OpenVinoSession, available
from cinedex.models.session import Session
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.tasks import Floats, Pixels
from cinedex.models.textmap import lines

_STEP = 32
"""The finder takes pictures whose sides are multiples of this."""

_WIDTHS = 64
"""Lines are padded to multiples of this many pixels, so that a runtime meets few sizes."""

_NARROWEST = 128
"""Pixels that the reader sees of a line at least."""

_LONGEST = 2048
"""Pixels of a line that are read; a longer one is squeezed."""

_TOGETHER = 2048
"""Pixels of lines, side by side, that are read at a time: every eighth of them is answered by 18,710 classes."""


def load_finder(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> PpOcrFinder:
    """The finder of a spec whose file is the detection network."""
    network = _taking_pixels(_read(next(iter(files.values()))))
    model = network.SerializeToString()
    # Measured: neither is faster on one thread; OpenVINO is on several.
    quick = options.runtime == "openvino" or (options.runtime == "auto" and options.device == "cpu" and available())
    session: Session = OpenVinoSession(model, options) if quick else OnnxSession(model, options)
    return PpOcrFinder(session, float(spec.options["least"]))


def load_reader(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> PpOcrReader:
    """The reader of a spec whose file is the recognition network with its alphabet. Raises ModelError without one."""
    network = _read(next(iter(files.values())))
    alphabet = next((p.value for p in network.metadata_props if p.key == "character"), "").split("\n")
    classes = network.graph.output[0].type.tensor_type.shape.dim[2].dim_value
    # The first class is "nothing", the last a space.
    if len(alphabet) + 2 != classes:
        raise ModelError(
            f"{spec.name}: {len(alphabet)} characters do not fit {classes} classes", remedy="Pull the model again."
        )
    model = _taking_pixels(network).SerializeToString()
    # Measured: as fast in either, but OpenVINO keeps 440 MiB for lines of many lengths, ONNX Runtime 180.
    session: Session = OpenVinoSession(model, options) if options.runtime == "openvino" else OnnxSession(model, options)
    return PpOcrReader(session, ["", *alphabet, " "], int(spec.options["height"]))


class PpOcrFinder:
    """A `TextFinder`. Pictures are padded at the right and at the bottom to what the network takes."""

    def __init__(self, session: Session, least: float) -> None:
        self._session, self._least = session, least

    def find(self, pictures: Pixels) -> list[Floats]:
        """Lines of each picture, float32 [k, 9]: corners as shares of the picture, score."""
        if pictures.ndim != 4 or pictures.shape[3] != 3 or pictures.dtype != np.uint8 or 0 in pictures.shape[1:]:
            raise ModelError(f"expected RGB uint8 [n, height, width, 3], got {pictures.dtype}{list(pictures.shape)}")
        height, width = pictures.shape[1:3]
        padded = np.pad(pictures, ((0, 0), (0, -height % _STEP), (0, -width % _STEP), (0, 0)), mode="edge")
        found = []
        for picture in padded:
            marked = self._session.run({"pictures": picture[None]})[0][0, 0, :height, :width]
            found.append(lines(np.asarray(marked, np.float32), self._least))
        return found


class PpOcrReader:
    """A `LineReader` for scripts of which the alphabet has letters."""

    def __init__(self, session: Session, alphabet: Sequence[str], height: int) -> None:
        self.height = height
        self.scripts = frozenset(_script(c) for c in alphabet if len(c) == 1 and c.isalpha())
        self._session, self._alphabet = session, alphabet

    def read(self, lines: Sequence[Pixels]) -> list[tuple[str, float]]:
        """Text and score of each line; the score is the mean probability of the characters, 0 for none."""
        for line in lines:
            if line.ndim != 3 or line.shape[0] != self.height or line.shape[2] != 3 or line.dtype != np.uint8:
                raise ModelError(f"expected RGB uint8 [{self.height}, width, 3], got {line.dtype}{list(line.shape)}")
        ready = [_bounded(line) for line in lines]
        found: list[tuple[str, float]] = [("", 0.0)] * len(lines)
        by_width: dict[int, list[int]] = {}
        for number, line in enumerate(ready):
            if line.shape[1]:
                by_width.setdefault(max(_NARROWEST, -(-line.shape[1] // _WIDTHS) * _WIDTHS), []).append(number)
        for width, numbers in sorted(by_width.items()):
            count = max(1, _TOGETHER // width)
            for at in range(0, len(numbers), count):
                some = numbers[at : at + count]
                batch = np.full((len(some), self.height, width, 3), _GREY, np.uint8)
                for place, number in enumerate(some):
                    batch[place, :, : ready[number].shape[1]] = ready[number]
                answers = self._session.run({"pictures": batch})[0]
                for number, answer in zip(some, answers, strict=True):
                    found[number] = self._spelled(answer)
        return found

    def _spelled(self, steps: Floats) -> tuple[str, float]:
        """The characters of one line from the probabilities of every step, [steps, classes]."""
        best = steps.argmax(axis=1)
        new = (best != 0) & (np.diff(best, prepend=-1) != 0)
        if not new.any():
            return "", 0.0
        text = "".join(self._alphabet[c] for c in best[new].tolist())
        return text, float(np.clip(steps[new, best[new]].mean(), 0, 1))


_GREY = 127
"""What lines are padded with: the middle of the range, which the network sees as zero."""


def _bounded(line: Pixels) -> Pixels:
    """The line, squeezed where it is longer than any that can be read."""
    width = line.shape[1]
    return line if width <= _LONGEST else line[:, np.linspace(0, width - 1, _LONGEST).round().astype(int)]


def _script(character: str) -> str:
    return unicodedata.name(character, "").split(" ")[0]


def _read(path: Path) -> Any:
    import onnx  # noqa: PLC0415 - 0.3 s of import, for those who load the model

    return onnx.load(str(path))


def _taking_pixels(network: Any) -> Any:
    """The network with its first steps in front: from 'pictures', RGB uint8 [n, height, width, 3], to BGR in -1..1."""
    from onnx import TensorProto, helper  # noqa: PLC0415 - as above

    graph = network.graph
    old = graph.input[0]
    channels = helper.make_tensor("bgr", TensorProto.INT64, [3], [2, 1, 0])
    half = helper.make_tensor("half_range", TensorProto.FLOAT, [], [127.5])
    steps = [
        helper.make_node("Gather", ["pictures", "bgr"], ["p0"], axis=3),
        helper.make_node("Transpose", ["p0"], ["p1"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["p1"], ["p2"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["p2", "half_range"], ["p3"]),
        helper.make_node("Div", ["p3", "half_range"], [old.name]),
    ]
    given = [d.dim_value or d.dim_param for d in old.type.tensor_type.shape.dim]
    nodes, new = (
        list(graph.node),
        helper.make_tensor_value_info("pictures", TensorProto.UINT8, [given[0], given[2], given[3], 3]),
    )
    del graph.node[:], graph.input[:]
    graph.node.extend([*steps, *nodes])
    graph.input.append(new)
    graph.initializer.extend([channels, half])
    return network
