"""On a real Temporal, what is watched over loses its workflow, and what is over is given one."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from activities.contracts import RECURRENCE_WORKFLOW, conducted_by
from activities.nudge import nudge, running
from audit.completeness import discrepancies
from audit.discrepancy import Kind
from domain.identifiers import StreamId
from tests.audit.scene import GRACE
from tests.workflows.conftest import Conductor, Log

Found = Mapping[StreamId, Sequence[Kind]]


async def lose_and_recover(
    conductor: Conductor,
    log: Log,
    begin: Callable[[], Awaitable[None]],
    *,
    kept: StreamId,
    lost: StreamId,
    done: StreamId,
) -> None:
    """`begin` makes the three, of which `done` is over by then. Asserts what is found of them meanwhile."""

    async def until(expected: Found) -> None:
        """Temporal's visibility is a moment behind, and notices are sent beside commands."""
        async with asyncio.timeout(30):
            while True:
                if await _found(conductor, log, {kept, lost, done}) == expected:
                    return
                await asyncio.sleep(0.1)

    async with conductor.working(log):
        await begin()
        await until({})
        await conductor.handle(lost).terminate("as if Temporal lost it")
        await until({lost: [Kind.NO_WORKFLOW]})
        await nudge(conductor.client, conductor.task_queue, [lost])
        await until({})
    workflow, start = conducted_by(done)
    await conductor.client.start_workflow(workflow, start, id=done, task_queue=conductor.task_queue)
    await until({done: [Kind.STRAY_WORKFLOW]})
    async with conductor.working(log):
        await until({})


async def _found(conductor: Conductor, log: Log, ours: set[StreamId]) -> Found:
    """As of an hour ahead, when all has settled; other tests' workflows run here as well."""
    kinds: dict[StreamId, list[Kind]] = {}
    async for one in discrepancies(
        log.store,
        instructions=partial(running, conductor.client),
        recurrences=partial(running, conductor.client, workflow=RECURRENCE_WORKFLOW),
        at=datetime.now().astimezone() + timedelta(hours=1),
        grace=GRACE,
    ):
        if one.stream in ours:
            kinds.setdefault(one.stream, []).append(one.kind)
    return kinds
