"""Keeps a projection in step with the log: its rows and its checkpoint move in one transaction."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import asyncpg

from eventstore.connections import DATABASE_LOST
from eventstore.protocol import EventStore, PositionGap, StoredEvent
from eventstore.subscription import Wakeup

_logger = logging.getLogger(__name__)

Connection = asyncpg.pool.PoolConnectionProxy

_FOUND = """
    insert into remit.checkpoints (projection, epoch, position) values ($1, $2, 0)
    on conflict (projection) do nothing
"""
_LOCK = "select epoch, position from remit.checkpoints where projection = $1 for update"
_MOVE = "update remit.checkpoints set position = $2, epoch = $3 where projection = $1"


@asynccontextmanager
async def open_projection_pool(
    database_url: str, *, pool_size: int = 4, role: str = "remit_projector"
) -> AsyncGenerator["asyncpg.Pool[asyncpg.Record]"]:
    """Connections to the read models; `remit_auditor` is a role that only reads them."""
    async with asyncpg.create_pool(
        database_url, min_size=1, max_size=pool_size, server_settings={"role": role}
    ) as pool:
        yield pool


class Projection(Protocol):
    """A table that events are written into."""

    @property
    def name(self) -> str:
        """Names its checkpoint."""
        ...

    async def apply(
        self,
        connection: "Connection[asyncpg.Record]",
        store: EventStore,
        events: Sequence[StoredEvent],
    ) -> None:
        """Bring the rows up to the last of these events, which follow those applied before."""
        ...

    async def clear(self, connection: "Connection[asyncpg.Record]") -> None:
        """Remove all rows: what they were made of may be in the log no longer."""
        ...


class Projector:
    """Feeds one projection. Any number of processes may do so at once: they take turns."""

    def __init__(
        self,
        store: EventStore,
        pool: "asyncpg.Pool[asyncpg.Record]",
        projection: Projection,
        *,
        batch_size: int = 1000,
    ) -> None:
        """The pool's role is `remit_projector`; `batch_size` events go into one transaction."""
        self._store = store
        self._pool = pool
        self._projection = projection
        self._batch_size = batch_size

    async def catch_up(self) -> int:
        """Apply what the log holds now; returns the position the rows stand at.

        Whoever reads the rows afterwards sees all that was recorded before the call.

        Raises:
            PositionGap: an event is missing, or the log is shorter than what was applied.
        """
        head = await self._store.head()
        position = -1
        while position < head:
            position = await self._step()
        return position

    async def run(self, wakeup: Wakeup, *, poll_interval: float = 1) -> None:
        """Catch up for ever, each time the log is said to have grown.

        Whatever goes wrong is logged and tried again: a read model must not stop those who record.
        """
        while True:
            try:
                await self.catch_up()
            except DATABASE_LOST as error:
                _logger.warning("the projection %s waits: %r", self._projection.name, error)
            except Exception:
                _logger.exception("the projection %s stands still", self._projection.name)
            await wakeup.wait(poll_interval)

    async def _step(self) -> int:
        """One batch. The checkpoint's row lock makes concurrent projectors take turns."""
        name = self._projection.name
        async with self._pool.acquire() as connection, connection.transaction():
            epoch = await self._store.epoch()
            await connection.execute(_FOUND, name, epoch)
            checkpoint = await connection.fetchrow(_LOCK, name)
            assert checkpoint is not None
            position: int = checkpoint["position"]
            if checkpoint["epoch"] != epoch:
                _logger.warning("the projection %s starts over: a new epoch", name)
                await self._projection.clear(connection)
                position = 0
            head = await self._store.head()
            if head < position:
                raise PositionGap(position + 1, head)
            until = position + self._batch_size
            async for events in self._store.read_all(
                after_position=position, until_position=until, batch_size=self._batch_size
            ):
                await self._projection.apply(connection, self._store, events)
                position = events[-1].position
            await connection.execute(_MOVE, name, position, epoch)
            return position
