"""Sends held notices once their hour has come: the postman's round, every minute."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from temporalio import activity

from activities.bundling import Bundle
from activities.contracts import DELIVER_RELEASED, Posted, PostRequest
from activities.sending import LONGEST_ATTEMPT, NoticeSender, Sending
from activities.turns import LONGEST_WAIT
from domain.identifiers import InstructionId
from domain.outcomes import NoticeKey
from eventstore.protocol import EventStore, Parcel

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


class PostmanActivity:
    def __init__(self, sender: NoticeSender, store: EventStore) -> None:
        self._sender = sender
        self._store = store

    @activity.defn(name=DELIVER_RELEASED)
    async def deliver_released(self, request: PostRequest) -> Posted:
        """Send what is released, page by page, until nothing is left or the round has lasted long enough.

        What fails is taken again after a pause that grows with each failure. Raises what the log raises
        where it is out of reach; what was taken and has no outcome then comes again after `LEASE`.
        """
        clock, sent, failed = _Clock(request.at), 0, 0
        while clock.age < LONGEST_ROUND:
            activity.heartbeat()
            taken_at = clock.now()
            parcels = await self._store.take_released(taken_at, until=taken_at + LEASE, limit=_PAGE)
            if not parcels:
                break
            failures, left = await self._send(parcels, clock)
            await self._store.postpone(
                [(parcel, clock.now() + _pause(parcel.attempts + 1)) for parcel in failures]
            )
            sent += len(parcels) - len(failures) - left
            failed += len(failures)
        if failed:
            _logger.warning("%d messages with released notices failed, and are tried again", failed)
        return Posted(sent=sent, failed=failed)

    async def _send(
        self, parcels: Sequence[Parcel], clock: "_Clock"
    ) -> tuple[Sequence[Parcel], int]:
        """Answers those whose sending failed, and how many there was no time for: they come again by
        themselves.
        """
        left = 0
        began, slots = clock.age, asyncio.Semaphore(_SIDE_BY_SIDE)
        outcomes = asyncio.Semaphore(_OUTCOMES_AT_ONCE)
        directory = await self._sender.directory()
        sendings = await self._sender.open_many(directory, _by_instruction(parcels))

        async def one(parcel: Parcel) -> str | None:
            nonlocal left
            async with slots:
                if (clock.age - began).total_seconds() > _LAST_START:
                    left += 1
                    return None
                if not parcel.together:
                    return await _alone(parcel, sendings, clock)
                bundle = Bundle(self._sender, parcel, sendings, outcomes)
                return await bundle.attempt(parcel.attempts + 1, clock.now)

        answers = await asyncio.gather(*map(one, parcels), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return [parcel for parcel, answer in zip(parcels, answers, strict=True) if answer], left


async def _alone(
    parcel: Parcel, sendings: Mapping[InstructionId, Sending], clock: "_Clock"
) -> str | None:
    [(instruction, notice)] = parcel.notices
    sending, attempts = sendings[instruction], parcel.attempts + 1
    return await sending.attempt(notice, attempts, clock.now)


def _by_instruction(parcels: Sequence[Parcel]) -> Mapping[InstructionId, list[NoticeKey]]:
    found: dict[InstructionId, list[NoticeKey]] = {}
    for parcel in parcels:
        for instruction, notice in parcel.notices:
            found.setdefault(instruction, []).append(notice)
    return found


def _pause(failures: int) -> timedelta:
    return min(timedelta(minutes=2 ** min(failures - 1, 10)), _LONGEST_PAUSE)


class _Clock:
    """The workflow's, which the log goes by: when it asked, and the time since."""

    def __init__(self, at: datetime) -> None:
        self._at, self._began = at, time.monotonic()

    @property
    def age(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._began)

    def now(self) -> datetime:
        return self._at + self.age
