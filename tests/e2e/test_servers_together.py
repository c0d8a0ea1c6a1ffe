"""Two server processes over one PostgreSQL and one Redis, and what is left when each of the four is killed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.films import make_film
from tests.servers import PostgresServer, RedisServer, needs_postgres, needs_redis
from tests.serving import Serving

from cinedex.app.server.keys import Keys
from cinedex.app.server.state import State

pytestmark = [needs_postgres, needs_redis]

RATE = 5.0
"""Requests a second of a key, and 40 at once."""


@dataclass
class Place:
    """The four, and what they share."""

    folder: Path
    postgres: PostgresServer
    redis: RedisServer
    servers: list[Serving] = field(default_factory=list)

    def start(self, **more: Any) -> Serving:
        folder = self.folder
        told = {"library": folder / "library", "films": folder, "uploads": folder / "up", "begun": folder / "begun"}
        made = Serving.start(
            **told, state=self.postgres.url(), redis=self.redis.url, rate=RATE, lease=2.5, slow=1.5, **more
        )
        self.servers.append(made)
        return made

    def film(self, name: str, seconds: float) -> str:
        """A new film, added through the first server: its id."""
        path = make_film(self.folder / f"{name}.mkv", seconds=seconds)
        answer = self.servers[0].client.post("/v1/films", json={"path": str(path)})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def begun(self) -> list[str]:
        """The processes that have begun an analysis."""
        file = self.folder / "begun"
        return file.read_text().split() if file.exists() else []


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("together"), PostgresServer(), RedisServer())
    try:
        made.postgres.start()
        made.redis.start()
        starting = [threading.Thread(target=made.start) for _ in range(2)]  # both bring the schema up to date
        for one in starting:
            one.start()
        for one in starting:
            one.join()
        yield made
    finally:
        for server in made.servers:
            if server.process.poll() is None:
                server.close()
        made.redis.close()
        made.postgres.close()


def told(server: Serving, job: str) -> list[dict[str, Any]]:
    """A job's event stream, to its end."""
    with server.client.stream("GET", f"/v1/jobs/{job}/events", timeout=40) as stream:
        return [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]


def test_a_job_is_done_once_and_seen_through_the_other_server(place: Place):
    first, second = place.servers
    job = first.client.post("/v1/jobs", json={"film": place.film("once", 1)}).json()["id"]
    events = told(second, job)
    assert events[-1]["state"] == "done"
    assert "running" in {e["state"] for e in events}
    assert len(place.begun()) == 1


def test_an_event_of_another_server_comes_at_once_and_not_with_the_next_look(place: Place):
    first, second = place.servers
    job = first.client.post("/v1/jobs", json={"film": place.film("at once", 1.1), "priority": -5}).json()["id"]
    first.until(job, "running", "done")
    with second.client.stream("GET", f"/v1/jobs/{job}/events", timeout=40) as stream:
        lines = (line for line in stream.iter_lines() if line.startswith("data: "))
        next(lines)
        took = []
        for server in (first, second, first):
            began = time.monotonic()
            server.client.patch(f"/v1/jobs/{job}", json={"priority": int(began * 1000) % 100})
            for line in lines:
                if json.loads(line[6:])["priority"] == int(began * 1000) % 100:
                    break
            took.append(time.monotonic() - began)
    assert min(took) < 0.45, took
    first.until(job, "done")


def test_a_limit_and_an_idempotency_key_hold_across_servers(place: Place):
    key = {"X-Api-Key": Keys(State(place.postgres.url())).create("both", ("read", "analyse"))}
    first, second = place.servers
    path = make_film(place.folder / "idempotent.mkv", seconds=1.2)
    asked = key | {"Idempotency-Key": "one"}
    one = first.client.post("/v1/films", json={"path": str(path)}, headers=asked)
    again = second.client.post("/v1/films", json={"path": str(path)}, headers=asked)
    assert (one.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == one.json()
    body = {"film": one.json()["id"]}
    jobs = {s.client.post("/v1/jobs", json=body, headers=asked).json()["id"] for s in (first, second, first)}
    assert len(jobs) == 1
    began = time.monotonic()
    got = [place.servers[n % 2].client.get("/v1/films?limit=1", headers=key).status_code for n in range(90)]
    most = 40 + RATE * (time.monotonic() - began) + 1
    assert got.count(200) <= most, "each server counted by itself"
    assert set(got) == {200, 429}
    second.until(jobs.pop(), "done")


def test_without_redis_everything_goes_on_and_it_is_told(place: Place):
    first, second = place.servers
    film = place.film("no redis", 1.3)
    assert first.client.get("/readyz").json() == {"status": "ready", "redis": "here"}
    place.redis.kill()
    job = first.client.post("/v1/jobs", json={"film": film}).json()["id"]
    ready = second.client.get("/readyz")
    assert (ready.status_code, ready.json()["redis"]) == (200, "away")
    assert told(second, job)[-1]["state"] == "done"
    key = {"X-Api-Key": Keys(State(place.postgres.url())).create("alone", ("read",))}
    got = [first.client.get("/v1/films?limit=1", headers=key).status_code for _ in range(60)]
    assert 429 in got, "nobody counts"
    place.redis.start()
    end = time.monotonic() + 10
    while first.client.get("/readyz").json()["redis"] != "here":
        assert time.monotonic() < end
        time.sleep(0.1)


def test_postgres_is_killed_during_a_job_and_the_job_is_finished(place: Place):
    first = place.servers[0]
    job = first.client.post("/v1/jobs", json={"film": place.film("no database", 1.4)}).json()["id"]
    first.until(job, "running")
    place.postgres.kill()
    answer = first.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert first.client.post("/v1/jobs", json={"film": "no database"}).status_code == 503
    assert first.client.get("/healthz").status_code == 200
    place.postgres.start()
    assert first.until(job, "done")["attempt"] == 0
    assert first.client.get("/readyz").status_code == 200


def test_a_killed_servers_job_is_finished_by_the_other(place: Place):
    job = place.servers[0].client.post("/v1/jobs", json={"film": place.film("killed", 1.5)}).json()["id"]
    before = len(place.begun())
    place.servers[0].until(job, "running")
    end = time.monotonic() + 10
    while len(place.begun()) == before:
        assert time.monotonic() < end
        time.sleep(0.02)
    owner = place.begun()[-1]
    dead = next(s for s in place.servers if str(s.process.pid) == owner)
    alive = next(s for s in place.servers if s is not dead)
    seen: list[dict[str, Any]] = []
    listener = threading.Thread(target=lambda: seen.extend(told(alive, job)))
    listener.start()
    dead.kill()
    with pytest.raises(httpx2.TransportError), closing(httpx2.Client()) as client:
        client.get(str(dead.client.base_url))
    listener.join(30)
    assert seen[-1]["state"] == "done"
    assert place.begun()[-1] == str(alive.process.pid)
