"""Who did what: the audit log over HTTP and on the command line, keys and their rotation, and libraries kept apart."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.films import make_film
from tests.unit.test_library import library_at
from typer.testing import CliRunner

from cinedex.app.cli import app
from cinedex.app.server.application import application
from cinedex.app.server.jobs import Jobs
from cinedex.app.server.keys import ROLES, Keys
from cinedex.app.server.service import Service
from cinedex.app.server.state import State
from cinedex.errors import NotFoundError, StoreError


class Kept:
    """A service that wants keys, with a client, and a film in an allowed folder."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "state.sqlite"
        self.film = make_film(folder / "films" / "a.mkv", seconds=1)
        self.service = Service(
            library_at(folder / "library"), State(self.place), folder / "up", (folder / "films",), name="here"
        )
        self.keys = self.service.keys
        self.client = TestClient(application(self.service, hosts=("testserver",)), raise_server_exceptions=False)

    def headers(self, *scopes: str, name: str = "anna") -> dict[str, str]:
        return {"X-Api-Key": self.keys.create(name, scopes)}

    def told(self, **asked: Any) -> list[dict[str, Any]]:
        admin = {"X-Api-Key": self.keys.create("auditor", ("admin",))}
        answer = self.client.get("/v1/admin/audit", params=asked, headers=admin)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["entries"]
        return [e for e in found if e["what"].split(" ")[-1] != "auditor"]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    (tmp_path / "films").mkdir()
    return Kept(tmp_path)


def test_what_was_done_is_told_with_key_route_film_time_and_result(kept: Kept):
    anna = kept.headers("read", "analyse")
    added = kept.client.post("/v1/films", json={"path": str(kept.film)}, headers=anna | {"X-Request-Id": "r-1"})
    film = added.json()["id"]
    job = kept.client.post("/v1/jobs", json={"film": film}, headers=anna).json()["id"]
    asked, did, _ = kept.told()
    number = anna["X-Api-Key"].split("_")[1]
    assert (did["who"], did["key_id"], did["did"]) == ("anna", number, "add film")
    assert (did["route"], did["result"], did["request"]) == ("POST /v1/films", "done", "r-1")
    assert (did["library"], abs(did["at"] - time.time()) < 30) == ("here", True)
    assert (asked["did"], asked["film"]) == ("ask for analysis", film)
    assert asked["what"].startswith(job)
    assert [e["did"] for e in kept.told(film=film)] == ["ask for analysis"]


def test_what_was_refused_or_failed_is_told_too(kept: Kept):
    reader = kept.headers("read", name="reader")
    assert kept.client.post("/v1/jobs", json={"film": "x"}, headers=reader).status_code == 403
    assert kept.client.post("/v1/jobs", json={"film": "x"}, headers={"X-Api-Key": "cdx_0_no"}).status_code == 401
    analyst = kept.headers("analyse", "read", name="analyst")
    assert kept.client.post("/v1/jobs/none/cancel", headers=analyst).status_code == 404
    told = [(e["who"], e["route"], e["result"]) for e in kept.told() if e["result"] != "done"]
    assert told == [
        ("analyst", "POST /v1/jobs/{job}/cancel", "404"),
        ("nobody known", "POST /v1/jobs", "401"),
        ("reader", "POST /v1/jobs", "403"),
    ]


def test_who_has_no_key_or_asks_too_often_cannot_fill_the_log(kept: Kept):
    kept.headers("read")
    for _ in range(3):
        assert kept.client.post("/v1/jobs", json={"film": "x"}).status_code == 401
    wrong = [kept.client.post("/v1/jobs", json={}, headers={"X-Api-Key": "cdx_0_no"}).status_code for _ in range(60)]
    assert 429 in wrong
    assert len([e for e in kept.told(limit=1000) if e["result"] == "401"]) == wrong.count(401)


def test_looking_is_not_told_and_only_admins_see_the_log(kept: Kept):
    reader = kept.headers("read")
    kept.client.get("/v1/films", headers=reader)
    assert kept.client.get("/v1/admin/audit", headers=reader).status_code == 403
    assert [e["did"] for e in kept.told()] == ["create key"]


def test_pages_are_disjoint_and_complete(kept: Kept):
    for number in range(7):
        kept.service.state.note("a", "did", str(number))
    admin = kept.headers("admin")
    seen: list[str] = []
    asked: dict[str, Any] = {"limit": 3, "who": "a"}
    while True:
        page = kept.client.get("/v1/admin/audit", params=asked, headers=admin).json()
        seen += [e["what"] for e in page["entries"]]
        if page["next"] is None:
            break
        asked["before"] = page["next"]
    assert seen == [str(n) for n in range(6, -1, -1)]


@pytest.mark.parametrize("act", ["DELETE FROM audit", "UPDATE audit SET who = 'somebody else'"])
def test_the_log_is_only_added_to(kept: Kept, act: str):
    kept.service.state.note("a", "did", "it")

    def change() -> None:
        with kept.service.state.writing() as db:
            db.execute(act)

    with pytest.raises(StoreError, match="only added to"):
        change()
    assert len(kept.service.state.audited({"who": "a"})) == 1


def test_the_command_line_tells_the_log(kept: Kept):
    kept.service.state.note("anna", "remove film", "m1-0 [red]")
    done = CliRunner().invoke(app, ["server", "audit", "--state", str(kept.place), "--who", "anna"])
    assert done.exit_code == 0, done.output
    assert "remove film" in done.output
    done = CliRunner().invoke(app, ["server", "audit", "--state", str(kept.place), "--json"])
    assert json.loads(done.output)[0]["what"] == "m1-0 [red]"


# Keys


def test_a_rotated_key_holds_for_its_grace_and_the_new_one_may_the_same(kept: Kept):
    old = kept.keys.create("anna", ("read", "review"), libraries=("here",))
    number = old.split("_")[1]
    new = kept.keys.rotate(number, grace=60)
    assert kept.keys.caller(old) is not None
    found = kept.keys.caller(new)
    assert found is not None
    assert (found.name, found.scopes) == ("anna", {"read", "review"})
    again = kept.keys.rotate(number)
    assert kept.keys.caller(old) is None
    assert kept.keys.caller(again) is not None
    with pytest.raises(NotFoundError):
        kept.keys.rotate(number)


def test_admins_make_rotate_and_revoke_keys_and_no_secret_stays(kept: Kept):
    admin = kept.headers("admin", name="boss")
    asked = admin | {"Idempotency-Key": "once"}
    made = kept.client.post("/v1/admin/keys", json={"name": "bob", "role": "analyst"}, headers=asked)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    one = made.json()
    assert kept.keys.caller(one["key"]).scopes == set(ROLES["analyst"])  # type: ignore[union-attr]  # fails if None
    turned = kept.client.post(f"/v1/admin/keys/{one['id']}/rotate", json={}, headers=admin).json()
    assert kept.keys.caller(one["key"]) is None
    assert kept.client.delete(f"/v1/admin/keys/{turned['id']}", headers=admin).status_code == 204
    assert kept.client.delete(f"/v1/admin/keys/{turned['id']}", headers=admin).status_code == 404
    listed = kept.client.get("/v1/admin/keys", headers=admin).text
    kept.service.state.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    for key in (one["key"], turned["key"]):
        secret = key.split("_", 2)[2]
        assert secret not in listed
        assert secret.encode() not in kept.place.read_bytes()
    done = [(e["who"], e["did"]) for e in kept.told() if e["key_id"] and e["result"] == "done"]
    assert done == [("boss", "revoke key"), ("boss", "rotate key"), ("boss", "create key")]
    reviewer = kept.headers("review", "read")
    assert kept.client.post("/v1/admin/keys", json={"name": "x", "role": "owner"}, headers=reviewer).status_code == 403


def test_a_key_opens_the_libraries_that_it_names(kept: Kept):
    elsewhere = {"X-Api-Key": kept.keys.create("other", ("read",), libraries=("elsewhere",))}
    here = {"X-Api-Key": kept.keys.create("own", ("read",), libraries=("here", "elsewhere"))}
    assert kept.client.get("/v1/films", headers=elsewhere).status_code == 401
    assert kept.client.get("/v1/films", headers=here).status_code == 200
    assert Keys(kept.service.state, "elsewhere").caller(elsewhere["X-Api-Key"]) is not None


def test_jobs_are_of_one_library(kept: Kept):
    state = kept.service.state
    one, other = Jobs(state, library="one"), Jobs(state, library="other")
    job = one.ask("m", "film", [])["id"]
    assert other.take("w") is None
    assert other.list() == []
    with pytest.raises(NotFoundError):
        other.cancel(job)
    before = Jobs(state).ask("m", "of before", [])["id"]
    assert {j["id"] for j in one.list()} == {job, before}
    assert one.take("w")["id"] == job  # type: ignore[index]  # fails if None


def test_a_key_that_another_server_revoked_is_refused_within_a_second(kept: Kept, monkeypatch: pytest.MonkeyPatch):
    key = kept.keys.create("anna", ("read",))
    assert kept.keys.caller(key) is not None
    Keys(State(kept.place)).revoke(key.split("_")[1])
    now = time.monotonic()
    monkeypatch.setattr("cinedex.app.server.keys.time.monotonic", lambda: now + 1.01)
    assert kept.keys.caller(key) is None
