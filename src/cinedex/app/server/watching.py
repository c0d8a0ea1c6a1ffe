"""What the service tells its operator: metrics for Prometheus, log lines and spans of requests, jobs and stages."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
    start_http_server,
)

from cinedex import __version__
from cinedex.app import logs
from cinedex.app.server.tracing import Tracing
from cinedex.errors import CinedexError
from cinedex.run.events import Event, Happening

_log = logging.getLogger("cinedex.server")

JOB_STATES = ("queued", "running", "done", "failed", "cancelled")

_LATENCY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30)
_STAGE = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400)
_SIZES_SECONDS = 15.0
"""For so long the index' size is not asked for again."""


class Metrics:
    """Counts and times of one process, and what the shared state says of all of them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own: Any = {"registry": self.registry}
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(**own)
        self.requests = Counter(
            "cinedex_requests", "Requests answered", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "cinedex_request_seconds",
            "Time until an answer begins",
            ("route",),
            buckets=_LATENCY,
            registry=self.registry,
        )
        self.open = Gauge("cinedex_requests_open", "Requests that are being answered", **own)
        self.jobs = Gauge("cinedex_jobs", "Jobs by state, of all servers that share the state", ("state",), **own)
        self.waiting = Gauge("cinedex_job_oldest_wait_seconds", "For how long the oldest queued job has waited", **own)
        self.ended = Counter("cinedex_jobs_ended", "Jobs that this server ended or gave back", ("state",), **own)
        self.stages = Counter("cinedex_stages", "Stages of films that ended", ("stage", "what"), **own)
        self.stage_seconds = Histogram(
            "cinedex_stage_seconds",
            "Time that a stage of a film took",
            ("stage",),
            buckets=_STAGE,
            registry=self.registry,
        )
        self.retries = Counter("cinedex_stage_retries", "Stages tried again", ("stage",), **own)
        self.film_seconds = Counter("cinedex_film_seconds", "Seconds of film analysed", **own)
        self.work_seconds = Counter("cinedex_work_seconds", "Seconds that analyses took", **own)
        self.speed = Gauge("cinedex_analysis_speed", "Of the last analysis: seconds of film a second", **own)
        self.films = Gauge("cinedex_index_films", "Films in the search index", **own)
        self.moments = Gauge("cinedex_index_moments", "Moments in the search index", **own)
        self.errors = Counter("cinedex_errors", "Errors logged", ("logger",), **own)
        told = Gauge("cinedex_build_info", "The version that runs", ("version",), registry=self.registry)
        told.labels(__version__).set(1)

    def text(self) -> str:
        """All of them, as Prometheus reads them."""
        return generate_latest(self.registry).decode()


class _Errors(logging.Handler):
    """Counts what is logged as an error, whoever logs it."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__(logging.ERROR)
        self.metrics = metrics

    def emit(self, record: logging.LogRecord) -> None:
        self.metrics.errors.labels(record.name).inc()


class Watch:
    """Sees requests, jobs and stages, and tells of them."""

    def __init__(self, tracing: Tracing | None = None) -> None:
        self.metrics = Metrics()
        self.tracing = tracing or Tracing()
        self._errors = _Errors(self.metrics)
        self._sized = 0.0
        self._lock = threading.Lock()

    def open(self) -> None:
        """Begin to count errors."""
        logging.getLogger("cinedex").addHandler(self._errors)

    def close(self) -> None:
        """Send what has not been sent."""
        logging.getLogger("cinedex").removeHandler(self._errors)
        self.tracing.close()

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Give the metrics out over HTTP, for a process that answers nothing else; call what it gives to end that."""
        served, thread = start_http_server(port, host, self.metrics.registry)

        def end() -> None:
            served.shutdown()
            served.server_close()
            thread.join(5)

        return end

    # Requests

    @contextmanager
    def request(self, method: str, path: str, number: str, headers: Mapping[str, str]) -> Iterator[Callable[..., None]]:
        """Around a request; call what it gives with the route and the status once they are known."""
        began = time.perf_counter()
        known = method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"
        with (
            self.metrics.open.track_inprogress(),
            self.tracing.span(known, kind="server", headers=headers, http__request__method=known) as span,
            logs.at(request=number, trace=span.trace),
        ):

            def answered(route: str, status: int) -> None:
                seconds = time.perf_counter() - began
                self.metrics.requests.labels(known, route, str(status)).inc()
                self.metrics.seconds.labels(route).observe(seconds)
                span.tell(http__route=route, http__response__status_code=status, cinedex__request=number)
                if status >= 500:
                    span.fail(f"status {status}")
                told = {"method": known, "path": path, "route": route, "status": status, "ms": round(1000 * seconds, 1)}
                _log.info("%s %s %s %.0f ms", method, path, status, 1000 * seconds, extra={"facts": told})

            yield answered

    # Jobs

    @contextmanager
    def job(self, job: Mapping[str, Any], state: Callable[[], str]) -> Iterator[None]:
        """Around a job; `state` says afterwards how it ended, 'queued' where it was given back."""
        began = time.perf_counter()
        with (
            self.tracing.span("job", cinedex__job=job["id"], cinedex__film=job["movie"]) as span,
            logs.at(job=job["id"], film=job["movie"], trace=span.trace),
        ):
            _log.info("job %s begins: %s", job["id"], job["film"], extra={"facts": {"attempt": job["attempt"]}})
            try:
                yield
            finally:
                ended, seconds = state(), time.perf_counter() - began
                self.metrics.ended.labels(ended).inc()
                self.metrics.work_seconds.inc(seconds)
                span.tell(cinedex__state=ended)
                if ended == "failed":
                    span.fail("the job failed")
                told = {"state": ended, "seconds": round(seconds, 3)}
                _log.info("job %s: %s after %.1f s", job["id"], ended, seconds, extra={"facts": told})

    def analysed(self, film_seconds: float, seconds: float) -> None:
        """A film of so many seconds was analysed in so many."""
        self.metrics.film_seconds.inc(film_seconds)
        self.metrics.speed.set(film_seconds / max(seconds, 1e-3))

    def happened(self, event: Event) -> None:
        """A stage began, ended, failed or is tried again."""
        stage = event.stage
        if not stage:
            return
        facts = {"stage": stage, "film": event.movie_id}
        if event.what is Happening.RETRY:
            self.metrics.retries.labels(stage).inc()
            _log.warning("%s is tried again: %s", stage, event.why, extra={"facts": facts})
            return
        if event.what not in {Happening.DONE, Happening.FAILED, Happening.SKIPPED}:
            return
        self.metrics.stages.labels(stage, event.what.value).inc()
        if event.what is Happening.SKIPPED:
            return
        why = str(event.error or event.why) if event.what is Happening.FAILED else ""
        self.metrics.stage_seconds.labels(stage).observe(event.seconds)
        self.tracing.past(f"stage {stage}", event.seconds, why, cinedex__stage=stage, cinedex__film=event.movie_id)
        facts |= {"seconds": round(event.seconds, 3), "rows": event.rows}  # type: ignore[dict-item]  # they are logged
        if why:
            _log.warning("%s failed: %s", stage, why, extra={"facts": facts})
        else:
            _log.info("%s: %d rows in %.1f s", stage, event.rows, event.seconds, extra={"facts": facts})

    # What is asked for when metrics are

    def read(self, states: Mapping[str, int], oldest: float | None, size: Callable[[], tuple[int, int]]) -> str:
        """The metrics, with jobs by state, when the oldest queued one was asked for, and the index' size."""
        for state in JOB_STATES:
            self.metrics.jobs.labels(state).set(states.get(state, 0))
        self.metrics.waiting.set(max(0.0, time.time() - oldest) if oldest is not None else 0.0)
        with self._lock:
            due = time.monotonic() - self._sized > _SIZES_SECONDS or not self._sized
            if due:
                self._sized = time.monotonic()
        if due:  # by the next time: opening the index may take longer than whoever asks waits
            threading.Thread(target=self._size, args=(size,), name="index-size", daemon=True).start()
        return self.metrics.text()

    def _size(self, size: Callable[[], tuple[int, int]]) -> None:
        try:
            films, moments = size()
        except CinedexError as error:
            _log.warning("the size of the index is not known: %s", error)
            return
        self.metrics.films.set(films)
        self.metrics.moments.set(moments)
