"""The tables of docs/calendars.md: each row is what must be true."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from domain.directory.calendar_versions import PublishedCalendar
from domain.directory.commands import PublishCalendar
from domain.value import Duration
from domain.working_time import PLAIN, Calendar, day_end, shift
from importing.calendar_file import CalendarEntry
from importing.country_calendar import span
from tests.domain.directory_specification import asked, directory_after
from tests.domain.world import utc

_PAGE = Path(__file__).parents[2] / "docs" / "calendars.md"
_DURATION: TypeAdapter[Duration] = TypeAdapter(Duration)
_YEARS = range(2024, 2027)
_COUNTRIES = ("BY", "RU")
Row = Mapping[str, str]


def _table(*columns: str) -> list[Row]:
    """The rows of the page's one table with these columns."""
    lines = _PAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index(f"| {' | '.join(columns)} |")
    rows: list[Row] = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows.append(dict(zip(columns, cells, strict=True)))
    assert rows
    return rows


_MOVED = _table("country", "off", "in place of", "which is")
_COUNTS = _table("country", "year", "days worked")
_OFFSETS = _table("case", "calendar", "zone", "from", "offset", "counted", "local", "UTC")
_ENDS = _table("case", "zone", "day", "local", "UTC")


@cache
def _published(country: str) -> PublishedCalendar:
    entry = CalendarEntry.model_validate({"country": country, "years": "2024-2027"})
    command = PublishCalendar(**asked(), **entry.fields())
    return directory_after(command).directory.calendars[country]


def _calendar(name: str) -> Calendar:
    return PLAIN if name == "plain" else _published(name).calendar


def _name(row: Row) -> str:
    return " ".join(row.values())


def _local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize("row", _OFFSETS, ids=_name)
def test_an_offset_leads_there(row: Row) -> None:
    zone, offset = row["zone"], _DURATION.validate_python(row["offset"].removeprefix("-"))
    counted = {"calendar": None, "working": _calendar(row["calendar"])}[row["counted"]]
    signed = -offset if row["offset"].startswith("-") else offset
    found = shift(_local(row["from"], zone), signed, zone, counted)
    assert found == utc(row["UTC"])
    assert f"{found.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" == row["local"]


@pytest.mark.parametrize("row", _ENDS, ids=_name)
def test_a_day_ends_there(row: Row) -> None:
    zone = row["zone"]
    found = day_end(date.fromisoformat(row["day"]), zone)
    assert found == utc(row["UTC"])
    assert f"{found.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" == row["local"]


@pytest.mark.parametrize("row", _MOVED, ids=_name)
def test_a_day_was_moved(row: Row) -> None:
    calendar = _calendar(row["country"])
    off, instead = (date.fromisoformat(row[column]) for column in ("off", "in place of"))
    assert not calendar.works(off)
    assert off.weekday() < 5
    assert instead.weekday() > 4
    assert calendar.works(instead) == (row["which is"] == "worked")
    if calendar.works(instead):
        assert calendar.hours(instead) == calendar.week[0]


@pytest.mark.parametrize("country", _COUNTRIES)
def test_the_table_of_moved_days_lacks_none(country: str) -> None:
    published = _published(country)
    days = [d for d in span(date(2024, 1, 1), date(2026, 12, 31)) if d in published.calendar.days]
    told = [row for row in _MOVED if row["country"] == country]
    worked = {str(day) for day in days if published.calendar.works(day)}
    assert worked == {row["in place of"] for row in told if row["which is"] == "worked"}
    off = {
        str(day)
        for day in days
        if published.names[day].startswith("Day off") or published.names[day].endswith("(observed)")
    }
    assert off == {row["off"] for row in told}


@pytest.mark.parametrize("row", _COUNTS, ids=_name)
def test_so_many_days_are_worked(row: Row) -> None:
    year = int(row["year"])
    days = span(date(year, 1, 1), date(year, 12, 31))
    assert sum(map(_calendar(row["country"]).works, days)) == int(row["days worked"])


def test_every_year_is_counted() -> None:
    counted = [(row["country"], int(row["year"])) for row in _COUNTS]
    assert counted == [(country, year) for country in _COUNTRIES for year in _YEARS]
