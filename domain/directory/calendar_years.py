"""A calendar as people look at it: which years it speaks for, which days of one differ, who counts by it."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from domain.directory.state import Directory
from domain.identifiers import BodyId
from domain.working_time import Calendar


def span(counted: Calendar) -> tuple[date, date]:
    """The first and last day that a published calendar speaks for."""
    assert counted.known is not None  # every published one speaks for some span
    return counted.known


def years(counted: Calendar) -> range:
    first, last = span(counted)
    return range(first.year, last.year + 1)


def differing(counted: Calendar, year: int) -> Sequence[date]:
    """The days whose hours are not those of their day of the week."""
    days = (day for day in sorted(counted.days) if day.year == year)
    return [day for day in days if counted.hours(day) != counted.week[day.weekday()]]


def working_days(counted: Calendar, year: int) -> int:
    return sum(counted.works(day) for day in days_of(year))


def days_of(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    for n in range((date(year, 12, 31) - day).days + 1):
        yield day + timedelta(days=n)


def counting_by(directory: Directory, counted: Calendar) -> Sequence[BodyId]:
    """The bodies that count by it; those that are no more left out."""
    standing = (body.id for body in directory.bodies.values() if body.closed_on is None)
    return [body for body in standing if directory.calendar_of(body).id == counted.id]
