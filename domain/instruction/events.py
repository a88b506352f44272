"""Facts about an instruction, in the past tense. What a decision looked up is written into them."""

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field

from domain.attribution import Event
from domain.deadline import Deadline
from domain.identifiers import BodyId, CalendarId, InstructionId, ProgrammeId, RecurrenceId
from domain.instruction.part_events import PartClosed, PartReopened, SubInstructionIssued
from domain.instruction.terms import (
    Addressee,
    ClosesWith,
    DueKey,
    Evidence,
    Milestone,
    PlannedMoment,
    SourceDocument,
)
from domain.outcomes import NoticeKey
from domain.policies import Policy, Priority, RuleId, Target
from domain.value import Duration, Instant

SuppressionReason = Literal["before-schedule", "no-recipient", "reported"]


class _TellsPeople(Event):
    """A fact that people are told of; whom and how was settled when it was decided."""

    notices: tuple[Addressee, ...] = ()


class _Founds(Event):
    """What an instruction is from the start."""

    number: str
    text: str
    issuer: BodyId
    controller: BodyId | None
    programme: ProgrammeId | None
    sector: str | None
    source: SourceDocument | None
    deadline: Deadline
    policy: Policy
    policy_hash: str
    priority: Priority
    closes_with: ClosesWith = "report"


class Proposed(_Founds):
    type: Literal["Proposed"] = "Proposed"


class InstructionIssued(_Founds):
    type: Literal["InstructionIssued"] = "InstructionIssued"
    parent: InstructionId | None = Field(
        default=None, description="the instruction that this one is a part of"
    )
    recurrence: RecurrenceId | None = Field(
        default=None, description="the recurrence that it was issued by"
    )
    scheduled_from: Instant = Field(description="due moments before this are not acted on")


class InstructionAssigned(_TellsPeople):
    type: Literal["InstructionAssigned"] = "InstructionAssigned"
    lead: BodyId
    joint_leads: tuple[BodyId, ...] = Field(
        default=(), description="the others that answer for it; each has to report"
    )
    co_assignees: tuple[BodyId, ...]
    scheduled_from: Instant


class AssignmentAcknowledged(Event):
    """Of joint leads, by the one that it was done on behalf of."""

    type: Literal["AssignmentAcknowledged"] = "AssignmentAcknowledged"


class AssignmentDeclined(_TellsPeople):
    type: Literal["AssignmentDeclined"] = "AssignmentDeclined"
    reason: str


class ControllerSet(_TellsPeople):
    type: Literal["ControllerSet"] = "ControllerSet"
    controller: BodyId | None


class ObserversSet(Event):
    type: Literal["ObserversSet"] = "ObserversSet"
    observers: tuple[BodyId, ...]


class MilestonesSet(_TellsPeople):
    """The steps on the way, all of them."""

    type: Literal["MilestonesSet"] = "MilestonesSet"
    milestones: tuple[Milestone, ...]
    scheduled_from: Instant


class MilestoneReached(Event):
    type: Literal["MilestoneReached"] = "MilestoneReached"
    milestone: RuleId


class MilestoneMissed(_TellsPeople):
    """Its date passed, and it was not reached."""

    type: Literal["MilestoneMissed"] = "MilestoneMissed"
    milestone: RuleId
    moment: DueKey
    due_at: Instant
    late: bool


class PolicyChanged(Event):
    type: Literal["PolicyChanged"] = "PolicyChanged"
    policy: Policy
    policy_hash: str
    priority: Priority
    reason: str
    scheduled_from: Instant


class MomentsPlanned(Event):
    """What the instruction waits for, where that became another. The moments not named stay as they were.

    Recorded with what it rests on, so that nothing has to be computed again.
    """

    type: Literal["MomentsPlanned"] = "MomentsPlanned"
    moments: tuple[PlannedMoment, ...] = Field(description="new, or at another instant than before")
    dropped: tuple[DueKey, ...] = Field(description="waited for no more, and never fired")
    calendar: CalendarId
    calendar_version: int = Field(description="0 for a calendar that was never published")
    counted: tuple[date, date] | None = Field(
        description="first and last day whose being worked bears on what is waited for"
    )
    tzdata: str
    policy_hash: str


class ProgressReported(Event):
    type: Literal["ProgressReported"] = "ProgressReported"
    percent: int
    text: str


class ProgressRequested(_TellsPeople):
    type: Literal["ProgressRequested"] = "ProgressRequested"
    text: str
    moment: DueKey | None = Field(
        default=None, description="of the policy's cycle; none if somebody asked"
    )
    due_at: Instant | None = None
    late: bool = False
    collapsed: tuple[DueKey, ...] = ()


class ExtensionRequested(_TellsPeople):
    type: Literal["ExtensionRequested"] = "ExtensionRequested"
    until: Deadline
    reason: str
    decide_by: Instant = Field(
        description="not decided by then, the request expires; counted from when it was entered"
    )


class ExtensionWithdrawn(_TellsPeople):
    type: Literal["ExtensionWithdrawn"] = "ExtensionWithdrawn"


class ExtensionApproved(_TellsPeople):
    type: Literal["ExtensionApproved"] = "ExtensionApproved"
    deadline: Deadline
    scheduled_from: Instant


class ExtensionRefused(_TellsPeople):
    type: Literal["ExtensionRefused"] = "ExtensionRefused"
    reason: str


class ExtensionExpired(_TellsPeople):
    type: Literal["ExtensionExpired"] = "ExtensionExpired"
    moment: DueKey
    due_at: Instant
    late: bool


class DeadlineChanged(_TellsPeople):
    type: Literal["DeadlineChanged"] = "DeadlineChanged"
    deadline: Deadline
    reason: str
    scheduled_from: Instant


class JointReportSubmitted(_TellsPeople):
    """One of joint leads has reported; the report of the last one is the CompletionReported."""

    type: Literal["JointReportSubmitted"] = "JointReportSubmitted"
    body: BodyId
    text: str
    evidence: tuple[Evidence, ...]


class CompletionReported(_TellsPeople):
    type: Literal["CompletionReported"] = "CompletionReported"
    text: str
    evidence: tuple[Evidence, ...]
    scheduled_from: Instant
    closed_with: ClosesWith = Field(
        default="report", description="what closed it: its lead's report, or its parts"
    )
    submitted_at: Instant | None = Field(
        default=None,
        description="closed with its parts: when the last of them was reported as done",
    )


class ReportWithdrawn(_TellsPeople):
    type: Literal["ReportWithdrawn"] = "ReportWithdrawn"
    body: BodyId | None = Field(
        default=None, description="of joint leads, the one whose report it was"
    )
    scheduled_from: Instant


class InstructionCompleted(_TellsPeople):
    type: Literal["InstructionCompleted"] = "InstructionCompleted"
    text: str


class ReturnedForRework(_TellsPeople):
    type: Literal["ReturnedForRework"] = "ReturnedForRework"
    reason: str
    deadline: Deadline | None = Field(description="the new deadline; none keeps the current one")
    sides: tuple[BodyId, ...] = Field(
        default=(), description="of joint leads, those who must report again; none for all of them"
    )
    scheduled_from: Instant


class Suspended(_TellsPeople):
    type: Literal["Suspended"] = "Suspended"
    reason: str
    because_of: InstructionId | None = Field(
        default=None, description="the whole that was suspended with its parts"
    )


class Resumed(_TellsPeople):
    type: Literal["Resumed"] = "Resumed"
    deadline: Deadline
    given: bool = Field(
        description="the deadline was given; else it is the one before, moved by `suspended_for`; an instant that "
        "had passed by no more than the time it was suspended"
    )
    milestones: tuple[Milestone, ...] = Field(
        description="those that are not reached, moved by as much; none if the deadline was given"
    )
    suspended_for: Duration = Field(description="whole calendar days, in the deadline's zone")
    scheduled_from: Instant
    because_of: InstructionId | None = Field(
        default=None, description="the whole that was resumed with its parts"
    )


class Cancelled(_TellsPeople):
    type: Literal["Cancelled"] = "Cancelled"
    reason: str
    source: SourceDocument | None = Field(
        default=None, description="the document by which a proposal was refused"
    )
    because_of: InstructionId | None = Field(
        default=None, description="the whole that was cancelled with its parts"
    )


class Reopened(_TellsPeople):
    type: Literal["Reopened"] = "Reopened"
    reason: str
    deadline: Deadline | None = Field(description="the new deadline; none keeps the current one")
    scheduled_from: Instant


class CarriedOver(Event):
    type: Literal["CarriedOver"] = "CarriedOver"
    programme: ProgrammeId = Field(description="the one it belongs to from now on")
    sector: str | None = Field(description="its sector there")
    carried_from: ProgrammeId


class BodySucceeded(_TellsPeople):
    """A party was reorganised away: its heir takes its place in every role."""

    type: Literal["BodySucceeded"] = "BodySucceeded"
    body: BodyId
    heir: BodyId


class ReminderDue(_TellsPeople):
    type: Literal["ReminderDue"] = "ReminderDue"
    moment: DueKey
    due_at: Instant = Field(description="when it was planned for")
    late: bool = Field(description="it fired more than a minute after it should have acted")
    collapsed: tuple[DueKey, ...] = Field(
        default=(), description="earlier occurrences, missed, that this one stands for"
    )


class ReminderSuppressed(Event):
    """Due moments (of reminders or escalation steps) that will not fire, and why."""

    type: Literal["ReminderSuppressed"] = "ReminderSuppressed"
    moments: tuple[DueKey, ...]
    why: SuppressionReason


class DeadlinePassed(Event):
    """The deadline, or the time to acknowledge or to accept, as `moment` says."""

    type: Literal["DeadlinePassed"] = "DeadlinePassed"
    moment: DueKey
    due_at: Instant
    late: bool


class Escalated(_TellsPeople):
    type: Literal["Escalated"] = "Escalated"
    to: Target
    body: BodyId | None = Field(description="the body `to` stood for; none if there was none")
    others: tuple[BodyId, ...] = Field(
        default=(), description="the further ones it stood for, with joint leads"
    )
    reason: str
    moment: DueKey | None = Field(default=None, description="none if an operator escalated")
    due_at: Instant | None = None
    late: bool = False
    collapsed: tuple[DueKey, ...] = ()


class EscalationAcknowledged(Event):
    type: Literal["EscalationAcknowledged"] = "EscalationAcknowledged"
    until: Instant


class EscalationSnoozed(Event):
    type: Literal["EscalationSnoozed"] = "EscalationSnoozed"
    until: Instant
    reason: str


class Deescalated(Event):
    """Where it gives the assignment back, an InstructionAssigned follows."""

    type: Literal["Deescalated"] = "Deescalated"
    reason: str


class Commented(Event):
    type: Literal["Commented"] = "Commented"
    text: str


class EvidenceAttached(Event):
    type: Literal["EvidenceAttached"] = "EvidenceAttached"
    evidence: Evidence


class Corrected(Event):
    """Read in its place, the event of that version says `value` instead (corrections.py)."""

    type: Literal["Corrected"] = "Corrected"
    version: int = Field(description="of the event corrected, within its stream")
    field: Literal["text", "occurred_at", "on_behalf_of"]
    value: str
    reason: str


class NotificationDelivered(Event):
    type: Literal["NotificationDelivered"] = "NotificationDelivered"
    notice: NoticeKey
    detail: str = Field(description="the channel's id of the message")
    attempts: int


class NotificationFailed(Event):
    type: Literal["NotificationFailed"] = "NotificationFailed"
    notice: NoticeKey
    detail: str = Field(description="the channel's last error")
    attempts: int


class NotificationSuppressed(Event):
    type: Literal["NotificationSuppressed"] = "NotificationSuppressed"
    notice: NoticeKey
    detail: str = Field(description="why it was not sent")


class NotificationAcknowledged(Event):
    """Who was told says that they have taken note."""

    type: Literal["NotificationAcknowledged"] = "NotificationAcknowledged"
    notice: NoticeKey


NotifyingEvent = (
    InstructionAssigned
    | AssignmentDeclined
    | ControllerSet
    | ProgressRequested
    | ExtensionRequested
    | ExtensionWithdrawn
    | ExtensionApproved
    | ExtensionRefused
    | ExtensionExpired
    | DeadlineChanged
    | JointReportSubmitted
    | CompletionReported
    | ReportWithdrawn
    | InstructionCompleted
    | ReturnedForRework
    | Suspended
    | Resumed
    | Cancelled
    | Reopened
    | BodySucceeded
    | ReminderDue
    | MilestonesSet
    | MilestoneMissed
    | Escalated
)
"""The facts that people are told of; notifications/compose.py says what."""

DeliveryOutcome = NotificationDelivered | NotificationFailed | NotificationSuppressed
AboutNotice = DeliveryOutcome | NotificationAcknowledged
"""An entry of a calendar, in a feed or in a mail, is of the version of the last event that is none of these."""
ABOUT_NOTICES = frozenset(kind.__name__ for kind in get_args(AboutNotice))
"""Their types, as the log has them."""

InstructionEvent = Annotated[
    NotifyingEvent
    | Proposed
    | InstructionIssued
    | AssignmentAcknowledged
    | ObserversSet
    | MilestoneReached
    | PolicyChanged
    | MomentsPlanned
    | ProgressReported
    | CarriedOver
    | SubInstructionIssued
    | PartClosed
    | PartReopened
    | ReminderSuppressed
    | DeadlinePassed
    | EscalationAcknowledged
    | EscalationSnoozed
    | Deescalated
    | Commented
    | EvidenceAttached
    | Corrected
    | NotificationAcknowledged
    | DeliveryOutcome,
    Field(discriminator="type"),
]
