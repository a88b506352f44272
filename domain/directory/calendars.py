"""What may be said of calendars: which days and hours are worked, and who counts by which."""

from collections.abc import Iterator
from datetime import date, time
from itertools import pairwise

from domain.directory import commands as c
from domain.directory import events as e
from domain.directory.calendar_versions import PublishedCalendar
from domain.directory.deed import Deed
from domain.outcomes import Rejected
from domain.rejections import invalid, unknown
from domain.working_time import PLAIN, Calendar, Hours

LONGEST_SPAN = 50
"""Years that one version may speak for."""


def publish_calendar(
    command: c.PublishCalendar, deed: Deed
) -> e.CalendarPublished | Rejected | None:
    """None for what the version before says already: publishing again is harmless."""
    refusal = _makes_no_calendar(command)
    if refusal is not None:
        return refusal
    known = deed.directory.calendars.get(command.calendar)
    if known is not None and _says_the_same(command, known):
        return None
    before = PLAIN if known is None else known.calendar
    days = {day.on: day.hours for day in command.days}
    return e.CalendarPublished(
        occurred_at=deed.at,
        by=deed.by,
        calendar=command.calendar,
        version=before.version + 1,
        title=command.title,
        week=command.week,
        days=tuple(sorted(command.days, key=lambda day: day.on)),
        first=command.first,
        last=command.last,
        origin=command.origin,
        changed=_changed(before, Calendar(id=before.id, version=0, week=command.week, days=days)),
        week_changed=command.week != before.week,
    )


def follow_calendar(command: c.FollowCalendar, deed: Deed) -> e.CalendarFollowed | Rejected | None:
    """None for a body that follows this calendar already, or none, if it is to follow none."""
    body = deed.standing(command.body, "body")
    if isinstance(body, Rejected):
        return body
    if command.calendar is not None and command.calendar not in deed.directory.calendars:
        return unknown("calendar", command.calendar, "publish the calendar first")
    if command.calendar == body.calendar:
        return None
    return e.CalendarFollowed(
        occurred_at=deed.at, by=deed.by, body=body.id, calendar=command.calendar
    )


def _makes_no_calendar(command: c.PublishCalendar) -> Rejected | None:
    return _of_its_span(command) or _of_its_days(command) or _of_its_hours(command)


def _of_its_span(command: c.PublishCalendar) -> Rejected | None:
    if command.calendar == PLAIN.id:
        return invalid(
            "calendar", f"{PLAIN.id} is what counts without a calendar; choose another id"
        )
    if command.last < command.first:
        return invalid("last", "it lies before the first day; give a later one")
    if command.last.year - command.first.year >= LONGEST_SPAN:
        return invalid("last", f"one version speaks for {LONGEST_SPAN} years at most; give fewer")
    return None


def _of_its_days(command: c.PublishCalendar) -> Rejected | None:
    seen: set[date] = set()
    for day in command.days:
        if not command.first <= day.on <= command.last:
            return invalid(
                "days",
                f"{day.on} lies outside {command.first} to {command.last}; "
                "leave it out, or have the calendar speak for it",
            )
        if day.on in seen:
            return invalid("days", f"{day.on} is named twice; name each day once")
        seen.add(day.on)
    return None


def _of_its_hours(command: c.PublishCalendar) -> Rejected | None:
    if not any(command.week):
        return invalid("week", "no hour is worked in it; give hours on one day at least")
    for field, hours in _all_hours(command):
        if any(one.end == time() or other.start < one.end for one, other in pairwise(hours)):
            return invalid(field, "hours of a day overlap or are out of order; put them in order")
    return None


def _all_hours(command: c.PublishCalendar) -> Iterator[tuple[str, Hours]]:
    yield from (("week", hours) for hours in command.week)
    yield from (("days", day.hours) for day in command.days)


def _says_the_same(command: c.PublishCalendar, known: PublishedCalendar) -> bool:
    """Where it comes from does not count: a newer library that knows nothing new changes nothing."""
    return (command.title, command.week, (command.first, command.last)) == (
        known.title,
        known.calendar.week,
        known.calendar.known,
    ) and (
        {day.on: day.hours for day in command.days} == known.calendar.days
        and {day.on: day.name for day in command.days if day.name} == known.names
    )


def _changed(before: Calendar, after: Calendar) -> tuple[date, ...]:
    """Days that either speaks of and that have other hours now. One of the two may leave it to the week."""
    spoken_of = {*before.days, *after.days}
    return tuple(sorted(day for day in spoken_of if before.hours(day) != after.hours(day)))
