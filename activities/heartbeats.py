"""Heartbeats of an activity whose work says nothing for a while."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from temporalio import activity

_EVERY = 5.0
"""Seconds. Temporal's client passes on fewer."""


@asynccontextmanager
async def heartbeating(
    beat: Callable[[], None] = activity.heartbeat, *, every: float = _EVERY
) -> AsyncGenerator[None]:
    """Call `beat` at once and every few seconds, for as long as the block runs.

    Whoever is asked to stop by the answer is cancelled where it waits.
    """

    async def beats() -> None:
        while True:
            await asyncio.sleep(every)
            beat()

    beat()
    beating = asyncio.create_task(beats())
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.wait([beating])
