"""Whether the channels of somebody reach them: a test notice by each, told as it went."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from activities.address_book import AddressBook
from domain.directory.preferences import DEFAULTS, Language
from domain.directory.state import Directory
from domain.identifiers import Channel as ChannelName
from domain.identifiers import PersonId
from eventstore.persons import PersonStore
from notifications.channel import Channel, Message, Recipient, Undeliverable
from notifications.failures import named
from notifications.trial import trial_letter

PATIENCE = 15.0
"""Seconds that one channel is waited for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """How it went by one channel. Neither address nor secret is in it."""

    channel: ChannelName
    reference: str | None = None
    """The channel's own, where it took it over."""
    why: str | None = None
    """Why not, in English."""


async def try_channels(
    persons: PersonStore,
    directory: Directory,
    person: PersonId,
    channels: Sequence[Channel],
    wanted: Sequence[ChannelName],
) -> Sequence[Trial]:
    """Send a test notice to this person by each of these channels, side by side and once; in the order of `wanted`.

    Args:
        channels: those that are set up here.
    """
    known = {person: directory.commitments[person]} if person in directory.commitments else {}
    recipient = (await AddressBook(persons, seconds_kept=0).get(known)).get(person)
    by_name = {channel.name: channel for channel in channels}
    language = directory.preferences.get(person, DEFAULTS).language

    async def one(name: ChannelName) -> Trial:
        channel = by_name.get(name)
        if channel is None:
            return Trial(
                channel=name, why="it is not set up in the process that serves these pages"
            )
        if recipient is None:
            return Trial(channel=name, why="nothing is on file of the person")
        return await _tried(channel, _message(recipient, language))

    return await asyncio.gather(*map(one, wanted))


def _message(recipient: Recipient, language: Language) -> Message:
    return Message(
        message_id=f"trial-{uuid4()}",
        to=recipient,
        letter=trial_letter(language),
        trial=True,
    )


async def _tried(channel: Channel, message: Message) -> Trial:
    name = channel.name
    try:
        async with asyncio.timeout(PATIENCE):
            reference = await channel.send(message)
    except Undeliverable as error:
        return Trial(channel=name, why=str(error))
    except TimeoutError:
        return Trial(channel=name, why=f"no answer in {PATIENCE:.0f} s")
    except Exception as error:  # whatever a channel's library raises: how it went is what is asked
        return Trial(channel=name, why=named(error))
    return Trial(channel=name, reference=reference)
