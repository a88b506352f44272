"""What the web tells of each request: a span in the trace of whoever asked, and figures by the route's template."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, format_trace_id
from starlette.types import Message, Receive, Scope, Send

from telemetry.metrics import Metrics
from telemetry.tracing import DiscreetExporter, provider
from web.instrumentation import Counting, instrument

_PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass(frozen=True, kw_only=True)
class Asked:
    metrics: Metrics
    spans: InMemorySpanExporter
    reader: httpx.AsyncClient


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    app, inner = FastAPI(), APIRouter(prefix="/instructions")

    @inner.get("/{number}")
    async def show(number: str) -> str:  # pyright: ignore[reportUnusedFunction]
        if number == "broken":
            raise RuntimeError(f"{number} of Ivanov")
        return number

    app.include_router(inner, prefix="/api")
    metrics, spans = Metrics(), InMemorySpanExporter()
    instrument(app, provider(SimpleSpanProcessor(DiscreetExporter(spans)), service="t"))
    transport = httpx.ASGITransport(Counting(app, metrics), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://remit") as reader:
        yield Asked(metrics=metrics, spans=spans, reader=reader)
    FastAPIInstrumentor.uninstrument_app(app)


async def test_a_request_is_a_span_in_the_trace_of_whoever_asked(asked: Asked) -> None:
    await asked.reader.get(
        "/api/instructions/N-7?q=Ivanov",
        headers={"traceparent": _PARENT, "user-agent": "Ivanov's browser"},
    )
    [span] = asked.spans.get_finished_spans()
    assert span.context is not None
    assert (span.name, span.kind) == ("GET /api/instructions/{number}", SpanKind.SERVER)
    assert format_trace_id(span.context.trace_id) == _PARENT.split("-")[1]
    told = span.to_json()
    assert "Ivanov" not in told
    assert "N-7" not in told
    assert dict(span.attributes or {}) == {
        "http.method": "GET",
        "http.route": "/api/instructions/{number}",
        "http.status_code": 200,
    }


async def test_a_defect_is_told_by_its_kind_alone(asked: Asked) -> None:
    await asked.reader.get("/api/instructions/broken")
    [span] = asked.spans.get_finished_spans()
    assert not span.status.is_ok
    assert [dict(event.attributes or {})["exception.type"] for event in span.events] == [
        "RuntimeError"
    ]
    assert "Ivanov" not in span.to_json()


async def test_requests_are_counted_by_the_template_and_never_by_the_path(asked: Asked) -> None:
    for path in ("/api/instructions/N-7", "/api/instructions/N-8", "/wp-login", "/secret"):
        await asked.reader.get(path)
    await asked.reader.get("/api/instructions/broken")
    await asked.reader.post("/api/instructions/N-7")
    await asked.reader.request("BREW", "/secret")
    counted = {
        (s.labels["method"], s.labels["route"], s.labels["status"]): s.value
        for family in asked.metrics.http_requests.collect()
        for s in family.samples
        if s.name.endswith("_total")
    }
    template = "/api/instructions/{number}"
    assert counted == {
        ("GET", template, "200"): 2,
        ("GET", template, "500"): 1,
        ("POST", template, "405"): 1,
        ("GET", "other", "404"): 2,
        ("other", "other", "404"): 1,
    }
    timed = asked.metrics.registry.get_sample_value(
        "remit_http_request_seconds_count", {"method": "GET", "route": template}
    )
    assert timed == 3


async def test_whoever_leaves_before_the_answer_is_no_defect() -> None:
    metrics = Metrics()

    async def left(scope: Scope, receive: Receive, send: Send) -> None:
        """As what is below ends where the client is gone: without an answer."""

    await Counting(left, metrics)({"type": "http", "method": "GET"}, _never, _nowhere)
    labels = {"method": "GET", "route": "other", "status": "499"}
    assert metrics.registry.get_sample_value("remit_http_requests_total", labels) == 1


async def test_of_an_event_stream_only_its_beginning_is_timed() -> None:
    metrics = Metrics()

    async def looked_at(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        began = time.perf_counter()
        while time.perf_counter() < began + 0.05:
            await send({"type": "http.response.body", "body": b":", "more_body": True})

    began = time.perf_counter()
    await Counting(looked_at, metrics)({"type": "http", "method": "GET"}, _never, _nowhere)
    whole = time.perf_counter() - began
    labels = {"method": "GET", "route": "other"}
    timed = metrics.registry.get_sample_value("remit_http_request_seconds_sum", labels)
    assert timed is not None
    assert timed <= whole - 0.05


async def _never() -> Message:
    raise AssertionError("nothing is received here")


async def _nowhere(message: Message) -> None:
    del message
