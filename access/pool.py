"""Connections for those who make, look up and end what is kept here."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg

from eventstore.connections import SESSION, untouched

_CALL_TIMEOUT = 30
"""Seconds that one statement may take."""


@asynccontextmanager
async def open_access_pool(
    database_url: str, *, pool_size: int = 4
) -> AsyncGenerator["asyncpg.Pool[asyncpg.Record]"]:
    """As the role that writes; so many connections at most. Raises what PostgreSQL raises if it cannot be reached."""
    async with asyncpg.create_pool(
        database_url,
        min_size=1,
        max_size=pool_size,
        command_timeout=_CALL_TIMEOUT,
        server_settings={"role": "remit_appender", **SESSION},
        reset=untouched,
    ) as pool:
        yield pool
