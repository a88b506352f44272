"""The days of a recurrence's rule, as dateutil has them."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.recurrence.planning import LOOK_AHEAD
from domain.recurrence.rule import problem_of
from eventstore.rule_days import days_after


def _days(*texts: str) -> tuple[date, ...]:
    return tuple(map(date.fromisoformat, texts))


@pytest.mark.parametrize(
    ("rule", "after", "days"),
    [
        # A month without a 31st has none.
        (
            "FREQ=MONTHLY;BYMONTHDAY=31",
            "2026-01-31",
            _days("2026-03-31", "2026-05-31", "2026-07-31"),
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2028-01-31", _days("2028-02-29", "2028-03-31")),
        # The last weekday of the month.
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "2026-01-01",
            _days("2026-01-30", "2026-02-27", "2026-03-31"),
        ),
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
            "2026-01-01",
            _days("2028-02-29", "2032-02-29"),
        ),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2096-02-29", _days("2104-02-29")),
        (
            "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=20",
            "2026-03-20",
            _days("2026-06-20", "2026-09-20", "2026-12-20", "2027-03-20"),
        ),
        # Summer time moves no day.
        ("FREQ=DAILY", "2026-03-28", _days("2026-03-29", "2026-03-30")),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "2026-01-06", _days("2026-01-13", "2026-01-27")),
    ],
)
def test_the_days_after_one(rule: str, after: str, days: tuple[date, ...]) -> None:
    found = days_after(rule, date(2026, 1, 1), date.fromisoformat(after))
    assert found[: len(days)] == days
    assert len(found) <= LOOK_AHEAD


def test_the_first_day_is_one_only_where_the_rule_says_so() -> None:
    before = date(2026, 1, 1)
    assert days_after("FREQ=WEEKLY;BYDAY=MO;COUNT=1", date(2026, 1, 2), before) == _days(
        "2026-01-05"
    )
    assert days_after("FREQ=WEEKLY;COUNT=1", date(2026, 1, 2), before) == _days("2026-01-02")


def test_count_counts_from_the_first_day() -> None:
    first = date(2026, 1, 1)
    rule = "FREQ=MONTHLY;BYMONTHDAY=1;COUNT=4"
    assert days_after(rule, first, date(2026, 2, 1)) == _days("2026-03-01", "2026-04-01")
    assert days_after(rule, first, date(2026, 4, 1)) == ()


def test_until_is_the_last_day_it_may_be() -> None:
    rule = "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260119"
    days = days_after(rule, date(2026, 1, 1), date(2026, 1, 1))
    assert days == _days("2026-01-05", "2026-01-12", "2026-01-19")


def test_a_rule_that_its_first_day_makes_void_names_no_day() -> None:
    assert (
        days_after("FREQ=MONTHLY;INTERVAL=12;BYMONTH=3", date(2026, 1, 1), date(2026, 1, 1)) == ()
    )


def test_a_rule_that_is_not_accepted_names_no_day() -> None:
    assert days_after("FREQ=SECONDLY", date(2026, 1, 1), date(2026, 1, 1)) == ()


_numbers = st.lists(st.integers(-60, 60).filter(bool), min_size=1, max_size=3, unique=True).map(
    lambda numbers: ",".join(map(str, numbers))
)
_rules = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["WEEKLY", "MONTHLY", "YEARLY"])},
    optional={
        "INTERVAL": st.integers(1, 10).map(str),
        "BYMONTH": st.integers(1, 12).map(str),
        "BYMONTHDAY": _numbers,
        "BYYEARDAY": _numbers,
        "BYWEEKNO": _numbers,
        "BYSETPOS": _numbers,
        "BYDAY": st.sampled_from(["MO", "FR,SU", "-1FR", "5MO", "MO,TU,WE,TH,FR"]),
    },
).map(lambda parts: ";".join(f"{name}={value}" for name, value in parts.items()))


@settings(deadline=None)
@given(_rules.filter(lambda rule: problem_of(rule) is None))
def test_whatever_is_accepted_can_be_expanded(rule: str) -> None:
    after = date(2026, 2, 28)
    days = days_after(rule, date(2026, 1, 1), after)
    assert all(after < day for day in days)
    assert list(days) == sorted(set(days))
    assert all(day < after + timedelta(days=81 * 366) for day in days)
