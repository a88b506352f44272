"""Steps on the way to the deadline."""

from collections.abc import Sequence
from datetime import datetime

from domain.deadline import Deadline
from domain.instruction import events as e
from domain.instruction.commands import ReportProgress, SetMilestones
from domain.instruction.decisions.context import Context
from domain.instruction.state import Record
from domain.instruction.terms import Milestone, MilestoneRequest
from domain.outcomes import Rejected
from domain.rejections import invalid, unknown
from domain.value import to_the_minute

_FIELD = "milestones"


def set_milestones(
    command: SetMilestones, record: Record, ctx: Context
) -> e.MilestonesSet | Rejected:
    return milestones_set(command.milestones, record.deadline, ctx, record)


def milestones_set(
    requested: Sequence[MilestoneRequest],
    deadline: Deadline,
    ctx: Context,
    record: Record | None = None,
) -> e.MilestonesSet | Rejected:
    """Those of `record`, if it has any, may be named again with a date that has passed."""
    ids = [one.id for one in requested]
    twice = [id_ for id_ in ids if ids.count(id_) > 1]
    if twice:
        return invalid(_FIELD, f"{twice[0]} is named twice; name it once")
    before = {s.milestone.id: s.milestone.due for s in record.milestones} if record else {}
    milestones: list[Milestone] = []
    for nth, one in enumerate(requested):
        field = f"{_FIELD}.{nth}.due"
        due = ctx.resolved(one.due, deadline.zone, field)
        if isinstance(due, Rejected):
            return due
        if due.instant > deadline.instant:
            return invalid(
                field,
                f"{one.id} would be due after the instruction, which is due on "
                f"{to_the_minute(deadline.instant)}; give no later day",
            )
        known = before.get(one.id)
        if due.instant <= ctx.occurred_at and (known is None or known.instant != due.instant):
            return invalid(field, f"the day of {one.id} is not in the future; give a later one")
        milestones.append(Milestone(id=one.id, title=one.title, due=due))
    told = (*record.leads, *record.co_assignees) if record else ()
    return e.MilestonesSet(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        milestones=tuple(milestones),
        scheduled_from=ctx.at,
        notices=ctx.tell(e.MilestonesSet, told),
    )


def reached(
    command: ReportProgress, record: Record, ctx: Context
) -> tuple[e.MilestoneReached, ...] | Rejected:
    """Those that the report names; one reached before is passed over."""
    there = {s.milestone.id: s for s in record.milestones if not s.dropped}
    for id_ in command.milestones:
        if id_ not in there:
            named = ", ".join(there) or "none is set"
            return unknown(_FIELD, id_, f"it has these: {named}")
    return tuple(
        e.MilestoneReached(occurred_at=ctx.occurred_at, by=ctx.by, milestone=id_)
        for id_ in dict.fromkeys(command.milestones)
        if there[id_].reached_at is None
    )


def due_after(record: Record, deadline: Deadline, field: str) -> Rejected | None:
    """Refuses a deadline that lies before an open milestone."""
    later = [
        s.milestone.id
        for s in record.milestones
        if s.open and s.milestone.due.instant > deadline.instant
    ]
    if not later:
        return None
    return invalid(field, f"milestones are due later: {', '.join(later)}; set them anew first")


def passed(record: Record, at: datetime) -> Rejected | None:
    """Refuses to begin behind schedule."""
    over = [s.milestone.id for s in record.milestones if s.open and s.milestone.due.instant <= at]
    if not over:
        return None
    return invalid(_FIELD, f"the day has come by now of {', '.join(over)}; give milestones anew")
