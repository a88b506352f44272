"""Sends released notices that go out as one message, and records what became of each."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from uuid import UUID, uuid5

from activities.handing import Delivery
from activities.sending import NoticeSender, Sending
from activities.turns import Turn
from domain.identifiers import InstructionId, StreamId
from domain.outcomes import NoticeKey
from eventstore.protocol import Parcel
from notifications.channel import Message
from notifications.letter import letter

_BUNDLES = UUID("7c1f3e52-0d5b-4b8e-9a57-2b9f6f0f1c33")


class Bundle:
    """Notices of one person, of several instructions perhaps, on their way out as one message."""

    def __init__(
        self,
        sender: NoticeSender,
        parcel: Parcel,
        sendings: Mapping[InstructionId, Sending],
        slots: asyncio.Semaphore,
        *,
        without: Collection[StreamId] = (),
    ) -> None:
        """Args:
        sendings: of every instruction that it tells of, made ready.
        slots: bound how many outcomes are recorded at once.
        without: instructions that belong to it and cannot be read at present. What tells of them goes out later.
        """
        self._sender = sender
        self._parcel = parcel
        self._sendings = sendings
        self._slots = slots
        self._id = bundle_id(parcel, without=without)

    async def attempt(
        self,
        attempts: int,
        now: Callable[[], datetime],
    ) -> str | None:
        """Send the message and record the outcome of each notice; answers and raises as
        `Sending.attempt` does.
        """
        async with self._sender.turns.one() as turn:
            return await self._attempt(attempts, now, turn)

    async def _attempt(
        self,
        attempts: int,
        now: Callable[[], datetime],
        turn: Turn,
    ) -> str | None:
        first = self._parcel.notices[0][1]
        delivery = await self._sender.handing.attempt(
            first, attempts, self._deliver(first, turn.take), of=f"bundle {self._id}"
        )
        turn.answered()
        if isinstance(delivery, str):
            return delivery

        async def record(stream: StreamId, notice: NoticeKey) -> None:
            async with self._slots:
                became = self._became(stream, notice, delivery)
                await self._sendings[stream].record(notice, became, attempts, now)

        ended = await asyncio.gather(
            *(record(stream, notice) for stream, notice in self._parcel.notices),
            return_exceptions=True,
        )
        for error in filter(None, ended):
            raise error
        return None

    async def _deliver(self, first: NoticeKey, turn: Callable[[], Awaitable[None]]) -> Delivery:
        one = self._sendings[self._parcel.notices[0][0]]
        person = await one.recipient(first.recipient)
        if person is None:
            return "suppressed", "the person is not on file (erased, or never entered)"
        found = (self._sendings[stream].told(notice) for stream, notice in self._parcel.notices)
        told = tuple(notice for notice in found if notice is not None)
        if not told:
            return "suppressed", "none of its events gives a notice"
        # A thousand notices take forty milliseconds, in which nothing else would get on.
        written = await asyncio.to_thread(letter, told)
        message = Message(message_id=self._id, to=person, letter=written, notices=told, turn=turn)
        outcome, detail = await self._sender.handing.to_channel(first.channel, message)
        return outcome, f"one of {len(told)} in {self._id}: {detail}"

    def _became(self, stream: StreamId, notice: NoticeKey, of_all: Delivery) -> Delivery:
        if self._sendings[stream].told(notice) is None:
            return "suppressed", f"event {notice.version} gives no notice"
        return of_all


def bundle_id(parcel: Parcel, *, without: Collection[StreamId] = ()) -> str:
    """The same for every attempt, whatever is left of the parcel; names the message.

    Another where it went out `without` some: a receiver would take what tells of these for a repeat.
    """
    moment = parcel.send_after.astimezone(UTC).isoformat()
    lacking = "".join(f"/{stream}" for stream in sorted(set(without)))
    return str(uuid5(_BUNDLES, f"{parcel.recipient}/{parcel.channel}/{moment}{lacking}"))
