"""What is assigned from the start: what a recurrence issues, and a part for which its lead is named."""

from dataclasses import replace
from functools import reduce

from domain.instruction import events as e
from domain.instruction.commands import Assign, IssueAsOccurrence, IssueAsPart
from domain.instruction.decisions.assignment import assign
from domain.instruction.decisions.context import Context
from domain.instruction.decisions.issuing import issue
from domain.instruction.evolution import evolve
from domain.instruction.state import Unissued
from domain.outcomes import Rejected


def issue_and_assign(
    command: IssueAsPart | IssueAsOccurrence, ctx: Context
) -> tuple[e.InstructionEvent, ...] | Rejected:
    """Of an occurrence nobody does it at that moment: it is the system's deed on behalf of the issuer, whose
    officer started the recurrence.
    """
    helpers = ()
    if isinstance(command, IssueAsOccurrence):
        by = ctx.by.model_copy(update={"on_behalf_of": command.issuer})
        ctx, helpers = replace(ctx, by=by), command.co_assignees
    issued = issue(command, ctx)
    if isinstance(issued, Rejected) or command.lead is None:
        return issued
    state = reduce(evolve, issued, Unissued())
    assert not isinstance(state, Unissued)
    charge = Assign(
        command_id=command.command_id,
        actor=command.actor,
        instruction=command.instruction,
        lead=command.lead,
        co_assignees=helpers,
    )
    assigned = assign(charge, state.record, ctx)
    return assigned if isinstance(assigned, Rejected) else (*issued, assigned)
