"""Names and messages of the activities, shared with the workflows that call them."""

from pydantic import Field

from domain.identifiers import InstructionId
from domain.instruction.commands import AnyInstructionCommand
from domain.outcomes import Outcome
from domain.value import Instant, Value

INSTRUCTION_WORKFLOW = "Instruction"
NUDGE = "nudge"
"""Signal of the instruction workflow: look at the log again."""

RECORD = "record"
DELIVER = "deliver"
NUDGE_UNATTENDED = "nudge_unattended"

NOT_DELIVERED_YET = "NotDeliveredYet"
"""Type of the error with which `deliver` asks to be tried again."""


class InstructionStart(Value):
    """What an instruction's workflow starts with: which stream it conducts. All else is in the log."""

    instruction: InstructionId


class RecordRequest(Value):
    """Put this command through the one door."""

    command: AnyInstructionCommand
    at: Instant = Field(description="the present, by the workflow's clock")


class RecordResult(Value):
    outcome: Outcome


class DeliverRequest(Value):
    """Send what of this instruction's notices is undelivered, and record what became of each."""

    instruction: InstructionId


class Delivered(Value):
    """How many notices got an outcome."""

    settled: int


class NudgeRequest(Value):
    """Find instructions that nobody attends to, and wake them."""

    at: Instant = Field(description="the present, by the workflow's clock")


class Nudged(Value):
    """How many instructions were woken, and why."""

    overdue: int = Field(description="their next wake lay before now by more than the grace period")
    without_workflow: int = Field(description="open or undelivered, and no workflow running")
