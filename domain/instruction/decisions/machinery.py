"""What is recorded without anybody's asking: moments that fell due, heirs, what became of notices."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import reduce
from typing import assert_never

from domain.attribution import BY_SYSTEM
from domain.deadline import PUNCTUAL
from domain.facts import Facts
from domain.identifiers import BodyId
from domain.instruction import events as e
from domain.instruction.commands import CheckDeadlines, RecordDelivery
from domain.instruction.deadlines import DueMoment, milestone_of, planned
from domain.instruction.decisions.context import Context
from domain.instruction.evolution import evolve
from domain.instruction.planning import counted_from, outdated, plan_change, planning
from domain.instruction.recipients import (
    awaited,
    superior,
    target_bodies,
    target_offices,
    yet_to_report,
)
from domain.instruction.state import (
    Assignment,
    InstructionState,
    KnownState,
    Record,
    Unissued,
    Working,
    is_closed,
)
from domain.instruction.terms import DueKey
from domain.policies import EscalationStep, ProgressCycle, ReminderRule, policy_hash

_EVER = datetime.min.replace(tzinfo=UTC)


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
    return tuple(event for group in groups.values() for event in _fire(group, state, ctx))


def _fire(
    moments: Sequence[DueMoment], state: KnownState, ctx: Context
) -> tuple[e.InstructionEvent, ...]:
    """What a rule's due occurrences lead to: the last stands for those missed before it."""
    record = state.record
    event = _fired(moments, record, ctx)
    step = moments[-1].what
    if not isinstance(event, e.Escalated) or not isinstance(step, EscalationStep):
        return (event,)
    if step.action == "notify" or event.body is None or record.assignment is None:
        return (event,)
    if not isinstance(state, Working):  # what is reported is not reassigned
        return (event,)
    leads = _leads_instead(event, record, ctx)
    if set(leads) == set(record.leads):
        return (event,)
    return (event, _taken(leads, record.assignment, ctx))


def _leads_instead(event: e.Escalated, record: Record, ctx: Context) -> tuple[BodyId, ...]:
    """The body that it is escalated to takes the place of the lead. Of joint leads, that of those that it
    waits for, each its own superior's. A body that cannot be charged takes nothing; its heir does.
    """
    behind = awaited(record)

    def instead(lead: BodyId) -> BodyId:
        if lead not in behind:
            return lead
        above = superior(lead, ctx.facts.directory) if event.to == "superior" else event.body
        return _chargeable(above, ctx) or lead

    return tuple(dict.fromkeys(map(instead, record.leads)))


def _chargeable(body: BodyId | None, ctx: Context) -> BodyId | None:
    """The body, or its heir; none if it is unknown, not established yet or closed."""
    if body is None:
        return None
    standing = ctx.facts.directory.heir(body, ctx.at) or body
    return standing if ctx.chargeable(standing, "lead") is None else None


def _taken(leads: tuple[BodyId, ...], before: Assignment, ctx: Context) -> e.InstructionAssigned:
    """Who led until now helps on."""
    others = dict.fromkeys((*before.leads, *before.co_assignees))
    helpers = tuple(body for body in others if body not in leads)
    return e.InstructionAssigned(
        occurred_at=ctx.at,
        by=ctx.by,
        lead=leads[0],
        joint_leads=leads[1:],
        co_assignees=helpers,
        scheduled_from=ctx.at,
        notices=ctx.tell(e.InstructionAssigned, (*leads, *helpers)),
    )


def _fired(moments: Sequence[DueMoment], record: Record, ctx: Context) -> e.InstructionEvent:
    *missed, last = moments
    collapsed = tuple(m.key for m in missed)
    late = _is_late(last, ctx.at)
    match last.what:
        case ReminderRule():
            notices = ctx.tell(
                e.ReminderDue,
                (*(yet_to_report(record) or (record.issuer,)), *record.co_assignees),
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
            bodies = target_bodies(step.to, record, ctx.facts.directory)
            return e.Escalated(
                occurred_at=ctx.at,
                by=ctx.by,
                to=step.to,
                body=bodies[0] if bodies else None,
                others=bodies[1:],
                reason=f"policy {record.policy.id}, step {step.id}",
                moment=last.key,
                due_at=last.due_at,
                late=late,
                collapsed=collapsed,
                notices=ctx.tell(e.Escalated, bodies, target_offices(step.to)),
            )
        case ProgressCycle():
            if _reported_since(record):
                return suppressed((*collapsed, last.key), "reported", ctx)
            return e.ProgressRequested(
                occurred_at=ctx.at,
                by=ctx.by,
                text="",
                moment=last.key,
                due_at=last.due_at,
                late=late,
                collapsed=collapsed,
                notices=ctx.tell(
                    e.ProgressRequested, (*yet_to_report(record), *record.co_assignees)
                ),
            )
        case "milestone":
            milestone = milestone_of(last.key)
            assert milestone is not None
            told = last.due_at > _told_from(milestone, record)
            return e.MilestoneMissed(
                occurred_at=ctx.at,
                by=ctx.by,
                milestone=milestone,
                moment=last.key,
                due_at=last.due_at,
                late=late,
                notices=ctx.tell(e.MilestoneMissed, (*record.leads, record.controller))
                if told
                else (),
            )
        case "deadline" | "acknowledgement" | "acceptance":
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
                    e.ExtensionExpired, (*record.leads, record.controller or record.issuer)
                ),
            )
        case "progress":
            raise AssertionError("a due moment of the cycle carries the cycle")
        case _:
            assert_never(last.what)


def _reported_since(record: Record) -> bool:
    """The lead has reported progress since the cycle last came round, by whichever policy, or began.

    A joint report is no word from the sides that have yet to report: they are asked.
    """
    if record.reported_at is None or record.assignment is None:
        return False
    rounds = (at for key, at in record.fired.items() if key.rule == "progress")
    return record.reported_at > max(record.assignment.counts_from, max(rounds, default=_EVER))


def _told_from(milestone: str, record: Record) -> datetime:
    return next(s.scheduled_from for s in record.milestones if s.milestone.id == milestone)


def replanned(
    before: InstructionState, after: InstructionState, ctx: Context
) -> tuple[e.ReminderSuppressed | e.MomentsPlanned, ...]:
    """The due moments that are others than before, and those that will never act."""
    if counted_from(before) == counted_from(after) and not outdated(after, ctx.facts.directory):
        return ()
    found = planning(after, ctx.facts.directory)
    if found.plan.calendar is None or isinstance(after, Unissued):
        return ()
    skipped = found.before_schedule
    left_out = (suppressed(skipped, "before-schedule", ctx),) if skipped else ()
    change = plan_change(reduce(evolve, left_out, after), found.plan)
    if not (change.moments or change.dropped or outdated(after, ctx.facts.directory)):
        return left_out
    became = e.MomentsPlanned(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        moments=change.moments,
        dropped=change.dropped,
        calendar=found.plan.calendar,
        calendar_version=found.plan.calendar_version,
        counted=found.plan.counted,
        tzdata=ctx.facts.tzdata,
        policy_hash=policy_hash(after.record.policy),
    )
    return (*left_out, became)


def _is_late(moment: DueMoment, at: datetime) -> bool:
    return at - moment.acts_at > PUNCTUAL


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
        *record.leads,
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
