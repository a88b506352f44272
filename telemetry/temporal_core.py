"""What the core of Temporal's SDK, which is no Python, tells of itself."""

import logging

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)


def temporal_runtime(metrics_address: str | None = None) -> None:
    """Have Temporal's core log as this process does, before a client is made.

    `metrics_address`: where its own figures can be read, as host:port; None for nowhere.
    """
    core = LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(logger=logging.getLogger("temporalio.core")),
    )
    metrics = None
    if metrics_address is not None:
        metrics = PrometheusConfig(
            bind_address=metrics_address,
            counters_total_suffix=True,
            unit_suffix=True,
            durations_as_seconds=True,
        )
    Runtime.set_default(
        Runtime(telemetry=TelemetryConfig(logging=core, metrics=metrics)),
        error_if_already_set=False,
    )
