"""Whether an instruction is late at a moment: a function of state and moment, not of recorded events."""

from datetime import date, timedelta

import pytest

from domain.instruction import events as e
from domain.instruction.events import InstructionEvent
from domain.instruction.lateness import Lateness, lateness
from tests.domain.specification import given
from tests.domain.world import (
    CONTROL_OFFICER,
    DAY,
    DEADLINE_AT,
    acknowledged,
    assigned,
    by_system,
    cancelled,
    completed,
    done_by,
    extension_approved,
    extension_requested,
    issued,
    key,
    submitted,
    until,
    utc,
)

_IN_PROGRESS = (issued(), assigned(), acknowledged())
_EXTENDED = (
    *_IN_PROGRESS,
    extension_requested(),
    extension_approved(utc("2026-01-22 09:00"), to=date(2026, 4, 30)),
)
_EXTENDED_AT = utc("2026-04-30 21:00")
_ON_TIME = Lateness(behind_schedule=False, behind_by=timedelta(0), late_by=timedelta(0))


def _returned(days: int) -> e.ReturnedForRework:
    """Returned this many days after the original deadline, with the end of May as the new one."""
    at = DEADLINE_AT + days * DAY
    return e.ReturnedForRework(
        **done_by(CONTROL_OFFICER, at),
        reason="The annex is missing.",
        deadline=until(date(2026, 5, 31)),
        scheduled_from=at,
    )


def _at(history: tuple[InstructionEvent, ...], days: float) -> Lateness:
    """Lateness this many days after the original deadline."""
    return lateness(given(history).known, DEADLINE_AT + days * DAY)


def test_it_is_in_time_until_the_very_instant_of_the_deadline() -> None:
    assert _at(_IN_PROGRESS, 0) == _ON_TIME


@pytest.mark.parametrize("history", [_IN_PROGRESS[:1], _IN_PROGRESS[:2], _IN_PROGRESS])
def test_an_open_instruction_is_behind_schedule_from_then_on_whoever_has_it(
    history: tuple[InstructionEvent, ...],
) -> None:
    assert _at(history, 3) == Lateness(behind_schedule=True, behind_by=3 * DAY, late_by=3 * DAY)


def test_whether_the_machinery_noticed_makes_no_difference() -> None:
    noticed = e.DeadlinePassed(
        **by_system(DEADLINE_AT), moment=key("deadline"), due_at=DEADLINE_AT, late=False
    )
    assert _at((*_IN_PROGRESS, noticed), 3) == _at(_IN_PROGRESS, 3)


def test_an_extension_moves_the_schedule_but_not_lateness_against_the_original() -> None:
    assert _at(_EXTENDED, 3) == Lateness(
        behind_schedule=False, behind_by=timedelta(0), late_by=3 * DAY
    )
    days = (_EXTENDED_AT - DEADLINE_AT) // DAY + 2
    assert _at(_EXTENDED, days) == Lateness(
        behind_schedule=True, behind_by=2 * DAY, late_by=days * DAY
    )


def test_an_open_request_for_extension_changes_nothing() -> None:
    assert _at((*_IN_PROGRESS, extension_requested()), 3) == _at(_IN_PROGRESS, 3)


def test_a_submission_in_time_stops_the_clock_however_long_acceptance_takes() -> None:
    reported = (*_IN_PROGRESS, submitted())
    assert _at(reported, 90) == _ON_TIME
    assert _at((*reported, completed(DEADLINE_AT + 80 * DAY)), 90) == _ON_TIME


def test_a_late_submission_is_late_by_its_delay_and_no_longer_behind_schedule() -> None:
    reported = (*_IN_PROGRESS, submitted(DEADLINE_AT + 2 * DAY))
    expected = Lateness(behind_schedule=False, behind_by=2 * DAY, late_by=2 * DAY)
    assert _at(reported, 90) == expected
    assert _at((*reported, completed(DEADLINE_AT + 80 * DAY)), 90) == expected


def test_a_submission_that_was_returned_no_longer_stands() -> None:
    returned = (*_IN_PROGRESS, submitted(), _returned(days=5))
    assert _at(returned, 6) == Lateness(
        behind_schedule=False, behind_by=timedelta(0), late_by=6 * DAY
    ), "the new deadline is ahead; the original one is not"
    assert _at(returned, 62).behind_schedule


def test_the_last_submission_counts() -> None:
    again = (*_IN_PROGRESS, submitted(), _returned(days=5), submitted(DEADLINE_AT + 10 * DAY))
    assert _at(again, 90).late_by == 10 * DAY


def test_a_cancelled_instruction_keeps_the_lateness_it_had() -> None:
    assert _at((*_IN_PROGRESS, cancelled(DEADLINE_AT - DAY)), 90) == _ON_TIME
    assert _at((*_IN_PROGRESS, cancelled(DEADLINE_AT + 4 * DAY)), 90) == Lateness(
        behind_schedule=False, behind_by=4 * DAY, late_by=4 * DAY
    )


def test_a_report_that_stood_when_it_was_cancelled_still_counts() -> None:
    stood = (*_IN_PROGRESS, submitted(DEADLINE_AT + DAY), cancelled(DEADLINE_AT + 4 * DAY))
    assert _at(stood, 90).late_by == DAY
