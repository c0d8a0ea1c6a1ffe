"""Which sound stream of a film is listened to, and that nothing else changes by the choice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.films import Sound, make_film
from tests.timelines import make_movie
from tests.unit.test_library import library_at
from typer.testing import CliRunner

from cinedex import Library, Settings, Word
from cinedex.app import cli
from cinedex.errors import UsageError
from cinedex.media.probe import probe
from cinedex.run.plan import parameters
from cinedex.stages.base import Stage
from cinedex.stages.hearing import Hearings
from cinedex.stages.installed import installed
from cinedex.stages.listening import Listening, aside, heard
from cinedex.stages.loudness import LoudnessMeter
from cinedex.stages.speakers import FilmSpeakers, Speakers
from cinedex.stages.speech import Speech
from cinedex.stages.translation import Translations
from cinedex.stages.voice import VoiceActivity
from cinedex.timeline.movie import Movie

RATE = 16_000


def tone(hertz: float, seconds: float = 4) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def sounds(*told: tuple[str, str, str, bool]) -> Movie:
    """A film of streams told as language, title, role and whether marked as the default."""
    movie = make_movie()
    return replace(
        movie,
        audio=tuple(
            replace(movie.audio[0], language=language or None, title=title or None, role=role, default=default)
            for language, title, role, default in told
        ),
    )


@pytest.mark.parametrize(
    ("streams", "number", "why"),
    [
        ([], 0, "there is no sound"),
        ([("en", "", "", False)], 0, "the only one"),
        ([("en", "Director's Commentary", "", True)], 0, "the only one"),
        ([("en", "", "", False), ("de", "", "", True)], 1, "marked as the default"),
        ([("en", "", "", True), ("de", "", "", True)], 0, "the first"),
        ([("en", "", "", False), ("de", "", "", False)], 0, "the first"),
        ([("en", "", "commentary", True), ("en", "", "", False)], 1, "the programme: 1 is a commentary"),
        (
            [("en", "Kommentar der Regie", "", True), ("en", "Audio Description", "", False), ("en", "", "", False)],
            2,
            "the programme: 1 is a commentary, 2 is a description",
        ),
        ([("en", "AD", "", False), ("en", "Stereo", "", False)], 1, "the programme: 1 is a description"),
        ([("en", "Made in the shade", "", False), ("en", "", "", False)], 0, "the first"),
        ([("en", "", "effects", True), ("en", "", "", False)], 1, "the programme: 1 is without voices"),
        ([("en", "", "description", False), ("en", "", "commentary", True)], 1, "the programme: 1 is a description"),
    ],
)
def test_the_programme_is_told_from_what_is_laid_beside_it(
    streams: list[tuple[str, str, str, bool]], number: int, why: str
):
    found = heard(sounds(*streams))
    assert (found.number, found.why) == (number, why)


@pytest.mark.parametrize(
    ("wish", "number", "why"),
    [
        ("2", 1, "asked for by its number"),
        ("de", 2, "asked for by its language"),
        ("fr", 3, "asked for by its language"),
        ("it", 3, "there is no 'it', so marked as the default"),
        ("9", 3, "there is no stream 9, so marked as the default"),
        ("", 3, "marked as the default"),
    ],
)
def test_a_stream_can_be_asked_for(wish: str, number: int, why: str):
    film = sounds(
        ("en", "", "", False), ("ger", "Kommentar", "", False), ("deu", "", "", False), ("fra", "", "", True)
    )  # fmt: skip
    found = heard(film, wish)
    assert (found.number, found.why) == (number, why)


@pytest.mark.parametrize(
    "stage", [VoiceActivity(), Hearings(), Speech(), Speakers(), FilmSpeakers(), Translations()], ids=lambda s: s.name
)
def test_keys_know_the_stream_only_where_it_is_not_the_first(stage: Listening):
    assert not {"stream", "sound"} & set(parameters(stage))
    assert parameters(replace(stage, sound="de")) == parameters(stage)
    other = stage.about(sounds(("en", "", "", False), ("en", "", "", True)))
    assert parameters(other) == {**parameters(stage), "stream": 1}
    assert other.view is not None
    assert other.view.stream == 1  # type: ignore[union-attr]  # a view of sound
    assert other.about(make_movie()) == other, "a stream that is given stays"


def test_what_had_a_stream_in_its_key_has_it_still():
    assert parameters(LoudnessMeter()) == {"stream": 0}


def test_settings_reach_every_stage_that_listens():
    listening = {s.name: s for s in installed(Settings(sound="de", plugins=False), {}) if isinstance(s, Listening)}
    assert set(listening) == {"voice", "hearing", "speech", "speakers", "translation", "loudness", "soundfaults"}
    assert {s.sound for s in listening.values()} == {"de"}
    for wrong in ("0", "-1", "german", "d", "../de", "²"):
        with pytest.raises(UsageError, match="say a number from 1, or a language"):
            Settings.from_env({"CINEDEX_SOUND": wrong})
    assert Settings.from_env({"CINEDEX_SOUND": "DE"}).sound == "de"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A commentary first, as some discs have it, then the programme, then the same in another language."""
    streams = [
        Sound(tone(200), rate=RATE, channels=1, language="eng", marks=("comment",)),
        Sound(tone(500), rate=RATE, channels=1, language="eng", title="Main", marks=("default",)),
        Sound(tone(1500), rate=RATE, channels=1, language="ger"),
    ]
    return make_film(tmp_path_factory.mktemp("film") / "two sounds.mkv", seconds=4, sounds=streams)


def test_a_file_tells_what_its_sounds_are(film: Path):
    movie = probe(film)
    assert [(a.language, a.role, a.default) for a in movie.audio] == [
        ("eng", "commentary", False), ("eng", "", True), ("ger", "", False),
    ]  # fmt: skip
    assert [aside(a) for a in movie.audio] == ["commentary", "", ""]


def said(library: Library, film: Path) -> set[str]:
    movie = library.analyze(film, stages=["speech"])
    return {w.text for w in library.timeline(movie).track(Word)}


def test_the_programme_is_heard_unless_another_stream_is_asked_for(film: Path, tmp_path: Path):
    library = library_at(tmp_path)
    assert said(library, film) == {"tone"}
    german = library_at(tmp_path)
    german.settings = german.settings.but(sound="de")
    movie = german.movies()[0]
    speech = next(s for s in german.plan(movie).steps if s.name == "speech")
    assert speech.why == "changed since it was last computed"
    assert said(german, film) == {"whistle"}
    again = library_at(tmp_path)
    assert next(s for s in again.plan(movie).steps if s.name == "speech").why == "stored"
    assert said(again, film) == {"tone"}


def test_plan_and_show_say_which_one(film: Path, tmp_path: Path):
    library = library_at(tmp_path / "lib")
    library.add(film)

    def run(*words: str) -> str:
        done = CliRunner().invoke(cli.app, ["-L", str(tmp_path / "lib"), *words], env={"COLUMNS": "160"})
        assert done.exit_code == 0, done.output
        return done.output

    programme = "Listened to: sound 2 of 3 (eng, Main), the programme: 1 is a commentary."
    assert programme in run("plan", str(film))
    assert programme in run("show", "two sounds")
    assert "sound 3 of 3 (ger), asked for by its language." in run("--sound", "de", "plan", str(film))
    facts = json.loads(run("--sound", "1", "plan", str(film), "--json"))
    sound = facts["sound"] if isinstance(facts, dict) else facts[0]["sound"]
    assert sound == {"number": 1, "of": 3, "why": "asked for by its number"}


def test_a_film_with_one_sound_has_nothing_to_say(tmp_path: Path):
    film = make_film(tmp_path / "one.mkv", seconds=1, sounds=[Sound(channels=1)])
    done = CliRunner().invoke(cli.app, ["-L", str(tmp_path / "lib"), "plan", str(film)])
    assert "Listened to" not in done.output
    assert isinstance(VoiceActivity(), Stage)
