"""A bare Temporal workflow to compare with: an Update runs one regular activity, which does nothing."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker


@activity.defn
async def nothing(word: str) -> str:
    return word


@workflow.defn
class BareWorkflow:
    """Ends after as many updates as it is told."""

    @workflow.init
    def __init__(self, updates: int) -> None:
        self._left = updates

    @workflow.run
    async def run(self, updates: int) -> None:
        del updates
        await workflow.wait_condition(lambda: self._left == 0)
        await workflow.wait_condition(workflow.all_handlers_finished)

    @workflow.update
    async def update(self, word: str) -> str:
        answer = await workflow.execute_activity(
            nothing, word, start_to_close_timeout=timedelta(seconds=10)
        )
        self._left -= 1
        return answer


BareHandle = WorkflowHandle[BareWorkflow, Any]


async def update(workflow: BareHandle) -> None:
    """One Update, to its end."""
    # The SDK leaves one overload's `args` untyped, here and below.
    await workflow.execute_update(BareWorkflow.update, "noted")  # pyright: ignore[reportUnknownMemberType]


async def start_with_update(client: Client, task_queue: str, updates: int) -> BareHandle:
    """Start one with its first Update, as Remit starts an instruction's."""
    start = WithStartWorkflowOperation(
        BareWorkflow.run,
        updates,
        id=f"bare-{uuid4()}",
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    await client.execute_update_with_start_workflow(  # pyright: ignore[reportUnknownMemberType]
        BareWorkflow.update, "noted", start_workflow_operation=start
    )
    return await start.workflow_handle()


@asynccontextmanager
async def bare_worker(client: Client, *, eager: bool = True) -> AsyncGenerator[str]:
    """A worker for it with the settings of Remit's own; gives its task queue."""
    task_queue = f"bare-{uuid4()}"
    async with Worker(
        client,
        task_queue=task_queue,
        workflows=[BareWorkflow],
        activities=[nothing],
        workflow_runner=UnsandboxedWorkflowRunner(),
        disable_eager_activity_execution=not eager,
    ):
        yield task_queue
