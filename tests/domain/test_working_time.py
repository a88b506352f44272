"""Days and hours as people count them: across summer time in Berlin, and by calendars of working days.

Cases by date stand in docs/calendars.md, each a test (tests/importing/test_calendar_cases.py).
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.deadline import DeadlineRequest, resolve
from domain.working_time import (
    PLAIN,
    WORKDAY,
    Calendar,
    Hours,
    OffDays,
    Week,
    WorkingHours,
    day_end,
    instant,
    rolled,
    shift,
    shift_day,
    zones,
)
from tests.domain.world import TZDATA, utc

_BERLIN = ZoneInfo("Europe/Berlin")
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def _berlin(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=_BERLIN, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "offset", "expected"),
    [
        ("2026-03-28 18:00", _DAY, "2026-03-29 18:00"),
        ("2026-03-29 18:00", -_DAY, "2026-03-28 18:00"),
        ("2026-03-01 18:00", 30 * _DAY, "2026-03-31 18:00"),
        ("2026-10-24 18:00", _DAY, "2026-10-25 18:00"),
        ("2026-10-26 18:00", -3 * _DAY, "2026-10-23 18:00"),
        ("2026-03-28 18:00", timedelta(days=1, hours=2), "2026-03-29 20:00"),
    ],
)
def test_whole_days_keep_the_hour_across_summer_time(
    moment: str, offset: timedelta, expected: str
) -> None:
    assert shift(_berlin(moment), offset, "Europe/Berlin") == _berlin(expected)


def test_hours_are_elapsed_time() -> None:
    before_the_gap = _berlin("2026-03-29 01:30")
    assert shift(before_the_gap, _HOUR, "Europe/Berlin") == _berlin("2026-03-29 03:30")
    assert shift(before_the_gap, 24 * _HOUR - _HOUR, "Europe/Berlin") == _berlin("2026-03-30 01:30")


def test_an_hour_that_the_gap_leaves_out_is_the_hour_after_it() -> None:
    assert shift(_berlin("2026-03-28 02:30"), _DAY, "Europe/Berlin") == _berlin("2026-03-29 03:30")
    assert shift(_berlin("2026-03-30 02:30"), -_DAY, "Europe/Berlin") == _berlin("2026-03-29 03:30")


def test_an_hour_that_the_overlap_repeats_is_the_first_of_the_two() -> None:
    first, second = _berlin("2026-10-25 02:30"), _berlin("2026-10-25 02:30", fold=1)
    assert second - first == _HOUR
    assert shift(_berlin("2026-10-24 02:30"), _DAY, "Europe/Berlin") == first
    assert shift(_berlin("2026-10-26 02:30"), -_DAY, "Europe/Berlin") == first


def test_hours_pass_through_both_of_the_repeated_hours() -> None:
    first, second = utc("2026-10-25 00:30"), utc("2026-10-25 01:30")
    assert shift(first, _HOUR, "Europe/Berlin") == second
    assert shift(second, _HOUR, "Europe/Berlin") == utc("2026-10-25 02:30")
    assert shift(second, -_HOUR, "Europe/Berlin") == first
    assert shift(second, timedelta(0), "Europe/Berlin") == second


@settings(max_examples=100, deadline=None)
@given(
    moment=st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001  hypothesis sets the zone itself
        max_value=datetime(2099, 12, 31),  # noqa: DTZ001  likewise
        timezones=st.just(UTC),
    ),
    offset=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1000)),
    zone=st.sampled_from(["UTC", "Europe/Minsk", "Europe/Berlin", "Australia/Lord_Howe"]),
)
def test_later_is_later_and_off_by_no_more_than_the_change_of_the_clock(
    moment: datetime, offset: timedelta, zone: str
) -> None:
    for signed in (offset, -offset):
        shifted = shift(moment, signed, zone)
        assert shifted.utcoffset() == timedelta(0)
        assert abs((shifted - moment) - signed) <= timedelta(hours=3)
    if offset < _DAY or zone == "UTC":
        assert shift(moment, offset, zone) == moment + offset


@pytest.mark.parametrize(
    ("day", "zone", "instant"),
    [
        (date(2026, 3, 31), "Europe/Minsk", "2026-03-31 21:00"),
        (date(2026, 3, 31), "UTC", "2026-04-01 00:00"),
        (date(2026, 3, 28), "Europe/Berlin", "2026-03-28 23:00"),
        (date(2026, 3, 29), "Europe/Berlin", "2026-03-29 22:00"),
        (date(2026, 10, 25), "Europe/Berlin", "2026-10-25 23:00"),
        (date(2026, 12, 31), "America/New_York", "2027-01-01 05:00"),
        (date(2024, 2, 29), "Europe/Minsk", "2024-02-29 21:00"),
    ],
)
def test_a_day_ends_at_the_midnight_of_its_zone(day: date, zone: str, instant: str) -> None:
    deadline = resolve(DeadlineRequest(on=day), zone, TZDATA)
    assert (deadline.instant, deadline.on) == (utc(instant), day)
    assert (deadline.zone, deadline.tzdata) == (zone, TZDATA)


def test_an_instant_is_kept_as_it_is() -> None:
    deadline = resolve(DeadlineRequest(at=_berlin("2026-03-29 18:00")), "Europe/Minsk", TZDATA)
    assert (deadline.instant, deadline.on) == (utc("2026-03-29 16:00"), None)


def test_only_zones_of_the_iana_database_are_known() -> None:
    assert {"UTC", "Europe/Minsk", "Europe/Berlin"} <= zones()
    assert not {"", "Europe", "localtime", "europe/minsk", "../etc/passwd"} & zones()


def _hours(*spans: tuple[int, int]) -> Hours:
    return tuple(WorkingHours(start=time(start), end=time(end % 24)) for start, end in spans)


def _every_day(hours: Hours) -> Week:
    return hours, hours, hours, hours, hours, hours, hours


_CLOSED: Hours = ()
_SHORT = _hours((9, 12))
_TO_MIDNIGHT = _hours((0, 6), (16, 24))
_WEEKS = st.tuples(
    *[st.sampled_from([WORKDAY, _CLOSED, _SHORT, _TO_MIDNIGHT]) for _ in range(7)]
).filter(any)
_ZONES = st.sampled_from(["UTC", "Europe/Minsk", "Asia/Vladivostok"])
"""None of them changes its clocks in these years: there a gap may put a later moment before an earlier."""
_DAYS = st.dates(min_value=date(2015, 1, 1), max_value=date(2030, 12, 31))
_MOMENTS = st.datetimes(
    min_value=datetime(2015, 1, 1),  # noqa: DTZ001  hypothesis sets the zone itself
    max_value=datetime(2030, 12, 31),  # noqa: DTZ001  likewise
    timezones=st.just(UTC),
)
_PARTS = st.timedeltas(min_value=timedelta(minutes=1), max_value=_DAY - timedelta(minutes=1))


@st.composite
def _calendars(draw: st.DrawFn) -> Calendar:
    days = st.dictionaries(_DAYS, st.sampled_from([WORKDAY, _CLOSED, _SHORT]), max_size=40)
    return Calendar(id="drawn", version=1, week=draw(_WEEKS), days=draw(days))


def _working(moment: datetime, zone: str, calendar: Calendar) -> bool:
    """Whether work goes on at the moment; not at the very end of hours."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    return any(start <= moment < end for start, end in _periods(day, zone, calendar))


def _periods(day: date, zone: str, calendar: Calendar) -> list[tuple[datetime, datetime]]:
    return [
        (
            instant(day, hours.start, zone),
            day_end(day, zone) if hours.end == time() else instant(day, hours.end, zone),
        )
        for hours in calendar.hours(day)
    ]


@settings(max_examples=150, deadline=None)
@given(day=_DAYS, days=st.integers(1, 60) | st.integers(1, 3000), calendar=_calendars())
def test_working_days_there_and_back(day: date, days: int, calendar: Calendar) -> None:
    there = shift_day(day, days, calendar)
    assert calendar.works(there)
    assert there > day
    passed = (day + n * _DAY for n in range(1, (there - day).days + 1))
    assert sum(map(calendar.works, passed)) == days
    back = shift_day(there, -days, calendar)
    assert back == day if calendar.works(day) else back < day
    assert shift_day(day, days + 1, calendar) > there


@settings(max_examples=150, deadline=None)
@given(moment=_MOMENTS, worked=_PARTS, zone=_ZONES, calendar=_calendars())
def test_working_hours_there_and_back(
    moment: datetime, worked: timedelta, zone: str, calendar: Calendar
) -> None:
    there = shift(moment, worked, zone, calendar)
    assert there - moment >= worked
    assert _working(there - timedelta(microseconds=1), zone, calendar), (
        "it ends within working time"
    )
    back = shift(there, -worked, zone, calendar)
    if _working(moment, zone, calendar):
        assert back == moment
    else:
        assert back >= moment, "what was not worked before is not taken back"


@settings(max_examples=150, deadline=None)
@given(
    moment=_MOMENTS,
    earlier=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=5)),
    offset=_PARTS,
    zone=_ZONES,
    calendar=_calendars(),
)
def test_from_an_earlier_moment_so_much_work_ends_no_later(
    moment: datetime, earlier: timedelta, offset: timedelta, zone: str, calendar: Calendar
) -> None:
    for signed in (offset, -offset):
        first = shift(moment - earlier, signed, zone, calendar)
        assert first <= shift(moment, signed, zone, calendar)
        assert first.utcoffset() == timedelta(0)


@settings(max_examples=100, deadline=None)
@given(moment=_MOMENTS, days=st.integers(-30, 30), zone=_ZONES, calendar=_calendars())
def test_working_days_keep_the_hour(
    moment: datetime, days: int, zone: str, calendar: Calendar
) -> None:
    local = moment.astimezone(ZoneInfo(zone))
    there = shift(moment, days * _DAY, zone, calendar).astimezone(ZoneInfo(zone))
    assert there.time() == local.time()
    assert there.date() == shift_day(local.date(), days, calendar)


@settings(max_examples=100, deadline=None)
@given(day=_DAYS, calendar=_calendars())
def test_a_day_off_rolls_to_the_nearest_working_day(day: date, calendar: Calendar) -> None:
    before, after = rolled(day, "earlier", calendar), rolled(day, "later", calendar)
    assert rolled(day, "as-is", calendar) == day
    if calendar.works(day):
        assert before == after == day
        return
    assert before == shift_day(day, -1, calendar)
    assert after == shift_day(day, 1, calendar)


@pytest.mark.parametrize(("off_days", "expected"), [("as-is", 7), ("earlier", 6), ("later", 9)])
def test_a_saturday_stays_or_rolls(off_days: OffDays, expected: int) -> None:
    assert rolled(date(2026, 2, 7), off_days, PLAIN) == date(2026, 2, expected)


def test_no_working_days_from_a_day_off_is_that_day() -> None:
    assert shift_day(date(2026, 2, 7), 0, PLAIN) == date(2026, 2, 7)


def test_a_moment_may_be_given_in_any_zone() -> None:
    local = datetime(2026, 3, 28, 18, tzinfo=_BERLIN)
    for zone in ("Europe/Berlin", "Europe/Minsk"):
        for offset in (23 * _HOUR, 30 * _HOUR, -_DAY):
            for calendar in (None, PLAIN):
                asked = shift(local, offset, zone, calendar)
                assert asked == shift(local.astimezone(UTC), offset, zone, calendar)


def test_an_hour_that_is_there_twice_is_worked_twice() -> None:
    calendar = Calendar(id="night", version=1, week=_every_day(_hours((0, 24))))
    first = _berlin("2026-10-25 01:00")
    assert shift(first, 3 * _HOUR, "Europe/Berlin", calendar) == _berlin("2026-10-25 03:00")


def test_work_up_to_midnight_ends_with_the_day_even_at_a_midnight_left_out() -> None:
    calendar = Calendar(id="late", version=1, week=_every_day(_hours((22, 24))))
    begun = datetime(2026, 3, 28, 23, tzinfo=ZoneInfo("Asia/Beirut"))
    ended = shift(begun, _HOUR, "Asia/Beirut", calendar)
    assert ended == day_end(date(2026, 3, 28), "Asia/Beirut") == utc("2026-03-28 22:00")
    assert shift(begun, 2 * _HOUR, "Asia/Beirut", calendar) == utc("2026-03-29 20:00")


def test_a_calendar_without_a_working_day_is_no_calendar() -> None:
    with pytest.raises(OverflowError, match="idle has no working day"):
        shift_day(date(2026, 2, 2), 1, Calendar(id="idle", version=1, week=_every_day(())))


@pytest.mark.parametrize(
    ("start", "end"),
    [("13:00", "09:00"), ("09:00", "09:00"), ("09:00+03:00", "13:00"), ("09:00", "13:00Z")],
)
def test_hours_of_work_lie_within_a_day_in_local_time(start: str, end: str) -> None:
    with pytest.raises(ValueError, match="hours of work"):
        WorkingHours(start=time.fromisoformat(start), end=time.fromisoformat(end))


def test_a_calendar_knows_what_it_speaks_for() -> None:
    known = Calendar(
        id="BY", version=1, week=PLAIN.week, known=(date(2026, 1, 1), date(2026, 12, 31))
    )
    assert [known.knows(date(year, 6, 1)) for year in (2025, 2026, 2027)] == [False, True, False]
    assert not PLAIN.knows(date(2026, 6, 1))
