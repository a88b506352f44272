"""Requests about the parts of an instruction, and what follows from them in the streams of others."""

from typing import ClassVar, Literal

from pydantic import Field

from domain.attribution import Attribution
from domain.deadline import DeadlineRequest
from domain.identifiers import BodyId, InstructionId
from domain.instruction.request import InstructionCommand, Text
from domain.instruction.terms import ClosesWith, PartEnd
from domain.value import Instant


class _Part(InstructionCommand):
    """What a part is from the start."""

    number: str = Field(pattern=r"\S", max_length=100, description="of the part; unique")
    text: Text
    deadline: DeadlineRequest = Field(description="not later than the instruction's own")


class IssueSubInstruction(_Part):
    """The lead charges another body with a part of it."""

    type: Literal["IssueSubInstruction"] = "IssueSubInstruction"
    controller: BodyId | None = Field(
        default=None, description="who accepts the part; by default the lead itself"
    )


class IssuePart(_Part):
    """The issuer charges a body with a part of it."""

    type: Literal["IssuePart"] = "IssuePart"
    lead: BodyId | None = Field(
        default=None, description="who answers for the part; it is assigned at once"
    )
    controller: BodyId | None = Field(
        default=None, description="who accepts the part; by default the whole's controller"
    )
    is_lead_part: bool = Field(
        default=False, description="the one that the whole closes with, where it closes with one"
    )
    closes_with: ClosesWith = "report"


class RecordPart(InstructionCommand):
    """To the whole: what became of a part. Made by what closed or reopened the part, and recorded together
    with it; no client's command is read as one.
    """

    by_system: ClassVar[bool] = True
    type: Literal["RecordPart"] = "RecordPart"
    part: InstructionId
    number: str
    how: PartEnd | Literal["reopened"]
    submitted_at: Instant | None = Field(
        default=None, description="of a completed one: when it was reported as done"
    )
    leaves_open: bool = Field(
        default=False, description="one that has closed: parts of its own, or below those, have not"
    )


class FollowWhole(InstructionCommand):
    """To a part: what was done to the whole is done to it. Made by `Cancel`, `Suspend` and `Resume` with
    their parts, and recorded together with them; no client's command is read as one.
    """

    type: Literal["FollowWhole"] = "FollowWhole"
    action: Literal["cancel", "suspend", "resume"]
    reason: str
    because_of: InstructionId = Field(description="the instruction that it was done to at first")
    lifts: tuple[InstructionId, ...] = Field(
        default=(), description="what was suspended because of these is resumed"
    )
    by: Attribution = Field(description="who did it there")
