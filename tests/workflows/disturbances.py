"""Ways to disturb a story while it is told by real servers."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Self

import asyncpg
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from domain.identifiers import InstructionId
from tests.workflows.conftest import Conductor, Log


async def reset(conductor: Conductor, instruction: InstructionId) -> None:
    """Back to the first workflow task of the current run; updates accepted since are sent again."""
    handle = conductor.handle(instruction)
    description, history = await handle.describe(), await handle.fetch_history()
    completed = next(
        event.event_id
        for event in history.events
        if event.HasField("workflow_task_completed_event_attributes")
    )
    await conductor.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=conductor.client.namespace,
            workflow_execution=WorkflowExecution(
                workflow_id=instruction, run_id=description.run_id
            ),
            reason="test",
            request_id=f"reset-{instruction}",
            workflow_task_finish_event_id=completed,
        )
    )


@asynccontextmanager
async def appends_held_up(log: Log) -> AsyncGenerator[Callable[[], Awaitable[int]]]:
    """Appends wait for as long as the block runs; the call waits for one, returns its backend."""
    holder = await asyncpg.connect(log.database_url)
    # Another connection: within a transaction one sees activity only as it was at the first look.
    watcher = await asyncpg.connect(log.database_url)

    async def blocked() -> int:
        while True:
            backend = await watcher.fetchval(
                "select pid from pg_stat_activity where wait_event_type = 'Lock' "
                "and query like '%remit.append%' and datname = current_database()"
            )
            if backend is not None:
                return backend
            await asyncio.sleep(0.05)

    try:
        async with holder.transaction():
            await holder.execute("select from remit.counter for update")
            yield blocked
    finally:
        await holder.close()
        await watcher.close()


async def terminate(log: Log, backend: int) -> None:
    """Have PostgreSQL give up what the backend was doing."""
    connection = await asyncpg.connect(log.database_url)
    try:
        assert await connection.fetchval("select pg_terminate_backend($1, 5000)", backend)
    finally:
        await connection.close()


class WorkerProcess:
    """A worker as deployed: a process of its own, configured by the environment."""

    def __init__(self, log: Log, conductor: Conductor) -> None:
        self._environment = {
            **os.environ,
            "REMIT_DATABASE_URL": log.database_url,
            "REMIT_TEMPORAL_ADDRESS": conductor.client.service_client.config.target_host,
            "REMIT_TEMPORAL_TASK_QUEUE": conductor.task_queue,
            "REMIT_CLOCK_SKEW_SECONDS": "3000000000",  # time is skipped
        }
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            await self._process.wait()

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "worker", env=self._environment
        )

    async def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is said."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()
