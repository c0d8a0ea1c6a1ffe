"""The service over HTTP: films, jobs, search and keys as programs meet them, and what is refused."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from tests.films import Sound, make_film
from tests.unit.test_library import library_at

from cinedex.app.server.application import application
from cinedex.app.server.around import BODY_BYTES
from cinedex.app.server.service import Service
from cinedex.app.server.state import State
from cinedex.errors import StoreError
from cinedex.timeline.rows import KINDS

RED, GREEN = (200, 40, 40), (40, 190, 60)


class Running:
    """A service with one film in an allowed folder, and a client for it."""

    def __init__(self, folder: Path) -> None:
        self.films = folder / "films"
        self.films.mkdir()
        self.film = make_film(self.films / "two colours.mkv", shots=[(2, RED), (2, GREEN)], sounds=[Sound()])
        self.state = State(folder / "state.sqlite")
        self.service = Service(
            library_at(folder / "library"), self.state, folder / "uploads", (self.films,), open_here=True
        )
        self.client = TestClient(application(self.service, hosts=("testserver",)), raise_server_exceptions=False)

    def added(self) -> str:
        answer = self.client.post("/v1/films", json={"path": str(self.film)})
        assert answer.status_code == 201
        return str(answer.json()["id"])

    def ended(self, job: str, within: float = 60) -> dict[str, Any]:
        until = time.monotonic() + within
        while time.monotonic() < until:
            found: dict[str, Any] = self.client.get(f"/v1/jobs/{job}").json()
            if found["state"] not in {"queued", "running"}:
                return found
            time.sleep(0.05)
        raise AssertionError("the job did not end")


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("service"))
    with running.client:
        film = running.added()
        answer = running.client.post("/v1/jobs", json={"film": film})
        assert answer.status_code == 202
        assert answer.json()["estimated_seconds"] >= 0
        assert running.ended(answer.json()["id"])["state"] == "done"
        yield running


@pytest.fixture
def idle(tmp_path: Path) -> Running:
    """A service whose worker does not work."""
    return Running(tmp_path)


def test_a_film_is_added_analysed_and_asked(analysed: Running):
    client = analysed.client
    (film,) = client.get("/v1/films").json()["films"]
    known = client.get(f"/v1/films/{film['id']}").json()
    assert {"shot", "picture", "tag"} <= {t["kind"] for t in known["tracks"]}
    shots = client.get(f"/v1/films/{film['id']}/tracks/shot").json()["rows"]
    assert [round(s["start"], 2) for s in shots] == [0, 2]
    late = client.get(f"/v1/films/{film['id']}/tracks/shot", params={"from": 3}).json()["rows"]
    assert [round(s["start"], 2) for s in late] == [2]
    hits = client.get("/v1/search", params={"q": "green"}).json()["hits"]
    assert hits
    assert hits[0]["movie"] == film["id"]


def test_no_path_of_the_server_is_told(analysed: Running):
    film = analysed.client.get("/v1/films").json()["films"][0]["id"]
    for path in ("/v1/films", f"/v1/films/{film}", f"/v1/films/{film}/report", f"/v1/films/{film}/export"):
        assert str(analysed.films) not in analysed.client.get(path).text


def test_arrow_carries_exact_ticks(analysed: Running):
    film = analysed.client.get("/v1/films").json()["films"][0]["id"]
    answer = analysed.client.get(f"/v1/films/{film}/tracks/shot", params={"format": "arrow"})
    table = pa.ipc.open_stream(answer.content).read_all()
    assert table.column("start").to_pylist() == [0, 2 * 705_600_000]


@pytest.mark.parametrize("kind", ["faceprint", "voiceprint", "no-such-kind"])
def test_what_identifies_somebody_is_not_given_out(analysed: Running, kind: str):
    film = analysed.client.get("/v1/films").json()["films"][0]["id"]
    assert analysed.client.get(f"/v1/films/{film}/tracks/{kind}").status_code == 404


def test_every_other_kind_is_given_out_or_not_computed(analysed: Running):
    film = analysed.client.get("/v1/films").json()["films"][0]["id"]
    for kind in set(KINDS) - {"faceprint", "voiceprint"}:
        assert analysed.client.get(f"/v1/films/{film}/tracks/{kind}").status_code in {200, 404}


def test_media_comes_in_ranges(analysed: Running):
    film = analysed.client.get("/v1/films").json()["films"][0]["id"]
    whole = analysed.film.read_bytes()
    part = analysed.client.get(f"/v1/films/{film}/media", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
    beyond = analysed.client.get(f"/v1/films/{film}/media", headers={"Range": f"bytes={len(whole)}-"})
    assert beyond.status_code == 416


def test_stills_are_cached(analysed: Running):
    film = analysed.client.get("/v1/films").json()["films"][0]["id"]
    first = analysed.client.get(f"/v1/films/{film}/still", params={"at": 3})
    assert first.headers["content-type"].startswith("image/")
    again = analysed.client.get(
        f"/v1/films/{film}/still", params={"at": 3}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert analysed.client.get(f"/v1/films/{film}/still", params={"at": 0}).content != first.content


def test_the_report_brings_its_own_policy(analysed: Running):
    film = analysed.client.get("/v1/films").json()["films"][0]["id"]
    answer = analysed.client.get(f"/v1/films/{film}/report")
    assert "Content-Security-Policy" in answer.text
    assert 'src="media"' in answer.text or '"media"' in answer.text


@pytest.mark.parametrize("form", ["json", "vtt", "srt", "otio"])
def test_exports_come_as_files(analysed: Running, form: str):
    film = analysed.client.get("/v1/films").json()["films"][0]["id"]
    answer = analysed.client.get(f"/v1/films/{film}/export", params={"format": form})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="two-colours.{form}"'


def test_events_tell_a_job_to_its_end(analysed: Running):
    job = analysed.client.get("/v1/jobs").json()["jobs"][0]["id"]
    answer = analysed.client.get(f"/v1/jobs/{job}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert '"state": "done"' in answer.text


def test_the_page_and_health_are_there(analysed: Running):
    for path, kind in (
        ("/", "text/html"),
        ("/page/js/app.js", "text/javascript"),
        ("/page/css/base.css", "text/css"),
    ):
        answer = analysed.client.get(path)
        assert answer.headers["content-type"].startswith(kind)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert analysed.client.get("/healthz").json()["status"] == "ok"
    assert analysed.client.get("/readyz").json() == {"status": "ready"}
    assert 'cinedex_jobs{state="done"} 1.0' in analysed.client.get("/metrics").text


# What is refused


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "films/../../secret", "\0", "~/.ssh/id_rsa"])
def test_films_come_out_of_allowed_folders_alone(idle: Running, path: str):
    answer = idle.client.post("/v1/films", json={"path": path})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Allowed folders" in answer.json()["remedy"]


def test_a_link_out_of_an_allowed_folder_is_no_way_out(idle: Running, tmp_path: Path):
    outside = make_film(tmp_path / "outside.mkv", seconds=1)
    (idle.films / "link.mkv").symlink_to(outside)
    assert idle.client.post("/v1/films", json={"path": str(idle.films / "link.mkv")}).status_code == 403


def test_what_is_no_film_is_a_problem_that_says_so(idle: Running):
    (idle.films / "note.mp4").write_text("no film")
    answer = idle.client.post("/v1/films", json={"path": str(idle.films / "note.mp4")})
    assert answer.status_code == 415
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/films/nothing", None, 404),
        ("GET", "/v1/films?limit=0", None, 422),
        ("GET", "/v1/jobs/nothing", None, 404),
        ("POST", "/v1/jobs", {"film": "nothing"}, 404),
        ("POST", "/v1/jobs", {"film": "x", "colour": "red"}, 422),
        ("POST", "/v1/films", {}, 422),
        ("GET", "/v1/search?q=%20", None, 422),
        ("GET", "/nowhere", None, 404),
        ("PUT", "/v1/films", None, 405),
    ],
)
def test_problems_have_one_form(idle: Running, method: str, path: str, body: Any, status: int):
    answer = idle.client.request(method, path, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    told = answer.json()
    assert told["status"] == status
    assert told["detail"]
    assert told["request"] == answer.headers["x-request-id"]


def test_other_sites_and_names_are_not_answered(idle: Running):
    for headers in ({"Origin": "http://elsewhere"}, {"Sec-Fetch-Site": "cross-site"}):
        assert idle.client.post("/v1/jobs", json={"film": "x"}, headers=headers).status_code == 403
    assert idle.client.get("/v1/films", headers={"Host": "rebound.example"}).status_code == 400


def test_a_huge_body_is_refused_before_it_is_read(idle: Running):
    answer = idle.client.post("/v1/films", content=b"x", headers={"Content-Length": str(BODY_BYTES + 1)})
    assert answer.status_code == 413


# Keys


def test_keys_open_what_their_scopes_say(idle: Running):
    idle.service.open_here = False
    assert idle.client.get("/v1/films").status_code == 401
    reader = {"Authorization": f"Bearer {idle.service.keys.create('reader', ('read',))}"}
    assert idle.client.get("/v1/films", headers=reader).status_code == 200
    assert idle.client.post("/v1/films", json={"path": str(idle.film)}, headers=reader).status_code == 403
    analyst = {"X-Api-Key": idle.service.keys.create("analyst", ("read", "analyse"))}
    film = idle.client.post("/v1/films", json={"path": str(idle.film)}, headers=analyst).json()["id"]
    assert idle.client.delete(f"/v1/films/{film}", headers=analyst).status_code == 403
    admin = {"X-Api-Key": idle.service.keys.create("admin", ("admin",))}
    assert idle.client.delete(f"/v1/films/{film}", headers=admin).status_code == 204
    done = [row["did"] for row in idle.state.rows("SELECT did FROM audit WHERE result = 'done' ORDER BY number")]
    assert done == ["create key"] * 2 + ["add film", "create key", "remove film"]


def test_a_revoked_or_wrong_key_is_none(idle: Running):
    key = idle.service.keys.create("reader", ("read",))
    assert idle.service.keys.caller(key) is not None
    assert idle.service.keys.caller(key[:-1] + ("a" if key[-1] != "a" else "b")) is None
    for wrong in ("", "cdx", "cdx__", "abc_" + key[4:], key.upper()):
        assert idle.service.keys.caller(wrong) is None
    idle.service.keys.revoke(key.split("_")[1])
    assert idle.client.get("/v1/films", headers={"X-Api-Key": key}).status_code == 401


def test_no_secret_is_kept(idle: Running):
    key = idle.service.keys.create("reader", ("read",))
    idle.state.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    assert key.split("_", 2)[2].encode() not in idle.state.engine.path.read_bytes()


def test_the_page_keeps_a_key_in_a_cookie_that_scripts_cannot_read(idle: Running):
    idle.service.open_here = False
    assert idle.client.post("/v1/session", json={"key": "cdx_1_2"}).status_code == 401
    key = idle.service.keys.create("reader", ("read",))
    answer = idle.client.post("/v1/session", json={"key": key})
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in answer.headers["set-cookie"].split(";")}
    assert idle.client.get("/v1/films").status_code == 200
    idle.client.delete("/v1/session")
    assert idle.client.get("/v1/films").status_code == 401


def test_a_state_of_a_newer_form_is_refused(tmp_path: Path):
    with closing(sqlite3.connect(tmp_path / "s.sqlite")) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer"):
        State(tmp_path / "s.sqlite")
