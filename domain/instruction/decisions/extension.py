"""Asking for a later deadline, and the answer."""

from datetime import datetime

from domain.deadline import Deadline, DeadlineRequest
from domain.instruction import events as e
from domain.instruction.commands import (
    ApproveExtension,
    RefuseExtension,
    RequestExtension,
    WithdrawExtension,
)
from domain.instruction.decisions.context import Context
from domain.instruction.decisions.issuing import as_requested
from domain.instruction.state import Record
from domain.outcomes import Rejected
from domain.policies import WorkingSpan, length
from domain.rejections import Code, rejected
from domain.value import to_the_minute
from domain.working_time import shift


def request_extension(
    command: RequestExtension, record: Record, ctx: Context
) -> e.ExtensionRequested | Rejected:
    until = _later(command.until, record, ctx)
    if isinstance(until, Rejected):
        return until
    return e.ExtensionRequested(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        until=until,
        reason=command.reason,
        decide_by=decide_by(record, ctx),
        notices=ctx.tell(e.ExtensionRequested, (record.controller or record.issuer,)),
    )


def decide_by(record: Record, ctx: Context) -> datetime:
    """When a request made now expires; in working time by the calendar of whoever decides."""
    within = record.policy.extension_decision
    decides = record.controller or record.issuer
    working = isinstance(within, WorkingSpan)
    calendar = ctx.facts.directory.calendar_of(decides) if working else None
    return shift(ctx.at, length(within), record.deadline.zone, calendar)


def withdraw_extension(
    command: WithdrawExtension, record: Record, ctx: Context
) -> e.ExtensionWithdrawn:
    del command
    return e.ExtensionWithdrawn(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        notices=ctx.tell(e.ExtensionWithdrawn, (record.controller or record.issuer,)),
    )


def approve_extension(
    command: ApproveExtension, record: Record, ctx: Context
) -> e.ExtensionApproved | Rejected:
    assert record.extension is not None  # or it would be hindered
    asked = as_requested(record.extension.until)
    deadline = _later(command.until or asked, record, ctx)
    if isinstance(deadline, Rejected):
        return deadline
    return e.ExtensionApproved(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        deadline=deadline,
        scheduled_from=ctx.at,
        notices=ctx.tell(e.ExtensionApproved, record.leads),
    )


def refuse_extension(command: RefuseExtension, record: Record, ctx: Context) -> e.ExtensionRefused:
    return e.ExtensionRefused(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        reason=command.reason,
        notices=ctx.tell(e.ExtensionRefused, record.leads),
    )


def _later(request: DeadlineRequest, record: Record, ctx: Context) -> Deadline | Rejected:
    deadline = ctx.deadline(request, record.deadline.zone, "until")
    if isinstance(deadline, Deadline) and deadline.instant <= record.deadline.instant:
        return rejected(
            Code.DEADLINE_NOT_LATER,
            f"the deadline is {to_the_minute(record.deadline.instant)} already; "
            "an extension must end later",
            "until",
        )
    return deadline
