"""Delivers notices at once, in the process that recorded them, without Temporal.

A notice belongs to the process that recorded it for `GRACE`. Until then that process delivers it, or hands
it over by a signal to the instruction's workflow, whose `deliver` activity goes on trying. After that the
process is taken for dead, and the watchdog hands over what it left.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from activities.contracts import (
    HAND_OVER,
    INSTRUCTION_WORKFLOW,
    HandedOver,
    InstructionStart,
    UnsentNotice,
)
from activities.sending import LONGEST_ATTEMPT, NoticeSender
from activities.turns import LONGEST_WAIT
from domain.identifiers import InstructionId
from domain.outcomes import NoticeKey
from eventstore.handle import Given
from notifications.failures import named

GRACE = timedelta(minutes=2)
"""How long what is due, or given, may wait for those whose it is before the watchdog steps in."""
LONGEST_SIGNAL = timedelta(seconds=10)

LAST_START = (GRACE - LONGEST_SIGNAL).total_seconds() - LONGEST_ATTEMPT
"""Seconds after which no sending is begun and no turn waited for: it must be over, and recorded or handed over, within
the grace."""
_SIDE_BY_SIDE = 32
"""Errands. More would only wait for their turn (turns.py)."""

_logger = logging.getLogger(__name__)


@dataclass(kw_only=True, slots=True, eq=False)
class _Errand:
    """The notices that one append gave in one instruction's stream."""

    given: Given
    began: float = field(default_factory=time.monotonic)
    unsent: dict[NoticeKey, int]
    """With how often each was tried."""

    def now(self) -> datetime:
        return self.given.at + timedelta(seconds=self.age)

    @property
    def age(self) -> float:
        """Seconds since the notices were given."""
        return time.monotonic() - self.began


class Courier:
    """Takes notices as they are given (`CommandHandler.handle(…, given=courier.take)`), and delivers each
    once.

    Leaving its block waits for what is under way, and hands over what is then left.
    """

    def __init__(
        self, sender: NoticeSender, client: Client, task_queue: str, *, drain: timedelta
    ) -> None:
        """`drain`: how long to wait on leaving, counted from `stop` if that was called. What could not end within it
        is not begun.
        """
        self._sender = sender
        self._client = client
        self._task_queue = task_queue
        self._drain = drain.total_seconds()
        self._stopping: float | None = None
        self._slots = asyncio.Semaphore(_SIDE_BY_SIDE)
        self._errands: dict[asyncio.Task[None], _Errand] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        assert self._stopping is not None
        rest = max(self._drain - (time.monotonic() - self._stopping), 0)
        if self._errands:
            await asyncio.wait([*self._errands], timeout=rest)
        late = dict(self._errands)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait([*late])
        await asyncio.gather(*(self._hand_over(errand) for errand in late.values()))

    def stop(self) -> None:
        """From now on the time to drain runs."""
        if self._stopping is None:
            self._stopping = time.monotonic()

    def take(self, given: Given) -> None:
        """Deliver these notices, which were recorded just now."""
        errand = _Errand(given=given, unsent=dict.fromkeys(given.notices, 0))
        task = asyncio.create_task(self._run(errand))
        self._errands[task] = errand
        task.add_done_callback(self._errands.pop)

    async def _run(self, errand: _Errand) -> None:
        try:
            async with self._slots:
                await self._deliver(errand)
        except Exception as error:  # the log is out of reach, in one of many ways
            _logger.warning("notices of %s wait: %s", errand.given.stream_id, named(error))
        if errand.unsent:
            await self._hand_over(errand)

    async def _deliver(self, errand: _Errand) -> None:
        sending = await self._sender.open_given(errand.given)
        for notice in [*errand.unsent]:
            rest = self._time_to_begin(errand)
            if rest < 0:
                return
            errand.unsent[notice] += 1
            failure = await sending.attempt(
                notice, errand.unsent[notice], errand.now, longest_wait=min(rest, LONGEST_WAIT)
            )
            if failure is None:
                del errand.unsent[notice]

    def _time_to_begin(self, errand: _Errand) -> float:
        """Seconds within which a sending may be begun that is not cut off, or repeated meanwhile by another."""
        rest = LAST_START - errand.age
        if self._stopping is None:
            return rest
        return min(rest, self._stopping + self._drain - LONGEST_ATTEMPT - time.monotonic())

    async def _hand_over(self, errand: _Errand) -> None:
        unsent = [UnsentNotice(notice=n, attempts=a) for n, a in errand.unsent.items()]
        try:
            await hand_over(self._client, self._task_queue, errand.given.stream_id, unsent)
        except Exception as error:  # whatever it is, nothing else hangs on it
            _logger.warning(
                "%d notices of %s are left to the watchdog: %s",
                len(unsent), errand.given.stream_id, named(error),
            )  # fmt: skip


async def hand_over(
    client: Client,
    task_queue: str,
    instruction: InstructionId,
    notices: Iterable[UnsentNotice],
) -> None:
    """Signal the instruction's workflow to have these notices sent, starting it if none runs."""
    await client.start_workflow(
        INSTRUCTION_WORKFLOW,
        InstructionStart(instruction=instruction),
        id=instruction,
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        start_signal=HAND_OVER,
        start_signal_args=[HandedOver(notices=tuple(notices))],
        rpc_timeout=LONGEST_SIGNAL,
    )
