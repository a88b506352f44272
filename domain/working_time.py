"""Moving a moment by days and hours as people count them: of the calendar, or of working time.

Where local clocks change: an hour that the gap leaves out is the hour after it (02:30 becomes 03:30), and
of an hour that the overlap repeats it is the first.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import model_validator

from domain.identifiers import CalendarId
from domain.value import Value

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_FEW = 30
"""Working days that are soon counted one by one."""
_FURTHEST = 36_525
"""Days within which a working day must be found: else the calendar has none."""


class WorkingHours(Value):
    """Hours of work on a day, in local time. An end at 00:00 is the midnight that ends the day."""

    start: time
    end: time

    @model_validator(mode="after")
    def _in_order(self) -> "WorkingHours":
        if self.start.tzinfo or self.end.tzinfo:
            raise ValueError("hours of work are local time; leave the offset out")
        if self.end != time() and self.end <= self.start:
            raise ValueError("hours of work end after they start, and on the same day")
        return self


Hours = tuple[WorkingHours, ...]
"""Of one day, in order; none on a day off."""
Week = tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
"""From Monday on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """Which days and hours are worked, at one version of the calendar."""

    id: CalendarId
    version: int
    """1 for the first that was published; 0 for one that never was."""
    week: Week
    days: Mapping[date, Hours] = field(default_factory=dict[date, Hours])
    """Those that differ from their day of the week: holidays, closures, moved working days."""
    known: tuple[date, date] | None = None
    """First and last day that `days` speaks for. Beyond them the week alone counts."""

    def hours(self, day: date) -> Hours:
        return self.days.get(day, self.week[day.weekday()])

    def works(self, day: date) -> bool:
        return bool(self.hours(day))

    def knows(self, day: date) -> bool:
        return self.known is not None and self.known[0] <= day <= self.known[1]


_MORNING, _AFTERNOON = (
    WorkingHours(start=time(9), end=time(13)),
    WorkingHours(start=time(14), end=time(18)),
)
WORKDAY: Hours = (_MORNING, _AFTERNOON)
"""9 to 13 and 14 to 18."""
PLAIN = Calendar(
    id="plain",
    version=0,
    week=(WORKDAY, WORKDAY, WORKDAY, WORKDAY, WORKDAY, (), ()),
)
"""Monday to Friday, 9 to 13 and 14 to 18, no holidays: for whom no calendar is published."""

OffDays = Literal["as-is", "earlier", "later"]
"""What becomes of a moment on a day off: it stays, or goes to the nearest working day before or after."""


def shift(
    moment: datetime, offset: timedelta, zone: str, calendar: Calendar | None = None
) -> datetime:
    """The moment `offset` later (earlier, if negative), in UTC.

    Whole days are days of the zone's calendar, so that three days before 18:00 is 18:00 even across a
    change to or from summer time; what is left over is elapsed time. With a calendar, days are working
    days and what is left over is working time.
    """
    moment = moment.astimezone(UTC)  # what is added to a local time would be wall time
    days, rest = divmod(abs(offset), _DAY)
    sign = -1 if offset < timedelta(0) else 1
    if days:  # adding even no days would forget which of two equal local times is meant
        local = moment.astimezone(ZoneInfo(zone))
        day = shift_day(local.date(), sign * days, calendar)
        moment = instant(day, local.time(), zone)
    if calendar is None or not rest:
        return moment + sign * rest
    return _worked(moment, rest, zone, calendar, sign)


def shift_day(day: date, days: int, calendar: Calendar | None = None) -> date:
    """The day so many days later (earlier, if negative); working days, if a calendar is given.

    From a day off the first working day counts as one. No days lead from a day off to itself.
    Raises `OverflowError` if the calendar ends before.
    """
    if calendar is None:
        return day + days * _DAY
    step = _DAY if days > 0 else -_DAY
    left = abs(days)
    if left > _FEW:
        day, left = _by_weeks(day, left, calendar, step)
    for _ in range(left):
        day = _next_working(day + step, calendar, step)
    return day


def _by_weeks(day: date, left: int, calendar: Calendar, step: timedelta) -> tuple[date, int]:
    """As far as weeks lead in which each day is as usual, past those that are not one by one; and what is left
    of the working days then. So a hundred years take no longer than the days that differ.
    """
    usual = sum(map(bool, calendar.week))
    others = sorted(calendar.days, reverse=step < timedelta(0))
    while usual and left > usual:
        n = bisect_right(others, _along(day, step), key=lambda o: _along(o, step))
        weeks = (left - 1) // usual
        if n < len(others):
            weeks = min(weeks, (abs(others[n] - day) - _DAY) // _WEEK)
        day, left = day + weeks * 7 * step, left - weeks * usual
        if not weeks:
            day, left = _next_working(day + step, calendar, step), left - 1
    return day, left


def _along(day: date, step: timedelta) -> timedelta:
    """Grows in the direction of the step."""
    return (day - date.min) * (step // _DAY)


def rolled(day: date, off_days: OffDays, calendar: Calendar) -> date:
    """The day itself if it is worked; else the nearest working day that way."""
    if off_days == "as-is":
        return day
    return _next_working(day, calendar, -_DAY if off_days == "earlier" else _DAY)


def instant(day: date, hour: time, zone: str) -> datetime:
    """When it is that hour on that day in the zone, in UTC."""
    return datetime.combine(day, hour.replace(fold=0), ZoneInfo(zone)).astimezone(UTC)


def day_end(day: date, zone: str) -> datetime:
    """The midnight that ends the day in the zone, in UTC."""
    return instant(day + _DAY, time(), zone)


def _next_working(day: date, calendar: Calendar, step: timedelta) -> date:
    """This day, or the nearest that way which is worked."""
    for n in range(_FURTHEST):
        candidate = day + n * step
        if calendar.works(candidate):
            return candidate
    raise OverflowError(f"calendar {calendar.id} has no working day within a hundred years")


def _worked(
    moment: datetime, rest: timedelta, zone: str, calendar: Calendar, sign: int
) -> datetime:
    """The moment by which so much more time has been worked."""
    for start, end in _periods(moment, zone, calendar, sign):
        begin, finish = (max(start, moment), end) if sign > 0 else (start, min(end, moment))
        length = finish - begin
        if length <= timedelta(0):
            continue
        if rest <= length:
            return begin + rest if sign > 0 else finish - rest
        rest -= length
    raise AssertionError("periods go on without end")


def _periods(
    moment: datetime, zone: str, calendar: Calendar, sign: int
) -> Iterator[tuple[datetime, datetime]]:
    """The hours of work as instants, from the moment's day on, nearest first."""
    step = sign * _DAY
    day = _next_working(moment.astimezone(ZoneInfo(zone)).date(), calendar, step)
    while True:
        for hours in calendar.hours(day)[::sign]:
            end = day_end(day, zone) if hours.end == time() else instant(day, hours.end, zone)
            yield instant(day, hours.start, zone), end
        day = _next_working(day + step, calendar, step)


@cache
def zones() -> frozenset[str]:
    """The IANA time zones known here. Cached: finding them takes some 20 ms of reading folders.

    `localtime` is none of them: it would mean another zone on another machine.
    """
    return frozenset(available_timezones()) - {"localtime"}
