"""`python -m bench server`: people search, play, watch and ask while films are analysed and servers are killed.

A server over PostgreSQL and Redis (or SQLite alone), each of which is killed once with SIGKILL and started again.
Errors count unless something was down; what was acknowledged must be there at the end. With --no-kill nothing is killed
and the memory of the server's processes is weighed each second: is their own flat once all has been used? What they
have mapped of files (models, programs) is told beside it. Ends with status 1
where something was lost, went wrong or grew.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bench._server_library import copy_of, make_library, real_film
from bench._server_load import Lost, People, asked
from bench._server_memory import trend
from bench._server_ours import Ours

_DOWN_AFTER = 3.0
"""Seconds after something is up again for which answers still count as those of a time when it was down."""


@dataclass
class Run:
    """One run: what was up when, and how much memory there was."""

    given: argparse.Namespace
    ours: Ours
    people: People
    downs: list[tuple[str, float, float]] = field(default_factory=list)
    memory: list[tuple[float, float, float]] = field(default_factory=list)
    """Seconds, MiB of their own, MiB mapped."""
    analysed: int = 0
    spent: tuple[float, ...] = ()
    """CPU seconds of server and worker; of no meaning where they were killed."""

    async def go(self, film: Path) -> None:
        """Everybody at once, for as long as was asked."""
        port, people = self.ours.port, self.people
        first = await asked(port, people.key, "/v1/films", {"path": str(film)})
        job = await asked(port, people.key, "/v1/jobs", {"film": first["id"]})
        await self._ended(job["id"])
        people.watched = job["id"]
        print(f"the real film was analysed; load {os.getloadavg()[0]:.1f}", flush=True)
        given, size = self.given, (await asyncio.to_thread(film.stat)).st_size
        began, spent = time.monotonic(), self.ours.spent()
        tasks = [asyncio.create_task(people.searcher()) for _ in range(given.searchers)]
        tasks += [asyncio.create_task(people.player(first["id"], size)) for _ in range(given.players)]
        tasks += [asyncio.create_task(people.watcher()) for _ in range(given.streams)]
        tasks += [
            asyncio.create_task(people.writer(first["id"])),
            asyncio.create_task(people.reviewer(first["id"])),
            asyncio.create_task(self._analyse(film)),
        ]
        tasks += [asyncio.create_task(self._weigh())]
        if given.kill:
            await self._kill(began)
        await asyncio.sleep(max(0.0, began + given.seconds - time.monotonic()))
        self.spent = tuple(now - before for now, before in zip(self.ours.spent(), spent, strict=True))
        people.stop.set()
        await asyncio.gather(*tasks)

    async def _ended(self, job: str) -> str:
        while True:
            try:
                state = str((await asked(self.ours.port, self.people.key, f"/v1/jobs/{job}"))["state"])
            except Lost:
                state = "unknown"
            if state in {"done", "failed", "cancelled"} or self.people.stop.is_set():
                return state
            await asyncio.sleep(0.5)

    async def _analyse(self, film: Path) -> None:
        """One analysis after another, with real models, of copies that no run before has analysed."""
        number = await asyncio.to_thread(lambda: len(list(film.parent.glob("copy *.mp4"))))
        while not self.people.stop.is_set():
            number += 1
            copy = await asyncio.to_thread(copy_of, film, number)
            try:
                added = await asked(self.ours.port, self.people.key, "/v1/films", {"path": str(copy)})
                job = await asked(self.ours.port, self.people.key, "/v1/jobs", {"film": added["id"], "priority": 10})
            except Lost:
                await asyncio.sleep(0.5)
                continue
            self.people.watched = job["id"]
            state = await self._ended(job["id"])
            assert state in {"done", "unknown", "queued", "running"}, f"an analysis {state}"
            self.analysed += state == "done"

    async def _weigh(self) -> None:
        while not self.people.stop.is_set():
            self.memory.append((time.monotonic(), *self.ours.memory()))
            await asyncio.sleep(1.0)

    async def _kill(self, began: float) -> None:
        """Each once, at even distances."""
        kinds = self.ours.kinds
        for number, kind in enumerate(kinds, 1):
            await asyncio.sleep(max(0.0, began + self.given.seconds * number / (len(kinds) + 1) - time.monotonic()))
            down = time.monotonic()
            await asyncio.to_thread(self.ours.kill, kind)
            await asyncio.sleep(1.0)
            await asyncio.to_thread(self.ours.start, kind)
            self.downs.append((kind, down, time.monotonic() + _DOWN_AFTER))
            print(f"killed {kind}; it was up again after {self.downs[-1][2] - down - _DOWN_AFTER:.1f} s", flush=True)

    def down(self, begun: float, took: float) -> bool:
        """Whether something was down while an answer was waited for."""
        return any(begun < up and begun + took > down for _, down, up in self.downs)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench server", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--films", type=int, default=1000)
    parser.add_argument("--moments", type=int, default=100, help="of each film")
    parser.add_argument("--searchers", type=int, default=200)
    parser.add_argument("--think", type=float, default=10.0, help="mean seconds between two searches of one searcher")
    parser.add_argument("--fresh", type=float, default=0.5, help="share of queries that nobody asked before")
    parser.add_argument("--players", type=int, default=50)
    parser.add_argument("--streams", type=int, default=20)
    parser.add_argument("--state", choices=("postgres", "sqlite"), default="postgres")
    parser.add_argument("--no-kill", dest="kill", action="store_false", help="kill nothing")
    parser.add_argument("--warm", type=float, default=120.0, help="seconds before memory counts, with --no-kill")
    parser.add_argument("--folder", type=Path, help="where the library is kept for the next run (else it is not)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cinedex-bench-") as scratch:
        folder = given.folder or Path(scratch)
        make_library(folder, given.films, given.moments)
        film = real_film(folder)
        ours = Ours(folder, Path(scratch), given.state)
        try:
            for kind in ours.kinds:
                ours.start(kind)
            people = People(ours.port, ours.key, 5, think=given.think, fresh=given.fresh)
            run = Run(given, ours, people)
            asyncio.run(run.go(film))
            lost = ours.missing(people.told.acknowledged) + ours.undecided(people.told.decided)
        finally:
            ours.close()
    sys.exit(0 if show(run, lost) else 1)


def show(run: Run, lost: list[str]) -> bool:
    """The tables; whether nothing was lost, went wrong or grew."""
    console = Console(width=120)
    table = Table("", "answers", "a second", "p50 ms", "p95 ms", "p99 ms", "most ms", "errors", "while down", box=None)
    wrong: list[str] = []
    for kind in ("search", "seek", "still", "stream", "write", "review"):
        mine = [(b, t, w) for k, b, t, w in run.people.told.answers if k == kind]
        up = [(t, w) for b, t, w in mine if not run.down(b, t)]
        took = np.array([t for t, w in up if not w] or [0.0]) * 1000
        errors = [w for _, w in up if w]
        wrong += [f"{kind}: {w}" for w in errors]
        down = [w for b, t, w in mine if run.down(b, t)]
        p50, p95, p99 = np.percentile(took, (50, 95, 99))
        table.add_row(
            kind, f"{len(up)}", f"{len(up) / run.given.seconds:.1f}", f"{p50:.0f}", f"{p95:.0f}", f"{p99:.0f}",
            f"{took.max():.0f}", f"{len(errors)}", f"{len(down)} ({sum(map(bool, down))} refused)",
        )  # fmt: skip
    console.print(table)
    for text in sorted(set(wrong))[:10]:
        console.print(f"  {wrong.count(text)} x {text}"[:300], markup=False)
    console.print(
        f"{run.people.told.events} events, {run.people.told.bytes / 1e6:.0f} MB played, {run.analysed} analyses done; "
        f"{len(run.people.told.acknowledged)} jobs and {len(run.people.told.decided)} decisions acknowledged, "
        f"{len(lost)} of them lost{': ' if lost else ''}{', '.join(lost[:5])}; load {os.getloadavg()[0]:.1f}"
    )
    grown = None
    if not run.given.kill:
        server, worker = run.spent
        console.print(f"CPU: {server:.0f} s by the server, {worker:.0f} s by the worker, in {run.given.seconds:.0f} s")
        grown = trend([(at, own) for at, own, _ in run.memory], run.given.warm)
        console.print(f"memory of its own after {run.given.warm:.0f} s: {grown or 'too short a run to say'}")
    for name, column in (("its own", 1), ("mapped from files", 2)):
        parts = np.array_split(np.array([weighed[column] for weighed in run.memory]), 6)
        means = ", ".join(f"{np.nanmean(p):.0f}" for p in parts if np.isfinite(p).any())
        console.print(f"memory in MiB, means of sixths of the run, {name}: {means}")
    return not lost and not wrong and not (grown is not None and grown.flat is False)


if __name__ == "__main__":
    main()
