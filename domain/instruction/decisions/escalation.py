"""What operators decide about escalations, and whom an escalation reaches."""

from datetime import datetime

from domain.directory.events import OfficeKind
from domain.directory.state import ACTING, Directory
from domain.identifiers import BodyId
from domain.instruction import events as e
from domain.instruction.commands import (
    AcknowledgeEscalation,
    Deescalate,
    Escalate,
    Snooze,
)
from domain.instruction.decisions.context import Context
from domain.instruction.state import Record
from domain.outcomes import Rejected
from domain.policies import Target
from domain.rejections import Code, invalid, rejected

_HEAD: frozenset[OfficeKind] = frozenset({"head"})


def target_body(to: Target, record: Record, directory: Directory) -> BodyId | None:
    """The body an escalation's target stands for; None if the instruction has none such."""
    match to:
        case "lead":
            return record.lead
        case "controller":
            return record.controller
        case "issuer" | "issuer-head":
            return record.issuer
        case "superior":
            lead = directory.bodies.get(record.lead) if record.lead else None
            return lead.parent if lead else None
        case _:
            return to.removeprefix("body:")


def target_offices(to: Target) -> frozenset[OfficeKind]:
    """The kinds of office told: the head alone where the target says so."""
    return _HEAD if to == "issuer-head" else ACTING


def escalate(command: Escalate, record: Record, ctx: Context) -> e.Escalated | Rejected:
    body = target_body(command.to, record, ctx.facts.directory)
    if body is None:
        return invalid("to", f"this instruction has no {command.to}; escalate to another")
    if body not in ctx.facts.directory.bodies:
        return rejected(Code.UNKNOWN, f"no body {body} is known; register the body first", "to")
    return e.Escalated(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        to=command.to,
        body=body,
        reason=command.reason,
        notices=ctx.tell(e.Escalated, (body,), target_offices(command.to)),
    )


def acknowledge_escalation(
    command: AcknowledgeEscalation, record: Record, ctx: Context
) -> e.EscalationAcknowledged | Rejected:
    if not record.escalation.raised:
        return _nothing_escalated()
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


def deescalate(command: Deescalate, record: Record, ctx: Context) -> e.Deescalated | Rejected:
    if not record.escalation.raised:
        return _nothing_escalated()
    return e.Deescalated(occurred_at=ctx.occurred_at, by=ctx.by, reason=command.reason)


def _nothing_escalated() -> Rejected:
    return rejected(Code.NO_ESCALATION, "no escalation stands; there is nothing to silence")
