"""Sends an instruction's undelivered notices and records what became of each."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.contracts import DELIVER, NOT_DELIVERED_YET, Delivered, DeliverRequest
from domain.attribution import RESERVED_PREFIX
from domain.identifiers import SYSTEM, InstructionId, PersonId
from domain.instruction.commands import RecordDelivery
from domain.instruction.events import NotifyingEvent
from domain.instruction.state import InstructionState, Unissued
from domain.outcomes import NoticeKey, Rejected
from domain.rejections import Code
from eventstore.codec import decode
from eventstore.handle import CommandHandler
from eventstore.persons import Person, PersonStore
from eventstore.protocol import EventStore, StoredEvent
from eventstore.replay import fold
from notifications.channel import Channel, Message, Undeliverable
from notifications.compose import compose

_logger = logging.getLogger(__name__)
_NOTICES = UUID("b0f5a7de-6d3a-4d8e-8a3f-5b1e2c9d4f70")

Delivery = tuple[Literal["delivered", "failed", "suppressed"], str]


class DeliverActivity:
    """Every notice gets one outcome: delivered, failed for good, or suppressed and why.

    A notice whose sending failed but may yet succeed keeps the activity failing, so that Temporal
    tries it again with growing pauses; those already settled are not sent again. If the process dies
    between sending and recording, the same notice goes out once more under the same message id.

    How often each notice was tried goes from one attempt of the activity to the next in its heartbeat:
    a notice given while an earlier one is still being tried has all its own attempts before it.
    """

    def __init__(
        self,
        handler: CommandHandler,
        store: EventStore,
        persons: PersonStore,
        channels: Iterable[Channel],
        *,
        longest_sending: float = 25,
    ) -> None:
        """`longest_sending`: seconds, less than the heartbeat timeout, so that a channel that hangs
        fails by itself.
        """
        self._handler = handler
        self._store = store
        self._persons = persons
        self._longest_sending = longest_sending
        self._channels = {channel.name: channel for channel in channels}

    @activity.defn(name=DELIVER)
    async def deliver(self, request: DeliverRequest) -> Delivered:
        notices = await self._store.undelivered(request.instruction)
        stream = await self._store.read_stream(request.instruction) if notices else ()
        state = fold(stream)
        people = await self._persons.get({notice.recipient for notice in notices})
        attempts, clock = _attempts_before(), _Clock()
        failures: list[str] = []
        # The least tried first: those whose channel hangs must not use up the time of the others.
        for notice in sorted(notices, key=lambda n: attempts.get(_key(request.instruction, n), 0)):
            key = _key(request.instruction, notice)
            attempts[key] = attempts.get(key, 0) + 1
            activity.heartbeat(attempts)
            try:
                delivery = await self._send(key, notice, stream, state, people)
            except Exception as error:
                _logger.warning("notice %s of %s: %r", notice, request.instruction, error)
                kind = type(error).__name__
                if attempts[key] < self._most_attempts(notice):
                    failures.append(f"{notice.channel} to {notice.recipient}: {kind}")
                    continue
                delivery = "failed", f"given up after {attempts[key]} attempts: {kind}"
            # Not caught: what cannot be recorded would be sent again, so nothing more is sent now.
            await self._record(
                request.instruction, key, notice, delivery, attempts[key], clock.now()
            )
        if failures:
            raise ApplicationError(
                "; ".join(failures),
                type=NOT_DELIVERED_YET,
                category=ApplicationErrorCategory.BENIGN,  # logged above, one by one
            )
        return Delivered(settled=len(notices))

    async def _send(
        self,
        message_id: str,
        notice: NoticeKey,
        stream: Sequence[StoredEvent],
        state: InstructionState,
        people: Mapping[PersonId, Person],
    ) -> Delivery:
        """Raises what the channel raises where another attempt may succeed."""
        channel = self._channels.get(notice.channel)
        if channel is None:
            return "suppressed", f"the channel {notice.channel} is not configured"
        person = people.get(notice.recipient)
        if person is None:
            return "suppressed", "the person is not on file (erased, or never entered)"
        stored = stream[notice.version - 1]
        event = decode(stored.type, stored.body)
        if not isinstance(event, NotifyingEvent) or isinstance(state, Unissued):
            return "suppressed", f"event {notice.version} gives no notice"
        subject, text = compose(event, state.record)
        message = Message(
            message_id=message_id,
            name=person.name,
            email=person.email,
            subject=subject,
            text=text,
        )
        try:
            async with asyncio.timeout(self._longest_sending):
                return "delivered", await channel.send(message)
        except Undeliverable as error:
            return "failed", str(error)

    def _most_attempts(self, notice: NoticeKey) -> int:
        channel = self._channels.get(notice.channel)
        return channel.max_attempts if channel else 1

    async def _record(
        self,
        instruction: InstructionId,
        key: str,
        notice: NoticeKey,
        delivery: Delivery,
        attempts: int,
        at: datetime,
    ) -> None:
        """The first outcome recorded stands: a later one has the same command id, and is refused."""
        outcome, detail = delivery
        recorded = await self._handler.handle(
            RecordDelivery(
                command_id=f"{RESERVED_PREFIX}{key}",
                actor=SYSTEM,
                instruction=instruction,
                notice=notice,
                outcome=outcome,
                detail=detail,
                attempts=attempts,
            ),
            at,
        )
        if isinstance(recorded, Rejected) and recorded.code != Code.COMMAND_ID_REUSED:
            raise ApplicationError(recorded.message, type=recorded.code)


def _attempts_before() -> dict[str, int]:
    """How often each notice was tried by the earlier attempts of this activity."""
    details: Sequence[dict[str, int]] = activity.info().heartbeat_details
    return dict(details[0]) if details else {}


class _Clock:
    """Temporal's clock, as everywhere in the log: when this attempt began, and the time since."""

    def __init__(self) -> None:
        self._started, self._began = activity.info().started_time, time.monotonic()

    def now(self) -> datetime:
        return self._started + timedelta(seconds=time.monotonic() - self._began)


def _key(instruction: InstructionId, notice: NoticeKey) -> str:
    """The same for every attempt; names the message and the command that records its outcome."""
    name = f"{instruction}/{notice.version}/{notice.recipient}/{notice.channel}"
    return str(uuid5(_NOTICES, name))
