"""The routes of facts, people, answers, checks and pictures, and what each of them refuses to whom."""

from __future__ import annotations

import base64
import http.server
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from tests.casts import HARBOUR, put_film
from tests.casts import library_at as cast_at
from tests.unit.test_server import Running

from cinedex.app.server import fetching, reaching
from cinedex.app.server.application import application
from cinedex.app.server.around import BODY_BYTES
from cinedex.app.server.fetching import checked
from cinedex.app.server.limits import Limits
from cinedex.app.server.service import Service
from cinedex.app.server.state import State
from cinedex.errors import CinedexError
from cinedex.timeline.rows import KINDS


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("routes"))
    with running.client:
        job = running.client.post("/v1/jobs", json={"film": running.added()}).json()["id"]
        assert running.ended(job)["state"] == "done"
        yield running


@pytest.fixture
def idle(tmp_path: Path) -> Running:
    return Running(tmp_path)


@pytest.fixture
def film(analysed: Running) -> str:
    return str(analysed.client.get("/v1/films").json()["films"][0]["id"])


# Facts


def test_tracks_come_a_page_at_a_time(analysed: Running, film: str):
    path = f"/v1/films/{film}/tracks/word"
    whole = analysed.client.get(path).json()
    assert whole["total"] == len(whole["rows"]) > 3
    assert whole["next"] is None
    first = analysed.client.get(path, params={"limit": 2})
    assert first.json()["next"] == 2
    following = first.headers["link"].partition(">")[0].strip("<")
    assert following.startswith("/v1/films/")
    assert first.json()["rows"] + analysed.client.get(following).json()["rows"] == whole["rows"][:4]
    assert analysed.client.get(path, params={"after": 10**6}).json()["rows"] == []


def test_curves_may_leave_rows_out(analysed: Running, film: str):
    path = f"/v1/films/{film}/tracks/word"
    whole = analysed.client.get(path).json()["rows"]
    thin = analysed.client.get(path, params={"every": 2}).json()
    assert thin["rows"] == whole[::2]
    assert thin["total"] == len(whole[::2])


def test_questions_of_a_session_are_kept_under_its_name(analysed: Running):
    asked = {"q": "where is something green?", "session": "page-0a1b"}
    assert analysed.client.get("/v1/ask", params=asked).json()["claims"]
    assert analysed.service.library.sessions.turn("page-0a1b") is not None
    assert analysed.client.get("/v1/ask", params=asked | {"session": "../other"}).status_code == 422


def test_tracks_have_tags_of_exactly_what_is_in_them(analysed: Running, film: str):
    path = f"/v1/films/{film}/tracks/shot"
    first = analysed.client.get(path)
    known = {"If-None-Match": first.headers["etag"]}
    again = analysed.client.get(path, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert analysed.client.get(path, params={"from": 3}, headers=known).status_code == 200


def test_rows_are_found_by_what_they_say(analysed: Running, film: str):
    found = analysed.client.get(f"/v1/films/{film}/tracks/tag", params={"text": "GREEN"}).json()["rows"]
    assert found
    assert {r["label"] for r in found} == {"green"}
    assert analysed.client.get(f"/v1/films/{film}/tracks/shot", params={"text": "x"}).status_code == 422


def test_web_annotations_point_at_the_film(analysed: Running, film: str):
    answer = analysed.client.get(f"/v1/films/{film}/tracks/shot", params={"format": "annotation", "limit": 1})
    assert answer.headers["content-type"].startswith("application/ld+json")
    page = answer.json()
    assert (page["@context"], page["type"]) == ("http://www.w3.org/ns/anno.jsonld", "AnnotationPage")
    assert page["partOf"]["total"] == 2
    (item,) = page["items"]
    assert item["target"]["source"] == f"/v1/films/{film}/media"
    assert item["target"]["selector"]["value"] == "t=npt:0,2"
    assert analysed.client.get(page["next"]).json()["items"][0]["target"]["selector"]["value"].startswith("t=npt:2,")


def test_players_get_webvtt(analysed: Running, film: str):
    answer = analysed.client.get(f"/v1/films/{film}/tracks/cue", params={"format": "vtt"})
    assert answer.headers["content-type"].startswith("text/vtt")
    lines = answer.text.split("\n")
    assert lines[0] == "WEBVTT"
    assert lines[3].startswith("00:00:00.000 --> 00:00:0")


@pytest.mark.parametrize("form", ["json", "srt", "vtt", "ass", "ttml", "otio", "google-video"])
def test_every_export_comes(analysed: Running, film: str, form: str):
    answer = analysed.client.get(f"/v1/films/{film}/export", params={"format": form})
    assert answer.status_code == 200
    assert len(answer.content) > 20
    assert form in analysed.client.get("/v1/about").json()["exports"]


@pytest.mark.parametrize("form", ["", "../json", "nothing", "a" * 100])
def test_no_other_export_does(analysed: Running, film: str, form: str):
    assert analysed.client.get(f"/v1/films/{film}/export", params={"format": form}).status_code == 422


def test_a_storyboard_has_a_tile_for_each_shot(analysed: Running, film: str):
    told = analysed.client.get(f"/v1/films/{film}/storyboard.vtt").text
    places = [line for line in told.split("\n") if "#xywh=" in line]
    assert len(places) == 2
    address, _, box = places[1].partition("#xywh=")
    x, y, width, height = map(int, box.split(","))
    sheet = Image.open(io.BytesIO(analysed.client.get(address).content)).convert("RGB")
    red, green, blue = sheet.getpixel((x + width // 2, y + height // 2))
    assert green > red
    assert green > blue
    assert analysed.client.get(f"/v1/films/{film}/storyboard/1.jpg").status_code == 404


def test_stills_come_smaller(analysed: Running, film: str):
    small = analysed.client.get(f"/v1/films/{film}/still", params={"at": 3, "height": 32})
    assert Image.open(io.BytesIO(small.content)).height == 32


def test_a_stretch_is_processed_in_one_call(analysed: Running, film: str):
    answer = analysed.client.post(f"/v1/films/{film}/segment", json={"start": 1, "end": 3})
    assert answer.status_code == 200
    told = answer.json()
    assert [(s["start"], s["end"]) for s in told["visual"]["shot"]] == [(1, 2), (2, 3)]
    assert told["transcription"]["text"]
    assert all(1 <= w["start"] < w["end"] <= 3 for w in told["transcription"]["words"])
    assert {"red", "green"} <= {t["label"] for t in told["tags"]}
    parts = told["embedding"]["parts"]
    assert {p["of"] for p in parts} == {"picture", "words"}
    assert sum(v * v for v in told["embedding"]["values"]) == pytest.approx(1, abs=1e-3)
    assert len(analysed.client.get("/v1/films").json()["films"]) == 1, "nothing of it stays"


@pytest.mark.parametrize("stretch", [{"start": 3, "end": 1}, {"start": 0, "end": 121}, {"start": 5, "end": 6}])
def test_no_other_stretch_is(analysed: Running, film: str, stretch: dict[str, float]):
    assert analysed.client.post(f"/v1/films/{film}/segment", json=stretch).status_code == 422


# Finding and answering


def test_answers_cite_and_tell_no_path(analysed: Running, film: str):
    told = analysed.client.get("/v1/ask", params={"q": "where is something green?"})
    answer = told.json()
    assert answer["claims"]
    assert {n for c in answer["claims"] for n in c["cites"]} == {e["number"] for e in answer["evidence"]}
    assert answer["evidence"][0]["play"].startswith(f"/v1/films/{film}/media#t=")
    assert str(analysed.films) not in told.text
    assert analysed.client.get(answer["evidence"][0]["still"]).status_code == 200


def test_an_answer_is_told_as_it_comes(analysed: Running):
    text = analysed.client.get("/v1/ask/events", params={"q": "where is something green?"}).text
    events = [part.split("\n", 1) for part in text.split("\n\n") if part.startswith("event: ")]
    names = [name.removeprefix("event: ") for name, _ in events]
    assert names[-1] == "answer"
    assert names.index("evidence") < names.index("claim")
    whole = json.loads(events[-1][1].removeprefix("data: "))
    assert [json.loads(data.removeprefix("data: ")) for name, data in events if name == "event: claim"] == (
        whole["claims"]
    )


def test_no_question_is_a_problem_inside_the_stream(analysed: Running):
    text = analysed.client.get("/v1/ask/events", params={"q": "???"}).text
    assert '"status": 422' in text
    assert "event: problem" in text


def test_a_film_is_summed_up(analysed: Running, film: str):
    told = analysed.client.get(f"/v1/films/{film}/summary").json()
    assert told["chapters"]
    assert told["moments"] > 0
    assert analysed.client.get(f"/v1/films/{film}/summary", params={"person": "Nobody"}).status_code == 404


def test_the_library_is_summed_up_by_a_topic(analysed: Running):
    told = analysed.client.get("/v1/summary", params={"topic": "something green"}).json()
    assert told["searched"] == 1
    assert told["films"][0]["lines"]
    assert analysed.client.get("/v1/summary").status_code == 422


def test_more_like_a_moment(analysed: Running, film: str):
    found = analysed.client.get("/v1/search", params={"more_like": f"{film}@3"})
    assert found.status_code == 200
    assert found.json()["hits"]
    for wrong in ("x", "@3", f"{film}@-1", f"{film}@inf", f"{film}@nan", f"{film}@1e300"):
        assert analysed.client.get("/v1/search", params={"more_like": wrong}).status_code in {404, 422}


# Checks


@pytest.mark.parametrize(("form", "kind"), [("json", "application/json"), ("html", "text/html"), ("csv", "text/csv")])
def test_a_film_is_judged_by_packs(analysed: Running, film: str, form: str, kind: str):
    packs = [p["name"] for p in analysed.client.get("/v1/compliance").json()["packs"]]
    answer = analysed.client.get(f"/v1/films/{film}/compliance", params={"packs": packs[0], "format": form})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind)
    assert packs[0] in answer.text
    if form == "json":
        assert [p["pack"] for p in answer.json()["packs"]] == [packs[0]]


@pytest.mark.parametrize("name", ["../us", "/etc/passwd", "nothing"])
def test_packs_and_styles_are_no_paths(analysed: Running, film: str, name: str, tmp_path: Path):
    own = tmp_path / "own.toml"
    own.write_text("title = 'secret'")
    for wrong in (name, str(own)):
        judged = analysed.client.get(f"/v1/films/{film}/compliance", params={"packs": wrong})
        made = analysed.client.get(f"/v1/films/{film}/subtitles", params={"style": wrong})
        checked = analysed.client.post("/v1/subtitles/check", params={"style": wrong}, content=b"")
        assert {judged.status_code, made.status_code, checked.status_code} == {422}
        assert "secret" not in judged.text + made.text + checked.text


@pytest.mark.parametrize("form", ["srt", "vtt", "ass", "ttml"])
def test_subtitles_are_made_and_their_check_agrees(analysed: Running, film: str, form: str):
    made = analysed.client.get(f"/v1/films/{film}/subtitles", params={"format": form})
    assert made.status_code == 200
    assert made.headers["x-cinedex-conforming"] == "1.0000"
    if form == "srt":
        found = analysed.client.post(
            "/v1/subtitles/check", params={"format": form, "cuts_from": film}, content=made.content
        ).json()
        assert found["count"] > 0
        assert found["bad"] == 0


def test_a_bad_subtitle_file_is_scored_and_mended(analysed: Running):
    text = "1\n00:00:01,000 --> 00:00:01,100\n" + "far too many words for a tenth of a second " * 3 + "\n"
    found = analysed.client.post("/v1/subtitles/check", params={"fix": True}, content=text.encode()).json()
    assert found["bad"] == 1
    assert found["faults"][0]["says"]
    assert found["mended"]["text"].startswith("1\n")
    wrong = analysed.client.post("/v1/subtitles/check", content=b"\x00\x01")
    assert wrong.status_code == 415
    assert "cinedex-check-" not in wrong.text


def test_the_server_tells_what_it_is(analysed: Running):
    told = analysed.client.get("/v1/about").json()
    assert told["scopes"] == ["read", "analyse", "review", "admin"]
    assert not told["recognition"]
    models = analysed.client.get("/v1/models").json()
    assert all(m["licence"]["name"] for m in models)


# People


class Cast:
    """A service over a made-up cast."""

    def __init__(self, folder: Path, *, on: bool) -> None:
        self.library = cast_at(folder / "library", on=on)
        self.movie = put_film(self.library, "harbour.mp4", HARBOUR)
        self.service = Service(self.library, State(folder / "s.sqlite"), folder / "up", open_here=True)
        self.client = TestClient(application(self.service, hosts=("testserver",)), raise_server_exceptions=False)

    def people(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(f"/v1/films/{self.movie.id}/people").json()["characters"]
        return found

    def decide(self, what: str, **body: Any) -> Any:
        return self.client.post(f"/v1/people/{what}", json=body)


@pytest.fixture(params=[True, False], ids=["recognising", "not recognising"])
def cast(request: pytest.FixtureRequest, tmp_path: Path) -> Cast:
    return Cast(tmp_path, on=request.param)


def test_people_are_named_merged_split_hidden_and_that_is_undone(cast: Cast):
    assert [p["title"] for p in cast.people()] == ["Person 1", "Person 2", "Person 3"]
    assert cast.decide("name", who=f"{cast.movie.id}#1", name="Ann").status_code == 200
    assert cast.people()[0]["name"] == "Ann"
    assert cast.decide("merge", who="Ann", other=f"{cast.movie.id}#3").status_code == 200
    assert len(cast.people()) == 2
    assert cast.decide("undo").status_code == 200
    assert len(cast.people()) == 3
    split = cast.decide("split", who=f"{cast.movie.id}#1", look=2, name="Zoe")
    assert split.status_code == 200, split.text
    assert {p["name"] for p in cast.people()} == {"Ann", "Zoe", ""}
    assert cast.decide("hide", who="Zoe").status_code == 200
    assert "Zoe" not in {p["name"] for p in cast.people()}
    assert cast.decide("show", who="Zoe").status_code == 200
    everybody = cast.client.get("/v1/people").json()
    assert {"Ann", "Zoe"} <= {p["name"] for p in everybody["people"]}
    decided = cast.service.state.rows("SELECT who, did FROM audit")
    assert {(d["who"], d["did"]) for d in decided} == {("this machine", "decide about people")}


def test_somebody_is_deleted_and_no_record_says_who_it_was(cast: Cast):
    cast.decide("name", who=f"{cast.movie.id}#1", name="Ann Unforgettable")
    gone = cast.decide("delete", who="Ann Unforgettable")
    assert gone.status_code == 200, gone.text
    assert gone.json()["films"] == [cast.movie.id]
    assert {"faceprint", "person", "portrait", "entries"} <= set(gone.json()["removed"])
    assert len(cast.people()) == 2
    assert cast.decide("delete", who="Ann Unforgettable").status_code == 404
    audit = json.dumps([dict(row) for row in cast.service.state.rows("SELECT * FROM audit")])
    assert "delete a person" in audit
    assert "Unforgettable" not in audit


def test_portraits_are_shown_and_prints_are_not(cast: Cast):
    one = cast.people()[0]
    answer = cast.client.get(one["portrait"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert cast.client.get(f"/v1/films/{cast.movie.id}/people/99/portrait").status_code == 404
    for kind in ("faceprint", "voiceprint"):
        assert cast.client.get(f"/v1/films/{cast.movie.id}/tracks/{kind}").status_code == 404
    for path in ("/v1/people", f"/v1/films/{cast.movie.id}/people"):
        assert "values" not in cast.client.get(path).text


def test_recognition_is_off_until_an_admin_says_by_which_right(tmp_path: Path):
    cast = Cast(tmp_path, on=False)
    path = "/v1/people/recognition"
    assert cast.client.get(path).json()["on"] is False
    assert cast.client.put(path, json={"on": True}).status_code == 422
    assert cast.client.put(path, json={"on": True, "basis": "releases, file 12"}).json()["on"] is True
    assert cast.library.cast.log.entries()[-1].by == "this machine"
    assert cast.client.put(path, json={"on": False}).json()["on"] is False


def test_nobody_is_told_where_the_library_is(cast: Cast):
    for who in ("Nobody", "nothing#1", f"{cast.movie.id}#99", "#", "/etc#1"):
        answer = cast.decide("name", who=who, name="X")
        assert answer.status_code == 404
        assert cast.library.settings.library not in answer.text


# Who may what

READS = (
    "/v1/films",
    "/v1/people",
    "/v1/compliance",
    "/v1/subtitles",
    "/v1/about",
    "/v1/models",
    "/v1/jobs",
    "/metrics",
)

REVIEWS = [
    ("name", {"who": "x", "name": "y"}), ("merge", {"who": "x", "other": "y"}), ("split", {"who": "x#1"}),
    ("hide", {"who": "x"}), ("show", {"who": "x"}), ("confirm", {"who": "x"}), ("refuse", {"who": "x"}), ("undo", {}),
]  # fmt: skip


def test_every_route_asks_for_a_scope(idle: Running):
    idle.service.open_here = False
    keys = {s: {"X-Api-Key": idle.service.keys.create(s, (s,))} for s in ("read", "analyse", "review", "admin")}

    def status(scope: str, method: str, path: str, body: Any = None) -> int:
        return int(idle.client.request(method, path, json=body, headers=keys[scope]).status_code)

    for path in READS:
        assert idle.client.get(path).status_code == 401
        assert status("read", "GET", path) == 200
        assert status("admin", "GET", path) == 200
    for name, body in REVIEWS:
        assert idle.client.post(f"/v1/people/{name}", json=body).status_code == 401
        assert [status(s, "POST", f"/v1/people/{name}", body) for s in ("read", "analyse")] == [403, 403]
        assert status("review", "POST", f"/v1/people/{name}", body) in {404, 422}
    for method, path, body in (
        ("POST", "/v1/films", {"path": "x"}),
        ("POST", "/v1/jobs", {"film": "x"}),
        ("PATCH", "/v1/jobs/x", {"priority": 1}),
        ("POST", "/v1/jobs/x/cancel", None),
        ("POST", "/v1/jobs/x/retry", None),
    ):
        assert [status(s, method, path, body) for s in ("read", "review")] == [403, 403]
        assert status("analyse", method, path, body) in {403, 404, 422}
    for scope in ("read", "analyse", "review"):
        assert status(scope, "PUT", "/v1/people/recognition", {"on": False}) == 403
        assert status(scope, "POST", "/v1/people/delete", {"who": "x"}) == 403
        assert status(scope, "DELETE", "/v1/films/x") == 403


def test_no_route_but_these_is_open_to_anybody(idle: Running):
    """A route that somebody adds and forgets to guard is found here."""
    idle.service.open_here = False
    document = idle.client.get("/v1/openapi.json").json()
    open_to_all = set()
    for path, operations in document["paths"].items():
        for method in operations:
            asked = path.replace("{sheet}", "0")
            answer = idle.client.request(method, asked, headers={"Upload-Length": "1", "Upload-Offset": "0"}, json={})
            if answer.status_code != 401:
                open_to_all.add((method, path))
    assert open_to_all == {
        ("get", "/healthz"), ("get", "/readyz"), ("options", "/v1/uploads"), ("post", "/v1/session"),
        ("delete", "/v1/session"),
    }  # fmt: skip


def test_too_many_requests_are_told_when_to_come_again(tmp_path: Path):
    running = Running(tmp_path)
    service = running.service
    service.limits, service.open_here = Limits(2, 4), False
    key = {"X-Api-Key": service.keys.create("eager", ("read",))}
    answers = [running.client.get("/v1/films", headers=key) for _ in range(6)]
    assert [a.status_code for a in answers][:4] == [200] * 4
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    other = {"X-Api-Key": service.keys.create("other", ("read",))}
    assert running.client.get("/v1/films", headers=other).status_code == 200


def test_trying_keys_out_is_slow(tmp_path: Path):
    running = Running(tmp_path)
    running.service.open_here = False
    wrong = [running.client.post("/v1/session", json={"key": f"cdx_1_{n}"}).status_code for n in range(40)]
    assert set(wrong) == {401, 429}


def test_buckets_fill_again_and_are_forgotten():
    now = [0.0]
    limits = Limits(10, 20, clock=lambda: now[0])
    assert [limits.take("a") for _ in range(20)] == [0.0] * 20
    assert limits.take("a") == pytest.approx(0.1)
    now[0] += 0.1
    assert limits.take("a") == 0
    for n in range(30_000):
        limits.take(f"b{n}")
    assert len(limits._buckets) <= 20_001


def test_the_same_request_twice_is_done_once(cast: Cast):
    key = {"Idempotency-Key": "k1"}
    body = {"who": f"{cast.movie.id}#1", "name": "Ann"}
    first = cast.client.post("/v1/people/name", json=body, headers=key)
    again = cast.client.post("/v1/people/name", json=body, headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = cast.client.post("/v1/people/name", json=body | {"name": "Ben"}, headers=key)
    assert other.status_code == 422
    failed = [cast.client.post("/v1/people/hide", json={"who": "?"}, headers={"Idempotency-Key": "k2"}) for _ in "ab"]
    assert [f.status_code for f in failed] == [404, 404]
    assert "idempotency-replayed" not in failed[1].headers


def test_a_kept_answer_is_for_whoever_asked_alone(idle: Running):
    idle.service.open_here = False
    made = idle.service.keys.create("a", ("analyse", "read"))
    headers = {"Idempotency-Key": "k", "X-Api-Key": made}
    film = {"path": str(idle.film)}
    assert idle.client.post("/v1/films", json=film, headers=headers).status_code == 201
    reader = headers | {"X-Api-Key": idle.service.keys.create("b", ("read",))}
    assert idle.client.post("/v1/films", json=film, headers=reader).status_code == 403
    idle.service.keys.revoke(made.split("_")[1])
    assert idle.client.post("/v1/films", json=film, headers=headers).status_code == 401


def test_a_body_without_a_length_is_bounded_too(idle: Running):
    def endless() -> Iterator[bytes]:
        for _ in range(2 * BODY_BYTES // 65_536):
            yield b" " * 65_536

    answer = idle.client.post("/v1/subtitles/check", content=endless())
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_no_other_site_may_read_answers(idle: Running):
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    for method in ("GET", "OPTIONS"):
        answer = idle.client.request(method, "/v1/films", headers=asked)
        assert not any(h.startswith("access-control") for h in answer.headers)
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


# Films by address

ALLOWED = ("https://films.example.org/archive/", "http://127.0.0.1:9/in")


@pytest.mark.parametrize(
    "url",
    [
        "https://films.example.org/archive/a.mp4",
        "https://films.example.org:443/archive/b/a.mp4?sign=1",
        "HTTPS://FILMS.example.org/archive/a.mp4",
        "http://127.0.0.1:9/in/a.mp4",
    ],
)
def test_allowed_addresses(url: str):
    assert checked(url, ALLOWED)[0].path.endswith("a.mp4")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://films.example.org/archive/a.mp4",
        "https://films.example.org/other/a.mp4",
        "https://films.example.org/archive/../other/a.mp4",
        "https://films.example.org/archive/%2e%2e/other/a.mp4",
        "https://films.example.org/archive/%252e%252e/other/a.mp4",
        "https://films.example.org/archive/..%5cother/a.mp4",
        "https://films.example.org.evil.example/archive/a.mp4",
        "https://films.example.org@evil.example/archive/a.mp4",
        "https://evil.example/https://films.example.org/archive/a.mp4",
        "https://evil.example\\films.example.org/archive/a.mp4",
        "https://films.example.org:8443/archive/a.mp4",
        "http://films.example.org/archive/a.mp4",
        "https://films.example.org/archive/a.mp4\r\nX: y",
        "https://films.example.org/archivex/a.mp4",
        "http://169.254.169.254/latest/meta-data/a.mp4",
        "http://[::1]:9/in/a.mp4",
        "https://films.example.org:99999/archive/a.mp4",
        "//films.example.org/archive/a.mp4",
        "",
    ],
)
def test_no_other_address_is(url: str):
    with pytest.raises(CinedexError):
        checked(url, ALLOWED)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1", "224.0.0.1"])
def test_a_name_that_leads_inside_is_not_followed(idle: Running, address: str, monkeypatch: pytest.MonkeyPatch):
    idle.service.origins = ("https://films.example.org/",)
    monkeypatch.setattr(reaching.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (address, 443))])
    monkeypatch.setattr(reaching.socket, "create_connection", lambda *_: pytest.fail("it connected"))
    answer = idle.client.post("/v1/films", json={"url": "https://films.example.org/a.mp4"})
    assert answer.status_code == 403
    assert list(idle.service.uploads.iterdir()) == []


class Origin(http.server.BaseHTTPRequestHandler):
    """Serves what the test put into `answers`."""

    answers: dict[str, tuple[int, bytes, dict[str, str]]]
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, body, headers = self.answers.get(self.path, (404, b"", {}))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def origin(idle: Running) -> Iterator[type[Origin]]:
    handler = type("Here", (Origin,), {"answers": {}, "asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        idle.service.origins = (f"http://127.0.0.1:{server.server_port}/films/",)
        yield handler
        server.shutdown()
        thread.join()


def fetch(running: Running, path: str) -> Any:
    return running.client.post("/v1/films", json={"url": running.service.origins[0] + path})


def test_a_film_is_fetched(idle: Running, origin: type[Origin]):
    whole = idle.film.read_bytes()
    origin.answers["/films/far.mkv"] = (200, whole, {"Content-Length": str(len(whole))})
    answer = fetch(idle, "far.mkv")
    assert (answer.status_code, answer.json()["name"]) == (201, "far.mkv")
    film = answer.json()["id"]
    assert idle.client.get(f"/v1/films/{film}/media").content == whole


def test_what_is_cut_too_large_elsewhere_or_no_film_is_refused(idle: Running, origin: type[Origin]):
    origin.answers |= {
        "/films/moved.mkv": (302, b"", {"Location": "/secret"}),
        "/films/cut.mkv": (200, b"x" * 10, {"Content-Length": "20"}),
        "/films/large.mkv": (200, b"x" * 200, {}),
        "/films/list.mkv": (200, b"#EXTM3U\n#EXTINF:10,\n" + idle.service.origins[0].encode() + b"inner.ts\n", {}),
    }
    idle.service.most_bytes = 150
    answers = {name: fetch(idle, f"{name}.mkv").status_code for name in ("moved", "cut", "large", "list", "none")}
    assert answers == {"moved": 415, "cut": 502, "large": 413, "list": 415, "none": 415}
    assert not {"/secret", "/films/inner.ts"} & set(origin.asked)
    assert list(idle.service.uploads.iterdir()) == []


def test_an_upload_that_is_a_list_of_addresses_is_not_followed(idle: Running, origin: type[Origin]):
    body = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10,\n" + idle.service.origins[0].encode() + b"inner.ts\n"
    name = base64.b64encode(b"film.mp4").decode()
    begun = idle.client.post(
        "/v1/uploads", headers={"Upload-Length": str(len(body)), "Upload-Metadata": f"filename {name}"}
    )
    headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    assert idle.client.patch(begun.headers["location"], content=body, headers=headers).status_code == 415
    assert origin.asked == []


def test_every_kind_is_told_in_every_form_or_was_never_computed(analysed: Running, film: str):
    for kind in sorted(set(KINDS) - {"faceprint", "voiceprint"}):
        for form in ("json", "annotation", "vtt", "arrow"):
            answer = analysed.client.get(f"/v1/films/{film}/tracks/{kind}", params={"format": form})
            assert answer.status_code in {200, 404}, (kind, form)


@pytest.mark.parametrize("text", ["films.example.org", "ftp://a/", "https://a/?x=1", "https://me:pw@a/", "https://"])
def test_an_operator_allows_only_what_is_the_beginning_of_addresses(text: str):
    assert fetching.origin("https://films.example.org/archive/") == "https://films.example.org/archive/"
    with pytest.raises(CinedexError):
        fetching.origin(text)
