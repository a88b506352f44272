"""Carries a trace through Temporal: from whoever sends a command, through its workflow, to the activity that records it."""

from typing import Any

# ruff: noqa: A002 - the SDK's names of arguments
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from temporalio.contrib.opentelemetry import (
    TracingInterceptor,
    TracingWorkflowInboundInterceptor,
)
from temporalio.contrib.opentelemetry._context import (  # as its own interceptors do it: safe where a workflow is evicted
    attached_context,
)
from temporalio.worker import (
    HandleUpdateInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)


class CommandTracing(TracingInterceptor):
    """For a client, and with it for the workers that use it.

    The SDK's own has all that a workflow does in the trace that started it. An instruction lives for years: here each
    Update goes on in the trace of whoever sent it, and what a timer or a signal sets off begins one of its own.

    Nothing but the trace's and the span's id goes through Temporal. Histories written with them are replayed without,
    and the other way round: headers are no part of what a replay compares.
    """

    def __init__(self, tracer: Tracer) -> None:
        super().__init__(tracer)
        self.text_map_propagator = TraceContextTextMapPropagator()

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[TracingWorkflowInboundInterceptor]:
        super().workflow_interceptor_class(input)
        return _CommandTracingInWorkflow


class _CommandTracingInWorkflow(TracingWorkflowInboundInterceptor):
    def __init__(self, next: WorkflowInboundInterceptor) -> None:
        super().__init__(next)
        self.text_map_propagator = TraceContextTextMapPropagator()

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        with attached_context(self._sent_with(input)):
            self._completed_span(f"HandleUpdate:{input.update}", kind=SpanKind.SERVER)
            return await self.next.handle_update_handler(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        self.next.handle_update_validator(input)

    def _load_workflow_context_carrier(self) -> None:
        """None: the workflow's own doings are in no trace that began before."""

    def _sent_with(self, update: HandleUpdateInput) -> Context:
        header = update.headers.get(self.header_key)
        carrier: dict[str, str] = (
            self.payload_converter.from_payloads([header])[0] if header else {}
        )
        return self._set_on_context(self.text_map_propagator.extract(carrier, Context()))
