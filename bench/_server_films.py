"""The synthetic films of `bench server`: words of our own pages, names of the tagger's, and clustered vectors."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from tests.unit.search_fixtures import film

from bench._library import labels
from bench._measure import ROOT
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.tasks import Floats
from cinedex.settings import Settings
from cinedex.timeline.timeline import Timeline

_SPREAD = 0.45
"""Length of the noise put on a unit vector: moments of one cluster have cosines of some 0.83 with each other."""

_CLUSTERS = 1000

_WORDS = 12
"""Of a line; names have fewer."""


class Clustered:
    """The real embedder for questions and names; a passage gets the vector of one of a thousand real ones, moved.

    Embedding every synthetic line would measure the embedder, at minutes for each 10,000 of them.
    """

    def __init__(self) -> None:
        pool = ModelPool(registry(), cache=Settings.from_env().cache / "models", offline=True)
        self._real = pool.get("e5-small")
        self.space, self.dim = self._real.space, self._real.dim
        self._centres: Floats | None = None
        self._noise = np.random.default_rng(2)
        self._names: dict[str, Floats] = {}

    def embed_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """Unit vectors, float32 [n, dim]."""
        if query:
            return self._real.embed_texts(texts, query=True)
        if len(texts[0].split()) < _WORDS:
            fresh = [x for x in texts if x not in self._names]
            if fresh:
                self._names |= dict(zip(fresh, self._real.embed_texts(fresh), strict=True))
            return np.stack([self._names[x] for x in texts])
        if self._centres is None:
            self._centres = self._real.embed_texts(lines()[:_CLUSTERS])
        chosen = self._centres[self._noise.integers(len(self._centres), size=len(texts))]
        noise = self._noise.standard_normal(chosen.shape).astype(np.float32)
        moved = chosen + _SPREAD * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)


@cache
def lines() -> list[str]:
    """Stretches of 12 words of this project's own pages and sources, in a shuffled order that is always the same."""
    pages = sorted([*(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.py")])
    words = [w for page in pages for w in re.findall(r"[A-Za-z']{2,}", page.read_text("utf-8"))]
    found = [" ".join(words[i : i + _WORDS]) for i in range(0, len(words) - _WORDS, _WORDS // 2)]
    random.Random(1).shuffle(found)  # noqa: S311 - the same order every time, nothing secret
    return found


def films(moments: int, each: int) -> Iterator[Timeline]:
    """Films of `each` shots of 5 s: words in two of three, names in every one."""
    draw, said, seen = random.Random(3), lines(), labels()  # noqa: S311 - the same every time, nothing secret
    for number in range(-(-moments // each)):
        shots = [
            (draw.choice(said) if draw.random() < 2 / 3 else "", [(x, draw.random()) for x in draw.sample(seen, 2)])
            for _ in range(min(each, moments - number * each))
        ]
        yield film(*shots, id_=f"m1-{number}", name=f"Film {number}.mp4")
