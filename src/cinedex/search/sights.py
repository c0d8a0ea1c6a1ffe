"""Whose vectors the index holds, and what moments look like, from what a stage stored of the stretches in them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow.compute as pc

from cinedex.errors import ModelError
from cinedex.models.concepts import Concepts
from cinedex.models.tasks import Floats, ImageEmbedder, TextEmbedder
from cinedex.timeline.rows import Sight, Vector
from cinedex.timeline.time import Span
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans

_ASKED = 2_000
"""Questions whose vectors are remembered."""


class _Remembering:
    """A text embedder that embeds a question once: it is asked for what is said, for what is seen, and by many."""

    def __init__(self, embedder: TextEmbedder) -> None:
        self._embedder, self.space, self.dim = embedder, embedder.space, embedder.dim
        self._asked: dict[str, Floats] = {}
        self._lock = threading.Lock()

    def embed_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """Unit vectors, float32 [n, dim]."""
        if not query or len(texts) != 1:
            return self._embedder.embed_texts(texts, query=query)
        with self._lock:
            found = self._asked.pop(texts[0], None)
            if found is None:
                found = self._embedder.embed_texts(texts, query=True)
            self._asked[texts[0]] = found  # the last used is the last to be forgotten
            if len(self._asked) > _ASKED:
                del self._asked[next(iter(self._asked))]
        return found.copy()


class Embedders:
    """The text embedder and the picture embedder of an index, each made when it is first asked for, or never.

    `sight` None means the stand-in: what is tagged, placed in the text embedder's space. One that raises ModelError is
    done without, and not tried again.
    """

    def __init__(self, texts: Callable[[], TextEmbedder], sight: Callable[[], ImageEmbedder] | None) -> None:
        self._make_texts, self._make_sight = texts, sight
        self._texts: TextEmbedder | None = None
        self._sight: ImageEmbedder | None = None
        self.without_texts = ""
        """Why there is no text embedder, if there is none."""
        self.without_sight = ""
        """Why there is no picture embedder, if there is none."""

    def texts(self) -> TextEmbedder | None:
        """What places texts by their meaning."""
        if self._texts is None and not self.without_texts:
            try:
                self._texts = _Remembering(self._make_texts())
            except ModelError as missing:
                self.without_texts = str(missing)
        return self._texts

    def sight(self) -> ImageEmbedder | None:
        """What places texts where the pictures are that they speak of."""
        if self._sight is None and not self.without_sight:
            if self._make_sight is not None:
                try:
                    self._sight = self._make_sight()
                except ModelError as missing:
                    self.without_sight = str(missing)
            elif (texts := self.texts()) is not None:
                self._sight = Concepts(texts)
            else:
                self.without_sight = self.without_texts
        return self._sight

    def spaces(self) -> dict[str, str]:
        """Their spaces, by the vector column of the index; empty for one that is not there."""
        found = {"meaning": self.texts(), "concept": self.sight()}
        return {column: one.space if one is not None else "" for column, one in found.items()}


def seen(timeline: Timeline, space: str, dim: int, where: Sequence[Span]) -> Floats | None:
    """For each stretch, in order, the direction of the mean of what is seen in it; None where none is of this space.

    Zeros where nothing is known of a stretch. Vectors count for as long as they share with it.
    """
    return pooled(timeline, Sight, space, dim, where)


def pooled(
    timeline: Timeline, kind: type[Sight | Vector], space: str, dim: int, where: Sequence[Span]
) -> Floats | None:
    """The same of any kind of vectors."""
    track = timeline.find(kind)
    if track is None:
        return None
    rows = track.table.filter(pc.equal(track.table.column("space"), space))
    if not len(rows):
        return None
    flat = rows.column("values").combine_chunks().flatten().to_numpy(zero_copy_only=False)
    if len(flat) != len(rows) * dim:
        raise ValueError(f"vectors of the space {space} are not all of length {dim}")
    vectors = np.asarray(flat, np.float32).reshape(-1, dim)
    cells, spans = Spans.of(where), Spans(rows.column("start").to_numpy(), rows.column("end").to_numpy())
    left, right = cells.join(spans)
    shared = np.minimum(cells.ends[left], spans.ends[right]) - np.maximum(cells.starts[left], spans.starts[right])
    sums = np.zeros((len(where), dim), np.float32)
    np.add.at(sums, left, vectors[right] * (shared / np.maximum((spans.ends - spans.starts)[right], 1))[:, None])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    found: Floats = np.where(lengths > 1e-6, sums / np.maximum(lengths, 1e-6), 0).astype(np.float32)
    return found
