"""Requests to a programme, in the imperative. Who may send which is in `decisions.py`."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.attribution import Command
from domain.directory.preferences import LocalTime
from domain.identifiers import BodyId, OfficeId, ProgrammeId
from domain.programme.terms import (
    DigestReader,
    DigestRecipient,
    Figures,
    MeetingId,
    Sector,
    Weekday,
)
from domain.value import CalendarDate, Instant

Title = Annotated[str, Field(pattern=r"\S", max_length=1_000)]
"""Says something: spaces alone are refused."""


class ProgrammeCommand(Command):
    """What every request to a programme carries."""

    programme: ProgrammeId


class DraftProgramme(ProgrammeCommand):
    """Begin a programme: measures may be proposed under it, none issued yet."""

    type: Literal["DraftProgramme"] = "DraftProgramme"
    title: Title
    body: BodyId = Field(description="the body whose programme it is")
    period_start: CalendarDate
    period_end: CalendarDate = Field(description="last day of the period")


class AdoptProgramme(ProgrammeCommand):
    """Put a programme in force: from now on instructions may be issued under it as its measures.

    Of a draft it may be adopted with changes; what is not given stays as drafted. Where there is no
    draft, it is founded by this, and everything must be given.
    """

    type: Literal["AdoptProgramme"] = "AdoptProgramme"
    title: Title | None = None
    body: BodyId | None = Field(default=None, description="of a draft: as drafted")
    period_start: CalendarDate | None = None
    period_end: CalendarDate | None = Field(default=None, description="last day of the period")


class CloseProgramme(ProgrammeCommand):
    """End a programme, or drop a draft: nothing more is issued under it. Open measures stay open."""

    type: Literal["CloseProgramme"] = "CloseProgramme"


class SetSectors(ProgrammeCommand):
    """Name the sectors; from then on a measure's sector must be one of them."""

    type: Literal["SetSectors"] = "SetSectors"
    sectors: tuple[Sector, ...] = Field(description="all of them; empty: any sector will do")


class ScheduleMeeting(ProgrammeCommand):
    """Announce a meeting, or move one that is announced and was not held yet."""

    type: Literal["ScheduleMeeting"] = "ScheduleMeeting"
    meeting: MeetingId
    title: Title
    at: Instant = Field(description="in the future; it may be moved")


class HoldMeeting(ProgrammeCommand):
    """Put on record that a meeting was held, announced before or not. Its moment is final then."""

    type: Literal["HoldMeeting"] = "HoldMeeting"
    meeting: MeetingId
    title: Title | None = Field(default=None, description="by default as announced")
    at: Instant | None = Field(default=None, description="by default as announced")


class PublishReport(ProgrammeCommand):
    """Publish the figures as of a meeting, computed from the log up to a position."""

    type: Literal["PublishReport"] = "PublishReport"
    meeting: MeetingId
    as_of: Instant = Field(description="what had occurred by then; the moment of the meeting")
    position: int = Field(ge=1, description="the last position of the log that was read")
    figures: Figures


class ScheduleDigest(ProgrammeCommand):
    """Have the programme's digest sent each week, from the next such moment on; in place of what was
    scheduled before.
    """

    type: Literal["ScheduleDigest"] = "ScheduleDigest"
    weekday: Weekday
    hour: LocalTime = Field(description="where the programme's body is")
    bodies: tuple[BodyId, ...] = Field(default=(), description="to their heads and officers")
    offices: tuple[OfficeId, ...] = Field(
        default=(), description="to their holders; without both, as of the programme's body"
    )


class EndDigest(ProgrammeCommand):
    """Send the programme's digest no more."""

    type: Literal["EndDigest"] = "EndDigest"


class SendDigest(ProgrammeCommand):
    """Send one now: to whom the weekly one goes, or would go by default."""

    type: Literal["SendDigest"] = "SendDigest"


class BeginDigest(ProgrammeCommand):
    """A digest that is due is about to go out. Sent by the activity that sends it, before the first message."""

    type: Literal["BeginDigest"] = "BeginDigest"
    by_system: ClassVar[bool] = True
    due_at: Instant
    position: int = Field(ge=1, description="the last position of the log that it tells of")
    readers: tuple[DigestReader, ...]


class RecordDigest(ProgrammeCommand):
    """These were sent a digest, or were not reached. Sent by the activity that made the attempt."""

    type: Literal["RecordDigest"] = "RecordDigest"
    by_system: ClassVar[bool] = True
    due_at: Instant
    attempt: int = Field(ge=1)
    recipients: tuple[DigestRecipient, ...]


AnyProgrammeCommand = Annotated[
    DraftProgramme
    | AdoptProgramme
    | CloseProgramme
    | SetSectors
    | ScheduleMeeting
    | HoldMeeting
    | PublishReport
    | ScheduleDigest
    | EndDigest
    | SendDigest,
    Field(discriminator="type"),
]
"""What people may send."""
