"""What every stage must do, held against each one that an entry point names."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.stage_films import movie

from cinedex import plugins
from cinedex.media.views import Captions, Frames, Listens, Looks, Samples
from cinedex.models.fakes import fake_pool, fake_specs
from cinedex.run.plan import ordered, parameters
from cinedex.stages.base import Cost, Inputs, Stage
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import KINDS
from cinedex.timeline.time import SECOND, ZERO, Time
from cinedex.timeline.track import Maker, Track

NAMES = sorted(plugins.found("cinedex.stages", others=False))


def build(name: str) -> Stage:
    """A stage as it is without any settings."""
    stage: Stage = plugins.load("cinedex.stages", name)()
    return stage


@pytest.fixture(params=NAMES)
def stage(request: pytest.FixtureRequest) -> Stage:
    """Each stage in turn."""
    return build(request.param)


def answer(stage: Stage, film: Movie, given: dict[Any, Track[Any]] | None = None) -> list[Any]:
    """What it makes of a film of which it sees and hears nothing."""
    tracks = {row: Track.of(row, [], Maker("test", 1)) for row in stage.reads} | (given or {})
    silence = lambda span: np.zeros(int(span.duration * 16000 / SECOND), np.float32)  # noqa: E731 - said once
    inputs = Inputs(film, film.span, iter(()), tracks, fake_pool().get, silence)
    return [item for item in stage.run(inputs) if not isinstance(item, pa.Table) or item.num_rows]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_known_by_the_name_it_gives_itself(name: str):
    assert build(name).name == name


def test_it_has_a_version_from_one_on(stage: Stage):
    assert isinstance(stage.version, int)
    assert stage.version >= 1


def test_it_is_frozen_data_that_travels(stage: Stage):
    assert is_dataclass(stage)
    assert pickle.loads(pickle.dumps(stage)) == stage  # noqa: S301 - made a moment ago
    for field in fields(stage):
        with pytest.raises(FrozenInstanceError):
            setattr(stage, field.name, None)


def test_its_parameters_can_name_a_result(stage: Stage):
    every = fields(stage)  # type: ignore[arg-type]
    marked = {f.name for f in every if f.metadata.get("unkeyed") or f.metadata.get("late")}
    assert set(parameters(stage)) == {f.name for f in every} - marked
    for late in (f for f in every if f.metadata.get("late")):
        changed = replace(stage, **{late.name: late.default + type(late.default)(1)})  # type: ignore[type-var]
        assert late.name in parameters(changed), "what changes a result must change its key"


def test_it_watches_the_film_in_one_way_at_most(stage: Stage):
    views = [need for need in stage.needs if not isinstance(need, type)]
    assert len(views) <= 1
    assert all(isinstance(view, Frames | Samples | Looks | Listens | Captions) for view in views)
    assert all(row in KINDS.values() for row in stage.reads)


def test_it_makes_known_kinds_that_it_does_not_need(stage: Stage):
    assert stage.makes
    assert all(KINDS.get(row.kind) is row for row in stage.makes)
    assert not set(stage.makes) & set(stage.reads)


def test_it_uses_models_that_the_registry_has(stage: Stage):
    assert set(stage.uses) <= set(fake_specs())


def test_its_halo_and_cost_are_sane(stage: Stage):
    assert stage.halo is None or (isinstance(stage.halo, Time) and ZERO <= stage.halo <= SECOND * 60)
    assert isinstance(stage.cost, Cost)
    assert 0 < stage.cost.cpus <= 4
    assert 0 < stage.cost.memory_mib <= 2048
    assert stage.cost.gpu == 0
    assert 0 < stage.cost.cpu_seconds_per_minute <= 60
    assert 0 < stage.cost.disk_kib_per_minute <= 1024


def test_it_says_what_it_is(stage: Stage):
    assert (type(stage).__doc__ or "").strip()


@pytest.mark.parametrize("streams", ["nothing", "sound", "pictures"])
def test_it_makes_nothing_of_an_empty_film(stage: Stage, streams: str):
    film = movie(ZERO, video=streams == "pictures", audio=streams == "sound")
    assert answer(stage, film) == []


def test_it_makes_nothing_of_a_film_without_what_it_watches_or_hears(stage: Stage):
    listens = isinstance(stage.view, Samples | Listens)
    assert answer(stage, movie(SECOND * 10, video=listens, audio=not listens)) == []


def test_all_of_them_together_have_an_order_in_which_each_finds_what_it_needs():
    stages = [build(name) for name in NAMES]
    done: set[type] = set()
    for stage in ordered(stages):
        assert set(stage.reads) <= done, stage.name
        done |= set(stage.makes)
