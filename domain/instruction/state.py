"""An instruction folded from its events: a frozen class per phase around one record.

`evolve` is total: it takes any event in any state. As-of views fold what had occurred by a moment, so
an event may come without the one that led to it; such an event changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, assert_never

from domain.deadline import Deadline
from domain.identifiers import BodyId, ProgrammeId
from domain.instruction import events as e
from domain.instruction.terms import DueKey, SourceDocument
from domain.policies import Policy


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    lead: BodyId
    co_assignees: tuple[BodyId, ...]
    assigned_at: datetime
    scheduled_from: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtensionRequest:
    until: Deadline
    requested_at: datetime
    decide_by: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class EscalationStanding:
    """How the escalation chain stands for the current deadline."""

    raised: bool = False
    """It was brought before somebody other than the lead."""
    silenced_until: datetime | None = None
    resumed_at: datetime | None = None
    """When the last extension request was decided: while it was open, the chain waited."""
    ended: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What is on file about an instruction, whatever its phase."""

    number: str
    text: str
    issued_at: datetime
    issuer: BodyId
    controller: BodyId | None
    programme: ProgrammeId | None
    sector: str | None
    source: SourceDocument | None
    policy: Policy
    original_deadline: Deadline
    deadline: Deadline
    """The currently approved one."""
    scheduled_from: datetime
    """Due moments that count from the deadline and lie before this are not acted on."""
    deadline_revision: int = 1
    assignment: Assignment | None = None
    assignment_revision: int = 0
    extension: ExtensionRequest | None = None
    extension_revision: int = 0
    percent: int = 0
    escalation: EscalationStanding = field(default_factory=EscalationStanding)
    fired: Mapping[DueKey, datetime] = field(default_factory=dict[DueKey, datetime])
    """Every due moment that has fired or was suppressed, with the moment it was."""

    @property
    def lead(self) -> BodyId | None:
        return self.assignment.lead if self.assignment else None

    @property
    def co_assignees(self) -> tuple[BodyId, ...]:
        return self.assignment.co_assignees if self.assignment else ()


@dataclass(frozen=True, slots=True)
class Unissued:
    phase: ClassVar[str] = "Unissued"


@dataclass(frozen=True, slots=True)
class Issued:
    phase: ClassVar[str] = "Issued"
    record: Record


@dataclass(frozen=True, slots=True)
class Assigned:
    phase: ClassVar[str] = "Assigned"
    record: Record


@dataclass(frozen=True, slots=True)
class InProgress:
    phase: ClassVar[str] = "InProgress"
    record: Record


@dataclass(frozen=True, slots=True)
class Reported:
    phase: ClassVar[str] = "Reported"
    record: Record
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Completed:
    phase: ClassVar[str] = "Completed"
    record: Record
    submitted_at: datetime
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class Cancelled:
    phase: ClassVar[str] = "Cancelled"
    record: Record
    cancelled_at: datetime
    submitted_at: datetime | None
    """Of the submission that stood when it was cancelled."""


Working = Issued | Assigned | InProgress
"""Open, and nobody has reported it done."""
OpenState = Working | Reported
ClosedState = Completed | Cancelled
KnownState = OpenState | ClosedState
InstructionState = Unissued | KnownState


def is_closed(state: InstructionState) -> bool:
    return isinstance(state, Completed | Cancelled)


def submission(state: KnownState) -> datetime | None:
    """The moment of the submission that stands (was not returned), if one does."""
    return state.submitted_at if isinstance(state, Reported | ClosedState) else None


def evolve(state: InstructionState, event: e.InstructionEvent) -> InstructionState:
    """The state after one more fact."""
    if isinstance(state, Unissued):
        return Issued(_opened(event)) if isinstance(event, e.InstructionIssued) else state
    return _after(state, event)


def _opened(event: e.InstructionIssued) -> Record:
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
        original_deadline=event.deadline,
        deadline=event.deadline,
        scheduled_from=event.scheduled_from,
    )


def _after(state: KnownState, event: e.InstructionEvent) -> KnownState:
    record = state.record
    match event:
        case e.InstructionIssued() | e.Commented():
            return state
        case e.NotificationDelivered() | e.NotificationFailed() | e.NotificationSuppressed():
            return state
        case e.InstructionAssigned():
            return Assigned(_assigned(record, event)) if isinstance(state, Working) else state
        case e.AssignmentAcknowledged():
            return _begun(state)
        case e.ProgressReported():
            return _begun(replace(state, record=replace(record, percent=event.percent)))
        case e.ExtensionRequested():
            request = ExtensionRequest(
                until=event.until, requested_at=event.occurred_at, decide_by=event.decide_by
            )
            revision = record.extension_revision + 1
            return _with(state, replace(record, extension=request, extension_revision=revision))
        case e.ExtensionApproved():
            moved = _rescheduled(record, event.deadline, event.scheduled_from)
            return _with(state, replace(moved, extension=None))
        case e.ExtensionRefused():
            return _with(state, _undecided_no_more(record, event))
        case e.ExtensionExpired():
            expired = _fired(record, event, (event.moment,))
            return _with(state, _undecided_no_more(expired, event))
        case e.CompletionReported():
            return Reported(record, event.occurred_at) if isinstance(state, Working) else state
        case e.InstructionCompleted():
            return _completed(state, event.occurred_at)
        case e.ReturnedForRework():
            return _returned(state, event)
        case e.Cancelled():
            if isinstance(state, ClosedState):
                return state
            return Cancelled(record, event.occurred_at, submission(state))
        case e.ReminderDue():
            return _with(state, _fired(record, event, (event.moment, *event.collapsed)))
        case e.ReminderSuppressed():
            return _with(state, _fired(record, event, event.moments))
        case e.DeadlinePassed():
            return _with(state, _fired(record, event, (event.moment,)))
        case e.Escalated():
            moments = (*((event.moment,) if event.moment else ()), *event.collapsed)
            # A step that only turns to the lead reminds; it is brought before nobody.
            raised = record.escalation.raised or event.to != "lead"
            standing = replace(record.escalation, raised=raised)
            return _with(state, replace(_fired(record, event, moments), escalation=standing))
        case e.EscalationAcknowledged():
            silenced = replace(record.escalation, silenced_until=event.until)
            return _with(state, replace(record, escalation=silenced))
        case e.Deescalated():
            return _with(state, replace(record, escalation=EscalationStanding(ended=True)))
        case _:
            assert_never(event)


def _with(state: KnownState, record: Record) -> KnownState:
    return replace(state, record=record)


def _assigned(record: Record, event: e.InstructionAssigned) -> Record:
    return replace(
        record,
        assignment=Assignment(
            lead=event.lead,
            co_assignees=event.co_assignees,
            assigned_at=event.occurred_at,
            scheduled_from=event.scheduled_from,
        ),
        assignment_revision=record.assignment_revision + 1,
    )


def _begun(state: KnownState) -> KnownState:
    """Work has begun: whoever reports progress has taken note of the assignment as well."""
    return InProgress(state.record) if isinstance(state, Assigned) else state


def _completed(state: KnownState, at: datetime) -> KnownState:
    if isinstance(state, ClosedState):
        return state
    submitted_at = submission(state)
    return Completed(state.record, at if submitted_at is None else submitted_at, at)


def _returned(state: KnownState, event: e.ReturnedForRework) -> KnownState:
    if not isinstance(state, Reported):
        return state
    if event.deadline is None:
        return InProgress(replace(state.record, scheduled_from=event.scheduled_from))
    return InProgress(_rescheduled(state.record, event.deadline, event.scheduled_from))


def _rescheduled(record: Record, deadline: Deadline, scheduled_from: datetime) -> Record:
    """A new deadline begins a new revision: its due moments are new ones, its chain starts afresh."""
    return replace(
        record,
        deadline=deadline,
        deadline_revision=record.deadline_revision + 1,
        scheduled_from=scheduled_from,
        # An operator's silence holds until the moment given, whatever else moves.
        escalation=EscalationStanding(silenced_until=record.escalation.silenced_until),
    )


def _undecided_no_more(record: Record, event: e.ExtensionRefused | e.ExtensionExpired) -> Record:
    """The deadline stays, and escalation goes on from here."""
    resumed = replace(record.escalation, resumed_at=event.occurred_at)
    return replace(record, extension=None, escalation=resumed)


def _fired(record: Record, event: e.InstructionEvent, moments: tuple[DueKey, ...]) -> Record:
    return replace(record, fired={**record.fired, **dict.fromkeys(moments, event.occurred_at)})
