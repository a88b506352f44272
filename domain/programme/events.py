"""Facts about programmes, in the past tense."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.attribution import Event
from domain.identifiers import BodyId, ProgrammeId
from domain.programme.terms import Figures, MeetingId, Sector
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


ProgrammeEvent = Annotated[
    ProgrammeDrafted
    | ProgrammeAdopted
    | ProgrammeClosed
    | SectorsSet
    | MeetingScheduled
    | MeetingHeld
    | ReportPublished,
    Field(discriminator="type"),
]
