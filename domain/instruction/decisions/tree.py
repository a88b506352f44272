"""What is done to an instruction with its parts: cancelled, suspended or resumed along the tree."""

from collections.abc import Sequence

from domain.attribution import Event
from domain.instruction import events as e
from domain.instruction.commands import (
    Cancel,
    FollowWhole,
    InstructionCommand,
    Resume,
    Suspend,
)
from domain.instruction.compound import open_or_above_open
from domain.instruction.decisions.context import Context
from domain.instruction.decisions.standing import cancel, parts_cancelled, resume, suspend
from domain.instruction.state import InstructionState, KnownState, OpenState, Suspended, is_closed
from domain.outcomes import Rejected


def follow_whole(
    command: FollowWhole, state: KnownState, ctx: Context
) -> tuple[e.InstructionEvent, ...] | Rejected:
    """Nothing for a part that is suspended already, or was suspended for a reason of its own; nor for one that
    is closed, but that its own parts are cancelled.
    """
    match command.action:
        case "cancel":
            if is_closed(state):
                return parts_cancelled(state.record, ctx)
            return cancel(command, state.record, ctx)
        case "suspend":
            return (suspend(command, state.record, ctx),) if isinstance(state, OpenState) else ()
        case "resume":
            if not (isinstance(state, Suspended) and state.because_of in command.lifts):
                return ()
            return resume(command, state, ctx)


def done_to_the_parts(
    command: InstructionCommand,
    events: Sequence[Event],
    before: InstructionState,
    state: KnownState,
) -> tuple[FollowWhole, ...]:
    """The commands to the parts that must be recorded together with this one, or none of them. Also to a
    closed part that may have open ones below it.

    Args:
        before: how the instruction stood before the events, and
        state: how it stands after them.
    """
    if isinstance(command, FollowWhole):
        first = command
    elif isinstance(command, Cancel | Suspend | Resume) and command.with_parts:
        first = _first(command, events, before)
    else:
        return ()
    closed_now = {event.part for event in events if isinstance(event, e.PartClosed)}
    along = {part.instruction for part in open_or_above_open(state.record)}
    reached = [p.instruction for p in state.record.parts if p.instruction in closed_now | along]
    return tuple(first.model_copy(update={"instruction": part}) for part in reached)


def _first(
    command: Cancel | Suspend | Resume, events: Sequence[Event], before: InstructionState
) -> FollowWhole:
    """What is suspended because of the instruction is resumed with it; and, if it was suspended with a
    whole of its own, what that suspended below it too.
    """
    done = next(ev for ev in events if isinstance(ev, e.Cancelled | e.Suspended | e.Resumed))
    above = before.because_of if isinstance(before, Suspended) else None
    lifts = (command.instruction, *((above,) if above else ()))
    match command:
        case Cancel():
            action, lifts = "cancel", ()
        case Suspend():
            action, lifts = "suspend", ()
        case Resume():
            action = "resume"
    return FollowWhole(
        command_id=command.command_id,
        actor=command.actor,
        instruction=command.instruction,
        backdated=command.backdated,
        action=action,
        reason="" if isinstance(command, Resume) else command.reason,
        because_of=command.instruction,
        lifts=lifts,
        by=done.by,
    )
