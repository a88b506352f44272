"""Tells tailing readers that the log has grown."""

import asyncio
from contextlib import suppress

import asyncpg

from eventstore import statements
from eventstore.connections import DATABASE_LOST

_SECONDS_BETWEEN_ANNOUNCEMENTS = 0.05


class Announcer:
    """By another connection than the append's. A lost announcement costs readers one poll."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool
        self._head = 0
        self._task: asyncio.Task[None] | None = None

    def announce(self, head: int) -> None:
        self._head = max(self._head, head)
        if self._task is None:
            self._task = asyncio.create_task(self._announce_all())

    async def close(self) -> None:
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _announce_all(self) -> None:
        announced = 0
        try:
            while announced < self._head:
                announced = self._head
                with suppress(asyncpg.PostgresError, *DATABASE_LOST):
                    await self._pool.execute(statements.ANNOUNCE, str(announced))
                await asyncio.sleep(_SECONDS_BETWEEN_ANNOUNCEMENTS)
        finally:
            self._task = None
