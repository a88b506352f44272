"""One message at a time from its acceptance to its record: a process that is killed there doubles one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from activities.sending import NoticeSender
from activities.turns import Turns
from domain.instruction.events import NotificationDelivered
from eventstore.addresses import new_webhook_secret
from eventstore.memory import MemoryEventStore
from eventstore.protocol import Append, AppendResult
from notifications.channel import Channel, Message
from notifications.email import EmailChannel
from notifications.log import LogChannel
from notifications.webhook import WebhookChannel
from tests.notifications.desk import INSTRUCTION, Desk
from tests.notifications.mail_server import mail_server
from tests.notifications.notices import message
from tests.notifications.receiver import receiver


async def test_turns_follow_one_another() -> None:
    turns, order = Turns(longest=60), list[str]()

    async def one(name: str) -> None:
        async with turns.one() as turn:
            await turn.take()
            await turn.take()
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            order.append(f"{name} ends")

    await asyncio.gather(*map(one, "abc"))
    assert order == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]


async def test_a_turn_that_lasts_too_long_holds_up_nobody() -> None:
    turns, taken = Turns(longest=0.01), asyncio.Event()

    async def hanging() -> None:
        async with turns.one() as turn:
            await turn.take()
            taken.set()
            await asyncio.Event().wait()

    hangs = asyncio.create_task(hanging())
    await taken.wait()
    await asyncio.wait_for(_taken(turns), 10)
    hangs.cancel()
    await asyncio.wait([hangs])
    await asyncio.wait_for(_taken(turns), 10)


async def test_once_the_receiver_has_answered_the_turn_lasts_until_the_record() -> None:
    turns = Turns(longest=0.01)
    async with turns.one() as turn:
        await turn.take()
        turn.answered()
        waiting = asyncio.create_task(_taken(turns))
        await asyncio.sleep(0.05)
        assert not waiting.done()
    await asyncio.wait_for(waiting, 10)
    async with turns.one() as turn:
        turn.answered()
        await asyncio.wait_for(_taken(turns), 10)


async def test_who_does_not_take_a_turn_waits_for_none_and_ends_none() -> None:
    turns = Turns(longest=60)
    async with turns.one() as turn:
        await turn.take()
        async with turns.one():
            pass
        waiting = asyncio.create_task(_taken(turns))
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting


async def _taken(turns: Turns) -> None:
    async with turns.one() as turn:
        await turn.take()


@dataclass(kw_only=True)
class _Counter:
    """A channel that takes its turn, and counts those that it accepted."""

    name: str
    max_attempts: int = 3
    deed: Callable[[], Awaitable[object]] | None = None
    """Between its turn and its answer."""
    accepted: list[str] = field(default_factory=list[str])

    async def send(self, message: Message) -> str:
        await message.turn()
        if self.deed is not None:
            await self.deed()
        self.accepted.append(message.message_id)
        return "accepted"


class _Slow(MemoryEventStore):
    """A log that lets nothing be recorded before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.asked = asyncio.Event(), asyncio.Event()
        self.open.set()

    async def append(self, append: Append) -> AppendResult:
        self.asked.set()
        await self.open.wait()
        return await super().append(append)


async def test_a_message_is_accepted_only_when_the_one_before_is_recorded() -> None:
    log = _Slow()
    desk = await Desk.of(log)
    channels = [_Counter(name="log"), _Counter(name="email")]
    sender = NoticeSender(desk.handler, log, desk.persons, channels)
    sender.turns = Turns(longest=0.05)
    notices = await log.undelivered(INSTRUCTION)
    sending = await sender.open(INSTRUCTION)
    log.open.clear()
    log.asked.clear()

    def accepted() -> int:
        return sum(len(channel.accepted) for channel in channels)

    attempts = [
        asyncio.create_task(sending.attempt(notice, 1, lambda: datetime.now(UTC)))
        for notice in notices
    ]
    await log.asked.wait()
    await asyncio.sleep(0.2)
    assert accepted() == 1, "however long the log takes"
    log.open.set()
    assert await asyncio.gather(*attempts) == [None] * 3
    assert accepted() == 3


async def test_waiting_for_a_turn_is_no_part_of_the_time_that_a_channel_has() -> None:
    desk = await Desk.of(MemoryEventStore())
    sender = NoticeSender(
        desk.handler, desk.store, desk.persons, [_Counter(name="log")], longest_sending=0.02
    )
    sender.turns = Turns(longest=60)
    notice = next(one for one in await desk.store.undelivered(INSTRUCTION) if one.channel == "log")
    async with sender.turns.one() as turn:
        await turn.take()
        asyncio.get_running_loop().call_later(0.2, turn.end)
        sending = await sender.open(INSTRUCTION)
        assert await sending.attempt(notice, 1, lambda: datetime.now(UTC)) is None
    [outcome] = (await desk.outcomes())[notice.recipient, "log"]
    assert isinstance(outcome, NotificationDelivered)


async def test_a_channel_that_hangs_after_its_turn_fails_all_the_same() -> None:
    desk = await Desk.of(MemoryEventStore())
    hanging = _Counter(name="log", deed=lambda: asyncio.Event().wait())
    sender = NoticeSender(desk.handler, desk.store, desk.persons, [hanging], longest_sending=0.02)
    notice = next(one for one in await desk.store.undelivered(INSTRUCTION) if one.channel == "log")
    sending = await sender.open(INSTRUCTION)
    failure = await asyncio.wait_for(sending.attempt(notice, 1, lambda: datetime.now(UTC)), 10)
    assert failure == f"log to {notice.recipient}: TimeoutError"


async def test_no_notice_is_given_up_because_its_turn_did_not_come() -> None:
    """By the log, which is tried once."""
    desk = await Desk.of(MemoryEventStore())
    channel = _Counter(name="log", max_attempts=1)
    sender = NoticeSender(desk.handler, desk.store, desk.persons, [channel])
    sender.turns = Turns(longest=60)
    notice = next(one for one in await desk.store.undelivered(INSTRUCTION) if one.channel == "log")
    sending = await sender.open(INSTRUCTION)
    async with sender.turns.one() as turn:
        await turn.take()
        for attempt in (1, 2):
            failure = await sending.attempt(
                notice, attempt, lambda: datetime.now(UTC), longest_wait=0.01
            )
            assert failure == f"log to {notice.recipient}: TurnMissed"
    assert await desk.outcomes() == {}
    assert await sending.attempt(notice, 3, lambda: datetime.now(UTC)) is None
    assert len(channel.accepted) == 1


async def _sent_without_its_turn(channel: Channel, told: Message) -> None:
    """Up to where it waits for it, and no further."""
    there, never = asyncio.Event(), asyncio.Event()

    async def turn() -> None:
        there.set()
        await never.wait()

    sending = asyncio.create_task(channel.send(replace(told, turn=turn)))
    await asyncio.wait_for(there.wait(), 10)
    sending.cancel()
    await asyncio.wait([sending])


async def test_a_mail_server_has_nothing_before_the_turn() -> None:
    async with mail_server() as server:
        channel = EmailChannel(host="127.0.0.1", port=server.port, sender="r@x.org", starttls=False)
        await _sent_without_its_turn(channel, message(email="a@example.org"))
        assert server.recipients == []
        assert server.received == []
        await channel.send(message(email="a@example.org"))
        assert len(server.received) == 1


async def test_a_webhook_is_not_asked_before_the_turn() -> None:
    async with receiver() as kept:
        channel = WebhookChannel(source="urn:remit", networks=(ip_network("127.0.0.0/8"),))
        told = message(webhook_url=kept.url, webhook_secret=new_webhook_secret())
        await _sent_without_its_turn(channel, told)
        assert kept.received == []
        await channel.send(told)
        assert len(kept.received) == 1


async def test_the_log_is_written_in_turn(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="remit.notices")
    await _sent_without_its_turn(LogChannel(), message())
    lines: Sequence[str] = [r.getMessage() for r in caplog.records if r.name == "remit.notices"]
    assert lines == []
