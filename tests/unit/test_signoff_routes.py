"""Signing off, adding places and remedies, over HTTP and at the command line; and what a film's timeline has of it."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from tests.flash_films import flashing
from tests.stage_films import ArrayFilm
from tests.unit.test_compliance_curves import known
from tests.unit.test_review import _black, _shot, _timeline
from tests.unit.test_review_routes import FILM, client, library, run, service
from typer.testing import CliRunner

from cinedex.app import cli, compliance_cli, edits_cli
from cinedex.app.server.service import Service
from cinedex.compliance.marking import Mark
from cinedex.errors import CinedexError, MediaError
from cinedex.library import Library
from cinedex.media.views import FrameChunk
from cinedex.run import calm
from cinedex.stages.flicker.fix import Shown
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Concern, Flag, Mention
from cinedex.timeline.time import Span, Time
from cinedex.timeline.timeline import Timeline

__all__ = ["client", "library", "service"]

PATH = f"/v1/films/{FILM.id}/review"


def _clause(client: TestClient, name: str) -> dict[str, Any]:
    told = client.get(f"{PATH}/clauses", params={"packs": name.partition("/")[0]}).json()["clauses"]
    return dict(next(c for c in told if c["id"] == name))


def test_a_clause_is_signed_off_shown_in_the_report_and_reopened(client: TestClient, service: Service):
    before = _clause(client, "us/captions")
    assert (before["verdict"], before["signed"], before["found"]) == (
        "needs a human", None, "no measure of ours decides this",
    )  # fmt: skip
    body = {"clause": "us/captions", "decision": "pass", "note": "<b>read</b> all", "times": [{"start": 1, "end": 2}]}
    told = client.post(f"{PATH}/clauses", json=body)
    assert told.status_code == 200, told.text
    assert told.json() == _clause(client, "us/captions")
    signed = told.json()["signed"]
    assert (told.json()["verdict"], signed["by"], signed["note"]) == ("pass", "this machine", "<b>read</b> all")
    assert signed["times"] == [{"start": 1.0, "end": 2.0}]
    page = client.get(f"/v1/films/{FILM.id}/compliance", params={"packs": "us", "format": "html"}).text
    assert "<bdi>&lt;b&gt;read&lt;/b&gt; all</bdi>" in page
    assert "pass us/captions" in "".join(r["what"] for r in service.state.rows("SELECT * FROM audit"))
    reopened = client.post(f"{PATH}/clauses", json={"clause": "us/captions", "decision": "reopen"}).json()
    assert (reopened["verdict"], reopened["signed"]) == ("needs a human", None)


def test_clauses_that_wait_come_first_and_those_signed_off_last(client: TestClient):
    client.post(f"{PATH}/clauses", json={"clause": "us/captions", "decision": "fail", "note": "none"})
    told = client.get(f"{PATH}/clauses", params={"packs": "us"}).json()["clauses"]
    verdicts = [c["verdict"] for c in told]
    assert verdicts[0] == "needs a human"
    assert told[-1]["id"] == "us/captions"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"clause": "us/captions", "decision": "pass"}, 422),
        ({"clause": "us/captions", "decision": "pass", "note": "a\u202eb"}, 422),
        ({"clause": "us/captions", "decision": "pass", "note": "x" * 4001}, 422),
        ({"clause": "us/captions", "decision": "certify", "note": "x"}, 422),
        ({"clause": "us/captions", "decision": "pass", "note": "x", "times": [{"start": 2, "end": 1}]}, 422),
        ({"clause": "us/captions", "decision": "pass", "note": "x", "times": [{"start": 0, "end": 1e6}]}, 422),
        ({"clause": "us/harsh-sexual-word", "decision": "pass", "note": "x"}, 422),
        ({"clause": "us/nothing", "decision": "pass", "note": "x"}, 404),
        ({"clause": "../us", "decision": "pass", "note": "x"}, 404),
    ],
)
def test_a_sign_off_that_makes_no_sense_is_refused(
    client: TestClient, library: Library, body: dict[str, Any], status: int
):
    assert client.post(f"{PATH}/clauses", json=body).status_code == status
    assert library.reviewer.log.entries() == ()


def test_a_place_is_added_listed_corrected_and_withdrawn(client: TestClient):
    body = {"start": 200, "end": 202.5, "category": "violence", "severity": "strong", "label": "stabbing", "note": "a"}
    made = client.post(f"{PATH}/places", json=body)
    assert made.status_code == 201, made.text
    flag = made.json()
    assert (flag["state"], flag["kind"], flag["title"], flag["score"]) == (
        "added", "concern", "stabbing (strong, added by a person)", 1.0,
    )  # fmt: skip
    assert flag in client.get(PATH).json()["flags"]
    assert [f["id"] for f in client.get("/v1/review/queue", params={"state": "added"}).json()["flags"]] == [flag["id"]]
    now = client.post(PATH, json={"flag": flag["id"], "decision": "correct", "end": 210}).json()
    assert (now["id"], now["state"], now["end"], now["note"]) == (flag["id"], "added", 210.0, "")
    gone = client.post(PATH, json={"flag": flag["id"], "decision": "withdraw", "note": "a cake"}).json()
    assert gone["state"] == "withdrawn"
    assert flag["id"] not in {f["id"] for f in client.get(PATH).json()["flags"]}


@pytest.mark.parametrize(
    "more",
    [{"category": "boredom"}, {"severity": ""}, {"end": 200}, {"end": 9e6}, {"kind": "vector"}, {"colour": "red"}],
)
def test_a_place_that_makes_no_sense_is_refused(client: TestClient, library: Library, more: dict[str, Any]):
    body = {"start": 200, "end": 202, "category": "violence", "severity": "strong"} | more
    assert client.post(f"{PATH}/places", json=body).status_code == 422
    assert library.reviewer.log.entries() == ()


def test_who_may_only_read_neither_signs_nor_adds(client: TestClient, service: Service):
    service.open_here = False
    reader = {"X-Api-Key": service.keys.create("Rita", ("read",))}
    place = {"start": 200, "end": 202, "category": "violence", "severity": "strong"}
    signing = {"clause": "us/captions", "decision": "pass", "note": "x"}
    for where, body in (("places", place), ("clauses", signing)):
        assert client.post(f"{PATH}/{where}", json=body).status_code == 401
        assert client.post(f"{PATH}/{where}", json=body, headers=reader).status_code == 403
    assert client.get(f"{PATH}/clauses", headers=reader).status_code == 200


# The timeline


def test_the_timeline_has_what_people_added_of_what_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    library = Library(tmp_path / "library")
    library.store.put_movie(FILM)
    made = _timeline(_black(10, 13), _shot(100, 104))
    fewer = {name: track for name, track in made.tracks.items() if name[1] != Mention.kind}
    bare = Timeline(FILM, fewer, {}, made.makers)
    monkeypatch.setattr(Library, "_made", lambda *_: bare)
    monkeypatch.setattr(Library, "evidence", lambda *_: made)
    for category, label in (("violence", "stabbing"), ("language", "fuck"), ("technical", "freeze")):
        severity = "" if category == "technical" else "strong"
        library.reviewer.add(FILM, _mark(category, label, severity))
    timeline = library.timeline(FILM)
    assert [(c.label, c.span) for c in timeline.track(Concern)] == [
        ("gunfire", Span.from_seconds(100, 104)),
        ("stabbing", Span.from_seconds(200, 201)),
    ]
    assert [f.label for f in library.timeline(FILM, (Flag,)).track(Flag)] == ["black", "freeze"]
    assert timeline.find(Mention) is None  # nobody listened: one word of a person's does not make it look so


def _mark(category: str, label: str, severity: str) -> Mark:
    return Mark(Time.from_seconds(200), Time.from_seconds(201), category, severity, label)


# At the command line


@pytest.fixture
def at_hand(library: Library, monkeypatch: pytest.MonkeyPatch) -> Library:
    for module in (compliance_cli, edits_cli):
        monkeypatch.setattr(module, "open_library", lambda: library)
    return library


def _cinedex(*words: str) -> str:
    done = CliRunner().invoke(cli.app, list(words), env={"COLUMNS": "200"})
    if isinstance(done.exception, CinedexError):
        raise done.exception
    return done.output


@pytest.mark.usefixtures("at_hand")
def test_a_clause_is_signed_off_at_the_command_line():
    waiting = json.loads(run("clauses", FILM.name, "--for", "us", "--json"))
    assert "us/captions" in [c["id"] for c in waiting]
    told = run(
        "sign", FILM.name, "us/captions", "not-applicable", "--note", "no [b]speech[/b]", "--by", "Bo", "--at", "1-2"
    )
    assert "us/captions  not applicable: said not to apply by Bo" in told
    assert "no [b]speech[/b]" in told
    assert "us/captions" not in run("clauses", FILM.name, "--for", "us")
    assert "not applicable captions: said not to apply by Bo" in _cinedex("compliance", FILM.name, "--for", "us")
    assert "us/captions" in run("log")
    assert [e["decision"] for e in json.loads(run("log", "--json"))] == ["not applicable"]
    assert "needs a human" in run("reopen", FILM.name, "us/captions")
    assert "2 entries, nothing changed" in run("log", "--verify")


@pytest.mark.usefixtures("at_hand")
def test_a_place_is_added_edited_around_and_withdrawn_at_the_command_line():
    place = ["--from", "3:20", "--to", "3:22", "--category", "violence", "--severity", "very-strong"]
    flag = json.loads(run("add", FILM.name, *place, "--note", "off screen", "--json"))
    assert flag["state"] == "added"
    assert flag["id"] in run("queue", FILM.name, "--state", "added")
    edits = json.loads(_cinedex("edits", FILM.name, "--skip", "violence:very-strong", "--json"))
    assert [e["start"] for e in edits["edits"]] == [199.75]
    assert "withdrawn by" in run("withdraw", FILM.name, flag["id"][:6])
    assert "Nothing waits" in run("queue", FILM.name, "--state", "added")


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["sign", FILM.name, "captions", "pass", "--note", "x"], "no clause 'captions'"),
        (["sign", FILM.name, "us/captions", "pass", "--note", "x", "--at", "noon"], "'noon' is no"),
        (["reopen", FILM.name, "us/captions"], "was not signed off"),
        (["add", FILM.name, "--from", "1", "--to", "2", "--category", "violence"], "how strong"),
    ],
)
def test_what_is_wrong_is_said_at_the_command_line(words: list[str], says: str):
    with pytest.raises(CinedexError, match=says):
        run(*words)


@pytest.mark.usefixtures("at_hand")
def test_two_versions_of_a_pack_are_compared_with_their_sign_offs(tmp_path: Path):
    text = (
        'title = "House"\nversion = {}\n[clauses.captions]\ntext = "Captions {}."\nsource = "x"\nknown = "verified"\n'
        'test = "person"\n'
    )
    old, new = tmp_path / "house.toml", tmp_path / "house-next.toml"
    old.write_text(text.format(1, "are there"))
    new.write_text(text.format(2, "are there and right"))
    run("sign", FILM.name, "house/captions", "pass", "--note", "read", "--pack", str(old), "--by", "Bo")
    told = _cinedex("compliance", "compare", str(old), str(new))
    assert "captions: pass: passed by Bo" in told
    assert "signed off earlier, under version 1 of the pack, which is now 2" in told
    new.write_text(text.format(2, "are there"))
    assert "Nothing changes" in _cinedex("compliance", "compare", str(old), str(new))
    standing = json.loads(_cinedex("compliance", "library", "--pack", str(old), "--json"))[0]
    assert (standing["standing"], standing["counts"]["pass"]) == ("nothing against it", 1)


# Remedies


@pytest.fixture(scope="module")
def strobe() -> ArrayFilm:
    return flashing(range(60, 120, 3), 210, rows_lit=18)


@pytest.fixture
def watched(strobe: ArrayFilm, library: Library, monkeypatch: pytest.MonkeyPatch) -> list[Span]:
    """The film flashes, and its pictures are those of an array; gives the stretches that were watched again."""
    timeline = known(strobe)
    film = replace(timeline.movie, id=FILM.id, uri=FILM.uri, name=FILM.name)
    library.store.put_movie(film)
    monkeypatch.setattr(Library, "timeline", lambda *_: replace(timeline, movie=film))
    monkeypatch.setattr(Library, "evidence", lambda *_: replace(timeline, movie=film))
    seen: list[Span] = []

    def watch(movie: Movie, span: Span) -> Shown:
        seen.append(span)
        chunk = FrameChunk(strobe.starts, strobe.ends, strobe.starts, np.ones(len(strobe.starts), bool), strobe.pixels)
        none = FrameChunk(
            *(x[:0] for x in (strobe.starts, strobe.ends, strobe.starts, np.ones(1, bool))), chunk.pixels[:0]
        )
        return Shown(movie, chunk, none)

    monkeypatch.setattr(calm, "watch", watch)
    return seen


def _until(client: TestClient, state: str) -> dict[str, Any]:
    end = time.monotonic() + 20
    while (told := dict(client.get(_REMEDIES, params={"packs": "wcag"}).json()))["state"] != state:
        assert time.monotonic() < end, told
        time.sleep(0.02)
    return told


_REMEDIES = f"/v1/films/{FILM.id}/remedies"


def test_remedies_are_looked_for_once_beside_the_requests_and_stand_in_the_report(
    client: TestClient, service: Service, watched: list[Span]
):
    report = f"/v1/films/{FILM.id}/compliance"
    assert client.get(_REMEDIES, params={"packs": "wcag"}).json()["state"] == "none"
    assert "The mildest remedy" not in client.get(report, params={"packs": "wcag", "format": "html"}).text
    with service.heavy, service.heavy:  # the server has its hands full: who asks is not kept waiting
        told = client.post(_REMEDIES, params={"packs": "wcag"})
        assert (told.status_code, told.json()["tried"]) == (202, 0)
        assert told.json()["state"] in {"queued", "running"}
        assert client.post(_REMEDIES, params={"packs": "wcag"}).status_code == 202
    done = _until(client, "done")
    assert (done["windows"], done["tried"]) == (1, 1)
    (remedy,) = done["remedies"]["wcag-2-2"]
    assert remedy["passes"]
    assert remedy["says"].endswith("passes")
    page = client.get(report, params={"packs": "wcag", "format": "html"}).text
    assert f"The mildest remedy: {remedy['says']}." in page
    clauses = client.get(report, params={"packs": "wcag"}).json()["packs"][0]["clauses"]
    assert [r["says"] for c in clauses for r in c.get("remedies", ())] == [remedy["says"]]
    client.post(_REMEDIES, params={"packs": "wcag"})
    assert _until(client, "done") == done
    assert len(watched) == 1


def test_a_remedy_that_was_kept_torn_is_looked_for_anew(library: Library, watched: list[Span]):
    movie = library.find(FILM.id)
    said = library.flicker.verdict(movie)
    (made,) = library.flicker.remedies(movie, said)
    assert list(library.flicker.remedies(movie, said)) == [made]
    folder = Path(library.store.root) / "films" / FILM.id / "marks"
    (kept,) = (p for p in folder.iterdir() if p.name.startswith("remedy"))
    kept.write_text(kept.read_text()[:40])
    assert list(library.flicker.remedies(movie, said)) == [made]
    assert len(watched) == 2


@pytest.mark.usefixtures("watched")
def test_why_remedies_cannot_be_found_is_told_and_asking_again_tries_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
):
    tries = threading.Semaphore(0)

    def fails(*_: Any) -> Shown:
        tries.release()
        raise MediaError("the film cannot be read")

    monkeypatch.setattr(calm, "watch", fails)
    for _ in range(2):
        client.post(_REMEDIES, params={"packs": "wcag"})
        assert tries.acquire(timeout=10)
        assert "the film cannot be read" in _until(client, "failed")["why"]
