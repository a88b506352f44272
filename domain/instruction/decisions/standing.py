"""Changes to the charge itself: stopped, resumed, cancelled, reopened, moved to another programme."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.deadline import Deadline, DeadlineRequest, resolve
from domain.identifiers import InstructionId
from domain.instruction import events as e
from domain.instruction.commands import (
    Cancel,
    CarryOver,
    ChangeDeadline,
    FollowWhole,
    InstructionCommand,
    Reopen,
    Resume,
    Suspend,
)
from domain.instruction.compound import leading_part, open_parts
from domain.instruction.decisions.context import Context
from domain.instruction.decisions.issuing import in_force, unknown_sector
from domain.instruction.decisions.milestones import due_after
from domain.instruction.decisions.parts import closed_by_parts
from domain.instruction.state import (
    Cancelled,
    Completed,
    KnownState,
    Proposed,
    Record,
    Suspended,
    is_closed,
    submission,
)
from domain.instruction.terms import Milestone
from domain.outcomes import Rejected
from domain.programme.authority import body_of
from domain.programme.state import Programme
from domain.rejections import Code, invalid, rejected, unknown
from domain.value import to_the_minute
from domain.working_time import shift


def change_deadline(
    command: ChangeDeadline, record: Record, ctx: Context
) -> e.DeadlineChanged | Rejected:
    deadline = ctx.deadline(command.deadline, record.deadline.zone, "deadline")
    if isinstance(deadline, Rejected):
        return deadline
    if deadline.instant == record.deadline.instant:
        return invalid("deadline", "it is due then already; give another deadline")
    refusal = due_after(record, deadline, "deadline")
    if refusal is not None:
        return refusal
    return e.DeadlineChanged(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        deadline=deadline,
        reason=command.reason,
        scheduled_from=ctx.at,
        notices=ctx.tell(e.DeadlineChanged, _concerned(record)),
    )


def suspend(command: Suspend | FollowWhole, record: Record, ctx: Context) -> e.Suspended:
    return e.Suspended(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        reason=command.reason,
        because_of=_because_of(command),
        notices=ctx.tell(e.Suspended, _concerned(record)),
    )


def resume(
    command: Resume | FollowWhole, state: KnownState, ctx: Context
) -> tuple[e.Resumed | e.CompletionReported | e.InstructionCompleted, ...] | Rejected:
    """Without a new deadline the current one moves by the calendar days that the suspension took; what was late
    is not less so for it. Where its parts have closed meanwhile, what follows from that follows now.
    """
    record = state.record
    since = state.suspended_at if isinstance(state, Suspended) else ctx.occurred_at
    zone = ZoneInfo(record.deadline.zone)
    days = ctx.occurred_at.astimezone(zone).date() - since.astimezone(zone).date()
    days = max(days, timedelta(0))  # a clock may step back
    given = command.deadline if isinstance(command, Resume) else None
    if given is not None:
        deadline = ctx.deadline(given, record.deadline.zone, "deadline")
    else:
        deadline = _moved(record.deadline, since, days, ctx)
    if isinstance(deadline, Rejected):
        return deadline
    refusal = due_after(record, deadline, "deadline") if given is not None else None
    if refusal is not None:
        return refusal
    milestones = () if given is not None else _later(record, since, days, ctx)
    if isinstance(milestones, Rejected):
        return milestones
    resumed = e.Resumed(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        deadline=deadline,
        given=given is not None,
        milestones=milestones,
        suspended_for=days,
        scheduled_from=ctx.at,
        because_of=_because_of(command),
        notices=ctx.tell(e.Resumed, _concerned(record)),
    )
    before = state.before if isinstance(state, Suspended) else state
    return (resumed, *closed_by_parts(before, ctx))


def _later(
    record: Record, since: datetime, days: timedelta, ctx: Context
) -> tuple[Milestone, ...] | Rejected:
    """The milestones that are not reached, as many days later."""
    later: list[Milestone] = []
    for milestone in (s.milestone for s in record.milestones if s.open):
        due = _moved(milestone.due, since, days, ctx)
        if isinstance(due, Rejected):
            return due
        later.append(milestone.model_copy(update={"due": due}))
    return tuple(later)


def _moved(
    deadline: Deadline, since: datetime, days: timedelta, ctx: Context
) -> Deadline | Rejected:
    """It may lie in the past, for what was late already stays late; and after that of the whole, for
    nobody has chosen it.
    """
    try:
        if deadline.on is not None:
            request = DeadlineRequest(on=deadline.on + days)
        else:
            at = shift(deadline.instant, days, deadline.zone)
            if deadline.instant < since:  # resumed at an earlier hour, it would be in time again
                at = min(at, deadline.instant + max(ctx.occurred_at - since, timedelta(0)))
            request = DeadlineRequest(at=at)
    except (ValueError, OverflowError):
        return invalid("deadline", f"{days.days} days later no calendar reaches; give a deadline")
    return resolve(request, deadline.zone, ctx.facts.tzdata)


def cancel(
    command: Cancel | FollowWhole, record: Record, ctx: Context
) -> tuple[e.Cancelled | e.PartClosed, ...]:
    """With its parts: that they close with it is on record here at once."""
    cancelled = e.Cancelled(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        reason=command.reason,
        because_of=_because_of(command),
        notices=ctx.tell(e.Cancelled, (*_concerned(record), *record.observers)),
    )
    if isinstance(command, FollowWhole) or command.with_parts:
        return (cancelled, *parts_cancelled(record, ctx))
    return (cancelled,)


def parts_cancelled(record: Record, ctx: Context) -> tuple[e.PartClosed, ...]:
    """Its open parts are cancelled in the same append, with all below them."""
    return tuple(
        e.PartClosed(
            occurred_at=ctx.occurred_at,
            by=ctx.by,
            part=part.instruction,
            number=part.number,
            how="cancelled",
        )
        for part in open_parts(record)
    )


def _because_of(command: InstructionCommand) -> InstructionId | None:
    """The whole that it was done to first, if it was not done to this instruction itself."""
    return command.because_of if isinstance(command, FollowWhole) else None


def reopen(command: Reopen, state: KnownState, ctx: Context) -> e.Reopened | Rejected:
    """Work cannot be taken up again towards a deadline that has passed: then it must be a new one."""
    record, deadline = state.record, None
    whole = ctx.facts.parent
    if whole is not None and (is_closed(whole) or submission(whole) is not None):
        return rejected(
            Code.WHOLE_NOT_OPEN,
            f"instruction {whole.record.number}, of which this is a part, is reported or closed; "
            "have it returned, withdrawn or reopened first",
        )
    refusal = _another_leads(command.instruction, whole) if whole is not None else None
    if refusal is not None:
        return refusal
    worked_on = isinstance(state, Completed) or not (
        isinstance(state, Cancelled) and state.refused_proposal
    )
    if command.deadline is not None:
        deadline = ctx.deadline(command.deadline, record.deadline.zone, "deadline")
        if isinstance(deadline, Rejected):
            return deadline
        refusal = due_after(record, deadline, "deadline")
        if refusal is not None:
            return refusal
    elif worked_on and record.deadline.instant <= ctx.occurred_at:
        return deadline_required(record, "give the deadline it is reopened with")
    return e.Reopened(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        reason=command.reason,
        deadline=deadline,
        scheduled_from=ctx.at,
        notices=ctx.tell(e.Reopened, _concerned(record)),
    )


def _another_leads(part: InstructionId, whole: KnownState) -> Rejected | None:
    """A lead part that was cancelled may have been replaced: the whole closes with one alone."""
    now = leading_part(whole.record)
    led = any(p.instruction == part and p.is_lead_part for p in whole.record.parts)
    if not led or now is None or now.instruction == part:
        return None
    return invalid(
        "instruction",
        f"the lead part of {whole.record.number} is {now.number} by now; cancel that one first",
    )


def deadline_required(record: Record, way_out: str) -> Rejected:
    return rejected(
        Code.DEADLINE_REQUIRED,
        f"the deadline passed on {to_the_minute(record.deadline.instant)}; {way_out}",
        "deadline",
    )


def carry_over(command: CarryOver, state: KnownState, ctx: Context) -> e.CarriedOver | Rejected:
    """Under the new programme the same bodies may have measures as when issuing them."""
    record, programme = state.record, ctx.facts.programme
    assert record.programme is not None  # or it would be hindered
    if record.programme == command.into:
        return invalid("into", f"{record.number} belongs to {command.into} already")
    if programme is None:
        return unknown("into", command.into, "adopt the programme first")
    takes = ("Drafted", "Adopted") if isinstance(state, Proposed) else ("Adopted",)
    refusal = in_force(programme, takes) or _no_place(command, record, programme, ctx)
    if refusal is not None:
        return refusal.model_copy(update={"field": "into"})
    return e.CarriedOver(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        programme=command.into,
        sector=command.sector or record.sector,
        carried_from=record.programme,
    )


def _no_place(
    command: CarryOver, record: Record, programme: Programme, ctx: Context
) -> Rejected | None:
    body = body_of(programme, ctx.facts.directory, ctx.occurred_at)
    if body not in ctx.facts.directory.chain(record.issuer):
        return rejected(
            Code.NOT_AUTHORISED,
            f"{record.issuer} may have no measures under {programme.id}: only {body} and bodies "
            "below it may",
        )
    return unknown_sector(command.sector or record.sector, programme)


def _concerned(record: Record) -> tuple[str | None, ...]:
    return (*record.leads, *record.co_assignees, record.controller)
