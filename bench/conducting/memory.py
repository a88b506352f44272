"""Memory that a worker takes for each open instruction it keeps at hand."""

import asyncio
import os
import signal
import statistics
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

from bench.conducting import lives
from bench.conducting.ground import Ground
from bench.results import Line, Result
from domain.identifiers import instruction_id
from domain.outcomes import Recorded
from workflows.client import CommandSender
from workflows.digests import DIGESTS_SCHEDULE
from workflows.postman import POSTMAN_SCHEDULE
from workflows.watchdog import WATCHDOG_SCHEDULE

_STEPS = (0, 250, 500, 1000)
_SIDE_BY_SIDE = 16
_SETTLE = 3.0


async def measure(ground: Ground, progress: Callable[[int, int], None]) -> Result:
    """Resident memory of a worker process as deployed, against how many open instructions it has cached.

    All of them run once before, closed: what is taken once, and what the load leaves behind, is there
    from the first step.
    """
    task_queue = f"remit-{uuid4()}"
    sender = CommandSender(ground.client, task_queue)
    found: list[tuple[int, int]] = []
    opened: list[str] = []
    async with _worker_process(ground, task_queue) as pid:
        await _send(sender, [lives.new_number() for _ in range(_STEPS[-1] // 4)], close=True)
        for step in _STEPS:
            new = [lives.new_number() for _ in range(step - len(opened))]
            await _send(sender, new, close=False)
            opened += new
            await asyncio.sleep(_SETTLE)
            found.append((step, await _resident_kb(pid)))
            progress(step, _STEPS[-1])
    for number in opened:
        await ground.client.get_workflow_handle(instruction_id(number)).terminate()
    slope, start = statistics.linear_regression(*zip(*found, strict=True))
    return Result(
        lines=[
            Line(
                what="worker memory per cached open instruction", value=round(slope, 1), unit="kB"
            ),
            Line(what="worker memory without any", value=round(start / 1000), unit="MB"),
        ],
        details={"resident_kb": dict(found)},
    )


async def _send(sender: CommandSender, numbers: list[str], *, close: bool) -> None:
    left = iter(numbers)

    async def one_after_the_other() -> None:
        for number in left:
            commands = [lives.issue(number), lives.assign(number)]
            closing = [lives.submit_report(number), lives.accept(number)] if close else []
            for command in (*commands, *closing):
                outcome = await sender.send(command)
                assert isinstance(outcome, Recorded), outcome

    await asyncio.gather(*(one_after_the_other() for _ in range(_SIDE_BY_SIDE)))


@asynccontextmanager
async def _worker_process(ground: Ground, task_queue: str) -> AsyncGenerator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "worker",
        env={
            **os.environ,
            "REMIT_DATABASE_URL": ground.database_url,
            "REMIT_TEMPORAL_ADDRESS": ground.temporal.address,
            "REMIT_TEMPORAL_TASK_QUEUE": task_queue,
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
        for schedule in (WATCHDOG_SCHEDULE, POSTMAN_SCHEDULE, DIGESTS_SCHEDULE):
            await ground.client.get_schedule_handle(schedule).delete()


async def _resident_kb(pid: int) -> int:
    asked = await asyncio.create_subprocess_exec(
        "ps", "-o", "rss=", "-p", str(pid), stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await asked.communicate()
    return int(answer)
