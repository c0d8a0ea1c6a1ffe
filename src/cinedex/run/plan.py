"""What would run, and why, before anything does: every step's key, whether it is stored, and what it will take."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from cinedex.canonical import plain
from cinedex.errors import UsageError
from cinedex.media.views import Frames
from cinedex.models.spec import ModelSpec
from cinedex.stages.base import Stage
from cinedex.store import Store, key
from cinedex.timeline.movie import Movie

_PIXEL = 2.5e-9
"""CPU seconds to decode and scale a pixel of H.264, measured at 1280 x 720; other codecs take half to twice as much."""


_STARTED, _LOADED, _LOADED_BYTE = 5.0, 0.1, 4e-9
"""CPU seconds to start and to put a film into the index, and to load a model, and each byte of it."""

_BESIDE = 2
"""Cores that the analysis of one film keeps busy: more of them analyse more films, and one no faster."""

_BEFORE = "failed before: "


class StepState(StrEnum):
    """What a plan says of a stage."""

    HIT = "hit"
    RUN = "run"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Step:
    """One stage of a plan. `needs` names the stages whose tracks it reads."""

    stage: Stage
    key: str
    state: StepState
    why: str
    needs: tuple[str, ...]
    models: tuple[ModelSpec, ...]

    @property
    def name(self) -> str:
        """The stage's name."""
        return self.stage.name

    @property
    def failed(self) -> bool:
        """Whether it is to run again after it failed."""
        return self.state is StepState.RUN and self.why.startswith(_BEFORE)


@dataclass(frozen=True)
class Plan:
    """The steps for one film, each after those that it needs."""

    movie: Movie
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step:
        """A step by its stage's name."""
        return next(s for s in self.steps if s.name == name)

    def having(self, state: StepState) -> tuple[Step, ...]:
        """The steps in one state."""
        return tuple(s for s in self.steps if s.state is state)

    def without(self, lost: Collection[str], store: Store) -> Plan:
        """The plan once the steps `lost` have failed: what welcomed their rows goes on without, under a key of its own.

        What needs them is lost with them. Steps that are stored stay as they are.
        """
        stages = [s.stage for s in self.steps]
        gone, keys = set(lost), {s.name: s.key for s in self.steps}
        steps = []
        for step in self.steps:
            needed = {m for row in step.stage.reads for m in makers_of(row.kind, stages)}
            if step.state is not StepState.HIT and step.name not in gone:
                if needed & gone & set(step.needs):
                    gone.add(step.name)
                else:
                    step = _rekeyed(self.movie, step, [n for n in step.needs if n not in gone], keys, store)  # noqa: PLW2901
                    keys[step.name] = step.key
            steps.append(step)
        return Plan(self.movie, tuple(steps))

    def known(self, store: Store) -> Plan:
        """The plan as what is stored answers it: without the steps that failed when they were last tried."""
        plan, lost = self, {s.name for s in self.steps if s.failed}
        while lost:
            plan = plan.without(lost, store)
            more = {s.name for s in plan.steps if s.failed} - lost
            if not more:
                break
            lost |= more
        return plan

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The models that the steps to run use, each once."""
        return tuple({m.name: m for s in self.having(StepState.RUN) for m in s.models}.values())

    @property
    def cpu_seconds(self) -> float:
        """Estimated CPU time of the steps to run: starting, loading models, what stages declare, and one decode."""
        run = self.having(StepState.RUN)
        if not run:
            return 0.0
        loading = sum(_LOADED + model.size * _LOADED_BYTE for model in self.models)
        stages = sum(_minutes(self.movie, s.stage) * s.stage.cost.cpu_seconds_per_minute for s in run)
        decoding = _decoding(self.movie) if any(isinstance(s.stage.view, Frames) for s in run) else 0.0
        return _STARTED + loading + stages + decoding

    def seconds(self, cores: int) -> float:
        """Estimated time of the steps to run on so many cores."""
        return self.cpu_seconds / min(cores, _BESIDE)

    @property
    def disk_bytes(self) -> float:
        """Estimated size of what the steps to run will store."""
        run = self.having(StepState.RUN)
        return sum(_minutes(self.movie, s.stage) * s.stage.cost.disk_kib_per_minute * 1024 for s in run)


def make_plan(
    movie: Movie,
    stages: Sequence[Stage],
    store: Store,
    models: Mapping[str, ModelSpec],
    blocked: Callable[[ModelSpec], str | None] = lambda _: None,
) -> Plan:
    """Order the stages, name their results and look which are stored. `blocked` says why a model cannot be used."""
    steps: dict[str, Step] = {}
    for stage in (s.about(movie) for s in ordered(stages)):
        makers = [s for row in stage.reads for s in makers_of(row.kind, stages) if s != stage.name]
        makers += [s for s in _welcomed(stage, stages) if steps[s].state is not StepState.BLOCKED]
        needs = tuple(dict.fromkeys(makers))
        specs = tuple(_spec(name, stage, models) for name in stage.uses)
        name = _key(movie, stage, specs, [steps[n].key for n in needs])
        state, why = _judge(movie, stage, name, [steps[n] for n in needs], specs, store, blocked)
        steps[stage.name] = Step(stage, name, state, why, needs, specs)
    return Plan(movie, tuple(steps.values()))


def _rekeyed(movie: Movie, step: Step, needs: Sequence[str], keys: Mapping[str, str], store: Store) -> Step:
    """A step with the needs that are left, which have these keys; itself where nothing is changed by that."""
    name = _key(movie, step.stage, step.models, [keys[n] for n in needs])
    if name == step.key:
        return step
    state, why = (step.state, step.why) if step.state is StepState.BLOCKED else _stored(movie, step.stage, name, store)
    return replace(step, key=name, state=state, why=why, needs=tuple(needs))


def ordered(stages: Sequence[Stage]) -> list[Stage]:
    """The stages, each after those that make what it reads. Raises UsageError for what nobody makes, and for rings."""
    by_name = {s.name: s for s in stages}
    result: dict[str, Stage] = {}
    visiting: list[str] = []

    def visit(stage: Stage) -> None:
        if stage.name in result:
            return
        if stage.name in visiting:
            raise UsageError(f"stages need each other in a ring: {' -> '.join([*visiting, stage.name])}")
        visiting.append(stage.name)
        for row in stage.reads:
            names = makers_of(row.kind, stages)
            if not names:
                raise UsageError(
                    f"stage {stage.name} needs {row.kind!r} and no chosen stage makes it",
                    remedy="Add a stage that does; `cinedex plan` lists them.",
                )
            for name in names:
                if name != stage.name:
                    visit(by_name[name])
        for name in _welcomed(stage, stages):
            visit(by_name[name])
        visiting.pop()
        result[stage.name] = stage

    for stage in stages:
        visit(stage)
    return list(result.values())


def closure(wanted: Iterable[str], stages: Sequence[Stage]) -> list[Stage]:
    """The wanted stages and, from among `stages`, all that they need."""
    by_name = {s.name: s for s in stages}
    chosen: dict[str, Stage] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in by_name:
            raise UsageError(f"no stage is called {name!r}", remedy=f"There are: {', '.join(sorted(by_name))}.")
        if name not in chosen:
            chosen[name] = by_name[name]
            waiting += [m for row in by_name[name].reads for m in makers_of(row.kind, stages)]
            waiting += _welcomed(by_name[name], stages)
    return [s for s in stages if s.name in chosen]


def identifying(stages: Sequence[Stage], *, on: bool) -> tuple[Stage, ...]:
    """The stages as they are where recognition is on; where it is off, only what identifies nobody.

    A stage that has no such self is left out, and with it whatever needs what nobody else makes.
    """
    if on:
        return tuple(stages)
    left = [quiet for s in stages if (quiet := s.anonymous()) is not None]
    dropped = {row.kind for s in stages if s.anonymous() is None for row in s.makes}
    while dropped:
        gone = dropped - {row.kind for s in left for row in s.makes}
        lost = [s for s in left if any(row.kind in gone for row in s.reads)]
        left = [s for s in left if s not in lost]
        dropped = {row.kind for s in lost for row in s.makes}
    return tuple(left)


def makers_of(kind: str, stages: Sequence[Stage]) -> tuple[str, ...]:
    """The names of the stages that make a kind."""
    return tuple(s.name for s in stages if any(row.kind == kind for row in s.makes))


def _key(movie: Movie, stage: Stage, specs: Sequence[ModelSpec], needs: Sequence[str]) -> str:
    pins = {spec.name: spec.pin for spec in specs}
    return key(movie.id, stage.name, stage.version, parameters(stage), pins, list(needs))


def _welcomed(stage: Stage, stages: Sequence[Stage]) -> list[str]:
    """The names of the stages that make what it welcomes."""
    return [m for row in stage.welcomes for m in makers_of(row.kind, stages) if m != stage.name]


def parameters(stage: Stage) -> Mapping[str, Any]:
    """A stage's parameters as they enter its key."""
    told = [f for f in fields(stage) if not f.metadata.get("unkeyed")]  # type: ignore[arg-type]  # a dataclass by contract
    told = [f for f in told if not (f.metadata.get("late") and getattr(stage, f.name) == f.default)]
    return {f.name: plain(getattr(stage, f.name)) for f in told}


def _decoding(movie: Movie) -> float:
    """CPU seconds of decoding every picture."""
    if movie.video is None:
        return 0.0
    width, height = movie.video.width, movie.video.height
    return movie.duration.seconds * float(movie.video.rate or 25) * width * height * _PIXEL


def _minutes(movie: Movie, stage: Stage) -> float:
    watched = stage.view is not None
    return movie.duration.seconds / 60 if watched else 0.01


def _spec(name: str, stage: Stage, models: Mapping[str, ModelSpec]) -> ModelSpec:
    if name not in models:
        raise UsageError(
            f"stage {stage.name} uses the model {name!r}, which no registry describes",
            remedy=f"There are: {', '.join(sorted(models)) or 'none'}.",
        )
    return models[name]


def _judge(
    movie: Movie,
    stage: Stage,
    name: str,
    needs: Sequence[Step],
    specs: Sequence[ModelSpec],
    store: Store,
    blocked: Callable[[ModelSpec], str | None],
) -> tuple[StepState, str]:
    if store.has(movie.id, stage.name, name):
        return StepState.HIT, "stored"
    waiting = [s.name for s in needs if s.state is StepState.BLOCKED]
    if waiting:
        return StepState.BLOCKED, f"needs {', '.join(waiting)}, which cannot run"
    for spec in specs:
        reason = blocked(spec)
        if reason:
            return StepState.BLOCKED, reason
    return _stored(movie, stage, name, store)


def _stored(movie: Movie, stage: Stage, name: str, store: Store) -> tuple[StepState, str]:
    if store.has(movie.id, stage.name, name):
        return StepState.HIT, "stored"
    failed = store.failure(movie.id, name)
    if failed:
        return StepState.RUN, f"{_BEFORE}{failed}"
    older = [k for k in store.keys(movie.id, stage.name) if "." not in k]
    return StepState.RUN, "changed since it was last computed" if older else "not computed yet"
