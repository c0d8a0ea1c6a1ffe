"""Stand-ins for every kind of model: deterministic, instant, without weights, with answers that a test can foresee."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cinedex.errors import ModelError
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import Loader, ModelSpec, RunOptions
from cinedex.models.tasks import Floats, HeardWord, Pixels, Transcript


class FakeTransitionDetector:
    """Sees a cut on the last picture before a picture that is very different: the mean absolute difference, doubled."""

    size = (27, 48)
    context = 1

    def transitions(self, frames: Pixels) -> Floats:
        """Probabilities [n, 2]: both columns are the difference to the next picture, 1 from half of the range on."""
        _check(frames.shape[1:] == (*self.size, 3) and frames.dtype == np.uint8, "pictures", frames)
        change = np.zeros(len(frames), np.float32)
        if len(frames) > 1:
            steps = np.abs(np.diff(frames.astype(np.int16), axis=0)).mean(axis=(1, 2, 3))
            change[:-1] = np.clip(steps * 2 / 255, 0, 1)
        return np.stack([change, change], axis=1)

    def follow(self, pieces: Iterable[Pixels]) -> Iterator[Floats]:
        """One answer for all pieces together."""
        frames = [np.zeros((0, *self.size, 3), np.uint8), *pieces]
        yield self.transitions(np.concatenate(frames))


class FakeVoiceDetector:
    """Takes whatever is loud for speech."""

    rate = 16000
    hop = 512

    def voice(self, samples: Floats) -> Floats:
        """Ten times the root mean square of each whole hop, 1 at most."""
        _check(samples.ndim == 1, "sound", samples)
        hops = samples[: len(samples) // self.hop * self.hop].reshape(-1, self.hop)
        return np.minimum(_loudness(hops) * 10, 1).astype(np.float32)


class FakeTranscriber:
    """Hears a word in every loud half second, named by its pitch: hum, tone (from 300 Hz), whistle (from 1000 Hz)."""

    rate = 16000
    longest = 30.0
    words = ("hum", "tone", "whistle")

    def transcribe(self, clips: Sequence[Floats], *, language: str | None = None) -> list[Transcript]:
        """The words of each clip; the language is the one told, else English."""
        return [self._one(clip, language or "en") for clip in clips]

    def _one(self, clip: Floats, language: str) -> Transcript:
        _check(clip.ndim == 1 and len(clip) <= self.longest * self.rate, "sound", clip)
        step = self.rate // 2
        words = []
        for at in range(0, len(clip) - step + 1, step):
            piece = clip[at : at + step]
            if _loudness(piece[None])[0] > 0.01:
                pitch = int(np.argmax(np.abs(np.fft.rfft(piece)))) * self.rate / step
                text = self.words[int(pitch >= 300) + int(pitch >= 1000)]
                words.append(HeardWord(text, at / self.rate, (at + step) / self.rate, 0.9))
        silence = 0.0 if words else 1.0
        return Transcript(language, 1.0, tuple(words), no_speech=silence, mean_logprob=-0.1, compression=1.0)


_COLOURS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
    "grey": (128, 128, 128),
}


class FakeImageTagger:
    """Names the colours of a picture. Takes what the core model takes, and looks at every eighth pixel each way."""

    size = (260, 260)
    vocabulary = "fake-colours"
    labels = tuple(_COLOURS)

    def __init__(self, space: str = "fake-colours") -> None:
        self.space = space

    def tags(self, pictures: Pixels) -> tuple[Floats, Floats]:
        """The share of pixels nearest to each colour; the feature is those shares and the mean of each channel."""
        _check(pictures.shape[1:] == (*self.size, 3) and pictures.dtype == np.uint8, "pictures", pictures)
        pictures = pictures[:, ::8, ::8]
        shares = _shares(pictures)
        means = (pictures.mean(axis=(1, 2)) / 255).astype(np.float32)
        return shares, np.concatenate([shares, means], axis=1)


class FakeTextEmbedder:
    """Places texts by their words alone: texts that share words are near, texts that share none are at right angles."""

    def __init__(self, space: str = "fake-words", dim: int = 384) -> None:
        self.space, self.dim = space, dim

    def embed_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """Unit vectors: each word adds 1 at a place that its hash names. A question counts like a passage."""
        del query
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in _words(text) or [""]:
                digest = hashlib.sha256(word.encode("utf-8", "replace")).digest()
                row[int.from_bytes(digest[:4], "big") % self.dim] += 1
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


class FakeImageEmbedder:
    """Places pictures by the shares of their colours, and texts by the colours that they name."""

    size = (64, 64)
    dim = len(_COLOURS) + 1
    near = 0.5

    def __init__(self, space: str = "fake-sight") -> None:
        self.space = space

    def embed_pictures(self, pictures: Pixels) -> Floats:
        """Unit vectors of the shares of pixels nearest to each colour; the last place is for texts without any."""
        _check(pictures.shape[1:] == (*self.size, 3) and pictures.dtype == np.uint8, "pictures", pictures)
        vectors = np.zeros((len(pictures), self.dim), np.float32)
        vectors[:, :-1] = _shares(pictures)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def embed_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """Unit vectors: each colour named adds 1 in its place."""
        del query
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in _words(text):
                if word in _COLOURS:
                    row[list(_COLOURS).index(word)] += 1
            row[-1] = not row.any()
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def fake_specs() -> dict[str, ModelSpec]:
    """The core models by their real names, without files; their spaces are marked, so that nobody mixes them up."""
    return {
        name: replace(spec, files=(), memory_mib=1, space=f"fake-{spec.space}" if spec.space else None)
        for name, spec in registry().items()
        if spec.tier == "core"
    }


def fake_loaders() -> dict[str, Loader]:
    """A fake for every adapter of the core models."""
    return {spec.adapter: _load for spec in fake_specs().values()}


def fake_pool() -> ModelPool:
    """A pool of fakes under the names of the core models: what a test of the whole pipeline needs."""
    return ModelPool(fake_specs(), cache=Path("never-written"), offline=True, loaders=fake_loaders())


def _load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> Any:
    del files, options
    match spec.task:
        case "transitions":
            return FakeTransitionDetector()
        case "voice":
            return FakeVoiceDetector()
        case "transcribe":
            return FakeTranscriber()
        case "tag":
            return FakeImageTagger(spec.space or "fake-colours")
        case "embed-text":
            return FakeTextEmbedder(spec.space or "fake-words", int(spec.options.get("dim", 384)))
        case "embed-picture":
            return FakeImageEmbedder(spec.space or "fake-sight")
    raise ModelError(f"there is no fake for the task {spec.task!r}")


def _shares(pictures: Pixels) -> Floats:
    """The share of each picture's pixels that is nearest to each colour."""
    palette = np.array(list(_COLOURS.values()), np.int32)
    apart = np.square(pictures.astype(np.int32)[..., None, :] - palette).sum(axis=-1)
    nearest = np.argmin(apart, axis=-1)
    return np.stack([np.mean(nearest == i, axis=(1, 2)) for i in range(len(palette))], axis=1).astype(np.float32)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())


def _loudness(pieces: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Root mean square of each row."""
    loudness: npt.NDArray[np.float64] = np.sqrt(np.mean(np.square(pieces, dtype=np.float64), axis=1))
    return loudness


def _check(fits: bool, what: str, array: npt.NDArray[Any]) -> None:
    if not fits:
        raise ModelError(f"{what} of the wrong form: {array.dtype}{list(array.shape)}")
