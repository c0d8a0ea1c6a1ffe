"""What is stored of a film, by the stages of now: the plan that names it, kept while nothing it rests on changes.

A player asks for a still, and a page for a lane, many times a second. To work out forty keys and look for as many
files takes longer than to read what was asked for.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cinedex.models.spec import ModelSpec
from cinedex.run.plan import Plan, Step, StepState, make_plan, makers_of
from cinedex.run.recent import Recent
from cinedex.run.unread import unread
from cinedex.stages.base import Stage
from cinedex.store import Artifact, Store, Trace
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Row
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

_KEPT = 200
"""Films whose plans are kept, the latest: some 50 kB each."""


@dataclass(frozen=True)
class _Kept:
    """A plan and all that it rests on."""

    plan: Plan
    stages: tuple[Stage, ...]
    trace: Trace
    obstacles: Sequence[tuple[ModelSpec, str | None]]
    """What was said of the models that were asked about."""


class Known:
    """What is stored of the films of a library. `stages` and `obstacle` say what they say now."""

    def __init__(
        self,
        store: Store,
        stages: Callable[[], tuple[Stage, ...]],
        models: Callable[[], Mapping[str, ModelSpec]],
        obstacle: Callable[[ModelSpec], str | None],
    ) -> None:
        self.store, self._stages, self._models, self._obstacle = store, stages, models, obstacle
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._makers: tuple[tuple[Stage, ...], Mapping[str, tuple[str, ...]]] = (), {}
        self._recent = Recent(store)
        self._lock = threading.Lock()

    def plan(self, movie: Movie) -> Plan:
        """A film's plan as what is stored answers it: see `Plan.known`."""
        stages = self._stages()
        with self._lock:
            kept = self._kept.get(movie.id)
        if kept is not None and self._holds(kept, movie, stages):
            return kept.plan
        asked: list[tuple[ModelSpec, str | None]] = []

        def obstacle(spec: ModelSpec) -> str | None:
            asked.append((spec, self._obstacle(spec)))
            return asked[-1][1]

        trace = self.store.trace(movie.id)  # before anything is looked for: what comes meanwhile makes it another
        plan = make_plan(movie, stages, self.store, self._models(), obstacle).known(self.store)
        with self._lock:
            self._kept.pop(movie.id, None)
            if trace is not None:
                self._kept[movie.id] = _Kept(plan, stages, trace, asked)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return plan

    def _holds(self, kept: _Kept, movie: Movie, stages: tuple[Stage, ...]) -> bool:
        return (
            kept.stages == stages
            and kept.plan.movie == movie
            and self.store.unchanged(kept.trace)
            and all(self._obstacle(spec) == why for spec, why in kept.obstacles)
        )

    def timeline(self, movie: Movie, rows: Collection[type[Row]] | None = None) -> Timeline:
        """The stored facts of a film; where only some kinds of `rows` are wanted, no others are read."""
        tracks: dict[tuple[str, str], Track[Any]] = {}
        failures: dict[str, str] = {}
        wanted = None if rows is None else {row.kind for row in rows}
        for step in self.plan(movie).steps:
            if wanted is not None and not wanted & {row.kind for row in step.stage.makes}:
                continue
            found = self._read(movie, step, wanted) if step.state is StepState.HIT else None
            if found is None:
                why = self.store.failure(movie.id, step.key)
                failures |= {step.name: why} if why else {}
                continue
            maker = Maker(step.name, step.stage.version, step.key, tuple(m.name for m in step.models))
            tracks |= {(step.name, kind): Track(table, maker) for kind, table in found.tables.items()}
        return Timeline(movie, tracks, failures, self.makers())

    def held(self, movie: Movie) -> Mapping[tuple[str, str], tuple[int, tuple[str, ...]]]:
        """By stage and kind how many rows are stored, and the models that made them: read from the manifests alone."""
        found: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = {}
        for step in self.plan(movie).having(StepState.HIT):
            manifest = self.store.manifest(movie.id, step.name, step.key) or {"kinds": {}}
            models = tuple(m.name for m in step.models)
            found |= {(step.name, kind): (facts["rows"], models) for kind, facts in manifest["kinds"].items()}
        return found

    def _read(self, movie: Movie, step: Step, wanted: Collection[str] | None) -> Artifact | None:
        if wanted is None:
            return self.store.read(movie.id, step.name, step.key)
        return self._recent.read(movie.id, step.name, step.key, wanted)

    def unread(self, movie: Movie) -> Timeline:
        """The same, of which each track is read when it is asked for."""
        return unread(self.plan(movie), self.makers(), self.store)

    def makers(self) -> Mapping[str, tuple[str, ...]]:
        """For every kind the stages that make it."""
        stages, (before, makers) = self._stages(), self._makers
        if before != stages:
            kinds = {row.kind for stage in stages for row in stage.makes}
            makers = {kind: makers_of(kind, stages) for kind in kinds}
            self._makers = stages, makers
        return makers
