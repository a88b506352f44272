"""Where spans go: to a collector, by OTLP over HTTP. The rest of the standard's variables (`OTEL_…`) hold as well."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import AttributeValue
from temporalio.client import Interceptor

from telemetry.metrics import Metrics
from telemetry.telling import Telemetry
from telemetry.temporal import CommandTracing

_ATTRIBUTES = frozenset(
    {
        "temporalActivityID",
        "temporalActivityType",
        "temporalRunID",
        "temporalUpdateID",
        "temporalWorkflowID",
        "error.type",
        "exception.escaped",
        "exception.type",
        "http.method",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "http.status_code",
    }
)
"""What leaves the process beside `remit.…`. Libraries add paths, which hold feeds' tokens, people's network addresses, and
what errors say, which may be what somebody wrote."""
_TRACES = "v1/traces"


class DiscreetExporter(SpanExporter):
    """Hands spans on without what nobody outside should read."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_discreet(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._exporter.force_flush(timeout_millis)


@dataclass(frozen=True, kw_only=True, slots=True)
class Traced:
    """What tells of a process, and what carries its traces through Temporal."""

    telemetry: Telemetry
    traces: TracerProvider | None
    """None where nothing is traced."""
    interceptors: Sequence[Interceptor]
    """Of its clients of Temporal."""


def traced(traces: TracerProvider | None) -> Traced:
    metrics = Metrics()
    if traces is None:
        return Traced(telemetry=Telemetry(metrics=metrics), traces=None, interceptors=())
    tracer = traces.get_tracer("remit")
    return Traced(
        telemetry=Telemetry(metrics=metrics, tracer=tracer),
        traces=traces,
        interceptors=(CommandTracing(tracer),),
    )


@contextmanager
def tracing(endpoint: str | None, *, service: str) -> Generator[Traced]:
    """Spans go to the collector there; on leaving, those that are left. None for none."""
    traces = None if endpoint is None else to_collector(endpoint, service=service)
    try:
        yield traced(traces)
    finally:
        if traces is not None:
            traces.shutdown()


def to_collector(endpoint: str, *, service: str) -> TracerProvider:
    """Spans go to the collector at this address (`http://host:4318`), some seconds later and many at once.

    Shut it down in the end: what has gathered is sent then.
    """
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/{_TRACES}")
    return provider(BatchSpanProcessor(DiscreetExporter(exporter)), service=service)


def provider(processor: SpanProcessor, *, service: str) -> TracerProvider:
    """Of tracers whose spans the processor takes. It is handed on, never made the process's own."""
    made = TracerProvider(
        resource=Resource.create({"service.name": service}), shutdown_on_exit=False
    )
    made.add_span_processor(processor)
    return made


def _discreet(span: ReadableSpan) -> ReadableSpan:
    events = [
        Event(event.name, _allowed(event.attributes), timestamp=event.timestamp)
        for event in span.events
    ]
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_allowed(span.attributes),
        events=events,
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _allowed(attributes: Mapping[str, AttributeValue] | None) -> dict[str, AttributeValue]:
    return {
        name: value
        for name, value in (attributes or {}).items()
        if name in _ATTRIBUTES or name.startswith("remit.")
    }
