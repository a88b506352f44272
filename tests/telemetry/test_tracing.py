"""What leaves the process: spans by OTLP, and nothing in them that nobody outside should read."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from telemetry.telling import Telemetry, current_span
from telemetry.tracing import to_collector


@pytest.fixture
def collector() -> Iterator[tuple[str, "Queue[tuple[str, bytes]]"]]:
    """Its address, and what it was sent: path and body."""
    sent: Queue[tuple[str, bytes]] = Queue()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.put((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", sent
        server.shutdown()
        thread.join()


def test_spans_go_to_the_collector_without_what_somebody_wrote(
    collector: tuple[str, "Queue[tuple[str, bytes]]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    url, sent = collector
    traces = to_collector(url, service="remit-test")
    tracer = traces.get_tracer("t")
    telemetry = Telemetry(tracer=tracer)

    def fail() -> None:
        with (
            tracer.start_as_current_span("request") as span,
            telemetry.command("Comment", "c-1", "instruction-7"),
        ):
            span.set_attributes({"url.path": "/feeds/q8Zt4kY.ics", "client.address": "192.0.2.7"})
            current_span().add_event("said", {"text": "of Ivanov"})
            raise ValueError("what Ivanov wrote")

    with pytest.raises(ValueError, match="Ivanov"):
        fail()
    traces.shutdown()

    path, body = sent.get(timeout=10)
    assert path == "/v1/traces"
    told = ExportTraceServiceRequest.FromString(body)
    [resource] = told.resource_spans
    spans = {one.name: one for scope in resource.scope_spans for one in scope.spans}
    assert spans.keys() == {"request", "handle"}
    assert spans["handle"].parent_span_id == spans["request"].span_id
    attributes = {one.key: one.value.string_value for one in spans["handle"].attributes}
    assert attributes == {
        "remit.command": "Comment",
        "remit.command_id": "c-1",
        "remit.stream": "instruction-7",
        "remit.outcome": "failed",
    }
    assert [event.name for event in spans["request"].events] == ["exception"]
    for secret in (b"Ivanov", b"q8Zt4kY", b"192.0.2.7"):
        assert secret not in body
