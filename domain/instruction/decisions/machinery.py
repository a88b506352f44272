"""What is recorded without anybody's asking: moments that fell due, heirs, what became of notices."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from domain.attribution import BY_SYSTEM
from domain.facts import Facts
from domain.instruction import events as e
from domain.instruction.commands import CheckDeadlines, RecordDelivery
from domain.instruction.deadlines import DueMoment, planned
from domain.instruction.decisions.context import Context
from domain.instruction.decisions.escalation import target_body, target_offices
from domain.instruction.state import InstructionState, Record, Unissued, is_closed
from domain.instruction.terms import DueKey
from domain.policies import EscalationStep, ReminderRule

_PUNCTUAL = timedelta(minutes=1)
"""A moment that fires later than this is marked late: the system was down or overloaded."""


def check_deadlines(
    command: CheckDeadlines, state: InstructionState, ctx: Context
) -> tuple[e.InstructionEvent, ...]:
    """Everything due by now: missed repeats as one, and at most one step of escalation at a time.

    Escalation steps still overdue after this are due at once, so the next wake brings the next one.
    """
    del command
    if isinstance(state, Unissued):
        return ()
    due = [moment for moment in planned(state) if moment.acts_at <= ctx.at]
    steps = [moment for moment in due if isinstance(moment.what, EscalationStep)]
    if steps:
        first = min(steps, key=lambda m: m.due_at)
        due = [
            m for m in due if not isinstance(m.what, EscalationStep) or m.key.rule == first.key.rule
        ]
    groups: dict[str, list[DueMoment]] = {}
    for moment in sorted(due, key=lambda m: m.due_at):
        groups.setdefault(moment.key.rule, []).append(moment)
    return tuple(_fire(group, state.record, ctx) for group in groups.values())


def _fire(moments: Sequence[DueMoment], record: Record, ctx: Context) -> e.InstructionEvent:
    """One event for a rule's due occurrences: the last stands for those missed before it."""
    *missed, last = moments
    collapsed = tuple(m.key for m in missed)
    late = _is_late(last, ctx.at)
    match last.what:
        case ReminderRule():
            notices = ctx.tell(
                e.ReminderDue,
                (record.lead or record.issuer, *record.co_assignees),
                overdue=ctx.at > record.deadline.instant,
            )
            if not notices:
                return suppressed((*collapsed, last.key), "no-recipient", ctx)
            return e.ReminderDue(
                occurred_at=ctx.at,
                by=ctx.by,
                moment=last.key,
                due_at=last.due_at,
                late=late,
                collapsed=collapsed,
                notices=notices,
            )
        case EscalationStep() as step:
            body = target_body(step.to, record, ctx.facts.directory)
            return e.Escalated(
                occurred_at=ctx.at,
                by=ctx.by,
                to=step.to,
                body=body,
                reason=f"policy {record.policy.id}, step {step.id}",
                moment=last.key,
                due_at=last.due_at,
                late=late,
                collapsed=collapsed,
                notices=ctx.tell(e.Escalated, (body,), target_offices(step.to)),
            )
        case "deadline":
            return e.DeadlinePassed(
                occurred_at=ctx.at, by=ctx.by, moment=last.key, due_at=last.due_at, late=late
            )
        case "extension-decision":
            return e.ExtensionExpired(
                occurred_at=ctx.at,
                by=ctx.by,
                moment=last.key,
                due_at=last.due_at,
                late=late,
                notices=ctx.tell(
                    e.ExtensionExpired, (record.lead, record.controller or record.issuer)
                ),
            )
        case _:
            assert_never(last.what)


def _is_late(moment: DueMoment, at: datetime) -> bool:
    return at - moment.acts_at > _PUNCTUAL


def succeeded(
    state: InstructionState, facts: Facts, occurred_at: datetime, at: datetime
) -> tuple[e.BodySucceeded, ...]:
    """What the directory's reorganisations by `occurred_at` mean: heirs take their places.

    Recorded before anything else is decided, so that an heir may act from the first moment on. What is
    entered as history was done by the bodies of its time.
    """
    if isinstance(state, Unissued):
        return ()
    record = state.record
    now = Context(by=BY_SYSTEM, occurred_at=at, at=at, facts=facts)
    told = not is_closed(state)
    parties = (
        record.issuer,
        record.controller,
        record.lead,
        *record.co_assignees,
        *record.observers,
    )
    heirs = {body: facts.directory.heir(body, occurred_at) for body in parties if body is not None}
    return tuple(
        e.BodySucceeded(
            occurred_at=occurred_at,
            by=BY_SYSTEM,
            body=body,
            heir=heir,
            notices=now.tell(e.BodySucceeded, (heir,) if told else ()),
        )
        for body, heir in heirs.items()
        if heir is not None
    )


def suppressed(
    moments: Iterable[DueKey], why: e.SuppressionReason, ctx: Context
) -> e.ReminderSuppressed:
    return e.ReminderSuppressed(
        occurred_at=ctx.occurred_at, by=ctx.by, moments=tuple(moments), why=why
    )


def record_delivery(command: RecordDelivery, record: Record, ctx: Context) -> e.DeliveryOutcome:
    del record
    match command.outcome:
        case "delivered":
            return e.NotificationDelivered(
                occurred_at=ctx.at,
                by=ctx.by,
                notice=command.notice,
                detail=command.detail,
                attempts=command.attempts,
            )
        case "failed":
            return e.NotificationFailed(
                occurred_at=ctx.at,
                by=ctx.by,
                notice=command.notice,
                detail=command.detail,
                attempts=command.attempts,
            )
        case "suppressed":
            return e.NotificationSuppressed(
                occurred_at=ctx.at, by=ctx.by, notice=command.notice, detail=command.detail
            )
        case _:
            assert_never(command.outcome)
