"""Cross-encoders from ONNX files: a question and a text are read together, and one number says how well they fit.

R. Nogueira, K. Cho, Passage Re-ranking with BERT (2019). The network is one of the BERT family with one output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cinedex.errors import ModelError
from cinedex.models.onnx import OnnxSession
from cinedex.models.session import Session
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.tasks import Floats

NETWORK, TOKENS = "model.onnx", "tokenizer.json"
"""What a model's files are called."""

_LONGEST = 2000
"""Characters of a text that are handed to the tokenizer, far more than it keeps."""


class CrossEncoder:
    """A `Reranker`: logits of a network, for pairs that are cut to `length` tokens, at the end of the text."""

    def __init__(self, name: str, network: Session, tokenizer: Any, options: Mapping[str, Any]) -> None:
        self.near = float(options["near"])
        self._name, self._network, self._tokenizer = name, network, tokenizer
        tokenizer.enable_truncation(max_length=int(options["length"]), strategy="longest_first")
        tokenizer.no_padding()

    def judge(self, question: str, texts: Sequence[str]) -> Floats:
        """One logit a text."""
        asked = _plain(question)
        return np.array([self._logit(self._tokenizer.encode(asked, _plain(text))) for text in texts], np.float32)

    def _logit(self, told: Any) -> float:
        """Of one pair by itself: networks in 8 bits scale numbers by all that they are given at once."""
        arrays = {"input_ids": told.ids, "attention_mask": told.attention_mask, "token_type_ids": told.type_ids}
        fed = {name: np.array([arrays[name]], np.int64) for name in self._network.inputs if name in arrays}
        made = self._network.run(fed)[0]
        if made.size != 1 or not np.isfinite(made).all():
            raise ModelError(f"{self._name}: the network gave {list(made.shape)}, not one number a pair")
        return float(made.ravel()[0])


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> CrossEncoder:
    """The adapter `cross-encoder-onnx`. Raises ModelError for a description or files that lack something."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - for those who load such a model

    try:
        tokenizer = Tokenizer.from_buffer(files[TOKENS].read_bytes())
        return CrossEncoder(spec.name, OnnxSession(files[NETWORK], options), tokenizer, spec.options)
    except KeyError as missing:
        raise ModelError(
            f"{spec.name}: its description lacks {missing}",
            remedy=f"It has the options near and length, and the files {NETWORK} and {TOKENS}.",
        ) from missing


def _plain(text: str) -> str:
    """What a tokenizer can take: half a surrogate pair has no UTF-8."""
    return text[:_LONGEST].encode("utf-8", "replace").decode("utf-8")
