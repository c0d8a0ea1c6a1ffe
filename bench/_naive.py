"""The honest naive prototype: the same models, wired the way a first notebook does it.

Each model opens the file itself; pictures come one by one as full-size arrays and are resized one by one; nothing is
batched or shared; nothing is stored. It is not made slow on purpose: it decodes with every core and keeps to what each
model's own documentation shows.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from faster_whisper import WhisperModel
from PIL import Image

from bench._measure import report
from cinedex.library import Library
from cinedex.models.pool import ModelPool
from cinedex.settings import Settings


def pictures(film: str) -> Iterator[Any]:
    """Every picture, full size, as RGB."""
    with av.open(film) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def cuts(film: str, pool: ModelPool) -> list[int]:
    """The shot boundary network over the whole film, which is held as one array."""
    model = pool.get("transnetv2")
    height, width = model.size
    with av.open(film) as container:
        # Filled in place: small arrays kept between large ones would tear the heap to pieces, 10 GB of them here.
        small = np.zeros((container.streams.video[0].frames, height, width, 3), np.uint8)
    for at, picture in enumerate(pictures(film)):
        small[at] = Image.fromarray(picture).resize((width, height))
    return np.nonzero(model.transitions(small)[:, 0] > 0.5)[0].tolist()


def light(film: str) -> list[float]:
    """Mean luma of every picture."""
    return [float(np.asarray(Image.fromarray(p).convert("L")).mean()) for p in pictures(film)]


def tags(film: str, pool: ModelPool, wanted: set[int]) -> list[Any]:
    """Picture tags of some pictures, one at a time."""
    model = pool.get("efficientnet-lite2")
    height, width = model.size
    return [
        model.tags(np.asarray(Image.fromarray(p).resize((width, height)))[None])[0].argmax()
        for i, p in enumerate(pictures(film))
        if i in wanted
    ]


def stills(film: str, wanted: set[int]) -> list[Any]:
    """A thumbnail of some pictures."""
    return [Image.fromarray(p).resize((320, 180)).tobytes() for i, p in enumerate(pictures(film)) if i in wanted]


def words(film: str, model: WhisperModel) -> int:
    """Speech as faster-whisper's front page shows it, with word times."""
    segments, _ = model.transcribe(film, beam_size=5, word_timestamps=True)
    return sum(len(s.words or ()) for s in segments)


def main(film: str, cores: int) -> None:
    """One model after another."""
    library = Library(settings=Settings.from_env(cores=cores))
    with av.open(film) as container:
        has_sound = bool(container.streams.audio)
    whisper = library.models["whisper-base"]
    from cinedex.models.fetch import pull  # noqa: PLC0415 - the files that both sides read are here by now

    files = {n: p.read_bytes() for n, p in pull(whisper, library.settings.cache / "models", offline=True).items()}
    began = time.perf_counter()
    found = cuts(film, library.pool)
    light(film)
    edges = [0, *found]
    middles = {(a + b) // 2 for a, b in zip(edges, [*found, edges[-1] + 48], strict=True)}
    tags(film, library.pool, {m + d for m in middles for d in (-8, 0, 8)})
    stills(film, middles)
    if has_sound:
        words(film, WhisperModel("base", compute_type="int8", cpu_threads=cores, files=files, local_files_only=True))
    report(began, cuts=len(found))


main(sys.argv[1], int(sys.argv[2]))
