"""What every channel can do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.directory.preferences import Language
from domain.identifiers import Channel as ChannelName
from domain.identifiers import ProgrammeId
from notifications.compose import Notice
from notifications.letter import Letter


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """Who is told, and where each channel reaches them; None where there is no such address.

    Those that are secrets, or may hold one, are in no `repr`.
    """

    name: str
    email: str | None = None
    webhook_url: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    """`whsec_` and base64, as Standard Webhooks has it."""
    apprise_url: str | None = field(default=None, repr=False)


async def at_once() -> None:
    """The turn of a message that waits for no other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestTold:
    """Which digest of a programme a letter is."""

    programme: ProgrammeId
    language: Language
    since: datetime
    at: datetime
    due_at: datetime
    late: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A letter on its way to one person: with notices, a programme's digest, or nothing but a trial of the channel."""

    message_id: str
    """The same for every attempt at the same message, so that a receiver can tell a repeat."""
    to: Recipient
    letter: Letter
    notices: tuple[Notice, ...] = ()
    """What the letter brings, unless it is a digest or a trial; then none."""
    digest: DigestTold | None = None
    trial: bool = False
    """It only tries whether the channel reaches them."""
    turn: Callable[[], Awaitable[None]] = field(default=at_once, repr=False, compare=False)
    """To be awaited just before the receiver may have all of it: one message after the other is accepted and
    recorded as such."""

    def __post_init__(self) -> None:
        if [bool(self.notices), self.digest is not None, self.trial].count(True) != 1:
            raise ValueError("a message brings notices, or else a digest, or is a trial")


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
        """Hand the message over, once its turn has come; returns the channel's own reference for it.

        Raises `Undeliverable` if trying again is pointless, and anything else if it is not; of that
        only the type goes into the log.
        """
        ...
