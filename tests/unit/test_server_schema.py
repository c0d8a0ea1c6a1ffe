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


def test_where_a_method_is_not_allowed_all_that_are_are_named(running: Running):
    running.service.open_here = True
    for path, operations in running.client.get("/v1/openapi.json").json()["paths"].items():
        answer = running.client.request("TRACE", path.replace("{sheet}", "0").replace("{number}", "0"))
        assert answer.status_code == 405, path
        assert answer.headers["allow"].lower().split(", ") == sorted(operations), path


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/people/recognition", {"on": 0}),
        ("PUT", "/v1/people/recognition", {"on": "false"}),
        ("POST", "/v1/jobs", {"film": "x", "priority": "5"}),
        ("POST", "/v1/jobs", {"film": "x", "priority": True}),
        ("POST", "/v1/jobs", {"film": 7}),
        ("POST", "/v1/admin/keys", {"name": "a", "scopes": "read"}),
        ("POST", "/v1/films/x/segment", {"start": "0", "end": 1}),
    ],
)
def test_what_a_body_says_is_not_taken_for_something_else(running: Running, method: str, path: str, body: object):
    running.service.open_here = True
    film = running.client.get("/v1/films").json()["films"]
    asked = path.replace("/x/", f"/{film[0]['id'] if film else running.added()}/")
    assert running.client.request(method, asked, json=body).status_code == 422


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("media", ""),
        ("compliance", "?format=json"),
        ("compliance", "?format=csv"),
        ("compliance", "?format=html"),
        ("export", "?format=json"),
        ("export", "?format=otio"),
        ("still", ""),
        ("report", ""),
    ],
)
def test_every_type_of_answer_is_described(running: Running, path: str, query: str):
    """Made-up requests seldom name a film that there is."""
    running.service.open_here = True
    answer = running.client.get(f"/v1/films/{running.added()}/{path}{query}")
    document = running.client.get("/v1/openapi.json").json()
    told = document["paths"][f"/v1/films/{{film}}/{path}"]["get"]["responses"]["200"]["content"]
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] in told
