"""Following the log without NOTIFY, for tests that want one thing to happen at a time."""

import asyncio


class Polling:
    """A `Wakeup` that knows nothing: a reader looks by itself, every so many seconds."""

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
