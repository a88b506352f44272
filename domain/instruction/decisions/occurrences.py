"""What a recurrence issues: an instruction that is assigned from the start."""

from dataclasses import replace
from functools import reduce

from domain.instruction import events as e
from domain.instruction.commands import Assign, IssueAsOccurrence
from domain.instruction.decisions.assignment import assign
from domain.instruction.decisions.context import Context
from domain.instruction.decisions.issuing import issue
from domain.instruction.evolution import evolve
from domain.instruction.state import InstructionState, Unissued
from domain.outcomes import Rejected


def issue_as_occurrence(
    command: IssueAsOccurrence, ctx: Context
) -> tuple[e.InstructionEvent, ...] | Rejected:
    """Nobody does it at that moment: it is the system's deed on behalf of the issuer, whose officer
    started the recurrence.
    """
    by = ctx.by.model_copy(update={"on_behalf_of": command.issuer})
    ctx = replace(ctx, by=by)
    issued = issue(command, ctx)
    if isinstance(issued, Rejected):
        return issued
    nothing: InstructionState = Unissued()
    state = reduce(evolve, issued, nothing)
    assert not isinstance(state, Unissued)
    charged = Assign(
        command_id=command.command_id,
        actor=command.actor,
        instruction=command.instruction,
        lead=command.lead,
        co_assignees=command.co_assignees,
    )
    assigned = assign(charged, state.record, ctx)
    return assigned if isinstance(assigned, Rejected) else (*issued, assigned)
