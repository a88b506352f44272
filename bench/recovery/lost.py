"""Temporal and its data are deleted under a log of open instructions; a new one is filled from the log."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from activities.contracts import INSTRUCTION_WORKFLOW
from activities.nudge import nudge
from bench.deployed import WorkerProcess, remit
from bench.opening import DUE_MOMENTS, SOON, open_instructions
from bench.recovery.findings import DueMoments, Fired, due_moments, fired
from bench.servers import servers
from bench.web.ground import TASK_QUEUE, deployed_settings
from cli.devstack import EmbeddedTemporal
from domain.deadline import PUNCTUAL
from domain.identifiers import InstructionId, instruction_id
from eventstore.handle import CommandHandler
from eventstore.migrate import migrate
from eventstore.persons import PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from tests import staging
from workflows.client import connect

_FAR = timedelta(days=30)
_AWAY = 75.0
"""Seconds for which there is no Temporal: more than a moment may be off without saying that it is late."""
_BEFORE = timedelta(minutes=1)
"""For which moments fall due before Temporal is lost."""
_SAMPLE = 500
_STARTED_IN_A_SECOND = 35
"""Workflows, on a slow machine, by which no moment falls due before all run."""
_PATIENCE = timedelta(minutes=30)
_QUIET = 5.0
"""Seconds in which nothing more fires: then nothing will."""

Told = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """What `remit recover` took, in seconds since it was called."""

    instructions: int
    ended: float
    """The command itself."""
    running: float
    """Temporal's visibility counts every workflow."""
    growth: Sequence[tuple[float, int]]
    """Seconds, and how many workflows were counted then."""

    def counted(self, share: float) -> float:
        """When so many of all were."""
        return next(at for at, count in self.growth if count >= share * self.instructions)

    @property
    def rate(self) -> float:
        """Workflows started in a second, from the first tenth counted to the last."""
        low, high = 0.1 * self.instructions, 0.9 * self.instructions
        began, before = next(one for one in self.growth if one[1] >= low)
        ended, after = next(
            (one for one in self.growth if one[1] >= high and one[0] > began), self.growth[-1]
        )
        return (after - before) / (ended - began) if ended > began else self.instructions / ended


@dataclass(frozen=True, kw_only=True)
class Lost:
    first: Recovered
    """Into a Temporal that had never known them."""
    again: Recovered
    """After its data was deleted."""
    looked: Sequence[float]
    """When each of a sample had first looked at the log, in seconds since the command was called again; sorted."""
    moments: DueMoments
    before: Sequence[Fired]
    """Those that fell due before Temporal was lost."""
    meanwhile: Sequence[Fired]
    """Those that fell due without one, or before it was recovered."""
    after: Sequence[Fired]

    @property
    def wrongly_said(self) -> int:
        """Were late and do not say so, or say so and were not."""
        every = (*self.before, *self.meanwhile, *self.after)
        return sum(one.late != (one.at - one.due_at > PUNCTUAL) for one in every)

    @property
    def is_well(self) -> bool:
        return self.moments.is_well and not self.wrongly_said


async def lose_temporal(
    *, instructions: int, due: int, due_within: timedelta, seed: int = 1, told: Told = print
) -> Lost:
    """Args:
    instructions: open in the log.
    due: so many of them have three due moments within the run, the others none for a month.
    due_within: over which these deadlines are spread.
    """
    random = Random(seed)  # noqa: S311 - for choosing, not for secrets
    with servers() as (postgres, temporal, folder):
        url = postgres.database_url
        await migrate(url)
        settings = deployed_settings(url, temporal.address, folder)
        async with (
            PostgresEventStore.open(url) as store,
            PostgresPersonStore.open(url) as persons,
            WorkerProcess(settings) as worker,
        ):
            await worker.until_ready()
            told("open instructions")
            await staging.stage(CommandHandler(store, tzdata=staging.TZDATA), persons)
            client = await connect(temporal.address)
            # Before the others, so that they have looked at the log long before they are due.
            soonest = datetime.now(UTC) + timedelta(seconds=instructions / _STARTED_IN_A_SECOND)
            deadlines = [soonest + random.uniform(0, 1) * due_within for _ in range(due)]
            soon = [
                instruction_id(one)
                for one in await open_instructions(store, deadlines, policy=SOON)
            ]
            await nudge(client, TASK_QUEUE, soon)
            far = [datetime.now(UTC) + _FAR] * (instructions - due)
            await open_instructions(store, far, policy=SOON)
            told("recover into a Temporal that knows none of the others")
            first = await _recovered(client, settings, instructions)
            told(f"all run after {first.running:.0f} s; lose Temporal")
            await asyncio.sleep((soonest + _BEFORE - datetime.now(UTC)).total_seconds())
            lost_at = datetime.now(UTC)
            await asyncio.to_thread(_lose, temporal)
            told("recover")
            began = datetime.now(UTC)
            client = await connect(temporal.address)
            again = await _recovered(client, settings, instructions)
            recovered_at = began + timedelta(seconds=again.running)
            told(f"all run after {again.running:.0f} s; until all have looked at the log")
            looked = await _looked(client, random)
            told("until the last due moment")
            await asyncio.sleep((soonest + due_within - datetime.now(UTC)).total_seconds())
            found = await all_fired(url, due * len(DUE_MOMENTS))
        return Lost(
            first=first,
            again=again,
            looked=[(one - began).total_seconds() for one in looked],
            moments=due_moments(found, soon),
            before=[one for one in found if one.due_at <= lost_at],
            meanwhile=[one for one in found if lost_at < one.due_at <= recovered_at],
            after=[one for one in found if recovered_at < one.due_at],
        )


def _lose(temporal: EmbeddedTemporal) -> None:
    temporal.stop()
    temporal.wipe()
    time.sleep(_AWAY)
    temporal.start()


async def _recovered(client: Client, settings: dict[str, str], count: int) -> Recovered:
    began = time.monotonic()
    growth: list[tuple[float, int]] = []

    async def told() -> float:
        await remit(settings, "recover")
        return time.monotonic() - began

    command = asyncio.create_task(told())
    while not growth or growth[-1][1] < count:
        await asyncio.sleep(0.5)
        growth.append((time.monotonic() - began, await _running(client)))
        if growth[-1][0] > _PATIENCE.total_seconds():
            raise RuntimeError(f"{growth[-1][1]} of {count} run within {_PATIENCE}")
    ended = await command
    return Recovered(
        instructions=count,
        ended=ended,
        running=growth[-1][0],
        growth=growth,
    )


async def _running(client: Client) -> int:
    counted = await client.count_workflows(
        f"WorkflowType = '{INSTRUCTION_WORKFLOW}' AND ExecutionStatus = 'Running'"
    )
    return counted.count


async def _looked(client: Client, random: Random) -> Sequence[datetime]:
    """Of a sample, when its first activity had answered: CheckDeadlines, with which each run begins."""
    query = f"WorkflowType = '{INSTRUCTION_WORKFLOW}' AND ExecutionStatus = 'Running'"
    ids: list[InstructionId] = [run.id async for run in client.list_workflows(query)]
    # One after the other: to ask for many at a time would keep Temporal from what is measured.
    return sorted(
        [await _first_look(client, one) for one in random.sample(ids, min(_SAMPLE, len(ids)))]
    )


async def _first_look(client: Client, instruction: InstructionId) -> datetime:
    while True:
        async for event in client.get_workflow_handle(instruction).fetch_history_events():
            if event.event_type is EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                return event.event_time.ToDatetime(UTC)
        await asyncio.sleep(2)


async def all_fired(url: str, count: int) -> Sequence[Fired]:
    """Or as many as there are when nothing more comes: then some are lost, and found missing."""
    found, quiet_since = await fired(url), time.monotonic()
    while len(found) < count or time.monotonic() - quiet_since < _QUIET:
        await asyncio.sleep(1)
        before, found = len(found), await fired(url)
        if len(found) > before:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since > _PATIENCE.total_seconds() / 10:
            break
    return found


def delays(moments: Sequence[Fired]) -> tuple[float, float, float]:
    """Seconds from due to on record: median, 99 %, longest."""
    seconds = sorted((one.at - one.due_at).total_seconds() for one in moments)
    if not seconds:
        return 0, 0, 0
    return (
        statistics.median(seconds),
        seconds[min(len(seconds) - 1, len(seconds) * 99 // 100)],
        seconds[-1],
    )
