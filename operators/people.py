"""Putting a person's name and addresses on file, and erasing them: outside the log, in step with it.

What is kept is kept before the log takes its commitment, so that no commitment is without its salt; what the rules would
refuse is not kept, and what the log refuses nevertheless is taken back.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from domain.directory.commands import DirectoryCommand, ErasePerson
from domain.directory.commitment import SALT_BYTES
from domain.directory.events import PersonCommitted, PersonRegistered
from domain.directory.state import Directory
from domain.identifiers import DIRECTORY_STREAM, CommandId, PersonId
from domain.outcomes import Outcome, Rejected
from domain.rejections import Code
from eventstore.addresses import new_webhook_secret
from eventstore.codec import AnyEvent, event_of
from eventstore.persons import Person, PersonStore
from eventstore.protocol import EventStore

Record = Callable[[DirectoryCommand], Awaitable[Outcome]]
"""Has a command recorded. What it raises leaves the outcome unknown."""
Preview = Callable[[DirectoryCommand], Awaitable[Sequence[AnyEvent] | Rejected]]
"""What the rules would say to a command."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonDetails:
    """What is to be kept of a person. Addresses are such as `eventstore.addresses` accepts."""

    person: PersonId
    name: str
    email: str | None = None
    webhook_url: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    """None: the one on file, else a new one."""
    apprise_url: str | None = field(default=None, repr=False)

    def kept(self, webhook_secret: str | None) -> Person:
        """With a salt of its own."""
        return Person(
            person_id=self.person,
            name=self.name,
            email=self.email,
            webhook_url=self.webhook_url,
            webhook_secret=webhook_secret,
            apprise_url=self.apprise_url,
            salt=secrets.token_bytes(SALT_BYTES),
        )

    def said_by(self, kept: Person) -> bool:
        """Whether nothing of it is otherwise there."""
        asked = self.kept(self.webhook_secret or kept.webhook_secret)
        return replace(asked, salt=kept.salt) == kept


async def put_on_file(
    store: EventStore,
    persons: PersonStore,
    directory: Directory,
    details: PersonDetails,
    command_with: Callable[[str], DirectoryCommand],
    preview: Preview,
    record: Record,
    *,
    command_id: CommandId | None,
) -> tuple[DirectoryCommand, Outcome]:
    """Keep it, and have the command recorded that commits to it.

    Args:
        command_with: makes the command, of the commitment.
        command_id: the command's, where it may have been sent before: then it is the same command, if the details
            are the same.
    """
    again = await recorded_before(store, persons, details, command_with, command_id)
    if again is not None:
        return again, await record(again)
    command, outcome = await _anew(persons, directory, details, command_with, preview, record)
    if isinstance(outcome, Rejected) and outcome.code == Code.COMMAND_ID_REUSED:
        # The same may have been under way, with another salt: it is on record by now.
        again = await recorded_before(store, persons, details, command_with, command_id)
        if again is not None:
            return again, await record(again)
    return command, outcome


async def recorded_before(
    store: EventStore,
    persons: PersonStore,
    details: PersonDetails,
    command_with: Callable[[str], DirectoryCommand],
    command_id: CommandId | None,
) -> DirectoryCommand | None:
    """The command as it was recorded under this id, if it was, and said the same of the person."""
    if command_id is None:
        return None
    stored = await store.read_stream(DIRECTORY_STREAM)
    sent = next((event for event in stored if event.command_id == command_id), None)
    event = event_of(sent) if sent is not None else None
    if not isinstance(event, PersonRegistered | PersonCommitted):
        return None
    found = (await persons.get({event.person: event.commitment})).get(details.person)
    if found is None or not details.said_by(found):
        return None
    return command_with(found.commitment)


async def _anew(
    persons: PersonStore,
    directory: Directory,
    details: PersonDetails,
    command_with: Callable[[str], DirectoryCommand],
    preview: Preview,
    record: Record,
) -> tuple[DirectoryCommand, Outcome]:
    kept = details.kept(await _webhook_secret(persons, directory, details))
    command = command_with(kept.commitment)
    foreseen = await preview(command)
    if isinstance(foreseen, Rejected):  # who may not leaves nothing on file
        return command, foreseen
    # Whoever asked may be gone before the log has answered: what it then refuses is taken back all the same.
    return command, await asyncio.shield(_recorded(persons, kept, command, record))


async def _recorded(
    persons: PersonStore, kept: Person, command: DirectoryCommand, record: Record
) -> Outcome:
    await persons.put(kept)
    outcome = await record(command)
    if isinstance(outcome, Rejected):
        await persons.take_back(kept)
    return outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Erasure:
    """What became of an erasure."""

    outcome: Outcome
    """The log refuses it, as unknown, also where there was something on file that was never recorded."""
    erased: bool
    """Something was on file, and is no more."""


async def erase(persons: PersonStore, command: ErasePerson, record: Record) -> Erasure:
    """Have the erasure recorded, and forget all that is on file of the person.

    What a registration left on file that was never recorded goes too.
    """
    # Whoever asked may be gone before the log has answered: what it recorded as erased is forgotten all the same.
    return await asyncio.shield(_erased(persons, command, record))


async def _erased(persons: PersonStore, command: ErasePerson, record: Record) -> Erasure:
    outcome = await record(command)
    if isinstance(outcome, Rejected) and outcome.code != Code.UNKNOWN:
        return Erasure(outcome=outcome, erased=False)
    return Erasure(outcome=outcome, erased=await persons.erase(command.person))


async def on_file(persons: PersonStore, directory: Directory, person: PersonId) -> Person | None:
    """What is kept of a person by what the log now commits to; None of one unknown or erased."""
    commitment = directory.commitments.get(person)
    if commitment is None:
        return None
    return (await persons.get({person: commitment})).get(person)


async def _webhook_secret(
    persons: PersonStore, directory: Directory, details: PersonDetails
) -> str | None:
    """The one given, else the one on file, else a new one; none without a webhook."""
    if details.webhook_url is None:
        return None
    if details.webhook_secret is not None:
        return details.webhook_secret
    found = await on_file(persons, directory, details.person)
    return (found and found.webhook_secret) or new_webhook_secret()
