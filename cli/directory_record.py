"""How a verb on the directory is recorded and answered. It has no workflow: it goes to the log at once."""

from datetime import UTC, datetime
from typing import TypedDict
from uuid import uuid4

from cli.errors import Refused
from cli.options import Sender
from cli.output import print_json, print_recorded
from cli.session import Session, open_session, settings_of
from domain.attribution import Identity
from domain.directory.commands import DirectoryCommand
from domain.outcomes import Recorded, Rejected


class Envelope(TypedDict):
    command_id: str
    actor: str
    on_behalf_of: str | None
    identity: Identity


def envelope(sender: Sender) -> Envelope:
    return Envelope(
        command_id=str(uuid4()) if sender.command_id is None else sender.command_id,
        actor=sender.actor,
        on_behalf_of=sender.on_behalf_of,
        identity=Identity(kind="asserted", method="command-line"),
    )


async def record(session: Session, command: DirectoryCommand) -> Recorded:
    """Raises `Refused` if a rule refuses it."""
    outcome = await session.handler.handle(command, datetime.now(UTC))
    if isinstance(outcome, Rejected):
        raise Refused(outcome.code, outcome.message, outcome.field)
    return outcome


async def send(command: DirectoryCommand, sender: Sender) -> None:
    """Record and answer. Raises `Refused` if a rule refuses it."""
    async with open_session(settings_of(sender.folder)) as session:
        recorded = await record(session, command)
    answer(command, recorded, sender)


def answer(command: DirectoryCommand, recorded: Recorded, sender: Sender, **told: object) -> None:
    """Say that it is recorded; `told` is what JSON says besides."""
    if sender.json:
        fields = recorded.model_dump(mode="json")
        print_json({"command_id": command.command_id, **fields, **told})
    else:
        print_recorded(command, recorded)
