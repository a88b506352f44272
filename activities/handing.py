"""Hands messages to their channels, and judges what comes of it."""

import asyncio
import logging
import unicodedata
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Literal

from activities.turns import TurnMissed
from domain.outcomes import NoticeKey
from notifications.channel import Channel, Message, Undeliverable
from notifications.failures import named
from telemetry.metrics import OTHER
from telemetry.telling import Telemetry

LONGEST_SENDING = 25.0
"""Seconds that a channel may take for one message; one that hangs fails by itself. Waiting for its turn is not
counted."""
_LONGEST_DETAIL = 500

_logger = logging.getLogger(__name__)

Delivery = tuple[Literal["delivered", "failed", "suppressed"], str]
"""An outcome, and what there is to say of it."""


class ChannelFailed(Exception):
    """A channel was asked, and did not do it; its cause says why. Another attempt may succeed."""


class Handing:
    """The channels that are set up."""

    def __init__(
        self,
        channels: Iterable[Channel],
        *,
        longest_sending: float = LONGEST_SENDING,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._sendings = (telemetry or Telemetry()).metrics.sendings
        self._channels = {channel.name: channel for channel in channels}
        self._longest_sending = longest_sending

    async def attempt(
        self, notice: NoticeKey, attempts: int, delivery: Awaitable[Delivery], *, of: str
    ) -> Delivery | str:
        """What became of it; or, where another attempt may succeed, what went wrong with this one.

        It is given up for what the channel did, and after so many attempts as that one has; never for what came before: a
        person that could not be looked up, a turn that did not come.

        `of`: whose notice it is, for the process's log.
        """
        outcome = await self._attempt(notice, attempts, delivery, of=of)
        channel = notice.channel if notice.channel in self._channels else OTHER
        self._sendings.labels(channel, "again" if isinstance(outcome, str) else outcome[0]).inc()
        return outcome

    async def _attempt(
        self, notice: NoticeKey, attempts: int, delivery: Awaitable[Delivery], *, of: str
    ) -> Delivery | str:
        try:
            return await delivery
        except Exception as error:
            cause = error.__cause__ or error
            _logger.warning("notice %s of %s: %s", notice, of, named(cause))
            kind = type(cause).__name__
            if attempts < self._most_attempts(notice) or not isinstance(error, ChannelFailed):
                return f"{notice.channel} to {notice.recipient}: {kind}"
            return "failed", f"given up after {attempts} attempts: {kind}"

    async def to_channel(self, name: str, message: Message) -> Delivery:
        """Raises `ChannelFailed` where another attempt may succeed, `TurnMissed` if it did not come to that."""
        channel = self._channels.get(name)
        if channel is None:
            return "suppressed", f"the channel {name} is not configured"
        try:
            async with asyncio.timeout(self._longest_sending) as limit:
                turn = partial(_uncounted, message.turn, limit)
                return "delivered", _recordable(await channel.send(replace(message, turn=turn)))
        except Undeliverable as error:
            return "failed", _recordable(str(error))
        except TurnMissed:
            raise
        except Exception as error:
            raise ChannelFailed from error

    def _most_attempts(self, notice: NoticeKey) -> int:
        channel = self._channels.get(notice.channel)
        return channel.max_attempts if channel else 1


async def _uncounted(turn: Callable[[], Awaitable[None]], limit: asyncio.Timeout) -> None:
    """Wait for the turn while the time limit stands still."""
    clock, until = asyncio.get_running_loop().time, limit.when()
    assert until is not None
    rest = until - clock()
    limit.reschedule(None)
    try:
        await turn()
    finally:
        limit.reschedule(clock() + rest)


def _recordable(detail: str) -> str:
    """What the log takes of a channel's words: no half characters, no control characters, not too long. Words that
    could not be recorded would have the message sent again and again.
    """
    sound = detail.encode("utf-8", "replace").decode()
    return "".join(" " if unicodedata.category(c) == "Cc" else c for c in sound)[:_LONGEST_DETAIL]
