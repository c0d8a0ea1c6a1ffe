"""Concept search: what is seen, by the names of it, placed in the space of words, so that words can look for it.

Stands in where no model sees pictures and reads text in one space: it knows only what the tagger has names for.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import numpy as np

from cinedex.models.tasks import Floats, TextEmbedder
from cinedex.search.kinds import kinds_of

PREFIX = "concept:"
"""What its space is called before the name of the text embedder's."""

_EVERY = 10
"""Every tenth name of the vocabulary tells well enough where its middle is."""

Centres = tuple[Floats, Floats]
"""The mean of the vocabulary's names embedded as passages, and embedded as questions."""


class Concepts:
    """Places labels with scores, and questions, in one space.

    A stretch is the sum of its labels' embeddings, weighted by the square roots of their scores (a convex combination
    of embeddings as in Norouzi et al. 2013). Embeddings of single words all lean one way, so the mean of a vocabulary
    is taken off first; questions and passages lean differently, so each has a mean of its own.
    """

    def __init__(self, embedder: TextEmbedder, centres: Centres | None = None) -> None:
        self._embedder = embedder
        self.centres = centres or _middle(embedder)
        self._labels: dict[str, Floats] = {}

    def of_labels(self, labels: Sequence[tuple[str, float]]) -> Floats | None:
        """The unit vector of (label, score) pairs; None where there are none or they cancel out."""
        fresh = [label for label, _ in labels if label not in self._labels]
        if fresh:
            self._labels |= dict(zip(fresh, self._embedder.embed_texts([_told(x) for x in fresh]), strict=True))
        if not labels:
            return None
        weights = np.sqrt(np.array([max(score, 0.0) for _, score in labels], dtype=np.float32))
        return _unit(weights @ (np.stack([self._labels[label] for label, _ in labels]) - self.centres[0]))

    def of_question(self, vector: Floats) -> Floats | None:
        """The unit vector of a question already embedded as such."""
        return _unit(vector - self.centres[1])


def _middle(embedder: TextEmbedder) -> Centres:
    lines = files("cinedex.models").joinpath("imagenet_labels.txt").read_text("utf-8").splitlines()
    names = [x.partition("\t")[2] for x in lines if "\t" in x and not x.startswith("#")][::_EVERY]
    return embedder.embed_texts([_told(x) for x in names]).mean(axis=0), embedder.embed_texts(names, query=True).mean(
        axis=0
    )


def _told(label: str) -> str:
    """A label with the narrowest kind that it is of: words that look for a dog find its breeds."""
    return ", ".join([label, *kinds_of([label])[:1]])


def _unit(vector: Floats) -> Floats | None:
    length = float(np.linalg.norm(vector))
    return (vector / length).astype(np.float32) if length > 1e-6 else None
