"""Plans that are kept: always what a plan made now would be, whatever came, went or failed meanwhile."""

from __future__ import annotations

import itertools
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.timelines import make_movie
from tests.toys import Halves, Index
from tests.unit.test_runner import QuietGuest

from cinedex.models.fakes import fake_specs
from cinedex.models.spec import ModelSpec
from cinedex.run.known import Known
from cinedex.run.plan import Plan, make_plan
from cinedex.stages.base import Inputs, Need, Stage
from cinedex.store import Store
from cinedex.timeline.arrow import schema
from cinedex.timeline.rows import Frame, Row, Shot, Sound
from cinedex.timeline.timeline import State

MODELS = fake_specs()
MODEL = next(iter(MODELS))
MOVIE = replace(make_movie(4.0), id="m1-known")


@dataclass(frozen=True)
class Hearer(Stage):
    """Welcomed by the guest, whose key says whether it could be used or had failed."""

    name: ClassVar[str] = "hearer"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Sound,)
    uses: ClassVar[tuple[str, ...]] = (MODEL,)
    rate: float = 1.0

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Frame,)

    def run(self, inputs: Inputs) -> Iterator[Row]:
        assert inputs.track(Frame) is None
        yield from ()


ONE: tuple[Stage, ...] = (Index(), Halves(), Hearer(), QuietGuest())
OTHER: tuple[Stage, ...] = (Index(), Halves(), Hearer(rate=2.0), QuietGuest())


class World:
    """A library of one film, all of which can change."""

    def __init__(self, folder: Path) -> None:
        self.store, self.stages, self.why = Store(str(folder)), ONE, None
        self.folder = folder
        self.store.put_movie(MOVIE)
        self.known = Known(self.store, lambda: self.stages, lambda: MODELS, self.obstacle)
        self.movie = MOVIE
        self._age = itertools.count(1)

    def obstacle(self, _: ModelSpec) -> str | None:
        return self.why

    def now(self) -> Plan:
        return make_plan(self.movie, self.stages, self.store, MODELS, self.obstacle).known(self.store)

    def settle(self) -> None:
        """Let time pass: nothing has changed for a while."""
        then = time.time() - 3600 * next(self._age)
        for folder, _, _ in os.walk(self.folder):
            os.utime(folder, (then, then))

    def do(self, what: str, which: int) -> None:
        step = self.now().steps[which % len(self.stages)]
        store, kinds = self.store, {row.kind: schema(row).empty_table() for row in step.stage.makes}
        match what:
            case "write":
                store.write(self.movie.id, step.name, step.key, kinds, {})
            case "drop":
                store.drop(self.movie.id, step.name, step.key)
            case "fail":
                store.note_failure(self.movie.id, step.name, step.key, f"reason {which}")
            case "clear":
                store.clear_failure(self.movie.id, step.key)
            case "stages":
                self.stages = OTHER if self.stages == ONE else ONE
            case "model":
                self.why = None if self.why else "no such file"
            case "move":
                self.movie = replace(self.movie, uri=f"/elsewhere/{which}.mp4")
                store.put_movie(self.movie)
            case "forget":
                store.remove_movie(self.movie.id)
                store.put_movie(self.movie)


DOINGS = ("write", "write", "write", "drop", "fail", "clear", "stages", "model", "move", "forget")


@given(st.lists(st.tuples(st.sampled_from(DOINGS), st.integers(0, 7), st.booleans()), max_size=12))
@settings(max_examples=30, deadline=None)
def test_a_kept_plan_is_what_a_plan_of_now_is(doings: list[tuple[str, int, bool]]):
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        for what, which, waits in doings:
            if waits:
                world.settle()
            assert world.known.plan(world.movie) == world.now()  # which is kept from here on, if time has passed
            world.do(what, which)
            assert world.known.plan(world.movie) == world.now()


def test_nothing_is_looked_for_again_while_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    world = World(tmp_path)
    for which in range(4):
        world.do("write", which)
    world.settle()
    plan = world.known.plan(MOVIE)
    looked: list[str] = []
    monkeypatch.setattr(world.store, "has", lambda *_: looked.append("has"))
    assert world.known.plan(MOVIE) is plan
    assert world.known.timeline(MOVIE, (Shot,)).state(Shot) is State.DONE
    assert world.known.unread(MOVIE).find(Sound) is not None
    assert not looked


def test_a_film_that_has_just_changed_is_looked_at_each_time(tmp_path: Path):
    """A second change within one tick of the disk's clock leaves no trace in it."""
    world = World(tmp_path)
    assert world.store.trace(MOVIE.id) is None
    world.settle()
    assert world.store.trace(MOVIE.id) is not None
    world.do("write", 0)
    assert world.store.trace(MOVIE.id) is None


def test_marks_change_no_plan(tmp_path: Path):
    world = World(tmp_path)
    world.store.put_mark(MOVIE.id, "indexed", "a")
    world.settle()
    trace = world.store.trace(MOVIE.id)
    assert trace is not None
    world.store.put_mark(MOVIE.id, "indexed", "b")
    assert world.store.unchanged(trace)


def test_only_so_many_plans_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cinedex.run.known._KEPT", 2)
    world = World(tmp_path)
    films = [replace(MOVIE, id=f"m1-{n}") for n in range(3)]
    for film in films:
        world.store.put_movie(film)
    world.settle()
    kept = [world.known.plan(film) for film in films]
    assert world.known.plan(films[2]) is kept[2]
    assert world.known.plan(films[0]) is not kept[0]


def test_elsewhere_than_on_a_disk_nothing_is_kept():
    store = Store("memory://known-films")
    store.put_movie(MOVIE)
    assert store.trace(MOVIE.id) is None
    known = Known(store, lambda: ONE, lambda: MODELS, lambda _: None)
    first = known.plan(MOVIE).step("index")
    store.write(MOVIE.id, "index", first.key, {"frame": schema(Frame).empty_table()}, {})
    assert known.plan(MOVIE).step("index").why == "stored"


def test_what_is_held_is_told_without_reading_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    world = World(tmp_path)
    for which in range(4):
        world.do("write", which)
    timeline = world.known.timeline(MOVIE)
    told = {name: (len(track), track.maker.models) for name, track in timeline.tracks.items()}
    monkeypatch.setattr(world.store, "read", None)
    assert world.known.held(MOVIE) == told
    assert told[("hearer", "sound")] == (0, (MODEL,))
