"""Which rules of days are accepted, and what a refusal says."""

from datetime import date

import pytest

from domain.recurrence.rule import problem_of, without_end
from domain.recurrence.wording import filled


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=WEEKLY;BYDAY=MO,TH;WKST=MO",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=12",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR;UNTIL=20301231",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=20",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "FREQ=YEARLY;BYYEARDAY=-1",
    ],
)
def test_a_rule_of_days_is_accepted(rule: str) -> None:
    assert problem_of(rule) is None


@pytest.mark.parametrize(
    ("rule", "saying"),
    [
        ("", "an empty part"),
        ("RRULE:FREQ=DAILY", "RRULE:FREQ=DAILY is no part"),
        ("FREQ=HOURLY", "FREQ as one of DAILY"),
        ("FREQ=MINUTELY;COUNT=3", "FREQ as one of DAILY"),
        ("BYDAY=MO", "FREQ as one of DAILY"),
        ("FREQ=DAILY;BYHOUR=9", "BYHOUR=9 is no part"),
        ("FREQ=DAILY;DTSTART=20260101", "DTSTART=20260101 is no part"),
        ("FREQ=DAILY;FREQ=WEEKLY", "FREQ stands there twice"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "exclude each other"),
        ("FREQ=DAILY;COUNT=0", "COUNT must lie between"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL must lie between 1 and 3650"),
        ("FREQ=YEARLY;INTERVAL=11", "INTERVAL must lie between 1 and 10"),
        ("FREQ=DAILY;UNTIL=20270101T000000Z", "UNTIL=20271231 (a day)"),
        ("FREQ=DAILY;UNTIL=20270230", "is no day"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY takes numbers from 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY takes numbers from 1 to 31"),
        ("FREQ=YEARLY;BYMONTH=14", "BYMONTH takes numbers from 1 to 12"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH takes numbers from 1 to 12"),
        ("FREQ=WEEKLY;BYDAY=1MO", "goes with FREQ=MONTHLY"),
        ("FREQ=MONTHLY;BYDAY=6MO", "goes with FREQ=MONTHLY"),
        ("FREQ=MONTHLY;BYWEEKNO=3", "BYWEEKNO goes with FREQ=YEARLY only"),
        ("FREQ=DAILY;BYSETPOS=2;BYDAY=MO", "BYSETPOS goes with"),
        ("FREQ=MONTHLY;BYSETPOS=-1", "name them"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "none of the months named"),
        ("FREQ=YEARLY;BYWEEKNO=2;BYYEARDAY=300", "exclude each other"),
        ("FREQ=YEARLY;BYWEEKNO=2;BYMONTH=9", "exclude each other"),
        ("FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=20", "exclude each other"),
        ("FREQ=MONTHLY;BYMONTHDAY=²", "has not the form"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_the_way_out(rule: str, saying: str) -> None:
    problem = problem_of(rule)
    assert problem is not None
    assert saying in problem


def test_the_end_of_a_rule_is_told_apart() -> None:
    endless = without_end("FREQ=DAILY;COUNT=3;BYDAY=MO")
    assert (endless.rule, endless.count, endless.until) == ("FREQ=DAILY;BYDAY=MO", 3, None)


def test_numbers_and_texts_are_filled_in_by_the_day_and_the_count() -> None:
    pattern = "{n}: {day}.{month}.{year}, quarter {quarter}"
    assert filled(pattern, 7, date(2026, 6, 3)) == "7: 03.06.2026, quarter 2"
    assert filled(pattern, 8, date(2026, 10, 31)) == "8: 31.10.2026, quarter 4"
