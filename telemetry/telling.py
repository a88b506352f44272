"""What the parts of Remit tell as they go: a span and a figure for each command, append and call to the log."""

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    Span,
    Status,
    StatusCode,
    Tracer,
    get_current_span,
)

from telemetry.context import about
from telemetry.metrics import Metrics

FAILED = "failed"
"""The outcome of a command that has none: its caller was told an error."""


@dataclass(kw_only=True, slots=True)
class Told:
    """What came of a command; whoever handles it says so before the block ends."""

    outcome: str = FAILED
    """`recorded`, or the code of its refusal."""


class Telemetry:
    """Of one process. Without a tracer nothing is traced; figures are always counted, since that costs next to nothing.

    Spans carry ids, types and codes: never what somebody wrote, and nothing of a person.
    """

    def __init__(self, *, metrics: Metrics | None = None, tracer: Tracer | None = None) -> None:
        self.metrics = metrics or Metrics()
        self._tracer = tracer

    @contextmanager
    def command(self, kind: str, command_id: str, stream: str) -> Generator[Told]:
        """One command, from its coming in to its outcome."""
        told = Told()
        attributes = {
            "remit.command": kind,
            "remit.command_id": command_id,
            "remit.stream": stream,
        }
        with (
            about({"command_id": command_id, "stream": stream}),
            self._span("handle", attributes) as span,
        ):
            try:
                yield told
            finally:
                span.set_attribute("remit.outcome", told.outcome)
                self.metrics.commands.labels(kind, told.outcome).inc()

    @contextmanager
    def append(self, command_id: str) -> Generator[None]:
        """One command's way into the log, the wait for its turn included."""
        began = time.perf_counter()
        with self._span("append", {"remit.command_id": command_id}):
            try:
                yield
            finally:
                self.metrics.append_seconds.observe(time.perf_counter() - began)

    @contextmanager
    def batch(self, appends: Sequence[Span]) -> Generator[None]:
        """One call to the log. It belongs to no command's trace: it links to those it carries, and they to it."""
        self.metrics.append_batch.observe(len(appends))
        traced = [one for one in appends if one.is_recording()]
        if self._tracer is None or not traced:
            yield
            return
        span = self._tracer.start_span(
            "append batch",
            links=[Link(one.get_span_context()) for one in traced],
            attributes={"remit.batch_commands": len(appends)},
        )
        for one in traced:
            one.add_link(span.get_span_context())
        try:
            yield
        except BaseException as error:
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            span.end()

    def _span(self, name: str, attributes: Mapping[str, str]) -> AbstractContextManager[Span]:
        if self._tracer is None:
            return nullcontext(INVALID_SPAN)
        return self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False
        )


def current_span() -> Span:
    """The span that is under way here; one that records nothing if none is."""
    return get_current_span()
