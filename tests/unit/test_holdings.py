"""What a library holds of people is counted from what is stored, and the page says it without loading anything."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.casts import HARBOUR, analyse, library_at, put_film
from tests.unit.test_people_erase import NAME, filled
from typer.testing import CliRunner

from cinedex.app import cli, people_cli
from cinedex.errors import UsageError
from cinedex.formats.holdings import render_holdings
from cinedex.library import Library
from cinedex.people.decisions import Delete
from cinedex.people.holdings import Duty, holdings
from cinedex.people.keeping import KEEP_DAYS


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return filled(tmp_path / "library")


def _duty(library: Library, name: str) -> Duty:
    return next(d for d in holdings(library.keeper).duties if d.id == name)


def test_vectors_names_and_consents_are_counted(library: Library):
    facts = library.holdings()
    harbour, train = facts["films"]
    assert (harbour["face_vectors"], harbour["beyond_the_film"], harbour["portraits"]) == (6, 6, 6)
    assert (harbour["names"], train["names"]) == ([NAME, "Ben"], [])
    assert [(p["name"], p["photo_vectors"], len(p["consents"])) for p in facts["people"]] == [
        (NAME, 1, 1),
        ("Ben", 0, 0),
    ]
    today = datetime.now(UTC).date()
    assert harbour["kept_until"] == (today + timedelta(days=KEEP_DAYS)).isoformat()
    assert _duty(library, "consent").state == "look"
    assert "1 of 2 people" in _duty(library, "consent").here
    library.cast.consent("Ben", given_by="himself", basis="release 13")
    assert _duty(library, "consent").state == "met"


@pytest.mark.usefixtures("library")
def test_what_older_analyses_left_is_counted_too(tmp_path: Path):
    later = library_at(tmp_path / "library", other=1)
    movie = later.find("harbour.mp4")
    analyse(later, movie, HARBOUR)
    told = next(f for f in later.holdings()["films"] if f["film"] == movie.id)
    assert (told["face_vectors"], told["stored_results"]) == (12, 4)


def test_a_library_without_recognition_has_vectors_that_hold_in_their_film_alone(tmp_path: Path):
    library = library_at(tmp_path / "quiet", on=False)
    put_film(library, "harbour.mp4", HARBOUR)
    (film,) = library.holdings()["films"]
    assert (film["face_vectors"], film["beyond_the_film"]) == (6, 0)
    assert _duty(library, "basis").state == "does not apply"
    assert _duty(library, "policy").state == "look"


def test_vectors_that_stay_when_recognition_is_switched_off_are_told(library: Library):
    library.keeper.switch_off()
    assert _duty(library, "basis").state == "look"
    library.keeper.switch_off(erase=True)
    assert _duty(library, "basis").state == "does not apply"


def test_a_deletion_is_told_without_saying_who_it_was(library: Library):
    library.keeper.delete(NAME)
    facts = library.holdings()
    assert NAME not in json.dumps(facts)
    assert NAME not in render_holdings(facts)
    (deletion,) = facts["deletions"]
    assert (deletion["films"], deletion["removed"]["faceprint"]) == (2, 4)
    assert _duty(library, "erasure").state == "met"
    library.cast.log.append([Delete(("p-unknown",), (), "asked for")], by="tester")  # killed before it was carried out
    assert _duty(library, "erasure").state == "look"
    assert "not carried out to the end" in render_holdings(library.holdings())


def test_what_is_past_its_time_is_told(library: Library, monkeypatch: pytest.MonkeyPatch):
    assert _duty(library, "retention").state == "met"
    late = datetime.now(UTC) + timedelta(days=KEEP_DAYS + 1)
    monkeypatch.setattr(library.cast, "clock", lambda: late)
    assert _duty(library, "retention").state == "look"
    assert "4 people and films are past that" in _duty(library, "retention").here


def test_looking_writes_nothing(library: Library, tmp_path: Path):
    def state() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in (tmp_path / "library").rglob("*") if p.is_file()}

    before = state()
    library.holdings()
    assert state() == before


def test_the_page_loads_nothing_and_escapes_what_people_wrote(library: Library):
    library.cast.name("train.mp4#3", "<script>alert(1)</script>")
    page = render_holdings(library.holdings())
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "default-src &#39;none&#39;" in page
    assert not re.search(r"<(img|script|iframe|link|object)\b|@import|url\(", page)


def test_models_in_use_are_named_with_their_terms(tmp_path: Path):
    models = {m["name"]: m for m in Library(tmp_path / "empty").holdings()["models"]}
    assert {name for name, m in models.items() if m["biometric"]} == {"dlib-face", "resemblyzer"}
    assert all(m["licence"] and m["does"] and m["pin"] for m in models.values())


def test_the_command_writes_the_page_and_json(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(people_cli, "open_library", lambda: library)
    page = tmp_path / "data.html"
    done = CliRunner().invoke(cli.app, ["people", "data", "-o", str(page)], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    assert "10 vectors of faces" in done.output
    assert NAME in page.read_text(encoding="utf-8")
    told = CliRunner().invoke(cli.app, ["people", "data", "--json"])
    assert json.loads(told.stdout)["recognition"]["basis"] == "a test"
    wrong = CliRunner().invoke(cli.app, ["people", "data", "-o", str(tmp_path / "no" / "page.html")])
    assert isinstance(wrong.exception, UsageError)
