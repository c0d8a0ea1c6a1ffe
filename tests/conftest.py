"""What holds for every test: no network, no error in the log, no library or cache but its own."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from cinedex.app.sample import MATERIAL
from cinedex.models.fetch import present
from cinedex.models.registry import registry
from cinedex.settings import Settings

CACHE = Settings.from_env().cache
"""The user's cache, looked up before tests are cut off from it: the one place where weights may be."""


@lru_cache
def _missing_weights() -> list[str]:
    wanted = [*(s for s in registry().values() if s.tier == "core"), MATERIAL]
    return [s.name for s in wanted if not present(s, CACHE / "models")]


@pytest.fixture(autouse=True)
def _apart(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A test reads no setting of the user's and writes nothing into the user's folders.

    One marked `weights` gets the user's cache, where the core models must be: without them it is skipped, or fails
    where CINEDEX_REQUIRE_WEIGHTS is set, as `make test` does, so that nothing is skipped unseen.
    """
    required = bool(os.environ.get("CINEDEX_REQUIRE_WEIGHTS"))
    for name in list(os.environ):
        if name.startswith("CINEDEX_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CINEDEX_LIBRARY", str(tmp_path / "library"))
    if request.node.get_closest_marker("weights") is None:
        monkeypatch.setenv("CINEDEX_CACHE", str(tmp_path / "cache"))
        return
    if missing := _missing_weights():
        give_up = pytest.fail if required else pytest.skip
        give_up(f"{', '.join(missing)} not in {CACHE}; run `cinedex models pull` and `cinedex sample`")
    monkeypatch.setenv("CINEDEX_CACHE", str(CACHE))


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only tests marked `network` reach past this machine."""
    if request.node.get_closest_marker("network"):
        return
    connect: Callable[..., Any] = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        local = self.family == socket.AF_UNIX or str(address[0]) in {"127.0.0.1", "::1", "localhost"}
        if not local:
            raise PermissionError(f"a test not marked `network` wants to reach {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setenv("CINEDEX_OFFLINE", "1")


@pytest.fixture(autouse=True)
def _no_errors_logged(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """An error in the log fails the test, unless it asks for `caplog` itself to look at the log."""
    yield
    if "caplog" in request.fixturenames and "caplog" in request.node._fixtureinfo.argnames:
        return
    errors = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.ERROR]
    assert not errors, f"errors were logged: {errors}"


@pytest.fixture
def library_folder(tmp_path: Path) -> Path:
    """An empty folder for a library."""
    folder = tmp_path / "library"
    folder.mkdir(exist_ok=True)
    return folder
