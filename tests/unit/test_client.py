"""The Python client: what is committed is what the server describes, and it drives a real one over loopback."""

from __future__ import annotations

import importlib.util
import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import pyarrow as pa
import pytest
from tests.films import Sound, make_film
from tests.unit.test_server import Running

from cinedex.app.serving import server
from cinedex_client import ApiError, Cinedex, Event
from cinedex_client.transport import Transport

ROOT = Path(__file__).parents[2] / "clients" / "python"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("client_generate", ROOT / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


def test_the_client_is_what_the_server_describes():
    text = (ROOT / "src" / "cinedex_client" / "api.py").read_text(encoding="utf-8")
    assert text == GENERATOR.generated(GENERATOR.document()), "run `python clients/python/generate.py`"


def test_no_two_models_share_a_name():
    """Pydantic tells two of one name apart by endings that the client takes for two forms of one model."""
    models = GENERATOR.document()["components"]["schemas"]
    for name, model in models.items():
        if name.endswith("-Input") and (other := models.get(name.replace("-Input", "-Output"))):
            assert set(model.get("properties", ())) == set(other.get("properties", ())), name


def test_every_operation_is_a_method():
    cinedex = Cinedex()
    wanted = 0
    for path, operations in GENERATOR.document()["paths"].items():
        for one in operations.values():
            tag = one["tags"][0]
            if tag not in GENERATOR.LEFT_OUT and path not in GENERATOR.FOR_BROWSERS:
                name = one["operationId"].removeprefix(tag.replace(" ", "_") + "_")
                assert callable(getattr(getattr(cinedex, tag.split()[0]), name))
                wanted += 1
    assert wanted > 45


class Served:
    """A real server on a free port, with one film analysed through the client."""

    def __init__(self, folder: Path) -> None:
        self.running = Running(folder)
        self.server = server(self.running.service, ("127.0.0.1",), "127.0.0.1", 0)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until = time.monotonic() + 20
        while not self.server.started and time.monotonic() < until:
            time.sleep(0.02)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.cinedex = Cinedex(self.url)
        self.film = self.cinedex.films.add(path=str(self.running.film))
        job = self.cinedex.jobs.ask(film=self.film["id"], stages=["shots", "tags"], idempotency_key="one")
        self.events: list[Event] = list(self.cinedex.jobs.events(job["id"]))

    def close(self) -> None:
        self.server.should_exit = True
        self.running.service.worker.halt()
        self.thread.join(20)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("client"))
    yield made
    made.close()


def test_a_film_is_added_analysed_and_found(served: Served):
    assert served.events[-1].name == "job"
    assert served.events[-1].data["state"] == "done"
    cinedex, film = served.cinedex, served.film["id"]
    assert [f["id"] for f in cinedex.films.films(text="colours")["films"]] == [film]
    rows = pa.ipc.open_stream(cinedex.facts.track(film, "shot", format="arrow")).read_all()
    assert rows.num_rows == 2
    assert cinedex.finding.search(q="green", limit=3)["hits"][0]["movie"] == film
    assert cinedex.jobs.jobs(state="done")["jobs"][0]["film"] == "two colours.mkv"
    assert cinedex.server.about()["scopes"] == ["read", "analyse", "review", "admin"]
    assert cinedex.facts.export(film, format="otio").startswith(b"{")


def test_bytes_come_in_pieces(served: Served):
    film = served.film["id"]
    assert b"".join(served.cinedex.films.media(film)) == served.running.film.read_bytes()
    with av.open(io.BytesIO(b"".join(served.cinedex.playing.preview(film, from_=1)))) as preview:
        assert sum(1 for _ in preview.decode(video=0)) == 96


def test_answers_come_as_events(served: Served):
    told = list(served.cinedex.finding.ask_events(q="what is green?", film=served.film["id"]))
    assert told[-1].name == "answer"
    assert isinstance(told[-1].data["claims"], list)


def test_a_problem_says_what_to_do(served: Served):
    with pytest.raises(ApiError, match="no such film") as refused:
        served.cinedex.films.film("nothing")
    assert (refused.value.status, refused.value.remedy) == (404, "`GET /v1/films` lists them.")
    with pytest.raises(ApiError) as refused:
        Cinedex(served.url, key="cdx_1_2").films.films()
    assert refused.value.status == 401


def test_an_upload_goes_on_after_a_cut(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    film = make_film(tmp_path / "ümlaut.mkv", seconds=1, sounds=[Sound()])
    monkeypatch.setattr("cinedex_client.transport._PART", 40_000)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    sent, cuts = Transport._sent, []

    def cut(self: Transport, place: str, data: bytes, offset: int) -> dict[str, Any] | None:
        if len(cuts) < 2:
            cuts.append(offset)
            if len(cuts) == 2:
                sent(self, place, data, offset)  # it arrived, and the answer did not
            raise ConnectionResetError
        return sent(self, place, data, offset)

    monkeypatch.setattr(Transport, "_sent", cut)
    told = served.cinedex.upload(film)
    assert told["name"] == "ümlaut.mkv"
    assert cuts == [0, 0]
    assert film.stat().st_size > 40_000


def test_who_is_told_to_come_again_does(served: Served, monkeypatch: pytest.MonkeyPatch):
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    service = served.running.service
    key = service.keys.create("busy", ("read",))
    monkeypatch.setattr(service.limits, "take", lambda *_: 0.0 if len(waits) >= 2 else 3.0)
    assert Cinedex(served.url, key=key).films.films()["total"] >= 1
    assert waits == [3, 3]
    waits.clear()
    monkeypatch.setattr(service.limits, "take", lambda *_: 3.0)
    with pytest.raises(ApiError) as refused:
        Cinedex(served.url, key=key, again=1).films.films()
    assert (refused.value.status, waits) == (429, [3])


def test_an_address_must_be_one():
    with pytest.raises(ValueError, match="no address"):
        Cinedex("films.example.org")
