"""The servers of `bench server`: ours, PostgreSQL and Redis, each as a process that can be killed and started again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers import PostgresServer, RedisServer, free_port

from bench._measure import ROOT
from cinedex.app.server.keys import Keys
from cinedex.app.server.state import State
from cinedex.compliance.log import ReviewLog
from cinedex.settings import Settings
from cinedex.store import Store


class Ours:
    """The servers of one run. `kinds` are what there is to kill."""

    def __init__(self, folder: Path, scratch: Path, state: str) -> None:
        self.folder, self.scratch, self.port = folder, scratch, free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None
        self.key = ""
        self._postgres = PostgresServer() if state == "postgres" else None
        self._redis = RedisServer() if state == "postgres" else None
        self.kinds = ("redis", "postgres", "server", "worker") if state == "postgres" else ("server", "worker")

    @property
    def place(self) -> str:
        """The state's."""
        return self._postgres.url() if self._postgres else str(self.scratch / "state.sqlite")

    def start(self, kind: str) -> None:
        """Start one, and wait until it answers."""
        if kind == "redis" and self._redis:
            self._redis.start()
        elif kind == "postgres" and self._postgres:
            self._postgres.start()
        elif kind == "worker":
            self._worker = self._ours("work")
        else:
            self._serve()

    def _ours(self, *told: str) -> subprocess.Popen[bytes]:
        mine = {
            "CINEDEX_LIBRARY": str(self.folder / "library"),
            "CINEDEX_CACHE": str(Settings.from_env().cache),
            "CINEDEX_OFFLINE": "1",
            "CINEDEX_DATABASE_URL": self.place if self._postgres else "",
            "CINEDEX_REDIS_URL": self._redis.url if self._redis else "",
        }
        place = () if self._postgres else ("--state", self.place)
        with (self.scratch / "server.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "cinedex", *told, *place],
                cwd=ROOT,
                env=os.environ | mine,
                stdout=log,
                stderr=log,
            )

    def _serve(self) -> None:
        if not self.key:
            self.key = Keys(State(self.place)).create("everybody", ("admin",))
        self._process = self._ours(
            "serve", "--no-work", "--port", str(self.port), "--films", str(self.folder / "films"), "--rate", "100000",
            "--uploads", str(self.scratch / "uploads"),
        )  # fmt: skip
        until = time.monotonic() + 180
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).read()
            except OSError:
                assert self._process.poll() is None, (self.scratch / "server.log").read_text()[-3000:]
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the server does not answer")

    def kill(self, kind: str) -> None:
        """End one at once."""
        if kind == "redis" and self._redis:
            self._redis.kill()
        elif kind == "postgres" and self._postgres:
            self._postgres.kill()
        elif (ours := self._worker if kind == "worker" else self._process) is not None:
            ours.kill()
            ours.wait()

    def memory(self) -> tuple[float, float]:
        """MiB of the server and its children: their own, and of files that are mapped (their share of it, both).

        What is mapped are models and libraries. It grows page by page as different words are embedded, to the files'
        size at most, and the system takes it back where memory is short.
        """
        if self._process is None or self._process.poll() is not None:
            return float("nan"), float("nan")
        weighed = [_pss(pid) for pid in _family(self._process.pid)]
        return sum(own for own, _ in weighed) / 1024, sum(mapped for _, mapped in weighed) / 1024

    def spent(self) -> tuple[float, float]:
        """CPU seconds of the server and of the worker as they are now, since each was started."""
        return _cpu(self._process), _cpu(self._worker)

    def missing(self, acknowledged: Mapping[str, str]) -> list[str]:
        """Jobs that were acknowledged and are not there."""
        there = {row["id"] for row in State(self.place).rows("SELECT id FROM job")}
        return sorted(set(acknowledged.values()) - there)

    def undecided(self, notes: Sequence[str]) -> list[str]:
        """The reviewer's decisions that were acknowledged and are not in the log, whose chain has to be whole."""
        log = ReviewLog(Store(str(self.folder / "library")))
        broken = log.verify().problems
        there = {entry.note for entry in log.entries()}
        return [*map(str, broken), *sorted({*notes} - there)]

    def close(self) -> None:
        """End all."""
        for ours in (self._process, self._worker):
            if ours is not None and ours.poll() is None:
                ours.terminate()
                try:
                    ours.wait(40)
                except subprocess.TimeoutExpired:
                    ours.kill()
        for other in (self._redis, self._postgres):
            if other is not None:
                other.close()


def _cpu(process: subprocess.Popen[bytes] | None) -> float:
    if process is None or process.poll() is not None:
        return 0.0
    parts = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> list[int]:
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children += [int(x) for x in task.read_text().split()]
        except OSError:
            continue
    return [pid, *(x for child in children for x in _family(child))]


def _pss(pid: int) -> tuple[int, int]:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0, 0
    sizes = {name: int(told.split()[0]) for name, _, told in (line.partition(":") for line in lines[1:])}
    return sizes.get("Pss_Anon", 0) + sizes.get("Pss_Shmem", 0), sizes.get("Pss_File", 0)
