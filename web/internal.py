"""A port of its own for those who run Remit: figures and health. Not the public one."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
from temporalio.client import Client

from monitoring.app import monitoring_app
from monitoring.gauges import Gauges
from monitoring.health import Health
from telemetry.metrics import Metrics
from web.serving import listen, serving


@asynccontextmanager
async def internal_port(
    metrics: Metrics,
    pool: "asyncpg.Pool[asyncpg.Record]",
    client: Client | None,
    *,
    host: str,
    port: int,
    seconds: float,
) -> AsyncGenerator[str]:
    """Answer there for as long as the block runs; gives the URL.

    Args:
        pool: of a role that may read, as `remit_auditor`; one connection is used at a time, two now and then.
        client: None for a process that does without Temporal.
        seconds: for which the database's figures are good enough.

    Raises `OSError` if the address cannot be listened on.
    """
    app = monitoring_app(metrics, Gauges(metrics, pool, seconds=seconds), Health(pool, client))
    async with serving(app, listen(host, port)) as url:
        yield url
