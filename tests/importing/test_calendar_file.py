"""Calendars from the `holidays` library and from TOML, by themselves and with a directory."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.directory.events import CalendarDay
from domain.directory.state import Directory
from domain.working_time import PLAIN, WORKDAY, Hours, WorkingHours
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore
from importing.calendar_file import BadCalendarFile, CalendarEntry, CalendarFields, read_calendar
from importing.country_calendar import LIBRARY
from importing.directory import LoadResult, load_directory
from importing.directory_file import BadDirectoryFile, read_directory
from tests.programmes import (
    ADMINISTRATOR,
    EXAMPLE_DIRECTORY,
    NOW,
    SMALL_DIRECTORY,
    set_up,
)

_OFFICE = b"""
id = "BY-office"
title = "Working days of the office in Minsk"
country = "BY"
years = 2026
hours = ["08:00-12:00", "13:00-17:00"]
week = { fri = ["08:00-12:00", "13:00-15:45"], sat = ["22:00-24:00"] }
closures = [{ from = 2026-04-23, to = 2026-04-26, name = "Moving house" }]
working = [2026-01-07, 2026-05-10]
short = [{ on = 2026-12-31, hours = ["08:00-12:00"], name = "New Year's Eve" }]
"""


def _span(start: str, end: str) -> WorkingHours:
    return WorkingHours(start=time.fromisoformat(start), end=time.fromisoformat(end))


def _days(fields: CalendarFields) -> dict[date, CalendarDay]:
    return {day.on: day for day in fields["days"]}


def test_a_country_has_its_holidays_and_moved_days() -> None:
    fields = CalendarEntry.model_validate({"country": "BY", "years": "2024-2026"}).fields()
    assert (fields["calendar"], fields["origin"]) == ("BY", f"{LIBRARY} BY")
    assert fields["week"] == PLAIN.week
    assert (fields["first"], fields["last"]) == (date(2024, 1, 1), date(2026, 12, 31))
    days = _days(fields)
    assert list(days) == sorted(days)
    assert days[date(2026, 7, 3)].hours == ()
    assert days[date(2026, 4, 25)] == CalendarDay(
        on=date(2026, 4, 25), hours=WORKDAY, name="Working day, moved from 2026-04-20"
    )
    assert days[date(2026, 4, 20)].name == "Day off (substituted from 2026-04-25)"
    assert date(2026, 5, 9) not in days, "a holiday on a Saturday is off anyhow"


def test_names_do_not_depend_on_the_language_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = CalendarEntry.model_validate({"country": "RU", "years": 2026})
    here = entry.fields()
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")
    assert entry.fields() == here


def test_a_country_may_have_another_weekend() -> None:
    fields = CalendarEntry.model_validate({"country": "IL", "years": 2026}).fields()
    assert fields["week"] == (*[WORKDAY] * 4, (), (), WORKDAY)


def test_an_organisation_adds_closures_hours_and_days() -> None:
    fields = read_calendar(_OFFICE).fields("file office.toml")
    usual: Hours = (_span("08:00", "12:00"), _span("13:00", "17:00"))
    friday: Hours = (_span("08:00", "12:00"), _span("13:00", "15:45"))
    assert (fields["calendar"], fields["origin"]) == (
        "BY-office",
        f"{LIBRARY} BY, file office.toml",
    )
    assert fields["week"] == (usual, usual, usual, usual, friday, (_span("22:00", "00:00"),), ())
    days = _days(fields)
    closed = [on for on, day in days.items() if day.name == "Moving house"]
    assert closed == [date(2026, 4, 23), date(2026, 4, 24), date(2026, 4, 25)], (
        "Sunday is off anyhow"
    )
    assert all(days[on].hours == () for on in closed)
    assert date(2026, 1, 7) not in days, "a holiday that is worked is a day like any other"
    assert days[date(2026, 5, 10)].hours == usual
    assert days[date(2026, 12, 31)].hours == (_span("08:00", "12:00"),)
    assert days[date(2026, 4, 20)].hours == (), "the country's other days stay"


def test_without_a_country_there_are_no_holidays() -> None:
    fields = CalendarEntry.model_validate({"id": "own", "years": "2026"}).fields("file own.toml")
    assert (fields["week"], fields["days"], fields["origin"]) == (PLAIN.week, (), "file own.toml")


@pytest.mark.parametrize(
    ("more", "where", "naming"),
    [
        ({"country": "XX"}, "country", "knows no country XX"),
        ({"country": "by"}, "country", "pattern"),
        ({"country": None}, "", "neither a country nor an id"),
        ({"years": "2027-2024"}, "years", "2024-2027"),
        ({"years": "soon"}, "years", "2024-2027"),
        ({"years": "1900"}, "", "knows 1991 to"),
        ({"hours": []}, "hours", "no hours are given"),
        ({"hours": ["9-13"]}, "hours.0", "09:00-13:00"),
        ({"hours": ["09:00-25:00"]}, "hours.0.end", "hour value"),
        ({"hours": ["13:00-09:00"]}, "hours.0", "end after they start"),
        ({"week": {"frei": []}}, "week.frei.[key]", "'mon'"),
        ({"closures": [{"from": "2026-02-02", "to": "2026-02-01"}]}, "", "ends before it begins"),
        ({"closures": [{"from": "2025-12-31", "to": "2026-01-02"}]}, "", "2025-12-31 lies outside"),
        (
            {"working": ["2026-02-07"], "short": [{"on": "2026-02-07", "hours": ["09:00-12:00"]}]},
            "",
            "2026-02-07 is named twice",
        ),
        ({"holidays": []}, "holidays", "not permitted"),
    ],
)
def test_what_makes_no_calendar_is_named(more: dict[str, Any], where: str, naming: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CalendarEntry.model_validate({"country": "BY", "years": 2026, **more})
    [problem] = refused.value.errors()
    assert ".".join(map(str, problem["loc"])) == where
    assert naming in problem["msg"]


@pytest.mark.parametrize(
    ("content", "where"),
    [(b"years = ", "file"), (b"years = 2026", "file"), (b'country = "BY"', "years")],
)
def test_a_bad_file_says_where(content: bytes, where: str) -> None:
    with pytest.raises(BadCalendarFile) as refused:
        read_calendar(content)
    assert [problem.where for problem in refused.value.problems] == [where]


@pytest.fixture
def store() -> MemoryEventStore:
    return MemoryEventStore()


_CALENDARS = b'[[calendars]]\ncountry = "BY"\nyears = "2026"\n'
_WITH_CALENDARS = SMALL_DIRECTORY.replace(
    b"[[programmes]]", _CALENDARS + b"\n[[programmes]]"
).replace(b'zone = "Europe/Berlin"', b'zone = "Europe/Berlin", calendar = "BY"')


async def _load(store: MemoryEventStore, persons: MemoryPersonStore, content: bytes) -> LoadResult:
    return await load_directory(
        read_directory(content),
        store=store,
        handler=CommandHandler(store, tzdata="2026a"),
        persons=persons,
        actor=ADMINISTRATOR,
        at=NOW + timedelta(hours=1),
    )


async def _directory(store: MemoryEventStore) -> Directory:
    return await CommandHandler(store, tzdata="2026a").directory()


async def test_a_directory_brings_its_calendars_and_who_follows_them(
    store: MemoryEventStore,
) -> None:
    persons = MemoryPersonStore()
    assert not (await _load(store, persons, SMALL_DIRECTORY)).calendars_changed
    result = await _load(store, persons, _WITH_CALENDARS)
    assert (result.commands_recorded, result.calendars_changed) == (2, True)
    directory = await _directory(store)
    assert directory.calendar_of("region").id == "BY"
    assert directory.calendar_of("ministry") is PLAIN
    again = await _load(store, persons, _WITH_CALENDARS)
    assert (again.commands_recorded, again.calendars_changed) == (0, False)


async def test_more_years_in_the_file_are_a_next_version(store: MemoryEventStore) -> None:
    persons = MemoryPersonStore()
    await _load(store, persons, _WITH_CALENDARS)
    longer = _WITH_CALENDARS.replace(b'years = "2026"', b'years = "2026-2027"')
    assert (await _load(store, persons, longer)).commands_recorded == 1
    directory = await _directory(store)
    assert directory.calendar_of("region").version == 2
    changes = directory.calendar_changes_since("BY", 1)
    assert changes.days
    assert {day.year for day in changes.days} == {2027}


async def test_what_was_published_by_hand_already_is_known(store: MemoryEventStore) -> None:
    persons = MemoryPersonStore()
    await _load(store, persons, _WITH_CALENDARS)
    spelt_otherwise = _WITH_CALENDARS.replace(b'"2026"', b'"2026"\nid = "BY"')
    head = await store.head()
    result = await _load(store, persons, spelt_otherwise)
    assert (result.commands_recorded, await store.head()) == (0, head)


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (_WITH_CALENDARS.replace(b'country = "BY"', b'country = "XX"'), "calendars[1].country"),
        (_WITH_CALENDARS.replace(b'years = "2026"', b'years = "2027-2026"'), "calendars[1].years"),
        (_WITH_CALENDARS.replace(_CALENDARS, _CALENDARS + _CALENDARS), "file"),
        (_WITH_CALENDARS.replace(_CALENDARS, b""), "bodies[3].calendar"),
    ],
)
async def test_a_bad_entry_is_named_and_nothing_written(
    store: MemoryEventStore, content: bytes, where: str
) -> None:
    with pytest.raises(BadDirectoryFile) as refused:
        await _load(store, MemoryPersonStore(), content)
    assert [problem.where for problem in refused.value.problems] == [where]
    assert await store.head() == 0


async def test_every_body_of_the_example_counts_by_a_country(store: MemoryEventStore) -> None:
    directory = await (await set_up(store, EXAMPLE_DIRECTORY.read_bytes())).directory()
    for body in directory.bodies.values():
        assert directory.calendar_of(body.id).id == (body.country or "RU"), body.id
