"""Requests to an instruction, in the imperative. Who may send which is in `rules.py`."""

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from domain.deadline import DeadlineRequest
from domain.identifiers import BodyId, InstructionId, ProgrammeId, RecurrenceId
from domain.instruction.part_commands import FollowWhole, IssuePart, IssueSubInstruction, RecordPart
from domain.instruction.request import InstructionCommand, Reason, Text
from domain.instruction.terms import (
    MOST_MILESTONES,
    ClosesWith,
    Evidence,
    MilestoneRequest,
    SourceDocument,
)
from domain.outcomes import NoticeKey
from domain.policies import Policy, PolicyId, Priority, RuleId, Target
from domain.value import Instant


class _Founding(InstructionCommand):
    """What founds an instruction: its text and deadline, by whom and under what."""

    number: str = Field(pattern=r"\S", max_length=100, description="unique")
    text: Text
    issuer: BodyId
    deadline: DeadlineRequest
    zone: str | None = Field(default=None, description="IANA zone; by default the issuer's")
    controller: BodyId | None = Field(default=None, description="who accepts the result")
    programme: ProgrammeId | None = None
    sector: str | None = Field(default=None, max_length=200)
    source: SourceDocument | None = None
    policy: Policy | PolicyId = Field(
        default="default", description="the rules themselves, or the id of a published policy"
    )
    priority: Priority = "normal"
    milestones: tuple[MilestoneRequest, ...] = Field(default=(), max_length=MOST_MILESTONES)
    closes_with: ClosesWith = "report"


class Propose(_Founding):
    """Put an instruction before the body that is to decide on it. Nothing falls due until it has."""

    type: Literal["Propose"] = "Propose"


class Issue(_Founding):
    """Charge: found the instruction, in force at once."""

    type: Literal["Issue"] = "Issue"


class IssueAsPart(_Founding):
    """The other half of IssuePart and IssueSubInstruction: founds the part in its own stream.

    Made by them and recorded together with them; no client's command is read as one.
    """

    type: Literal["IssueAsPart"] = "IssueAsPart"
    parent: InstructionId
    lead: BodyId | None = Field(default=None, description="assigned at once, if given")


class IssueAsOccurrence(_Founding):
    """Founds the instruction that a recurrence issues, in its own stream, and assigns it.

    Made for an occurrence that fell due and recorded together with it; no client's command is read as one.
    """

    by_system: ClassVar[bool] = True
    type: Literal["IssueAsOccurrence"] = "IssueAsOccurrence"
    recurrence: RecurrenceId
    lead: BodyId
    co_assignees: tuple[BodyId, ...] = ()


class Adopt(InstructionCommand):
    """Decide for a proposal: it is issued, with the proposed deadline or another."""

    type: Literal["Adopt"] = "Adopt"
    deadline: DeadlineRequest | None = Field(default=None, description="by default as proposed")
    source: SourceDocument | None = Field(
        default=None, description="the document that decides it; by default as proposed"
    )
    milestones: tuple[MilestoneRequest, ...] | None = Field(
        default=None, max_length=MOST_MILESTONES, description="by default as proposed"
    )


class Refuse(InstructionCommand):
    """Decide against a proposal."""

    type: Literal["Refuse"] = "Refuse"
    reason: Reason
    source: SourceDocument | None = Field(default=None, description="the document that decides it")


class Assign(InstructionCommand):
    """Name who answers for it and who helps."""

    type: Literal["Assign"] = "Assign"
    lead: BodyId
    joint_leads: tuple[BodyId, ...] = Field(
        default=(), description="others that answer for it as well: each has to report"
    )
    co_assignees: tuple[BodyId, ...] = ()


class Reassign(InstructionCommand):
    """Name others. A new lead has yet to acknowledge; with the same lead, work goes on."""

    type: Literal["Reassign"] = "Reassign"
    lead: BodyId
    joint_leads: tuple[BodyId, ...] = Field(
        default=(), description="others that answer for it as well: each has to report"
    )
    co_assignees: tuple[BodyId, ...] = ()


class Acknowledge(InstructionCommand):
    """The lead takes note and begins."""

    type: Literal["Acknowledge"] = "Acknowledge"


class Decline(InstructionCommand):
    """The lead gives the assignment back: somebody else must be named."""

    type: Literal["Decline"] = "Decline"
    reason: Reason


class SetController(InstructionCommand):
    """Name who accepts the result."""

    type: Literal["SetController"] = "SetController"
    controller: BodyId | None = Field(
        description="none: the lead's report completes the instruction"
    )


class SetObservers(InstructionCommand):
    """Name who is told how it ends and may comment."""

    type: Literal["SetObservers"] = "SetObservers"
    observers: tuple[BodyId, ...] = Field(description="all of them; empty for none")


class SetMilestones(InstructionCommand):
    """Name the steps on the way. One that is named again, with the same date, is as reached as before."""

    type: Literal["SetMilestones"] = "SetMilestones"
    milestones: tuple[MilestoneRequest, ...] = Field(
        max_length=MOST_MILESTONES, description="all of them; empty for none"
    )


class ChangePolicy(InstructionCommand):
    """Have it watched by other rules from now on."""

    type: Literal["ChangePolicy"] = "ChangePolicy"
    policy: Policy | PolicyId = Field(
        description="the rules themselves, or the id of a published policy"
    )
    priority: Priority | None = Field(default=None, description="by default as it is")
    reason: Reason


class RequestProgress(InstructionCommand):
    """Ask the assignees how far it is."""

    type: Literal["RequestProgress"] = "RequestProgress"
    text: str = Field(default="", max_length=20_000)


class ReportProgress(InstructionCommand):
    """Say how far it is."""

    type: Literal["ReportProgress"] = "ReportProgress"
    percent: int = Field(ge=0, le=100)
    text: str = Field(default="", max_length=20_000)
    milestones: tuple[RuleId, ...] = Field(default=(), description="those reached now")


class RequestExtension(InstructionCommand):
    """Ask for a later deadline."""

    type: Literal["RequestExtension"] = "RequestExtension"
    until: DeadlineRequest
    reason: Reason


class WithdrawExtension(InstructionCommand):
    """Ask for a later deadline no more."""

    type: Literal["WithdrawExtension"] = "WithdrawExtension"


class ApproveExtension(InstructionCommand):
    """Agree to a later deadline: the one asked for, or another."""

    type: Literal["ApproveExtension"] = "ApproveExtension"
    until: DeadlineRequest | None = Field(default=None, description="by default as asked for")


class RefuseExtension(InstructionCommand):
    """Keep the deadline."""

    type: Literal["RefuseExtension"] = "RefuseExtension"
    reason: Reason


class ChangeDeadline(InstructionCommand):
    """Set another deadline, later or earlier."""

    type: Literal["ChangeDeadline"] = "ChangeDeadline"
    deadline: DeadlineRequest
    reason: Reason


class SubmitReport(InstructionCommand):
    """Report the instruction as carried out. With no controller this completes it."""

    type: Literal["SubmitReport"] = "SubmitReport"
    text: Text
    evidence: tuple[Evidence, ...] = ()


class WithdrawReport(InstructionCommand):
    """Take the report back: work goes on, and so does the time."""

    type: Literal["WithdrawReport"] = "WithdrawReport"


class Accept(InstructionCommand):
    """Take it off control: it is done."""

    type: Literal["Accept"] = "Accept"
    text: str = Field(default="", max_length=20_000)


class Return(InstructionCommand):
    """Send it back for rework, with a new deadline where the current one has passed."""

    type: Literal["Return"] = "Return"
    reason: Reason
    deadline: DeadlineRequest | None = None
    sides: tuple[BodyId, ...] = Field(
        default=(), description="of joint leads, those who must report again; by default all"
    )


class Suspend(InstructionCommand):
    """Stop the clock until it is resumed."""

    type: Literal["Suspend"] = "Suspend"
    reason: Reason
    with_parts: bool = Field(default=False, description="its open parts too, and theirs")


class Resume(InstructionCommand):
    """Go on from the phase it was suspended in."""

    type: Literal["Resume"] = "Resume"
    deadline: DeadlineRequest | None = Field(
        default=None, description="by default the current one, later by the suspended calendar days"
    )
    with_parts: bool = Field(
        default=False, description="also the parts that were suspended because of it"
    )


class Cancel(InstructionCommand):
    """Withdraw the instruction."""

    type: Literal["Cancel"] = "Cancel"
    reason: Reason
    with_parts: bool = Field(default=False, description="its open parts too, and theirs")


class Reopen(InstructionCommand):
    """Take up a closed instruction again."""

    type: Literal["Reopen"] = "Reopen"
    reason: Reason
    deadline: DeadlineRequest | None = Field(
        default=None, description="needed where the current one has passed"
    )


class CarryOver(InstructionCommand):
    """Move an open measure, or a proposal, into another programme, with its history."""

    type: Literal["CarryOver"] = "CarryOver"
    into: ProgrammeId
    sector: str | None = Field(
        default=None, max_length=200, description="its sector there; by default the one it has"
    )


class Escalate(InstructionCommand):
    """Bring it before somebody further up, now."""

    type: Literal["Escalate"] = "Escalate"
    to: Target
    reason: Reason


class AcknowledgeEscalation(InstructionCommand):
    """Take the escalation on; the chain is silent until the moment given."""

    type: Literal["AcknowledgeEscalation"] = "AcknowledgeEscalation"
    until: Instant


class Snooze(InstructionCommand):
    """Keep the escalation chain silent until the moment given."""

    type: Literal["Snooze"] = "Snooze"
    until: Instant
    reason: str = Field(default="", max_length=4_000)


class Deescalate(InstructionCommand):
    """End the escalation; the chain is silent as long as the deadline is the same."""

    type: Literal["Deescalate"] = "Deescalate"
    reason: Reason
    give_back: bool = Field(
        default=False, description="to the lead from whom the escalation took the assignment"
    )


class Comment(InstructionCommand):
    """Add a remark."""

    type: Literal["Comment"] = "Comment"
    text: Text


class AttachEvidence(InstructionCommand):
    """Put a file on record. The file itself is kept apart, found by its hash."""

    type: Literal["AttachEvidence"] = "AttachEvidence"
    evidence: Evidence


CorrectableField = Literal["text", "occurred_at", "on_behalf_of"]


class Correct(InstructionCommand):
    """Put right what an earlier event says. The event itself stays as it is, beside the correction."""

    type: Literal["Correct"] = "Correct"
    version: int = Field(ge=1, description="of the event to correct, within the instruction")
    field: CorrectableField = Field(description="never a deadline or a verdict")
    value: str = Field(
        min_length=1,
        max_length=20_000,
        description="the text; the instant, ISO 8601 with offset; or the body's id",
    )
    reason: Reason


class AcknowledgeNotice(InstructionCommand):
    """As who was told: say that you have taken note. In any phase; a second time changes nothing."""

    type: Literal["AcknowledgeNotice"] = "AcknowledgeNotice"
    notice: NoticeKey


class CheckDeadlines(InstructionCommand):
    """From the workflow: record what has fallen due. Never refused; often records nothing."""

    by_system: ClassVar[bool] = True
    type: Literal["CheckDeadlines"] = "CheckDeadlines"


class RecordDelivery(InstructionCommand):
    """From the deliver activity: what became of a notice. Gives no notice itself."""

    by_system: ClassVar[bool] = True
    type: Literal["RecordDelivery"] = "RecordDelivery"
    notice: NoticeKey
    outcome: Literal["delivered", "failed", "suppressed"]
    detail: str = Field(default="", description="the channel's message id, its error, or why not")
    attempts: int = Field(default=1, ge=0)


ClientCommand = Annotated[
    Propose
    | Adopt
    | Refuse
    | Issue
    | Assign
    | Reassign
    | Acknowledge
    | Decline
    | SetController
    | SetObservers
    | SetMilestones
    | ChangePolicy
    | ReportProgress
    | RequestProgress
    | RequestExtension
    | WithdrawExtension
    | ApproveExtension
    | RefuseExtension
    | ChangeDeadline
    | SubmitReport
    | WithdrawReport
    | Accept
    | Return
    | Suspend
    | Resume
    | Cancel
    | Reopen
    | CarryOver
    | IssuePart
    | IssueSubInstruction
    | Escalate
    | AcknowledgeEscalation
    | Snooze
    | Deescalate
    | Comment
    | AttachEvidence
    | Correct
    | AcknowledgeNotice,
    Field(discriminator="type"),
]
"""What people and programs may send."""

CLIENT_COMMANDS: frozenset[str] = frozenset(
    command.model_fields["type"].default for command in get_args(get_args(ClientCommand)[0])
)
"""The `type` of each of them."""

SystemCommand = Annotated[CheckDeadlines | RecordDelivery, Field(discriminator="type")]
"""What only Remit's own activities send; no client's command is read as one."""

Consequence = Annotated[
    IssueAsPart | IssueAsOccurrence | RecordPart | FollowWhole, Field(discriminator="type")
]
"""What a command leads to in another instruction's stream; no client's command is read as one."""

AnyInstructionCommand = Annotated[
    ClientCommand | SystemCommand | Consequence, Field(discriminator="type")
]
