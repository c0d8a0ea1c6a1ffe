"""Joining clips under a sound, and the sample film made so: right frames at right times, whole or not there at all."""

from __future__ import annotations

import wave
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cinedex.app import sample
from cinedex.errors import MediaError
from cinedex.media.join import Piece, join
from cinedex.timeline.time import SECOND, ZERO, Rate, Span, Time

SIZE = (64, 36)


def _clip(path: Path, levels: list[int], *, size: tuple[int, int] = SIZE, rate: int = 25) -> Path:
    """A film of plain grey frames, lossless."""
    with av.open(str(path), "w") as film:
        stream: Any = film.add_stream("ffv1", rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number, level in enumerate(levels):
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), level, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    return path


def _tone(path: Path, seconds: float, rate: int = 16_000) -> Path:
    samples = np.sin(np.arange(int(seconds * rate)) * 2 * np.pi * 440 / rate) * 8000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def _seen(path: Path) -> tuple[list[Any], float]:
    with av.open(str(path)) as film:
        frames = [f.to_ndarray(format="gray") for f in film.decode(video=0)]
    with av.open(str(path)) as film:
        heard = sum(f.samples / f.sample_rate for f in film.decode(audio=0))
    return frames, heard


def test_clips_follow_each_other_and_end_in_black(tmp_path: Path):
    clips = [Piece(_clip(tmp_path / "a.mkv", [60] * 10)), Piece(_clip(tmp_path / "b.mkv", [200] * 10))]
    film = join(clips, Piece(_tone(tmp_path / "a.wav", 1.0)), tmp_path / "new" / "f.mp4", size=SIZE, rate=Rate(25))
    frames, heard = _seen(film)
    assert len(frames) == 25
    assert heard == pytest.approx(1.0, abs=0.05)
    levels = [int(f.mean()) for f in frames]
    assert all(abs(level - 60) < 12 for level in levels[:10])
    assert all(abs(level - 200) < 12 for level in levels[10:20])
    assert all(level < 5 for level in levels[20:])


def test_the_last_clip_fades(tmp_path: Path):
    clips = [Piece(_clip(tmp_path / "a.mkv", [200] * 10))] * 2
    sound = Piece(_tone(tmp_path / "a.wav", 0.8))
    film = join(clips, sound, tmp_path / "f.mp4", size=SIZE, rate=Rate(25), fade=Time.from_seconds("0.2"))
    levels = [int(f.mean()) for f in _seen(film)[0]]
    assert all(level > 185 for level in levels[:15])
    assert all(a - b > 15 for a, b in pairwise(levels[14:]))


def test_other_rates_and_shapes_are_fitted(tmp_path: Path):
    wide = Piece(_clip(tmp_path / "a.mkv", [200] * 20, size=(64, 18), rate=10), Span(SECOND, SECOND * 2))
    film = join([wide], Piece(_tone(tmp_path / "a.wav", 0.2)), tmp_path / "f.mp4", size=SIZE, rate=Rate(25))
    frames, _ = _seen(film)
    assert len(frames) == 25
    assert frames[3][:8].mean() < 8
    assert frames[3][10:26].mean() > 185
    assert frames[3][28:].mean() < 8


def test_the_same_clips_give_the_same_film_with_its_index_in_front(tmp_path: Path):
    size = (128, 72)  # of pictures less than four macroblocks high x264 makes one film or another now and then
    clips, sound = [Piece(_clip(tmp_path / "a.mkv", [50, 90, 130, 170]))], Piece(_tone(tmp_path / "a.wav", 0.3))
    made = [join(clips, sound, tmp_path / n, size=size, rate=Rate(24)).read_bytes() for n in ("1.mp4", "2.mp4")]
    assert made[0] == made[1]
    assert made[0].index(b"moov") < made[0].index(b"mdat")


def test_a_piece_that_cannot_be_read_leaves_nothing(tmp_path: Path):
    broken, sound = tmp_path / "broken.mkv", _tone(tmp_path / "a.wav", 0.2)
    broken.write_bytes(b"not a film" * 100)
    with pytest.raises(MediaError, match=r"broken\.mkv: cannot be opened"):
        join([Piece(broken)], Piece(sound), tmp_path / "out" / "f.mp4", size=SIZE, rate=Rate(25))
    with pytest.raises(MediaError, match=r"a\.wav: has no video"):
        join([Piece(sound)], Piece(sound), tmp_path / "out" / "f.mp4", size=SIZE, rate=Rate(25))
    assert list((tmp_path / "out").iterdir()) == []


def test_the_sample_film_is_made_of_what_its_credits_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    material = {
        "bikes.mp4": _clip(tmp_path / "bikes.mkv", [60] * 25),
        "bigbuckbunny.mp4": _clip(tmp_path / "bunny.mkv", [160] * 25),
        "two_cities.wav": _tone(tmp_path / "a.wav", 6.0),
    }
    assert set(material) == {f.name for f in sample.MATERIAL.files}
    monkeypatch.setattr(sample, "pull", lambda *_, **__: material)
    monkeypatch.setattr(sample, "READING", Span(ZERO, SECOND * 5))
    film = sample.make_sample(tmp_path / "demo" / "sample.mp4", tmp_path)
    frames, heard = _seen(film)
    assert len(frames) == 125
    assert frames[0].shape == (360, 640)
    assert heard == pytest.approx(5.0, abs=0.05)
    written = (tmp_path / "demo" / "sample.credits.txt").read_text()
    assert written.strip() == sample.credits_text().strip()
    for part in (p for f in sample.MATERIAL.files for p in f.parts):
        assert part.package in written
        assert part.version in written
