"""Making read models anew from the log, beside the live ones, and putting them in their place.

While it lasts the live ones are read and kept up as ever. Until the switch, which is one transaction, they
are not touched: a rebuild that is killed leaves nothing but tables beside, which the next one drops.
"""

import asyncio
import gc
import multiprocessing
import os
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import wait

import asyncpg

from eventstore.protocol import EventStore
from readmodels import beside, bulk
from readmodels.beside import RowDifference
from readmodels.checkpoints import Checkpoint, locked_checkpoint, move_checkpoint, read_checkpoint
from readmodels.projection import Projection
from readmodels.projections import projection_named
from readmodels.projector import Projector, open_projection_pool
from readmodels.tables import BESIDE, Connection

Progress = Callable[[int, int], None]

_EVENTS = "select coalesce(sum(version), 0) from remit.streams where stream_id >= $1 and stream_id < $1 || '~'"
_PARTS = 64
_MOST_PROCESSES = 8
"""Unless more are asked for: each has a connection of its own."""


def _told_nobody(done: int, total: int) -> None:
    del done, total


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """What became of one projection."""

    projection: str
    position: int
    """Of the log, that the rows made stand at."""
    compared: bool
    """Whether live rows of the same position were there to compare with."""
    differences: Sequence[RowDifference] = ()
    """Where the live rows were not what the log says."""
    switched: bool = False


class Rebuild:
    """Makes projections anew, each stream folded once for all of them."""

    def __init__(
        self,
        database_url: str,
        store: EventStore,
        pool: "asyncpg.Pool[asyncpg.Record]",
        projections: Sequence[Projection],
        *,
        processes: int | None = None,
        progress: Progress = _told_nobody,
    ) -> None:
        """Args:
        pool: of the role `remit_projector`.
        processes: that fold, side by side; by default one for each core this process may use, eight at most.
        progress: told the events done, and all.
        """
        self._database_url = database_url
        self._store = store
        self._pool = pool
        self._projections = projections
        self._processes = processes or min(_usable_cores(), _MOST_PROCESSES)
        self._progress = progress

    async def check(self) -> Sequence[Rebuilt]:
        """Compare the live rows with what the log says; the live ones stay.

        Raises:
            RebuildUnderWay: another is.
            PositionGap: an event is missing from the log.
            StreamGap: one is missing from its stream.
        """
        async with self._made() as (connection, made):
            found = [await self._compare(connection, *one) for one in made]
            for projection, _ in made:
                await beside.drop(connection, projection.tables)
        return found

    async def run(self) -> Sequence[Rebuilt]:
        """The same, and then put what was made in the place of the live rows, whatever they were."""
        async with self._made() as (connection, made):
            found: list[Rebuilt] = []
            for projection, at in made:
                compared = await self._compare(connection, projection, at)
                found.append(await self._switch(connection, projection, at, compared))
        return found

    @asynccontextmanager
    async def _made(
        self,
    ) -> AsyncGenerator[
        tuple["Connection[asyncpg.Record]", Sequence[tuple[Projection, Checkpoint]]]
    ]:
        """The tables beside, filled and indexed, and where they stand."""
        async with self._pool.acquire() as connection, beside.held(connection):
            at = Checkpoint(epoch=await self._store.epoch(), position=await self._store.head())
            for projection in self._projections:
                await self._let_live_rows_catch_up(connection, projection, at)
                await beside.make(connection, projection.tables)
            await self._load(connection, at.position)
            await bulk.insist_on_every_event(connection, at.position)
            for projection in self._projections:
                for table in projection.tables:
                    await beside.index(connection, table)
            yield connection, [(projection, at) for projection in self._projections]

    async def _let_live_rows_catch_up(
        self, connection: "Connection[asyncpg.Record]", projection: Projection, at: Checkpoint
    ) -> None:
        """Unless there are none, or they are of an epoch that is over: then there is nothing to compare."""
        live = await read_checkpoint(connection, projection.name)
        if live is not None and live.epoch == at.epoch and live.position > 0:
            await Projector(self._store, self._pool, projection).catch_up()

    async def _load(self, connection: "Connection[asyncpg.Record]", until: int) -> None:
        parts = await bulk.parts(connection, self._projections, at_most=_PARTS)
        prefixes = {projection.prefix for projection in self._projections}
        total = sum([await connection.fetchval(_EVENTS, prefix) for prefix in prefixes])
        done = 0
        self._progress(done, total)
        loop = asyncio.get_running_loop()
        with ProcessPoolExecutor(
            min(self._processes, len(parts)),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
        ) as executor:
            running = [
                loop.run_in_executor(executor, _load_part, self._database_url, part, until)
                for part in parts
            ]
            try:
                for part in asyncio.as_completed(running):
                    done += await part
                    self._progress(min(done, total), total)
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)
                raise

    async def _compare(
        self, connection: "Connection[asyncpg.Record]", projection: Projection, at: Checkpoint
    ) -> Rebuilt:
        """At the position where the live rows are now, to which those beside are brought first."""
        async with connection.transaction(isolation="repeatable_read"):
            live = await read_checkpoint(connection, projection.name)
            if live is None or live.epoch != at.epoch or live.position < at.position:
                return Rebuilt(projection=projection.name, position=at.position, compared=False)
            await self._bring_up(connection, projection, at.position, live.position)
            found: list[RowDifference] = []
            for table in projection.tables:
                found += await beside.differences(connection, table)
        return Rebuilt(
            projection=projection.name,
            position=live.position,
            compared=True,
            differences=found,
        )

    async def _switch(
        self,
        connection: "Connection[asyncpg.Record]",
        projection: Projection,
        at: Checkpoint,
        compared: Rebuilt,
    ) -> Rebuilt:
        """The live rows' projectors wait meanwhile; it takes as long as what was recorded since."""
        while True:
            with suppress(asyncpg.DeadlockDetectedError):  # whoever it was with went first
                return await self._switch_at_once(connection, projection, at, compared)

    async def _switch_at_once(
        self,
        connection: "Connection[asyncpg.Record]",
        projection: Projection,
        at: Checkpoint,
        compared: Rebuilt,
    ) -> Rebuilt:
        async with connection.transaction():
            live = await locked_checkpoint(connection, projection.name, at.epoch)
            position = compared.position
            if live.epoch == at.epoch and live.position > position:
                await self._bring_up(connection, projection, position, live.position)
                position = live.position
            await beside.switch(connection, projection.tables)
            # Of the epoch that was read: if another has begun since, projectors start over.
            await move_checkpoint(connection, projection.name, replace(at, position=position))
        return replace(compared, position=position, switched=True)

    async def _bring_up(
        self,
        connection: "Connection[asyncpg.Record]",
        projection: Projection,
        position: int,
        until: int,
    ) -> None:
        async for events in self._store.read_all(after_position=position, until_position=until):
            await projection.apply(connection, self._store, events, schema=BESIDE)


def _usable_cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _begin() -> None:
    """In each process that folds: it ends with the one that started it, however that ends."""
    gc.disable()  # nothing that is folded refers to itself, and the process ends soon
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _load_part(database_url: str, part: bulk.Part, until: int) -> int:
    """Fold one part in a process of its own; returns how many events it read."""
    return asyncio.run(_loaded_part(database_url, part, until))


async def _loaded_part(database_url: str, part: bulk.Part, until: int) -> int:
    projections = [projection_named(name) for name in part.projections]
    async with (
        open_projection_pool(database_url, pool_size=1) as pool,
        pool.acquire() as connection,
    ):
        return await bulk.load(connection, projections, part, until_position=until)
