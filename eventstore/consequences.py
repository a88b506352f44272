"""What a command leads to in other streams than its own, recorded in the same append or not at all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.attribution import Command
from domain.directory.state import Directory
from domain.instruction.commands import InstructionCommand
from domain.instruction.decisions.parts import founded_with as part_founded_with
from domain.recurrence.commands import CheckRecurrence
from domain.recurrence.issuing import founded_with as occurrence_founded_with
from eventstore.codec import AnyEvent


def consequences(
    command: Command,
    events: Sequence[AnyEvent],
    state: Any,
    directory: Directory,
    at: datetime,
) -> tuple[Command, ...]:
    """The commands that must be recorded together with this one, each in another stream.

    Args:
        events: what the command led to in its own stream.
        state: its own stream's, after them.
    """
    if not events:
        return ()
    match command:
        case InstructionCommand():
            other = part_founded_with(command, state)
        case CheckRecurrence():
            other = occurrence_founded_with(command.command_id, events, state, directory, at)
        case _:
            other = None
    return () if other is None else (other,)


def may_settle(command: Command) -> bool:
    """Whether the command's own rules have an answer where one of its consequences is refused. Else the
    refusal is the command's.
    """
    return isinstance(command, CheckRecurrence)
