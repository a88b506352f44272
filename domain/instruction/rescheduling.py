"""What an event does to the record of what is due: plans, milestones, deadlines, requests, what has fired."""

from datetime import datetime

from domain.changed import changed
from domain.deadline import Deadline
from domain.instruction import events as e
from domain.instruction.state import (
    EscalationStanding,
    ExtensionRequest,
    MilestoneStanding,
    Plan,
    Record,
)
from domain.instruction.terms import DueKey, Milestone


def planned_anew(record: Record, event: e.MomentsPlanned) -> Record:
    """The plan with what became another. What was left out and lies within its schedule now is due again."""
    moments = {k: m for k, m in record.plan.moments.items() if k not in event.dropped}
    moments.update((moment.key, moment) for moment in event.moments)
    plan = Plan(
        moments=moments,
        calendar=event.calendar,
        calendar_version=event.calendar_version,
        counted=event.counted,
    )
    revived = record.left_out.intersection(moment.key for moment in event.moments)
    if not revived:
        return changed(record, plan=plan)
    fired = {key: at for key, at in record.fired.items() if key not in revived}
    return changed(record, plan=plan, fired=fired, left_out=record.left_out - revived)


def with_milestones(
    record: Record, milestones: tuple[Milestone, ...], scheduled_from: datetime
) -> Record:
    """With the same date as before, one is as reached and as missed as it was. While it was not named nothing
    of it was waited for: what lay in between is over.
    """
    before = {standing.milestone.id: standing for standing in record.milestones}
    named = {milestone.id for milestone in milestones}
    kept = tuple(s for s in record.milestones if s.milestone.id not in named)

    def standing(milestone: Milestone) -> MilestoneStanding:
        known = before.get(milestone.id)
        if known is not None and known.milestone.due.instant == milestone.due.instant:
            since = scheduled_from if known.dropped else known.scheduled_from
            return changed(known, milestone=milestone, dropped=False, scheduled_from=since)
        revision = 1 if known is None else known.revision + 1
        return MilestoneStanding(
            milestone=milestone, revision=revision, scheduled_from=scheduled_from
        )

    there = tuple(standing(milestone) for milestone in milestones)
    return changed(record, milestones=(*there, *(changed(s, dropped=True) for s in kept)))


def reached(record: Record, event: e.MilestoneReached) -> Record:
    """The milestone that a report names is there."""
    return changed(
        record,
        milestones=tuple(
            changed(s, reached_at=event.occurred_at) if s.milestone.id == event.milestone else s
            for s in record.milestones
        ),
    )


def scheduled(record: Record, since: datetime) -> Record:
    """Due moments before this are not acted on, whatever they count from."""
    assignment = record.assignment
    if assignment is not None:
        assignment = changed(assignment, scheduled_from=max(since, assignment.scheduled_from))
    milestones = milestones_from(record, since)
    return changed(
        record,
        scheduled_from=since,
        chain_from=since,
        assignment=assignment,
        milestones=milestones,
    )


def milestones_from(record: Record, since: datetime) -> tuple[MilestoneStanding, ...]:
    """Those of the record, of which nothing before this is acted on."""
    return tuple(
        changed(standing, scheduled_from=max(since, standing.scheduled_from))
        for standing in record.milestones
    )


def rescheduled(record: Record, deadline: Deadline, scheduled_from: datetime) -> Record:
    """A new deadline begins a new revision: its due moments are new ones, its chain starts afresh."""
    if record.escalation.ended:  # what fell due while the chain was ended is over
        record = scheduled(record, scheduled_from)
    anew = changed(
        record,
        scheduled_from=scheduled_from,
        chain_from=scheduled_from,
        deadline=deadline,
        deadline_revision=record.deadline_revision + 1,
        # An operator's silence holds until the moment given, whatever else moves.
        escalation=afresh(record),
    )
    request = record.extension
    if request is None or not request.holds_chain or request.until.instant > deadline.instant:
        return anew
    # It has what it asks for: it may still be answered, and nothing waits for that.
    return changed(
        anew,
        extension=changed(request, holds_chain=False),
        escalation=changed(anew.escalation, resumed_at=scheduled_from),
    )


def afresh(record: Record) -> EscalationStanding:
    """How the escalation chain stands at the start of a deadline's revision."""
    standing = record.escalation
    return EscalationStanding(
        silenced_until=standing.silenced_until, taken_from=standing.taken_from
    )


def undecided_no_more(record: Record, at: datetime) -> Record:
    """The deadline stays, and escalation goes on from here if it had waited."""
    standing = record.escalation
    if record.extension is not None and record.extension.holds_chain:
        standing = changed(standing, resumed_at=at)
    return changed(record, extension=None, escalation=standing)


def requested(record: Record, event: e.ExtensionRequested) -> Record:
    """Escalation waits for the first request for a deadline: by asking again nobody holds it up."""
    standing = record.escalation
    request = ExtensionRequest(
        until=event.until,
        requested_at=event.occurred_at,
        decide_by=event.decide_by,
        holds_chain=not standing.held,
    )
    return changed(
        record,
        extension=request,
        extension_revision=record.extension_revision + 1,
        escalation=changed(standing, held=True),
    )


def with_fired(record: Record, at: datetime, moments: tuple[DueKey, ...]) -> Record:
    """These moments have fired, or never will."""
    return changed(record, fired={**record.fired, **dict.fromkeys(moments, at)})


def suppressed(record: Record, event: e.ReminderSuppressed) -> Record:
    """These moments never will fire, unless one that lay before its schedule comes to lie within it."""
    there = with_fired(record, event.occurred_at, event.moments)
    if event.why != "before-schedule":
        return there
    return changed(there, left_out=record.left_out.union(event.moments))
