"""Sends notices and records what became of each: the one way out, whoever asks for it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from temporalio.exceptions import ApplicationError

from activities.address_book import SECONDS_KEPT, AddressBook
from activities.handing import LONGEST_SENDING, Delivery, Handing
from activities.turns import LONGEST_WAIT, Turn, Turns
from domain.attribution import RESERVED_PREFIX
from domain.directory.preferences import DEFAULTS
from domain.directory.state import Directory
from domain.identifiers import SYSTEM, InstructionId, PersonId
from domain.instruction.commands import RecordDelivery
from domain.instruction.events import ABOUT_NOTICES, NotifyingEvent
from domain.instruction.state import InstructionState, Unissued
from domain.outcomes import NoticeKey, Rejected
from domain.rejections import Code
from eventstore.codec import AnyEvent, event_of
from eventstore.handle import CommandHandler, Given
from eventstore.persons import PersonStore
from eventstore.protocol import EventStore, StoredEvent
from eventstore.replay import fold
from notifications.channel import Channel, Message, Recipient
from notifications.compose import Notice, compose
from notifications.failures import named
from notifications.letter import letter
from telemetry.telling import Telemetry

LONGEST_LOOK_UP = 5.0
"""Seconds within which it must be known who somebody is."""
LONGEST_RECORDING = 15.0
"""Seconds for which it is tried again to record an outcome, before the notice counts as unsent."""
SHORTEST_RECORDING = 5.0
"""Seconds that each attempt at that has, the last one beyond them."""
_RECORDING_PAUSE = 1.0
LONGEST_ATTEMPT = LONGEST_LOOK_UP + LONGEST_SENDING + LONGEST_RECORDING + SHORTEST_RECORDING
"""Seconds that an attempt takes at most, its record included, once its turn has come."""
_STREAMS_AT_ONCE = 200

_logger = logging.getLogger(__name__)
_NOTICES = UUID("b0f5a7de-6d3a-4d8e-8a3f-5b1e2c9d4f70")


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
        addresses_kept: float = SECONDS_KEPT,
        in_doubt: int = 1,
        telemetry: Telemetry | None = None,
    ) -> None:
        """Args:
        longest_sending: seconds for one message (handing.py).
        addresses_kept: seconds for which a person is not looked up again (address_book.py).
        in_doubt: messages that may be accepted and not recorded yet, at most (turns.py).
        telemetry: is told of each attempt.
        """
        self._handler = handler
        self._store = store
        self._address_book = AddressBook(persons, seconds_kept=addresses_kept)
        self.handing = Handing(channels, longest_sending=longest_sending, telemetry=telemetry)
        self._longest_recording = longest_recording
        self.turns = Turns(at_once=in_doubt)

    async def open(self, instruction: InstructionId) -> "Sending":
        """Get ready to send notices of an instruction, by what the log says of it."""
        stream = await self._store.read_stream(instruction)
        directory = await self._handler.directory()
        return self._opened(instruction, stream, range(1, len(stream) + 1), directory)

    async def open_given(self, given: Given) -> "Sending":
        """Get ready to send notices that were given just now, without asking the log again."""
        return Sending(
            self,
            given.stream_id,
            events=given.events,
            sequence=_sequence((version, event.type) for version, event in given.events.items()),
            state=given.state,
            directory=given.directory,
        )

    async def open_many(
        self, directory: Directory, notices: Mapping[InstructionId, Collection[NoticeKey]]
    ) -> Mapping[InstructionId, "Sending"]:
        """The same as `open` for many instructions, reading many streams at once. One that cannot be read is logged, and
        left out.
        """
        wanted, opened = [*notices], dict[InstructionId, Sending]()
        for start in range(0, len(wanted), _STREAMS_AT_ONCE):
            some = wanted[start : start + _STREAMS_AT_ONCE]
            streams: dict[InstructionId, list[StoredEvent]] = {one: [] for one in some}
            for stored in await self._store.read_streams(some):
                streams[stored.stream_id].append(stored)
            for instruction, stream in streams.items():
                versions = {notice.version for notice in notices[instruction]}
                try:
                    opened[instruction] = self._opened(instruction, stream, versions, directory)
                except Exception as error:  # as damage or a newer version has it: the others go out
                    _logger.warning("%s cannot be read: %s", instruction, named(error))
        return opened

    def _opened(
        self,
        instruction: InstructionId,
        stream: Sequence[StoredEvent],
        versions: Collection[int],
        directory: Directory,
    ) -> "Sending":
        return Sending(
            self,
            instruction,
            events={version: event_of(stream[version - 1]) for version in versions},
            sequence=_sequence((stored.version, stored.type) for stored in stream),
            state=fold(stream),
            directory=directory,
        )

    async def directory(self) -> Directory:
        """The directory as of now."""
        return await self._handler.directory()

    async def person(self, directory: Directory, person: PersonId) -> Recipient | None:
        """Who it is by what the log holds, looked up anew but for a few seconds; None if erased, or unknown.

        Raises what the look-up raises, `TimeoutError` after `LONGEST_LOOK_UP`.
        """
        commitment = directory.commitments.get(person)
        if commitment is None:
            return None
        async with asyncio.timeout(LONGEST_LOOK_UP):
            return (await self._address_book.get({person: commitment})).get(person)

    async def record(
        self,
        outcome: RecordDelivery,
        now: Callable[[], datetime],
    ) -> None:
        """Record what became of a notice, trying for `longest_recording` seconds. A later outcome has the
        same command id as the first, and is refused.
        """
        last = time.monotonic() + self._longest_recording
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
            if time.monotonic() + _RECORDING_PAUSE > last:
                raise failure
            _logger.warning(
                "the outcome of %s of %s waits: %s",
                outcome.notice, outcome.instruction, named(failure),
            )  # fmt: skip
            await asyncio.sleep(_RECORDING_PAUSE)


class Sending:
    """Some notices of one instruction on their way out. Made by `NoticeSender.open`."""

    def __init__(
        self,
        sender: NoticeSender,
        instruction: InstructionId,
        *,
        events: Mapping[int, AnyEvent],
        sequence: int,
        state: InstructionState,
        directory: Directory,
    ) -> None:
        self._sender = sender
        self._instruction = instruction
        self._events = events
        self._state = state
        self._directory = directory
        self._sequence = sequence
        self._recording = asyncio.Lock()
        """Outcomes go into the stream in turn: at once they would only be in each other's way."""

    async def attempt(
        self,
        notice: NoticeKey,
        attempts: int,
        now: Callable[[], datetime],
        *,
        longest_wait: float = LONGEST_WAIT,
    ) -> str | None:
        """Send one notice and record its outcome; None says that it has one now.

        Otherwise the answer says what went wrong, and another attempt may succeed. `attempts` counts
        this one; `now` gives the moment to record (UTC); `longest_wait` is for its turn, in seconds. Raises what
        recording raises: what cannot be recorded would be sent again, so the caller should send nothing more.
        """
        async with self._sender.turns.one(longest_wait=longest_wait) as turn:
            return await self._attempt(notice, attempts, now, turn)

    async def _attempt(
        self,
        notice: NoticeKey,
        attempts: int,
        now: Callable[[], datetime],
        turn: Turn,
    ) -> str | None:
        key = notice_id(self._instruction, notice)
        delivery = await self._sender.handing.attempt(
            notice, attempts, self._deliver(key, notice, turn.take), of=self._instruction
        )
        turn.answered()
        if isinstance(delivery, str):
            return delivery
        await self.record(notice, delivery, attempts, now)
        return None

    async def record(
        self,
        notice: NoticeKey,
        delivery: Delivery,
        attempts: int,
        now: Callable[[], datetime],
    ) -> None:
        """Record what became of one notice, as `NoticeSender.record` does."""
        outcome, detail = delivery
        command = RecordDelivery(
            command_id=f"{RESERVED_PREFIX}{notice_id(self._instruction, notice)}",
            actor=SYSTEM,
            instruction=self._instruction,
            notice=notice,
            outcome=outcome,
            detail=detail,
            attempts=attempts,
        )
        async with self._recording:
            await self._sender.record(command, now)

    async def recipient(self, person: PersonId) -> Recipient | None:
        """None if there is nobody on file by now."""
        return await self._sender.person(self._directory, person)

    def told(self, notice: NoticeKey) -> Notice | None:
        """What the notice says, by how things stand now, in the language of whoever is told; None if its
        event says nothing.
        """
        event, directory = self._events[notice.version], self._directory
        if not isinstance(event, NotifyingEvent) or isinstance(self._state, Unissued):
            return None
        return compose(
            event,
            self._state,
            instruction=self._instruction,
            sequence=self._sequence,
            bodies={body.id: body.name for body in directory.bodies.values()},
            language=directory.preferences.get(notice.recipient, DEFAULTS).language,
        )

    async def _deliver(
        self, message_id: str, notice: NoticeKey, turn: Callable[[], Awaitable[None]]
    ) -> Delivery:
        person = await self.recipient(notice.recipient)
        if person is None:
            return "suppressed", "the person is not on file (erased, or never entered)"
        told = self.told(notice)
        if told is None:
            return "suppressed", f"event {notice.version} gives no notice"
        message = Message(
            message_id=message_id, to=person, letter=letter([told]), notices=(told,), turn=turn
        )
        return await self._sender.handing.to_channel(notice.channel, message)


def _sequence(events: Iterable[tuple[int, str]]) -> int:
    """The version of the last event that is not about a notice."""
    return max((version for version, type_ in events if type_ not in ABOUT_NOTICES), default=0)


def notice_id(instruction: InstructionId, notice: NoticeKey) -> str:
    """The same for every attempt; names the message and the command that records its outcome."""
    name = f"{instruction}/{notice.version}/{notice.recipient}/{notice.channel}"
    return str(uuid5(_NOTICES, name))
