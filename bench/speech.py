"""`python -m bench speech`: the speech stages beside plain faster-whisper, same weights, same sound, in one run.

The sound is English recordings of the evaluation data with known words, one after the other with two seconds of silence
between, repeated to `--minutes`; without that data, the sample film's reading, whose words are not scored.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from tests.quality.speech_fixtures import DATA, RATE, passages, sound_of, written
from tests.quality.speech_score import word_errors

from bench._measure import Taken, in_process, middle

SIDES = {"cinedex": "cinedex", "plain": "faster-whisper", "batched": "faster-whisper, batched"}


def spoken(minutes: float) -> tuple[np.ndarray, str]:
    """Sound and its words."""
    silence = np.zeros(2 * RATE, np.float32)
    parts, texts, count = [], [], 0
    while count < minutes * 60 * RATE:
        for passage in passages():
            if passage.language == "en":
                sound = sound_of(passage.file)
                parts += [sound, silence]
                texts.append(passage.text)
                count += len(sound) + len(silence)
    return np.concatenate(parts), " ".join(texts)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench speech", description=__doc__)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--film", help="this file's sound instead, whose words are not scored")
    given = parser.parse_args()
    console = Console(width=100)
    with tempfile.TemporaryDirectory() as folder:
        if given.film or not (DATA / "speech").exists():
            film, truth = given.film or "demo/sample.mp4", ""
            length = len(sound_of(Path(film))) / RATE
        else:
            sound, truth = spoken(given.minutes)
            film, length = str(written(sound, Path(folder) / "spoken.wav")), len(sound) / RATE
        found: dict[str, list[Taken]] = {side: [] for side in SIDES}
        for run in range(given.runs):
            for side, runs in found.items():
                with console.status(f"run {run + 1} of {given.runs}: {SIDES[side]}"):
                    runs.append(in_process("bench._speech", side, film, str(given.cores)))
    taken = {side: middle(runs) for side, runs in found.items()}
    table = Table(title=f"{length / 60:.1f} min of sound, {given.cores} cores, medians of {given.runs}")
    for column in ("", "x real time", "wall s", "CPU s", "peak MiB", "words wrong"):
        table.add_column(column, justify="right" if column else "left")
    for side, took in taken.items():
        wrong = str(word_errors(truth, took.says["text"], "en")) if truth else ""
        speed = f"{length / took.wall:.1f}"
        table.add_row(SIDES[side], speed, f"{took.wall:.1f}", f"{took.cpu:.1f}", f"{took.peak:.0f}", wrong)
    console.print(table)


if __name__ == "__main__":
    main()
