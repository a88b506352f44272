"""What operators decide about escalations."""

from datetime import datetime

from domain.instruction import events as e
from domain.instruction.commands import (
    AcknowledgeEscalation,
    Deescalate,
    Escalate,
    Snooze,
)
from domain.instruction.decisions.context import Context
from domain.instruction.recipients import target_bodies, target_offices
from domain.instruction.state import Begun, KnownState, Record
from domain.outcomes import Rejected
from domain.rejections import Code, invalid, rejected


def escalate(command: Escalate, record: Record, ctx: Context) -> e.Escalated | Rejected:
    bodies = target_bodies(command.to, record, ctx.facts.directory)
    if not bodies:
        return invalid("to", f"this instruction has no {command.to}; escalate to another")
    body, *others = bodies
    if body not in ctx.facts.directory.bodies:
        return rejected(Code.UNKNOWN, f"no body {body} is known; register the body first", "to")
    return e.Escalated(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        to=command.to,
        body=body,
        others=tuple(others),
        reason=command.reason,
        notices=ctx.tell(e.Escalated, bodies, target_offices(command.to)),
    )


def acknowledge_escalation(
    command: AcknowledgeEscalation, record: Record, ctx: Context
) -> e.EscalationAcknowledged | Rejected:
    del record
    refusal = _ahead(command.until, ctx)
    if refusal is not None:
        return refusal
    return e.EscalationAcknowledged(occurred_at=ctx.occurred_at, by=ctx.by, until=command.until)


def snooze(command: Snooze, record: Record, ctx: Context) -> e.EscalationSnoozed | Rejected:
    """Unlike an acknowledgement it may come before anything was escalated."""
    del record
    refusal = _ahead(command.until, ctx)
    if refusal is not None:
        return refusal
    return e.EscalationSnoozed(
        occurred_at=ctx.occurred_at, by=ctx.by, until=command.until, reason=command.reason
    )


def _ahead(until: datetime, ctx: Context) -> Rejected | None:
    if until > ctx.occurred_at:
        return None
    return invalid("until", "the moment lies in the past; say until when to keep silent")


def deescalate(
    command: Deescalate, state: KnownState, ctx: Context
) -> tuple[e.Deescalated | e.InstructionAssigned, ...] | Rejected:
    record = state.record
    ended = e.Deescalated(occurred_at=ctx.occurred_at, by=ctx.by, reason=command.reason)
    if not command.give_back:
        return (ended,)
    before = record.escalation.taken_from
    if before is None or record.lead is None:
        return invalid("give_back", "no escalation took the assignment; there is none to give back")
    if not isinstance(state, Begun):
        return invalid("give_back", "it is reported as done; have it returned or withdrawn first")
    for body in before.leads:
        refusal = ctx.chargeable(body, "give_back")
        if refusal is not None:
            return refusal
    given_back = e.InstructionAssigned(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        lead=before.lead,
        joint_leads=before.joint_leads,
        co_assignees=before.co_assignees,
        scheduled_from=ctx.at,
        notices=ctx.tell(
            e.InstructionAssigned, (*before.leads, *before.co_assignees, *record.leads)
        ),
    )
    return (ended, given_back)
