"""How what several endpoints tell is written down."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, PlainSerializer

from domain.attribution import Attribution
from domain.deadline import Deadline
from domain.instruction.lateness import Lateness
from domain.value import Instant, iso_duration
from eventstore.codec import AnyEvent, event_of
from eventstore.protocol import StoredEvent
from readmodels.register import RegisterRow

Span = Annotated[timedelta, PlainSerializer(iso_duration, return_type=str, when_used="json")]
"""An ISO 8601 duration that is told: however long, unlike one that is asked for (`domain.value.Duration`)."""

Phase = Literal[
    "Proposed", "Issued", "Assigned", "InProgress", "Reported", "Suspended", "Completed", "Cancelled"
]  # fmt: skip


class DeadlineTold(BaseModel):
    """A deadline: a day until its end, or an instant."""

    on: date | None = Field(description="the day whose end it is; none for an instant")
    zone: str = Field(description="IANA zone in which the day ends")
    instant: Instant = Field(description="what is done by then is in time")

    @classmethod
    def of(cls, deadline: Deadline) -> Self:
        return cls(on=deadline.on, zone=deadline.zone, instant=deadline.instant)


class LatenessTold(BaseModel):
    """How late it is at the moment that is told of."""

    behind_schedule: bool
    behind_by: Span | None = Field(description="since the date that passed first")
    late: bool = Field(description="against the original deadline, which nothing moves")
    late_by: Span | None

    @classmethod
    def of(cls, lateness: Lateness) -> Self:
        return cls(
            behind_schedule=lateness.behind_schedule,
            behind_by=lateness.behind_by if lateness.behind_schedule else None,
            late=lateness.late_by > timedelta(0),
            late_by=lateness.late_by or None,
        )


class Line(BaseModel):
    """An instruction, in a list."""

    id: str
    number: str
    text: str
    phase: str
    closed: bool
    programme: str | None
    sector: str | None
    issuer: str
    controller: str | None
    leads: Sequence[str] = Field(description="those who answer for it; the first leads")
    source_kind: str | None
    source_number: str | None
    percent: int
    original_deadline: Instant
    deadline: Instant
    submitted_at: Instant | None
    cancelled_at: Instant | None
    escalated: bool
    lateness: LatenessTold

    @classmethod
    def of(cls, row: RegisterRow, at: datetime) -> Self:
        return cls(
            id=row.instruction,
            number=row.number,
            text=row.text,
            phase=row.phase,
            closed=row.closed,
            programme=row.programme,
            sector=row.sector,
            issuer=row.issuer,
            controller=row.controller,
            leads=row.leads,
            source_kind=row.source_kind,
            source_number=row.source_number,
            percent=row.percent,
            original_deadline=row.original_deadline,
            deadline=row.deadline,
            submitted_at=row.submitted_at,
            cancelled_at=row.cancelled_at,
            escalated=row.escalated,
            lateness=LatenessTold.of(row.timing.lateness(at)),
        )


class EventTold(BaseModel):
    """A fact, as the log has it."""

    position: int
    version: int = Field(description="of its stream; gaps are events that the reader may not see")
    type: str
    occurred_at: Instant
    recorded_at: Instant
    command_id: str
    by: Attribution
    data: dict[str, Any] = Field(description="what the event says; docs/events.md has each type")

    @classmethod
    def of(cls, stored: StoredEvent) -> Self:
        return cls.of_decoded(stored, event_of(stored))

    @classmethod
    def of_decoded(cls, stored: StoredEvent, event: AnyEvent) -> Self:
        """The same of an event that is decoded already, as it was recorded."""
        return cls(
            position=stored.position,
            version=stored.version,
            type=stored.type,
            occurred_at=stored.occurred_at,
            recorded_at=stored.recorded_at,
            command_id=stored.command_id,
            by=event.by,
            data=event.model_dump(mode="json", exclude={"type", "occurred_at", "by"}),
        )
