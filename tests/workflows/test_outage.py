"""A day without anybody to conduct: more than a thousand moments fall due meanwhile, and each fires once after it.

The log cannot tell a day that passed from one that is said to have passed: instructions are recorded through
the one door as of 24 hours ago, and are conducted for the first time now. Time is not skipped, since Temporal
skips none without a worker.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from activities.contracts import NudgeRequest
from activities.courier import GRACE
from activities.nudge import NudgeActivity, nudge
from cli.devstack import EmbeddedTemporal
from domain.deadline import DeadlineRequest
from domain.identifiers import InstructionId, instruction_id
from domain.instruction import commands as c
from domain.instruction.terms import MilestoneRequest
from domain.outcomes import Recorded
from domain.policies import EscalationStep, Policy, ProgressCycle, ReminderRule, Repeat
from notifications.channel import Message
from tests import staging as s
from tests.conftest import TEMPORAL_FOR_TESTS
from tests.workflows.conftest import Conductor, Log
from tests.workflows.disturbances import WorkerProcess
from tests.workflows.sent import issue, make
from workflows.watchdog import WATCHDOG_SCHEDULE

pytestmark = pytest.mark.timeout(180)

HOUR = timedelta(hours=1)
INSTRUCTIONS = 60
POLICY = Policy(
    id="outage",
    reminders=(
        ReminderRule(id="half-way", percent=50),
        ReminderRule(id="before-3h", offset=3 * HOUR),
        ReminderRule(id="after", offset=HOUR, side="after", repeat=Repeat(every=2 * HOUR, times=3)),
        ReminderRule(id="of-milestones", of="milestones", offset=HOUR),
    ),
    escalation=(
        EscalationStep(id="unacknowledged", after=2 * HOUR, since="assignment", to="lead"),
        EscalationStep(
            id="overdue-2h",
            after=2 * HOUR,
            since="deadline",
            to="controller",
            repeat=Repeat(every=3 * HOUR, times=2),
        ),
        EscalationStep(id="overdue-8h", after=8 * HOUR, since="deadline", to="issuer-head"),
    ),
    acknowledge_within=3 * HOUR,
    progress=ProgressCycle(every=4 * HOUR),
)
DEADLINE, MILESTONE = 12, 5
"""Hours after the beginning."""
DUE: dict[str, Sequence[int]] = {
    "half-way": [6],
    "before-3h": [9],
    "after": [13, 15, 17, 19],
    "of-milestones/draft": [4],
    "unacknowledged": [2],
    "overdue-2h": [14, 17, 20],
    "overdue-8h": [20],
    "acknowledgement": [3],
    "progress": [4, 8],
    "deadline": [DEADLINE],
    "milestone/draft": [MILESTONE],
}
"""By rule, when each occurrence is due, in hours after the beginning; reckoned by hand from the policy."""
MOMENTS = INSTRUCTIONS * sum(map(len, DUE.values()))
FIRED = INSTRUCTIONS * len(DUE)
"""Events: what was missed of one rule is told once."""
TOLD = INSTRUCTIONS * (len(DUE) - 2 + 1 + 1)
"""Notices: none of the passed deadline and acknowledgement, two of the milestone, one of the assignment."""


@dataclass(kw_only=True)
class Counting:
    """A channel that counts what it is given."""

    name: str = "log"
    max_attempts: int = 3
    sent: Counter[str] = field(default_factory=Counter[str])

    async def send(self, message: Message) -> str:
        self.sent[message.message_id] += 1
        return "counted"


@dataclass(frozen=True, kw_only=True)
class Outage:
    """Instructions that were charged a day ago, by what the log says."""

    log: Log
    began: dict[InstructionId, datetime]

    @classmethod
    async def of(cls, log: Log) -> "Outage":
        """Each began a little earlier than the one before; the first of them 24 hours ago."""
        now = datetime.now(UTC).replace(microsecond=0)
        began: dict[InstructionId, datetime] = {}
        for each in range(INSTRUCTIONS):
            number, at = f"out-{uuid4()}", now - 24 * HOUR - timedelta(minutes=each)
            draft = MilestoneRequest(
                id="draft", title="The draft", due=DeadlineRequest(at=at + MILESTONE * HOUR)
            )
            for command in (
                issue(
                    number,
                    deadline=DeadlineRequest(at=at + DEADLINE * HOUR),
                    policy=POLICY,
                    milestones=(draft,),
                ),
                make(c.Assign, s.ISSUER, number, lead=s.MINISTRY),
            ):
                assert isinstance(await log.handler.handle(command, at), Recorded)
            began[instruction_id(number)] = at
        return cls(log=log, began=began)

    async def events(self) -> Sequence[tuple[InstructionId, str, dict[str, Any]]]:
        return [
            (stored.stream_id, stored.type, json.loads(stored.body))
            async for batch in self.log.store.read_all()
            for stored in batch
            if stored.stream_id in self.began
        ]

    async def until_fired(self, count: int) -> None:
        """Wait until so many events tell of due moments."""
        while True:
            if sum("due_at" in body for _, _, body in await self.events()) >= count:
                return
            await asyncio.sleep(0.5)

    async def until_undelivered(self, count: int) -> None:
        """Wait until no more notices than so many have no outcome."""
        while True:
            if await self._undelivered() <= count:
                return
            await asyncio.sleep(0.5)

    async def until_told(self, conductor: Conductor) -> None:
        """Wait until each notice has an outcome.

        What nobody can be sending is handed over at once, not after the time for which those it belonged to
        might have been sending it: the notices of the assignments, and those of a worker that was killed.
        """
        dog = NudgeActivity(self.log.store, conductor.client, conductor.task_queue)
        before = None
        while left := await self._undelivered():
            if left == before:
                await dog.nudge_unattended(NudgeRequest(at=datetime.now(UTC) + 2 * GRACE))
            before = left
            await asyncio.sleep(1)

    async def _undelivered(self) -> int:
        return sum([len(await self.log.store.undelivered(each)) for each in self.began])

    async def everything_fired_once_and_late(self) -> None:
        events = await self.events()
        found: Counter[tuple[InstructionId, str, int]] = Counter()
        for instruction, type_, body in events:
            assert type_ != "ReminderSuppressed", body
            if body.get("moment") is None:
                continue
            last = body["moment"]
            due = DUE[last["rule"]]
            assert body["late"] is True, body
            assert last["occurrence"] == len(due), "the last stands for those missed before it"
            due_at = datetime.fromisoformat(body["due_at"])
            assert due_at == self.began[instruction] + due[-1] * HOUR
            for moment in (last, *body.get("collapsed", ())):
                found[instruction, moment["rule"], moment["occurrence"]] += 1
        assert found == Counter(
            (instruction, rule, n)
            for instruction in self.began
            for rule, due in DUE.items()
            for n in range(1, len(due) + 1)
        )
        assert found.total() == MOMENTS

    async def each_notice_has_one_outcome(self) -> None:
        outcomes = Counter(
            (instruction, json.dumps(body["notice"], sort_keys=True))
            for instruction, type_, body in await self.events()
            if type_ == "NotificationDelivered"
        )
        assert set(outcomes.values()) == {1}
        assert outcomes.total() == TOLD


@pytest.fixture
async def outage(log: Log) -> Outage:
    return await Outage.of(log)


@pytest.fixture
def server(server_dir: Path) -> Iterator[EmbeddedTemporal]:
    """One that may be stopped, and on which the watchdog is ours."""
    with EmbeddedTemporal(
        server_dir / f"t{uuid4().hex[:8]}", headless=True, dynamic_config=TEMPORAL_FOR_TESTS
    ) as server:
        yield server


@asynccontextmanager
async def _bounded() -> AsyncGenerator[None]:
    async with asyncio.timeout(150):
        yield


async def test_after_a_day_without_a_worker_everything_fires_once(
    outage: Outage, conductor: Conductor
) -> None:
    assert MOMENTS > 1000
    counting = Counting()
    await nudge(conductor.client, conductor.task_queue, outage.began)
    async with _bounded(), conductor.working(outage.log, channels=[counting]):
        await outage.until_fired(FIRED)
        await outage.until_undelivered(INSTRUCTIONS)  # of the assignments: they are nobody's
        await outage.until_told(conductor)
    await outage.everything_fired_once_and_late()
    await outage.each_notice_has_one_outcome()
    assert set(counting.sent.values()) == {1}
    assert counting.sent.total() == TOLD


async def test_after_a_day_without_temporal_everything_fires_once(
    outage: Outage, server: EmbeddedTemporal
) -> None:
    """It goes down once more while half of the instructions catch up; the watchdog finds those it never knew."""
    conductor = await Conductor.of(server)
    async with _bounded(), WorkerProcess(outage.log, conductor):
        await _watched(conductor)
        await nudge(conductor.client, conductor.task_queue, [*outage.began][: INSTRUCTIONS // 2])
        await outage.until_fired(FIRED // 8)
        server.stop()
        server.start()
        conductor = await Conductor.of(server, conductor.task_queue)
        await conductor.client.get_schedule_handle(WATCHDOG_SCHEDULE).trigger()
        await outage.until_fired(FIRED)
        await outage.until_told(conductor)
    await outage.everything_fired_once_and_late()
    await outage.each_notice_has_one_outcome()


async def test_a_worker_killed_while_catching_up_leaves_nothing_out_and_fires_nothing_twice(
    outage: Outage, server: EmbeddedTemporal
) -> None:
    conductor = await Conductor.of(server)
    await nudge(conductor.client, conductor.task_queue, outage.began)
    async with _bounded(), WorkerProcess(outage.log, conductor) as worker:
        for part in (4, 2):
            await outage.until_fired(FIRED // part)
            await worker.kill()
            await worker.start()
        await outage.until_fired(FIRED)
        await outage.until_told(conductor)
    await outage.everything_fired_once_and_late()
    await outage.each_notice_has_one_outcome()


async def _watched(conductor: Conductor) -> None:
    """Wait until the worker has scheduled its watchdog: it is up."""
    while True:
        schedules = await conductor.client.list_schedules()
        if [each.id async for each in schedules]:
            return
        await asyncio.sleep(0.2)
