"""Requests to an instruction, in the imperative. Who may send which is in `rules.py`."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.attribution import Backdating, Command
from domain.deadline import DeadlineRequest
from domain.identifiers import BodyId, InstructionId, ProgrammeId
from domain.instruction.terms import Evidence, SourceDocument
from domain.outcomes import NoticeKey
from domain.policies import DEFAULT_POLICY, Policy, Target
from domain.value import Instant

Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Reason = Annotated[str, Field(pattern=r"\S", max_length=4_000)]
"""Says something: spaces alone are refused."""


class InstructionCommand(Command):
    """What every request to an instruction carries."""

    instruction: InstructionId
    backdated: Backdating | None = None


class Issue(InstructionCommand):
    """Charge: found the instruction, with its text and deadline."""

    type: Literal["Issue"] = "Issue"
    number: str = Field(min_length=1, max_length=100, description="unique")
    text: Text
    issuer: BodyId
    deadline: DeadlineRequest
    zone: str | None = Field(default=None, description="IANA zone; by default the issuer's")
    controller: BodyId | None = Field(default=None, description="who accepts the result")
    programme: ProgrammeId | None = None
    sector: str | None = Field(default=None, max_length=200)
    source: SourceDocument | None = None
    policy: Policy = DEFAULT_POLICY


class Assign(InstructionCommand):
    """Name who answers for it and who helps."""

    type: Literal["Assign"] = "Assign"
    lead: BodyId
    co_assignees: tuple[BodyId, ...] = ()


class Acknowledge(InstructionCommand):
    """The lead takes note and begins."""

    type: Literal["Acknowledge"] = "Acknowledge"


class ReportProgress(InstructionCommand):
    """Say how far it is."""

    type: Literal["ReportProgress"] = "ReportProgress"
    percent: int = Field(ge=0, le=100)
    text: str = Field(default="", max_length=20_000)


class RequestExtension(InstructionCommand):
    """Ask for a later deadline."""

    type: Literal["RequestExtension"] = "RequestExtension"
    until: DeadlineRequest
    reason: Reason


class ApproveExtension(InstructionCommand):
    """Agree to a later deadline: the one asked for, or another."""

    type: Literal["ApproveExtension"] = "ApproveExtension"
    until: DeadlineRequest | None = Field(default=None, description="by default as asked for")


class RefuseExtension(InstructionCommand):
    """Keep the deadline."""

    type: Literal["RefuseExtension"] = "RefuseExtension"
    reason: Reason


class SubmitReport(InstructionCommand):
    """Report the instruction as carried out. With no controller this completes it."""

    type: Literal["SubmitReport"] = "SubmitReport"
    text: Text
    evidence: tuple[Evidence, ...] = ()


class Accept(InstructionCommand):
    """Take it off control: it is done."""

    type: Literal["Accept"] = "Accept"
    text: str = Field(default="", max_length=20_000)


class Return(InstructionCommand):
    """Send it back for rework, with a new deadline where the current one has passed."""

    type: Literal["Return"] = "Return"
    reason: Reason
    deadline: DeadlineRequest | None = None


class Cancel(InstructionCommand):
    """Withdraw the instruction."""

    type: Literal["Cancel"] = "Cancel"
    reason: Reason


class Escalate(InstructionCommand):
    """Bring it before somebody further up, now."""

    type: Literal["Escalate"] = "Escalate"
    to: Target
    reason: Reason


class AcknowledgeEscalation(InstructionCommand):
    """Take the escalation on; the chain is silent until the moment given."""

    type: Literal["AcknowledgeEscalation"] = "AcknowledgeEscalation"
    until: Instant


class Deescalate(InstructionCommand):
    """End the escalation; the chain is silent as long as the deadline is the same."""

    type: Literal["Deescalate"] = "Deescalate"
    reason: Reason


class Comment(InstructionCommand):
    """Add a remark."""

    type: Literal["Comment"] = "Comment"
    text: Text


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
    Issue
    | Assign
    | Acknowledge
    | ReportProgress
    | RequestExtension
    | ApproveExtension
    | RefuseExtension
    | SubmitReport
    | Accept
    | Return
    | Cancel
    | Escalate
    | AcknowledgeEscalation
    | Deescalate
    | Comment,
    Field(discriminator="type"),
]
"""What people and programs may send."""

SystemCommand = Annotated[CheckDeadlines | RecordDelivery, Field(discriminator="type")]
"""What only Remit's own activities send; no client's command is read as one."""

AnyInstructionCommand = Annotated[ClientCommand | SystemCommand, Field(discriminator="type")]
