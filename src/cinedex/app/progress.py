"""The progress of an analysis on a terminal: a line a film, with speed in times real time and the time left."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from cinedex.run.events import Event, Happening
from cinedex.run.plan import Plan, Step, StepState


class FilmProgress:
    """Feeds on plans and events; shows nothing but results where the output is not a terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.films: dict[str, _Line] = {}
        self.bars = Progress(
            TextColumn("{task.fields[film]}", style="bold"),
            BarColumn(bar_width=28, complete_style="cyan", finished_style="green"),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[speed]}", style="cyan"),
            TextColumn("{task.fields[left]}", style="dim"),
            TextColumn("{task.fields[doing]}", style="dim"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()

    def plan(self, plan: Plan) -> None:
        """A film's plan is known: weigh its stages by what they are expected to cost."""
        weights = {s.name: _weight(s, plan) for s in plan.steps if s.state is not StepState.BLOCKED}
        bar = self.bars.add_task("", total=1.0, film=escape(_short(plan.movie.name)), speed="", left="", doing="")
        self.films[plan.movie.id] = _Line(bar, weights, plan.movie.duration.seconds)

    def see(self, event: Event) -> None:
        """Take an event in and redraw."""
        line = self.films.get(event.movie_id)
        if event.what is Happening.FAILED:
            self.console.print(f"[red]✗[/] {escape(str(event.error or event.why))}", highlight=False, soft_wrap=True)
        if event.what is Happening.RETRY:
            self.console.print(
                f"[yellow]↻[/] {escape(event.film)} {event.stage}: {escape(event.why)}", highlight=False, soft_wrap=True
            )
        if line is None:
            return
        line.see(event)
        done = line.share
        passed = time.monotonic() - line.started
        speed = f"{line.fresh * line.length / passed:.1f}x" if passed > 1 and line.fresh > 0.01 else ""
        left = f"{_spell(passed * (1 - done) / line.fresh)} left" if speed and done < 1 else ""
        doing = ", ".join(sorted(line.doing))
        self.bars.update(line.bar, completed=done, speed=speed, left=left, doing=doing)
        if event.what is Happening.FILM_DONE:
            self.bars.remove_task(line.bar)
            self._finish(event, line, passed)

    def _finish(self, event: Event, line: _Line, passed: float) -> None:
        name = escape(event.film)
        if not line.ran and not event.why:
            self.console.print(
                f"[green]✓[/] [bold]{name}[/] nothing to do, everything is stored", highlight=False, soft_wrap=True
            )
            return
        speed = f", {line.length / passed:.1f}x real time" if passed > 0 and line.ran else ""
        mark = "[yellow]![/]" if event.why else "[green]✓[/]"
        part = f", not complete: {escape(event.why)}" if event.why else ""
        self.console.print(f"{mark} [bold]{name}[/] in {_spell(passed)}{speed}{part}", highlight=False, soft_wrap=True)


class _Line:
    def __init__(self, bar: TaskID, weights: dict[str, float], length: float) -> None:
        self.bar, self.weights, self.length = bar, weights, length
        self.started = time.monotonic()
        self.fractions: dict[str, float] = {}
        self.doing: set[str] = set()
        self.ran: set[str] = set()
        self.stored = 0.0

    def see(self, event: Event) -> None:
        if event.stage:
            self.fractions[event.stage] = max(event.fraction, self.fractions.get(event.stage, 0.0))
        if event.what is Happening.STARTED:
            self.doing.add(event.stage)
        if event.what in {Happening.DONE, Happening.FAILED}:
            self.doing.discard(event.stage)
        if event.what is Happening.DONE:
            self.ran.add(event.stage)
        if event.what is Happening.SKIPPED and event.fraction == 1.0:
            self.stored = self.share

    @property
    def share(self) -> float:
        total = sum(self.weights.values()) or 1.0
        return sum(self.weights.get(n, 0.0) * f for n, f in self.fractions.items()) / total

    @property
    def fresh(self) -> float:
        return self.share - self.stored


def _weight(step: Step, plan: Plan) -> float:
    minutes = max(plan.movie.duration.seconds / 60, 0.01)
    return step.stage.cost.cpu_seconds_per_minute * (minutes if step.stage.view is not None else 0.05)


def _spell(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min {rest:02d} s"


def _short(name: str, width: int = 28) -> str:
    return name if len(name) <= width else f"{name[: width - 9]}…{name[-8:]}"
