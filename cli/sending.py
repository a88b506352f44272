"""Sending one command to an instruction or a recurrence, and waiting for what became of it."""

from cli.errors import OutOfReach, Refused
from cli.session import connect_temporal
from domain.instruction.commands import ClientCommand
from domain.outcomes import Recorded, Rejected
from domain.recurrence.commands import RecurrenceClientCommand
from settings import Settings
from workflows.client import CommandSender, NoAnswer


async def send(number: str, command: ClientCommand, settings: Settings) -> Recorded:
    """Have it recorded.

    Raises:
        Refused: by a rule; nothing was written.
        OutOfReach: Temporal did not answer, or the outcome is unknown.
    """
    try:
        return await send_to(command, settings)
    except Refused as error:
        message = str(error).replace(command.instruction, number)  # what the user knows it by
        raise Refused(error.rejection, message, error.field) from error


async def send_to(command: ClientCommand | RecurrenceClientCommand, settings: Settings) -> Recorded:
    """The same, for a command whose refusal names nothing by its stream."""
    client = await connect_temporal(settings)
    try:
        outcome = await CommandSender(client, settings.temporal_task_queue).send(command)
    except NoAnswer as error:
        raise OutOfReach(f"{error}. To send it again: --command-id {command.command_id}") from error
    if isinstance(outcome, Rejected):
        raise Refused(outcome.code, outcome.message, outcome.field)
    return outcome
