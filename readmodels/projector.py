"""Keeps a projection in step with the log: its rows and its checkpoint move in one transaction."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg

from eventstore.connections import DATABASE_LOST, LONGEST_STATEMENT, SESSION, untouched
from eventstore.protocol import EventStore, PositionGap
from eventstore.subscription import Wakeup
from readmodels import beside, bulk
from readmodels.beside import RebuildUnderWay
from readmodels.checkpoints import (
    Checkpoint,
    become_leader,
    locked_checkpoint,
    move_checkpoint,
    read_checkpoint,
)
from readmodels.projection import Projection
from readmodels.tables import Connection

_logger = logging.getLogger(__name__)

_REST = 0.2
"""Seconds for which a leader lets a burst gather: else it goes through a transaction for every few events, and a worker
through more of them for its read models than for its commands. Whoever must see all catches up by themselves."""
_READING = {"plan_cache_mode": "force_custom_plan", "jit": "off", "random_page_cost": "1.1"}
"""A list is planned for what is asked: a plan for any scope, word or moment costs some of them many times what planning does.
Nothing here takes as long as to compile it, whatever the planner thinks of a scope."""
_FROM_THE_START = 10_000
"""A log that long is not projected event by event, but stream by stream, where nothing is there yet."""


@asynccontextmanager
async def open_projection_pool(
    database_url: str,
    *,
    pool_size: int = 4,
    role: str = "remit_projector",
    reads_only: bool = False,
) -> AsyncGenerator["asyncpg.Pool[asyncpg.Record]"]:
    """Connections to the read models; `remit_auditor` is a role that only reads them.

    Args:
        reads_only: nobody leads by a connection of these, or holds another lock of a session.
    """
    async with asyncpg.create_pool(
        database_url,
        min_size=1,
        max_size=pool_size,
        command_timeout=LONGEST_STATEMENT,
        server_settings={"role": role, **SESSION, **_READING},
        reset=untouched if reads_only else None,
    ) as pool:
        yield pool


class Projector:
    """Feeds one projection. Any number of processes may: one of them leads, and batches take turns."""

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
        """Apply what the log holds now, whoever leads; returns the position the rows stand at.

        Whoever reads the rows afterwards sees all that was recorded before the call.

        Raises:
            PositionGap: an event is missing, or the log is shorter than what was applied.
            StreamGap: an event is missing from its stream.
            RebuildUnderWay: all rows are to be made anew, and `Rebuild` is at it.
        """
        async with self._pool.acquire() as connection:
            return await self._catch_up(connection)

    async def run(self, wakeup: Wakeup, *, poll_interval: float = 1) -> None:
        """Lead for ever, or wait to: catch up each time the log is said to have grown.

        The leader holds a lock of its database session, and writes through that session alone: with it
        the lock goes and whatever it was writing, and whoever polls next takes over. Whatever goes wrong
        is logged and tried again: a read model must not stop those who record.
        """
        name = self._projection.name
        while True:
            try:
                async with self._pool.acquire() as connection:
                    if await become_leader(connection, name):
                        _logger.info("leading the projection %s", name)
                        await self._lead(connection, wakeup, poll_interval)
            except RebuildUnderWay as error:
                _logger.info("the projection %s waits: %s", name, error)
            except DATABASE_LOST as error:
                _logger.warning("the projection %s waits: %r", name, error)
            except Exception:
                _logger.exception("the projection %s stands still", name)
            await wakeup.wait(poll_interval)

    async def _lead(
        self, connection: "Connection[asyncpg.Record]", wakeup: Wakeup, poll_interval: float
    ) -> None:
        while True:
            await self._catch_up(connection)
            await wakeup.wait(poll_interval)
            await asyncio.sleep(_REST)

    async def _catch_up(self, connection: "Connection[asyncpg.Record]") -> int:
        head = await self._store.head()
        up_to_date = Checkpoint(epoch=await self._store.epoch(), position=head)
        if await read_checkpoint(connection, self._projection.name) == up_to_date:
            return head
        position = -1
        while position < head:
            position = await self._step(connection)
        return position

    async def _step(self, connection: "Connection[asyncpg.Record]") -> int:
        """One batch. The checkpoint's row lock makes concurrent projectors take turns."""
        name = self._projection.name
        async with connection.transaction():
            before = await locked_checkpoint(connection, name, await self._store.epoch())
            epoch = await self._store.epoch()  # as of now: it was another's turn meanwhile
            head = await self._store.head()
            position = before.position
            if before.epoch != epoch or (position == 0 and head >= _FROM_THE_START):
                _logger.warning("the projection %s is made anew, up to position %d", name, head)
                position = await self._start_over(connection, head)
            elif head < position:
                raise PositionGap(position + 1, head)
            until = position + self._batch_size
            async for events in self._store.read_all(
                after_position=position, until_position=until, batch_size=self._batch_size
            ):
                await self._projection.apply(connection, self._store, events)
                position = events[-1].position
            after = Checkpoint(epoch=epoch, position=position)
            if after != before:
                await move_checkpoint(connection, name, after)
            return position

    async def _start_over(self, connection: "Connection[asyncpg.Record]", until: int) -> int:
        """Make all rows anew beside the live ones, which are read until the transaction ends."""
        await beside.share(connection)
        tables = self._projection.tables
        await beside.make(connection, tables)
        for part in await bulk.parts(connection, [self._projection], at_most=1):
            await bulk.load(connection, [self._projection], part, until_position=until)
        await bulk.insist_on_every_event(connection, until)
        for table in tables:
            await beside.index(connection, table)
        await beside.switch(connection, tables)
        return until
