"""How a verb on the directory or a programme is recorded: they have no workflow, it goes to the log at once."""

from datetime import UTC, datetime

from cli.errors import OutOfReach, Refused
from cli.options import Sender
from cli.output import print_json, print_recorded, recorded_json
from cli.session import open_session, settings_of
from domain.attribution import Command
from domain.directory.commands import DirectoryCommand
from domain.outcomes import Outcome, Recorded, Rejected
from eventstore.connections import DATABASE_LOST
from eventstore.handle import CommandHandler
from eventstore.protocol import AppendFailed


async def record(handler: CommandHandler, command: Command) -> Recorded:
    """Have it recorded.

    Raises:
        Refused: by a rule; nothing was written.
        OutOfReach: the database stopped answering, and the outcome is unknown.
    """
    return recorded(await outcome_of(handler, command))


async def outcome_of(handler: CommandHandler, command: Command) -> Outcome:
    """Raises `OutOfReach` if the database stopped answering."""
    try:
        return await handler.handle(command, datetime.now(UTC))
    except (AppendFailed, *DATABASE_LOST) as error:
        raise OutOfReach(
            f"the database stopped answering: {error}; the outcome is unknown. To send it again: "
            f"--command-id {command.command_id}"
        ) from error


def recorded(outcome: Outcome) -> Recorded:
    """Raises `Refused` if a rule refused it."""
    if isinstance(outcome, Rejected):
        raise Refused(outcome.code, outcome.message, outcome.field)
    return outcome


async def send(command: DirectoryCommand, sender: Sender) -> None:
    """Record and answer. Raises `Refused` if a rule refuses it."""
    async with open_session(settings_of(sender.folder)) as session:
        done = await record(session.handler, command)
    answer(command, done, sender)


def answer(command: DirectoryCommand, done: Recorded, sender: Sender, **told: object) -> None:
    """Say that it is recorded; `told` is what JSON says besides."""
    if sender.json:
        print_json({**recorded_json(command, done), **told})
    else:
        print_recorded(command, done)
