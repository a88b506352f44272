"""Messages in turn, from the moment at which a receiver may have one until the log has it too.

A process that is killed in between leaves a message that was accepted, and that nobody knows of: it goes out once
more. One at a time is there, so that a kill meets one at most (ADR 0011).
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

LONGEST_TURN = 0.25
"""Seconds until the receiver's answer. One that takes longer holds up the others no more; a kill may then meet several."""
LONGEST_WAIT = 10.0
"""Seconds that a message waits for its turn: forty of the longest ones."""


class TurnMissed(Exception):
    """The turn did not come in time. Nothing was sent, and another time it may."""


class Turns:
    """Those of one process."""

    def __init__(self, *, at_once: int = 1, longest: float = LONGEST_TURN) -> None:
        """`at_once`: how many may have theirs at the same time, and so meet a kill."""
        self._slots = asyncio.Semaphore(at_once)
        self._longest = longest

    @asynccontextmanager
    async def one(self, *, longest_wait: float = LONGEST_WAIT) -> AsyncGenerator["Turn"]:
        """The turn of a message, for as long as the block runs at most; it has to be taken.

        `longest_wait`: seconds that it may be waited for.
        """
        turn = Turn(self._slots, self._longest, longest_wait)
        try:
            yield turn
        finally:
            turn.end()


class Turn:
    """Made by `Turns.one`."""

    def __init__(self, slots: asyncio.Semaphore, longest: float, longest_wait: float) -> None:
        self._slots = slots
        self._longest = longest
        self._longest_wait = longest_wait
        self._expiry: asyncio.TimerHandle | None = None

    async def take(self) -> None:
        """Wait for it. Nothing happens if it has been taken, and goes on. Raises `TurnMissed`."""
        if self._expiry is None:
            try:
                async with asyncio.timeout(self._longest_wait):
                    await self._slots.acquire()
            except TimeoutError:
                raise TurnMissed from None
            self._expiry = asyncio.get_running_loop().call_later(self._longest, self.end)

    def answered(self) -> None:
        """The receiver has answered: from now on it ends with the block alone, however long the log takes. Nothing
        happens if it was not taken, or has ended.
        """
        if self._expiry is not None:
            self._expiry.cancel()

    def end(self) -> None:
        """The next one's begins. Nothing happens if it was not taken, or has ended."""
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
            self._slots.release()
