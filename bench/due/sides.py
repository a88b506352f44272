"""The two sides: so many reminders of ours, and so many bare timers, each with its worker and its counter."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from temporalio.client import Client

from activities.nudge import nudge
from bench.conducting import lives
from bench.deployed import WorkerProcess
from bench.due.bare import BareTimer
from bench.due.counting import Counting, counting
from bench.due.ground import DueGround
from domain.identifiers import instruction_id
from domain.outcomes import Recorded
from domain.policies import Policy, ReminderRule

_BEFORE = timedelta(days=7)
_POLICY = Policy(id="reminded-once", reminders=(ReminderRule(id="before-7d", offset=_BEFORE),))
_SIDE_BY_SIDE = 32


@dataclass(frozen=True, kw_only=True)
class Side:
    """Something that can have many due at the same moment."""

    counting: Counting
    """What they reach when they are out."""
    processes: Mapping[str, int]
    """By name, the id of each process that has a part in it."""
    wait_for: Callable[[int, datetime], Awaitable[Sequence[str]]]
    """Set so many up, and wait until the timer of each runs; answers the workflows' ids."""


@asynccontextmanager
async def ours(ground: DueGround) -> AsyncGenerator[Side]:
    """Instructions with a reminder each, which goes out by mail; a worker as deployed.

    None is assigned, so that the reminder, which its issuer gets then, is the only notice that there is.
    """
    task_queue = f"remit-{uuid4()}"

    async def wait_for(count: int, due: datetime) -> Sequence[str]:
        numbers = [lives.new_number() for _ in range(count)]
        left = iter(numbers)

        async def issue() -> None:
            for number in left:
                command = lives.issue(number, deadline=due + _BEFORE, policy=_POLICY)
                outcome = await ground.handler.handle(command, datetime.now(UTC))
                assert isinstance(outcome, Recorded), outcome

        await asyncio.gather(*(issue() for _ in range(_SIDE_BY_SIDE)))
        instructions = [instruction_id(number) for number in numbers]
        await nudge(ground.client, task_queue, instructions)
        await _until_timers_run(ground.client, instructions)
        return instructions

    async with AsyncExitStack() as stack:
        mail = await stack.enter_async_context(counting("bench.due.mail_server"))
        settings = {
            "REMIT_DATABASE_URL": ground.postgres.database_url,
            "REMIT_TEMPORAL_ADDRESS": ground.temporal.address,
            "REMIT_TEMPORAL_TASK_QUEUE": task_queue,
            "REMIT_SMTP_HOST": "127.0.0.1",
            "REMIT_SMTP_PORT": mail.said,
            "REMIT_SMTP_STARTTLS": "false",
        }
        stack.push_async_callback(_unschedule, ground.client)
        worker = await stack.enter_async_context(WorkerProcess(settings))
        await worker.until_ready()
        processes = _processes(ground, worker.pid) | {"mail server": mail.pid}
        yield Side(counting=mail, processes=processes, wait_for=wait_for)


@asynccontextmanager
async def bare(ground: DueGround) -> AsyncGenerator[Side]:
    """Timers with an activity each that does nothing."""
    task_queue = f"bare-{uuid4()}"

    async def wait_for(count: int, due: datetime) -> Sequence[str]:
        ids = [f"bare-{uuid4()}" for _ in range(count)]
        left = iter(ids)

        async def start() -> None:
            for each in left:
                await ground.client.start_workflow(
                    BareTimer.run, due.timestamp(), id=each, task_queue=task_queue
                )

        await asyncio.gather(*(start() for _ in range(_SIDE_BY_SIDE)))
        await _until_timers_run(ground.client, ids)
        return ids

    async with counting("bench.due.bare", ground.temporal.address, task_queue) as worker:
        yield Side(counting=worker, processes=_processes(ground, worker.pid), wait_for=wait_for)


def _processes(ground: DueGround, worker: int) -> dict[str, int]:
    assert ground.temporal.pid is not None
    assert ground.postgres.pid is not None
    return {"worker": worker, "Temporal": ground.temporal.pid, "PostgreSQL": ground.postgres.pid}


async def _until_timers_run(client: Client, workflows: Sequence[str]) -> None:
    limit = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def one(workflow: str) -> None:
        async with limit:
            handle = client.get_workflow_handle(workflow)
            async for event in handle.fetch_history_events(wait_new_event=True):
                if event.HasField("timer_started_event_attributes"):
                    return

    await asyncio.gather(*map(one, workflows))


async def _unschedule(client: Client) -> None:
    """What the worker scheduled would go on without it."""
    async for schedule in await client.list_schedules():
        await client.get_schedule_handle(schedule.id).delete()
