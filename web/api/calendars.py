"""Calendars of working days, and policies of reminders and escalations: what was published."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from domain.directory.calendar_versions import PublishedCalendar
from domain.directory.calendar_years import counting_by, differing, span, working_days, years
from domain.directory.policy_versions import latest_policies, versions_of
from domain.directory.state import Directory, PublishedPolicy
from domain.policies import Policy, policy_hash
from domain.value import Instant
from domain.working_time import Hours
from web.api.asked import Page, invalid, whole
from web.api.directory import ReadingDirectory, insider
from web.api.names import Id
from web.problems import not_found

router = APIRouter(prefix="/directory", tags=["directory"])

PolicyName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", max_length=64)]


class CalendarLine(BaseModel):
    """A calendar, at its latest version."""

    id: str
    version: int
    title: str
    origin: str = Field(description="what it was made from")
    first: date = Field(description="the first day it speaks for")
    last: date
    bodies: Sequence[str] = Field(description="that count by it")

    @classmethod
    def of(cls, directory: Directory, known: PublishedCalendar) -> Self:
        first, last = span(known.calendar)
        return cls(
            id=known.calendar.id,
            version=known.calendar.version,
            title=known.title,
            origin=known.origin,
            first=first,
            last=last,
            bodies=counting_by(directory, known.calendar),
        )


class DayTold(BaseModel):
    """A day whose hours are not those of its day of the week."""

    on: date
    hours: Hours = Field(description="none: nobody works")
    name: str = Field(description="why")


class YearTold(BaseModel):
    """A year of a calendar."""

    year: int
    working_days: int
    days: Sequence[DayTold] = Field(description="those that differ")


class CalendarTold(CalendarLine):
    """A calendar with its usual week, and year by year what differs."""

    week: Sequence[Hours] = Field(description="from Monday on")
    years: Sequence[YearTold]


class PolicyLine(BaseModel):
    """A policy, at its latest version."""

    id: str
    version: int = Field(description="0 for Remit's own, which nobody published")
    published_at: Instant | None
    hash: str = Field(description="SHA-256 of the rules, as instructions name them")

    @classmethod
    def of(cls, one: PublishedPolicy) -> Self:
        return cls(
            id=one.policy.id,
            version=one.version,
            published_at=one.at,
            hash=policy_hash(one.policy),
        )


class PolicyTold(PolicyLine):
    """A version of a policy, with its rules; docs/policies.md says what they mean."""

    rules: Policy
    latest: int = Field(description="the latest version there is")


@router.get("/calendars", response_model=Page[CalendarLine])
async def list_calendars(asking: ReadingDirectory) -> Page[CalendarLine]:
    """The calendars there are, and who counts by which."""
    directory = insider(asking)
    return whole(
        [CalendarLine.of(directory, one) for _, one in sorted(directory.calendars.items())]
    )


@router.get("/calendars/{calendar}", response_model=CalendarTold)
async def get_calendar(
    asking: ReadingDirectory,
    calendar: Id,
    year: Annotated[
        int | None, Query(ge=1, le=9999, description="by default all that it speaks for")
    ] = None,
) -> CalendarTold:
    """Days off, moved days, days with other hours, and why."""
    directory = insider(asking)
    known = directory.calendars.get(calendar)
    if known is None:
        raise not_found(f"calendar {calendar}")
    counted = known.calendar
    spoken_for = years(counted)
    if year is not None and year not in spoken_for:
        raise invalid("year", f"is none that it speaks for: {spoken_for[0]} to {spoken_for[-1]}")
    return CalendarTold(
        **CalendarLine.of(directory, known).model_dump(),
        week=counted.week,
        years=[_year(known, one) for one in (spoken_for if year is None else (year,))],
    )


@router.get("/policies", response_model=Page[PolicyLine])
async def list_policies(asking: ReadingDirectory) -> Page[PolicyLine]:
    """The policies that are published, and Remit's own."""
    return whole([PolicyLine.of(one) for one in latest_policies(insider(asking))])


@router.get("/policies/{policy}", response_model=PolicyTold)
async def get_policy(
    asking: ReadingDirectory,
    policy: PolicyName,
    version: Annotated[
        int | None, Query(ge=0, le=2**31, description="by default the latest")
    ] = None,
) -> PolicyTold:
    """The rules of a policy, as they were published."""
    published = versions_of(insider(asking), policy)
    wanted = [one for one in published if version in (None, one.version)]
    if not wanted:
        raise not_found(f"policy {policy}{'' if version is None else f' of version {version}'}")
    chosen = wanted[-1]
    return PolicyTold(
        **PolicyLine.of(chosen).model_dump(),
        rules=chosen.policy,
        latest=published[-1].version,
    )


def _year(known: PublishedCalendar, year: int) -> YearTold:
    counted = known.calendar
    return YearTold(
        year=year,
        working_days=working_days(counted, year),
        days=[
            DayTold(on=day, hours=counted.hours(day), name=known.names.get(day, ""))
            for day in differing(counted, year)
        ],
    )
