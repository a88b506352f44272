"""Keeping the directory: people, whose names and addresses stay outside the log."""

import secrets
from typing import Annotated

from cyclopts import App, Parameter

from cli.directory import PersonName, group
from cli.directory_record import answer, envelope, record, send
from cli.errors import Refused
from cli.options import Sender
from cli.session import open_session, settings_of
from domain.directory import commands as c
from domain.directory.commitment import SALT_BYTES
from eventstore.persons import Person

Channels = Annotated[
    tuple[str, ...], Parameter(help="How notices reach them, such as log or email.", negative="")
]
Name = Annotated[str, Parameter(help="Name; stays outside the log.")]
Email = Annotated[str | None, Parameter(help="E-mail address; stays outside the log.")]


async def register_person(
    person: PersonName,
    /,
    *,
    name: Name,
    email: Email = None,
    channel: Channels = ("log",),
    sender: Sender,
) -> None:
    """Make a person known by an opaque id. The log takes a commitment, and no name."""
    kept = _new(person, name, email)
    command = c.RegisterPerson(
        **envelope(sender), person=person, commitment=kept.commitment, channels=channel
    )
    await _committed(command, kept, sender)


async def change_person(
    person: PersonName, /, *, name: Name, email: Email = None, sender: Sender
) -> None:
    """Put another name or address of a person on file; the log takes a new commitment."""
    kept = _new(person, name, email)
    command = c.ReplacePersonDetails(**envelope(sender), person=person, commitment=kept.commitment)
    await _committed(command, kept, sender)


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
        recorded = await record(session, command)
        erased = await session.persons.erase(person)
    answer(command, recorded, sender, erased=erased)


def add_to(app: App) -> None:
    for verb in (register_person, change_person, set_channels, erase_person):
        app.command(verb, group=group)


def _new(person: str, name: str, email: str | None) -> Person:
    """With a salt of its own."""
    salt = secrets.token_bytes(SALT_BYTES)
    return Person(person_id=person, name=name, email=email, salt=salt)


async def _committed(command: c.DirectoryCommand, kept: Person, sender: Sender) -> None:
    """Kept before the log takes the commitment, so that none is without its salt."""
    async with open_session(settings_of(sender.folder)) as session:
        await session.persons.put(kept)
        try:
            recorded = await record(session, command)
        except Refused:
            await session.persons.take_back(kept)
            raise
    answer(command, recorded, sender)
