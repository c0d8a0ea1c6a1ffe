"""PostgreSQL and Redis for tests: Debian's own, started on free ports of this machine, in folders of their own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from cinedex.app.server.postgres import Postgres
from cinedex.errors import StoreError


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _reaches(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


class _Server:
    """A server process that can be ended and started again over the same data."""

    def __init__(self) -> None:
        # Not below pytest's folders, which only who runs the tests may enter; PostgreSQL refuses to run as root.
        self.folder = Path(tempfile.mkdtemp(prefix="cinedex-test-"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def ready(self) -> bool:
        return _reaches(self.port)

    def _as(self) -> dict[str, object]:
        return {}

    def start(self) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            self.process = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603 - a server of this machine
                self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder, **self._as()
            )
            while time.monotonic() < until and self.process.poll() is None:
                if self.ready():
                    return
                time.sleep(0.02)
            time.sleep(0.1)  # after a kill its children may hold on to the data for a moment
        raise AssertionError(f"{self.command()[0]} did not start")

    def kill(self) -> None:
        """End it at once, as a crash does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)  # PostgreSQL: at once, without tidying data that are thrown away
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class RedisServer(_Server):
    """A Redis that keeps nothing on disk, as a cache does."""

    def command(self) -> list[str]:
        return [
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
        ]  # fmt: skip

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"


class PostgresServer(_Server):
    """A PostgreSQL, run by the user `postgres` where the tests are run by root."""

    def __init__(self) -> None:
        super().__init__()
        self._programs = _postgres_programs()
        assert self._programs is not None
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self._databases = 0
        init = [self._programs / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", "postgres", "--no-sync"]
        subprocess.run([*map(str, init), "-E", "UTF8", "--locale=C"], check=True, capture_output=True, **self._as())  # type: ignore[call-overload]  # noqa: S603 - a program of this machine

    def _as(self) -> dict[str, object]:
        return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}

    def command(self) -> list[str]:
        assert self._programs is not None
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder}
        told = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._programs / "postgres"), "-D", str(self.folder / "data"), *told]

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def ready(self) -> bool:
        try:
            with Postgres(self.url()).reading() as db:
                db.execute("SELECT 1")
        except StoreError:
            return False
        return True

    def database(self) -> str:
        """The URL of a new, empty database."""
        self._databases += 1
        with Postgres(self.url()).reading() as db:
            db.execute(f"CREATE DATABASE t{self._databases}")
        return self.url(f"t{self._databases}")


def _postgres_programs() -> Path | None:
    found = [p.parent for p in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    path = shutil.which("initdb")
    return found[-1] if found else Path(path).parent if path else None


def _may_run_postgres() -> bool:
    if os.getuid() != 0:
        return True
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return True


needs_postgres = pytest.mark.skipif(
    _postgres_programs() is None or not _may_run_postgres(), reason="PostgreSQL is not installed (apt: postgresql)"
)
needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="Redis is not installed (redis-server)")
