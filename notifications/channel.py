"""What every channel can do."""

from dataclasses import dataclass
from typing import Protocol

from domain.identifiers import Channel as ChannelName


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One notice, ready to be sent."""

    message_id: str
    """The same for every attempt at the same notice, so that a receiver can tell a repeat."""
    name: str
    email: str | None
    subject: str
    text: str


class Undeliverable(Exception):
    """This notice cannot be delivered by this channel, however often it is tried: {reason}.

    The reason goes into the log for good: it must name neither the person nor the address.
    """


class Channel(Protocol):
    """One way to reach a person."""

    @property
    def name(self) -> ChannelName: ...

    @property
    def max_attempts(self) -> int:
        """After this many failed attempts the notice counts as failed."""
        ...

    async def send(self, message: Message) -> str:
        """Hand the message over; returns the channel's own reference for it.

        Raises `Undeliverable` if trying again is pointless, and anything else if it is not; of that
        only the type goes into the log.
        """
        ...
