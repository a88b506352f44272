"""The state after one more fact.

`evolve` is total: it takes any event in any state. As-of views fold what had occurred by a moment, so
an event may come without the one that led to it; such an event changes nothing.
"""

from datetime import datetime
from typing import assert_never

from domain.attribution import BY_SYSTEM
from domain.changed import changed
from domain.deadline import Deadline
from domain.identifiers import BodyId, InstructionId
from domain.instruction import events as e
from domain.instruction.state import (
    Assigned,
    Assignment,
    Cancelled,
    ClosedState,
    Completed,
    Departure,
    EscalationStanding,
    ExtensionRequest,
    InProgress,
    InstructionState,
    Issued,
    KnownState,
    MilestoneStanding,
    OpenState,
    Part,
    Plan,
    Proposed,
    Record,
    Reported,
    Succession,
    Suspended,
    Unissued,
    Working,
    submission,
)
from domain.instruction.terms import DueKey, Milestone


def evolve(state: InstructionState, event: e.InstructionEvent) -> InstructionState:
    """The state after one more fact."""
    if not isinstance(state, Unissued):
        return _after(state, event)
    match event:
        case e.Proposed():
            return Proposed(_founded(event, event.occurred_at))
        case e.InstructionIssued():
            founded = _founded(event, event.scheduled_from, event.parent)
            return Issued(changed(founded, recurrence=event.recurrence))
        case _:
            return state


def _founded(
    event: e.Proposed | e.InstructionIssued,
    scheduled_from: datetime,
    parent: InstructionId | None = None,
) -> Record:
    return Record(
        number=event.number,
        text=event.text,
        issued_at=event.occurred_at,
        issuer=event.issuer,
        controller=event.controller,
        programme=event.programme,
        sector=event.sector,
        source=event.source,
        policy=event.policy,
        priority=event.priority,
        original_deadline=event.deadline,
        deadline=event.deadline,
        scheduled_from=scheduled_from,
        started_at=event.occurred_at,
        parent=parent,
    )


def _after(state: KnownState, event: e.InstructionEvent) -> KnownState:
    """The kinds that come most often stand first: each that is tried before costs a fold its time."""
    record = state.record
    match event:
        case e.NotificationDelivered() | e.NotificationFailed() | e.NotificationSuppressed():
            return state
        case e.ReminderDue():
            moments = (event.moment, *event.collapsed)
            return _with(state, _fired(record, event.occurred_at, moments))
        case e.ProgressReported():
            if event.by.on_behalf_of != record.lead:
                return _with(state, changed(record, percent=event.percent))
            heard = changed(record, percent=event.percent, reported_at=event.occurred_at)
            return _begun(_with(state, heard))
        case e.MomentsPlanned():
            return _with(state, _planned(record, event))
        case e.Escalated():
            moments = (*((event.moment,) if event.moment else ()), *event.collapsed)
            # A step that only turns to the lead reminds; it is brought before nobody.
            raised = record.escalation.raised or event.to != "lead"
            standing = changed(record.escalation, raised=raised)
            step = event.moment and record.policy.step(event.moment.rule)
            if step is not None and step.action == "reassign" and event.body is not None:
                standing = changed(standing, taken_from=standing.taken_from or record.assignment)
            fired = _fired(record, event.occurred_at, moments)
            return _with(state, changed(fired, escalation=standing))
        case e.InstructionAssigned():
            return _assigned(state, event) if isinstance(state, Working) else state
        case e.AssignmentAcknowledged():
            return _begun(state)
        case e.CompletionReported():
            return _submitted(state, event) if isinstance(state, Working) else state
        case e.InstructionCompleted():
            return _completed(state, event.occurred_at)
        case e.DeadlinePassed():
            return _with(state, _fired(record, event.occurred_at, (event.moment,)))
        case e.ProgressRequested():
            moments = (*((event.moment,) if event.moment else ()), *event.collapsed)
            return _with(state, _fired(record, event.occurred_at, moments)) if moments else state
        case e.Commented() | e.EvidenceAttached() | e.Corrected():
            return state  # a correction is read in the place of what it corrects
        case e.MilestonesSet():
            return _with(state, _with_milestones(record, event.milestones, event.scheduled_from))
        case e.MilestoneReached():
            return _with(state, _reached(record, event))
        case e.MilestoneMissed():
            return _with(state, _fired(record, event.occurred_at, (event.moment,)))
        case e.PolicyChanged():
            return _with(
                state,
                changed(
                    record,
                    policy=event.policy,
                    priority=event.priority,
                    policy_since=event.scheduled_from,
                ),
            )
        case e.AssignmentDeclined():
            if not isinstance(state, Assigned):
                return state
            given_back = changed(record, assignment=None)  # and what its lead had asked for
            return Issued(_undecided_no_more(given_back, event.occurred_at))
        case e.ControllerSet():
            return _with(state, changed(record, controller=event.controller))
        case e.ObserversSet():
            return _with(state, changed(record, observers=event.observers))
        case e.ExtensionRequested():
            return _with(state, _requested(record, event))
        case e.ExtensionApproved():
            moved = _rescheduled(record, event.deadline, event.scheduled_from)
            return _with(state, changed(moved, extension=None))
        case e.ExtensionRefused() | e.ExtensionWithdrawn():
            return _with(state, _undecided_no_more(record, event.occurred_at))
        case e.ExtensionExpired():
            expired = _fired(record, event.occurred_at, (event.moment,))
            return _with(state, _undecided_no_more(expired, event.occurred_at))
        case e.DeadlineChanged():
            return _with(state, _rescheduled(record, event.deadline, event.scheduled_from))
        case e.ReportWithdrawn():
            if not isinstance(state, Reported):
                return state
            return InProgress(_turned(record, event))
        case e.ReturnedForRework():
            if not isinstance(state, Reported):
                return state
            return InProgress(_turned(record, event, event.deadline))
        case e.Suspended():
            return Suspended(state, event.occurred_at) if isinstance(state, OpenState) else state
        case e.Resumed():
            return _resumed(state.before, event) if isinstance(state, Suspended) else state
        case e.Cancelled():
            return state if isinstance(state, ClosedState) else Cancelled(state, event.occurred_at)
        case e.Reopened():
            return _reopened(state, event) if isinstance(state, ClosedState) else state
        case e.CarriedOver():
            left = Departure(programme=event.carried_from, at=event.occurred_at)
            departures = (*record.carried_over, left)
            there = changed(record, programme=event.programme, sector=event.sector)
            return _with(state, changed(there, carried_over=departures))
        case e.SubInstructionIssued():
            part = Part(instruction=event.part, number=event.number)
            return _with(state, changed(record, parts=(*record.parts, part)))
        case e.BodySucceeded():
            return _with(state, _succeeded(record, event))
        case e.ReminderSuppressed():
            return _with(state, _fired(record, event.occurred_at, event.moments))
        case e.EscalationAcknowledged() | e.EscalationSnoozed():
            silenced = changed(record.escalation, silenced_until=event.until)
            return _with(state, changed(record, escalation=silenced))
        case e.Deescalated():
            ended = changed(_afresh(record), ended=True)
            return _with(state, changed(record, escalation=ended))
        case e.InstructionIssued():
            if not isinstance(state, Proposed):
                return state
            issued = _founded(event, event.scheduled_from, event.parent)
            # it may have been carried over as a proposal
            kept = changed(issued, carried_over=record.carried_over, milestones=record.milestones)
            return Issued(_scheduled(kept, event.scheduled_from))
        case e.Proposed():
            return state
        case _:
            assert_never(event)


def _with(state: KnownState, record: Record) -> KnownState:
    """The same phase around another record."""
    match state:
        case Suspended():
            return changed(state, before=changed(state.before, record=record))
        case Cancelled(before=Suspended() as suspended):
            before = changed(suspended, before=changed(suspended.before, record=record))
            return changed(state, before=before)
        case Cancelled():
            return changed(state, before=changed(state.before, record=record))
        case _:
            return changed(state, record=record)


def _assigned(state: Working, event: e.InstructionAssigned) -> Working:
    """A new lead has yet to acknowledge; with the same lead only the helpers change."""
    record, standing = state.record, state.record.assignment
    if standing is not None and standing.lead == event.lead:
        helped = changed(standing, co_assignees=event.co_assignees)
        return changed(state, record=changed(record, assignment=helped))
    assignment = Assignment(
        lead=event.lead,
        co_assignees=event.co_assignees,
        assigned_at=event.occurred_at,
        counts_from=event.occurred_at,
        scheduled_from=event.scheduled_from,
    )
    revision = record.assignment_revision + 1
    # What another lead had asked for is nobody's request any more, and counts for nothing.
    lapsed = _undecided_no_more(record, event.occurred_at)
    return Assigned(
        changed(
            lapsed,
            assignment=assignment,
            assignment_revision=revision,
            escalation=changed(
                lapsed.escalation,
                held=False,
                taken_from=lapsed.escalation.taken_from if event.by == BY_SYSTEM else None,
            ),
        )
    )


def _submitted(state: Working, event: e.CompletionReported) -> Reported:
    record = state.record
    return Reported(
        record=changed(record, submission_revision=record.submission_revision + 1),
        submitted_at=event.occurred_at,
        counts_from=event.occurred_at,
        scheduled_from=event.scheduled_from,
    )


def _planned(record: Record, event: e.MomentsPlanned) -> Record:
    moments = {k: m for k, m in record.plan.moments.items() if k not in event.dropped}
    moments.update((moment.key, moment) for moment in event.moments)
    plan = Plan(
        moments=moments,
        calendar=event.calendar,
        calendar_version=event.calendar_version,
        counted=event.counted,
    )
    return changed(record, plan=plan)


def _with_milestones(
    record: Record, milestones: tuple[Milestone, ...], scheduled_from: datetime
) -> Record:
    """With the same date as before, one is as reached and as missed as it was."""
    before = {standing.milestone.id: standing for standing in record.milestones}
    named = {milestone.id for milestone in milestones}
    kept = tuple(s for s in record.milestones if s.milestone.id not in named)

    def standing(milestone: Milestone) -> MilestoneStanding:
        known = before.get(milestone.id)
        if known is not None and known.milestone.due.instant == milestone.due.instant:
            return changed(known, milestone=milestone, dropped=False)
        revision = 1 if known is None else known.revision + 1
        return MilestoneStanding(
            milestone=milestone, revision=revision, scheduled_from=scheduled_from
        )

    there = tuple(standing(milestone) for milestone in milestones)
    return changed(record, milestones=(*there, *(changed(s, dropped=True) for s in kept)))


def _reached(record: Record, event: e.MilestoneReached) -> Record:
    return changed(
        record,
        milestones=tuple(
            changed(s, reached_at=event.occurred_at) if s.milestone.id == event.milestone else s
            for s in record.milestones
        ),
    )


def _begun(state: KnownState) -> KnownState:
    """Work has begun: whoever reports progress has taken note of the assignment as well."""
    return InProgress(state.record) if isinstance(state, Assigned) else state


def _completed(state: KnownState, at: datetime) -> KnownState:
    if not isinstance(state, OpenState):
        return state
    submitted_at = submission(state)
    return Completed(state.record, at if submitted_at is None else submitted_at, at)


def _resumed(before: OpenState, event: e.Resumed) -> OpenState:
    """Whatever was pending waits for as many days longer as it was suspended.

    The deadline moved by those days is the same deadline: what had fired before does not fire again.
    """
    record, pause = before.record, event.suspended_for
    assignment, extension = record.assignment, record.extension
    if assignment is not None:
        assignment = changed(
            assignment,
            counts_from=assignment.counts_from + pause,
            scheduled_from=assignment.scheduled_from + pause,
        )
    if extension is not None:
        extension = changed(extension, decide_by=extension.decide_by + pause)
    if isinstance(before, Reported):
        before = changed(
            before,
            counts_from=before.counts_from + pause,
            scheduled_from=before.scheduled_from + pause,
        )
    later = {milestone.id: milestone for milestone in event.milestones}
    moved = changed(
        record,
        assignment=assignment,
        extension=extension,
        milestones=tuple(
            changed(
                standing,
                milestone=later.get(standing.milestone.id, standing.milestone),
                scheduled_from=standing.scheduled_from + pause,
            )
            for standing in record.milestones
        ),
        started_at=record.started_at + pause,
        policy_since=None if record.policy_since is None else record.policy_since + pause,
        scheduled_from=record.scheduled_from + pause,
        turned_at=event.occurred_at,
        fired={key: moment + pause for key, moment in record.fired.items()},
    )
    if event.given:  # the milestones keep their dates; what fell into the suspension is over
        moved = changed(moved, milestones=_milestones_from(moved, event.scheduled_from))
        resumed = _rescheduled(moved, event.deadline, event.scheduled_from)
    else:
        resumed = changed(moved, deadline=event.deadline)
    return changed(before, record=resumed)


def _reopened(state: ClosedState, event: e.Reopened) -> KnownState:
    """What was completed is worked on again; what was cancelled is where it was before."""
    opened = changed(state.record, extension=None, turned_at=event.occurred_at)
    if isinstance(state, Cancelled) and isinstance(state.before, Suspended):
        if event.deadline is None:
            return _with(state.before, opened)  # all that is pending moves when it is resumed
        # The new deadline takes the time until now into account.
        state = changed(state, before=changed(state.before, suspended_at=event.occurred_at))
    assignment = opened.assignment
    if assignment is not None:  # not acknowledged yet, it has as long again
        assignment = changed(assignment, counts_from=event.occurred_at)
    record = _turned(changed(opened, assignment=assignment), event, event.deadline)
    return InProgress(record) if isinstance(state, Completed) else _with(state.before, record)


def _turned(
    record: Record,
    event: e.ReturnedForRework | e.ReportWithdrawn | e.Reopened,
    deadline: Deadline | None = None,
) -> Record:
    """Work goes on after a pause in which nothing was due."""
    scheduled_from = event.scheduled_from
    turned = changed(_scheduled(record, scheduled_from), turned_at=event.occurred_at)
    return turned if deadline is None else _rescheduled(turned, deadline, scheduled_from)


def _scheduled(record: Record, since: datetime) -> Record:
    """Due moments before this are not acted on, whatever they count from."""
    assignment = record.assignment
    if assignment is not None:
        assignment = changed(assignment, scheduled_from=max(since, assignment.scheduled_from))
    milestones = _milestones_from(record, since)
    return changed(record, scheduled_from=since, assignment=assignment, milestones=milestones)


def _milestones_from(record: Record, since: datetime) -> tuple[MilestoneStanding, ...]:
    return tuple(
        changed(standing, scheduled_from=max(since, standing.scheduled_from))
        for standing in record.milestones
    )


def _rescheduled(record: Record, deadline: Deadline, scheduled_from: datetime) -> Record:
    """A new deadline begins a new revision: its due moments are new ones, its chain starts afresh."""
    if record.escalation.ended:  # what fell due while the chain was ended is over
        record = _scheduled(record, scheduled_from)
    return changed(
        record,
        scheduled_from=scheduled_from,
        deadline=deadline,
        deadline_revision=record.deadline_revision + 1,
        # An operator's silence holds until the moment given, whatever else moves.
        escalation=_afresh(record),
    )


def _afresh(record: Record) -> EscalationStanding:
    standing = record.escalation
    return EscalationStanding(
        silenced_until=standing.silenced_until, taken_from=standing.taken_from
    )


def _undecided_no_more(record: Record, at: datetime) -> Record:
    """The deadline stays, and escalation goes on from here if it had waited."""
    standing = record.escalation
    if record.extension is not None and record.extension.holds_chain:
        standing = changed(standing, resumed_at=at)
    return changed(record, extension=None, escalation=standing)


def _requested(record: Record, event: e.ExtensionRequested) -> Record:
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


def _succeeded(record: Record, event: e.BodySucceeded) -> Record:
    """The heir in every role of the body, once in each."""
    body, heir = event.body, event.heir
    succession = Succession(body=body, heir=heir, at=event.occurred_at)

    def heirs(bodies: tuple[BodyId, ...]) -> tuple[BodyId, ...]:
        return tuple(dict.fromkeys(heir if one == body else one for one in bodies))

    assignment = record.assignment
    if assignment is not None:
        lead = heir if assignment.lead == body else assignment.lead
        helpers = tuple(one for one in heirs(assignment.co_assignees) if one != lead)
        assignment = changed(assignment, lead=lead, co_assignees=helpers)
    return changed(
        record,
        issuer=heir if record.issuer == body else record.issuer,
        controller=heir if record.controller == body else record.controller,
        observers=heirs(record.observers),
        assignment=assignment,
        successions=(*record.successions, succession),
    )


def _fired(record: Record, at: datetime, moments: tuple[DueKey, ...]) -> Record:
    return changed(record, fired={**record.fired, **dict.fromkeys(moments, at)})
