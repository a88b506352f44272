"""What a command leads to in other streams than its own, recorded in the same append or not at all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.attribution import Command
from domain.directory.state import Directory
from domain.instruction.commands import FollowWhole, InstructionCommand
from domain.instruction.decisions.parts import founded_with as part_founded_with
from domain.instruction.decisions.parts import told_to_the_whole
from domain.instruction.decisions.tree import done_to_the_parts
from domain.outcomes import Rejected
from domain.recurrence.commands import CheckRecurrence
from domain.recurrence.issuing import founded_with as occurrence_founded_with
from domain.rejections import Code, rejected
from eventstore.codec import AnyEvent

MOST_STREAMS = 300
"""In one append, at most: it holds the log's one lock while it writes them."""


def consequences(
    command: Command,
    events: Sequence[AnyEvent],
    before: Any,
    state: Any,
    directory: Directory,
    at: datetime,
) -> tuple[Command, ...]:
    """The commands that must be recorded together with this one, each in another stream. They may have
    consequences of their own.

    Args:
        events: what the command led to in its own stream.
        before: its own stream's state before them, and
        state: after them.
    """
    match command:
        case FollowWhole():  # also below what it leaves as it is
            others = (
                told_to_the_whole(command, events, state),
                *done_to_the_parts(command, events, before, state),
            )
        case InstructionCommand() if events:
            others = (
                part_founded_with(command, events, state),
                told_to_the_whole(command, events, state),
                *done_to_the_parts(command, events, before, state),
            )
        case CheckRecurrence() if events:
            others = (occurrence_founded_with(command.command_id, events, state, directory, at),)
        case _:
            others = ()
    return tuple(other for other in others if other is not None)


def too_many() -> Rejected:
    return rejected(
        Code.TOO_MANY_PARTS,
        f"with its parts these are more than {MOST_STREAMS} instructions, too many to do at once; do it "
        "to the parts first, in bulk, then to this one without them",
        "with_parts",
    )


def may_settle(command: Command) -> bool:
    """Whether the command's own rules have an answer where one of its consequences is refused. Else the
    refusal is the command's.
    """
    return isinstance(command, CheckRecurrence)
