"""The OpenAPI document against the server: thousands of made-up requests, and every answer is one that is described."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from tests.unit.test_server import Running

from cinedex.app.server.application import application
from cinedex.app.server.limits import Limits

MADE = 6
"""Requests made up of each operation, and as many that break its rules."""


NOT_ASKED = [ignored_auth, positive_data_acceptance]
"""Every request brings a key, so that what else it brings does not count (routes without a key are tried elsewhere);
and a query of the right form may still ask for what there is not, which is refused with 422."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("schema"))
    with made.client:
        made.service.open_here = True
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


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_as_described(running: Running, address: str, mode: GenerationMode):
    service = running.service
    service.open_here, service.limits = False, Limits(0, 0)
    key = {"X-Api-Key": service.keys.create("walker", ("admin",))}
    schema = schemathesis.openapi.from_url(f"{address}/v1/openapi.json")
    wrong = []
    for found in schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=MADE, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        def asked(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=key, timeout=30, excluded_checks=NOT_ASKED)

        try:
            asked()
        except Unsatisfiable:  # nothing about this operation can be wrong
            continue
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - all that is wrong is told at once
            wrong += [f"{operation.label}: {e}" for e in getattr(error, "exceptions", [error])]
    assert not wrong, "\n\n".join(wrong)


def test_every_operation_is_explained(running: Running):
    document = running.client.get("/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operations = [o for path in document["paths"].values() for m, o in path.items()]
    assert len(operations) > 45
    assert len({o["operationId"] for o in operations}) == len(operations)
    for one in operations:
        assert one["description"], one["operationId"]
        assert {"4XX"} <= set(one["responses"])
