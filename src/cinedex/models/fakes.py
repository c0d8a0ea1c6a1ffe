"""Stand-ins for every kind of model: deterministic, instant, without weights, with answers that a test can foresee."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from cinedex.errors import ModelError
from cinedex.models.chips import TEMPLATE
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import Loader, ModelSpec, RunOptions
from cinedex.models.tasks import FACE, Floats, HeardWord, Pixels, Transcript
from cinedex.models.yamnet import audioset_labels


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


class FakeSpeakerSegmenter:
    """Takes pitches for voices: the three loudest of a clip, each where it is heard."""

    rate = 16000
    window = 80_000
    step = 400
    first = 200
    voices = 3

    def segments(self, clips: Floats) -> Floats:
        """1 wherever a pitch has a fifth of the power that the loudest has, 0 elsewhere."""
        _check(clips.ndim == 2 and clips.shape[1] == self.window, "sound", clips)
        found = np.zeros((len(clips), self.window // self.step, self.voices), np.float32)
        for clip, own in zip(clips, found, strict=True):
            power = _pitches(clip.reshape(-1, self.step))
            total = power.sum(axis=0)
            pitches = [p for p in np.argsort(-total, kind="stable")[: self.voices] if total[p] > 0]
            for voice, pitch in enumerate(sorted(pitches)):
                own[:, voice] = power[:, pitch] > power.max() / 5
        return found


class FakeVoiceEmbedder:
    """Tells pitches apart: a dimension each."""

    rate = 16000
    dim = 64
    same = 0.8

    def __init__(self, space: str) -> None:
        self.space = space

    def prints(self, clips: Sequence[Floats]) -> Floats:
        """How loud every pitch is in each clip, as unit vectors; silence has the first dimension."""
        found = np.zeros((len(clips), self.dim), np.float32)
        for clip, own in zip(clips, found, strict=True):
            _check(clip.ndim == 1 and len(clip) > 0, "sound", clip)
            whole = np.pad(clip, (0, -len(clip) % 400)).reshape(-1, 400)
            own[:] = np.sqrt(_pitches(whole).sum(axis=0))[: self.dim]
            own[0] += float(not own.any())
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


class FakeSoundTagger:
    """Names loud sound by its pitch: music (below 1000 Hz), a gunshot (below 4000 Hz), a whistle."""

    rate = 16000
    window = 15600
    vocabulary = "audioset-521"

    def __init__(self) -> None:
        self.labels = audioset_labels()

    def sounds(self, clips: Floats) -> Floats:
        """Ten times the root mean square for the pitch's label, 1 at most; silence is what misses from 1."""
        _check(clips.ndim == 2 and clips.shape[1] == self.window, "sound", clips)
        found = np.zeros((len(clips), len(self.labels)), np.float32)
        loud = np.minimum(_loudness(clips) * 10, 1)
        for row, clip, level in zip(found, clips, loud, strict=True):
            pitch = int(np.argmax(np.abs(np.fft.rfft(clip)))) * self.rate / self.window
            name = "Whistle" if pitch >= 4000 else "Gunshot, gunfire" if pitch >= 1000 else "Music"
            row[self.labels.index(name)] = level
            row[self.labels.index("Silence")] = 1 - level
        return found


class FakeTranscriber:
    """Hears a word in every loud half second, named by its pitch: hum, tone (from 300 Hz), whistle (from 1000 Hz)."""

    rate = 16000
    longest = 30.0
    words = ("hum", "tone", "whistle")

    def transcribe(
        self, clips: Sequence[Floats], *, language: str | None = None, names: Sequence[str] = (), english: bool = False
    ) -> list[Transcript]:
        """The words of each clip, capital ones if it is to be English; the language is the one told, else English."""
        del names
        found = [self._one(clip, language or "en") for clip in clips]
        if english:
            return [replace(t, words=tuple(replace(w, text=w.text.upper()) for w in t.words)) for t in found]
        return found

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


class FakeObjectDetector:
    """Sees one thing in every picture that has a pixel of pure red, green or blue: where such pixels lie.

    The score is the share of the box that has the colour. Takes what the core model takes.
    """

    vocabulary = "fake-things"
    labels = ("red thing", "green thing", "blue thing")

    def __init__(self, size: tuple[int, int] = (300, 300)) -> None:
        self.size = size

    def objects(self, pictures: Pixels) -> list[Floats]:
        """One row for each of the three colours that is there, surest first."""
        _check(pictures.shape[1:] == (*self.size, 3) and pictures.dtype == np.uint8, "pictures", pictures)
        return [self._one(picture) for picture in pictures]

    def _one(self, picture: Pixels) -> Floats:
        found = []
        for number, name in enumerate(("red", "green", "blue")):
            there = np.all(picture == np.array(_COLOURS[name], np.uint8), axis=-1)
            if there.any():
                rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
                top, left, height, width = rows[0], columns[0], np.ptp(rows) + 1, np.ptp(columns) + 1
                share = there.sum() / (height * width)
                lines, length = self.size
                found.append((left / length, top / lines, width / length, height / lines, share, number))
        return np.array(sorted(found, key=lambda f: -f[4]), np.float32).reshape(-1, 6)


class FakeNudityScorer:
    """Takes pictures for nude by how much of them is pure magenta. Takes what the core model takes."""

    def __init__(self, size: tuple[int, int] = (256, 256)) -> None:
        self.size = size

    def nudity(self, pictures: Pixels) -> Floats:
        """The share of pixels of that colour."""
        _check(pictures.shape[1:] == (*self.size, 3) and pictures.dtype == np.uint8, "pictures", pictures)
        there = np.all(pictures == np.array(_COLOURS["magenta"], np.uint8), axis=-1)
        return np.asarray(there.mean(axis=(1, 2)), np.float32)


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


class FakeReranker:
    """Judges a text by how many of the question's words it has."""

    near = 0.5

    def judge(self, question: str, texts: Sequence[str]) -> Floats:
        """The share of the question's words that each text has."""
        asked = set(_words(question))
        shares = [len(asked & set(_words(text))) / max(len(asked), 1) for text in texts]
        return np.array(shares, np.float32)


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


class FakeFaceDetector:
    """Takes every rectangle of full red and half blue for a face, looking straight ahead."""

    def faces(self, pictures: Pixels) -> list[Floats]:
        """One face a rectangle, the largest first, its points where those of an upright face are."""
        _check(pictures.ndim == 4 and pictures.shape[3] == 3 and pictures.dtype == np.uint8, "pictures", pictures)
        return [self._one(picture) for picture in pictures]

    def _one(self, picture: Pixels) -> Floats:
        skin = (picture[:, :, 0] >= 248) & (picture[:, :, 2] >= 120) & (picture[:, :, 2] <= 136)
        places = ndimage.find_objects(ndimage.label(skin)[0])
        found = np.zeros((len(places), FACE), np.float32)
        for row, (down, across) in zip(found, places, strict=True):
            box = np.array([across.start, down.start, across.stop - across.start, down.stop - down.start])
            row[:4] = box / np.tile(picture.shape[1::-1], 2)
            row[4] = 0.9
            row[5:] = ((TEMPLATE * 1.5 - 0.25) * row[2:4] + row[:2]).ravel()
        return found[np.argsort(-found[:, 2] * found[:, 3], kind="stable")]


class FakeFaceEmbedder:
    """Knows a face by how green it is: a step of 32 levels is another person, smaller steps other looks of one."""

    size = 150

    def __init__(self, space: str = "fake-faces", same: float = 0.4) -> None:
        self.space, self.same = space, same

    def prints(self, chips: Pixels) -> Floats:
        """Unit vectors [n, 128]: a person's own axis, turned a little by the look."""
        _check(chips.shape[1:] == (self.size, self.size, 3) and chips.dtype == np.uint8, "chips", chips)
        middle = slice(self.size // 3, -self.size // 3)
        green = chips[:, middle, middle, 1].reshape(len(chips), -1).mean(axis=1) if len(chips) else np.zeros(0)
        person, look = np.divmod(np.rint(green).astype(np.int64), 32)
        vectors = np.zeros((len(chips), 128), np.float32)
        vectors[np.arange(len(chips)), person] = 1
        vectors[:, -1] = look / 80
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


class FakeTextFinder:
    """Takes rows of the picture in which anything is bright for a line of text, from the first bright to the last."""

    def find(self, pictures: Pixels) -> list[Floats]:
        """A line for each stretch of such rows, upright, score 0.9."""
        _check(pictures.ndim == 4 and pictures.shape[3] == 3 and pictures.dtype == np.uint8, "pictures", pictures)
        return [self._one(picture.min(axis=2) >= 128) for picture in pictures]

    def _one(self, bright: npt.NDArray[np.bool_]) -> Floats:
        height, width = bright.shape
        found = []
        for top, bottom in _stretches(np.any(bright, axis=1)):
            columns = np.flatnonzero(bright[top:bottom].any(axis=0))
            left, right = columns[0] / width, (columns[-1] + 1) / width
            y, low = top / height, bottom / height
            found.append([left, y, right, y, right, low, left, low, 0.9])
        return np.array(found, np.float32).reshape(-1, 9)


class FakeLineReader:
    """Reads upright bars: 'a' is a sixth of the line's height wide, 'b' two sixths, and so on to 'h'.

    A gap of three sixths or more is a space.
    """

    height = 48
    scripts = frozenset({"LATIN"})

    def read(self, lines: Sequence[Pixels]) -> list[tuple[str, float]]:
        """The letters that the bars across the middle stand for; score 0.9, 0 for nothing."""
        for line in lines:
            fits = line.ndim == 3 and line.shape[0] == self.height and line.shape[2] == 3 and line.dtype == np.uint8
            _check(fits, "line", line)
        return [self._one(np.asarray(line[self.height // 2].min(axis=1) >= 128)) for line in lines]

    def _one(self, bright: npt.NDArray[np.bool_]) -> tuple[str, float]:
        unit, text, before = self.height / 6, "", 0
        for start, end in _stretches(bright):
            gap = " " if text and start - before >= 2.5 * unit else ""
            text += gap + "abcdefgh"[min(max(round((end - start) / unit) - 1, 0), 7)]
            before = end
        return text, 0.9 if text else 0.0


class FakeLanguageNamer:
    """Takes every text with letters for English."""

    known = frozenset({"en"})

    def languages(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """English, or 'und' where there are no letters."""
        return [("en", 0.9) if any(c.isalpha() for c in text) else ("und", 0.0) for text in texts]


def fake_specs() -> dict[str, ModelSpec]:
    """The core and extra models by their real names, without files; their spaces are marked as fakes'."""
    return {
        name: replace(spec, files=(), memory_mib=1, space=f"fake-{spec.space}" if spec.space else None)
        for name, spec in registry().items()
        if spec.tier in {"core", "extra"}
    }


def fake_loaders() -> dict[str, Loader]:
    """A fake for every adapter of the core models."""
    return {spec.adapter: _load for spec in fake_specs().values()}


def fake_pool() -> ModelPool:
    """A pool of fakes under the names of the core models: what a test of the whole pipeline needs."""
    return ModelPool(fake_specs(), cache=Path("never-written"), offline=True, loaders=fake_loaders())


_FAKES: dict[str, Callable[[ModelSpec], Any]] = {
    "transitions": lambda _: FakeTransitionDetector(),
    "voice": lambda _: FakeVoiceDetector(),
    "segment-speakers": lambda _: FakeSpeakerSegmenter(),
    "embed-voices": lambda spec: FakeVoiceEmbedder(spec.space or "fake-voices"),
    "sounds": lambda _: FakeSoundTagger(),
    "transcribe": lambda _: FakeTranscriber(),
    "tag": lambda spec: FakeImageTagger(spec.space or "fake-colours"),
    "embed-text": lambda spec: FakeTextEmbedder(spec.space or "fake-words", int(spec.options.get("dim", 384))),
    "rerank": lambda _: FakeReranker(),
    "embed-picture": lambda spec: FakeImageEmbedder(spec.space or "fake-sight"),
    "detect-faces": lambda _: FakeFaceDetector(),
    "embed-faces": lambda spec: FakeFaceEmbedder(spec.space or "fake-faces", float(spec.options.get("same", 0.4))),
    "find-text": lambda _: FakeTextFinder(),
    "read-text": lambda _: FakeLineReader(),
    "name-language": lambda _: FakeLanguageNamer(),
    "objects": lambda spec: FakeObjectDetector((int(spec.options["height"]), int(spec.options["width"]))),
    "nudity": lambda spec: FakeNudityScorer((int(spec.options["height"]), int(spec.options["width"]))),
}
"""How to make the fake of each task."""


def _load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> Any:
    del files, options
    if spec.task not in _FAKES:
        raise ModelError(f"there is no fake for the task {spec.task!r}")
    return _FAKES[spec.task](spec)


def _shares(pictures: Pixels) -> Floats:
    """The share of each picture's pixels that is nearest to each colour."""
    palette = np.array(list(_COLOURS.values()), np.int32)
    apart = np.square(pictures.astype(np.int32)[..., None, :] - palette).sum(axis=-1)
    nearest = np.argmin(apart, axis=-1)
    return np.stack([np.mean(nearest == i, axis=(1, 2)) for i in range(len(palette))], axis=1).astype(np.float32)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())


def _stretches(flags: Any) -> list[tuple[int, int]]:
    """Where every run of true begins and ends."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _loudness(pieces: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Root mean square of each row."""
    loudness: npt.NDArray[np.float64] = np.sqrt(np.mean(np.square(pieces, dtype=np.float64), axis=1))
    return loudness


def _pitches(pieces: Floats) -> npt.NDArray[np.float64]:
    """The power of every multiple of 40 Hz in pieces [n, 400] at 16 kHz: [n, 201], nothing where it is quiet."""
    power = np.square(np.abs(np.fft.rfft(pieces, axis=1)) / 200)
    return np.where(power > 1e-3, power, 0.0)


def _check(fits: bool, what: str, array: npt.NDArray[Any]) -> None:
    if not fits:
        raise ModelError(f"{what} of the wrong form: {array.dtype}{list(array.shape)}")


class FakeWriter:
    """Repeats the first piece of evidence with its number, and then says whatever it was made with."""

    def __init__(self, more: str = "") -> None:
        self._more = more

    def write(self, question: str, evidence: Sequence[str]) -> str:
        """The same text for the same evidence."""
        del question
        number, _, rest = evidence[0].partition(" ") if evidence else ("", "", "")
        return f"{rest.partition(') ')[2]} {number}\n{self._more}"


class FakeChat:
    """Answers a request for translations: every line in capitals, after the language's code."""

    maker = "the fake at nowhere"

    def reply(self, task: str, asked: Mapping[str, Any], *, tokens: int, within: float) -> str:
        """The same answer for the same lines."""
        del task, tokens, within
        lines = [{"id": line["id"], "text": f"{asked['to']} {line['text'].upper()}"} for line in asked["lines"]]
        return json.dumps({"lines": lines})
