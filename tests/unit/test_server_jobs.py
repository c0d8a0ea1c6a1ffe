"""The queue: by urgency, once a key, freed when a worker dies, given back when one stops, ended when cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.films import make_film
from tests.unit.test_library import library_at

from cinedex.app.server import jobs as jobs_module
from cinedex.app.server.jobs import Jobs, Worker
from cinedex.app.server.state import State
from cinedex.errors import NotFoundError, UsageError


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(State(tmp_path / "state.sqlite"))


def test_the_most_urgent_comes_first_then_the_oldest(jobs: Jobs):
    for name, priority in (("a", 0), ("b", 5), ("c", 5)):
        jobs.ask(name, name, [], priority=priority)
    taken = [jobs.take("w") for _ in range(4)]
    assert [t and t["movie"] for t in taken] == ["b", "c", "a", None]


def test_the_same_key_gives_the_same_job(jobs: Jobs):
    first = jobs.ask("m", "film", ["shots"], asked="key")
    assert jobs.ask("m", "film", ["shots"], asked="key") == first
    with pytest.raises(UsageError, match="another request"):
        jobs.ask("other", "film", ["shots"], asked="key")
    assert len(jobs.list()) == 1


def test_no_job_is_taken_twice(jobs: Jobs):
    for number in range(40):
        jobs.ask(str(number), "film", [])
    taken: list[str] = []

    def work(owner: str) -> None:
        while (job := jobs.take(owner)) is not None:
            taken.append(job["id"])

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(j["id"] for j in jobs.list(limit=100))


def test_a_dead_workers_job_is_free_again_and_not_for_ever(jobs: Jobs, monkeypatch: pytest.MonkeyPatch):
    job = jobs.ask("m", "film", [])
    monkeypatch.setattr(jobs_module, "LEASE_SECONDS", -1.0)
    for _ in range(3):
        assert jobs.take("dead") is not None
    assert jobs.take("dead") is None
    assert jobs.get(job["id"])["state"] == "failed"
    assert "died 3 times" in jobs.get(job["id"])["why"]


def test_a_worker_that_lost_its_job_changes_nothing(jobs: Jobs, monkeypatch: pytest.MonkeyPatch):
    job = jobs.ask("m", "film", [])["id"]
    monkeypatch.setattr(jobs_module, "LEASE_SECONDS", -1.0)
    jobs.take("slow")
    monkeypatch.undo()
    jobs.take("quick")
    assert not jobs.renew(job, "slow", 0.5, {})
    jobs.end(job, "slow", "failed", "late")
    assert jobs.get(job)["state"] == "running"
    jobs.end(job, "quick", "done", "")
    assert (jobs.get(job)["state"], jobs.get(job)["fraction"]) == ("done", 1)


def test_cancelling_and_retrying(jobs: Jobs):
    job = jobs.ask("m", "film", [])["id"]
    with pytest.raises(UsageError, match="has not ended"):
        jobs.retry(job)
    assert jobs.cancel(job)["state"] == "cancelled"
    assert jobs.take("w") is None
    assert jobs.retry(job)["state"] == "queued"
    with pytest.raises(NotFoundError):
        jobs.cancel("nothing")


def test_pages_are_disjoint_and_complete(jobs: Jobs):
    made = [jobs.ask(str(n), "film", [])["id"] for n in range(7)]
    seen: list[str] = []
    before = None
    while page := jobs.list(limit=3, before=before):
        seen += [j["id"] for j in page]
        before = page[-1]["made"]
    assert seen == made[::-1]


def ended(jobs: Jobs, job: str, wanted: Callable[[str], bool]) -> str:
    for _ in range(600):
        state = str(jobs.get(job)["state"])
        if wanted(state):
            return state
        threading.Event().wait(0.05)
    raise AssertionError(f"still {state}")


def test_a_job_of_a_film_that_is_gone_fails_and_the_next_goes_on(jobs: Jobs, tmp_path: Path):
    library = library_at(tmp_path / "library")
    movie = library.add(make_film(tmp_path / "a.mkv", seconds=1))
    bad, good = jobs.ask("m1-gone", "gone", []), jobs.ask(movie.id, movie.name, ["shots"])
    worker = Worker(library, jobs)
    worker.start()
    try:
        assert ended(jobs, bad["id"], lambda s: s not in {"queued", "running"}) == "failed"
        assert ended(jobs, good["id"], lambda s: s not in {"queued", "running"}) == "done"
    finally:
        worker.close()
    assert "gone" in jobs.get(bad["id"])["why"]


def test_a_stopped_worker_gives_its_job_back(jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    library = library_at(tmp_path / "library")
    movie = library.add(make_film(tmp_path / "a.mkv", seconds=1))
    job = jobs.ask(movie.id, movie.name, ["shots"])["id"]
    begun = threading.Event()
    run = library.run

    def slow(*args: object, **more: object) -> object:
        begun.set()
        stop = more["stop"]
        assert isinstance(stop, threading.Event)
        stop.wait(30)
        return run(*args, **more)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(library, "run", slow)
    worker = Worker(library, jobs)
    worker.start()
    assert begun.wait(10)
    worker.close()
    assert jobs.get(job)["state"] == "queued"
    assert jobs.get(job)["attempt"] == 0
