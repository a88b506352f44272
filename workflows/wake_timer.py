"""The pending timers of an instruction."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow


class WakeTimers:
    """Wakes at a moment, or before; a timer is started only for a moment earlier than all pending ones.

    Starting a timer is a billable action; neither firing nor cancelling one is. So none is ever cancelled:
    one that fires too early costs nothing, and it may serve when the moment moves again.
    """

    def __init__(self) -> None:
        self._pending: list[datetime] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.fired = 0
        """How many have fired: changes when there is something to look at."""

    def arm(self, moment: datetime | None) -> None:
        """Make sure that a timer fires at `moment` or before; None asks for nothing."""
        if moment is None or any(pending <= moment for pending in self._pending):
            return
        self._pending.append(moment)
        task = asyncio.create_task(self._fire(moment))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fire(self, moment: datetime) -> None:
        await workflow.sleep(max(moment - workflow.now(), timedelta(0)))
        self._pending.remove(moment)
        self.fired += 1
