"""Wakes instructions that nobody attends to: the watchdog's eyes, and `remit recover`."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

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
)
from domain.identifiers import INSTRUCTION_PREFIX, InstructionId
from eventstore.protocol import EventStore

GRACE = timedelta(minutes=2)
"""How long a due moment may wait for its own workflow before the watchdog steps in."""
_PAGE = 1000
_SIDE_BY_SIDE = 32
_logger = logging.getLogger(__name__)


class NudgeActivity:
    def __init__(self, store: EventStore, client: Client, task_queue: str) -> None:
        self._store = store
        self._client = client
        self._task_queue = task_queue

    @activity.defn(name=NUDGE_UNATTENDED)
    async def nudge_unattended(self, request: NudgeRequest) -> Nudged:
        """One reading of the overdue, one comparison of what is unfinished with what is running.

        The cost grows with the number of open instructions: one page of the log and one of Temporal's
        visibility for each thousand.
        """
        overdue = await self._store.overdue(request.at - GRACE, limit=_PAGE)
        late = {head.stream_id for head in overdue}
        running = await _running(self._client)
        unattended = [i async for i in unfinished(self._store) if i not in running | late]
        await nudge(self._client, self._task_queue, [*late, *unattended])
        if late or unattended:
            _logger.warning(
                "nudged %d overdue and %d without a workflow", len(late), len(unattended)
            )
        return Nudged(overdue=len(late), without_workflow=len(unattended))


async def nudge(client: Client, task_queue: str, instructions: Iterable[InstructionId]) -> int:
    """Signal each instruction's workflow, starting it if none runs. One too many does no harm."""
    limit = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def one(instruction: InstructionId) -> None:
        async with limit:
            await client.start_workflow(
                INSTRUCTION_WORKFLOW,
                InstructionStart(instruction=instruction),
                id=instruction,
                task_queue=task_queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                start_signal=NUDGE,
            )

    return len(await asyncio.gather(*(one(instruction) for instruction in instructions)))


async def unfinished(store: EventStore) -> AsyncIterator[InstructionId]:
    """Every instruction that is open or has a notice undelivered, from the log alone."""
    last = ""
    while page := await store.unfinished(
        prefix=INSTRUCTION_PREFIX, after_stream_id=last, limit=_PAGE
    ):
        for head in page:
            yield head.stream_id
        last = page[-1].stream_id


async def _running(client: Client) -> set[InstructionId]:
    query = f"WorkflowType = '{INSTRUCTION_WORKFLOW}' AND ExecutionStatus = 'Running'"
    return {execution.id async for execution in client.list_workflows(query)}
