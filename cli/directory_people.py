"""Keeping the directory: people, whose names and addresses stay outside the log."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import App, Parameter

from audit.erasure import HalfErased
from audit.erasure import receipt as receipt_of
from cli.addresses import NO_ADDRESSES, Addresses, webhook_secret
from cli.arguments import PersonName
from cli.directory import group
from cli.directory_record import answer, outcome_of, recorded, send
from cli.envelope import envelope
from cli.errors import NotAsRecorded
from cli.options import Sender
from cli.output import console, plain, print_json
from cli.session import open_session, settings_of
from domain.directory import commands as c
from domain.outcomes import Rejected
from operators.people import PersonDetails, erase, put_on_file

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
        _details(person, name, addresses),
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
        _details(person, name, addresses),
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
        done = await erase(
            session.persons, command, lambda command: outcome_of(session.handler, command)
        )
        # What a registration left that was never recorded is on file all the same.
        if isinstance(done.outcome, Rejected) and done.erased:
            _erased_unrecorded(person, sender)
            return
        on_record = recorded(done.outcome)
        try:
            now = datetime.now(UTC)
            receipt = await receipt_of(session.store, session.persons, person, None, now)
        except HalfErased as error:  # somebody put a name there meanwhile
            raise NotAsRecorded(str(error)) from error
    answer(command, on_record, sender, erased=done.erased, receipt=receipt)
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


def _details(person: str, name: str, addresses: Addresses) -> PersonDetails:
    """Raises `UsageError` if an address is none."""
    checked = addresses.checked()
    return PersonDetails(
        person=person,
        name=name,
        email=checked.email,
        webhook_url=checked.webhook_url,
        webhook_secret=checked.webhook_secret,
        apprise_url=checked.apprise_url,
    )


async def _committed(
    command_with: Callable[[str], c.DirectoryCommand], details: PersonDetails, sender: Sender
) -> None:
    async with open_session(settings_of(sender.folder)) as session:
        command, outcome = await put_on_file(
            session.store,
            session.persons,
            await session.handler.directory(),
            details,
            command_with,
            lambda command: session.handler.preview(command, datetime.now(UTC)),
            lambda command: outcome_of(session.handler, command),
            command_id=sender.command_id,
        )
    answer(command, recorded(outcome), sender)
