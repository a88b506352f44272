"""Who answers for it, who helps, who controls and who looks on."""

from domain.identifiers import BodyId
from domain.instruction import events as e
from domain.instruction.commands import (
    Acknowledge,
    Assign,
    Decline,
    Reassign,
    SetController,
    SetObservers,
)
from domain.instruction.decisions.context import Context
from domain.instruction.state import KnownState, Record, Reported
from domain.outcomes import Rejected
from domain.rejections import invalid


def assign(
    command: Assign | Reassign, record: Record, ctx: Context
) -> e.InstructionAssigned | Rejected:
    """Told are those named, and those who were until now."""
    leads = (command.lead, *command.joint_leads)
    for body, name in (
        (command.lead, "lead"),
        *((body, "joint_leads") for body in command.joint_leads),
        *((body, "co_assignees") for body in command.co_assignees),
    ):
        refusal = ctx.chargeable(body, name)
        if refusal is not None:
            return refusal
    both = next((body for body in command.co_assignees if body in leads), None)
    if both is not None:
        return invalid("co_assignees", f"{both} is the lead already; leave it out")
    refusal = _named_once(leads, "joint_leads") or _named_once(command.co_assignees, "co_assignees")
    if refusal is not None:
        return refusal
    if isinstance(command, Reassign) and _same(command, record):
        return invalid("lead", f"{command.lead} and its helpers are as they were; name others")
    before = (*record.leads, *record.co_assignees)
    return e.InstructionAssigned(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        lead=command.lead,
        joint_leads=command.joint_leads,
        co_assignees=command.co_assignees,
        scheduled_from=ctx.at,
        notices=ctx.tell(e.InstructionAssigned, (*leads, *command.co_assignees, *before)),
    )


def _same(command: Reassign, record: Record) -> bool:
    leads = (command.lead, *command.joint_leads)
    return (leads, command.co_assignees) == (record.leads, record.co_assignees)


def acknowledge(command: Acknowledge, record: Record, ctx: Context) -> e.AssignmentAcknowledged:
    """Joint leads take note each for itself."""
    del command, record
    return e.AssignmentAcknowledged(occurred_at=ctx.occurred_at, by=ctx.by)


def decline(command: Decline, record: Record, ctx: Context) -> e.AssignmentDeclined:
    """A joint assignment stands or falls as one: where a side declines, it has to be assigned anew."""
    others = (body for body in record.leads if body != ctx.by.on_behalf_of)
    return e.AssignmentDeclined(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        reason=command.reason,
        notices=ctx.tell(
            e.AssignmentDeclined, (record.issuer, record.controller, *others, *record.co_assignees)
        ),
    )


def set_controller(
    command: SetController, state: KnownState, ctx: Context
) -> e.ControllerSet | Rejected:
    body = command.controller
    if body is None and isinstance(state, Reported):
        return invalid("controller", "a report waits to be accepted; name another controller")
    refusal = ctx.chargeable(body, "controller") if body is not None else None
    if refusal is not None:
        return refusal
    if body == state.record.controller:
        return invalid("controller", f"the controller is {body or 'nobody'} already")
    return e.ControllerSet(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        controller=body,
        notices=ctx.tell(e.ControllerSet, (body, state.record.controller, *state.record.leads)),
    )


def set_observers(command: SetObservers, record: Record, ctx: Context) -> e.ObserversSet | Rejected:
    del record
    for body in command.observers:
        refusal = ctx.chargeable(body, "observers")
        if refusal is not None:
            return refusal
    refusal = _named_once(command.observers, "observers")
    if refusal is not None:
        return refusal
    return e.ObserversSet(occurred_at=ctx.occurred_at, by=ctx.by, observers=command.observers)


def _named_once(bodies: tuple[BodyId, ...], field: str) -> Rejected | None:
    twice = [body for body in bodies if bodies.count(body) > 1]
    return invalid(field, f"{twice[0]} is named twice; name it once") if twice else None
