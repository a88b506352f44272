"""Deadlines: a day that ends in the instruction's zone, or an instant."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from domain.value import CalendarDate, Instant, Value

PUNCTUAL = timedelta(minutes=1)
"""What acts later than this after its moment is recorded as late: the system was down or overloaded."""

_YEARS = range(1900, 3000)

_Day = TypeVar("_Day", date, datetime)


def _plausible(day: _Day) -> _Day:
    if day.year not in _YEARS:
        raise ValueError(f"a deadline's year must lie between {_YEARS[0]} and {_YEARS[-1]}")
    return day


class DeadlineRequest(Value):
    """A deadline as a person gives it: `on` a day (until its end) or `at` an instant."""

    on: Annotated[CalendarDate, AfterValidator(_plausible)] | None = None
    at: Annotated[Instant, AfterValidator(_plausible)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.on is None) == (self.at is None):
            raise ValueError("give either `on` (a date) or `at` (an instant), not both or neither")
        return self


class Deadline(Value):
    """A deadline as recorded, with its instant already computed, so that replay computes none."""

    on: date | None = Field(description="the day whose end it is; none for an instant")
    zone: str = Field(description="IANA zone in which the day ends")
    instant: Instant = Field(description="done at this moment is still in time; later is late")
    tzdata: str = Field(description="time zone database version the instant was computed with")


def resolve(request: DeadlineRequest, zone: str, tzdata: str) -> Deadline:
    """The deadline as an instant: for a day, the midnight that ends it in the zone."""
    match request:
        case DeadlineRequest(on=date() as day):
            midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
            return Deadline(on=day, zone=zone, instant=midnight.astimezone(UTC), tzdata=tzdata)
        case DeadlineRequest(at=datetime() as instant):
            return Deadline(on=None, zone=zone, instant=instant, tzdata=tzdata)
        case _:
            raise ValueError("a deadline is either `on` a day or `at` an instant")
