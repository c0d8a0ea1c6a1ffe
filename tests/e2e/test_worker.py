"""`cinedex work`: a queue is worked through beside a server that leaves it alone, until the worker is told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from fastapi.testclient import TestClient
from tests.unit.test_library import library_at

from cinedex.app.server.application import application
from cinedex.app.server.jobs import Jobs
from cinedex.app.server.service import Service
from cinedex.app.server.state import State


def test_a_worker_of_its_own_takes_what_the_server_leaves(tmp_path: Path):
    place = tmp_path / "state.sqlite"
    state = State(place)
    service = Service(
        library_at(tmp_path / "library"), state, tmp_path / "up", open_here=True, works=False, name="ours"
    )
    job = Jobs(state, library="ours").ask("m1-none", "none", [])["id"]
    other = Jobs(state, library="theirs").ask("m1-none", "none", [])["id"]
    with TestClient(application(service, hosts=("testserver",))) as client:
        time.sleep(0.3)
        assert client.get(f"/v1/jobs/{job}").json()["state"] == "queued", "the server works after all"
        told = ["work", "--library-name", "ours", "--state", str(place)]
        mine = os.environ | {"CINEDEX_LIBRARY": str(tmp_path / "library")}
        with subprocess.Popen([sys.executable, "-m", "cinedex", *told], env=mine, stdout=subprocess.PIPE) as worker:  # noqa: S603 - our own
            until = time.monotonic() + 60
            while client.get(f"/v1/jobs/{job}").json()["state"] in {"queued", "running"}:
                assert worker.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(40) == 0
        assert client.get(f"/v1/jobs/{job}").json()["state"] == "failed"
    assert Jobs(state, library="theirs").get(other)["state"] == "queued"
