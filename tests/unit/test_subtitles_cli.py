"""`cinedex subtitles` as a user meets it, and a film's own subtitles behind it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from tests.contract.test_formats import MAKER, VIDEO
from tests.subtitle_words import said, vocabulary
from typer.testing import CliRunner

from cinedex.app import cli, subtitles_cli
from cinedex.errors import CinedexError, MediaError, NotFoundError, UsageError
from cinedex.library import Library
from cinedex.subtitles.files import read_subtitles, spelled
from cinedex.subtitles.film import film_subtitles
from cinedex.subtitles.subtitle import Subtitle
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Cue, Row, Shot, Sound, Voice, Word
from cinedex.timeline.time import SECOND, Rate, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Track

RATE = Rate(24000, 1001)
TEXT = vocabulary("en")[:14]


def film(*rows: Row, kinds: tuple[type[Row], ...] = (Cue, Word, Shot, Sound, Voice)) -> Timeline:
    movie = Movie(
        id="m1-abcdef", uri="/films/night.mkv", name="night.mkv", size=1, container="matroska", duration=SECOND * 60,
        video=VIDEO, audio=(),
    )  # fmt: skip
    tracks = {("test", k.kind): Track.of(k, [r for r in rows if isinstance(r, k)], MAKER) for k in kinds}
    return Timeline(movie, tracks, {}, {k.kind: ("test",) for k in kinds})


def cue(start: float, end: float, text: str, language: str = "en", source: str = "speech") -> Cue:
    return Cue(
        start=Time.from_seconds(start), end=Time.from_seconds(end), text=text, language=language, score=1,
        source=source,  # type: ignore[arg-type]  # one of the two
    )  # fmt: skip


def talking() -> Timeline:
    words = said(TEXT, "en", 14, [0.0] * len(TEXT), start=5)
    lines = [cue(5, 11, " ".join(TEXT))]
    random.seed(4)
    times = [Time.from_seconds(25 + 2 * n + random.random()) for n in range(14)]
    voices = [Voice(start=t, end=t + SECOND * random.randint(2, 10) // 10, score=1) for t in times]
    bang = Sound(start=SECOND * 20, end=SECOND * 21, label="explosion", score=0.9)
    shots = [
        Shot(start=RATE.time(96 * n), end=RATE.time(96 * n + 96), number=n, opening="cut", score=1) for n in range(9)
    ]
    return film(*words, *lines, *voices, bang, *shots)


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Timeline:
    timeline = talking()
    monkeypatch.setattr(Library, "find", lambda _self, _film: timeline.movie)
    monkeypatch.setattr(Library, "timeline", lambda _self, _movie: timeline)
    monkeypatch.setattr(subtitles_cli, "open_library", lambda: Library(tmp_path / "lib"))
    return timeline


def run(*words: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(cli.app, ["subtitles", *map(str, words)], env={"COLUMNS": "120"})
    if isinstance(done.exception, CinedexError):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("form", ["srt", "vtt", "ass", "ttml", "scc"])
def test_what_is_made_of_a_film_passes_the_check(form: str, tmp_path: Path):
    to = tmp_path / f"night.{form}"
    shown = run("night", "--style", "netflix", "--language", "en", "--format", form, "-o", to)
    assert "subtitles keep every rule that must be kept (100.0%)" in shown
    if form != "scc":  # its clock runs at 29.97
        assert "100.0%" in run("check", to, "--fps", "24000/1001")


@pytest.mark.usefixtures("known")
def test_the_answer_is_json_too(tmp_path: Path):
    facts: Any = json.loads(run("night", "-o", tmp_path / "a.srt", "--sdh", "--audience", "child", "--json"))
    assert (facts["conforming"], facts["bad"]) == (1, 0)
    assert "[explosion]" in (tmp_path / "a.srt").read_text("utf-8")


@pytest.mark.usefixtures("known")
def test_a_strangers_file_is_scored_and_mended(tmp_path: Path):
    bad = tmp_path / "bad.srt"
    bad.write_text(
        "1\n00:00:01,000 --> 00:00:03,000\nSo...\n\n2\n00:00:02,500 --> 00:00:02,600\n[red]Over[/]\n", encoding="utf-8"
    )
    shown = run("check", bad, code=1)
    assert "overlap" in shown
    assert "min-duration" in shown
    facts: Any = json.loads(run("check", bad, "--fix", tmp_path / "good.vtt", "--json"))
    assert facts["by_rule"] == {"ellipsis": 1, "overlap": 1, "min-duration": 1, "reading-speed": 1}
    assert facts["fixed"]["bad"] == 0
    assert facts["faults"][0] == {
        "rule": "ellipsis", "level": "must", "number": 1, "at": "0:00:01.000", "value": 1.0, "limit": 0.0,
        "says": "three dots; the guide has …",
    }  # fmt: skip
    assert "100.0%" in run("check", tmp_path / "good.vtt")


def test_a_drifting_file_is_told_and_retimed(known: Timeline, tmp_path: Path):
    voices = [v.span for v in known.track(Voice).rows][::2]
    shift = SECOND * 3
    file = tmp_path / "late.srt"
    late = [Subtitle(v.start + shift, v.end + shift, ("x",)) for v in voices]
    file.write_text(spelled(late, "srt"), encoding="utf-8")
    shown = run("check", file, "--against", "night", "--retime", "--fix", tmp_path / "good.srt", code=0)
    assert "it is 3.0" in shown
    assert "s late" in shown
    first = read_subtitles(tmp_path / "good.srt").subtitles[0]
    assert first.start.seconds == pytest.approx(voices[0].start.seconds, abs=0.1)
    facts: Any = json.loads(run("check", file, "--against", "night", "--json", code=1))
    assert facts["drift"]["name"] == "as it is"
    assert facts["drift"]["shift"] == pytest.approx(-3, abs=0.1)
    two = tmp_path / "two.srt"
    two.write_text(spelled(late[:2], "srt"), encoding="utf-8")
    assert "not to be said" in run("check", two, "--against", "night", code=1), "two lines are too few to go by"
    with pytest.raises(UsageError, match="--retime needs to know the film"):
        run("check", file, "--retime")


@pytest.mark.usefixtures("known")
def test_what_cannot_be_is_refused_in_words(tmp_path: Path):
    with pytest.raises(NotFoundError, match="nothing is in 'fr'; there is en"):
        run("night", "--language", "fr")
    with pytest.raises(UsageError, match="no subtitle format 'doc'"):
        run("night", "--format", "doc")
    with pytest.raises(UsageError, match="no style 'mine'"):
        run("night", "--style", "mine")
    with pytest.raises(UsageError, match="no audience 'cats'"):
        run("night", "--audience", "cats")
    with pytest.raises(UsageError, match="no frame rate"):
        run("check", tmp_path / "x.srt", "--fps", "fast")
    with pytest.raises(MediaError, match="No such file"):
        run("check", tmp_path / "x.srt")


def test_a_film_without_words_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    empty = film(kinds=())
    monkeypatch.setattr(Library, "timeline", lambda _self, _movie: empty)
    with pytest.raises(NotFoundError, match="cue was not computed"):
        Library(tmp_path).subtitles(empty.movie)


def test_subtitles_that_came_with_the_film_are_mended_and_not_made_anew():
    lines = [cue(1, 3, "As it was\nwritten...", source="subtitle"), cue(3.01, 5, "by hand.", source="subtitle")]
    made = film_subtitles(film(*lines, *said(["Something", "else."], "en", 14, [0, 0])))
    assert [s.lines for s in made.subtitles] == [("As it was", "written…"), ("by hand.",)]
    assert made.verdict.conforming == 1


def test_a_film_without_known_cuts_says_so():
    words = said(TEXT, "en", 14, [0.0] * len(TEXT), start=5)
    made = film_subtitles(film(*words, cue(5, 11, " ".join(TEXT)), kinds=(Cue, Word)), sdh=True)
    assert made.notes == ("cuts are not known: no edge was moved onto one", "sounds are not known: none is told")


def test_where_nobody_speaks_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    silent = film()
    monkeypatch.setattr(Library, "find", lambda _self, _film: silent.movie)
    monkeypatch.setattr(Library, "timeline", lambda _self, _movie: silent)
    monkeypatch.setattr(subtitles_cli, "open_library", lambda: Library(tmp_path / "lib"))
    to = tmp_path / "night.srt"
    assert "Nobody speaks in night.mkv: there is nothing to write (--sdh tells sounds)." in run("night", "-o", to)
    facts: Any = json.loads(run("night", "-o", to, "--sdh", "--json"))
    assert (facts["file"], facts["count"]) == (None, 0)
    assert not to.exists()
