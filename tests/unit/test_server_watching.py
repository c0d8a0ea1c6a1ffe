"""What the operator sees: metrics, log lines with their request, job, film and stage, spans; and how a server ends."""

from __future__ import annotations

import http.client
import json
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from tests.unit.test_server import Running

from cinedex.app import logs
from cinedex.app.server.tracing import Tracing, from_environment
from cinedex.app.server.watching import Watch
from cinedex.app.serving import server
from cinedex.errors import MediaError, UsageError


class Watched:
    """A service of which one film was analysed, with what it told meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.running = Running(folder)
        self.spans = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.spans))
        self.running.service.watch.tracing = Tracing(provider)
        self.lines: list[dict[str, Any]] = []


class Kept(logging.Handler):
    def __init__(self, lines: list[dict[str, Any]]) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logs.JsonLines())
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    made = Watched(tmp_path_factory.mktemp("watched"))
    log, handler = logging.getLogger("cinedex"), Kept(made.lines)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        with made.running.client as client:
            film = made.running.added()
            asked = client.post("/v1/jobs", json={"film": film, "stages": ["shots"]}, headers={"X-Request-Id": "abc1"})
            assert made.running.ended(asked.json()["id"])["state"] == "done"
            client.get("/v1/films/none")
            yield made
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)


def samples(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            found.setdefault(one.name, {})[tuple(sorted(one.labels.items()))] = one.value
    return found


def test_metrics_tell_of_requests_jobs_stages_and_the_index(watched: Watched):
    found = samples(watched.running.client.get("/metrics").text)
    missing = (("method", "GET"), ("route", "/v1/films/{film}"), ("status", "404"))
    assert found["cinedex_requests_total"][missing] == 1
    assert found["cinedex_request_seconds_count"][(("route", "/v1/films/{film}"),)] == 1
    assert found["cinedex_jobs"][(("state", "done"),)] == 1
    assert found["cinedex_jobs"][(("state", "queued"),)] == 0
    assert found["cinedex_jobs_ended_total"][(("state", "done"),)] == 1
    assert found["cinedex_stages_total"][(("stage", "shots"), ("what", "done"))] == 1
    assert found["cinedex_stage_seconds_count"][(("stage", "transitions"),)] == 1
    assert found["cinedex_film_seconds_total"][()] == pytest.approx(4, abs=0.1)
    assert found["cinedex_analysis_speed"][()] > 0
    assert found["process_resident_memory_bytes"][()] > 1e7


def test_an_error_in_the_log_is_counted(watched: Watched, caplog: pytest.LogCaptureFixture):
    logging.getLogger("cinedex.search.index").error("broken")
    assert caplog.messages == ["broken"]
    found = samples(watched.running.client.get("/metrics").text)
    assert found["cinedex_errors_total"][(("logger", "cinedex.search.index"),)] == 1


def test_lines_know_their_request_job_film_and_stage(watched: Watched):
    (asked,) = [line for line in watched.lines if line.get("request") == "abc1"]
    assert (asked["route"], asked["status"], asked["method"]) == ("/v1/jobs", 202, "POST")
    (stage,) = [line for line in watched.lines if line.get("stage") == "shots"]
    (job,) = {line["job"] for line in watched.lines if "job" in line}
    (film,) = watched.running.service.library.movies()
    assert (stage["job"], stage["film"]) == (job, film.id)
    assert len(stage["trace"]) == 32
    assert [line["state"] for line in watched.lines if "state" in line] == ["done"]


def test_spans_nest_stages_in_their_job(watched: Watched):
    spans = {s.name: s for s in watched.spans.get_finished_spans()}
    job, stage = spans["job"], spans["stage shots"]
    assert stage.parent is not None
    assert job.context is not None
    assert stage.parent.span_id == job.context.span_id
    assert job.start_time <= stage.start_time <= stage.end_time <= job.end_time
    assert job.attributes["cinedex.state"] == "done"
    request = next(s for s in watched.spans.get_finished_spans() if s.attributes.get("cinedex.request") == "abc1")
    assert dict(request.attributes) == {
        "http.request.method": "POST",
        "http.route": "/v1/jobs",
        "http.response.status_code": 202,
        "cinedex.request": "abc1",
    }


def test_a_callers_trace_goes_on(watched: Watched):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    watched.running.client.get("/healthz", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    span = next(s for s in watched.spans.get_finished_spans() if s.attributes.get("http.route") == "/healthz")
    assert format(span.context.trace_id, "032x") == trace


def test_tracing_is_off_unless_an_endpoint_is_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    with from_environment().span("x", cinedex__job="1") as span:
        assert span.trace == ""
        span.fail("nothing happens")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(UsageError, match=r"cinedex\[otel\]"):
        from_environment()


def test_an_endpoint_is_sent_spans(monkeypatch: pytest.MonkeyPatch):
    sent: list[Any] = []

    def export(_: OTLPSpanExporter, spans: Any) -> SpanExportResult:
        sent.extend(spans)
        return SpanExportResult.SUCCESS

    monkeypatch.setattr(OTLPSpanExporter, "export", export)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    tracing = from_environment()
    with tracing.span("x", cinedex__job="1") as span:
        assert len(span.trace) == 32
    tracing.close()
    assert [(s.name, s.attributes["cinedex.job"]) for s in sent] == [("x", "1")]
    assert sent[0].resource.attributes["service.name"] == "cinedex"


def test_a_line_is_one_line_whatever_is_logged():
    error = MediaError("broken", film="a\nb.mkv", stage="shots")
    raised = (MediaError, error, None)
    record = logging.LogRecord("cinedex", logging.ERROR, "", 0, 'a\n{"level": "forged"}\x1b[31m', (), raised)
    text = logs.JsonLines().format(record)
    assert "\n" not in text
    assert "\x1b" not in text
    facts = json.loads(text)
    assert (facts["level"], facts["film"], facts["stage"], facts["error"]) == (
        "error", "a\nb.mkv", "shots", "MediaError",
    )  # fmt: skip


@pytest.mark.parametrize(("form", "level"), [("xml", None), ("json", "LOUD")])
def test_an_unknown_form_or_level_is_refused(form: str, level: str | None):
    with pytest.raises(UsageError):
        logs.set_up(form, level)


def test_the_size_of_the_index_is_asked_for_now_and_then_and_nobody_waits_for_it():
    watch, asked, gate = Watch(), [], threading.Event()

    def size() -> tuple[int, int]:
        asked.append(1)
        gate.wait(10)
        return 3, 40

    for _ in range(3):
        assert samples(watch.read({}, None, size))["cinedex_index_films"][()] == 0
    gate.set()
    until = time.monotonic() + 5
    while samples(watch.read({}, None, size))["cinedex_index_moments"][()] != 40 and time.monotonic() < until:
        time.sleep(0.02)
    assert samples(watch.read({}, None, size))["cinedex_index_films"][()] == 3
    assert asked == [1]


def test_a_worker_gives_its_metrics_out_by_itself():
    watch = Watch()
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    end = watch.serve("127.0.0.1", port)
    try:
        watch.analysed(20.0, 10.0)
        assert samples(_read(port, "/metrics").decode())["cinedex_analysis_speed"][()] == 2
    finally:
        end()
    with pytest.raises(ConnectionRefusedError):
        _read(port, "/metrics")


# How it ends


def test_a_signal_ends_streams_hands_the_job_back_and_is_quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    running = Running(tmp_path)
    film = running.added()
    begun, run = threading.Event(), running.service.library.run

    def slow(*args: Any, **more: Any) -> Any:
        begun.set()
        more["stop"].wait(30)
        return run(*args, **more)

    monkeypatch.setattr(running.service.library, "run", slow)
    served = server(running.service, ("127.0.0.1",), "127.0.0.1", 0)
    thread = threading.Thread(target=served.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not served.started and time.monotonic() < until:
        time.sleep(0.02)
    port = served.servers[0].sockets[0].getsockname()[1]
    job = running.service.jobs.ask(film, "film", ["shots"])["id"]
    running.service.worker.wake()
    assert begun.wait(10)
    told: list[bytes] = []
    listening = threading.Thread(target=lambda: told.append(_read(port, f"/v1/jobs/{job}/events")), daemon=True)
    listening.start()
    time.sleep(0.7)
    began = time.monotonic()
    served.handle_exit(signal.SIGTERM, None)
    thread.join(20)
    listening.join(5)
    assert not thread.is_alive()
    assert time.monotonic() - began < 5
    assert b'"state": "running"' in told[0]
    assert running.service.jobs.get(job)["state"] == "queued"
    assert running.service.jobs.get(job)["attempt"] == 0
    assert running.client.get("/readyz").status_code == 503


def _read(port: int, path: str) -> bytes:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path)
        return connection.getresponse().read()
