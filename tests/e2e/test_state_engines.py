"""What the service relies on of its state, over SQLite and a real PostgreSQL: whole or not at all, once, and kept."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.servers import PostgresServer, needs_postgres

from cinedex.app.server import jobs as jobs_module
from cinedex.app.server.jobs import Jobs
from cinedex.app.server.keys import Keys
from cinedex.app.server.once import Answers
from cinedex.app.server.state import SCHEMA, State
from cinedex.errors import StoreError, UsageError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=needs_postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "state.sqlite")
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database()


@pytest.fixture
def state(place: str) -> State:
    return State(place)


def test_a_transaction_is_kept_whole_or_not_at_all(state: State, place: str):
    def broken() -> None:
        with state.writing() as db:
            db.execute("INSERT INTO audit (at, who, did, what) VALUES (?, ?, ?, ?)", (1.5, "a", "did", "what"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert state.rows("SELECT * FROM audit") == []
    state.note("ä", "did", "100 % ? 'of' it")
    (row,) = State(place).rows("SELECT * FROM audit WHERE who = ?", "ä")
    assert (row["did"], row["what"]) == ("did", "100 % ? 'of' it")
    assert abs(row["at"] - time.time()) < 5


def test_times_and_bytes_come_back_exactly(state: State):
    now, body = 1_795_000_123.456789, bytes(range(256))
    answers = Answers(state)
    assert answers.begin("asked", "digest") is None
    answers.keep("asked", 201, "text/plain", "/place", body)
    again = answers.begin("asked", "digest")
    assert again is not None
    assert (again["status"], bytes(again["body"])) == (201, body)
    with state.writing() as db:
        db.execute("UPDATE answer SET at = ?", (now,))
    assert state.rows("SELECT at FROM answer")[0]["at"] == now


def test_many_servers_that_start_at_once_make_one_schema(place: str):
    with ThreadPoolExecutor(6) as pool:
        states = list(pool.map(lambda _: State(place), range(6)))
    states[0].note("a", "b", "c")
    assert len(states[-1].rows("SELECT * FROM audit")) == 1


def test_an_older_state_is_brought_up_to_date(place: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cinedex.app.server.state.SCHEMA", SCHEMA[:1])
    old = State(place)
    with old.writing() as db:
        db.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (1.5, "before", "did", "something"))
        db.execute(
            "INSERT INTO job (id, movie, film, stages, priority, state, made, changed) VALUES (?, ?, ?, ?, 0, ?, 1, 1)",
            ("old", "m", "film", "[]", "queued"),
        )
    monkeypatch.undo()
    new = State(place)
    assert Answers(new).begin("asked", "digest") is None
    (line,) = new.audited({})
    assert (line["at"], line["who"], line["did"], line["what"]) == (1.5, "before", "did", "something")
    assert Jobs(new, library="any").get("old")["state"] == "queued"


def test_a_newer_state_is_refused_and_left_alone(place: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cinedex.app.server.state.SCHEMA", (*SCHEMA, ("CREATE TABLE later (a INTEGER)",)))
    State(place)
    monkeypatch.undo()
    with pytest.raises(StoreError, match="newer Cinedex"):
        State(place)


def test_the_most_urgent_comes_first_then_the_oldest(state: State):
    jobs = Jobs(state)
    for name, priority in (("a", 0), ("b", 5), ("c", 5)):
        jobs.ask(name, name, [], priority=priority)
    assert [(t := jobs.take("w")) and t["movie"] for _ in range(4)] == ["b", "c", "a", None]


def test_no_job_is_taken_twice_by_several_servers(state: State, place: str):
    numbers = [Jobs(state).ask(str(n), "film", [])["id"] for n in range(40)]
    taken: list[str] = []

    def work(owner: str) -> None:
        jobs = Jobs(State(place))
        while (job := jobs.take(owner)) is not None:
            taken.append(job["id"])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, [f"w{n}" for n in range(4)]))
    assert sorted(taken) == sorted(numbers)


def test_one_key_asked_of_many_servers_gives_one_job(place: str):
    states = [State(place) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: Jobs(states[n % 4]).ask("m", "film", [], asked="key")["id"], range(16)))
    assert len(set(made)) == 1
    with pytest.raises(UsageError, match="another request"):
        Jobs(states[0]).ask("other", "film", [], asked="key")


def test_one_request_asked_of_many_servers_is_begun_once(place: str):
    states = [State(place) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(lambda n: Answers(states[n % 4]).begin("asked", "digest"), range(16)))
    assert begun.count(None) == 1


def test_jobs_live_through_their_states(state: State, monkeypatch: pytest.MonkeyPatch):
    jobs = Jobs(state)
    job = jobs.ask("m", "film", ["shots"])["id"]
    assert jobs.take("w") is not None
    assert jobs.renew(job, "w", 0.5, {"shots": 0.5})
    assert jobs.renew(job, "w", 0.25, {"shots": 0.25})
    assert jobs.get(job)["fraction"] == 0.5, "progress goes back"
    jobs.release(job, "w")
    assert (jobs.get(job)["state"], jobs.get(job)["attempt"]) == ("queued", 0)
    jobs.take("w")
    jobs.end(job, "w", "done", "")
    assert (jobs.get(job)["state"], jobs.get(job)["fraction"]) == ("done", 1)
    assert jobs.retry(job)["state"] == "queued"
    assert jobs.urge(job, 7)["priority"] == 7
    assert jobs.cancel(job)["state"] == "cancelled"
    assert [j["id"] for j in jobs.list(state="cancelled")] == [job]
    assert jobs.list(state="queued") == []
    monkeypatch.setattr(jobs_module, "_KEPT", 1)
    kept = jobs.ask("m2", "film", [])["id"]
    jobs.cancel(kept)
    jobs.ask("m3", "film", [])
    assert {j["movie"] for j in jobs.list()} == {"m2", "m3"}


def test_a_dead_servers_job_is_freed_and_not_for_ever(state: State, monkeypatch: pytest.MonkeyPatch):
    jobs = Jobs(state)
    job = jobs.ask("m", "film", [])["id"]
    monkeypatch.setattr(jobs_module, "LEASE_SECONDS", -1.0)
    for _ in range(3):
        assert jobs.take("dead") is not None
    assert jobs.take("dead") is None
    assert "died 3 times" in jobs.get(job)["why"]


@pytest.mark.parametrize("act", ["DELETE FROM audit", "UPDATE audit SET who = 'x'"])
def test_the_audit_log_is_only_added_to(state: State, act: str):
    state.note("a", "did", "it")

    def change() -> None:
        with state.writing() as db:
            db.execute(act)

    with pytest.raises(StoreError, match="only added to"):
        change()
    assert [e["who"] for e in state.audited({"did": "did"})] == ["a"]


def test_keys_hold_in_every_server(state: State, place: str):
    key = Keys(state).create("anna", ("read",))
    other = Keys(State(place))
    assert other.any
    found = other.caller(key)
    assert found is not None
    assert found.scopes == {"read"}
    other.revoke(found.number)
    assert Keys(state).caller(key) is None


_WRITER = """
import sys
from cinedex.app.server.jobs import Jobs
from cinedex.app.server.state import State
jobs = Jobs(State(sys.argv[1]))
for number in range(100000):
    print(jobs.ask(str(number), "film", [])["id"], flush=True)
"""


def test_what_was_acknowledged_outlives_a_kill_of_the_server(place: str):
    State(place)
    program = [sys.executable, "-c", _WRITER, place]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:  # noqa: S603 - our own
        assert writer.stdout is not None
        told = [writer.stdout.readline().strip() for _ in range(20)]
        writer.kill()
        told += [line.strip() for line in writer.stdout.read().splitlines() if len(line.strip()) == 16]
    kept = {row["id"] for row in State(place).rows("SELECT id FROM job")}
    assert set(told) <= kept
    assert len(kept) - len(set(told)) <= 1


@needs_postgres
def test_postgres_killed_and_started_again_keeps_what_was_acknowledged():
    server = PostgresServer()
    try:
        server.start()
        jobs = Jobs(State(server.url()))
        told: list[str] = []
        failed: list[StoreError] = []
        stop = threading.Event()

        def ask() -> None:
            while not stop.is_set():
                try:
                    told.append(jobs.ask("m", "film", [])["id"])
                except StoreError as error:
                    failed.append(error)
                    time.sleep(0.05)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        while len(told) < 40:
            time.sleep(0.01)
        server.kill()
        while not failed:
            time.sleep(0.01)
        server.start()
        again = len(told)
        while len(told) < again + 40:
            time.sleep(0.01)
        stop.set()
        for thread in threads:
            thread.join()
        kept = {row["id"] for row in jobs.state.rows("SELECT id FROM job")}
        assert set(told) <= kept
        assert failed[0].status == 503
    finally:
        server.close()


@needs_postgres
def test_a_state_that_cannot_be_reached_says_so_without_its_password(postgres: PostgresServer):
    with pytest.raises(StoreError) as refused:
        State("postgresql://nobody:sesame@127.0.0.1:1/none")
    assert "sesame" not in str(refused.value)
    with pytest.raises(StoreError, match="does not exist"):
        State(postgres.url("missing"))
    with pytest.raises(UsageError, match="sslmode"):
        State("postgresql://u@127.0.0.1/none?sslmode=perhaps")
    with pytest.raises(UsageError, match="mysql"):
        State("mysql://u@127.0.0.1/none")
