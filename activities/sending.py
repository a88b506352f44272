"""Sends notices and records what became of each: the one way out, whoever asks for it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

from temporalio.exceptions import ApplicationError

from activities.address_book import AddressBook
from activities.turns import Turns
from domain.attribution import RESERVED_PREFIX
from domain.directory.state import Directory
from domain.identifiers import SYSTEM, BodyId, InstructionId, PersonId
from domain.instruction.commands import RecordDelivery
from domain.instruction.events import DeliveryOutcome, NotifyingEvent
from domain.instruction.state import InstructionState, Unissued
from domain.outcomes import NoticeKey, Rejected
from domain.rejections import Code
from eventstore.codec import AnyEvent, event_of
from eventstore.handle import CommandHandler, Given
from eventstore.persons import PersonStore
from eventstore.protocol import EventStore
from eventstore.replay import fold
from notifications.channel import Channel, Message, Recipient, Undeliverable
from notifications.compose import compose
from notifications.letter import letter

LONGEST_SENDING = 25.0
"""Seconds that a channel may take for one notice, waiting for its turn included; one that hangs fails by
itself."""
LONGEST_RECORDING = 20.0
"""Seconds for which it is tried again to record an outcome, before the notice counts as unsent."""
SHORTEST_RECORDING = 5.0
"""Seconds that each attempt at that has, the last one beyond them."""
_RECORDING_PAUSE = 1.0

_logger = logging.getLogger(__name__)
_NOTICES = UUID("b0f5a7de-6d3a-4d8e-8a3f-5b1e2c9d4f70")

_Delivery = tuple[Literal["delivered", "failed", "suppressed"], str]


class NoticeSender:
    """Every notice gets one outcome: delivered, failed for good, or suppressed and why.

    The first outcome recorded stands. If the process dies between sending and recording, or the outcome
    cannot be recorded within `longest_recording` seconds of trying, the same notice goes out once more,
    under the same message id.
    """

    def __init__(
        self,
        handler: CommandHandler,
        store: EventStore,
        persons: PersonStore,
        channels: Iterable[Channel],
        *,
        longest_sending: float = LONGEST_SENDING,
        longest_recording: float = LONGEST_RECORDING,
    ) -> None:
        self._handler = handler
        self._store = store
        self._address_book = AddressBook(persons)
        self._channels = {channel.name: channel for channel in channels}
        self._longest_sending = longest_sending
        self._longest_recording = longest_recording
        self.turns = Turns()

    async def open(self, instruction: InstructionId, notices: Iterable[NoticeKey]) -> "Sending":
        """Get ready to send these notices of an instruction, by what the log says of it."""
        stream = await self._store.read_stream(instruction)
        directory = await self._handler.directory()
        return Sending(
            self,
            instruction,
            events={stored.version: event_of(stored) for stored in stream},
            state=fold(stream),
            people=await self._people(directory, notices),
            bodies=_names(directory),
        )

    async def open_given(self, given: Given) -> "Sending":
        """Get ready to send notices that were given just now, without asking the log again."""
        return Sending(
            self,
            given.stream_id,
            events=given.events,
            state=given.state,
            people=await self._people(given.directory, given.notices),
            bodies=_names(given.directory),
        )

    async def _people(
        self, directory: Directory, notices: Iterable[NoticeKey]
    ) -> Mapping[PersonId, Recipient]:
        """The recipients by what the log holds of them; those erased are not among them."""
        recipients = {notice.recipient for notice in notices}
        commitments = directory.commitments
        return await self._address_book.get(
            {r: commitments[r] for r in recipients if r in commitments}
        )

    def most_attempts(self, notice: NoticeKey) -> int:
        channel = self._channels.get(notice.channel)
        return channel.max_attempts if channel else 1

    async def hand_to_channel(self, notice: NoticeKey, message: Message) -> _Delivery:
        """Raises what the channel raises where another attempt may succeed."""
        channel = self._channels.get(notice.channel)
        if channel is None:
            return "suppressed", f"the channel {notice.channel} is not configured"
        try:
            async with asyncio.timeout(self._longest_sending):
                return "delivered", await channel.send(message)
        except Undeliverable as error:
            return "failed", str(error)

    async def record(
        self,
        outcome: RecordDelivery,
        now: Callable[[], datetime],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        """Record what became of a notice, trying for `longest_recording` seconds. A later outcome has the
        same command id as the first, and is refused.
        """
        last = time.monotonic() + self._longest_recording
        await pause(0)
        while True:
            try:
                # Cut off, it only stops listening: what was sent to the log may be recorded still.
                async with asyncio.timeout(max(last - time.monotonic(), SHORTEST_RECORDING)):
                    recorded = await self._handler.handle(outcome, now())
            except Exception as error:  # the log is out of reach, in one of many ways
                failure = error
            else:
                if not isinstance(recorded, Rejected) or recorded.code == Code.COMMAND_ID_REUSED:
                    return
                failure = ApplicationError(recorded.message, type=recorded.code)
                if recorded.code != Code.TOO_MUCH_CONTENTION:
                    raise failure
            if time.monotonic() > last:
                raise failure
            _logger.warning(
                "the outcome of %s of %s waits: %r", outcome.notice, outcome.instruction, failure
            )
            await pause(_RECORDING_PAUSE)


class Sending:
    """Some notices of one instruction on their way out. Made by `NoticeSender.open`."""

    def __init__(
        self,
        sender: NoticeSender,
        instruction: InstructionId,
        *,
        events: Mapping[int, AnyEvent],
        state: InstructionState,
        people: Mapping[PersonId, Recipient],
        bodies: Mapping[BodyId, str],
    ) -> None:
        self._sender = sender
        self._instruction = instruction
        self._events = events
        self._state = state
        self._people = people
        self._bodies = bodies
        self._sequence = max(
            (v for v, e in events.items() if not isinstance(e, DeliveryOutcome)), default=0
        )

    async def attempt(
        self,
        notice: NoticeKey,
        attempts: int,
        now: Callable[[], datetime],
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> str | None:
        """Send one notice and record its outcome; None says that it has one now.

        Otherwise the answer says what went wrong, and another attempt may succeed. `attempts` counts
        this one; `now` gives the moment to record (UTC); `pause` lets so many seconds pass, once it is
        sent and for as long as its outcome cannot be recorded. Raises what recording raises: what cannot be
        recorded would be sent again, so the caller should send nothing more.
        """
        async with self._sender.turns.one() as turn:
            return await self._attempt(notice, attempts, now, pause, turn.take)

    async def _attempt(
        self,
        notice: NoticeKey,
        attempts: int,
        now: Callable[[], datetime],
        pause: Callable[[float], Awaitable[None]],
        turn: Callable[[], Awaitable[None]],
    ) -> str | None:
        key = notice_id(self._instruction, notice)
        try:
            delivery = await self._deliver(key, notice, turn)
        except Exception as error:
            _logger.warning("notice %s of %s: %r", notice, self._instruction, error)
            kind = type(error).__name__
            if attempts < self._sender.most_attempts(notice):
                return f"{notice.channel} to {notice.recipient}: {kind}"
            delivery = "failed", f"given up after {attempts} attempts: {kind}"
        outcome, detail = delivery
        command = RecordDelivery(
            command_id=f"{RESERVED_PREFIX}{key}",
            actor=SYSTEM,
            instruction=self._instruction,
            notice=notice,
            outcome=outcome,
            detail=detail,
            attempts=attempts,
        )
        await self._sender.record(command, now, pause)
        return None

    async def _deliver(
        self, message_id: str, notice: NoticeKey, turn: Callable[[], Awaitable[None]]
    ) -> _Delivery:
        person = self._people.get(notice.recipient)
        if person is None:
            return "suppressed", "the person is not on file (erased, or never entered)"
        event = self._events[notice.version]
        if not isinstance(event, NotifyingEvent) or isinstance(self._state, Unissued):
            return "suppressed", f"event {notice.version} gives no notice"
        told = compose(
            event,
            self._state,
            instruction=self._instruction,
            sequence=self._sequence,
            bodies=self._bodies,
        )
        message = Message(
            message_id=message_id, to=person, letter=letter([told]), notices=(told,), turn=turn
        )
        return await self._sender.hand_to_channel(notice, message)


def _names(directory: Directory) -> Mapping[BodyId, str]:
    return {body.id: body.name for body in directory.bodies.values()}


def notice_id(instruction: InstructionId, notice: NoticeKey) -> str:
    """The same for every attempt; names the message and the command that records its outcome."""
    name = f"{instruction}/{notice.version}/{notice.recipient}/{notice.channel}"
    return str(uuid5(_NOTICES, name))
