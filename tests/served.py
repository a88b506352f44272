"""Whether others are served while something is computed."""

import asyncio
from collections.abc import Awaitable


async def turns_during(work: Awaitable[object]) -> int:
    """How often somebody else had a turn of the event loop before it was done: never, if it is computed there."""
    turns = 0

    async def somebody() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    other = asyncio.create_task(somebody())
    try:
        await work
    finally:
        other.cancel()
    return turns
