"""Recurrences on real servers: each occurrence is issued once, whatever is killed or lost between."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError

from activities.contracts import NudgeRequest
from activities.nudge import NudgeActivity, nudge, unfinished
from domain.identifiers import InstructionId, StreamId, instruction_id, recurrence_stream
from domain.outcomes import Outcome, Recorded, Rejected
from domain.recurrence import commands as c
from domain.recurrence import events as e
from domain.rejections import Code
from eventstore.codec import decoded
from tests.workflows.conftest import Conductor, Log, replayer
from tests.workflows.disturbances import WorkerProcess, appends_held_up
from tests.workflows.sent import start_recurrence, to_recurrence
from tests.workflows.story import DAY

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def name() -> str:
    """A recurrence's id nobody else uses: tests share the Temporal server."""
    return f"R-{uuid4()}"


async def _events(log: Log, name: str) -> list[e.RecurrenceEvent]:
    return list(decoded(await log.store.read_stream(recurrence_stream(name))))


async def _types(log: Log, name: str) -> list[str]:
    return [event.type for event in await _events(log, name)]


async def _recorded(log: Log, name: str, *types: str) -> None:
    """Wait until the stream holds just these."""
    async with asyncio.timeout(60):
        while True:
            if await _types(log, name) == [*types]:
                return
            await asyncio.sleep(0.1)


async def _runs(conductor: Conductor, stream: StreamId) -> bool:
    try:
        status = (await conductor.handle(stream).describe()).status
    except RPCError:
        return False
    return status is WorkflowExecutionStatus.RUNNING


async def _conducted(conductor: Conductor, stream: StreamId) -> None:
    async with asyncio.timeout(30):
        while True:
            if await _runs(conductor, stream):
                return
            await asyncio.sleep(0.1)


async def test_a_year_with_one_missed_a_killed_worker_and_a_lost_workflow(
    log: Log, conductor: Conductor, name: str
) -> None:
    base, stream = datetime.now(UTC), recurrence_stream(name)
    long_ago = start_recurrence(name, base - 80 * DAY)
    assert isinstance(await log.handler.handle(long_ago, base - 150 * DAY), Recorded)
    async with WorkerProcess(log, conductor) as worker:
        # All was down: the deadline of the first has passed; the second should have been issued 19 days ago.
        await nudge(
            conductor.client, conductor.task_queue, [i async for i in unfinished(log.store)]
        )
        told = ["RecurrenceStarted", "OccurrenceSkipped", "OccurrenceIssued"]
        await _recorded(log, name, *told)
        await _conducted(conductor, instruction_id(f"{name}-2"))

        # The worker is killed in the middle of issuing the third.
        async with asyncio.TaskGroup() as both:
            async with appends_held_up(log) as blocked:
                both.create_task(conductor.advance(stream, base + 73 * DAY))
                await blocked()
                await worker.kill()
            await worker.start()
        await _recorded(log, name, *told, "OccurrenceIssued")
        third = conductor.handle(stream)
        history = await third.fetch_history()

        # Its workflow is lost with whoever was to start that of the third instruction.
        await third.terminate("as if Temporal lost it")
        dog = NudgeActivity(log.store, conductor.client, conductor.task_queue)
        async with asyncio.timeout(30):
            while not await _runs(conductor, stream):
                await dog.nudge_unattended(NudgeRequest(at=datetime.now(UTC)))
                await asyncio.sleep(0.2)
        await _conducted(conductor, instruction_id(f"{name}-3"))
        await conductor.advance(stream, base + 164 * DAY)
        await conductor.handle(stream).result()

    events = await _events(log, name)
    issued = [event for event in events if isinstance(event, e.OccurrenceIssued)]
    assert [(event.n, event.late) for event in issued] == [(2, True), (3, False), (4, False)]
    assert [event.type for event in events] == [*told, "OccurrenceIssued", "OccurrenceIssued"]
    for event in issued:
        founded = [one.type for one in await log.store.read_stream(event.instruction)]
        assert founded[:2] == ["InstructionIssued", "InstructionAssigned"]
        assert founded.count("InstructionIssued") == 1
    await replayer().replay_workflow(history)


async def test_commands_go_to_its_workflow_which_ends_while_nothing_can_fall_due(
    log: Log, conductor: Conductor, name: str
) -> None:
    stream, first = recurrence_stream(name), datetime.now(UTC) + 60 * DAY
    send = conductor.sender.send
    async with conductor.working(log):
        started = await send(start_recurrence(name, first))
        assert isinstance(started, Recorded)
        assert started.next_wake is not None
        refused = await send(start_recurrence(name, first))
        assert isinstance(refused, Rejected)
        assert refused.code == Code.ALREADY_EXISTS
        skipped = await send(
            to_recurrence(c.SkipOccurrence, name, day=first.date(), reason="elections")
        )
        assert isinstance(skipped, Recorded)

        assert isinstance(
            await send(to_recurrence(c.PauseRecurrence, name, reason="why")), Recorded
        )
        await conductor.handle(stream).result()
        history = await conductor.handle(stream).fetch_history()
        resumed = await send(to_recurrence(c.ResumeRecurrence, name, reason="why"))
        assert isinstance(resumed, Recorded)
        assert resumed.next_wake == skipped.next_wake
        assert isinstance(await send(to_recurrence(c.EndRecurrence, name, reason="why")), Recorded)
        await conductor.handle(stream).result()
    await replayer().replay_workflow(history)


async def test_what_is_issued_has_its_workflow_at_once_and_its_lead_is_told(
    log: Log, conductor: Conductor, name: str
) -> None:
    instruction = instruction_id(f"{name}-1")
    async with conductor.working(log):
        outcome: Outcome = await conductor.sender.send(
            start_recurrence(name, datetime.now(UTC) + timedelta(days=10))
        )
        assert isinstance(outcome, Recorded)
        await _recorded(log, name, "RecurrenceStarted", "OccurrenceIssued")
        await _conducted(conductor, instruction)
        await _told(log, instruction)


async def _told(log: Log, instruction: InstructionId) -> None:
    """Wait until the lead's notice has been delivered."""
    async with asyncio.timeout(30):
        while True:
            types = [event.type for event in await log.store.read_stream(instruction)]
            if "NotificationDelivered" in types:
                return
            await asyncio.sleep(0.1)
