"""Dual encoders of pictures and texts (CLIP, SigLIP, MobileCLIP and kin) from ONNX files: one adapter for all of them.

A. Radford et al., Learning Transferable Visual Models From Natural Language Supervision (ICML 2021). What tells one
such model from another stands in its description: size, mean and deviation of pictures, length and padding of texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cinedex.errors import ModelError
from cinedex.models.onnx import OnnxSession
from cinedex.models.session import Session
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.tasks import Floats, Pixels

PICTURES, TEXTS = "vision.onnx", "text.onnx"
"""What the two networks are called among a model's files, beside tokenizer.json."""

_BATCH = 16
"""Pictures or texts that a network is given at once."""

_LONGEST = 2000
"""Characters of a text that are read: far more than the tokens that these networks take."""


class Clip:
    """An `ImageEmbedder` of two networks, each from its input to one vector a row, and a tokenizer.

    Pictures are RGB, scaled to 0..1, less `mean`, over `std`. Texts are put into `prompt` (such as "a photo of {}"),
    cut to `length` tokens and filled up with the token numbered `pad`.
    """

    def __init__(self, space: str, towers: tuple[Session, Session], tokenizer: Any, options: Mapping[str, Any]) -> None:
        self.space = space
        self.dim = int(options["dim"])
        self.near = float(options["near"])
        self.size = (int(options["height"]), int(options["width"]))
        self._mean, self._std = (np.array(options[n], np.float32).reshape(-1) for n in ("mean", "std"))
        self._prompt = str(options.get("prompt", "{}"))
        self._lower = bool(options.get("lowercase", False))
        self._pictures, self._texts = towers
        self._tokenizer = tokenizer
        if len(self._mean) != 3 or len(self._std) != 3 or not np.all(self._std > 0) or "{}" not in self._prompt:
            raise ModelError(f"{space}: mean and std are three numbers each, std above 0, and prompt holds {{}}")
        tokenizer.enable_truncation(max_length=int(options["length"]))
        tokenizer.enable_padding(length=int(options["length"]), pad_id=int(options.get("pad", 0)))

    def embed_pictures(self, pictures: Pixels) -> Floats:
        """By the network of pictures."""
        if pictures.shape[1:] != (*self.size, 3) or pictures.dtype != np.uint8:
            raise ModelError(f"expected RGB uint8 [n, {self.size[0]}, {self.size[1]}, 3], got {pictures.shape}")

        def fed(at: int) -> dict[str, npt.NDArray[Any]]:
            scaled = (pictures[at : at + _BATCH].astype(np.float32) / 255 - self._mean) / self._std
            return {self._pictures.inputs[0]: np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))}

        return self._vectors(self._pictures, "image_embeds", len(pictures), fed)

    def embed_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """By the network of texts, which knows no difference between a question and a description."""
        del query
        plain = [self._prompt.replace("{}", _plain(t.lower() if self._lower else t)) for t in texts]

        def fed(at: int) -> dict[str, npt.NDArray[Any]]:
            told = self._tokenizer.encode_batch(plain[at : at + _BATCH])
            arrays = {
                "input_ids": np.array([t.ids for t in told], np.int64),
                "attention_mask": np.array([t.attention_mask for t in told], np.int64),
            }
            return {name: arrays[name] for name in self._texts.inputs if name in arrays}

        return self._vectors(self._texts, "text_embeds", len(plain), fed)

    def _vectors(self, tower: Session, wanted: str, count: int, fed: Any) -> Floats:
        """The output called `wanted`, or else the first that has one vector of the right length a row, of length 1."""
        found = np.zeros((count, self.dim), np.float32)
        for at in range(0, count, _BATCH):
            made = dict(zip(tower.outputs, tower.run(fed(at)), strict=True))
            rows = min(_BATCH, count - at)
            fits = [n for n, array in made.items() if array.shape == (rows, self.dim)]
            if not fits:
                shapes = ", ".join(f"{n} {list(array.shape)}" for n, array in made.items())
                raise ModelError(f"{self.space}: no output is [{rows}, {self.dim}]; there are {shapes}")
            found[at : at + rows] = made[wanted if wanted in fits else fits[0]]
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        if not np.all(np.isfinite(lengths)) or not np.all(lengths > 0):
            raise ModelError(f"{self.space}: the network gave vectors without a direction")
        found /= lengths
        return found


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> Clip:
    """The adapter `clip-onnx`. Raises ModelError for a description that lacks something or fits no files."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - for those who load such a model

    try:
        tokenizer = Tokenizer.from_buffer(files["tokenizer.json"].read_bytes())
        towers = (OnnxSession(files[PICTURES], options), OnnxSession(files[TEXTS], options))
        return Clip(spec.space or spec.name, towers, tokenizer, spec.options)
    except KeyError as missing:
        raise ModelError(
            f"{spec.name}: its description lacks {missing}",
            remedy=f"docs/how-to/add-a-model.md names its options, and its files: {PICTURES}, {TEXTS}, tokenizer.json.",
        ) from missing


def _plain(text: str) -> str:
    """What a tokenizer can take: half a surrogate pair has no UTF-8."""
    return text[:_LONGEST].encode("utf-8", "replace").decode("utf-8")
