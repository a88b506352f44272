"""Deliveries have a task queue and workers of their own: nothing that hangs there keeps a command waiting."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from activities.contracts import DELIVER, RECORD, deliveries_of
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded
from notifications.channel import Message
from tests import staging as s
from tests.workflows.conftest import Conductor, Log
from tests.workflows.sent import issue, make


@dataclass(kw_only=True)
class _FailsOnce:
    """Fails first, so that the notice is handed over to Temporal."""

    name: str = "log"
    max_attempts: int = 9
    asked: int = 0
    delivered: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Message) -> str:
        self.asked += 1
        if self.asked == 1:
            raise ConnectionError("gone")
        self.delivered.set()
        return message.message_id


async def test_commands_are_recorded_where_nobody_delivers_and_deliveries_follow_when_somebody_does(
    log: Log, conductor: Conductor, number: str
) -> None:
    channel = _FailsOnce()
    async with conductor.working(log, channels=[channel], serves=["commands"]):
        await conductor.sender.send(issue(number))
        await conductor.sender.send(make(c.Assign, s.ISSUER, number, lead=s.MINISTRY))
        await _until_scheduled(conductor, number, DELIVER)
        outcome = await conductor.sender.send(make(c.Acknowledge, s.LEAD, number))
        assert isinstance(outcome, Recorded)
        assert channel.asked == 1
        async with conductor.working(log, channels=[channel], serves=["deliveries"]):
            await asyncio.wait_for(channel.delivered.wait(), 30)
    assert dict(await _scheduled(conductor, number)) == {
        RECORD: conductor.task_queue,
        DELIVER: deliveries_of(conductor.task_queue),
    }


async def _until_scheduled(conductor: Conductor, number: str, activity: str) -> None:
    async with asyncio.timeout(30):
        while True:
            if activity in dict(await _scheduled(conductor, number)):
                return
            await asyncio.sleep(0.05)


async def _scheduled(conductor: Conductor, number: str) -> Sequence[tuple[str, str]]:
    """The activities that the instruction's workflow asked for, and on which task queue each."""
    history = await conductor.handle(instruction_id(number)).fetch_history()
    asked: list[Any] = [
        event.activity_task_scheduled_event_attributes
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    return [(one.activity_type.name, one.task_queue.name) for one in asked]
