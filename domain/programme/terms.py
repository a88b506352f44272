"""Small values that commands, events and state of a programme share."""

from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from domain.identifiers import SLUG, Channel, PersonId
from domain.value import Value

MeetingId = Annotated[str, StringConstraints(pattern=SLUG)]
ProgrammePhase = Literal["Drafted", "Adopted", "Closed"]
Weekday = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""From Monday on, as `date.weekday` counts them."""
DigestOutcome = Literal["delivered", "failed", "suppressed", "waiting"]


class Sector(Value):
    """A part of a programme; a measure names it by its id."""

    id: str = Field(min_length=1, max_length=200)
    name: str = Field(min_length=1, max_length=400)


class DigestReader(Value):
    """Whom a digest is to reach, and how."""

    person: PersonId
    channel: Channel
    message_id: str = Field(description="the same for every attempt")


class DigestRecipient(DigestReader):
    """Whom a digest was sent to, and what became of it."""

    outcome: DigestOutcome = Field(description="`waiting`: it failed, and is tried again")
    detail: str = Field(description="the channel's reference, or what went wrong")


class PartFigures(Value):
    """The figures of one sector, or of what one body leads."""

    name: str | None = Field(description="the sector, or the lead's id; none where none is named")
    total: int
    implemented: int
    behind_schedule: int
    late_against_original: int
    carried_over: int


class Figures(Value):
    """The figures of a programme report, as they are published; report.py says what each counts."""

    total: int = Field(ge=0)
    implemented: int = Field(ge=0)
    behind_schedule: int = Field(ge=0)
    late_against_original: int = Field(ge=0)
    completed_late: int = Field(ge=0)
    open_late: int = Field(ge=0)
    cancelled: int = Field(ge=0)
    carried_over: int = Field(ge=0)
    proposed: int = Field(ge=0)
    refused: int = Field(ge=0)
    by_sector: tuple[PartFigures, ...]
    by_lead: tuple[PartFigures, ...]
