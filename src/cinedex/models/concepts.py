"""Concept search: what is seen, by the names of it, placed in the space of words, so that words can look for it.

Stands in where no model sees pictures and reads text in one space: it knows only what the tagger has names for.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from importlib.resources import files

import numpy as np

from cinedex.errors import ModelError
from cinedex.models.kinds import kinds_of
from cinedex.models.tasks import Floats, ImageTagger, Named, Pixels, TextEmbedder

PREFIX = "concepts-"
"""What its space is called before the name of the text embedder's."""

NEAR = 0.40
"""Cosine from which a picture counts as near, for multilingual-e5-small: set on the 'tune' queries of
tests/quality/search_queries.json, so that hardly any of those without an answer finds one."""

_EVERY = 10
"""Every tenth name of the vocabulary tells well enough where its middle is."""

_LEAST, _MOST = 0.1, 5
"""Of a picture, names from this score on, so many at most; its best name in any case."""

Centres = tuple[Floats, Floats]
"""The mean of the vocabulary's names embedded as passages, and embedded as questions."""


class Concepts:
    """An `ImageEmbedder` made of a tagger and a text embedder, and a `LabelEmbedder` of what is tagged already.

    A picture is the sum of its labels' embeddings, weighted by the square roots of their scores (a convex combination
    of embeddings as in Norouzi et al. 2013). Embeddings of single words all lean one way, so the mean of a vocabulary
    is taken off first; questions and passages lean differently, so each has a mean of its own.
    """

    near = NEAR

    def __init__(
        self,
        embedder: TextEmbedder,
        tagger: Callable[[], ImageTagger] | None = None,
        centres: Centres | None = None,
    ) -> None:
        self.space, self.dim = PREFIX + embedder.space, embedder.dim
        self._embedder = embedder
        self._tagger = tagger
        self._known: Centres | None = centres or _kept(embedder)
        self._labels: dict[str, Floats] = {}

    @property
    def size(self) -> tuple[int, int]:
        """What the tagger takes."""
        return self._tags().size

    @property
    def centres(self) -> Centres:
        """Where the vocabulary's middle is; hundreds of embeddings find it where it does not come with the package."""
        if self._known is None:
            self._known = middle(self._embedder)
        return self._known

    def embed_pictures(self, pictures: Pixels) -> Floats:
        """By what the tagger calls them."""
        tagger = self._tags()
        named = []
        for scores in tagger.tags(pictures)[0]:
            best = np.argsort(-scores, kind="stable")[:_MOST].tolist()
            kept = [i for i in best if scores[i] >= _LEAST] or best[:1]
            named.append([(tagger.labels[i], float(scores[i])) for i in kept])
        return self.embed_labels(named)

    def embed_labels(self, named: Sequence[Named]) -> Floats:
        """By the names and the narrowest kind of each; zeros where there are none or they cancel out."""
        fresh = list(dict.fromkeys(label for one in named for label, _ in one if label not in self._labels))
        if fresh:
            told = self._embedder.embed_texts([_told(x) for x in fresh])
            self._labels |= dict(zip(fresh, told, strict=True))
        vectors = np.zeros((len(named), self.dim), np.float32)
        for row, one in zip(vectors, named, strict=True):
            if one:
                weights = np.sqrt(np.array([max(score, 0.0) for _, score in one], dtype=np.float32))
                row[:] = weights @ (np.stack([self._labels[label] for label, _ in one]) - self.centres[0])
        return _unit(vectors)

    def embed_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """Less the middle of questions, or of passages."""
        return _unit(self._embedder.embed_texts(texts, query=query) - self.centres[int(query)])

    def _tags(self) -> ImageTagger:
        if self._tagger is None:
            raise ModelError("these concepts were made without a tagger: they know pictures by their labels only")
        return self._tagger()


def middle(embedder: TextEmbedder) -> Centres:
    """Where the names of the vocabulary lie on average, as passages and as questions."""
    lines = files("cinedex.models").joinpath("imagenet_labels.txt").read_text("utf-8").splitlines()
    names = [x.partition("\t")[2] for x in lines if "\t" in x and not x.startswith("#")][::_EVERY]
    passages = embedder.embed_texts([_told(x) for x in names])
    return passages.mean(axis=0), embedder.embed_texts(names, query=True).mean(axis=0)


def _kept(embedder: TextEmbedder) -> Centres | None:
    """The middle that comes with the package for this embedder's space, if one does. `tests/quality` made it."""
    if embedder.space != "multilingual-e5-small":
        return None
    both = np.load(io.BytesIO(files("cinedex.models").joinpath("concepts_e5.npy").read_bytes()), allow_pickle=False)
    return (both[0], both[1]) if both.shape == (2, embedder.dim) else None


def _told(label: str) -> str:
    """A label with the narrowest kind that it is of: words that look for a dog find its breeds."""
    return ", ".join([label, *kinds_of([label])[:1]])


def _unit(vectors: Floats) -> Floats:
    """Of length 1; zeros where there is hardly any length."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = np.where(lengths > 1e-6, vectors / np.maximum(lengths, 1e-6), 0).astype(np.float32)
    return unit
