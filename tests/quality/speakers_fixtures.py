"""Conversations composed of real voices with known turns, and meetings whose turns people wrote down."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tests.quality.speakers_score import Turn
from tests.quality.speech_fixtures import DATA, RATE, Samples, sound_of

VOICES = {
    "tune": ("1688", "1998", "2033", "2414", "2609"),
    "test": ("3005", "3080", "3331", "367", "533"),
}
"""Speakers of LibriSpeech test-other on whom bounds were chosen, and those on whom they are scored."""

_EDGE = 320


def utterances(part: str) -> dict[str, list[Samples]]:
    """What each speaker of a part reads, without the silence around it, equally loud."""
    told = json.loads((DATA / "speech" / "librispeech_speakers.json").read_text(encoding="utf-8"))
    found: dict[str, list[Samples]] = {who: [] for who in VOICES[part]}
    for name, who in sorted(told.items()):
        file = DATA / "speech" / name
        if who in found and file.exists():
            sound = sound_of(file)
            loud = np.sqrt(np.mean(np.square(sound[: len(sound) // _EDGE * _EDGE].reshape(-1, _EDGE)), axis=1))
            where = np.flatnonzero(loud > loud.max() * 0.05)
            sound = sound[where[0] * _EDGE : (where[-1] + 1) * _EDGE]
            found[who].append(sound * np.float32(0.05 / np.sqrt(np.mean(sound**2))))
    return found


def conversation(said: dict[str, list[Samples]], seed: int, *, seconds: float = 120) -> tuple[Samples, list[Turn]]:
    """Two to five speakers in turn, in turns of 0.7 to 9 s, up to 1.5 s apart, a fifth of them into the last one."""
    random = np.random.default_rng(seed)
    cast = sorted(random.choice(sorted(said), size=int(random.integers(2, min(5, len(said)) + 1)), replace=False))
    mixed = random.normal(0, 3e-4, round(seconds * RATE)).astype(np.float32)
    loud = {who: random.uniform(0.5, 1.6) for who in cast}
    turns: list[Turn] = []
    at, last = RATE, ""
    while True:
        who = str(random.choice([c for c in cast if c != last]))
        clip = said[who][int(random.integers(len(said[who])))]
        length = min(len(clip), round(random.choice([0.7, 1.2, 2, 3, 5, 9]) * RATE))
        first = int(random.integers(len(clip) - length + 1))
        if at + length > len(mixed):
            return mixed, turns
        mixed[at : at + length] += clip[first : first + length] * np.float32(loud[who])
        turns.append((at / RATE, (at + length) / RATE, who))
        over = turns[-2:-1] and random.random() < 0.2
        pause = -min(random.uniform(0.3, 1.5) * RATE, length * 0.7) if over else random.uniform(0, 1.5) * RATE
        at, last = max(at + length + round(pause), round(turns[-2][1] * RATE) if len(turns) > 1 else 0), who


def meeting(name: str) -> tuple[Path, list[Turn]]:
    """A recording and its turns as people wrote them down."""
    folder = DATA / "speech" / "diarization_ami"
    turns = []
    for file in sorted(folder.glob("*.rttm")):
        for line in file.read_text(encoding="utf-8").splitlines():
            fields = line.split()
            if fields[1] == name:
                start = float(fields[3])
                turns.append((start, start + float(fields[4]), fields[7]))
    return folder / f"{name}.wav", turns


def over_music(sound: Samples, music: Samples, decibels: float) -> Samples:
    """A conversation over music that is that much quieter than its voices on average."""
    bed = music[: len(sound)]
    voice = np.sqrt(np.mean(np.square(sound[np.abs(sound) > 0.01])))
    mixed = sound + bed * np.float32(voice * 10 ** (-decibels / 20) / np.sqrt(np.mean(np.square(bed))))
    return np.asarray(mixed / max(1.0, float(np.abs(mixed).max())), np.float32)
