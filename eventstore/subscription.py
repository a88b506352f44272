"""Following the log as it grows, for readers that keep their own cursor."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol

import asyncpg

from eventstore.connections import DATABASE_LOST
from eventstore.protocol import EpochChanged, EventStore, PositionGap, StoredEvent


class Wakeup(Protocol):
    """Something that may tell a reader that the log has grown."""

    async def wait(self, seconds: float) -> None:
        """Return when the log has grown since the last call, or after so many seconds."""
        ...


class Listening:
    """Hears NOTIFY `remit_log`. A lost connection makes it poll, and try to connect again."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._connecting = asyncio.Lock()
        self._readers = [asyncio.Event()]

    async def wait(self, seconds: float) -> None:
        await self.hear(self._readers[0], seconds)

    def another(self) -> Wakeup:
        """For one more reader, over the same connection: each is told of all growth."""
        grown = asyncio.Event()
        self._readers.append(grown)
        return _Reader(self, grown)

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def hear(self, grown: asyncio.Event, seconds: float) -> None:
        """Wait for one reader's event, and clear it."""
        with suppress(asyncpg.PostgresError, *DATABASE_LOST):
            await self._connect(seconds)
        # Not wait_for: in Python 3.11 it loses a cancellation that comes as the event is set.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await grown.wait()
        grown.clear()

    async def _connect(self, seconds: float) -> None:
        async with self._connecting:
            if self._connection is None or self._connection.is_closed():
                connection = await asyncpg.connect(self._database_url, timeout=seconds)
                try:
                    await connection.add_listener("remit_log", self._on_notify)
                except BaseException:  # cancelled, most likely
                    connection.terminate()
                    raise
                self._connection = connection
                # What came while nobody listened was not heard.
                self._on_notify()

    def _on_notify(self, *_: object) -> None:
        for grown in self._readers:
            grown.set()


class _Reader:
    """One of several that hear over one connection."""

    def __init__(self, listening: Listening, grown: asyncio.Event) -> None:
        self._listening = listening
        self._grown = grown

    async def wait(self, seconds: float) -> None:
        await self._listening.hear(self._grown, seconds)


@asynccontextmanager
async def listening(database_url: str) -> AsyncGenerator[Listening]:
    """Give a `Wakeup` with a connection of its own."""
    wakeup = Listening(database_url)
    try:
        yield wakeup
    finally:
        await wakeup.close()


async def follow(
    store: EventStore,
    *,
    epoch: int,
    after_position: int,
    wakeup: Wakeup,
    poll_interval: float = 1,
    batch_size: int = 1000,
) -> AsyncIterator[Sequence[StoredEvent]]:
    """Yield the log after a cursor, in contiguous batches, and then what comes; never ends.

    Args:
        epoch: of the cursor; `store.epoch()` when starting from nothing.
        after_position: the last position that was dealt with.
        poll_interval: seconds after which the log is looked at even if nothing was heard.

    Raises:
        EpochChanged: what was read so far may not be what the log holds now.
        PositionGap: an event is missing, or the log is shorter than what was read.
    """
    while True:
        found = await store.epoch()
        if found != epoch:
            raise EpochChanged(epoch, found)
        head = await store.head()
        if head < after_position:
            raise PositionGap(after_position + 1, head)
        async for batch in store.read_all(
            after_position=after_position, until_position=head, batch_size=batch_size
        ):
            yield batch
            after_position = batch[-1].position
        await wakeup.wait(poll_interval)
