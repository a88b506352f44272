"""From the moment something falls due to the recorded delivery of its notice."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from activities.nudge import nudge
from bench.conducting import lives
from bench.conducting.ground import Ground
from bench.results import Line, Result
from domain.identifiers import InstructionId, instruction_id
from domain.outcomes import Recorded
from domain.policies import Policy, ReminderRule
from workflows.client import CommandSender

_FAR = timedelta(days=300)
_REMINDED_BEFORE = timedelta(days=7)
_POLICY = Policy(
    id="reminded-once", reminders=(ReminderRule(id="before-7d", offset=_REMINDED_BEFORE),)
)
_PROBE = 100
_MARGIN = 2
"""The set-up may take so many times as long as its probe says."""
_ROUNDS = ((1, 15), (100, 3))
"""So many at once, so often."""
_SIDE_BY_SIDE = 32
_LONGEST_WAIT = timedelta(minutes=20)


async def measure(ground: Ground, progress: Callable[[int, int], None]) -> Result:
    """One reminder, and a hundred due at the same moment; delivered by the log channel. Many more: bench/due.

    The time is that of the log's clock when the outcome was recorded, less the planned moment.
    """
    lines: list[Line] = []
    details: dict[str, object] = {}
    for at_once, rounds in _ROUNDS:
        latencies: list[float] = []
        for _ in range(rounds):
            latencies += await _round(ground, at_once, progress)
        latencies.sort()
        cuts = statistics.quantiles(latencies, n=100, method="inclusive")
        figures = {"p50": cuts[49], "p99": cuts[98], "max": latencies[-1]}
        lines += [
            Line(what=f"due to delivered, {at_once:,} at once, {name}", value=round(s, 3), unit="s")
            for name, s in figures.items()
        ]
        details[f"{at_once} at once"] = {
            "notices": len(latencies),
            "per_second_at_best": round(at_once / latencies[-1], 1),
            **{name: round(value, 4) for name, value in figures.items()},
        }
    return Result(lines=lines, details=details)


async def _round(
    ground: Ground, at_once: int, progress: Callable[[int, int], None]
) -> Sequence[float]:
    async with ground.working() as sender:
        probe = min(at_once, _PROBE)
        began = time.monotonic()
        await _end(ground, await _set_up(ground, sender, probe, datetime.now(UTC) + _FAR))
        needed = (time.monotonic() - began) * at_once / probe
        due = datetime.now(UTC) + timedelta(seconds=5 + _MARGIN * needed)
        instructions = await _set_up(ground, sender, at_once, due)
        assert datetime.now(UTC) < due, "setting up took longer than expected; run it again"
        # Those notices that were given without a worker are left to a watchdog, which there is not.
        latencies = await _delivered(ground, instructions, due, progress)
        await _end(ground, instructions)
    return latencies


async def _set_up(
    ground: Ground, sender: CommandSender, count: int, due: datetime
) -> Sequence[InstructionId]:
    """So many instructions, each with a workflow that waits for a reminder at that moment."""
    numbers = [lives.new_number() for _ in range(count)]
    instructions = [instruction_id(number) for number in numbers]
    await _charge(ground, numbers, due + _REMINDED_BEFORE)
    await _attend(sender, ground, instructions)
    return instructions


async def _end(ground: Ground, instructions: Sequence[InstructionId]) -> None:
    for instruction in instructions:
        await ground.client.get_workflow_handle(instruction).terminate()


async def _charge(ground: Ground, numbers: Sequence[str], deadline: datetime) -> None:
    """Issue and assign without Temporal: that is not what is measured."""
    left = iter(numbers)

    async def one_after_the_other() -> None:
        for number in left:
            for command in (
                lives.issue(number, deadline=deadline, policy=_POLICY),
                lives.assign(number),
            ):
                outcome = await ground.handler.handle(command, datetime.now(UTC))
                assert isinstance(outcome, Recorded), outcome

    await asyncio.gather(*(one_after_the_other() for _ in range(_SIDE_BY_SIDE)))


async def _attend(
    sender: CommandSender, ground: Ground, instructions: Sequence[InstructionId]
) -> None:
    """Start all workflows, and wait until each has its timer."""
    await nudge(ground.client, sender.task_queue, instructions)
    limit = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def until_its_timer_runs(instruction: InstructionId) -> None:
        events = ground.client.get_workflow_handle(instruction).fetch_history_events(
            wait_new_event=True
        )
        async with limit:
            async for event in events:
                if event.HasField("timer_started_event_attributes"):
                    return

    await asyncio.gather(*(until_its_timer_runs(instruction) for instruction in instructions))


async def _delivered(
    ground: Ground,
    instructions: Sequence[InstructionId],
    due: datetime,
    progress: Callable[[int, int], None],
) -> Sequence[float]:
    """Seconds, of every reminder."""
    wanted, found = set(instructions), list[float]()
    position = await ground.store.head()
    async with asyncio.timeout_at(
        asyncio.get_running_loop().time() + _LONGEST_WAIT.total_seconds()
    ):
        while wanted:
            await asyncio.sleep(0.5)
            async for batch in ground.store.read_all(after_position=position):
                for event in batch:
                    if event.type == "NotificationDelivered" and event.stream_id in wanted:
                        wanted.discard(event.stream_id)
                        found.append((event.recorded_at - due).total_seconds())
                position = batch[-1].position
            progress(len(found), len(instructions))
    return found
