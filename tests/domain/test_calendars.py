"""Calendars are published in versions and followed by bodies; what a new version changes is known."""

from datetime import date, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.directory import commands as c
from domain.directory import events as e
from domain.directory.events import CalendarDay
from domain.rejections import Code
from domain.working_time import PLAIN, WORKDAY, Hours, WorkingHours
from tests.domain.directory_specification import DirectoryGiven, asked, directory_after
from tests.domain.world import (
    ADMINISTRATOR,
    CONTROL,
    COUNCIL,
    JOINT,
    MINISTRY_A,
    MINISTRY_B,
    NOW,
    REGION,
    SUPREME,
    by,
)

_FIRST, _LAST = date(2026, 1, 1), date(2026, 12, 31)
_MONDAY, _SATURDAY = date(2026, 4, 20), date(2026, 4, 25)
_OFF = CalendarDay(on=_MONDAY, hours=(), name="Day off")
_MOVED = CalendarDay(on=_SATURDAY, hours=WORKDAY, name="Working day")
_SHORT: Hours = (WorkingHours(start=time(9), end=time(13)),)


def _publish(calendar: str = "BY", *days: CalendarDay, **fields: Any) -> c.PublishCalendar:
    said: dict[str, Any] = {
        "calendar": calendar,
        "title": "Working days",
        "week": PLAIN.week,
        "days": days,
        "first": _FIRST,
        "last": _LAST,
        "origin": "by hand",
    }
    return c.PublishCalendar(**asked(), **(said | fields))


def _follow(body: str, calendar: str | None) -> c.FollowCalendar:
    return c.FollowCalendar(**asked(), body=body, calendar=calendar)


def _register(body: str, parent: str, country: str | None) -> c.RegisterBody:
    return c.RegisterBody(
        **asked(), body=body, name=body, body_kind="agency", parent=parent, country=country
    )


def _counts_by(given: DirectoryGiven, body: str) -> tuple[str, int]:
    calendar = given.directory.calendar_of(body)
    return calendar.id, calendar.version


def test_the_first_version_says_what_differs_from_plain_days() -> None:
    directory_after().when(_publish("BY", _MOVED, _OFF)).then(
        [
            e.CalendarPublished(
                occurred_at=NOW,
                by=by(ADMINISTRATOR),
                calendar="BY",
                version=1,
                title="Working days",
                week=PLAIN.week,
                days=(_OFF, _MOVED),
                first=_FIRST,
                last=_LAST,
                origin="by hand",
                changed=(_MONDAY, _SATURDAY),
                week_changed=False,
            )
        ]
    )
    calendar = directory_after(_publish("BY", _OFF, _MOVED)).directory.calendars["BY"].calendar
    assert not calendar.works(_MONDAY)
    assert calendar.works(_SATURDAY)
    assert calendar.known == (_FIRST, _LAST)


def test_a_next_version_says_what_differs_from_the_one_before() -> None:
    short = CalendarDay(on=date(2026, 12, 31), hours=_SHORT)
    given = directory_after(_publish("BY", _OFF, _MOVED), _publish("BY", _OFF, short))
    changes = given.directory.calendar_changes_since("BY", 1)
    assert (changes.days, changes.week) == ({_SATURDAY, date(2026, 12, 31)}, False)
    assert given.directory.calendar_of(SUPREME) is PLAIN
    assert given.directory.calendars["BY"].calendar.version == 2


def test_each_version_that_was_published_is_known() -> None:
    directory = directory_after(_publish("BY", _OFF), _publish("BY", _MOVED)).directory
    first, second = (directory.calendar_version("BY", version) for version in (1, 2))
    assert first is not None
    assert not first.calendar.works(_MONDAY)
    assert second is directory.calendars["BY"]
    assert directory.calendar_version("BY", 3) is None
    assert directory.calendar_version("unknown", 1) is None


def test_days_that_become_known_count_as_changed_where_their_hours_do() -> None:
    later = CalendarDay(on=date(2027, 1, 1), hours=())
    given = directory_after(_publish("BY", _OFF))
    event = given.when(_publish("BY", _OFF, later, last=date(2027, 12, 31))).event
    assert isinstance(event, e.CalendarPublished)
    assert event.changed == (date(2027, 1, 1),)


def test_days_that_are_spoken_for_no_more_fall_back_to_the_week() -> None:
    given = directory_after(_publish("BY", _OFF))
    event = given.when(_publish("BY", first=date(2026, 6, 1))).event
    assert isinstance(event, e.CalendarPublished)
    assert event.changed == (_MONDAY,)


def test_another_week_may_concern_any_day() -> None:
    week = (WORKDAY, WORKDAY, WORKDAY, WORKDAY, _SHORT, (), ())
    given = directory_after(_publish("BY", _OFF), _publish("BY", _OFF, week=week))
    changes = given.directory.calendar_changes_since("BY", 1)
    assert (changes.days, changes.week) == (frozenset(), True)
    assert not given.directory.calendar_changes_since("BY", 2)


def test_changes_of_all_later_versions_come_together() -> None:
    given = directory_after(_publish("BY", _OFF), _publish("BY"), _publish("BY", _MOVED))
    since = given.directory.calendar_changes_since
    assert since("BY", 0).days == since("BY", 1).days == {_MONDAY, _SATURDAY}
    assert since("BY", 2).days == {_SATURDAY}
    assert not since("BY", 3)
    assert not since("unknown", 0)


def test_publishing_the_same_again_leads_to_nothing() -> None:
    given = directory_after(_publish("BY", _OFF, _MOVED))
    given.when(_publish("BY", _MOVED, _OFF, origin="a newer library")).then([])
    other_name = _OFF.model_copy(update={"name": "Radunitsa"})
    for more in (_publish("BY", _OFF, _MOVED, title="B"), _publish("BY", other_name, _MOVED)):
        event = given.when(more).event
        assert isinstance(event, e.CalendarPublished)
        assert (event.version, event.changed, event.week_changed) == (2, (), False)


_OVERLAPPING = (*WORKDAY, WorkingHours(start=time(17), end=time(19)))
_PAST_MIDNIGHT = (
    WorkingHours(start=time(9), end=time()),
    WorkingHours(start=time(10), end=time(11)),
)


@pytest.mark.parametrize(
    ("command", "field", "naming"),
    [
        (_publish("plain"), "calendar", "plain"),
        (_publish(week=((),) * 7), "week", "no hour is worked"),
        (_publish(week=(_OVERLAPPING, *[()] * 6)), "week", "overlap"),
        (_publish("BY", CalendarDay(on=_MONDAY, hours=_OVERLAPPING)), "days", "overlap"),
        (_publish("BY", CalendarDay(on=_MONDAY, hours=WORKDAY[::-1])), "days", "out of order"),
        (_publish("BY", CalendarDay(on=_MONDAY, hours=_PAST_MIDNIGHT)), "days", "overlap"),
        (_publish("BY", _OFF, _MOVED, _OFF), "days", "2026-04-20 is named twice"),
        (_publish("BY", _OFF, first=date(2026, 4, 21)), "days", "2026-04-20 lies outside"),
        (_publish("BY", _MOVED, last=date(2026, 4, 24)), "days", "2026-04-25 lies outside"),
        (_publish(last=date(2025, 12, 31)), "last", "before the first"),
        (_publish(last=date(2076, 1, 1)), "last", "50 years"),
    ],
)
def test_what_makes_no_calendar_is_refused(
    command: c.PublishCalendar, field: str, naming: str
) -> None:
    directory_after().when(command).refused(Code.INVALID, field, naming)


def test_the_longest_span_and_the_latest_hours_are_taken() -> None:
    to_midnight = (*_SHORT, WorkingHours(start=time(13), end=time()))
    command = _publish("BY", CalendarDay(on=_MONDAY, hours=to_midnight), last=date(2075, 12, 31))
    assert directory_after().when(command).event.type == "CalendarPublished"


def test_a_body_counts_by_what_it_follows_and_so_do_those_below_it() -> None:
    given = directory_after(_publish("own"), _follow(MINISTRY_A, "own"))
    assert _counts_by(given, MINISTRY_A) == _counts_by(given, REGION) == ("own", 1)
    assert _counts_by(given, MINISTRY_B) == _counts_by(given, COUNCIL) == ("plain", 0)
    nearer = given.and_then(_publish("nearer")).and_then(_follow(REGION, "nearer"))
    assert _counts_by(nearer, REGION) == ("nearer", 1)
    back = nearer.and_then(_follow(REGION, None))
    assert _counts_by(back, REGION) == ("own", 1)
    moved = back.and_then(c.MoveBody(**asked(), body=REGION, parent=MINISTRY_B))
    assert _counts_by(moved, REGION) == ("plain", 0)


def test_a_new_version_counts_for_all_who_follow() -> None:
    given = directory_after(_publish("own"), _follow(COUNCIL, "own"), _publish("own", _OFF))
    assert {_counts_by(given, body) for body in (COUNCIL, CONTROL, REGION, JOINT)} == {("own", 2)}


def test_without_a_calendar_to_follow_the_country_decides() -> None:
    given = directory_after(
        _register("gov-by", COUNCIL, "BY"),
        _register("min-by", "gov-by", "BY"),
        _register("office", "min-by", None),
        _register("gov-ru", COUNCIL, "RU"),
        _publish("BY"),
    )
    assert {_counts_by(given, b) for b in ("gov-by", "min-by", "office")} == {("BY", 1)}
    assert _counts_by(given, "gov-ru") == ("plain", 0), "nothing is published for it"
    assert _counts_by(given, COUNCIL) == _counts_by(given, "nobody") == ("plain", 0)


def test_a_calendar_is_not_handed_down_into_another_country() -> None:
    given = directory_after(
        _register("gov-by", COUNCIL, "BY"),
        _register("min-by", "gov-by", "BY"),
        _register("office", "min-by", None),
        _publish("BY"),
        _publish("RU"),
        _follow(COUNCIL, "RU"),
    )
    assert _counts_by(given, COUNCIL) == _counts_by(given, CONTROL) == ("RU", 1)
    assert {_counts_by(given, b) for b in ("gov-by", "min-by", "office")} == {("BY", 1)}
    own = given.and_then(_publish("own")).and_then(_follow("gov-by", "own"))
    assert {_counts_by(own, b) for b in ("gov-by", "min-by", "office")} == {("own", 1)}


def test_following_is_of_a_known_calendar_by_a_standing_body() -> None:
    given = directory_after(_publish("own"), _follow(REGION, "own"))
    given.when(_follow(REGION, "own")).then([])
    given.when(_follow(MINISTRY_B, None)).then([])
    given.when(_follow(REGION, "other")).refused(Code.UNKNOWN, "calendar", "publish")
    given.when(_follow("nobody", "own")).refused(Code.UNKNOWN, "body")
    closed = given.and_then(c.CloseBody(**asked(), body=REGION))
    closed.when(_follow(REGION, None)).refused(Code.BODY_CLOSED, "body")


_DAYS = st.dictionaries(
    st.dates(min_value=date(2026, 4, 1), max_value=date(2026, 4, 30)),
    st.sampled_from([(), WORKDAY, _SHORT]),
    max_size=10,
).map(lambda days: tuple(CalendarDay(on=on, hours=hours) for on, hours in days.items()))


@settings(max_examples=50, deadline=None)
@given(versions=st.lists(_DAYS, min_size=1, max_size=4))
def test_no_day_is_counted_otherwise_without_being_told(
    versions: list[tuple[CalendarDay, ...]],
) -> None:
    given = directory_after()
    seen = [PLAIN]
    for days in versions:
        outcome = given.when(_publish("BY", *days)).outcome
        if outcome:
            given = given.and_then(_publish("BY", *days))
            seen.append(given.directory.calendars["BY"].calendar)
    latest = seen[-1]
    for version, earlier in enumerate(seen):
        told = given.directory.calendar_changes_since("BY", version).days
        april = (date(2026, 4, day) for day in range(1, 31))
        assert {day for day in april if earlier.hours(day) != latest.hours(day)} <= told
