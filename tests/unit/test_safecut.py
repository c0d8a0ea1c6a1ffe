"""A copy without parts of a film: which pictures are left, what is heard, and that the two stay in step."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from tests.films import Sound, make_film, number_of

from cinedex.errors import MediaError, UsageError
from cinedex.media.probe import probe
from cinedex.media.safecut import Cuts, safe_copy
from cinedex.timeline.time import SECOND, ZERO, Span, Time

RATE = 48_000


def _span(start: float, end: float) -> Span:
    return Span.from_seconds(start, end)


def _beeps(seconds: int, every: float = 0.5, long: float = 0.05) -> np.ndarray:
    """Silence with a tone of its own pitch at the beginning of every half second."""
    at = np.arange(seconds * RATE) / RATE
    number = np.floor(at / every)
    return (0.5 * np.sin(2 * np.pi * (500 + 100 * number) * at) * (at % every < long)).astype(np.float32)


def _read(path: Path) -> tuple[list[tuple[float, Any]], np.ndarray]:
    """Pictures with their times, and the sound from time 0 on."""
    sound = np.zeros(RATE * 120, np.float32)
    with av.open(str(path)) as film:
        shown = film.decode(film.streams.video[0]) if film.streams.video else []
        pictures = [(float(f.pts * f.time_base), f.to_ndarray(format="rgb24")) for f in shown]
    with av.open(str(path)) as film:
        for frame in film.decode(film.streams.audio[0]) if film.streams.audio else []:
            first = round(float(frame.pts * frame.time_base) * RATE)
            part = frame.to_ndarray()
            part = part[0] if frame.format.is_planar else part.reshape(-1, len(frame.layout.channels))[:, 0]
            part = part[max(0, -first) :]
            sound[max(0, first) : max(0, first) + len(part)] = part
    return pictures, sound


def _onsets(sound: np.ndarray) -> list[tuple[float, float]]:
    """When each beep begins and its pitch."""
    loud = np.abs(sound) > 0.1
    starts = [i for i in np.flatnonzero(loud) if not loud[max(0, i - RATE // 10) : i].any()]
    found = []
    for start in starts:
        part = sound[start + 240 : start + 240 + 1600] * np.hanning(1600)
        power = np.abs(np.fft.rfft(part, 16_384))
        found.append((start / RATE, float(np.argmax(power)) * RATE / 16_384))
    return found


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(
        tmp_path_factory.mktemp("film") / "a.mkv", seconds=8, sounds=[Sound(_beeps(8), channels=1)], rate=Fraction(24)
    )


def test_pictures_and_sound_are_left_out_together(film: Path, tmp_path: Path):
    copy = safe_copy(probe(film), tmp_path / "b.mp4", skip=[_span(2, 3.5), _span(5, 6)])
    pictures, sound = _read(copy)
    left = [n for n in range(192) if not 48 <= n < 84 and not 120 <= n < 144]
    assert [number_of(p) for _, p in pictures] == left
    assert (
        np.abs(np.array([t for t, _ in pictures]) - np.arange(len(left)) / 24).max() < 6e-4
    )  # the film's own times are whole milliseconds
    meant = [t / 2 for t in range(16) if not 2 <= t / 2 < 3.5 and not 5 <= t / 2 < 6]
    heard = _onsets(sound)
    assert [round((pitch - 500) / 100) / 2 for _, pitch in heard] == meant
    shown = dict(zip(left, (t for t, _ in pictures), strict=True))
    apart = [at - shown[round(when * 24)] for (at, _), when in zip(heard, meant, strict=True)]
    assert max(abs(a) for a in apart) < 0.005, "picture and sound of one moment are heard and seen at one moment"
    assert probe(copy).duration - SECOND * 11 // 2 < SECOND // 20


def test_what_is_muted_is_silent_and_the_rest_is_as_it_was(film: Path, tmp_path: Path):
    copy = safe_copy(probe(film), tmp_path / "b.mp4", mute=[_span(1.4, 2.2)])
    pictures, sound = _read(copy)
    assert len(pictures) == 192
    assert np.abs(sound[round(1.4 * RATE) + 100 : round(2.2 * RATE) - 100]).max() < 0.01
    assert [round((p - 500) / 100) / 2 for _, p in _onsets(sound)] == [t / 2 for t in range(16) if t not in {3, 4}]
    before, after = _beeps(8)[: round(1.3 * RATE)], sound[: round(1.3 * RATE)]
    assert np.sqrt(((before - after) ** 2).mean()) < 0.02


def test_nothing_can_be_made_out_where_it_is_blurred(film: Path, tmp_path: Path):
    copy = safe_copy(probe(film), tmp_path / "b.mp4", blur=[_span(2, 3)])
    pictures, sound = _read(copy)
    rough = [float(np.abs(np.diff(p.astype(int), axis=1)).max()) for _, p in pictures]
    assert max(rough[48:72]) < 60 < min(*rough[:48], *rough[72:])
    assert [number_of(p) for _, p in pictures[:48]] == list(range(48))
    assert [number_of(p) for _, p in pictures[72:]] == list(range(72, 192))
    assert len(_onsets(sound)) == 16


def test_films_of_variable_rate_and_late_sound_stay_in_step(tmp_path: Path):
    times = [0.0, 0.5, 1.0, 1.1, 1.2, 2.0, 2.5, 3.0, 3.1, 3.2, 4.0]
    film = make_film(tmp_path / "v.mkv", times=times, sounds=[Sound(_beeps(4), channels=1, start=0.5)])
    movie = probe(film)
    pictures, sound = _read(safe_copy(movie, tmp_path / "b.mp4", skip=[_span(1, 2)]))
    assert [round(t, 2) for t, _ in pictures] == [0, 0.5, 1, 1.5, 2, 2.1, 2.2, 3]
    late = movie.audio[0].start.seconds
    meant = [late + n / 2 - (1 if late + n / 2 >= 2 else 0) for n in range(8) if not 1 <= late + n / 2 < 2]
    assert [t for t, _ in _onsets(sound)] == pytest.approx(meant, abs=0.005)


@pytest.mark.parametrize("rotation", [90, 180])
def test_a_film_that_lies_on_its_side_still_does(rotation: int, tmp_path: Path):
    film = probe(make_film(tmp_path / "r.mp4", seconds=1, rotation=rotation))
    copy = probe(safe_copy(film, tmp_path / "b.mp4", skip=[_span(0, 0.5)]))
    assert copy.video is not None
    assert film.video is not None
    assert (copy.video.rotation, copy.video.display) == (film.video.rotation, film.video.display)


def test_ten_bits_stay_ten(tmp_path: Path):
    film = probe(make_film(tmp_path / "t.mkv", seconds=1, pix_fmt="yuv420p10le"))
    copy = probe(safe_copy(film, tmp_path / "b.mp4", blur=[_span(0, 0.5)]))
    assert copy.video is not None
    assert copy.video.bits == 10


def test_films_without_pictures_or_without_sound_are_copied_too(tmp_path: Path):
    sound = probe(make_film(tmp_path / "s.mkv", seconds=3, codec=None, sounds=[Sound(_beeps(3), channels=1)]))
    heard = _onsets(_read(safe_copy(sound, tmp_path / "b.mp4", skip=[_span(1, 2)]))[1])
    assert [round((p - 500) / 100) for _, p in heard] == [0, 1, 4, 5]
    silent = probe(make_film(tmp_path / "p.mkv", seconds=1))
    assert len(_read(safe_copy(silent, tmp_path / "c.mp4", skip=[_span(0, 0.25)]))[0]) == 18


def test_a_copy_is_whole_or_not_there(film: Path, tmp_path: Path):
    movie = probe(film)
    with pytest.raises(UsageError, match="own place"):
        safe_copy(movie, film, skip=[_span(0, 1)])
    with pytest.raises(UsageError, match="nothing of the film"):
        safe_copy(movie, tmp_path / "b.mp4", skip=[movie.span])
    with pytest.raises(UsageError, match="overlap"):
        safe_copy(movie, tmp_path / "b.mp4", skip=[_span(0, 2), _span(1, 3)])
    with pytest.raises(MediaError, match="no such file"):
        safe_copy(replace(movie, uri=str(tmp_path / "gone.mkv")), tmp_path / "b.mp4", skip=[_span(0, 2)])
    with pytest.raises(MediaError, match="cannot be written"):
        safe_copy(movie, tmp_path / "no" / "b.mp4", skip=[_span(0, 2)])
    assert list(tmp_path.iterdir()) == []


def test_moments_come_to_lie_where_they_are_shown():
    cuts = Cuts([_span(5, 6), _span(1, 3)])
    at = [cuts.before(Time.from_seconds(t)).seconds for t in (0, 1, 2, 3, 5, 5.5, 6, 9)]
    assert at == [0, 0, 1, 2, 2, 2.5, 3, 3]
    assert [Time.from_seconds(t) in cuts for t in (0.999, 1, 2.999, 3)] == [False, True, True, False]
    assert Cuts([]).before(SECOND) == ZERO
