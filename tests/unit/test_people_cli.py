"""`cinedex people` as a user meets it: a film is enough, every answer is JSON too, and hostile words stay words."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.casts import ANN, HARBOUR, TRAIN, Seen, library_at, put_film
from typer.testing import CliRunner

from cinedex.app import cli, people_acts, people_cli
from cinedex.app.people_tables import gallery_table, log_table, people_table, suggestions_table
from cinedex.errors import CinedexError, UsageError
from cinedex.library import Library
from cinedex.people.register import live

HOSTILE = "[red]Ann[/] <script>alert(1)</script> {{ 7*7 }}"


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    library = library_at(tmp_path / "lib")
    put_film(library, "harbour.mp4", HARBOUR)
    put_film(library, "train.mp4", TRAIN)
    for module in (people_cli, people_acts):
        monkeypatch.setattr(module, "open_library", lambda: library_at(tmp_path / "lib", on=False))
    return library


def run(*words: str, code: int = 0, answer: str = "") -> str:
    done = CliRunner().invoke(cli.app, ["people", *words], input=answer, env={"COLUMNS": "120"})
    if isinstance(done.exception, CinedexError):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.output


def facts(*words: str) -> Any:
    return json.loads(run(*words, "--json"))


def test_a_film_is_enough(library: Library):
    assert run("harbour.mp4") == run("show", "harbour.mp4")
    assert facts("harbour.mp4") == facts("show", "harbour.mp4")
    assert json.loads(run("--json", "harbour.mp4")) == facts("harbour.mp4")
    assert [c["label"] for c in facts("harbour.mp4")["characters"]] == ["1", "2", "3"]
    put_film(library, "list", [Seen(ANN, 1, 0, 5)])
    assert "the film" not in run("list"), "a film called like a command needs `show`"
    assert facts("show", "list")["name"] == "list"


def test_help_is_help_and_not_a_film():
    assert "show-again" in run("--help")
    assert "--page" in run("show", "--help")


@pytest.mark.usefixtures("library")
def test_named_here_known_there():
    assert "is now" in run("name", "harbour.mp4#1", "Ann")
    assert "recognised" in run("train.mp4")
    assert {c["name"] for c in facts("train.mp4")["characters"]} == {"Ann", ""}
    assert [s["title"] for s in facts("suggestions")] == ["Ann"]
    assert run("confirm", "train.mp4#2")
    assert facts("suggestions") == []
    assert [p["name"] for p in facts("list") if p["person"]] == ["Ann"]
    assert run("hide", "Ann")
    assert "hidden" in run("harbour.mp4")
    assert run("show-again", "Ann")
    split = facts("split", "harbour.mp4#1", "--look", "2", "--name", "Bea")
    assert split["acts"][0]["do"] in {"claim", "name"}
    assert run("merge", "Ann", "Bea")
    assert run("undo")
    assert {p["name"] for p in facts("list") if p["person"]} == {"Ann", "Bea"}
    assert run("refuse", "harbour.mp4#2", "Ann")
    log = facts("log")
    assert [e["counts"] for e in log].count(False) == 1
    assert "took back" in run("log")


@pytest.mark.usefixtures("library")
def test_hostile_names_stay_words(tmp_path: Path):
    run("name", "harbour.mp4#1", HOSTILE)
    for shown in (run("harbour.mp4"), run("list"), run("suggestions"), run("log")):
        assert "\x1b" not in shown
    assert "[red]Ann[/]" in run("list")
    page = tmp_path / "page.html"
    assert "Wrote" in run("harbour.mp4", "--page", str(page))
    assert "<script>alert" not in page.read_text(encoding="utf-8")
    for name in ("\x1b[2J", "x" * 10_000, "a\0"):
        with pytest.raises(UsageError):
            run("name", "harbour.mp4#2", name)


def test_deletion_asks_and_says_what_went(library: Library):
    run("name", "harbour.mp4#1", "Ann")
    run("delete", "Ann", code=1, answer="n\n")
    assert library.cast.register.named("Ann")
    told = run("delete", "Ann", "--yes")
    assert "4 faceprint" in told
    assert "Ann" not in json.dumps(facts("log"))
    assert facts("status")["deletions"] == 1


@pytest.mark.usefixtures("library")
def test_on_says_what_it_means_and_off_is_off():
    told = run("on", "--basis", "release 12", "--keep-days", "30")
    for said in ("biometric", "No emotions", "delete", "30 days"):
        assert said in told
    assert facts("status") | {"since": ""} == {
        "recognition": True, "basis": "release 12", "since": "", "keep_days": 30, "people": 0, "named": 0,
        "enrolled": 0, "without_consent": 0, "deletions": 0, "due": {"people": [], "films": []},
    }  # fmt: skip
    assert "Recognition is off" in run("off")
    assert facts("off", "--erase")["erased"] == 4
    assert not facts("status")["recognition"]
    assert "Nothing is past" in run("expire")
    assert "not looked for" in run("harbour.mp4")


@pytest.mark.usefixtures("library")
def test_what_is_known_is_written_for_who_asks(tmp_path: Path):
    run("name", "harbour.mp4#1", "Ann")
    run("consent", "Ann", "--by", "herself", "--basis", "release 12")
    run("export", "Ann", "-o", str(tmp_path / "ann.json"))
    known = json.loads((tmp_path / "ann.json").read_text(encoding="utf-8"))
    assert known == json.loads(run("export", "Ann"))
    assert known["person"]["consents"][0]["who"] == "herself"


def drawn(thing: Any, *, width: int = 100, colours: bool = False) -> str:
    out = io.StringIO()
    system: Any = {"force_terminal": True, "color_system": "truecolor"} if colours else {"color_system": None}
    Console(file=out, width=width, legacy_windows=False, **system).print(thing)
    return out.getvalue()


def test_portraits_are_drawn_where_there_are_colours(library: Library):
    gallery = library.people(library.find("harbour.mp4"), portraits=True)
    with_colours = drawn(gallery_table(gallery, colours=True), colours=True)
    assert with_colours.count("\N{UPPER HALF BLOCK}") == 3 * 12 * 6
    assert "\N{UPPER HALF BLOCK}" not in drawn(gallery_table(gallery, colours=False))


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_is_wider_than_the_terminal(library: Library, width: int):
    library.cast.name("harbour.mp4#1", "Ann " * 40)
    movies = {m.id: m for m in library.movies()}
    entries = library.cast.log.entries()
    gallery = library.people(library.find("harbour.mp4"), portraits=True)
    counting = frozenset(e.id for e in live(entries))
    tables = [
        gallery_table(gallery, colours=False),
        people_table(library.cast.everybody(), movies),
        suggestions_table(library.cast.suggestions(), movies),
        log_table(entries, counting),
    ]
    assert all(len(line) <= width for table in tables for line in drawn(table, width=width).splitlines())


def test_empty_is_said(tmp_path: Path):
    library = library_at(tmp_path)
    movie = put_film(library, "landscape.mp4", [])
    assert "no face is seen" in drawn(gallery_table(library.people(movie), colours=True))
    assert "Nobody is known" in drawn(people_table([], {}))
    assert "nothing to confirm" in drawn(suggestions_table([], {}))
