"""Task protocols: what a model of each task does, one batched method each. Arrays in, plain values out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

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


@runtime_checkable
class SpeakerSegmenter(Protocol):
    """Tells the voices of a short clip apart, also where they overlap. Their order means nothing from clip to clip."""

    rate: int
    window: int
    """Samples of a clip."""
    step: int
    """Samples from one answer to the next."""
    first: int
    """Samples from a clip's start to the middle of what its first answer is about."""
    voices: int
    """How many voices it tells apart at most."""

    def segments(self, clips: Floats) -> Floats:
        """How likely each voice speaks: float32 [n, answers, voices] in 0..1 for float32 [n, window]."""
        ...


@runtime_checkable
class VoiceEmbedder(Protocol):
    """Maps voices to unit vectors of one space, near to each other where they are one person's."""

    rate: int
    space: str
    dim: int
    same: float
    """Clips of some seconds whose vectors are nearer than this (as a length) are taken for one person's."""

    def prints(self, clips: Sequence[Floats]) -> Floats:
        """Unit vectors float32 [n, dim] for clips of one voice each, float32 mono of any length but none."""
        ...


@runtime_checkable
class SoundTagger(Protocol):
    """Scores a fixed vocabulary on short clips of sound."""

    rate: int
    window: int
    """Samples of the clips that it takes."""
    vocabulary: str
    labels: Sequence[str]

    def sounds(self, clips: Floats) -> Floats:
        """Scores float32 [n, labels] in 0..1, several of which may be high at once, for float32 [n, window] mono."""
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
class Tongue:
    """The likeliest language of a part of a clip, times in seconds from the clip's start."""

    start: float
    end: float
    language: str
    score: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard in one clip. `no_speech` and `mean_logprob` are as Whisper defines them.

    `language` is that of the clip, also where the words are its translation; `tongues` are those of its parts.
    """

    language: str
    language_score: float
    words: tuple[HeardWord, ...]
    no_speech: float
    mean_logprob: float
    compression: float
    tongues: tuple[Tongue, ...] = ()


@runtime_checkable
class Transcriber(Protocol):
    """Turns speech into words with times."""

    rate: int
    longest: float
    """Seconds of sound that a clip may have at most."""

    def transcribe(
        self, clips: Sequence[Floats], *, language: str | None = None, names: Sequence[str] = (), english: bool = False
    ) -> list[Transcript]:
        """One transcript per clip (float32 mono at `rate`), in the clips' order; language None means detect.

        `names` are spellings to expect; `english` asks for what is said in English words.
        """
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
class Reranker(Protocol):
    """Reads a question together with each of some texts, and says how well the text answers it."""

    near: float
    """Score from which a text is likely to answer; below it, scores tell no text from another."""

    def judge(self, question: str, texts: Sequence[str]) -> Floats:
        """One score a text, float32 [n], higher for a better answer; comparable for one question only."""
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


FACE = 15
"""Numbers that describe a face: x, y, width, height, score, then x, y of five points."""


@runtime_checkable
class FaceDetector(Protocol):
    """Finds faces in pictures."""

    def faces(self, pictures: Pixels) -> list[Floats]:
        """For each RGB uint8 [n, height, width, 3] the faces float32 [k, 15], best first.

        Box (x, y, width, height) and points (left eye, right eye, nose, corners of the mouth as seen; x, y each) are
        shares of the picture's width and height; the score between them is 0..1. Points may lie beyond the edges.
        """
        ...


@runtime_checkable
class FaceEmbedder(Protocol):
    """Maps faces to unit vectors of one space, near to each other where they are one person's."""

    size: int
    space: str
    same: float
    """Faces whose vectors are nearer than this (as a length) are taken for one person's."""

    def prints(self, chips: Pixels) -> Floats:
        """Unit vectors float32 [n, dim] for upright faces, RGB uint8 [n, size, size, 3], cut out by `chips.aligned`."""
        ...


@runtime_checkable
class TextFinder(Protocol):
    """Finds lines of text in pictures, without reading them."""

    def find(self, pictures: Pixels) -> list[Floats]:
        """For each RGB picture of uint8 [n, height, width, 3] its lines as float32 [k, 9], the surest first.

        A line is a rectangle, maybe turned: x and y of its corners as shares of the picture's width and height, in
        reading order from the text's top left, clockwise; then a score of 0..1.
        """
        ...


@runtime_checkable
class LineReader(Protocol):
    """Reads single lines of text."""

    height: int
    """Of the lines that it takes, in pixels."""
    scripts: frozenset[str]
    """Scripts that it can read, by their names in Unicode; text in others is misread, with a low score."""

    def read(self, lines: Sequence[Pixels]) -> list[tuple[str, float]]:
        """Text and score (0..1) of each line: RGB uint8 [height, any width, 3], cut out along the text."""
        ...


@runtime_checkable
class LanguageNamer(Protocol):
    """Names the language that a text is written in."""

    known: frozenset[str]
    """Codes of the languages that it can name."""

    def languages(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """ISO 639 code and probability of the likeliest language of each text; 'und' where nothing tells."""
        ...


@runtime_checkable
class ObjectDetector(Protocol):
    """Finds things of a fixed vocabulary in pictures."""

    size: tuple[int, int]
    """(height, width) of the pictures that it takes; films are stretched to it."""
    vocabulary: str
    labels: Sequence[str]

    def objects(self, pictures: Pixels) -> list[Floats]:
        """The things in each picture, surest first, for RGB uint8 [n, height, width, 3].

        Float32 [k, 6] a picture: x, y, width and height as shares of the picture and inside it, score (0..1), number
        of the label.
        """
        ...


@runtime_checkable
class NudityScorer(Protocol):
    """Tells pictures that show nudity or sex from others."""

    size: tuple[int, int]
    """(height, width) of the pictures that it takes; films are stretched to it."""

    def nudity(self, pictures: Pixels) -> Floats:
        """How much each picture is like such ones: float32 [n] in 0..1 for RGB uint8 [n, height, width, 3]."""
        ...


@runtime_checkable
class Writer(Protocol):
    """Phrases an answer."""

    def write(self, question: str, evidence: Sequence[str]) -> str:
        """Sentences that each end with the numbers of their evidence, such as [2]; nothing where there is no answer."""
        ...


@runtime_checkable
class Chat(Protocol):
    """Does what it is told with data, in text that whoever asks has to check."""

    @property
    def maker(self) -> str:
        """The model and where it runs."""
        ...

    def reply(self, task: str, asked: Mapping[str, Any], *, tokens: int, within: float) -> str:
        """An answer of at most so many tokens, within so many seconds. Raises ModelError, which says if it heals."""
        ...
