"""Review over HTTP and at the command line: what the page and reviewers meet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.timelines import make_movie
from tests.unit.test_review import _black, _shot, _timeline, _word
from typer.testing import CliRunner

from cinedex.app import cli, review_cli
from cinedex.app.server.application import application
from cinedex.app.server.service import Service
from cinedex.app.server.state import State
from cinedex.compliance.log import PLACE
from cinedex.errors import CinedexError
from cinedex.library import Library
from cinedex.timeline.timeline import Timeline

FILM = make_movie(seconds=600)
ROWS = (_black(10, 13), _word(60), _shot(100, 104))


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    library = Library(tmp_path / "library")
    library.store.put_movie(FILM)
    known = _timeline(*ROWS)

    def timeline(_self: Library, movie: Any, _rows: Any = None) -> Timeline:
        return Timeline(movie, known.tracks, known.failures, known.makers)

    monkeypatch.setattr(Library, "timeline", timeline)
    monkeypatch.setattr(Library, "evidence", timeline)
    monkeypatch.setattr(review_cli, "open_library", lambda: library)
    return library


@pytest.fixture
def service(library: Library, tmp_path: Path) -> Service:
    return Service(library, State(tmp_path / "state.sqlite"), tmp_path / "uploads", (), open_here=True)


@pytest.fixture
def client(service: Service) -> TestClient:
    return TestClient(application(service, hosts=("testserver",)), raise_server_exceptions=False)


# Over HTTP


def test_a_flag_is_listed_decided_and_listed_as_decided(client: TestClient):
    path = f"/v1/films/{FILM.id}/review"
    told = client.get(path).json()
    word = next(f for f in told["flags"] if f["kind"] == "mention")
    assert word | {"id": "", "clauses": []} == {
        "id": "", "film": FILM.id, "film_name": FILM.name, "title": "Fuck", "kind": "mention", "category": "language",
        "severity": "strong", "score": 0.9, "start": 60.0, "end": 60.4, "rests_on": ["mention@42336000000#sexual-Fuck"],
        "clauses": [], "state": "open", "note": None, "by": None, "at": None,
    }  # fmt: skip
    assert "us/harsh-sexual-word" in word["clauses"]
    body = {"flag": word["id"], "decision": "correct", "severity": "mild", "start": 59.5, "note": "half swallowed"}
    now = client.post(path, json=body)
    assert now.status_code == 200, now.text
    assert now.json() | {"at": "", "clauses": word["clauses"]} == word | {
        "severity": "mild", "start": 59.5, "score": 1.0, "state": "corrected", "note": "half swallowed",
        "by": "this machine", "at": "",
    }  # fmt: skip
    assert now.json() in client.get(path).json()["flags"]
    verdict = client.get(f"/v1/films/{FILM.id}/compliance", params={"packs": "us"}).json()["packs"][0]["clauses"]
    assert next(c for c in verdict if c["clause"] == "harsh-sexual-word")["verdict"] == "pass"


def test_the_queue_is_of_all_films_and_comes_in_pages(client: TestClient):
    told = client.get("/v1/review/queue").json()
    assert (told["total"], told["next"]) == (3, None)
    first = client.get("/v1/review/queue", params={"limit": 2}).json()
    rest = client.get("/v1/review/queue", params={"after": first["next"]}).json()
    assert [*first["flags"], *rest["flags"]] == told["flags"]
    client.post(f"/v1/films/{FILM.id}/review", json={"flag": told["flags"][0]["id"], "decision": "reject"})
    assert client.get("/v1/review/queue").json()["total"] == 2
    states = client.get("/v1/review/queue", params={"state": ["open", "rejected"]}).json()["flags"]
    assert sorted(f["state"] for f in states) == ["open", "open", "rejected"]
    assert client.get("/v1/review/queue", params={"packs": "wcag"}).json()["flags"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"flag": "0123456789ab", "decision": "reject"}, 404),
        ({"flag": "FLAG", "decision": "reject"}, 422),
        ({"decision": "reject"}, 422),
        ({"flag": "", "decision": "approve"}, 422),
        ({"flag": "", "decision": "correct"}, 422),
        ({"flag": "", "decision": "correct", "severity": "awful"}, 422),
        ({"flag": "", "decision": "correct", "start": 14}, 422),
        ({"flag": "", "decision": "reject", "note": "a\u202eb"}, 422),
        ({"flag": "", "decision": "reject", "colour": "red"}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(client: TestClient, library: Library, body: dict[str, Any], status: int):
    flags = client.get(f"/v1/films/{FILM.id}/review").json()["flags"]
    black = next(f for f in flags if f["title"] == "3 s")
    answer = client.post(
        f"/v1/films/{FILM.id}/review", json=body | ({"flag": black["id"]} if body.get("flag") == "" else {})
    )
    assert answer.status_code == status, answer.text
    assert library.reviewer.log.decisions() == ()


def test_who_may_only_read_decides_nothing_and_who_decides_is_named(client: TestClient, service: Service):
    service.open_here = False
    reader = {"X-Api-Key": service.keys.create("Rita", ("read",))}
    reviewer = {"X-Api-Key": service.keys.create("Vic", ("read", "review"))}
    path = f"/v1/films/{FILM.id}/review"
    flag = client.get(path, headers=reader).json()["flags"][0]["id"]
    body = {"flag": flag, "decision": "accept"}
    assert client.get("/v1/review/queue").status_code == 401
    assert client.post(path, json=body, headers=reader).status_code == 403
    assert client.post(path, json=body, headers=reviewer).json()["by"] == "Vic"
    assert "review" in {r["did"] for r in service.state.rows("SELECT did FROM audit")}


def test_decisions_whose_flag_is_gone_are_told(client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch):
    path = f"/v1/films/{FILM.id}/review"
    for flag in client.get(path).json()["flags"]:
        client.post(path, json={"flag": flag["id"], "decision": "reject", "note": "no"})
    bare = _timeline(_word(60.1))
    monkeypatch.setattr(Library, "evidence", lambda _self, movie: Timeline(movie, bare.tracks, {}, bare.makers))
    del library.__dict__["reviewer"]  # it has the timeline of before
    told = client.get(path).json()
    assert [f["state"] for f in told["flags"]] == ["rejected"]
    assert sorted(d["label"] for d in told["lost"]) == ["black", "gunfire"]


# At the command line


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli.app, ["review", *words], env={"COLUMNS": "200"})
    if isinstance(done.exception, CinedexError):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.usefixtures("library")
def test_the_queue_decisions_and_the_log_at_the_command_line():
    flags = json.loads(run("queue", "--all", "--for", "us,broadcast-eu", "--json"))
    assert flags[0]["title"] == "Fuck"
    assert flags[0]["id"] in run("queue", FILM.name)
    assert "rejected" in run("reject", FILM.name, flags[0]["id"][:6], "--note", "a [b]name[/b]", "--by", "Ann Other")
    assert flags[0]["id"] not in run("queue", "--all")
    assert "Ann Other" in run("queue", FILM.name, "--state", "all")
    assert run("correct", FILM.name, flags[1]["id"], "--to", "0:13.5", "--json")
    told = run("log")
    assert "Ann Other" in told
    assert "a [b]name[/b]" in told
    assert [d["decision"] for d in json.loads(run("log", "--json"))] == ["reject", "correct"]
    assert "reopen" in run("reopen", FILM.name, flags[0]["id"]) + run("log")


@pytest.mark.usefixtures("library")
def test_a_log_that_was_changed_fails_the_command(library: Library):
    flag = json.loads(run("queue", "--all", "--json"))[0]["id"]
    run("reject", FILM.name, flag)
    end = json.loads(run("log", "--verify", "--json"))["end"]
    assert "nothing changed" in run("log", "--anchor", end)
    (Path(library.store.root) / PLACE / "000000001.json").unlink()
    assert "entry 1 is missing at the end" in run("log", "--verify", code=1)
    assert "was noted elsewhere" in run("log", "--anchor", end, code=1)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["queue"], "one film or all of them"),
        (["queue", "--all", "--state", "lost"], "there is no state 'lost'"),
        (["queue", "--all", "--for", "atlantis"], "there is no rule pack 'atlantis'"),
        (["correct", FILM.name, "0000", "--from", "noon"], "'noon' is no time"),
        (["log", "--anchor", "1"], "is no end of a log"),
        (["reject", "another film", "0000"], "another film"),
    ],
)
def test_what_is_wrong_is_said(words: list[str], says: str):
    with pytest.raises(CinedexError, match=says):
        run(*words)
