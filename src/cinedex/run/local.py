"""The runner for one machine: films and stages side by side in threads, under a budget of cores and memory.

Every ready stage of a film that watches it in the same way shares one pass; passes go reel by reel, each committed, so
that a kill loses at most the running reel. A failed stage blocks only what needs it, and what welcomes it goes on
without; a bad film stops nobody else.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from cinedex.errors import CancelledError, CinedexError
from cinedex.media.views import Frames, Looks, Samples
from cinedex.run.events import Event, Happening
from cinedex.run.job import Job, Models, Outcome, Task, Tools, described, execute, merge, needed, reel_name
from cinedex.run.plan import Plan, Step, StepState, makers_of
from cinedex.settings import Settings
from cinedex.stages.base import Stage
from cinedex.store import Store
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Span, Time

_PROGRESS_EVERY = 0.2
"""Seconds between two progress events of one group."""


@dataclass
class _Film:
    """One film on its way: what is done, failed, running."""

    plan: Plan
    long: bool = False
    """Whether it comes in several reels."""
    done: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)

    def ready(self) -> list[list[Step]]:
        """Steps that can start now, those that share a reading of the film together."""
        groups: dict[str, list[Step]] = {}
        waiting = [s for s in self.plan.steps if s.name not in self.done | self.running and s.name not in self.failed]
        able = [s for s in waiting if all(n in self.done for n in s.needs)]
        for step in able:
            groups.setdefault(_sharing(step.stage, long=self.long), []).append(step)
        if "looks" in groups and self._more_looks(waiting, able):
            del groups["looks"]
        return list(groups.values())

    def _more_looks(self, waiting: list[Step], able: list[Step]) -> bool:
        """Whether stages that will look as well want only for what is derived in a moment: one reading then serves all.

        What they want for is derived now or can be: a stage that needs no film takes next to no time.
        """
        soon = {s.name for s in self.plan.steps if s.stage.view is None and (s in able or s.name in self.running)}
        return any(
            set(s.needs) - self.done and set(s.needs) - self.done <= soon
            for s in waiting
            if _sharing(s.stage, long=self.long) == "looks"
        )

    @property
    def finished(self) -> bool:
        return len(self.done) + len(self.failed) == len(self.plan.steps)


def _sharing(stage: Stage, *, long: bool) -> str:
    """Stages of equal answer can watch together.

    What must see a long film in one go looks by itself: beside it the others would lose more than a reel to a kill.
    """
    if isinstance(stage.view, Frames | Samples):
        return "pass" if stage.halo is not None else "whole pass"
    if isinstance(stage.view, Looks):
        return "looks" if stage.halo is not None or not long else "whole looks"
    return stage.name


class LocalRunner:
    """Runs plans on this machine. `run` may be used again after it ended."""

    def __init__(self, store: Store, models: Models, settings: Settings) -> None:
        self.store, self.models, self.settings = store, models, settings

    def run(self, plans: Iterable[Plan], stop: threading.Event | None = None) -> Iterator[Event]:
        """Work through the plans in order, films overlapping where the budget allows; events as they happen.

        Films are taken from `plans` only when there is room, so it may be endless. After `stop` is set the running
        reels end early and CancelledError is raised; all that was committed stays.
        """
        work = _Work(self.store, self.models, self.settings, stop or threading.Event())
        source = iter(plans)
        with ThreadPoolExecutor(max_workers=max(4, 2 * self.settings.cores), thread_name_prefix="reel") as pool:
            try:
                yield from _loop(work, source, pool)
            finally:
                work.stop.set()


def _loop(work: _Work, source: Iterator[Plan], pool: ThreadPoolExecutor) -> Iterator[Event]:
    more = True
    while True:
        if work.stop.is_set() and not work.busy:
            raise CancelledError("interrupted", remedy="Run the same command again to go on from here.")
        if work.start(pool):
            continue
        if more and work.room():
            plan = next(source, None)
            if plan is None:
                more = False
            else:
                yield from work.admit(plan)
        elif work.busy:
            mail = work.mail.get()
            if isinstance(mail, Event):
                yield mail
            else:
                yield from work.settle(mail)
        else:
            return


_CRUMB = 1e-6
"""Of a core: what sums of fractions may be off by."""


@dataclass
class _Ended:
    """A group that is through, and the budget that it gives back."""

    film: _Film
    group: list[Step]
    outcomes: dict[str, Outcome]
    cores: float
    memory: float


class _Work:
    """The films in hand and the budget they share. All but `_group` happens in the runner's own thread."""

    def __init__(self, store: Store, models: Models, settings: Settings, stop: threading.Event) -> None:
        self.store, self.models, self.settings, self.stop = store, models, settings, stop
        self.films: list[_Film] = []
        self.mail: queue.Queue[Event | _Ended] = queue.Queue()
        self.cores, self.memory, self.busy = float(settings.cores), float(settings.memory_mib), 0

    def room(self) -> bool:
        return (
            (self.cores >= 1 or not self.busy) and not self.stop.is_set() and len(self.films) < 2 * self.settings.cores
        )

    def admit(self, plan: Plan) -> Iterator[Event]:
        film = _Film(plan, plan.movie.duration > self.settings.reel)
        for step in plan.steps:
            if step.state is StepState.HIT:
                film.done.add(step.name)
                self._sweep(film, step)
                yield _event(Happening.SKIPPED, film, step.name, fraction=1.0, why="stored")
            elif step.state is StepState.BLOCKED:
                film.failed[step.name] = step.why
                yield _event(Happening.SKIPPED, film, step.name, why=step.why)
        yield from self._lost(film)
        self.films.append(film)
        yield from self._let_go()

    def _sweep(self, film: _Film, step: Step) -> None:
        """Delete parts of a whole result that a kill left behind."""
        movie_id = film.plan.movie.id
        for name in self.store.keys(movie_id, step.name):
            if name.startswith(f"{step.key}."):
                self.store.drop(movie_id, step.name, name)

    def start(self, pool: ThreadPoolExecutor) -> bool:
        """Start the first group that fits the budget; a group too large for it runs when nothing else does."""
        if self.stop.is_set():
            return False
        for film in self.films:
            for group in film.ready():
                cores = min(sum(s.stage.cost.cpus for s in group), self.settings.cores)
                memory = min(sum(s.stage.cost.memory_mib for s in group), self.settings.memory_mib)
                if self.busy and (cores > self.cores + _CRUMB or memory > self.memory):
                    continue
                self.cores, self.memory, self.busy = self.cores - cores, self.memory - memory, self.busy + 1
                film.running |= {s.name for s in group}
                for step in group:
                    self.mail.put(_event(Happening.STARTED, film, step.name))
                pool.submit(self._group, film, group, cores, memory)
                return True
        return False

    def settle(self, ended: _Ended) -> Iterator[Event]:
        """Take in what has ended."""
        self.cores, self.memory, self.busy = self.cores + ended.cores, self.memory + ended.memory, self.busy - 1
        for step in ended.group:
            ended.film.running.discard(step.name)
            yield self._settled(ended.film, step, ended.outcomes[step.name])
        yield from self._lost(ended.film)
        yield from self._let_go()

    def _lost(self, film: _Film) -> Iterator[Event]:
        """What failed is lost to what needs it, which can no longer run; what only welcomed it goes on without."""
        film.plan = film.plan.without(film.failed, self.store)
        stages = [s.stage for s in film.plan.steps]
        for step in film.plan.steps:
            if step.name in film.done | film.running or step.name in film.failed:
                continue
            needed = {m for row in step.stage.reads for m in makers_of(row.kind, stages)} & set(step.needs)
            lost = [n for n in step.needs if n in needed and n in film.failed]
            if lost:
                film.failed[step.name] = f"needs {', '.join(lost)}, which failed"
                yield _event(Happening.SKIPPED, film, step.name, why=film.failed[step.name])
            elif step.state is StepState.HIT:
                film.done.add(step.name)
                yield _event(Happening.SKIPPED, film, step.name, fraction=1.0, why="stored")

    def _let_go(self) -> Iterator[Event]:
        for film in [f for f in self.films if f.finished]:
            self.films.remove(film)
            yield _event(Happening.FILM_DONE, film, fraction=1.0, why="; ".join(film.failed.values()))

    def _settled(self, film: _Film, step: Step, outcome: Outcome) -> Event:
        movie = film.plan.movie
        if outcome.error is None:
            film.done.add(step.name)
            return _event(Happening.DONE, film, step.name, fraction=1.0, rows=outcome.rows, seconds=outcome.seconds)
        film.failed[step.name] = str(outcome.error)
        if not isinstance(outcome.error, CancelledError):
            with suppress(CinedexError):  # the failure itself is reported all the same
                self.store.note_failure(movie.id, step.name, step.key, str(outcome.error))
        return _event(Happening.FAILED, film, step.name, why=str(outcome.error), error=outcome.error)

    def _group(self, film: _Film, group: list[Step], cores: float, memory: float) -> None:
        outcomes = {s.name: Outcome(error=CancelledError("interrupted", film=film.plan.movie.name)) for s in group}
        try:
            self._reels(film, group, outcomes)
        except Exception as error:  # noqa: BLE001 - a worker's death must reach the runner as an outcome
            for step in group:
                if outcomes[step.name].error is not None:
                    outcomes[step.name] = Outcome(
                        error=described(error, film.plan.movie, step.name, film.plan.movie.span)
                    )
        finally:
            self.mail.put(_Ended(film, group, outcomes, cores, memory))

    def _reels(self, film: _Film, group: list[Step], outcomes: dict[str, Outcome]) -> None:
        movie = film.plan.movie
        stages = [s.stage for s in film.plan.steps]
        tasks = {s.name: _task(s, film.plan, stages) for s in group}
        reels = self._cut(movie, list(tasks.values()))
        report = _Progress(film, group, self.mail)
        totals = dict.fromkeys(tasks, (0, 0.0))
        for reel in reels:
            left = {
                n: t
                for n, t in tasks.items()
                if len(reels) == 1 or not self.store.has(movie.id, n, reel_name(t.key, reel))
            }
            if left:
                tools = Tools(self.store, self.models, self.settings.cores, self.stop, report)
                ended = self._patiently(Job(movie, tuple(left.values()), reel), tools, film)
                for name, outcome in ended.items():
                    totals[name] = (totals[name][0] + outcome.rows, totals[name][1] + outcome.seconds)
                    if outcome.error is not None:
                        outcomes[name] = outcome
                        del tasks[name]
            report(reel.end)
            if not tasks:
                return
        for name, task in tasks.items():
            rows = merge(movie, task, reels, self.store) if len(reels) > 1 else totals[name][0]
            self.store.clear_failure(movie.id, task.key)
            outcomes[name] = Outcome(rows, totals[name][1])

    def _cut(self, movie: Movie, tasks: list[Task]) -> list[Span]:
        """The reels of a group: as long as the settings say, but cut only where every stage of it can be."""
        if not all(t.stage.view is not None and t.stage.halo is not None for t in tasks):
            return [movie.span]
        reels = list(movie.span.cut(self.settings.reel))
        if len(reels) > 1 and reels[-1].duration * 4 < self.settings.reel:
            reels[-2:] = [reels[-2] | reels[-1]]
        for task in tasks:
            if task.stage.seam is not None and len(reels) > 1:
                starts = needed(task.stage.seam, task, movie, self.store).column("start")
                reels = _at_seams(movie.span, [r.start for r in reels[1:]], starts)
        return reels or [movie.span]

    def _patiently(self, job: Job, tools: Tools, film: _Film) -> dict[str, Outcome]:
        """Run a job; stages that failed for a reason that may pass are tried again, a little later each time."""
        outcomes: dict[str, Outcome] = {}
        for attempt in range(self.settings.retries + 1):
            outcomes |= _attempt(job, tools)
            again = tuple(t for t in job.tasks if _may_heal(outcomes[t.stage.name].error))
            if not again or attempt == self.settings.retries:
                break
            for task in again:
                why = str(outcomes[task.stage.name].error)
                self.mail.put(_event(Happening.RETRY, film, task.stage.name, why=why))
            if self.stop.wait(0.5 * 2**attempt):
                break
            job = Job(job.movie, again, job.span)
        return outcomes


def _at_seams(whole: Span, edges: list[Time], starts: Any) -> list[Span]:
    """Reels whose inner edges are moved back to the nearest of `starts`; edges that fall together are one."""
    places = np.searchsorted(starts, [int(e) for e in edges], side="right") - 1
    moved = {int(starts[p]) for p in places.tolist() if p >= 0}
    inner = sorted(m for m in moved if int(whole.start) < m < int(whole.end))
    all_edges = [whole.start, *(Time(m) for m in inner), whole.end]
    return [Span(a, b) for a, b in pairwise(all_edges)]


def _attempt(job: Job, tools: Tools) -> dict[str, Outcome]:
    try:
        return execute(job, tools)
    except CinedexError as error:
        return {t.stage.name: Outcome(error=error) for t in job.tasks}


def _may_heal(error: Exception | None) -> bool:
    return isinstance(error, CinedexError) and (error.heals or isinstance(error.__cause__, OSError))


def _task(step: Step, plan: Plan, stages: list[Stage]) -> Task:
    reads = {
        row.kind: tuple((n, plan.step(n).key) for n in makers_of(row.kind, stages) if n in step.needs)
        for row in (*step.stage.reads, *step.stage.welcomes)
    }
    return Task(step.stage, step.key, {m.name: m.pin for m in step.models}, reads)


class _Progress:
    """Turns positions in a film into an event now and then; called from the stages' threads."""

    def __init__(self, film: _Film, group: list[Step], mail: queue.Queue[Event | _Ended]) -> None:
        self.film, self.names, self.mail = film, [s.name for s in group], mail
        self.length = max(1, int(film.plan.movie.duration))
        self.furthest, self.told = 0, time.monotonic()

    def __call__(self, at: Time) -> None:
        self.furthest = max(self.furthest, int(at))
        now = time.monotonic()
        if now - self.told >= _PROGRESS_EVERY:
            self.told = now
            fraction = min(1.0, self.furthest / self.length)
            for name in self.names:
                self.mail.put(_event(Happening.PROGRESS, self.film, name, fraction=fraction))


def _event(what: Happening, film: _Film, stage: str = "", **facts: object) -> Event:
    movie = film.plan.movie
    return Event(what, movie.name, movie.id, stage, **facts)  # type: ignore[arg-type]  # each call names its own facts
