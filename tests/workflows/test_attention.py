"""Nobody is forgotten: deliveries, the watchdog, and workflows that end when there is nothing to do."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import ScheduleOverlapPolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.contracts import (
    INSTRUCTION_WORKFLOW,
    NUDGE_UNATTENDED,
    RECORD,
    InstructionStart,
    Nudged,
    NudgeRequest,
)
from activities.courier import GRACE
from activities.nudge import NudgeActivity
from domain.directory.commands import SetChannels
from domain.identifiers import Channel, InstructionId, instruction_id
from domain.instruction import commands as c
from domain.instruction import events as e
from domain.outcomes import Recorded
from eventstore.codec import decode
from notifications.channel import Message
from tests import staging as s
from tests.eventstore.appends import NOON, append, notice, write
from tests.workflows.conftest import Conductor, Log
from tests.workflows.sent import issue, make
from tests.workflows.story import DAY
from workflows.contracts import WATCHDOG_WORKFLOW
from workflows.schedule import every_minute
from workflows.watchdog import WatchdogWorkflow, schedule_watchdog


class _Gate:
    """A channel that hands nothing over until it is opened; remembers what it was given.

    Before that it fails as often as told.
    """

    max_attempts = 3

    def __init__(self, *, failures: int = 0, name: Channel = "log") -> None:
        self.name: Channel = name
        self.asked, self.opened = asyncio.Event(), asyncio.Event()
        self.messages: list[str] = []
        self._failures = failures

    async def send(self, message: Message) -> str:
        self.messages.append(message.message_id)
        if len(self.messages) <= self._failures:
            raise ConnectionError("try again")
        self.asked.set()
        await self.opened.wait()
        return "through"


class _FailsTwice:
    """A channel whose first two attempts at everything fail."""

    name = "log"
    max_attempts = 5

    def __init__(self) -> None:
        self.attempts: list[str] = []

    async def send(self, message: Message) -> str:
        self.attempts.append(message.message_id)
        if self.attempts.count(message.message_id) <= 2:
            raise ConnectionError("try again")
        return "at last"


async def _until(log: Log, instruction: InstructionId, type_: str, count: int = 1) -> None:
    async with asyncio.timeout(30):
        while True:
            stream = await log.store.read_stream(instruction)
            if sum(event.type == type_ for event in stream) >= count:
                return
            await asyncio.sleep(0.05)


async def _outcomes(log: Log, instruction: InstructionId) -> Sequence[e.DeliveryOutcome]:
    events = [decode(event.type, event.body) for event in await log.store.read_stream(instruction)]
    return [event for event in events if isinstance(event, e.DeliveryOutcome)]


async def _assign(conductor: Conductor, number: str) -> None:
    """Issue it and assign it: that gives the lead one notice."""
    await conductor.sender.send(issue(number))
    await conductor.sender.send(make(c.Assign, s.ISSUER, number, lead=s.MINISTRY))


async def test_a_slow_delivery_holds_up_no_command(
    log: Log, conductor: Conductor, number: str
) -> None:
    gate = _Gate()
    async with conductor.working(log, channels=[gate]):
        await _assign(conductor, number)
        await gate.asked.wait()
        outcome = await conductor.sender.send(make(c.Acknowledge, s.LEAD, number))
        assert isinstance(outcome, Recorded)
        assert await log.store.undelivered(instruction_id(number))
        gate.opened.set()
        await _until(log, instruction_id(number), "NotificationDelivered")
    assert len(gate.messages) == 1
    assert await log.store.undelivered(instruction_id(number)) == ()


@pytest.mark.parametrize("failures", [0, 1], ids=["at once", "handed over"])
async def test_a_run_that_gives_way_leaves_its_delivery_to_end_and_sends_nothing_twice(
    log: Log, conductor: Conductor, number: str, failures: int
) -> None:
    gate = _Gate(failures=failures)
    async with conductor.working(log, channels=[gate]):
        await _assign(conductor, number)
        await gate.asked.wait()
        first = (await conductor.handle(instruction_id(number)).describe()).run_id
        last = first
        while last == first:
            await conductor.sender.send(make(c.Comment, s.ISSUER, number, text="and more"))
            last = (await conductor.handle(instruction_id(number)).describe()).run_id
        # By when the new run answers it knows what is undelivered, and has handed over what it would send.
        await conductor.sender.send(make(c.Comment, s.ISSUER, number, text="to the new run"))
        gate.opened.set()
        await _until(log, instruction_id(number), "NotificationDelivered")
    assert len(gate.messages) == failures + 1


async def test_a_delivery_that_fails_is_tried_again_under_the_same_message_id(
    log: Log, conductor: Conductor, number: str
) -> None:
    channel = _FailsTwice()
    async with conductor.working(log, channels=[channel]):
        await _assign(conductor, number)
        await _until(log, instruction_id(number), "NotificationDelivered")
        (delivered,) = await _outcomes(log, instruction_id(number))
    assert len(channel.attempts) == 3
    assert len(set(channel.attempts)) == 1
    assert isinstance(delivered, e.NotificationDelivered)
    assert delivered.attempts == 3, "one by the process that recorded it, two by the activity"


async def test_delivered_at_once_a_notice_costs_temporal_nothing(
    log: Log, conductor: Conductor, number: str
) -> None:
    async with conductor.working(log):
        await _assign(conductor, number)
        await _until(log, instruction_id(number), "NotificationDelivered")
        history = await conductor.handle(instruction_id(number)).fetch_history()
    scheduled = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    assert scheduled == [RECORD, RECORD]


async def test_a_worker_that_stops_hands_over_what_it_did_not_come_to(
    log: Log, conductor: Conductor, number: str
) -> None:
    gate = _Gate()
    async with conductor.working(log, channels=[gate], drain=timedelta(seconds=0.5)):
        await _assign(conductor, number)
        await gate.asked.wait()
    gate.opened.set()
    assert len(gate.messages) == 1
    async with conductor.working(log, channels=[gate]):
        await _until(log, instruction_id(number), "NotificationDelivered")
    assert len(gate.messages) == 2
    assert len(set(gate.messages)) == 1


async def test_a_worker_that_stops_begins_nothing_that_it_would_have_to_cut_off(
    log: Log, conductor: Conductor, number: str
) -> None:
    """Of two notices of one errand the first is under way, and accepted before the time to drain is over."""
    first, second = _Gate(name="log"), _Gate(name="email")
    second.opened.set()
    channels = SetChannels(
        command_id=str(uuid4()), actor="set-up", person=s.LEAD, channels=("log", "email")
    )
    assert isinstance(await log.handler.handle(channels, datetime.now(UTC)), Recorded)
    async with conductor.working(log, channels=[first, second], drain=timedelta(seconds=10)):
        await _assign(conductor, number)
        await first.asked.wait()
        asyncio.get_running_loop().call_later(0.5, first.opened.set)
    assert (len(first.messages), len(second.messages)) == (1, 0)
    async with conductor.working(log, channels=[first, second]):
        await _until(log, instruction_id(number), "NotificationDelivered", count=2)
    assert (len(first.messages), len(second.messages)) == (1, 1)


async def test_what_a_killed_worker_left_undelivered_is_sent_after_the_grace_period_and_not_before(
    log: Log, conductor: Conductor, number: str
) -> None:
    """As if it was killed between recording a notice and sending it: nobody knows of the notice."""
    gate = _Gate()
    gate.opened.set()
    async with conductor.working(log, channels=[gate]):
        await conductor.sender.send(issue(number))
        assign = make(c.Assign, s.ISSUER, number, lead=s.MINISTRY)
        await log.handler.handle(assign, datetime.now(UTC))
        repeated = await conductor.sender.send(assign)
        assert isinstance(repeated, Recorded)
        dog = NudgeActivity(log.store, conductor.client, conductor.task_queue)
        within = await dog.nudge_unattended(NudgeRequest(at=datetime.now(UTC)))
        assert (within.undelivered, gate.messages) == (0, [])
        past = datetime.now(UTC) + GRACE + timedelta(seconds=1)
        later = await dog.nudge_unattended(NudgeRequest(at=past))
        assert later.undelivered == 1
        await _until(log, instruction_id(number), "NotificationDelivered")
    assert len(gate.messages) == 1


async def test_a_signal_that_fails_holds_up_no_other_and_is_sent_again_with_the_next_look(
    log: Log, conductor: Conductor, number: str, caplog: pytest.LogCaptureFixture
) -> None:
    gate = _Gate()
    gate.opened.set()
    # Longer than an instruction's id may be.
    overdue = write("instruction-" + "x" * 200, next_wake=NOON)
    undelivered = write("instruction-" + "y" * 200, notices=[notice(1)], closed=True)
    async with conductor.working(log, channels=[gate]):
        await log.handler.handle(issue(number), datetime.now(UTC))
        assign = make(c.Assign, s.ISSUER, number, lead=s.MINISTRY)
        await log.handler.handle(assign, datetime.now(UTC))
        await log.store.append(append("refused", overdue, undelivered))
        dog = NudgeActivity(log.store, conductor.client, conductor.task_queue)
        past = datetime.now(UTC) + GRACE
        looks = [
            await dog.nudge_unattended(NudgeRequest(at=past + timedelta(minutes=minutes)))
            for minutes in (1, 2)
        ]
        assert [look.undelivered for look in looks] == [1, 0]
        assert [look.overdue for look in looks] == [0, 0]
        await _until(log, instruction_id(number), "NotificationDelivered")
    told = [record.getMessage() for record in caplog.records if record.name == "activities.nudge"]
    assert sum("signals failed" in line for line in told) == 4, told


async def test_what_was_handed_over_is_left_to_those_who_have_it(
    log: Log, conductor: Conductor, number: str
) -> None:
    gate = _Gate()
    async with conductor.working(log, channels=[gate]):
        await _assign(conductor, number)
        await gate.asked.wait()
        dog = NudgeActivity(log.store, conductor.client, conductor.task_queue)
        past = datetime.now(UTC) + GRACE
        looks = [
            await dog.nudge_unattended(NudgeRequest(at=past + timedelta(minutes=minutes)))
            for minutes in (1, 2, 29, 31)
        ]
        assert [look.undelivered for look in looks] == [1, 0, 0, 1]
        gate.opened.set()
        await _until(log, instruction_id(number), "NotificationDelivered")


async def test_the_run_ends_when_the_instruction_is_closed_and_all_is_delivered(
    log: Log, conductor: Conductor, number: str
) -> None:
    async with conductor.working(log):
        await _assign(conductor, number)
        await conductor.sender.send(make(c.Cancel, s.ISSUER, number, reason="overtaken"))
        await conductor.handle(instruction_id(number)).result()
        await _until(log, instruction_id(number), "NotificationDelivered", count=3)
        assert await log.store.undelivered(instruction_id(number)) == ()
        comment = await conductor.sender.send(make(c.Comment, s.ISSUER, number, text="filed"))
        assert isinstance(comment, Recorded)
        await conductor.handle(instruction_id(number)).result()


async def test_the_watchdog_wakes_what_is_overdue_or_without_a_workflow_and_nothing_else(
    log: Log, conductor: Conductor, number: str
) -> None:
    attended, forgotten, overdue, closed = (f"{number}-{n}" for n in range(4))
    soon = {"deadline": {"at": datetime.now(UTC) + 31 * DAY}}
    async with conductor.working(log):
        for each in (attended, forgotten, closed):
            await conductor.sender.send(issue(each))
        await conductor.sender.send(issue(overdue, **soon))
        await conductor.sender.send(make(c.Cancel, s.ISSUER, closed, reason="overtaken"))
        await conductor.handle(instruction_id(closed)).result()
        for each in (forgotten, overdue):
            await conductor.handle(instruction_id(each)).terminate("as if Temporal lost it")

        await _visible(conductor, [attended])
        dog = NudgeActivity(log.store, conductor.client, conductor.task_queue)
        first = await dog.nudge_unattended(NudgeRequest(at=datetime.now(UTC)))
        assert (first.overdue, first.without_workflow) == (0, 2)
        await _visible(conductor, [attended, forgotten, overdue])

        reminder = datetime.now(UTC) + DAY
        at_once = await dog.nudge_unattended(NudgeRequest(at=reminder + timedelta(seconds=1)))
        overdue_by = GRACE + timedelta(minutes=1)
        later = await dog.nudge_unattended(NudgeRequest(at=reminder + overdue_by))
        assert (at_once.overdue, later.overdue) == (0, 1)


async def test_a_look_goes_as_far_as_it_may_and_the_next_goes_on_from_there(
    log: Log, conductor: Conductor, number: str
) -> None:
    numbers = [f"{number}-{n}" for n in range(5)]
    async with conductor.working(log):
        for each in numbers:
            await conductor.sender.send(issue(each))
        for each in numbers:
            await conductor.handle(instruction_id(each)).terminate("as if Temporal lost it")
        await _ended(conductor)
        dog = NudgeActivity(log.store, conductor.client, conductor.task_queue, compared=2)
        looks: list[Nudged] = []
        while not looks or looks[-1].after:
            after = looks[-1].after if looks else None
            looks.append(
                await dog.nudge_unattended(NudgeRequest(at=datetime.now(UTC), after=after))
            )
        await _visible(conductor, numbers)
    assert [look.without_workflow for look in looks] == [2, 2, 1]
    streams = sorted(map(instruction_id, numbers))
    assert [look.after for look in looks] == [streams[1], streams[3], None]


async def test_the_watchdog_goes_on_where_its_last_look_ended(
    conductor: Conductor, number: str
) -> None:
    """By what Temporal keeps of a schedule's last run: whichever worker looks next."""
    seen: list[str | None] = []

    @activity.defn(name=NUDGE_UNATTENDED)
    async def look(request: NudgeRequest) -> Nudged:
        seen.append(request.after)
        return Nudged(overdue=0, without_workflow=0, after="instruction-m")

    schedule = f"watchdog-{number}"
    async with Worker(
        conductor.client,
        task_queue=conductor.task_queue,
        workflows=[WatchdogWorkflow],
        activities=[look],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        await every_minute(
            conductor.client, WATCHDOG_WORKFLOW, id_=schedule, task_queue=conductor.task_queue
        )
        handle = conductor.client.get_schedule_handle(schedule)
        try:
            for looked in (1, 2):
                # The first run ends a moment after its activity: a trigger is not to be skipped meanwhile.
                await handle.trigger(overlap=ScheduleOverlapPolicy.BUFFER_ONE)
                async with asyncio.timeout(20):
                    while len(seen) < looked:  # noqa: ASYNC110 - the activity tells nobody
                        await asyncio.sleep(0.1)
        finally:
            await handle.delete()
    assert seen[:2] == [None, "instruction-m"]


async def _ended(conductor: Conductor) -> None:
    while await _running(conductor):  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.1)


async def _running(conductor: Conductor) -> set[str]:
    query = f"TaskQueue = '{conductor.task_queue}' AND ExecutionStatus = 'Running'"
    return {execution.id async for execution in conductor.client.list_workflows(query)}


async def _visible(conductor: Conductor, numbers: Iterable[str]) -> None:
    """Wait until Temporal's visibility, a moment behind, shows just these as running."""
    wanted = {instruction_id(number) for number in numbers}
    async with asyncio.timeout(30):
        while True:
            if await _running(conductor) == wanted:
                return
            await asyncio.sleep(0.1)


async def test_no_timer_is_started_where_a_pending_one_serves(
    log: Log, conductor: Conductor, number: str
) -> None:
    async with conductor.working(log):
        await conductor.sender.send(issue(number))  # the first reminder
        await conductor.sender.send(make(c.Assign, s.ISSUER, number, lead=s.MINISTRY))  # step one
        await conductor.sender.send(make(c.Acknowledge, s.LEAD, number))  # none any more
        until = {"at": datetime.now(UTC) + 500 * DAY}
        ask = make(c.RequestExtension, s.LEAD, number, until=until, reason="more")
        await conductor.sender.send(ask)  # it would expire after the step that was called off
        await conductor.sender.send(make(c.RefuseExtension, s.CONTROLLER, number, reason="no"))
        history = await conductor.handle(instruction_id(number)).fetch_history()
    started = [e for e in history.events if e.HasField("timer_started_event_attributes")]
    assert len(started) == 2
    assert not any(e.HasField("timer_canceled_event_attributes") for e in history.events)


async def test_a_workflow_for_an_empty_stream_ends_at_once(
    log: Log, conductor: Conductor, number: str
) -> None:
    instruction = instruction_id(number)
    async with conductor.working(log):
        await conductor.client.execute_workflow(
            INSTRUCTION_WORKFLOW,
            InstructionStart(instruction=instruction),
            id=instruction,
            task_queue=conductor.task_queue,
        )
    assert await log.store.read_stream(instruction) == []


async def test_the_watchdog_is_scheduled_once_and_runs(log: Log, conductor: Conductor) -> None:
    await schedule_watchdog(conductor.client, conductor.task_queue)
    await schedule_watchdog(conductor.client, conductor.task_queue)
    async with conductor.working(log):
        await conductor.client.execute_workflow(
            WATCHDOG_WORKFLOW,
            id=f"watchdog-{conductor.task_queue}",
            task_queue=conductor.task_queue,
        )
    schedule = conductor.client.get_schedule_handle("watchdog")
    assert (await schedule.describe()).schedule.spec.intervals[0].every == timedelta(minutes=1)
    await schedule.delete()
