"""Whether a process can do its work: what whoever sends it requests, or restarts it, asks."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Mapping
from datetime import timedelta

import asyncpg
from temporalio.client import Client

from eventstore.codec import FORMAT
from eventstore.migrate import against_the_migrations
from notifications.failures import named

PATIENCE = 3.0
"""Seconds for each server."""
GOOD_FOR = 1.0
"""Seconds for which an answer is given again: however many ask, the servers are not asked more often."""

_logger = logging.getLogger(__name__)


class Health:
    """Of one process. It is alive if it answers at all; it is ready if those it needs answer too."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", client: Client | None) -> None:
        """`client`: None for a process that does without Temporal."""
        self._pool = pool
        self._client = client
        self._answer: Mapping[str, bool] = {}
        self._asked: float | None = None
        self._asking = asyncio.Lock()

    async def ready(self) -> Mapping[str, bool]:
        """Of each thing that is needed, whether it is there: `database`, `schema`, `temporal`."""
        async with self._asking:
            if self._asked is None or time.monotonic() - self._asked >= GOOD_FOR:
                needed: dict[str, Awaitable[bool]] = {
                    "database": self._database(),
                    "schema": self._schema(),
                }
                if self._client is not None:
                    needed["temporal"] = self._temporal(self._client)
                found = await asyncio.gather(*(_within(n, one) for n, one in needed.items()))
                self._answer = dict(zip(needed, found, strict=True))
                self._asked = time.monotonic()
            return self._answer

    async def _database(self) -> bool:
        return await self._pool.fetchval("select true")

    async def _schema(self) -> bool:
        """Nothing is missing, and the log is not written as only a newer version reads it."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("set local role none")  # others may not read the list
            try:
                found = await against_the_migrations(connection)
            except asyncpg.InsufficientPrivilegeError:
                return True  # as far as can be known: `remit doctor` says so
        return not found.missing and (found.log_format or FORMAT) <= FORMAT

    async def _temporal(self, client: Client) -> bool:
        return await client.service_client.check_health(timeout=timedelta(seconds=PATIENCE))


async def _within(name: str, answer: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return await answer
    except Exception as error:  # whatever it is, it is not there
        _logger.warning("not ready: %s: %s", name, named(error))
        return False
