"""The figures of Remit as a whole, which come from the database: it is asked no more often than it should be."""

import asyncio
import logging
import time

import asyncpg
from prometheus_client import CollectorRegistry, Gauge

from monitoring.standing import Backlog, Standing, standing
from notifications.failures import named
from telemetry.metrics import Metrics

LONGEST_QUERY = 10.0
"""Seconds."""
_UNKNOWN = float("nan")

_logger = logging.getLogger(__name__)


class Gauges:
    """Brought up to date by whoever is about to read them. One for each process: their names are taken then."""

    def __init__(
        self, metrics: Metrics, pool: "asyncpg.Pool[asyncpg.Record]", *, seconds: float
    ) -> None:
        """`seconds`: for which an answer of the database is good enough."""
        self._pool = pool
        self._seconds = seconds
        self._asked: float | None = None
        self._asking = asyncio.Lock()

        registry = metrics.registry
        self._database_up = Gauge(
            "remit_database_up", "Whether the database answered when last asked", registry=registry
        )
        self._log_position = Gauge("remit_log_position", "Events in the log", registry=registry)
        self._lag_events = Gauge(
            "remit_projection_lag_events",
            "Events that a read model does not show yet",
            ["projection"],
            registry=registry,
        )
        self._lag_seconds = Gauge(
            "remit_projection_lag_seconds",
            "For how long the oldest of them has been in the log",
            ["projection"],
            registry=registry,
        )
        self._unsent = _BacklogGauges(
            "remit_notices_unsent",
            "remit_notices_unsent_seconds",
            "Notices without an outcome whose hour has come",
            "For how long the oldest of them has been due",
            registry,
        )
        self._overdue = _BacklogGauges(
            "remit_streams_overdue",
            "remit_streams_overdue_seconds",
            "Instructions and recurrences whose due moment has passed",
            "For how long the one longest overdue has been so",
            registry,
        )
        self._uncovered = _BacklogGauges(
            "remit_checkpoint_uncovered_events",
            "remit_checkpoint_uncovered_seconds",
            "Events that no signed checkpoint covers",
            "For how long the oldest of them has been in the log",
            registry,
        )
        self._checkpoint_age = Gauge(
            "remit_checkpoint_age_seconds",
            "Since the last checkpoint was signed",
            registry=registry,
        )

    async def refresh(self) -> None:
        """Without an answer they are not what they were: they are unknown (NaN)."""
        async with self._asking:
            if self._asked is not None and time.monotonic() - self._asked < self._seconds:
                return
            try:
                async with asyncio.timeout(LONGEST_QUERY), self._pool.acquire() as connection:
                    found = await standing(connection)
            except Exception as error:  # whatever it is, the other figures are told
                _logger.warning("the database does not tell how Remit stands: %s", named(error))
                found = None
            self._asked = time.monotonic()
            self._show(found)

    def _show(self, found: Standing | None) -> None:
        self._lag_events.clear()
        self._lag_seconds.clear()
        self._database_up.set(found is not None)
        for one in found.lags if found else ():
            self._lag_events.labels(one.projection).set(one.lag)
            self._lag_seconds.labels(one.projection).set(one.seconds)
        self._unsent.show(found and found.unsent)
        self._overdue.show(found and found.overdue)
        self._uncovered.show(found and found.uncovered)
        self._log_position.set(found.position if found else _UNKNOWN)
        age = found.checkpoint_age if found else None
        self._checkpoint_age.set(_UNKNOWN if age is None else age)


class _BacklogGauges:
    """How much waits, and for how many seconds the oldest of it has."""

    def __init__(
        self, name: str, seconds_name: str, what: str, oldest: str, registry: CollectorRegistry
    ) -> None:
        self._count = Gauge(name, what, registry=registry)
        self._seconds = Gauge(seconds_name, oldest, registry=registry)

    def show(self, backlog: Backlog | None) -> None:
        self._count.set(backlog.count if backlog else _UNKNOWN)
        self._seconds.set(backlog.seconds if backlog else _UNKNOWN)
