"""Sub-instructions: the lead charges others with parts of what it answers for itself."""

from domain.identifiers import instruction_id
from domain.instruction import events as e
from domain.instruction.commands import InstructionCommand, IssueAsPart, IssueSubInstruction
from domain.instruction.decisions.context import Context
from domain.instruction.state import InstructionState, Record, Unissued
from domain.outcomes import Rejected
from domain.rejections import invalid


def issue_sub_instruction(
    command: IssueSubInstruction, record: Record, ctx: Context
) -> e.SubInstructionIssued | Rejected:
    """This half; the other one is decided by the part's own rules (`founded_with`)."""
    if command.number == record.number:
        return invalid("number", "the part needs a number of its own")
    return e.SubInstructionIssued(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        part=instruction_id(command.number),
        number=command.number,
    )


def founded_with(command: InstructionCommand, state: InstructionState) -> IssueAsPart | None:
    """The command that must be recorded together with this one, or neither.

    The part's issuer is the lead, who charges; its controller too, if no other is named.
    """
    if not isinstance(command, IssueSubInstruction) or isinstance(state, Unissued):
        return None
    record = state.record
    if record.lead is None:
        return None  # refused: nobody can act for a lead that is not there
    return IssueAsPart(
        command_id=command.command_id,
        actor=command.actor,
        on_behalf_of=command.on_behalf_of,
        identity=command.identity,
        backdated=command.backdated,
        instruction=instruction_id(command.number),
        number=command.number,
        text=command.text,
        issuer=record.lead,
        deadline=command.deadline,
        zone=record.deadline.zone,
        controller=command.controller or record.lead,
        policy=record.policy,
        parent=command.instruction,
    )
