"""Facts about the parts of an instruction, as the whole has them on record."""

from typing import Literal

from pydantic import Field

from domain.attribution import Event
from domain.identifiers import InstructionId
from domain.instruction.terms import PartEnd
from domain.value import Instant


class SubInstructionIssued(Event):
    """Recorded together with the part's own InstructionIssued, or not at all."""

    type: Literal["SubInstructionIssued"] = "SubInstructionIssued"
    part: InstructionId
    number: str
    is_lead_part: bool = False


class PartClosed(Event):
    """Recorded together with the part's own InstructionCompleted or Cancelled, or not at all."""

    type: Literal["PartClosed"] = "PartClosed"
    part: InstructionId
    number: str
    how: PartEnd
    submitted_at: Instant | None = Field(
        default=None, description="of a completed one: when it was reported as done"
    )
    leaves_open: bool = Field(
        default=False, description="parts of its own, or below those, were still open"
    )


class PartReopened(Event):
    """Recorded together with the part's own Reopened, or not at all."""

    type: Literal["PartReopened"] = "PartReopened"
    part: InstructionId
    number: str
