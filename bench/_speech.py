"""Speech to words by one of three ways over one sound file: the text, and what it took."""

from __future__ import annotations

import sys
import tempfile
import time
from typing import Any

from bench._measure import report
from cinedex.library import Library
from cinedex.models.fetch import pull
from cinedex.settings import Settings
from cinedex.timeline.rows import Cue


def ours(sound: str, cores: int) -> tuple[float, str]:
    """The voice and speech stages in an empty library, from the file to the stored cues."""
    with tempfile.TemporaryDirectory() as folder:
        library = Library(folder, settings=Settings.from_env(cores=cores))
        library.pool.get("silero-vad")
        library.pool.get("whisper-base")
        began = time.perf_counter()
        movie = library.analyze(sound, stages=["cues"])
        return began, " ".join(c.text for c in library.timeline(movie).track(Cue))


def plain(sound: str, cores: int, *, batched: bool) -> tuple[float, str]:
    """faster-whisper as its front page shows it, with the same weights, voice filter and word times."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel  # noqa: PLC0415 - only these sides need it

    library = Library(settings=Settings.from_env(cores=cores))
    spec = library.models["whisper-base"]
    files = {n: p.read_bytes() for n, p in pull(spec, library.settings.cache / "models", offline=True).items()}
    model: Any = WhisperModel("base", compute_type="int8", cpu_threads=cores, files=files, local_files_only=True)
    began = time.perf_counter()
    if batched:
        segments, _ = BatchedInferencePipeline(model).transcribe(sound, batch_size=8, word_timestamps=True)
    else:
        segments, _ = model.transcribe(sound, vad_filter=True, word_timestamps=True)
    return began, " ".join(s.text.strip() for s in segments)


def main(side: str, sound: str, cores: int) -> None:
    """Models are loaded before anything is timed."""
    began, text = ours(sound, cores) if side == "cinedex" else plain(sound, cores, batched=side == "batched")
    report(began, text=text)


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
