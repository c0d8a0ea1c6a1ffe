"""Analyses as jobs: asked for once, kept in the state file, worked through by priority, resumed after a kill.

A job is a film and the stages wanted of it. The library holds what was made, so that a job begun again goes on.
A worker that stops renewing its lease is taken for dead, and its job is free again.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from cinedex.app.server.news import News
from cinedex.app.server.state import State
from cinedex.app.server.watching import Watch
from cinedex.errors import CancelledError, CinedexError, NotFoundError, StoreError, UsageError
from cinedex.library import Library
from cinedex.run.events import Happening
from cinedex.run.plan import Plan

_log = logging.getLogger("cinedex.server")

LEASE_SECONDS = 15.0
_ATTEMPTS = 3
_KEPT = 10_000
"""Jobs that have ended and are remembered."""

_OURS = "library IN ('', ?)"
"""Jobs from before libraries had names are anybody's."""

OPEN = ("queued", "running")
ENDED = ("done", "failed", "cancelled")


class Jobs:
    """The queue of a library, by its name: several may share a state."""

    def __init__(self, state: State, news: News | None = None, library: str = "") -> None:
        self.state, self.news, self.library = state, news or News(None), library

    def ask(
        self, movie: str, film: str, stages: Sequence[str], *, priority: int = 0, asked: str | None = None
    ) -> dict[str, Any]:
        """Queue an analysis. The same `asked` (an idempotency key) gives the job that it gave before."""
        number = secrets.token_hex(8)
        with self.state.writing() as db:
            made = db.execute(
                "INSERT INTO job (id, library, movie, film, stages, priority, state, made, changed, asked) VALUES (?, "
                "?, ?, ?, ?, ?, 'queued', cinedex_clock(), cinedex_clock(), ?) ON CONFLICT (asked) DO NOTHING",
                (number, self.library, movie, film, json.dumps(list(stages)), priority, asked),
            ).rowcount
            if not made:
                before = db.execute("SELECT id, movie, stages FROM job WHERE asked = ?", (asked,)).fetchone()
                if (before["movie"], json.loads(before["stages"])) != (movie, list(stages)):
                    raise UsageError("this idempotency key was used for another request", remedy="Use a new one.")
                number = before["id"]
            db.execute(
                "DELETE FROM job WHERE state IN ('done', 'failed', 'cancelled') AND changed <= (SELECT changed FROM "
                "job WHERE state IN ('done', 'failed', 'cancelled') ORDER BY changed DESC LIMIT 1 OFFSET ?)",
                (_KEPT,),
            )
        self.news.tell(number)
        return self.get(number)

    def get(self, number: str) -> dict[str, Any]:
        """One job. Raises NotFoundError."""
        found = self.state.rows(f"SELECT * FROM job WHERE id = ? AND {_OURS}", number, self.library)  # noqa: S608 - a constant
        if not found:
            raise NotFoundError(f"no job {number!r}")
        return _shown(found[0])

    def list(self, *, state: str | None = None, limit: int = 50, before: float | None = None) -> list[dict[str, Any]]:
        """Jobs, the latest first."""
        asked: list[tuple[str, Any]] = [(_OURS, self.library)]
        asked += [(part, value) for part, value in (("state = ?", state), ("made < ?", before)) if value is not None]
        where = " AND ".join(part for part, _ in asked)
        query = f"SELECT * FROM job WHERE {where} ORDER BY made DESC LIMIT ?"  # noqa: S608 - names of ours
        found = self.state.rows(query, *(value for _, value in asked), limit)
        return [_shown(row) for row in found]

    def urge(self, number: str, priority: int) -> dict[str, Any]:
        """Give a job another priority. Raises NotFoundError."""
        self.get(number)
        with self.state.writing() as db:
            db.execute(
                "UPDATE job SET priority = ?, changed = cinedex_clock() WHERE id = ? AND state IN ('queued', "
                "'running')",
                (priority, number),
            )
        self.news.tell(number)
        return self.get(number)

    def cancel(self, number: str) -> dict[str, Any]:
        """End a job that has not ended; what it made is kept."""
        self._change(number, "cancelled", OPEN, "")
        return self.get(number)

    def retry(self, number: str) -> dict[str, Any]:
        """Queue an ended job again. Raises UsageError for one that has not ended."""
        if not self._change(number, "queued", ("failed", "cancelled", "done"), ""):
            raise UsageError("this job has not ended", remedy="Cancel it first, or wait.")
        return self.get(number)

    def _change(self, number: str, to: str, of: Sequence[str], why: str) -> bool:
        self.get(number)
        query = "UPDATE job SET state = ?, why = ?, changed = cinedex_clock(), owner = '' WHERE id = ? AND state IN "
        with self.state.writing() as db:
            changed = bool(db.execute(f"{query} ({', '.join('?' * len(of))})", (to, why, number, *of)).rowcount)
        self.news.tell(number)
        return changed

    # The worker's side

    def take(self, owner: str) -> dict[str, Any] | None:
        """The next job, now the owner's: the most urgent that waits, or one whose worker died."""
        with self.state.writing() as db:
            found = db.execute(
                "SELECT * FROM job WHERE (state = 'queued' OR (state = 'running' AND lease < cinedex_clock())) AND "  # noqa: S608 - constants
                + _OURS
                + " ORDER BY priority DESC, made LIMIT 1"
                + self.state.engine.skip_locked,
                (self.library,),
            ).fetchone()
            if found is None:
                return None
            if found["attempt"] >= _ATTEMPTS:
                why = f"its worker died {_ATTEMPTS} times"
                db.execute(
                    "UPDATE job SET state = 'failed', why = ?, changed = cinedex_clock() WHERE id = ?",
                    (why, found["id"]),
                )
                return None
            db.execute(
                "UPDATE job SET state = 'running', owner = ?, lease = cinedex_clock() + ?, changed = cinedex_clock(), "
                "attempt = attempt + 1 WHERE id = ?",
                (owner, LEASE_SECONDS, found["id"]),
            )
        self.news.tell(found["id"])
        return _shown(dict(found))

    def renew(self, number: str, owner: str, fraction: float, progress: Mapping[str, float]) -> bool:
        """Hold on to a job and say how far each stage is; False where it is the owner's no more."""
        with self.state.writing() as db:
            held = bool(
                db.execute(
                    "UPDATE job SET lease = cinedex_clock() + ?, fraction = CASE WHEN fraction < ? THEN ? ELSE "
                    "fraction END, progress = ?, changed = cinedex_clock() WHERE id = ? AND owner = ? AND state = "
                    "'running'",
                    (LEASE_SECONDS, fraction, fraction, json.dumps(progress), number, owner),
                ).rowcount
            )
        self.news.tell(number)
        return held

    def end(self, number: str, owner: str, state: str, why: str) -> None:
        """How it ended. A job that is the owner's no more is left alone."""
        with self.state.writing() as db:
            db.execute(
                "UPDATE job SET state = ?, why = ?, fraction = CASE WHEN ? THEN 1 ELSE fraction END, attempt = 0, "
                "changed = cinedex_clock() WHERE id = ? AND owner = ? AND state = 'running'",
                (state, why, state == "done", number, owner),
            )
        self.news.tell(number)

    def release(self, number: str, owner: str) -> None:
        """Give a job back, as a worker does that is told to stop."""
        with self.state.writing() as db:
            db.execute(
                "UPDATE job SET state = 'queued', owner = '', attempt = CASE WHEN attempt > 1 THEN attempt - 1 ELSE 0 "
                "END WHERE id = ? AND owner = ? AND state = 'running'",
                (number, owner),
            )
        self.news.tell(number)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    kept = ("id", "movie", "film", "priority", "state", "fraction", "why", "attempt", "made", "changed")
    return {name: row[name] for name in kept} | {n: json.loads(row[n]) for n in ("stages", "progress")}


class Worker:
    """A thread that works through the queue with one library."""

    def __init__(self, library: Library, jobs: Jobs, watch: Watch | None = None) -> None:
        self.library, self.jobs, self.watch = library, jobs, watch or Watch()
        self.owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def halt(self) -> None:
        """Take no more jobs, and give the running one back once what can be kept is kept. Waits for nothing."""
        self.stop.set()
        self._wake.set()

    def close(self) -> None:
        """Halt, and wait for it, but for no longer than 30 s: the lease of what hangs then runs out."""
        self.halt()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _work(self) -> None:
        while not self.stop.is_set():
            try:
                job = self.jobs.take(self.owner)
            except StoreError as error:  # the database is away: it comes again
                _log.warning("no job can be taken: %s", error)
                job = None
            if job is None:
                self._wake.wait(1.0)
                self._wake.clear()
                continue
            with self.watch.job(job, partial(self._ended, job["id"])):
                _Running(self, job).run()

    def _ended(self, number: str) -> str:
        try:
            return str(self.jobs.get(number)["state"])
        except CinedexError:
            return "unknown"


class _Running:
    """One job on its way, its lease renewed by a thread of its own: a stage may be silent for longer than a lease."""

    def __init__(self, worker: Worker, job: dict[str, Any]) -> None:
        self.worker, self.job = worker, job
        self.stop, self.ended = threading.Event(), threading.Event()
        self.fractions: dict[str, float] = {}
        self.stages = 1

    def run(self) -> None:
        """Work on it, and say how it ended."""
        number = self.job["id"]
        holder = threading.Thread(target=self._hold, name=f"lease-{number}", daemon=True)
        holder.start()
        try:
            failed = self._analyse()
        except CancelledError:
            self._settle()
        except CinedexError as error:
            self._settle("failed", str(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours must end the job and not the worker
            self._settle("failed", f"{type(error).__name__}: {error}")
        else:
            self._settle(
                "failed" if failed else "done", "; ".join(dict.fromkeys(failed))[:2000]
            )  # stages may have failed alike
        finally:
            self.ended.set()
            holder.join()

    def _settle(self, state: str = "", why: str = "") -> None:
        """Say how it ended, or give it back, as often as it takes while the database is away.

        Where the server stops meanwhile, the lease runs out, and whoever takes the job then finds the work done.
        """
        jobs, number, owner = self.worker.jobs, self.job["id"], self.worker.owner
        while True:
            try:
                jobs.end(number, owner, state, why) if state else jobs.release(number, owner)
            except StoreError as error:
                _log.warning("how job %s ended cannot be told yet: %s", number, error)
                if self.worker.stop.wait(1.0):
                    return
            else:
                return

    def _analyse(self) -> list[str]:
        library = self.worker.library
        movie = library.find(self.job["movie"])
        failed, made, began = [], False, time.monotonic()
        wanted = self.job["stages"] or None
        for event in library.run([movie], stages=wanted, stop=self.stop, plans=self._planned):
            if event.stage:
                self.fractions[event.stage] = 1.0 if event.what is Happening.DONE else event.fraction
            if event.error is not None:
                failed.append(str(event.error))
            made = made or event.what is Happening.DONE
            self.worker.watch.happened(event)
        if made:
            self.worker.watch.analysed(movie.duration.seconds, time.monotonic() - began)
        return failed

    def _planned(self, plan: Plan) -> None:
        self.stages = max(len(plan.steps), 1)

    def _hold(self) -> None:
        held = time.monotonic()
        while not self.ended.wait(1.0):
            done = min(sum(self.fractions.values()) / self.stages, 0.999)
            now = time.monotonic()
            try:
                mine = not self.worker.stop.is_set() and self._renewed(done)
                held = now
            except StoreError:  # the database is away: the job is ours until the lease has run out
                mine = now - held < LEASE_SECONDS
            if not mine:
                self.stop.set()
                return

    def _renewed(self, done: float) -> bool:
        progress = {name: round(fraction, 3) for name, fraction in list(self.fractions.items())}
        return self.worker.jobs.renew(self.job["id"], self.worker.owner, done, progress)
