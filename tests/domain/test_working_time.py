"""Days and hours as people count them, across changes to and from summer time in Berlin."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.deadline import DeadlineRequest, resolve
from domain.working_time import shift, zones
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
