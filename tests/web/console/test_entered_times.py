"""What is entered as a day or a moment is read in one way, in forms, in filters and as the moment that a page is of."""

from datetime import UTC, datetime

import pytest
from starlette.datastructures import FormData

from eventstore.replay import AsOf
from web.console.entered_times import DayMeans, moment_entered
from web.console.forms import Field, Form
from web.console.visit import moment_asked
from web.problems import Problem

_MINSK = "Europe/Minsk"  # UTC+3
_WITH_OFFSET = "2026-03-31T18:00+05:00"
_MEANT = datetime(2026, 3, 31, 13, tzinfo=UTC)


def _read(field: Field, sent: dict[str, str]) -> object:
    form = Form.of("Command", "A command", "/here", "Send", field)
    return form.read(FormData(sent), _MINSK)[field.name]


@pytest.mark.parametrize(
    ("text", "day", "told"),
    [
        ("2026-03-31T18:00", "its end", "2026-03-31T15:00:00+00:00"),
        (" 2026-03-31T18:00:07 ", "its end", "2026-03-31T15:00:07+00:00"),
        (_WITH_OFFSET, "its end", "2026-03-31T13:00:00+00:00"),
        ("2026-03-31T18:00Z", "its beginning", "2026-03-31T18:00:00+00:00"),
        ("2026-03-31", "its beginning", "2026-03-30T21:00:00+00:00"),
        ("2026-03-31", "its end", "2026-03-31T20:59:59.999999+00:00"),
    ],
)
def test_a_time_is_on_the_zones_clock_unless_its_offset_was_entered(
    text: str, day: DayMeans, told: str
) -> None:
    assert moment_entered("at", text, _MINSK, day=day).isoformat() == told


def test_a_day_ends_where_the_next_begins_also_when_clocks_are_changed() -> None:
    at = moment_entered("at", "2026-10-25", "Europe/Berlin", day="its end")
    assert at.isoformat() == "2026-10-25T22:59:59.999999+00:00"


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-30", "2026-03-31T25:00", "9999-12-31", "0001-01-01", "1e5"]
)
def test_what_is_no_time_is_told_at_its_field(text: str) -> None:
    with pytest.raises(Problem) as refused:
        moment_entered("at", text, _MINSK, day="its end")
    assert [one.field for one in refused.value.errors] == ["at"]


def test_a_form_takes_the_offset_that_was_entered() -> None:
    moment = Field(name="until", label="Until", kind="moment")
    assert _read(moment, {"until": _WITH_OFFSET}) == _MEANT
    deadline = Field(name="deadline", label="Deadline", kind="deadline")
    sent = {"deadline": "2026-03-31", "deadline.time": "18:00+05:00"}
    assert _read(deadline, sent) == {"at": _MEANT}


def test_a_page_is_of_a_days_end_and_of_a_moment_with_its_offset() -> None:
    assert moment_asked(_WITH_OFFSET, "occurred", _MINSK).as_of == AsOf(occurred=_MEANT)
    end = datetime(2026, 3, 31, 20, 59, 59, 999_999, tzinfo=UTC)
    assert moment_asked("2026-03-31", "recorded", _MINSK).as_of == AsOf(recorded=end)
