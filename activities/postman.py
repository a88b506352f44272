"""Sends held notices once their hour has come: the postman's round, every minute."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from temporalio import activity

from activities.bundling import Bundle
from activities.clock import Clock, require_present
from activities.contracts import DELIVER_RELEASED, Posted, PostRequest
from activities.heartbeats import heartbeating
from activities.sending import LONGEST_ATTEMPT, NoticeSender, Sending
from activities.turns import LONGEST_WAIT
from domain.identifiers import InstructionId
from domain.outcomes import NoticeKey
from eventstore.protocol import EventStore, Parcel
from notifications.failures import named

LEASE = timedelta(minutes=3)
"""How long what was taken is left to whoever took it. So late, at most, a killed postman's round is repeated."""
LONGEST_ROUND = timedelta(minutes=4)
"""After this nothing more is taken: the next round goes on."""
_LAST_START = LEASE.total_seconds() - LONGEST_WAIT - LONGEST_ATTEMPT
"""Seconds from the taking after which no sending is begun, or it might overlap with a repetition."""
_PAGE = 100
_SIDE_BY_SIDE = 32
_OUTCOMES_AT_ONCE = 64
_LONGEST_PAUSE = timedelta(minutes=5)

_logger = logging.getLogger(__name__)


@dataclass(kw_only=True, slots=True)
class _Page:
    """What became of the parcels that were taken at once."""

    sent: int = 0
    failed: list[Parcel] = field(default_factory=list[Parcel])
    """To be taken again after a pause; of a bundle perhaps a part."""
    raised: list[Exception] = field(default_factory=list[Exception])
    """What the log raised, once for each parcel whose outcomes it did not take. They come again after `LEASE`."""


class PostmanActivity:
    def __init__(
        self, sender: NoticeSender, store: EventStore, *, skew: timedelta | None = None
    ) -> None:
        """`skew`: as of `require_present`."""
        self._sender = sender
        self._store = store
        self._skew = skew

    @activity.defn(name=DELIVER_RELEASED)
    async def deliver_released(self, request: PostRequest) -> Posted:
        """Send what is released, page by page, until nothing is left or the round has lasted long enough.

        What fails is taken again after a pause that grows with each failure, and so is what tells of an
        instruction that cannot be read. Raises what the log raises where it takes no outcome at all; what was taken
        and has none then comes again after `LEASE`.
        """
        require_present(request.at, self._skew)
        clock, sent, failed = Clock(max(request.at, activity.info().started_time)), 0, 0
        async with heartbeating():
            while clock.age < LONGEST_ROUND and not activity.is_worker_shutdown():
                taken_at = clock.now()
                parcels = await self._store.take_released(
                    taken_at, until=taken_at + LEASE, limit=_PAGE
                )
                if not parcels:
                    break
                page = await self._send(parcels, clock)
                await self._store.postpone(
                    [(parcel, clock.now() + _pause(parcel.attempts + 1)) for parcel in page.failed]
                )
                if page.raised and not page.sent:
                    raise page.raised[0]
                sent += page.sent
                failed += len(page.failed) + len(page.raised)
        if failed:
            _logger.warning("%d messages with released notices failed, and are tried again", failed)
        return Posted(sent=sent, failed=failed)

    async def _send(self, parcels: Sequence[Parcel], clock: Clock) -> _Page:
        """Those that there was no time for are in no count: they come again by themselves."""
        page, began, slots = _Page(), clock.age, asyncio.Semaphore(_SIDE_BY_SIDE)
        outcomes = asyncio.Semaphore(_OUTCOMES_AT_ONCE)
        directory = await self._sender.directory()
        sendings = await self._sender.open_many(directory, _by_instruction(parcels))

        async def one(parcel: Parcel) -> None:
            async with slots:
                late = (clock.age - began).total_seconds() > _LAST_START
                if late or activity.is_worker_shutdown():
                    return
                readable, unreadable = _parted(parcel, sendings)
                if unreadable is not None:
                    page.failed.append(unreadable)
                if readable is None:
                    return
                try:
                    if not parcel.together:
                        failure = await _alone(parcel, sendings, clock)
                    else:
                        without = [] if unreadable is None else [s for s, _ in unreadable.notices]
                        bundle = Bundle(self._sender, readable, sendings, outcomes, without=without)
                        failure = await bundle.attempt(parcel.attempts + 1, clock.now)
                except Exception as error:  # the others are sent all the same
                    _logger.warning("a message to %s waits: %s", parcel.recipient, named(error))
                    page.raised.append(error)
                    return
                if failure:
                    page.failed.append(readable)
                else:
                    page.sent += 1

        await asyncio.gather(*map(one, parcels))
        return page


async def _alone(
    parcel: Parcel, sendings: Mapping[InstructionId, Sending], clock: Clock
) -> str | None:
    [(instruction, notice)] = parcel.notices
    return await sendings[instruction].attempt(notice, parcel.attempts + 1, clock.now)


def _parted(
    parcel: Parcel, sendings: Mapping[InstructionId, Sending]
) -> tuple[Parcel | None, Parcel | None]:
    """What tells of instructions that were read, and what does not."""
    readable = tuple(one for one in parcel.notices if one[0] in sendings)
    unreadable = tuple(one for one in parcel.notices if one[0] not in sendings)
    return (
        replace(parcel, notices=readable) if readable else None,
        replace(parcel, notices=unreadable) if unreadable else None,
    )


def _by_instruction(parcels: Sequence[Parcel]) -> Mapping[InstructionId, list[NoticeKey]]:
    found: dict[InstructionId, list[NoticeKey]] = {}
    for parcel in parcels:
        for instruction, notice in parcel.notices:
            found.setdefault(instruction, []).append(notice)
    return found


def _pause(failures: int) -> timedelta:
    return min(timedelta(minutes=2 ** min(failures - 1, 10)), _LONGEST_PAUSE)
