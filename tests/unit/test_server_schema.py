"""The OpenAPI document against the server: thousands of made-up requests, and every answer is one that is described."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from tests.unit.test_server import Running

from cinedex.app.server.application import application

MADE = 25
"""Requests made up of each operation, and as many that break its rules."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("schema"))
    with made.client:
        job = made.client.post("/v1/jobs", json={"film": made.added()}).json()["id"]
        assert made.ended(job)["state"] == "done"
        yield made


@pytest.fixture(scope="module")
def address(running: Running) -> Iterator[str]:
    """The same service behind a real server: what is tested is what goes over the wire."""
    app = application(running.service, hosts=("127.0.0.1",))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="module")
def api(address: str) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{address}/v1/openapi.json")


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(max_examples=MADE, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_described(case: schemathesis.Case):
    case.call_and_validate()


def test_every_operation_is_explained(running: Running):
    document = running.client.get("/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operations = [o for path in document["paths"].values() for m, o in path.items()]
    assert len(operations) > 45
    assert len({o["operationId"] for o in operations}) == len(operations)
    for one in operations:
        assert one["description"], one["operationId"]
        assert {"4XX"} <= set(one["responses"])


