"""A server process for tests: `python -m tests.serving` with what to do as JSON; it prints its port when it is up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import httpx2
from tests.toys import VIEW

from cinedex.library import Library
from cinedex.models.fakes import fake_pool
from cinedex.settings import Settings
from cinedex.stages.base import Inputs, Need, Stage
from cinedex.timeline.rows import Frame, Row
from cinedex.timeline.time import Time

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Slow(Stage):
    """Takes as long as it is told to, and says in a file who began it."""

    name: ClassVar[str] = "slow"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Frame,)
    seconds: float = 1.0
    begun: str = ""

    @property
    def needs(self) -> tuple[Need, ...]:
        return (VIEW,)

    def run(self, inputs: Inputs) -> Iterator[Row]:
        with Path(self.begun).open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
        time.sleep(self.seconds)
        for chunk in inputs.chunks:
            for i in range(len(chunk)):
                start, end = Time(int(chunk.starts[i])), Time(int(chunk.ends[i]))
                yield Frame(start=start, end=end, pts=int(chunk.pts[i]), key=bool(chunk.keys[i]))


@dataclass
class Serving:
    """A running server process and a client for it."""

    process: subprocess.Popen[str]
    client: httpx2.Client

    @classmethod
    def start(cls, **told: Any) -> Serving:
        """`state`, `library`, `films`, `uploads`, and if wanted `redis`, `rate`, `lease`, `slow`, `begun`."""
        program = [sys.executable, "-m", "tests.serving", json.dumps({k: str(v) for k, v in told.items()})]
        process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd=ROOT)  # noqa: S603 - our own
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, "the server did not start"
        return cls(process, httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30))

    def kill(self) -> None:
        """End it at once, as a crash does."""
        self.process.kill()
        self._gone()

    def close(self) -> None:
        """Let it end."""
        if self.process.poll() is None:
            self.process.terminate()
        self._gone()

    def _gone(self) -> None:
        self.client.close()
        self.process.wait(15)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def job(self, number: str) -> dict[str, Any]:
        """A job as this server shows it."""
        found: dict[str, Any] = self.client.get(f"/v1/jobs/{number}").json()
        return found

    def until(self, number: str, *states: str, within: float = 30) -> dict[str, Any]:
        """A job when it is in one of some states."""
        end = time.monotonic() + within
        while (found := self.job(number)).get("state") not in states:
            assert time.monotonic() < end, f"the job is still {found}"
            time.sleep(0.05)
        return found


def _serve(told: dict[str, str]) -> None:
    import uvicorn  # noqa: PLC0415 - the side that starts it needs none of this

    from cinedex.app.server import jobs  # noqa: PLC0415
    from cinedex.app.server.application import application  # noqa: PLC0415
    from cinedex.app.server.service import Service  # noqa: PLC0415
    from cinedex.app.server.shared import Shared  # noqa: PLC0415
    from cinedex.app.server.state import State  # noqa: PLC0415

    jobs.LEASE_SECONDS = float(told.get("lease", jobs.LEASE_SECONDS))
    slow = Slow(float(told.get("slow", "0.1")), told["begun"])
    library = Library(told["library"], settings=Settings(cores=1), stages=[slow])
    library.__dict__["pool"] = fake_pool()
    service = Service(
        library,
        State(told["state"]),
        Path(told["uploads"]),
        (Path(told["films"]),),
        open_here=True,
        rate=float(told.get("rate", "0")),
        shared=Shared(told["redis"]) if "redis" in told else None,
    )
    config = uvicorn.Config(application(service), port=0, log_level="error", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)

    def say() -> None:
        while not server.started:
            time.sleep(0.01)
        print(server.servers[0].sockets[0].getsockname()[1], flush=True)  # noqa: T201 - this is how it is told

    threading.Thread(target=say, daemon=True).start()
    server.run()


if __name__ == "__main__":
    _serve(json.loads(sys.argv[1]))
