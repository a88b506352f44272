"""Wakes instructions that nobody attends to: the watchdog's eyes, and `remit recover`."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable
from datetime import datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from activities.contracts import (
    INSTRUCTION_WORKFLOW,
    NUDGE,
    NUDGE_UNATTENDED,
    InstructionStart,
    Nudged,
    NudgeRequest,
    UnsentNotice,
)
from activities.courier import GRACE, hand_over
from domain.identifiers import INSTRUCTION_PREFIX, InstructionId
from domain.outcomes import NoticeKey
from eventstore.protocol import EventStore

_PAGE = 1000
_SIDE_BY_SIDE = 32
_PATIENCE = timedelta(minutes=30)
"""How long what was handed over is left to the `deliver` activity before it is handed over again."""
_logger = logging.getLogger(__name__)


class NudgeActivity:
    def __init__(self, store: EventStore, client: Client, task_queue: str) -> None:
        self._store = store
        self._client = client
        self._task_queue = task_queue
        self._handed_over: dict[tuple[InstructionId, NoticeKey], datetime] = {}
        """By this process, and when: one too many after a restart does no harm."""

    @activity.defn(name=NUDGE_UNATTENDED)
    async def nudge_unattended(self, request: NudgeRequest) -> Nudged:
        """One reading of the overdue, one comparison of what is open with what is running, one reading
        of the undelivered.

        The cost grows with the number of open instructions: one page of the log and one of Temporal's
        visibility for each thousand.
        """
        overdue = await self._store.overdue(request.at - GRACE, limit=_PAGE)
        late = {head.stream_id for head in overdue}
        attended = late | (await running(self._client)).keys()
        unattended = [i async for i in unfinished(self._store) if i not in attended]
        await nudge(self._client, self._task_queue, [*late, *unattended])
        forgotten = await self._forgotten(request.at)
        await _side_by_side(
            hand_over(self._client, self._task_queue, instruction, notices)
            for instruction, notices in forgotten.items()
        )
        nudged = Nudged(
            overdue=len(late), without_workflow=len(unattended), undelivered=len(forgotten)
        )
        if late or unattended or forgotten:
            _logger.warning(
                "nudged %d overdue, %d without a workflow, %d with undelivered notices",
                nudged.overdue, nudged.without_workflow, nudged.undelivered,
            )  # fmt: skip
        return nudged

    async def _forgotten(self, at: datetime) -> dict[InstructionId, list[UnsentNotice]]:
        """By instruction, the notices that the process they belonged to did not live to deliver."""
        lasting: dict[tuple[InstructionId, NoticeKey], datetime] = {}
        found: dict[InstructionId, list[UnsentNotice]] = {}
        async for instruction, notice in self._store.undelivered_before(at - GRACE):
            handed_over = self._handed_over.get((instruction, notice))
            if handed_over is None or handed_over <= at - _PATIENCE:
                found.setdefault(instruction, []).append(UnsentNotice(notice=notice, attempts=1))
                handed_over = at
            lasting[instruction, notice] = handed_over
        self._handed_over = lasting
        return found


async def nudge(client: Client, task_queue: str, instructions: Iterable[InstructionId]) -> int:
    """Signal each instruction's workflow, starting it if none runs. One too many does no harm."""

    async def one(instruction: InstructionId) -> None:
        await client.start_workflow(
            INSTRUCTION_WORKFLOW,
            InstructionStart(instruction=instruction),
            id=instruction,
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            start_signal=NUDGE,
        )

    return await _side_by_side(one(instruction) for instruction in instructions)


async def _side_by_side(signals: Iterable[Coroutine[Any, Any, None]]) -> int:
    limit = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def one(signal: Coroutine[Any, Any, None]) -> None:
        async with limit:
            await signal

    return len(await asyncio.gather(*(one(signal) for signal in signals)))


async def unfinished(store: EventStore) -> AsyncIterator[InstructionId]:
    """Every instruction that is open, from the log alone."""
    last = ""
    while page := await store.unfinished(
        prefix=INSTRUCTION_PREFIX, after_stream_id=last, limit=_PAGE
    ):
        for head in page:
            if not head.closed:
                yield head.stream_id
        last = page[-1].stream_id


async def running(
    client: Client, after: str = "", until: str | None = None
) -> dict[InstructionId, datetime]:
    """The instructions whose workflow runs, and since when its run does.

    With bounds, those whose id comes after the first and not after the second.
    """
    query = f"WorkflowType = '{INSTRUCTION_WORKFLOW}' AND ExecutionStatus = 'Running'"
    if after:
        query += f" AND WorkflowId > '{after}'"
    if until is not None:
        query += f" AND WorkflowId <= '{until}'"
    return {run.id: run.start_time async for run in client.list_workflows(query)}
