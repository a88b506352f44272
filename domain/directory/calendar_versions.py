"""A calendar's latest version, and what each version changed: whom a new one concerns follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.directory.events import CalendarPublished
from domain.working_time import Calendar


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarChanges:
    """What is counted otherwise than before."""

    days: frozenset[date]
    week: bool
    """The usual week is another: any day may be concerned."""

    def between(self, first: date, last: date) -> bool:
        """Whether any of it concerns these days."""
        return self.week or any(first <= day <= last for day in self.days)

    def __bool__(self) -> bool:
        return self.week or bool(self.days)


NO_CHANGES = CalendarChanges(days=frozenset(), week=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedCalendar:
    """The latest version, and what each one changed."""

    calendar: Calendar
    title: str
    names: Mapping[date, str]
    """Why a day differs from its day of the week, where that was said."""
    origin: str
    changes: tuple[CalendarChanges, ...]
    """By version, the first one's against `PLAIN`."""

    def changes_since(self, version: int) -> CalendarChanges:
        """What versions later than this one changed; a day that was changed back counts."""
        later = self.changes[version:]
        return CalendarChanges(
            days=frozenset[date]().union(*(one.days for one in later)),
            week=any(one.week for one in later),
        )


def next_version(before: PublishedCalendar | None, event: CalendarPublished) -> PublishedCalendar:
    changed = CalendarChanges(days=frozenset(event.changed), week=event.week_changed)
    return PublishedCalendar(
        calendar=Calendar(
            id=event.calendar,
            version=event.version,
            week=event.week,
            days={day.on: day.hours for day in event.days},
            known=(event.first, event.last),
        ),
        title=event.title,
        names={day.on: day.name for day in event.days if day.name},
        origin=event.origin,
        changes=(*(before.changes if before else ()), changed),
    )
