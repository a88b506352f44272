"""Who writes next to a stream that many write beside their own."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from domain.identifiers import StreamId


class Turns:
    """In one process. Parts that close at once all write to the whole: deciding at the same time, all but
    one would decide in vain, and again, until some gave up.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[StreamId, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def taken(self, streams: Iterable[StreamId]) -> AsyncGenerator[None]:
        """Wait for one's turn at all of these streams, and have it for the length of the block."""
        async with AsyncExitStack() as held:
            for stream in sorted(streams):  # always in this order, so that nobody waits in a circle
                lock = self._locks.setdefault(stream, asyncio.Lock())
                await held.enter_async_context(lock)
            yield
