"""Facts about a recurrence, in the past tense. Each that moves it on says what comes next, so that replay
needs neither the rule's days nor a calendar.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.attribution import Event
from domain.deadline import Deadline
from domain.identifiers import InstructionId, RecurrenceId
from domain.recurrence.terms import PlannedOccurrence, SkipReason, Terms
from domain.value import Instant


class _SaysAll(Event, Terms):
    """All that a recurrence is."""

    zone: str = Field(description="IANA zone in which deadlines end and hours are meant")
    next: PlannedOccurrence


class RecurrenceStarted(_SaysAll):
    type: Literal["RecurrenceStarted"] = "RecurrenceStarted"
    recurrence: RecurrenceId


class RecurrenceChanged(_SaysAll):
    type: Literal["RecurrenceChanged"] = "RecurrenceChanged"
    reason: str


class RecurrencePaused(Event):
    """By a person; or by the machinery, where an occurrence could not be issued."""

    type: Literal["RecurrencePaused"] = "RecurrencePaused"
    reason: str
    refusal: str | None = Field(
        default=None, description="the code with which the instruction was refused"
    )


class RecurrenceResumed(Event):
    type: Literal["RecurrenceResumed"] = "RecurrenceResumed"
    reason: str


class RecurrenceEnded(Event):
    type: Literal["RecurrenceEnded"] = "RecurrenceEnded"
    reason: str


class OccurrenceIssued(Event):
    """Recorded together with the instruction's founding, in its own stream."""

    type: Literal["OccurrenceIssued"] = "OccurrenceIssued"
    n: int
    day: date
    deadline: Deadline
    instruction: InstructionId
    number: str
    due_at: Instant = Field(description="when it was to be issued")
    late: bool
    next: PlannedOccurrence | None = Field(description="none: the rule names no further day")


class OccurrenceSkipped(Event):
    type: Literal["OccurrenceSkipped"] = "OccurrenceSkipped"
    n: int
    day: date
    why: SkipReason
    reason: str = Field(description="as it was given; empty where the deadline had passed")
    next: PlannedOccurrence | None = Field(description="none: the rule names no further day")


class OccurrenceReplanned(Event):
    """The calendar has changed, and with it when the next one is due, or is to be issued."""

    type: Literal["OccurrenceReplanned"] = "OccurrenceReplanned"
    next: PlannedOccurrence


RecurrenceEvent = Annotated[
    RecurrenceStarted
    | RecurrenceChanged
    | RecurrencePaused
    | RecurrenceResumed
    | RecurrenceEnded
    | OccurrenceIssued
    | OccurrenceSkipped
    | OccurrenceReplanned,
    Field(discriminator="type"),
]
