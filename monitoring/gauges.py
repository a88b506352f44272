"""Keeps the figures that come from the database, asking it no more often than it should be asked."""

import asyncio
import logging
import time

import asyncpg

from monitoring.standing import Standing, standing
from notifications.failures import named
from telemetry.metrics import Metrics

LONGEST_QUERY = 10.0
"""Seconds."""
_UNKNOWN = float("nan")

_logger = logging.getLogger(__name__)


class Gauges:
    """Brought up to date by whoever is about to read them."""

    def __init__(
        self, metrics: Metrics, pool: "asyncpg.Pool[asyncpg.Record]", *, seconds: float
    ) -> None:
        """`seconds`: for which an answer of the database is good enough."""
        self._metrics = metrics
        self._pool = pool
        self._seconds = seconds
        self._asked: float | None = None
        self._asking = asyncio.Lock()

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
        made = self._metrics
        made.projection_lag_events.clear()
        made.projection_lag_seconds.clear()
        made.database_up.set(found is not None)
        for one in found.lags if found else ():
            made.projection_lag_events.labels(one.projection).set(one.lag)
            made.projection_lag_seconds.labels(one.projection).set(one.seconds)
        for count, seconds, backlog in (
            (made.notices_unsent, made.notices_unsent_seconds, found and found.unsent),
            (made.streams_overdue, made.streams_overdue_seconds, found and found.overdue),
            (made.unsigned_events, made.unsigned_seconds, found and found.uncovered),
        ):
            count.set(backlog.count if backlog else _UNKNOWN)
            seconds.set(backlog.seconds if backlog else _UNKNOWN)
        made.log_position.set(found.position if found else _UNKNOWN)
        age = found.checkpoint_age if found else None
        made.checkpoint_age.set(_UNKNOWN if age is None else age)
