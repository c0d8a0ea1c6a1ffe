"""A film's stored facts as a timeline of which each track is read when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cinedex.errors import StoreError
from cinedex.run.plan import Plan, Step, StepState
from cinedex.store import Store
from cinedex.timeline.timeline import Timeline, Unread
from cinedex.timeline.track import Maker, Track


def unread(plan: Plan, makers: Mapping[str, tuple[str, ...]], store: Store) -> Timeline:
    """What is stored of a plan's film; `makers` as in a Timeline. A track that is gone when asked for: StoreError."""
    there = plan.having(StepState.HIT)
    readers = {(s.name, row.kind): _reader(plan, s, row.kind, store) for s in there for row in s.stage.makes}
    failed = {s.name: store.failure(plan.movie.id, s.key) for s in plan.steps if s.state is not StepState.HIT}
    return Timeline(plan.movie, Unread(readers), {name: why for name, why in failed.items() if why}, makers)


def _reader(plan: Plan, step: Step, kind: str, store: Store) -> Callable[[], Track[Any]]:
    def read() -> Track[Any]:
        found = store.read(plan.movie.id, step.name, step.key, {kind})
        if found is None or kind not in found.tables:
            raise StoreError(f"its {kind} is gone", film=plan.movie.name, stage=step.name, remedy="Analyse it again.")
        maker = Maker(step.name, step.stage.version, step.key, tuple(m.name for m in step.models))
        return Track(found.tables[kind], maker)

    return read
