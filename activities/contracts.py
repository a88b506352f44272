"""Names and messages of the activities, shared with the workflows that call them."""

from datetime import timedelta

from pydantic import ConfigDict, Field

from domain.attribution import unset
from domain.identifiers import RECURRENCE_PREFIX, InstructionId, RecurrenceId, StreamId
from domain.outcomes import NoticeKey, Outcome
from domain.value import Instant, Value

INSTRUCTION_WORKFLOW = "Instruction"
RECURRENCE_WORKFLOW = "Recurrence"
SUBMIT = "submit"
"""Update of both: record this client's command. Answers with its outcome."""
NUDGE = "nudge"
"""Signal of both: look at the log again."""
HAND_OVER = "hand_over"
"""Signal of the instruction workflow: see to it that these notices are sent. Takes `HandedOver`."""

RECORD = "record"
"""Takes an instruction's command, or a recurrence's, as JSON that no workflow looks into, and the present by the workflow's
clock (UTC)."""
DELIVER = "deliver"
LONGEST_DELIVERY = timedelta(minutes=5)
"""An attempt of `deliver`."""
NUDGE_UNATTENDED = "nudge_unattended"
DELIVER_RELEASED = "deliver_released"
SEND_DIGESTS = "send_digests"

NOT_A_COMMAND = "NotACommand"
"""Type of the error with which an Update and `record` refuse what is none."""
CLOCKS_DISAGREE = "ClocksDisagree"
"""Type of the error with which an activity refuses a present that is yet to come, or a seal that is out of its time."""
NOT_DELIVERED_YET = "NotDeliveredYet"
"""Type of the error with which `deliver` asks to be tried again."""


def deliveries_of(task_queue: str) -> str:
    """The task queue of what is sent for the workflows of another one: however long receivers take, no command
    waits for them.
    """
    return f"{task_queue}-deliveries"


class Message(Value):
    """What workers tell each other. One of the version before passes over what it does not know of it."""

    model_config = ConfigDict(extra="ignore")


class UnsentNotice(Message):
    """A notice without an outcome."""

    notice: NoticeKey
    attempts: int = Field(default=0, ge=0, description="how often its sending was tried before")


class HandedOver(Message):
    """Notices that whoever recorded them could not deliver, or did not live to."""

    notices: tuple[UnsentNotice, ...]


class InstructionStart(Message):
    """What an instruction's workflow starts with: which stream it conducts. All else is in the log."""

    instruction: InstructionId
    unsent: tuple[UnsentNotice, ...] = Field(
        default=(), description="notices handed over to the run before that it was not done with"
    )


class RecurrenceStart(Message):
    """What a recurrence's workflow starts with. All else is in the log."""

    recurrence: RecurrenceId


def conducted_by(stream: StreamId) -> tuple[str, InstructionStart | RecurrenceStart]:
    """The workflow that conducts the stream, and what it starts with."""
    if stream.startswith(RECURRENCE_PREFIX):
        recurrence = stream.removeprefix(RECURRENCE_PREFIX)
        return RECURRENCE_WORKFLOW, RecurrenceStart(recurrence=recurrence)
    return INSTRUCTION_WORKFLOW, InstructionStart(instruction=stream)


class RecordResult(Message):
    outcome: Outcome


class DeliverRequest(Message):
    """Send these notices of this instruction, and record what became of each."""

    instruction: InstructionId
    notices: tuple[UnsentNotice, ...]


class Delivered(Message):
    """How many notices got an outcome."""

    settled: int


class NudgeRequest(Message):
    """Find instructions and recurrences that nobody attends to, and wake them."""

    at: Instant = Field(description="the present, by the workflow's clock")
    after: StreamId | None = Field(
        default=None,
        exclude_if=unset,
        description="what is open is compared with what runs from behind this one on; from the first on where it is not given",
    )


class Nudged(Message):
    """How many instructions and recurrences were woken, and why."""

    overdue: int = Field(description="their next wake lay before now by more than the grace period")
    without_workflow: int = Field(description="open, and no workflow running")
    undelivered: int = Field(
        default=0, description="with a notice that has no outcome after the grace period"
    )
    after: StreamId | None = Field(
        default=None, description="the last that was looked at; none if that was the last of all"
    )
    left_behind: int = Field(
        default=0, description="their run is with an old version of the workers"
    )


class PostRequest(Message):
    """Send the held notices whose hour has come."""

    at: Instant = Field(description="the present, by the workflow's clock")


class Posted(Message):
    """How many messages went out, or were found to be for nobody; and how many are to be tried again."""

    sent: int
    failed: int


class DigestsRequest(Message):
    """Send the digests of programmes whose hour has come."""

    at: Instant = Field(description="the present, by the workflow's clock")


class DigestsSent(Message):
    """How many programmes' digests went out, and how many are to be tried again, for some or for all."""

    sent: int
    failed: int
