"""OpenTelemetry, imported here only: spans of requests, jobs and stages, sent where OTEL_EXPORTER_OTLP_ENDPOINT says.

Off unless that is set; the standard variables (OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER ...) say how.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cinedex import __version__
from cinedex.errors import UsageError

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Span:
    """A span that has begun; the empty one of `Tracing()` takes everything and keeps nothing."""

    def __init__(self, inner: Any = None) -> None:
        self._inner = inner

    @property
    def trace(self) -> str:
        """The trace's id in hex; '' where nothing is traced."""
        return format(self._inner.get_span_context().trace_id, "032x") if self._inner is not None else ""

    def tell(self, **facts: str | float) -> None:
        """Add attributes; dots in their names are written as two underscores."""
        if self._inner is not None:
            self._inner.set_attributes({name.replace("__", "."): value for name, value in facts.items()})

    def fail(self, why: str) -> None:
        """It went wrong."""
        if self._inner is not None:
            from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415 - an extra

            self._inner.set_status(Status(StatusCode.ERROR, why[:1000]))


class Tracing:
    """Makes spans with a provider, or none without one."""

    def __init__(self, provider: Any = None) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("cinedex", __version__) if provider is not None else None

    @contextmanager
    def span(
        self, name: str, *, kind: str = "internal", headers: Mapping[str, str] | None = None, **facts: str | float
    ) -> Iterator[Span]:
        """A span around a block, child of the one around it, or of the caller's (`headers`, W3C Trace Context)."""
        if self._tracer is None:
            yield Span()
            return
        from opentelemetry.propagate import extract  # noqa: PLC0415 - an extra
        from opentelemetry.trace import SpanKind  # noqa: PLC0415

        parent = extract(dict(headers)) if headers else None
        made = self._tracer.start_as_current_span(
            name, context=parent, kind=SpanKind.SERVER if kind == "server" else SpanKind.INTERNAL
        )
        with made as inner:
            span = Span(inner)
            span.tell(**facts)
            yield span

    def past(self, name: str, seconds: float, why: str = "", **facts: str | float) -> None:
        """A span that ends now and began `seconds` ago; `why` it failed, if it did."""
        if self._tracer is None:
            return
        now = time.time_ns()
        inner = self._tracer.start_span(name, start_time=now - int(seconds * 1e9))
        span = Span(inner)
        span.tell(**facts)
        if why:
            span.fail(why)
        inner.end(now)

    def close(self) -> None:
        """Send what has not been sent."""
        if self._provider is not None:
            self._provider.shutdown()


def from_environment() -> Tracing:
    """Tracing to the endpoint of the environment; none where it names none. Raises UsageError without the extra."""
    if not any(os.environ.get(name) for name in _ENDPOINTS) or os.environ.get("OTEL_SDK_DISABLED", "") == "true":
        return Tracing()
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as missing:
        raise UsageError(
            f"tracing needs {missing.name}, which is not installed",
            remedy="pip install 'cinedex[otel]', or leave OTEL_EXPORTER_OTLP_ENDPOINT out.",
        ) from missing
    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "cinedex"}
    provider = TracerProvider(resource=Resource.create(named | {"service.version": __version__}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)
