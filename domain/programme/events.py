"""Facts about programmes, in the past tense."""

from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field

from domain.attribution import Event
from domain.identifiers import BodyId, OfficeId, ProgrammeId
from domain.programme.terms import (
    DigestReader,
    DigestRecipient,
    Figures,
    MeetingId,
    Sector,
    Weekday,
)
from domain.value import Instant


class ProgrammeDrafted(Event):
    type: Literal["ProgrammeDrafted"] = "ProgrammeDrafted"
    programme: ProgrammeId
    title: str
    body: BodyId
    period_start: date
    period_end: date


class ProgrammeAdopted(Event):
    """Says all of the programme, drafted before or not."""

    type: Literal["ProgrammeAdopted"] = "ProgrammeAdopted"
    programme: ProgrammeId
    title: str
    body: BodyId
    period_start: date
    period_end: date


class ProgrammeClosed(Event):
    type: Literal["ProgrammeClosed"] = "ProgrammeClosed"


class SectorsSet(Event):
    type: Literal["SectorsSet"] = "SectorsSet"
    sectors: tuple[Sector, ...]


class MeetingScheduled(Event):
    type: Literal["MeetingScheduled"] = "MeetingScheduled"
    meeting: MeetingId
    title: str
    at: Instant


class MeetingHeld(Event):
    type: Literal["MeetingHeld"] = "MeetingHeld"
    meeting: MeetingId
    title: str
    at: Instant = Field(description="when it was held; `occurred_at` is when that was entered")


class ReportPublished(Event):
    type: Literal["ReportPublished"] = "ReportPublished"
    meeting: MeetingId
    as_of: Instant = Field(description="what had occurred by then is counted")
    position: int = Field(description="the last position of the log that was read")
    figures: Figures


class DigestScheduled(Event):
    """The digest goes out each week. No bodies and no offices: to the heads and officers of the programme's
    body, as it is then.
    """

    type: Literal["DigestScheduled"] = "DigestScheduled"
    weekday: Weekday
    hour: time = Field(description="local time in `zone`")
    zone: str = Field(description="IANA zone of the programme's body when it was scheduled")
    bodies: tuple[BodyId, ...] = Field(description="whose heads and officers are sent it")
    offices: tuple[OfficeId, ...] = Field(description="whose holders are sent it")


class DigestEnded(Event):
    type: Literal["DigestEnded"] = "DigestEnded"


class DigestRequested(Event):
    """One more digest is to go out now, beside those that go out weekly."""

    type: Literal["DigestRequested"] = "DigestRequested"


class DigestBegun(Event):
    """A digest begins to go out. What it tells, and whom, is settled by this, whoever goes on with it."""

    type: Literal["DigestBegun"] = "DigestBegun"
    due_at: Instant = Field(description="which digest it is: when it was to go out")
    since: Instant = Field(description="what it tells begins here; it ends with `occurred_at`")
    position: int = Field(description="the last position of the log that it tells of")
    late: bool = Field(description="it goes out well after it was due; it says so")
    asked: bool = Field(description="a person asked for it; else it was scheduled")
    readers: tuple[DigestReader, ...] = Field(description="none: nobody is to be told")


class DigestSent(Event):
    """An attempt, or a part of one: who was told by it, and who was not. Those that wait are told by another."""

    type: Literal["DigestSent"] = "DigestSent"
    due_at: Instant = Field(description="which digest it is")
    attempt: int = Field(description="1 for the first")
    recipients: tuple[DigestRecipient, ...] = Field(description="of this part, at least one")


ProgrammeEvent = Annotated[
    ProgrammeDrafted
    | ProgrammeAdopted
    | ProgrammeClosed
    | SectorsSet
    | MeetingScheduled
    | MeetingHeld
    | ReportPublished
    | DigestScheduled
    | DigestEnded
    | DigestRequested
    | DigestBegun
    | DigestSent,
    Field(discriminator="type"),
]
