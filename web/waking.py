"""Tells what is open that the directory has changed, while whoever changed it has their answer already."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Self

import asyncpg
from temporalio.client import Client

from activities.nudge import nudge, unfinished
from domain.directory.state import Directory
from domain.identifiers import StreamId
from eventstore.protocol import EventStore
from operators.waking import Concerned, all_open, open_by_calendars
from readmodels.checkpoints import reached

_PATIENCE = 60.0
"""Seconds that the register is waited for."""
_LAST = 10.0
"""Seconds that are left to what is under way when the application ends."""
_logger = logging.getLogger(__name__)


class Waking:
    """Made by `open`. What is not told, because Temporal is away or the process ends, looks when it next wakes."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        client: Client,
        task_queue: str,
        store: EventStore,
        pool: "asyncpg.Pool[asyncpg.Record]",
        directory: Callable[[], Awaitable[Directory]],
    ) -> AsyncGenerator[Self]:
        """For as long as the block runs.

        Args:
            pool: of the read models.
            directory: answers the directory as of now.
        """
        waking = cls(client, task_queue, store, pool, directory)
        try:
            yield waking
        finally:
            await waking.end()

    def __init__(
        self,
        client: Client,
        task_queue: str,
        store: EventStore,
        pool: "asyncpg.Pool[asyncpg.Record]",
        directory: Callable[[], Awaitable[Directory]],
    ) -> None:
        self._client = client
        self._task_queue = task_queue
        self._store = store
        self._pool = pool
        self._directory = directory
        self._waiting: tuple[Concerned, int] | None = None
        self._unattended: set[StreamId] = set()
        self._under_way: asyncio.Task[None] | None = None

    def attend(self, streams: Iterable[StreamId]) -> None:
        """Begin to start the workflows of these, as far as they are open; what is left, the watchdog starts."""
        self._unattended.update(streams)
        self._begin()

    def begin(self, concerned: Concerned, position: int) -> None:
        """Begin to wake them; it goes on after this returns. What comes while others are being woken is done at once
        when they are.

        Args:
            position: of the change in the log.
        """
        self._waiting = merged(self._waiting, (concerned, position))
        self._begin()

    def _begin(self) -> None:
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.create_task(self._run())

    async def end(self) -> None:
        if self._under_way is not None:
            _, late = await asyncio.wait([self._under_way], timeout=_LAST)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self) -> None:
        while self._waiting is not None or self._unattended:
            if self._unattended:
                streams, self._unattended = self._unattended, set()
                await self._attend(streams)
            if self._waiting is not None:
                (concerned, position), self._waiting = self._waiting, None
                await self._wake(concerned, position)

    async def _attend(self, streams: Collection[StreamId]) -> None:
        try:
            still_open = [one async for one in unfinished(self._store) if one in streams]
            if still_open:
                await nudge(self._client, self._task_queue, still_open)
        except Exception as error:
            _logger.warning("not all that was entered has its workflow yet: %r", error)

    async def _wake(self, concerned: Concerned, position: int) -> None:
        try:
            if concerned == "all":
                streams = await all_open(self._store)
            else:
                if not await reached(self._pool, ("register",), position, seconds=_PATIENCE):
                    _logger.warning(
                        "the register is not as far as a change of the directory at %d: what it does not know "
                        "yet is not told of it",
                        position,
                    )
                streams = await open_by_calendars(self._store, self._pool, await self._directory())
            if streams:
                await nudge(self._client, self._task_queue, streams)
        except Exception as error:
            _logger.warning("not all that is open was told of a change of the directory: %r", error)


def merged(
    waiting: tuple[Concerned, int] | None, more: tuple[Concerned, int]
) -> tuple[Concerned, int]:
    """One waking for both: of all if either is, once the register is as far as the later."""
    if waiting is None:
        return more
    concerned = "all" if "all" in (waiting[0], more[0]) else "by-calendars"
    return concerned, max(waiting[1], more[1])
