"""The one pending timer of an instruction."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow


class WakeTimer:
    """Wakes at a moment; set again only when that moment moves earlier.

    A moment that moves later leaves the timer as it is: waking early costs nothing, as the waker looks
    at what is due and arms the timer again, while cancelling and starting one costs two commands.
    """

    def __init__(self) -> None:
        self._fires_at: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    def arm(self, moment: datetime | None) -> None:
        """Make sure the timer fires at `moment` or before; None asks for nothing."""
        if moment is None or (self._fires_at is not None and self._fires_at <= moment):
            return
        if self._task is not None:
            self._task.cancel()
        self._fires_at = moment
        delay = max(moment - workflow.now(), timedelta(0))
        self._task = asyncio.create_task(self._fire(delay))

    @property
    def armed(self) -> bool:
        return self._fires_at is not None

    async def _fire(self, delay: timedelta) -> None:
        await workflow.sleep(delay)
        self._fires_at = self._task = None
