"""An instruction with notices to deliver, channels that behave as told, and Temporal's repetitions."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.contracts import Delivered, DeliverRequest, UnsentNotice
from activities.deliver import DeliverActivity
from activities.sending import NoticeSender
from domain.attribution import Command
from domain.deadline import DeadlineRequest
from domain.directory.commands import Appoint, RegisterPerson
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.instruction import events as e
from domain.outcomes import Recorded
from eventstore.codec import decode
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore, Person
from notifications.channel import Channel, Message
from tests import staging as s

INSTRUCTION = instruction_id("N-1")
DEPUTY = "p-deputy"
_NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@dataclass(kw_only=True)
class Postbox:
    """A channel that does with each message what it is told."""

    name: str
    max_attempts: int = 3
    deed: Callable[[Message], object] = lambda _: None
    answer: str = "ref"
    sent: list[Message] = field(default_factory=list[Message])

    async def send(self, message: Message) -> str:
        self.sent.append(message)
        done = self.deed(message)
        if asyncio.iscoroutine(done):
            await done
        return f"{self.answer}-{len(self.sent)}"


def fails(error: Exception) -> Callable[[Message], object]:
    def deed(_: Message) -> object:
        raise error

    return deed


@dataclass(kw_only=True)
class Desk:
    """A log with one instruction, assigned to a body of two persons, who are told by log and e-mail."""

    store: MemoryEventStore
    persons: MemoryPersonStore
    handler: CommandHandler

    @classmethod
    async def of(cls, store: MemoryEventStore) -> "Desk":
        persons = MemoryPersonStore()
        desk = cls(store=store, persons=persons, handler=CommandHandler(store, tzdata=s.TZDATA))
        await s.stage(desk.handler, persons)
        deputy = Person(person_id=DEPUTY, name="Анна", email="a@example.org", salt=b"salt")
        await persons.put(deputy)
        for command in (
            RegisterPerson(
                command_id=str(uuid4()),
                actor="set-up",
                person=DEPUTY,
                commitment=deputy.commitment,
                channels=("log", "email"),
            ),
            Appoint(
                command_id=str(uuid4()),
                actor="set-up",
                person=DEPUTY,
                office="ministry.head",
                since=date(2020, 1, 1),
            ),
        ):
            assert isinstance(await desk.handler.handle(command, _NOW), Recorded)
        await desk.record(
            c.Issue,
            s.ISSUER,
            number="N-1",
            text="Agree the common rules",
            issuer=s.COUNCIL,
            controller=s.CONTROL,
            deadline=DeadlineRequest(at=_NOW + timedelta(days=90)),
        )
        await desk.record(c.Assign, s.ISSUER, lead=s.MINISTRY)
        return desk

    async def record(self, command: type[c.InstructionCommand], actor: str, **fields: Any) -> None:
        made: Command = command(
            command_id=str(uuid4()), actor=actor, instruction=INSTRUCTION, **fields
        )
        outcome = await self.handler.handle(made, _NOW)
        assert isinstance(outcome, Recorded), outcome

    async def outcomes(self) -> dict[tuple[str, str], list[e.DeliveryOutcome]]:
        """By recipient and channel, what the log says became of the notices."""
        found: dict[tuple[str, str], list[e.DeliveryOutcome]] = {}
        for stored in await self.store.read_stream(INSTRUCTION):
            event = decode(stored.type, stored.body)
            if isinstance(event, e.DeliveryOutcome):
                key = (event.notice.recipient, event.notice.channel)
                found.setdefault(key, []).append(event)
        return found

    async def undelivered(self) -> set[tuple[str, str]]:
        notices = await self.store.undelivered(INSTRUCTION)
        return {(notice.recipient, notice.channel) for notice in notices}

    def delivery(
        self,
        *channels: Channel,
        longest_sending: float = 25,
        longest_recording: float = 0,
        addresses_kept: float = 5,
        tried: int = 0,
    ) -> "Delivery":
        sender = NoticeSender(
            self.handler,
            self.store,
            self.persons,
            channels,
            longest_sending=longest_sending,
            longest_recording=longest_recording,
            addresses_kept=addresses_kept,
        )
        return Delivery(DeliverActivity(sender, self.store), self.store, tried)


class Delivery:
    """The activity as Temporal runs it: again and again, with what its last heartbeat said.

    Handed over to it is all that is undelivered at its first attempt.
    """

    def __init__(self, activity: DeliverActivity, store: MemoryEventStore, tried: int) -> None:
        self._activity = activity
        self._tried = tried
        self._store = store
        self._notices: tuple[UnsentNotice, ...] | None = None
        self._attempt = 0
        self._heartbeat: Sequence[Any] = ()

    async def attempt(self, *, stopping: bool = False) -> Delivered:
        """`stopping`: the worker is told to stop."""
        self._attempt += 1
        environment = ActivityEnvironment()
        if stopping:
            environment.worker_shutdown()
        environment.info = replace(
            ActivityEnvironment.default_info(),
            attempt=self._attempt,
            heartbeat_details=list(self._heartbeat),
        )
        environment.on_heartbeat = self._beat
        if self._notices is None:
            undelivered = await self._store.undelivered(INSTRUCTION)
            self._notices = tuple(
                UnsentNotice(notice=notice, attempts=self._tried) for notice in undelivered
            )
        request = DeliverRequest(instruction=INSTRUCTION, notices=self._notices)
        return await cast(Any, environment.run(self._activity.deliver, request))

    async def attempt_in_vain(self, *, stopping: bool = False) -> ApplicationError:
        with pytest.raises(ApplicationError) as raised:
            await self.attempt(stopping=stopping)
        return raised.value

    def _beat(self, *details: Any) -> None:
        self._heartbeat = details
