"""Commands of several traces share one call to the log: each keeps its own, and the call is linked to all."""

import asyncio

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from eventstore.postgres import PostgresEventStore
from telemetry.context import about, what_it_is_about
from telemetry.telling import Telemetry
from telemetry.tracing import DiscreetExporter, provider
from tests.eventstore.appends import append, write


async def test_a_call_is_linked_to_the_commands_that_it_carries(database_url: str) -> None:
    exporter = InMemorySpanExporter()
    tracer = provider(SimpleSpanProcessor(DiscreetExporter(exporter)), service="t").get_tracer("t")
    telemetry = Telemetry(tracer=tracer)
    async with PostgresEventStore.open(database_url, telemetry=telemetry) as store:

        async def one(number: int) -> None:
            with tracer.start_as_current_span(f"request {number}"):
                await store.append(append(f"c{number}", write(f"instruction-{number}")))

        await asyncio.gather(*map(one, range(6)))

    spans = exporter.get_finished_spans()
    [call] = [span for span in spans if span.name == "append batch"]
    assert call.context is not None
    assert call.parent is None
    appends = [span for span in spans if span.name == "append"]
    assert {link.context.span_id for link in call.links} == {
        span.context.span_id for span in appends if span.context
    }
    assert len({span.context.trace_id for span in appends if span.context}) == 6
    for span in appends:
        assert [link.context.span_id for link in span.links] == [call.context.span_id]
    value = telemetry.metrics.registry.get_sample_value
    assert value("remit_append_batch_commands_count") == 1
    assert value("remit_append_batch_commands_sum") == 6
    assert value("remit_append_seconds_count") == 6


async def test_a_task_begun_within_is_about_the_same_and_nothing_is_left_behind() -> None:
    async def told() -> dict[str, str]:
        return dict(what_it_is_about())

    with about({"request_id": "r"}), about({"stream": "s"}):
        task = asyncio.create_task(told())
    assert dict(what_it_is_about()) == {}
    assert await task == {"request_id": "r", "stream": "s"}
