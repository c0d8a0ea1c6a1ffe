"""The contract of a runner: whatever runs the plans, the same store comes out, and the events tell the whole story."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.films import Sound, make_film
from tests.toys import ALL, Index

from cinedex.media.probe import probe
from cinedex.models.fakes import fake_pool
from cinedex.run.events import Event, Happening
from cinedex.run.job import Job, Task, Tools, execute
from cinedex.run.local import LocalRunner
from cinedex.run.plan import Plan, make_plan
from cinedex.settings import Settings
from cinedex.store import Store
from cinedex.timeline.time import SECOND

Run = Callable[[Store, Iterable[Plan]], Iterator[Event]]


def _local(cores: int) -> Run:
    settings = replace(Settings(), cores=cores, reel=SECOND * 2)
    return lambda store, plans: LocalRunner(store, fake_pool(), settings).run(plans)


RUNNERS: dict[str, Run] = {"local, 1 core": _local(1), "local, 4 cores": _local(4)}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("films")
    return [make_film(folder / f"{i}.mkv", seconds=3 + i, sounds=[Sound()], gop=24) for i in range(3)]


@pytest.fixture(params=RUNNERS, scope="module")
def ran(request: pytest.FixtureRequest, films: list[Path], tmp_path_factory: pytest.TempPathFactory):
    store = Store(str(tmp_path_factory.mktemp("library")))
    plans = [make_plan(probe(f), ALL, store, {}) for f in films]
    return store, plans, list(RUNNERS[request.param](store, plans))


def test_every_step_ends_once_and_every_film_is_announced(ran):
    _, plans, events = ran
    ends = [(e.movie_id, e.stage) for e in events if e.what in {Happening.DONE, Happening.FAILED, Happening.SKIPPED}]
    assert sorted(ends) == sorted((p.movie.id, s.name) for p in plans for s in p.steps)
    assert sorted(e.movie_id for e in events if e.what is Happening.FILM_DONE) == sorted(p.movie.id for p in plans)


def test_a_step_starts_after_what_it_needs_is_done(ran):
    _, plans, events = ran
    for plan in plans:
        mine = [e for e in events if e.movie_id == plan.movie.id]
        done = {e.stage: i for i, e in enumerate(mine) if e.what is Happening.DONE}
        started = {e.stage: i for i, e in enumerate(mine) if e.what is Happening.STARTED}
        assert all(done[need] < started[step.name] for step in plan.steps for need in step.needs)


def test_fractions_only_grow(ran):
    _, _, events = ran
    seen: dict[tuple[str, str], float] = {}
    for event in events:
        if event.what is Happening.PROGRESS:
            assert 0 <= event.fraction <= 1
            assert event.fraction >= seen.get((event.movie_id, event.stage), 0)
            seen[event.movie_id, event.stage] = event.fraction


def test_every_runner_leaves_the_same_store(films: list[Path], tmp_path: Path):
    contents = []
    for number, run in enumerate(RUNNERS.values()):
        root = tmp_path / str(number)
        store = Store(str(root))
        assert [e.why for e in run(store, [make_plan(probe(f), ALL, store, {}) for f in films]) if e.error] == []
        contents.append({str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*.parquet"))})
    assert contents[0] == contents[1]


def test_a_job_crosses_processes(films: list[Path], tmp_path: Path):
    movie, store = probe(films[0]), Store(str(tmp_path))
    job = pickle.loads(pickle.dumps(Job(movie, (Task(Index(), "a" * 64),), movie.span)))  # noqa: S301 - our own bytes
    outcomes = execute(job, Tools(store, fake_pool()))
    assert outcomes["index"].error is None
    assert outcomes["index"].rows == 72
