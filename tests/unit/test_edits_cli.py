"""`cinedex edits` as a user meets it: a table or JSON, a file by its ending, and what was not looked for is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.films import make_film
from tests.unit.test_edits import MOVIE, _timeline, _word
from typer.testing import CliRunner

from cinedex.app import cli, edits_cli
from cinedex.errors import CinedexError
from cinedex.formats.edits.forms import EDIT_FORMS
from cinedex.library import Library
from cinedex.media.probe import probe
from cinedex.timeline.rows import Cue
from cinedex.timeline.time import SECOND, ZERO

SAID = [
    Cue(start=ZERO, end=SECOND * 4, text="Oh [red]fuck[/], no.", language="en", score=1.0, source="speech"),
    Cue(start=SECOND * 20, end=SECOND * 24, text="Damn it.", language="en", score=0.4, source="speech"),
]
WORDS = [
    _word(0, 0.5, "Oh"),
    _word(1, 1.5, "[red]fuck[/],"),
    _word(2, 3, "no."),
    _word(20, 20.5, "Damn", 0.4),
    _word(21, 22, "it."),
]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    library = Library(tmp_path / "lib")
    library.store.put_movie(MOVIE)
    monkeypatch.setattr(Library, "evidence", lambda *_: _timeline(WORDS, [10.0], SAID))
    monkeypatch.setattr(edits_cli, "open_library", lambda: library)
    return library


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli.app, ["edits", MOVIE.name, *words], env={"COLUMNS": "120"})
    if isinstance(done.exception, CinedexError):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


@pytest.mark.usefixtures("library")
def test_strong_words_are_muted_where_they_are_said():
    told = json.loads(run("--mute", "language:strong", "--json"))
    assert [(e["act"], e["start"], e["end"], e["sorts"]) for e in told["edits"]] == [
        ("mute", 0.75, 1.75, [{"category": "language", "strength": "strong"}])
    ]
    assert told["seconds_left"] == MOVIE.duration.seconds
    table = run("--mute", "language")
    assert "0:00:00.750" in table
    assert "2 to mute" in table
    assert "1 to mute" in run("--mute", "language", "--score", "0.5")


@pytest.mark.usefixtures("library")
def test_what_could_not_be_looked_for_is_said_and_shown_by_the_code():
    told = json.loads(run("--skip", "nudity", "--json", code=1))
    assert not told["edits"]
    assert any(said.startswith("nudity: ") for said in told["not_looked_for"])


@pytest.mark.usefixtures("library")
def test_the_format_is_known_by_the_name_of_the_file(tmp_path: Path):
    for name, form in EDIT_FORMS.items():
        to = tmp_path / f"a.{form.ending}"
        run("--skip", "language", "-o", str(to))
        assert len(form.read(to.read_text())) == 2, name
    with pytest.raises(CinedexError, match="which format"):
        run("--skip", "language", "-o", str(tmp_path / "a.txt"))


@pytest.mark.usefixtures("library")
def test_a_copy_is_written_of_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    film = probe(make_film(tmp_path / "a.mkv", seconds=6))
    monkeypatch.setattr(Library, "find", lambda *_: film)
    monkeypatch.setattr(Library, "evidence", lambda *_: replace(_timeline(WORDS, [], SAID[:1]), movie=film))
    run("--skip", "language", "--copy", str(tmp_path / "b.mp4"))
    assert probe(tmp_path / "b.mp4").duration.seconds == pytest.approx(6 - 1.75, abs=0.05)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing is asked for"),
        (("--skip", "voilence"), "no category"),
        (("--skip", "language", "--pad", "99"), "pad"),
        (("--skip", "language", "--near", "nan"), "near of nan"),
        (("--skip", "language", "--score", "2"), "score"),
        (("--skip", "language", "--for", "mars"), "no rule pack"),
    ],
)
def test_a_request_that_means_nothing_is_refused(words: tuple[str, ...], said: str):
    with pytest.raises(CinedexError, match=said) as refused:
        run(*words)
    assert refused.value.remedy
