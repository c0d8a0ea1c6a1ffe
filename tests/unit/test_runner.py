"""The plan, the job and the local runner, with small stages over synthetic films."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from tests.films import Sound as FilmSound
from tests.films import make_film, number_of
from tests.toys import ALL, Ears, Halves, Index, Looker, Loud, Numbers

from cinedex.errors import CancelledError, StoreError, UsageError
from cinedex.media.probe import probe
from cinedex.media.views import FrameChunk, Looks
from cinedex.models.fakes import fake_specs
from cinedex.models.registry import registry
from cinedex.run import local
from cinedex.run.events import Event, Happening
from cinedex.run.job import Job, Outcome, Tools, execute
from cinedex.run.local import LocalRunner
from cinedex.run.plan import Plan, StepState, closure, make_plan, ordered
from cinedex.settings import Settings
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.store import Store
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Flag, Glance, Row, Shot, Sound, Tag
from cinedex.timeline.time import SECOND, Span, Time


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "six seconds.mkv"
    return make_film(path, seconds=6, sounds=[FilmSound()], gop=24)


class NoModels:
    def get(self, name: str) -> object:
        raise AssertionError(f"no stage here wants {name}")


def settings(**changed: object) -> Settings:
    return replace(Settings(cores=2, memory_mib=1024, retries=2), **changed)


def run(store: Store, movie: Movie, stages=ALL, stop=None, **changed) -> list[Event]:
    plan = make_plan(movie, stages, store, {})
    return list(LocalRunner(store, NoModels(), settings(**changed)).run([plan], stop))


def contents(root: Path) -> dict[str, bytes]:
    """Everything that must be the same whatever happened on the way."""
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*.parquet"))}


def test_stages_are_ordered_by_what_they_need():
    names = [s.name for s in ordered(ALL)]
    assert names.index("index") < names.index("halves") < names.index("looker")
    assert names.index("loud") < names.index("ears")
    assert [s.name for s in closure(["looker"], ALL)] == ["looker", "halves", "index"]


def test_what_nobody_makes_is_said_before_anything_runs(film: Path, tmp_path: Path):
    with pytest.raises(UsageError, match="looker needs 'shot'"):
        make_plan(probe(film), [Looker(), Index()], Store(str(tmp_path)), {})


@dataclass(frozen=True)
class Guest(Stage):
    """Counts the shots, and the sounds where anybody can make them."""

    name: ClassVar[str] = "guest"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Flag,)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Shot,)

    @property
    def welcomes(self) -> tuple[type[Row], ...]:
        return (Sound, Glance)

    def run(self, inputs: Inputs) -> Iterator[Row]:
        sounds, glances = inputs.welcomed(Sound), inputs.welcomed(Glance)
        assert glances is None
        note = "deaf" if sounds is None else f"{len(sounds)} sounds"
        yield Flag(start=inputs.span.start, end=inputs.span.end, label="guest", score=1.0, note=note)


@dataclass(frozen=True)
class Choosy(Loud):
    @property
    def uses(self) -> tuple[str, ...]:
        return ("ears",)


def test_what_is_welcomed_is_read_where_somebody_makes_it(film: Path, tmp_path: Path):
    store, movie = Store(str(tmp_path)), probe(film)
    for others, note in (((Loud(),), "6 sounds"), ((), "deaf")):
        stages = [Guest(), Halves(), Index(), *others]
        assert [s.name for s in closure(["guest"], stages)] == [s.name for s in stages]
        assert [s.name for s in ordered(stages)][-1] == "guest"
        assert [e.error for e in run(store, movie, stages) if e.error] == []
        key = make_plan(movie, stages, store, {}).step("guest").key
        assert store.read(movie.id, "guest", key).tables["flag"].column("note").to_pylist() == [note]


def test_and_done_without_where_its_maker_cannot_run(film: Path, tmp_path: Path):
    store, movie, spec = Store(str(tmp_path)), probe(film), fake_specs()["silero-vad"]
    stages = [Guest(), Halves(), Index(), Choosy()]
    plan = make_plan(movie, stages, store, {"ears": spec}, lambda _: "no weights here")
    assert plan.step("loud").state is StepState.BLOCKED
    assert (plan.step("guest").state, plan.step("guest").needs) == (StepState.RUN, ("halves",))
    list(LocalRunner(store, NoModels(), settings()).run([plan]))
    assert store.read(movie.id, "guest", plan.step("guest").key).tables["flag"].column("note").to_pylist() == ["deaf"]
    assert plan.step("guest").key == make_plan(movie, stages[:3], store, {}).step("guest").key


def test_an_estimate_counts_starting_models_and_film_and_is_nothing_where_nothing_runs(film: Path, tmp_path: Path):
    movie, store, specs = probe(film), Store(str(tmp_path)), {"ears": registry()["whisper-base"]}
    plain, asking = make_plan(movie, [Loud()], store, specs), make_plan(movie, [Choosy()], store, specs)
    assert asking.cpu_seconds > plain.cpu_seconds + 0.5, "148 MB"
    longer = make_plan(replace(movie, duration=movie.duration + SECOND * 600), [Loud()], store, specs)
    assert longer.cpu_seconds - plain.cpu_seconds == pytest.approx(10 * Loud.cost.cpu_seconds_per_minute)
    assert plain.seconds(1) == plain.cpu_seconds == 2 * plain.seconds(2) == 2 * plain.seconds(16)
    run(store, movie, [Loud()])
    assert make_plan(movie, [Loud()], store, specs).cpu_seconds == 0


def test_a_film_runs_through_and_again_is_all_hits(film: Path, tmp_path: Path):
    store, movie = Store(str(tmp_path)), probe(film)
    events = run(store, movie)
    assert [e.error for e in events if e.error] == []
    assert {e.stage for e in events if e.what is Happening.DONE} == {s.name for s in ALL}
    plan = make_plan(movie, ALL, store, {})
    assert {s.state for s in plan.steps} == {StepState.HIT}
    numbers = store.read(movie.id, "numbers", plan.step("numbers").key)
    assert numbers.tables["quality"].column("value").to_pylist() == list(range(144))
    looks = store.read(movie.id, "looker", plan.step("looker").key).tables["tag"].column("label").to_pylist()
    for label in looks:
        number, at = label.split("@")
        assert int(at) == int(number) * int(SECOND) // 24
    again = run(store, movie)
    assert {e.what for e in again} == {Happening.SKIPPED, Happening.FILM_DONE}


@pytest.mark.parametrize("reel", [1.0, 1.7, 2.5, 4.0])
def test_reels_merge_to_the_whole(film: Path, tmp_path: Path, reel: float):
    movie = probe(film)
    run(Store(str(tmp_path / "whole")), movie)
    run(Store(str(tmp_path / "reels")), movie, reel=Time.from_seconds(reel))
    assert contents(tmp_path / "reels") == contents(tmp_path / "whole")


@dataclass(frozen=True)
class Parts(Stage):
    """Derived from shots: something more to look at."""

    name: ClassVar[str] = "parts"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Glance,)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Shot,)

    def run(self, inputs: Inputs) -> Iterator[Row]:
        for shot in inputs.track(Shot):
            yield Glance(start=shot.start, end=shot.end, shot=shot.number)


@dataclass(frozen=True)
class Glancer(Looker):
    """Looks at what is derived from shots."""

    name: ClassVar[str] = "glancer"
    makes: ClassVar[tuple[type[Row], ...]] = (Flag,)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Looks(at=Glance, height=54),)

    def run(self, inputs: Inputs) -> Iterator[Row]:
        for look in inputs.chunks:
            yield Flag(start=look.at, end=look.at + 1, label="seen", score=1, note=str(number_of(look.pixels)))


def test_all_that_look_share_one_reading_though_some_wait_for_what_is_derived(film: Path, tmp_path: Path):
    events = run(Store(str(tmp_path)), probe(film), (Looker(), Glancer(), Parts(), Halves(), Index()))
    assert [e.error for e in events if e.error] == []
    order = [(e.what, e.stage) for e in events if e.what in {Happening.STARTED, Happening.DONE}]
    both = {order.index((Happening.STARTED, name)) for name in ("looker", "glancer")}
    assert max(both) - min(both) == 1
    assert min(both) > order.index((Happening.DONE, "parts"))


@dataclass(frozen=True)
class WholeLooker(Glancer):
    """The same, but not to be cut into reels."""

    halo: ClassVar[Time | None] = None


@pytest.mark.parametrize(("reel", "looker"), [(2.0, 3), (6.0, 1)])
def test_what_cannot_be_cut_keeps_the_others_that_look_from_no_reel(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reel: float, looker: int
):
    jobs: list[tuple[set[str], Span]] = []

    def watched(job: Job, tools: Tools) -> dict[str, Outcome]:
        jobs.append(({t.stage.name for t in job.tasks}, job.span))
        return execute(job, tools)

    monkeypatch.setattr(local, "execute", watched)
    movie, stages = probe(film), (Looker(), WholeLooker(), Parts(), Halves(), Index())
    events = run(Store(str(tmp_path)), movie, stages, reel=Time.from_seconds(reel))
    assert [e.error for e in events if e.error] == []
    assert [span for names, span in jobs if "glancer" in names] == [movie.span]
    assert sum("looker" in names for names, _ in jobs) == looker
    assert any({"looker", "glancer"} <= names for names, _ in jobs) == (looker == 1)


def test_a_derived_stage_that_fails_keeps_nobody_from_looking(film: Path, tmp_path: Path):
    class Fails(Parts):
        def run(self, inputs: Inputs) -> Iterator[Row]:
            raise ValueError(f"no parts of {inputs.movie.name}")

    events = run(Store(str(tmp_path)), probe(film), (Looker(), Glancer(), Fails(), Halves(), Index()))
    assert {e.stage for e in events if e.what is Happening.DONE} == {"looker", "halves", "index"}


def test_a_changed_parameter_runs_only_what_depends_on_it(film: Path, tmp_path: Path):
    store, movie = Store(str(tmp_path)), probe(film)
    run(store, movie)
    stages = tuple(Numbers(offset=1.0) if isinstance(s, Numbers) else s for s in ALL)
    plan = make_plan(movie, stages, store, {})
    assert [s.name for s in plan.having(StepState.RUN)] == ["numbers"]
    assert "changed" in plan.step("numbers").why


@dataclass(frozen=True)
class Breaks(Loud):
    name: ClassVar[str] = "breaks"

    def run(self, inputs: Inputs) -> Iterator[Row]:
        next(inputs.chunks)
        raise ZeroDivisionError("by nought")
        yield


def test_a_failed_stage_blocks_only_what_needs_it(film: Path, tmp_path: Path):
    store, movie = Store(str(tmp_path)), probe(film)
    stages = (Breaks(), Ears(), Index(), Halves(), Numbers())
    events = run(store, movie, stages)
    failed = [e for e in events if e.what is Happening.FAILED]
    assert [e.stage for e in failed] == ["breaks"]
    assert "by nought" in failed[0].why
    assert movie.name in failed[0].why
    skipped = [e for e in events if e.what is Happening.SKIPPED]
    assert [(e.stage, e.why) for e in skipped] == [("ears", "needs breaks, which failed")]
    assert {e.stage for e in events if e.what is Happening.DONE} == {"index", "halves", "numbers"}
    plan = make_plan(movie, stages, store, {})
    assert "by nought" in plan.step("breaks").why


class _Flaky(Store):
    """A store whose disk fails now and then."""

    def __init__(self, url: str, times: int) -> None:
        super().__init__(url)
        self.left = times

    def write(self, *args, **kwargs):
        if self.left > 0:
            self.left -= 1
            raise StoreError("the disk hiccuped")
        super().write(*args, **kwargs)


@pytest.mark.parametrize(("times", "good"), [(1, True), (20, False)])
def test_what_can_heal_is_tried_again(film: Path, tmp_path: Path, times: int, good: bool):
    store, movie = _Flaky(str(tmp_path), times), probe(film)
    events = run(store, movie, (Index(),))
    assert any(e.what is Happening.RETRY for e in events)
    assert (Happening.DONE in {e.what for e in events}) is good


def test_one_bad_film_stops_nobody(film: Path, tmp_path: Path):
    store, movie = Store(str(tmp_path / "lib")), probe(film)
    ghost = replace(movie, id="m1-ghost", uri=str(tmp_path / "gone.mkv"), name="gone.mkv")
    plans: list[Plan] = [make_plan(m, ALL, store, {}) for m in (ghost, movie)]
    events = list(LocalRunner(store, NoModels(), settings()).run(plans, None))
    assert any(e.what is Happening.FAILED and e.film == "gone.mkv" for e in events)
    assert {e.stage for e in events if e.what is Happening.DONE and e.film == movie.name} == {s.name for s in ALL}
    assert [e.film for e in events if e.what is Happening.FILM_DONE] == ["gone.mkv", movie.name]


def test_an_interrupt_keeps_the_reels_done_and_a_second_run_ends_the_same(film: Path, tmp_path: Path):
    movie = probe(film)
    undisturbed, store = Store(str(tmp_path / "a")), Store(str(tmp_path / "b"))
    run(undisturbed, movie, reel=SECOND)
    stop = threading.Event()

    @dataclass(frozen=True)
    class Stops(Numbers):
        def run(self, inputs: Inputs) -> Iterator[Row]:
            if inputs.span.start >= SECOND * 3:
                stop.set()
            yield from super().run(inputs)

    stages = tuple(Stops() if isinstance(s, Numbers) else s for s in ALL)
    with pytest.raises(CancelledError):
        run(store, movie, stages, stop, reel=SECOND)
    assert len(store.keys(movie.id, "numbers")) >= 2  # the reels that were done
    run(store, movie, reel=SECOND)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_stage_larger_than_the_budget_still_runs(film: Path, tmp_path: Path):
    @dataclass(frozen=True)
    class Huge(Index):
        cost: ClassVar[Cost] = Cost(cpus=64, memory_mib=1 << 20)

    events = run(Store(str(tmp_path)), probe(film), (Huge(),))
    assert Happening.DONE in {e.what for e in events}


def test_a_film_without_pictures_has_computed_and_empty_tracks(tmp_path: Path):
    path = make_film(tmp_path / "sound.mkv", seconds=2, codec=None, sounds=[FilmSound(channels=1)])
    store, movie = Store(str(tmp_path / "lib")), probe(path)
    events = run(store, movie, (Index(), Numbers(), Loud(), Ears()))
    assert [e.why for e in events if e.what is Happening.FAILED] == []
    plan = make_plan(movie, (Index(), Loud()), store, {})
    assert store.read(movie.id, "index", plan.step("index").key).tables["frame"].num_rows == 0
    assert store.read(movie.id, "loud", plan.step("loud").key).tables["sound"].num_rows == 2


def test_a_chunk_says_what_it_is():
    assert "FrameChunk(2 of" in repr(
        FrameChunk(*(np.zeros(2, dtype=np.int64),) * 3, np.zeros(2, bool), np.zeros((2, 4, 4, 3), np.uint8))
    )


@dataclass(frozen=True)
class Broken(Loud):
    """Fails while `fails` is set, which is no parameter of its."""

    fails: ClassVar[bool] = True

    def run(self, inputs: Inputs) -> Iterator[Row]:
        if self.fails:
            raise ZeroDivisionError("by nought")
        yield from super().run(inputs)


@dataclass(frozen=True)
class After(Guest):
    """Needs what the guest says."""

    name: ClassVar[str] = "after"
    makes: ClassVar[tuple[type[Row], ...]] = (Tag,)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Flag,)

    @property
    def welcomes(self) -> tuple[type[Row], ...]:
        return ()

    def run(self, inputs: Inputs) -> Iterator[Row]:
        notes = tuple(f.note for f in inputs.track(Flag))
        yield Tag(start=inputs.span.start, end=inputs.span.end, label=notes[0], vocabulary="notes", score=1.0)


def test_a_welcomed_stage_that_fails_is_not_computed_and_blocks_nobody(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    store, movie = Store(str(tmp_path)), probe(film)
    stages = [After(), QuietGuest(), Halves(), Index(), Broken()]

    def said() -> dict[str, str]:
        plan = make_plan(movie, stages, store, {}).known(store)
        tables = {s.name: store.read(movie.id, s.name, s.key).tables for s in plan.having(StepState.HIT)}
        return {
            "guest": tables["guest"]["flag"].column("note").to_pylist()[0],
            "after": tables["after"]["tag"].column("label").to_pylist()[0],
        }

    events = run(store, movie, stages)
    assert [e.stage for e in events if e.what is Happening.FAILED] == ["loud"]
    assert {e.stage for e in events if e.what is Happening.DONE} == {"index", "halves", "guest", "after"}
    assert said() == {"guest": "deaf", "after": "deaf"}
    # Asked again it is tried again, and what went on without it is stored.
    again = run(store, movie, stages)
    assert [e.stage for e in again if e.what is Happening.STARTED] == ["loud"]
    assert {e.stage for e in again if e.what is Happening.SKIPPED} == {"index", "halves", "guest", "after"}
    # Once it does not fail, what welcomes it is made anew.
    monkeypatch.setattr(Broken, "fails", False)
    healed = run(store, movie, stages)
    assert {e.stage for e in healed if e.what is Happening.DONE} == {"loud", "guest", "after"}
    assert said() == {"guest": "6 sounds", "after": "6 sounds"}


def test_what_needs_a_failed_stage_is_lost_to_what_welcomes_it(film: Path, tmp_path: Path):
    """The failed stage is needed by one that is itself only welcome."""
    store, movie = Store(str(tmp_path)), probe(film)
    stages = [QuietGuest(), Halves(), Index(), Echo(), BrokenLooker()]
    events = run(store, movie, stages)
    assert [e.stage for e in events if e.what is Happening.FAILED] == ["looker"]
    assert [(e.stage, e.why) for e in events if e.what is Happening.SKIPPED] == [("echo", "needs looker, which failed")]
    plan = make_plan(movie, stages, store, {}).known(store)
    assert plan.step("guest").state is StepState.HIT
    assert plan.step("guest").needs == ("halves",)


@dataclass(frozen=True)
class QuietGuest(Guest):
    """A guest that asks for sounds alone."""

    @property
    def welcomes(self) -> tuple[type[Row], ...]:
        return (Sound,)

    def run(self, inputs: Inputs) -> Iterator[Row]:
        sounds = inputs.welcomed(Sound)
        note = "deaf" if sounds is None else f"{len(sounds)} sounds"
        yield Flag(start=inputs.span.start, end=inputs.span.end, label="guest", score=1.0, note=note)


@dataclass(frozen=True)
class BrokenLooker(Looker):
    def run(self, inputs: Inputs) -> Iterator[Row]:
        raise ZeroDivisionError(f"{inputs.movie.name} by nought")


@dataclass(frozen=True)
class Echo(Guest):
    """Sounds, from what was looked at."""

    name: ClassVar[str] = "echo"
    makes: ClassVar[tuple[type[Row], ...]] = (Sound,)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Tag,)

    @property
    def welcomes(self) -> tuple[type[Row], ...]:
        return ()

    def run(self, inputs: Inputs) -> Iterator[Row]:
        assert inputs.track(Tag) is None
        yield from ()
