"""The figures of one process, for Prometheus. docs/observability.md says what each means, and what to be woken by; those of
Remit as a whole are in monitoring/gauges.py.

Label values are of closed sets: types of command, codes, templates of routes, channels that are set up.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

OTHER = "other"
"""The label of what is of no closed set."""
_LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds."""
_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """One for each process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()

        self.commands = Counter(
            "remit_commands",
            "Commands that were handled, by what came of them",
            ["type", "outcome"],
            registry=registry,
        )
        self.append_seconds = Histogram(
            "remit_append_seconds",
            "From a command's being ready to be recorded to the log's answer",
            buckets=_LATENCIES,
            registry=registry,
        )
        self.append_batch = Histogram(
            "remit_append_batch_commands",
            "Commands that share one call to the log",
            buckets=_BATCHES,
            registry=registry,
        )
        self.sendings = Counter(
            "remit_sendings",
            "Attempts to send a notice, by what came of them",
            ["channel", "outcome"],
            registry=registry,
        )
        self.nudges = Counter(
            "remit_watchdog_nudges",
            "Streams that the watchdog had to wake",
            ["why"],
            registry=registry,
        )
        self.http_requests = Counter(
            "remit_http_requests",
            "Requests that were answered",
            ["method", "route", "status"],
            registry=registry,
        )
        self.http_seconds = Histogram(
            "remit_http_request_seconds",
            "From a request to the end of its answer; of event streams to their beginning",
            ["method", "route"],
            buckets=_LATENCIES,
            registry=registry,
        )
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
