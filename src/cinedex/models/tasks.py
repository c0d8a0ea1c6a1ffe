"""Task protocols: what a model of each task does, one batched method each. Arrays in, plain values out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@runtime_checkable
class TransitionDetector(Protocol):
    """Finds changes of shot in consecutive pictures."""

    size: tuple[int, int]
    """(height, width) of the pictures that it takes."""
    context: int
    """How many pictures on each side of a picture its answer may depend on."""

    def transitions(self, frames: Pixels) -> Floats:
        """Probabilities float32 [n, 2] (cut after this one, any change here) for RGB uint8 [n, height, width, 3]."""
        ...

    def follow(self, pieces: Iterable[Pixels]) -> Iterator[Floats]:
        """As `transitions`, for consecutive pieces of one film: answers in order, in pieces, some `context` late."""
        ...


@runtime_checkable
class VoiceDetector(Protocol):
    """Tells speech from other sound."""

    rate: int
    hop: int
    """Samples per answer."""

    def voice(self, samples: Floats) -> Floats:
        """Speech probability of each whole hop: float32 [len(samples) // hop], starting from a blank state."""
        ...


UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages written without spaces between words: a recognised word is a character or a few, joined as they are."""


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word with its punctuation, no spaces around it; times in seconds from the start of the clip."""

    text: str
    start: float
    end: float
    score: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard in one clip. `no_speech` and `mean_logprob` are as Whisper defines them."""

    language: str
    language_score: float
    words: tuple[HeardWord, ...]
    no_speech: float
    mean_logprob: float
    compression: float


@runtime_checkable
class Transcriber(Protocol):
    """Turns speech into words with times."""

    rate: int
    longest: float
    """Seconds of sound that a clip may have at most."""

    def transcribe(self, clips: Sequence[Floats], *, language: str | None = None) -> list[Transcript]:
        """One transcript per clip (float32 mono at `rate`), in the clips' order; language None means detect."""
        ...


@runtime_checkable
class ImageTagger(Protocol):
    """Scores a fixed vocabulary on pictures and gives the feature beneath it."""

    size: tuple[int, int]
    vocabulary: str
    labels: Sequence[str]
    space: str

    def tags(self, pictures: Pixels) -> tuple[Floats, Floats]:
        """Scores float32 [n, labels] in 0..1 and features float32 [n, dim], for uint8 [n, height, width, 3] RGB."""
        ...


@runtime_checkable
class TextEmbedder(Protocol):
    """Maps texts to unit vectors of one space."""

    space: str
    dim: int

    def embed_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """Unit vectors float32 [n, dim]; `query` tells a question from a passage where the model cares."""
        ...


@runtime_checkable
class ImageEmbedder(Protocol):
    """Places pictures and texts in one space, so that words can look for what is seen."""

    space: str
    dim: int
    near: float
    """Cosine of a question and a picture from which the one is likely to speak of the other."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the pictures that it takes."""
        ...

    def embed_pictures(self, pictures: Pixels) -> Floats:
        """Unit vectors float32 [n, dim] for RGB uint8 [n, height, width, 3]."""
        ...

    def embed_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """Unit vectors float32 [n, dim] in the space of the pictures; `query` tells a question from a description."""
        ...


Named: TypeAlias = Sequence[tuple[str, float]]
"""What a picture shows, in words: (label, score) pairs, scores 0..1."""


@runtime_checkable
class LabelEmbedder(Protocol):
    """Places in its space also what has been named already, so that no picture need be looked at again."""

    space: str
    dim: int

    def embed_labels(self, named: Sequence[Named]) -> Floats:
        """A unit vector for each picture's labels, float32 [n, dim]; zeros where they say nothing."""
        ...
