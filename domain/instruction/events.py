"""Facts about an instruction, in the past tense. What a decision looked up is written into them."""

from typing import Annotated, Literal

from pydantic import Field

from domain.attribution import Event
from domain.deadline import Deadline
from domain.identifiers import BodyId, InstructionId, ProgrammeId
from domain.instruction.terms import Addressee, DueKey, Evidence, SourceDocument
from domain.outcomes import NoticeKey
from domain.policies import Policy, Target
from domain.value import Duration, Instant

SuppressionReason = Literal["before-schedule", "no-recipient"]


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


class Proposed(_Founds):
    type: Literal["Proposed"] = "Proposed"


class InstructionIssued(_Founds):
    type: Literal["InstructionIssued"] = "InstructionIssued"
    parent: InstructionId | None = Field(
        default=None, description="the instruction that this one is a part of"
    )
    scheduled_from: Instant = Field(description="due moments before this are not acted on")


class InstructionAssigned(_TellsPeople):
    type: Literal["InstructionAssigned"] = "InstructionAssigned"
    lead: BodyId
    co_assignees: tuple[BodyId, ...]
    scheduled_from: Instant


class AssignmentAcknowledged(Event):
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


class ProgressReported(Event):
    type: Literal["ProgressReported"] = "ProgressReported"
    percent: int
    text: str


class ProgressRequested(_TellsPeople):
    type: Literal["ProgressRequested"] = "ProgressRequested"
    text: str


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


class CompletionReported(_TellsPeople):
    type: Literal["CompletionReported"] = "CompletionReported"
    text: str
    evidence: tuple[Evidence, ...]


class ReportWithdrawn(_TellsPeople):
    type: Literal["ReportWithdrawn"] = "ReportWithdrawn"
    scheduled_from: Instant


class InstructionCompleted(_TellsPeople):
    type: Literal["InstructionCompleted"] = "InstructionCompleted"
    text: str


class ReturnedForRework(_TellsPeople):
    type: Literal["ReturnedForRework"] = "ReturnedForRework"
    reason: str
    deadline: Deadline | None = Field(description="the new deadline; none keeps the current one")
    scheduled_from: Instant


class Suspended(_TellsPeople):
    type: Literal["Suspended"] = "Suspended"
    reason: str


class Resumed(_TellsPeople):
    type: Literal["Resumed"] = "Resumed"
    deadline: Deadline
    given: bool = Field(
        description="the deadline was given; else it is the one before, moved by `suspended_for`"
    )
    suspended_for: Duration = Field(description="whole calendar days, in the deadline's zone")
    scheduled_from: Instant


class Cancelled(_TellsPeople):
    type: Literal["Cancelled"] = "Cancelled"
    reason: str
    source: SourceDocument | None = Field(
        default=None, description="the document by which a proposal was refused"
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


class SubInstructionIssued(Event):
    """Recorded together with the part's own InstructionIssued, or not at all."""

    type: Literal["SubInstructionIssued"] = "SubInstructionIssued"
    part: InstructionId
    number: str


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
    type: Literal["DeadlinePassed"] = "DeadlinePassed"
    moment: DueKey
    due_at: Instant
    late: bool


class Escalated(_TellsPeople):
    type: Literal["Escalated"] = "Escalated"
    to: Target
    body: BodyId | None = Field(description="the body `to` stood for; none if there was none")
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
    | Escalated
)
"""The facts that people are told of; notifications/compose.py says what."""

DeliveryOutcome = NotificationDelivered | NotificationFailed | NotificationSuppressed

InstructionEvent = Annotated[
    NotifyingEvent
    | Proposed
    | InstructionIssued
    | AssignmentAcknowledged
    | ObserversSet
    | ProgressReported
    | CarriedOver
    | SubInstructionIssued
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
