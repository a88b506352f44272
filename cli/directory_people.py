"""Keeping the directory: people, whose names and addresses stay outside the log."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import App, Parameter

from audit.erasure import HalfErased
from audit.erasure import receipt as receipt_of
from cli.addresses import NO_ADDRESSES, Addresses, person_on_file, webhook_secret
from cli.arguments import PersonName
from cli.directory import group
from cli.directory_record import answer, record, send
from cli.envelope import envelope
from cli.errors import NotAsRecorded, Refused
from cli.options import Sender
from cli.output import console, plain, print_json
from cli.session import Session, open_session, settings_of
from domain.directory import commands as c
from domain.directory.commitment import SALT_BYTES
from domain.directory.events import PersonCommitted, PersonRegistered
from domain.identifiers import DIRECTORY_STREAM
from domain.rejections import Code
from eventstore.addresses import new_webhook_secret
from eventstore.codec import event_of
from eventstore.persons import Person

Channels = Annotated[
    tuple[str, ...], Parameter(help="How notices reach them, such as log or email.", negative="")
]
Name = Annotated[str, Parameter(help="Name; stays outside the log.")]


async def register_person(
    person: PersonName,
    /,
    *,
    name: Name,
    addresses: Addresses = NO_ADDRESSES,
    channel: Channels = ("log",),
    sender: Sender,
) -> None:
    """Make a person known by an opaque id. The log takes a commitment, and no name."""
    head = envelope(sender)
    await _committed(
        lambda commitment: c.RegisterPerson(
            **head, person=person, commitment=commitment, channels=channel
        ),
        _Details(person, name, addresses.checked()),
        sender,
    )


async def change_person(
    person: PersonName,
    /,
    *,
    name: Name,
    addresses: Addresses = NO_ADDRESSES,
    sender: Sender,
) -> None:
    """Put another name or other addresses of a person on file; the log takes a new commitment.

    An address that is not given is on file no more; a webhook keeps its secret unless another is given.
    """
    head = envelope(sender)
    await _committed(
        lambda commitment: c.ReplacePersonDetails(**head, person=person, commitment=commitment),
        _Details(person, name, addresses.checked()),
        sender,
    )


async def set_channels(
    person: PersonName,
    /,
    *,
    channel: Channels = (),
    sender: Sender,
) -> None:
    """Say how notices reach a person from now on; by none, if no channel is given."""
    await send(c.SetChannels(**envelope(sender), person=person, channels=channel), sender)


async def erase_person(
    person: PersonName,
    /,
    *,
    reason: Annotated[str, Parameter(help="Why; goes into the log, so it names nobody.")],
    sender: Sender,
) -> None:
    """Forget name, addresses and salts of a person for good. What they did stays, under their id."""
    command = c.ErasePerson(**envelope(sender), person=person, reason=reason)
    async with open_session(settings_of(sender.folder)) as session:
        try:
            recorded = await record(session.handler, command)
        except Refused as refused:
            # What a registration left that was never recorded is on file all the same.
            if refused.rejection != Code.UNKNOWN or not await session.persons.erase(person):
                raise
            _erased_unrecorded(person, sender)
            return
        erased = await session.persons.erase(person)
        try:
            now = datetime.now(UTC)
            receipt = await receipt_of(session.store, session.persons, person, None, now)
        except HalfErased as error:  # somebody put a name there meanwhile
            raise NotAsRecorded(str(error)) from error
    answer(command, recorded, sender, erased=erased, receipt=receipt)
    if not sender.json:
        told = f"receipt: `remit audit receipt {plain(person)}`, with proof once a checkpoint covers it"
        console.print(told, soft_wrap=True)


def add_to(app: App) -> None:
    for verb in (register_person, change_person, webhook_secret, set_channels, erase_person):
        app.command(verb, group=group)


def _erased_unrecorded(person: str, sender: Sender) -> None:
    if sender.json:
        print_json({"erased": True})
    else:
        told = f"the log knows no {plain(person)}; what was on file of them is erased"
        console.print(told, soft_wrap=True)


@dataclass(frozen=True)
class _Details:
    """What is to be kept of a person."""

    person: str
    name: str
    addresses: Addresses

    def kept(self, webhook_secret: str | None) -> Person:
        """With a salt of its own."""
        return Person(
            person_id=self.person,
            name=self.name,
            email=self.addresses.email,
            webhook_url=self.addresses.webhook_url,
            webhook_secret=webhook_secret,
            apprise_url=self.addresses.apprise_url,
            salt=secrets.token_bytes(SALT_BYTES),
        )

    def said_by(self, kept: Person) -> bool:
        """Whether nothing of it is otherwise there."""
        asked = self.kept(self.addresses.webhook_secret or kept.webhook_secret)
        return replace(asked, salt=kept.salt) == kept


async def _committed(
    command_with: Callable[[str], c.DirectoryCommand], details: _Details, sender: Sender
) -> None:
    """Kept before the log takes the commitment, so that none is without its salt."""
    async with open_session(settings_of(sender.folder)) as session:
        known = await _sent_before(session, details, sender.command_id)
        if known is not None:
            command = command_with(known.commitment)
            answer(command, await record(session.handler, command), sender)
            return
        kept = details.kept(await _webhook_secret(session, details))
        command = command_with(kept.commitment)
        await session.persons.put(kept)
        try:
            recorded = await record(session.handler, command)
        except Refused:
            await session.persons.take_back(kept)
            raise
    answer(command, recorded, sender)


async def _webhook_secret(session: Session, details: _Details) -> str | None:
    """The one given, else the one on file, else a new one; none without a webhook."""
    if details.addresses.webhook_url is None:
        return None
    if details.addresses.webhook_secret is not None:
        return details.addresses.webhook_secret
    on_file = await person_on_file(session, details.person)
    return (on_file and on_file.webhook_secret) or new_webhook_secret()


async def _sent_before(
    session: Session, details: _Details, command_id: str | None
) -> Person | None:
    """The row that an earlier attempt committed to, if it said the same: then it is the same command."""
    if command_id is None:
        return None
    stored = await session.store.read_stream(DIRECTORY_STREAM)
    sent = next((event for event in stored if event.command_id == command_id), None)
    event = event_of(sent) if sent is not None else None
    if not isinstance(event, PersonRegistered | PersonCommitted):
        return None
    found = (await session.persons.get({event.person: event.commitment})).get(details.person)
    return found if found is not None and details.said_by(found) else None
