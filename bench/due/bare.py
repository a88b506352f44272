"""What Temporal takes by itself: a workflow that waits for a moment and has one activity do nothing.

As a process (`python -m bench.due.bare ADDRESS TASK_QUEUE`) it is the worker of these, with the settings of
Remit's own, and counts the activities; see counting.py.
"""

import asyncio
import sys
import time
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.due.counting import tell

_NOTHING = "nothing"


@workflow.defn
class BareTimer:
    @workflow.run
    async def run(self, due: float) -> None:
        """`due`: seconds since the epoch."""
        await workflow.sleep(max(due - workflow.time(), 0))
        await workflow.execute_activity(_NOTHING, start_to_close_timeout=timedelta(seconds=10))


async def _work(address: str, task_queue: str) -> None:
    moments: list[float] = []

    @activity.defn(name=_NOTHING)
    async def nothing() -> None:
        moments.append(time.time())

    client = await Client.connect(address)
    async with Worker(
        client,
        task_queue=task_queue,
        workflows=[BareTimer],
        activities=[nothing],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        await tell("working", moments)


if __name__ == "__main__":
    asyncio.run(_work(*sys.argv[1:]))
