"""A calendar as a file (TOML) or an entry of a directory file has it; docs/calendars.md describes it."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, TypedDict, get_args

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from domain.directory.events import CalendarDay
from domain.identifiers import CalendarId
from domain.value import Value
from domain.working_time import WORKDAY, Week, WorkingHours
from importing.country_calendar import LIBRARY, Country, country_days, span, weekend, years_known
from importing.problems import DirectoryProblem, where

_YEARS = re.compile(r"(\d{4})(?:-(\d{4}))?")
_HOURS = re.compile(r"(\d{2}:\d{2})-(\d{2}:\d{2})")
DayName = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAY_NAMES: tuple[DayName, ...] = get_args(DayName)
_WEEKEND = frozenset({5, 6})


def _hours(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} are no hours; write 09:00-13:00")
    return {"start": found[1], "end": "00:00" if found[2] == "24:00" else found[2]}


_Span = Annotated[WorkingHours, BeforeValidator(_hours)]
_Hours = tuple[_Span, ...]


def _some(hours: _Hours) -> _Hours:
    if not hours:
        raise ValueError("no hours are given; write 09:00-13:00, or leave them out")
    return hours


_WorkedHours = Annotated[_Hours, AfterValidator(_some)]


class Years(Value):
    """Whole years, written `2026` or `2024-2027`."""

    first: int
    last: int

    @model_validator(mode="before")
    @classmethod
    def _read(cls, text: Any) -> Any:
        found = _YEARS.fullmatch(str(text))
        if found is None or (found[2] or found[1]) < found[1]:
            raise ValueError(f"{text} is no span of years; write 2026 or 2024-2027")
        return {"first": int(found[1]), "last": int(found[2] or found[1])}

    @property
    def range(self) -> range:
        return range(self.first, self.last + 1)


class Closure(Value):
    """Days on which nobody works, from the first to the last one."""

    from_: date = Field(alias="from")
    to: date
    name: str = ""


class ShortDay(Value):
    """A day with hours of its own."""

    on: date
    hours: _WorkedHours
    name: str = ""


class CalendarEntry(Value):
    """A country's calendar for some years, with what an organisation adds to it."""

    id: CalendarId | None = None
    """By default the country's code."""
    title: Annotated[str | None, Field(min_length=1)] = None
    country: Country | None = None
    """Without one there are no holidays but those under `closures`."""
    years: Years
    hours: _WorkedHours = WORKDAY
    """Of a usual working day, and of those that were moved."""
    week: Mapping[DayName, _Hours] = Field(default_factory=dict[DayName, _Hours])
    """Days of the week with other hours, or none."""
    closures: tuple[Closure, ...] = ()
    working: tuple[date, ...] = ()
    """Days that are worked though the country or the week has them free."""
    short: tuple[ShortDay, ...] = ()

    @property
    def calendar(self) -> CalendarId:
        calendar = self.id or self.country
        assert calendar is not None  # _makes_sense sees to it
        return calendar

    @model_validator(mode="after")
    def _makes_sense(self) -> "CalendarEntry":
        if self.id is None and self.country is None:
            raise ValueError("it has neither a country nor an id; give one of the two")
        if self.country is not None:
            known = years_known(self.country)
            if self.years.first not in known or self.years.last not in known:
                raise ValueError(
                    f"{LIBRARY} knows {known[0]} to {known[-1]} of {self.country} only"
                )
        seen: set[date] = set()
        for closure in self.closures:
            if closure.to < closure.from_:
                raise ValueError(f"the closure from {closure.from_} ends before it begins")
        for day in self._own_days():
            if day.on.year not in self.years.range:
                raise ValueError(f"{day.on} lies outside of the years; give more years")
            if day.on in seen:
                raise ValueError(
                    f"{day.on} is named twice under closures, working and short; name it once"
                )
            seen.add(day.on)
        return self

    def _own_days(self) -> Sequence[CalendarDay]:
        """What the organisation itself says of single days."""
        return (
            *(
                CalendarDay(on=on, hours=(), name=closure.name)
                for closure in self.closures
                for on in span(closure.from_, closure.to)
            ),
            *(CalendarDay(on=on, hours=self.hours, name="Working day") for on in self.working),
            *(CalendarDay(on=one.on, hours=one.hours, name=one.name) for one in self.short),
        )

    def fields(self, said_by: str | None = None) -> "CalendarFields":
        """What `PublishCalendar` takes, from the library and from what the entry adds.

        Args:
            said_by: what the entry is from, put on record beside the library; needed without a country.
        """
        off = weekend(self.country) if self.country else _WEEKEND
        usual = ((() if n in off else self.hours) for n in range(len(_DAY_NAMES)))
        mon, tue, wed, thu, fri, sat, sun = (
            self.week.get(name, hours) for name, hours in zip(_DAY_NAMES, usual, strict=True)
        )
        week: Week = (mon, tue, wed, thu, fri, sat, sun)
        known: Mapping[date, CalendarDay] = (
            country_days(self.country, self.years.range, self.hours) if self.country else {}
        )
        days = {**known, **{day.on: day for day in self._own_days()}}
        origins = (f"{LIBRARY} {self.country}" if self.country else None, said_by)
        return CalendarFields(
            calendar=self.calendar,
            title=self.title or f"Working days, {self.calendar}",
            week=week,
            days=tuple(days[on] for on in sorted(days) if days[on].hours != week[on.weekday()]),
            first=date(self.years.first, 1, 1),
            last=date(self.years.last, 12, 31),
            origin=", ".join(origin for origin in origins if origin),
        )


class CalendarFields(TypedDict):
    """The fields of `PublishCalendar` that say what it publishes."""

    calendar: CalendarId
    title: str
    week: Week
    days: tuple[CalendarDay, ...]
    first: date
    last: date
    origin: str


class BadCalendarFile(ValueError):
    """The calendar file cannot be published: {problems}."""

    def __init__(self, problems: Sequence[DirectoryProblem]) -> None:
        listed = "; ".join(str(p) for p in problems)
        super().__init__(f"the calendar file cannot be published: {listed}")
        self.problems = tuple(problems)


def read_calendar(content: bytes) -> CalendarEntry:
    """The file's one entry. Raises `BadCalendarFile`, naming every key that is not as it must be."""
    try:
        return CalendarEntry.model_validate(tomllib.loads(content.decode("utf-8-sig")))
    except ValidationError as error:
        problems = [
            DirectoryProblem(where=where(detail["loc"]) or "file", reason=detail["msg"])
            for detail in error.errors(include_url=False, include_context=False)
        ]
        raise BadCalendarFile(problems) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadCalendarFile([DirectoryProblem(where="file", reason=str(error))]) from error
