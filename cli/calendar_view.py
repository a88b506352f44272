"""How calendars are shown: a year as twelve months with what differs marked, and the list of them."""

import calendar as months
from datetime import date, time
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.output import plain, printable, table
from domain.directory.calendar_versions import PublishedCalendar
from domain.directory.calendar_years import (
    counting_by,
    days_of,
    differing,
    span,
    working_days,
    years,
)
from domain.directory.state import Directory
from domain.working_time import Calendar, Hours

_ACROSS = 3
_HEADINGS = "Mo Tu We Th Fr Sa Su "
_MARKS = {"off": ("*", "bold red"), "moved": ("+", "bold green"), "other": ("~", "bold yellow")}
_LEGEND = "* day off   + worked, on a usual day off   ~ other hours than usual"


def calendar_picture(directory: Directory, known: PublishedCalendar, year: int) -> RenderableType:
    """The year's months, and below them the days that differ with their reasons."""
    counted = known.calendar
    grid = Table.grid(padding=(0, 3, 0, 0))
    drawn = [_month(counted, year, month) for month in range(1, 13)]
    for row in range(0, 12, _ACROSS):
        grid.add_row(*drawn[row : row + _ACROSS])
        grid.add_row()
    total = working_days(counted, year)
    made = table(f"{year}: {total} working days", "day", "", "hours", "why")
    for day in differing(counted, year):
        made.add_row(
            str(day),
            f"{day:%a}",
            _hours(counted.hours(day)) or "off",
            plain(known.names.get(day, "")),
        )
    return Group(_heading(directory, known), Text(), grid, Text(f"{_LEGEND}\n", style="dim"), made)


def calendar_json(
    directory: Directory, known: PublishedCalendar, year: int | None
) -> dict[str, Any]:
    """All that the latest version says, or what it says of one year."""
    counted = known.calendar
    first, last = span(counted)
    told = years(counted) if year is None else (year,)
    return {
        "calendar": counted.id,
        "version": counted.version,
        "title": known.title,
        "origin": known.origin,
        "first": first,
        "last": last,
        "week": [_hours_json(hours) for hours in counted.week],
        "working_days": {str(y): working_days(counted, y) for y in told},
        "days": [
            {"on": day, "hours": _hours_json(counted.hours(day)), "name": known.names.get(day, "")}
            for y in told
            for day in differing(counted, y)
        ],
        "bodies": counting_by(directory, counted),
    }


def listed_json(directory: Directory) -> list[dict[str, Any]]:
    return [
        {
            "calendar": known.calendar.id,
            "version": known.calendar.version,
            "title": known.title,
            "origin": known.origin,
            "first": span(known.calendar)[0],
            "last": span(known.calendar)[1],
            "bodies": counting_by(directory, known.calendar),
        }
        for known in directory.calendars.values()
    ]


def listed_table(directory: Directory) -> Table:
    made = table("Calendars", "calendar", ">version", "from", "to", ">bodies", "origin", "title")
    for known in directory.calendars.values():
        first, last = span(known.calendar)
        made.add_row(
            plain(known.calendar.id),
            str(known.calendar.version),
            str(first),
            str(last),
            str(len(counting_by(directory, known.calendar))),
            plain(known.origin),
            plain(known.title),
        )
    return made


def _heading(directory: Directory, known: PublishedCalendar) -> Text:
    counted = known.calendar
    first, last = span(counted)
    bodies = len(counting_by(directory, counted))
    return Text.assemble(
        (printable(f"{counted.id}: {known.title}"), "bold"),
        printable(f", version {counted.version}, from {known.origin}\n"),
        f"It speaks for {first} to {last}; {bodies} bodies count by it.",
    )


def _month(counted: Calendar, year: int, month: int) -> Text:
    worked = sum(counted.works(day) for day in days_of(year) if day.month == month)
    drawn = Text.assemble(
        (f"{months.month_name[month]}, {worked} worked\n", "bold"), (f"{_HEADINGS}\n", "dim")
    )
    for week in months.Calendar().monthdatescalendar(year, month):
        for day in week:
            if day.month != month:
                drawn.append("   ")
                continue
            mark, style = _MARKS.get(
                _kind(counted, day), (" ", "" if counted.works(day) else "dim")
            )
            drawn.append(f"{day.day:2}{mark}", style)
        drawn.append("\n")
    drawn.rstrip()
    return drawn


def _kind(counted: Calendar, day: date) -> str:
    hours, usual = counted.hours(day), counted.week[day.weekday()]
    if hours == usual:
        return "usual"
    if not hours:
        return "off"
    return "other" if usual else "moved"


def _hours(hours: Hours) -> str:
    return ", ".join(_hours_json(hours))


def _hours_json(hours: Hours) -> list[str]:
    return [f"{h.start:%H:%M}-{'24:00' if h.end == time() else f'{h.end:%H:%M}'}" for h in hours]
