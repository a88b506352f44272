"""The figures of one process, for Prometheus. docs/observability.md says what each means, and what to be woken by.

Label values are of closed sets: types of command, codes, templates of routes, channels that are set up.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
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

        # Of Remit as a whole, from the database: monitoring/gauges.py keeps them.
        self.database_up = Gauge(
            "remit_database_up", "Whether the database answered when last asked", registry=registry
        )
        self.log_position = Gauge("remit_log_position", "Events in the log", registry=registry)
        self.projection_lag_events = Gauge(
            "remit_projection_lag_events",
            "Events that a read model does not show yet",
            ["projection"],
            registry=registry,
        )
        self.projection_lag_seconds = Gauge(
            "remit_projection_lag_seconds",
            "For how long the oldest of them has been in the log",
            ["projection"],
            registry=registry,
        )
        self.notices_unsent = Gauge(
            "remit_notices_unsent",
            "Notices without an outcome whose hour has come",
            registry=registry,
        )
        self.notices_unsent_seconds = Gauge(
            "remit_notices_unsent_seconds",
            "For how long the oldest of them has been due",
            registry=registry,
        )
        self.streams_overdue = Gauge(
            "remit_streams_overdue",
            "Instructions and recurrences whose due moment has passed",
            registry=registry,
        )
        self.streams_overdue_seconds = Gauge(
            "remit_streams_overdue_seconds",
            "For how long the one longest overdue has been so",
            registry=registry,
        )
        self.unsigned_events = Gauge(
            "remit_checkpoint_uncovered_events",
            "Events that no signed checkpoint covers",
            registry=registry,
        )
        self.unsigned_seconds = Gauge(
            "remit_checkpoint_uncovered_seconds",
            "For how long the oldest of them has been in the log",
            registry=registry,
        )
        self.checkpoint_age = Gauge(
            "remit_checkpoint_age_seconds",
            "Since the last checkpoint was signed",
            registry=registry,
        )
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
