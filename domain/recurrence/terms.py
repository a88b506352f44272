"""Small values that commands, events and state of a recurrence share."""

from datetime import date, time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from domain.deadline import Deadline
from domain.identifiers import BodyId, CalendarId, ProgrammeId
from domain.instruction.terms import SourceDocument
from domain.policies import Policy, PolicyId
from domain.value import Instant, Value
from domain.working_time import OffDays

RecurrencePhase = Literal["Active", "Paused", "Ended"]
SkipReason = Literal["asked", "deadline-passed"]

_YEARS = range(1900, 2900)


def _plausible(day: date) -> date:
    if day.year not in _YEARS:
        raise ValueError(f"the first day's year must lie between {_YEARS[0]} and {_YEARS[-1]}")
    return day


def _local(hour: time) -> time:
    if hour.tzinfo is not None:
        raise ValueError("the hour is that of the recurrence's zone; leave the offset out")
    return hour


class Terms(Value):
    """What recurs, when, and what is issued each time."""

    title: str = Field(pattern=r"\S", max_length=1_000)
    rule: str = Field(
        max_length=500, description="RRULE of RFC 5545: the days on which what it asks for is due"
    )
    first_day: Annotated[date, AfterValidator(_plausible)] = Field(
        description="the rule counts from here; itself a day of it only where the rule says so"
    )
    number: str = Field(
        pattern=r"\S",
        max_length=100,
        description="of each instruction, with {n}, {year}, {quarter}, {month} and {day} filled in",
    )
    text: str = Field(pattern=r"\S", max_length=20_000, description="with the same filled in")
    issuer: BodyId
    controller: BodyId | None = None
    lead: BodyId
    co_assignees: tuple[BodyId, ...] = ()
    programme: ProgrammeId | None = None
    sector: str | None = Field(default=None, max_length=200)
    source: SourceDocument | None = None
    policy: Policy | PolicyId = Field(
        default="default", description="the rules themselves, or the id of a published policy"
    )
    off_days: OffDays = Field(
        default="as-is", description="what becomes of a deadline on a day that the lead has off"
    )
    lead_days: int = Field(
        default=30, ge=0, le=1_000, description="issued so many days before its deadline"
    )
    lead_in: Literal["calendar", "working"] = Field(
        default="calendar", description="which days those are"
    )
    hour: Annotated[time, AfterValidator(_local)] = Field(
        default=time(9), description="of the day on which it is issued, in the recurrence's zone"
    )


class PlannedOccurrence(Value):
    """The next one, with all that was computed for it."""

    n: int = Field(ge=1, description="1 for the first; each one counts, issued or skipped")
    day: date = Field(description="as the rule has it")
    deadline: Deadline = Field(description="that day, or the working day it was moved to")
    issue_at: Instant
    calendar: CalendarId = Field(description="the one that working days were counted by")
    calendar_version: int
