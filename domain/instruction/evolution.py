"""The state after one more fact.

`evolve` is total: it takes any event in any state. As-of views fold what had occurred by a moment, so
an event may come without the one that led to it; such an event changes nothing.
"""

from datetime import datetime
from typing import assert_never

from domain.attribution import BY_SYSTEM
from domain.changed import changed
from domain.deadline import Deadline
from domain.identifiers import InstructionId
from domain.instruction import events as e
from domain.instruction.assigning import (
    acknowledged,
    all_reported,
    assignment_after,
    back_to_work,
    heirs,
    reported,
    succeeded,
    to_report_again,
)
from domain.instruction.changed_rules import with_policy
from domain.instruction.compound import with_part, with_part_closed, with_part_reopened
from domain.instruction.rescheduling import (
    afresh,
    milestones_from,
    planned_anew,
    reached,
    requested,
    rescheduled,
    scheduled,
    suppressed,
    undecided_no_more,
    with_fired,
    with_milestones,
)
from domain.instruction.state import (
    Assigned,
    Begun,
    Cancelled,
    ClosedState,
    Completed,
    Departure,
    InProgress,
    InstructionState,
    Issued,
    KnownState,
    OpenState,
    Proposed,
    Record,
    Reported,
    Succession,
    Suspended,
    Unissued,
    Working,
    submission,
)


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
        closes_with=event.closes_with,
        original_deadline=event.deadline,
        deadline=event.deadline,
        scheduled_from=scheduled_from,
        chain_from=scheduled_from,
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
            return _with(state, with_fired(record, event.occurred_at, moments))
        case e.ProgressReported():
            heard = _with(state, _heard(record, event))
            if event.by.on_behalf_of not in record.leads:
                return heard
            # Whoever reports progress has taken note of the assignment as well.
            return acknowledged(heard, event.by.on_behalf_of)
        case e.MomentsPlanned():
            return _with(state, planned_anew(record, event))
        case e.Escalated():
            moments = (*((event.moment,) if event.moment else ()), *event.collapsed)
            # A step that only turns to the lead reminds; it is brought before nobody.
            raised = record.escalation.raised or event.to != "lead"
            standing = changed(record.escalation, raised=raised)
            fired = with_fired(record, event.occurred_at, moments)
            return _with(state, changed(fired, escalation=standing))
        case e.InstructionAssigned():
            return _assigned(state, event) if isinstance(state, Working) else state
        case e.AssignmentAcknowledged():
            return acknowledged(state, event.by.on_behalf_of)
        case e.JointReportSubmitted():
            if not isinstance(state, Begun):
                return state
            return acknowledged(_with(state, reported(record, (event.body,))), event.body)
        case e.CompletionReported():
            return _submitted(state, event) if isinstance(state, Working) else state
        case e.InstructionCompleted():
            return _completed(state, event.occurred_at)
        case e.DeadlinePassed():
            return _with(state, with_fired(record, event.occurred_at, (event.moment,)))
        case e.ProgressRequested():
            moments = (*((event.moment,) if event.moment else ()), *event.collapsed)
            return (
                _with(state, with_fired(record, event.occurred_at, moments)) if moments else state
            )
        case e.NotificationAcknowledged():
            return state
        case e.Commented() | e.EvidenceAttached() | e.Corrected():
            return state  # a correction is read in the place of what it corrects
        case e.MilestonesSet():
            return _with(state, with_milestones(record, event.milestones, event.scheduled_from))
        case e.MilestoneReached():
            return _with(state, reached(record, event))
        case e.MilestoneMissed():
            return _with(state, with_fired(record, event.occurred_at, (event.moment,)))
        case e.PolicyChanged():
            return _with(state, with_policy(record, event))
        case e.AssignmentDeclined():
            if not isinstance(state, Assigned):
                return state
            given_back = changed(record, assignment=None)  # and what its lead had asked for
            return Issued(undecided_no_more(given_back, event.occurred_at))
        case e.ControllerSet():
            return _with(state, changed(record, controller=event.controller))
        case e.ObserversSet():
            return _with(state, changed(record, observers=event.observers))
        case e.ExtensionRequested():
            return _with(state, requested(record, event))
        case e.ExtensionApproved():
            moved = _rescheduled(state, event)
            # steps that count from something else go on from when it was entered: until then they were held
            return _with(moved, undecided_no_more(moved.record, event.scheduled_from))
        case e.ExtensionRefused() | e.ExtensionWithdrawn():
            return _with(state, undecided_no_more(record, event.occurred_at))
        case e.ExtensionExpired():
            expired = with_fired(record, event.occurred_at, (event.moment,))
            return _with(state, undecided_no_more(expired, event.occurred_at))
        case e.DeadlineChanged():
            return _rescheduled(state, event)
        case e.ReportWithdrawn():
            again = to_report_again(record, (event.body,) if event.body else ())
            if not isinstance(state, Reported):
                return _with(state, again) if isinstance(state, Begun) else state
            return back_to_work(_turned(again, event))
        case e.ReturnedForRework():
            if not isinstance(state, Reported):
                return state
            again = to_report_again(record, event.sides)
            return back_to_work(_turned(again, event, event.deadline))
        case e.Suspended():
            if not isinstance(state, OpenState):
                return state
            return Suspended(state, event.occurred_at, event.because_of)
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
            return _with(state, with_part(record, event))
        case e.PartClosed():
            return _with(state, with_part_closed(record, event))
        case e.PartReopened():
            return _with(state, with_part_reopened(record, event))
        case e.BodySucceeded():
            return _with(state, _succeeded(record, event))
        case e.ReminderSuppressed():
            return _with(state, suppressed(record, event))
        case e.EscalationAcknowledged() | e.EscalationSnoozed():
            silenced = changed(record.escalation, silenced_until=event.until)
            return _with(state, changed(record, escalation=silenced))
        case e.Deescalated():
            ended = changed(afresh(record), ended=True)
            return _with(state, changed(record, escalation=ended))
        case e.InstructionIssued():
            if not isinstance(state, Proposed):
                return state
            issued = _founded(event, event.scheduled_from, event.parent)
            # it may have been carried over as a proposal
            kept = changed(issued, carried_over=record.carried_over, milestones=record.milestones)
            return Issued(scheduled(kept, event.scheduled_from))
        case e.Proposed():
            return state
        case _:
            assert_never(event)


def _heard(record: Record, event: e.ProgressReported) -> Record:
    """What is entered of an earlier day takes nothing back of what was reported since."""
    at, last = event.occurred_at, record.reported_at
    is_latest = record.percent_at is None or at >= record.percent_at
    if is_latest:
        record = changed(record, percent=event.percent, percent_at=at)
    if event.by.on_behalf_of not in record.leads:
        return record
    return changed(record, reported_at=at if is_latest or last is None else max(at, last))


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
    if standing is not None and {*standing.leads} == {event.lead, *event.joint_leads}:
        helped = changed(
            standing,
            lead=event.lead,
            joint_leads=event.joint_leads,
            co_assignees=event.co_assignees,
        )
        return changed(state, record=changed(record, assignment=helped))
    assignment = assignment_after(standing, event)
    begun = InProgress if len(assignment.acknowledged) == len(assignment.leads) else Assigned
    revision = record.assignment_revision + 1
    # What another lead had asked for is nobody's request any more, and counts for nothing.
    lapsed = undecided_no_more(record, event.occurred_at)
    return begun(
        changed(
            lapsed,
            assignment=assignment,
            assignment_revision=revision,
            escalation=changed(
                lapsed.escalation,
                held=False,
                taken_from=(lapsed.escalation.taken_from or standing)
                if event.by == BY_SYSTEM
                else None,
            ),
        )
    )


def _submitted(state: Working, event: e.CompletionReported) -> Reported:
    record = all_reported(state.record)
    return Reported(
        record=changed(record, submission_revision=record.submission_revision + 1),
        submitted_at=event.submitted_at or event.occurred_at,
        counts_from=event.occurred_at,
        scheduled_from=event.scheduled_from,
    )


def _completed(state: KnownState, at: datetime) -> KnownState:
    if not isinstance(state, OpenState):
        return state
    submitted_at = submission(state)
    return Completed(state.record, at if submitted_at is None else submitted_at, at)


def _rescheduled(
    state: KnownState, event: e.ExtensionApproved | e.DeadlineChanged | e.Resumed
) -> KnownState:
    """By another deadline; of what counts from a report, too, what fell due while the chain was ended is over."""
    record, since = state.record, event.scheduled_from
    if isinstance(state, Reported) and record.escalation.ended:
        state = changed(state, scheduled_from=max(since, state.scheduled_from))
    return _with(state, rescheduled(record, event.deadline, since))


def _resumed(before: OpenState, event: e.Resumed) -> KnownState:
    """Whatever was pending waits for as many days longer as it was suspended.

    The deadline moved by those days is the same deadline: what had fired before does not fire again.
    """
    record, pause = before.record, event.suspended_for

    def later(took_effect: datetime) -> datetime:
        """What was set only after the suspension, as of a history that is entered, holds from now on."""
        return min(took_effect + pause, event.scheduled_from)

    def fired(moment: datetime) -> datetime:
        """Not after the resumption: what is reported from then on comes after what had fired before."""
        return min(moment + pause, max(moment, event.occurred_at))

    assignment, extension = record.assignment, record.extension
    if assignment is not None:
        assignment = changed(
            assignment,
            counts_from=assignment.counts_from + pause,
            scheduled_from=later(assignment.scheduled_from),
        )
    if extension is not None:
        extension = changed(extension, decide_by=extension.decide_by + pause)
    if isinstance(before, Reported):
        before = changed(
            before,
            counts_from=before.counts_from + pause,
            scheduled_from=later(before.scheduled_from),
        )
    moved_on = {milestone.id: milestone for milestone in event.milestones}
    moved = changed(
        record,
        assignment=assignment,
        extension=extension,
        milestones=tuple(
            changed(
                standing,
                milestone=moved_on.get(standing.milestone.id, standing.milestone),
                scheduled_from=later(standing.scheduled_from),
            )
            for standing in record.milestones
        ),
        started_at=record.started_at + pause,
        changed_rules={
            rule: changed(change, since=later(change.since))
            for rule, change in record.changed_rules.items()
        },
        reported_at=None if record.reported_at is None else record.reported_at + pause,
        scheduled_from=later(record.scheduled_from),
        chain_from=later(record.chain_from),
        turned_at=event.occurred_at,
        fired={key: fired(moment) for key, moment in record.fired.items()},
    )
    if not event.given:
        return changed(before, record=changed(moved, deadline=event.deadline))
    # The milestones keep their dates; what fell into the suspension is over.
    moved = changed(moved, milestones=milestones_from(moved, event.scheduled_from))
    return _rescheduled(changed(before, record=moved), event)


def _reopened(state: ClosedState, event: e.Reopened) -> KnownState:
    """What was completed is worked on again; what was cancelled is where it was before."""
    at = event.occurred_at
    opened = changed(state.record, extension=None, turned_at=at, taken_up_at=at)
    if isinstance(state, Cancelled) and isinstance(state.before, Suspended):
        if event.deadline is None:
            return _with(state.before, opened)  # all that is pending moves when it is resumed
        # The new deadline takes the time until now into account.
        state = changed(state, before=changed(state.before, suspended_at=at))
    assignment = opened.assignment
    if assignment is not None:  # not acknowledged yet, it has as long again
        opened = changed(
            opened,
            assignment=changed(assignment, counts_from=at),
            assignment_revision=opened.assignment_revision + 1,
        )
    record = _turned(opened, event, event.deadline)
    if isinstance(state, Completed):
        return back_to_work(to_report_again(record, ()))
    return _undecided_again(_with(state.before, record), event)


def _undecided_again(state: KnownState, event: e.Reopened) -> KnownState:
    """A report that was not decided on may wait as long again."""
    if isinstance(state, Suspended):
        before = _undecided_again(state.before, event)
        return changed(state, before=before)
    if not isinstance(state, Reported):
        return state
    record = changed(state.record, submission_revision=state.record.submission_revision + 1)
    at, since = event.occurred_at, event.scheduled_from
    return changed(state, record=record, counts_from=at, scheduled_from=since)


def _turned(
    record: Record,
    event: e.ReturnedForRework | e.ReportWithdrawn | e.Reopened,
    deadline: Deadline | None = None,
) -> Record:
    """Work goes on after a pause in which nothing was due."""
    scheduled_from = event.scheduled_from
    at = event.occurred_at
    turned = changed(scheduled(record, scheduled_from), turned_at=at, taken_up_at=at)
    if isinstance(event, e.ReportWithdrawn):
        turned = changed(turned, chain_from=record.chain_from)
    return turned if deadline is None else rescheduled(turned, deadline, scheduled_from)


def _succeeded(record: Record, event: e.BodySucceeded) -> Record:
    """The heir in every role of the body, once in each."""
    body, heir = event.body, event.heir
    succession = Succession(body=body, heir=heir, at=event.occurred_at)

    assignment = record.assignment
    if assignment is not None:
        assignment = succeeded(assignment, body, heir)
    escalation = record.escalation
    if escalation.taken_from is not None:
        taken_from = succeeded(escalation.taken_from, body, heir)
        escalation = changed(escalation, taken_from=taken_from)
    return changed(
        record,
        issuer=heir if record.issuer == body else record.issuer,
        controller=heir if record.controller == body else record.controller,
        observers=heirs(record.observers, body, heir),
        assignment=assignment,
        escalation=escalation,
        successions=(*record.successions, succession),
    )
