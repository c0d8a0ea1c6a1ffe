"""Search by example: where somebody looks or sounds like one, what sounds like one, and whom nobody may look for."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.casts import BEN, HARBOUR, SPACE, library_at, print_of, put_film
from tests.unit.search_fixtures import film

from cinedex.errors import MediaError, UsageError
from cinedex.library import Library
from cinedex.models.fakes import FakeSoundTagger, FakeVoiceDetector, FakeVoiceEmbedder
from cinedex.people.photos import Print
from cinedex.search import examples
from cinedex.search.examples import Like, alike, sound_like, sound_of, voice_like, voice_of
from cinedex.stages.soundterms import grouped
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Hearing, Row, Speaker, Speaking, Voiceprint
from cinedex.timeline.time import Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

RATE = 16_000


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A film with people and, for each of its half minutes, a line that is said."""
    made = library_at(tmp_path / "lib")
    movie = put_film(made, "harbour.mp4", HARBOUR)
    lines = film(*[(f"line {n} at the quay", []) for n in range(20)], id_=movie.id, name=movie.name, seconds=30)
    made.index.update(replace(lines, movie=movie))
    return made


def tone(pitch: float, seconds: float = 3.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def recording(path: Path, samples: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def seconds(time: float) -> Time:
    return Time.from_seconds(time)


def span(start: float, end: float) -> Span:
    return Span(seconds(start), seconds(end))


def telling(rows: Sequence[Row]) -> Any:
    """Reads films that have these rows."""
    kinds = {type(row) for row in rows}
    tracks = {
        ("made", kind.kind): Track.of(kind, [r for r in rows if type(r) is kind], Maker("made", 1, "9" * 64))
        for kind in kinds
    }
    return lambda movie, _: Timeline(movie, tracks)


def photo_of(who: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A photo whose print is somebody's."""
    made = Print(SPACE, np.asarray(print_of(who, 0, 50), np.float32))
    monkeypatch.setattr(examples, "print_of", lambda *_: made)
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"a photo")
    return photo


def test_a_face_finds_when_its_owner_is_on_screen(library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    photo = photo_of(BEN, monkeypatch, tmp_path)
    found = library.search("", face=photo, limit=50)
    assert [(h.start.seconds, h.end.seconds) for h in found.hits] == [(0, 60), (300, 330)]
    assert all(any(w.startswith("a face like it (0.") for w in h.why) for h in found.hits)
    assert library.search("line 10", face=photo).hits[0].start.seconds == 300
    assert library.search("line 15", face=photo).hits[0].start.seconds < 330, "only where they are seen"


def test_a_face_of_nobody_finds_nothing_and_says_so(library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    found = library.search("quay", face=photo_of(99, monkeypatch, tmp_path))
    assert found.hits == ()
    assert found.notes == ("nobody here looks like that",)


def test_whoever_is_hidden_is_not_looked_for(library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    library.cast.hide("harbour.mp4#2")
    assert library.search("", face=photo_of(BEN, monkeypatch, tmp_path)).hits == ()


@pytest.mark.parametrize("kind", ["face", "voice"])
def test_nobody_is_looked_for_while_recognition_is_off(kind: str, tmp_path: Path):
    off = library_at(tmp_path / "off", on=False)
    with pytest.raises(UsageError, match="recognition is off"):
        off.search("", **{kind: tmp_path / "never-read"})


def put_voices(movie: Movie, *links: Speaking) -> Any:
    del movie
    embedder = FakeVoiceEmbedder("fake-voices")
    rows: list[Row] = [*links]
    for number, pitch in ((1, 400.0), (2, 1600.0)):
        values = tuple(embedder.prints([tone(pitch)])[0].tolist())
        times = {"start": seconds(number * 100), "end": seconds(number * 100 + 20)}
        rows.append(Voiceprint(**times, number=number, space="fake-voices", values=values))
        rows.append(Speaker(**times, number=number, score=1.0))
    return telling(rows)


def test_a_voice_finds_where_it_speaks(library: Library, tmp_path: Path):
    movie = library.movies()[0]
    models = FakeVoiceDetector(), FakeVoiceEmbedder("fake-voices")
    sound = recording(tmp_path / "voice.wav", tone(1600))
    like = voice_like(sound, library.cast, put_voices(movie), lambda: models)
    assert [(s.start.seconds, s.end.seconds) for s, _ in like.found[movie.id]] == [(200, 220)]
    assert library.finder.search("", examples=[like]).hits[0].start.seconds == 180
    nobody = voice_like(recording(tmp_path / "b.wav", tone(5000)), library.cast, put_voices(movie), lambda: models)
    assert nobody.note == "no voice here sounds like that"
    library.cast.hide("harbour.mp4#2")
    theirs = Speaking(start=seconds(0), end=seconds(600), speaker=2, person=2, score=0.9)
    assert not voice_like(sound, library.cast, put_voices(movie, theirs), lambda: models).found, "hidden people's"


@pytest.mark.parametrize("samples", [np.zeros(RATE * 3, np.float32), tone(400, 0.5)])
def test_silence_and_a_blink_are_no_voice(library: Library, samples: np.ndarray, tmp_path: Path):
    assert voice_of(samples, FakeVoiceDetector(), FakeVoiceEmbedder("x")) is None
    with pytest.raises(UsageError, match="nobody is heard to speak"):
        voice_like(
            recording(tmp_path / "a.wav", samples),
            library.cast,
            telling([]),
            lambda: (FakeVoiceDetector(), FakeVoiceEmbedder("x")),
        )


def test_a_sound_finds_where_it_sounds_like_it(library: Library, tmp_path: Path):
    movie, tagger = library.movies()[0], FakeSoundTagger()
    kinds = [grouped(tagger.sounds(tone(p, 1.0)[None, : tagger.window]), tagger.labels)[0] for p in (500, 2000)]
    rows = [
        Hearing(start=seconds(n), end=seconds(n + 1), vocabulary="x", scores=tuple(kinds[n >= 60].tolist()))
        for n in range(0, 120, 10)
    ]
    shot = recording(tmp_path / "shot.wav", tone(2000))
    like = sound_like(shot, [movie], telling(rows), tagger)
    assert [s.start.seconds for s, _ in like.found[movie.id]] == list(range(60, 120, 10))
    assert [h.start.seconds for h in library.finder.search("", examples=[like]).hits] == [60]
    assert sound_of(tone(6000), tagger) is None
    with pytest.raises(UsageError, match="no sound that is known"):
        sound_like(recording(tmp_path / "whistle.wav", tone(6000)), [movie], telling(rows), tagger)
    with pytest.raises(MediaError):
        sound_like(tmp_path / "nothing.wav", [movie], telling(rows), tagger)


def test_what_sounds_like_nothing_is_like_nothing():
    quiet, loud = np.full((1, 3), 0.01, np.float32), np.array([[0.0, 0.9, 0.0]], np.float32)
    asked = np.array([0.0, 0.5, 0.0], np.float32)
    assert alike(np.concatenate([quiet, loud]), asked).tolist() == pytest.approx([0.0, 1.0])


def test_stretches_are_placed_in_the_moments_that_they_share_time_with():
    like = Like("sound", {"a": [(span(5, 12), 0.8), (span(11, 13), 0.9)], "b": [(span(0, 1), 0.7)]})
    rows = [
        {"id": f"{film}@{n}", "movie": film, "start": int(seconds(n)), "end": int(seconds(n + 10))}
        for film in ("a", "c")
        for n in (0, 10, 20)
    ]
    assert like.placed(rows) == {"a@0": 0.8, "a@10": 0.9}
