"""Absences: who of a body is away on a day, whether anybody would act, and deadlines that fall into one."""

from datetime import date, datetime

import pytest

from domain.directory.absences import Absence, attendance, bodies_touched
from domain.directory.commands import (
    AnyDirectoryCommand,
    CloseOffice,
    EndAppointment,
    ErasePerson,
    Substitute,
)
from domain.directory.state import Directory, Term
from domain.instruction.absence import absences_at_deadline
from domain.instruction.events import InstructionEvent, JointReportSubmitted
from tests.domain.directory_specification import asked, directory_after
from tests.domain.specification import given
from tests.domain.world import (
    CONTROL,
    CONTROL_OFFICER,
    COUNCIL,
    COUNCIL_OPERATOR,
    DEADLINE_AT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    MINISTRY_B,
    MINISTRY_B_HEAD,
    NOW,
    OF_TWO_BODIES,
    REGION,
    STRANGER,
    acknowledged,
    assigned,
    cancelled,
    completed,
    done_by,
    extension_requested,
    issued,
    submitted,
    utc,
)

_SINCE, _UNTIL = date(2026, 6, 1), date(2026, 6, 14)
_WITHIN = utc("2026-06-10 09:00")


def _away(person: str, substitute: str = STRANGER, **fields: object) -> Substitute:
    said = {"absent": person, "substitute": substitute, "since": _SINCE, "until": _UNTIL}
    return Substitute.model_validate({**asked(), **said, "reason": "On leave.", **fields})


def _directory(*commands: AnyDirectoryCommand) -> Directory:
    return directory_after(*commands).directory


def test_nobody_is_absent_from_a_body_as_a_rule() -> None:
    found = attendance(_directory(), MINISTRY_A, _WITHIN)
    assert (found.body, found.day) == (MINISTRY_A, date(2026, 6, 10))
    assert (found.absent, found.nobody) == ((), False)


def test_who_is_absent_until_when_and_who_acts_instead() -> None:
    found = attendance(_directory(_away(MINISTRY_B_HEAD)), MINISTRY_B, _WITHIN)
    office = f"{MINISTRY_B}-head"
    away = Absence(person=MINISTRY_B_HEAD, office=office, until=_UNTIL, substitute=STRANGER)
    assert (found.absent, found.nobody) == ((away,), False)


@pytest.mark.parametrize(
    ("at", "absent"),
    [
        ("2026-05-31 20:59", False),
        ("2026-05-31 21:00", True),  # midnight in Moscow
        ("2026-06-14 20:59", True),
        ("2026-06-14 21:00", False),
    ],
)
def test_an_absence_is_of_days_where_the_body_is(at: str, absent: bool) -> None:
    found = attendance(_directory(_away(MINISTRY_B_HEAD)), MINISTRY_B, utc(at))
    assert bool(found.absent) is absent


def test_an_absence_without_end_has_none() -> None:
    open_end = _away(MINISTRY_B_HEAD, until=None)
    [one] = attendance(_directory(open_end), MINISTRY_B, _WITHIN).absent
    assert one.until is None


def test_a_substitute_who_is_erased_does_not_act() -> None:
    erased = ErasePerson(**asked(), person=STRANGER, reason="Asked.")
    found = attendance(_directory(_away(MINISTRY_B_HEAD), erased), MINISTRY_B, _WITHIN)
    assert [one.substitute for one in found.absent] == [None]
    assert found.nobody


def test_as_long_as_one_is_there_somebody_acts() -> None:
    erased = ErasePerson(**asked(), person=STRANGER, reason="Asked.")
    found = attendance(_directory(_away(MINISTRY_A_HEAD), erased), MINISTRY_A, _WITHIN)
    assert [one.substitute for one in found.absent] == [None]
    assert not found.nobody


def test_where_no_acting_office_is_held_nobody_acts() -> None:
    left = EndAppointment(
        **asked(), person=MINISTRY_B_HEAD, office=f"{MINISTRY_B}-head", until=date(2026, 3, 31)
    )
    found = attendance(_directory(left), MINISTRY_B, _WITHIN)
    assert (found.absent, found.nobody) == ((), True)


def test_who_holds_another_kind_of_office_is_not_missed() -> None:
    assert attendance(_directory(_away(COUNCIL_OPERATOR)), COUNCIL, _WITHIN).absent == ()


def test_an_absence_touches_the_bodies_acted_for_within_it() -> None:
    directory = _directory()
    term = Term(since=_SINCE, until=_UNTIL)
    assert bodies_touched(directory, OF_TWO_BODIES, term, ()) == (MINISTRY_A, REGION)
    assert bodies_touched(directory, OF_TWO_BODIES, term, (f"{REGION}-officer",)) == (REGION,)
    assert bodies_touched(directory, COUNCIL_OPERATOR, term, ()) == ()
    assert bodies_touched(directory, STRANGER, term, ()) == ()
    left = EndAppointment(
        **asked(), person=MINISTRY_B_HEAD, office=f"{MINISTRY_B}-head", until=date(2026, 5, 31)
    )
    assert bodies_touched(_directory(left), MINISTRY_B_HEAD, term, ()) == ()
    closed = CloseOffice(**asked(), office=f"{MINISTRY_B}-head", on=_SINCE)
    assert bodies_touched(_directory(closed), MINISTRY_B_HEAD, term, ()) == ()


def _warned(
    *history: InstructionEvent, at: datetime = NOW, asked_for: bool = False
) -> list[tuple[str, str]]:
    """By role and body, on the day of the deadline of `issued`, when all three are away."""
    since = DEADLINE_AT.date()
    away = (MINISTRY_A_HEAD, MINISTRY_A_OFFICER, CONTROL_OFFICER)
    directory = _directory(*(_away(person, since=since, until=None) for person in away))
    found = absences_at_deadline(given(history).known, directory, at, asked_for=asked_for)
    return [(one.role, one.attendance.body) for one in found]


def test_lead_and_controller_are_warned_of() -> None:
    assert _warned(issued(), assigned()) == [("lead", MINISTRY_A), ("controller", CONTROL)]
    assert _warned(issued()) == [("controller", CONTROL)]


def test_who_has_reported_need_not_be_there_any_more() -> None:
    history = (issued(), assigned(), acknowledged(), submitted())
    assert _warned(*history) == [("controller", CONTROL)]


def test_of_joint_leads_all_are_warned_of_that_have_yet_to_report() -> None:
    joint = (issued(), assigned(lead=MINISTRY_B, joint_leads=(MINISTRY_A,), co_assignees=()))
    assert _warned(*joint) == [("lead", MINISTRY_A), ("controller", CONTROL)]
    reported = JointReportSubmitted(
        **done_by(MINISTRY_A_HEAD, NOW), body=MINISTRY_A, text="Our half is done.", evidence=()
    )
    assert _warned(*joint, reported) == [("controller", CONTROL)]


def test_a_lead_that_controls_it_is_warned_of_once() -> None:
    joint = assigned(lead=MINISTRY_B, joint_leads=(MINISTRY_A,), co_assignees=())
    assert _warned(issued(controller=MINISTRY_A), joint) == [("lead", MINISTRY_A)]


def test_what_is_closed_or_past_is_warned_of_no_more() -> None:
    assert _warned(issued(), assigned(), cancelled(NOW)) == []
    assert _warned(issued(), assigned(), acknowledged(), submitted(), completed()) == []
    assert _warned(issued(), assigned(), at=DEADLINE_AT) != []
    after = DEADLINE_AT.replace(year=DEADLINE_AT.year + 1)
    assert _warned(issued(), assigned(), at=after) == []


def test_a_deadline_that_is_a_day_is_on_that_day() -> None:
    """Its instant is the next day's midnight: somebody away from then on is not missed."""
    state = given((issued(), assigned())).known
    deadline = state.record.deadline
    assert deadline.on is not None
    the_day_after = attendance(_directory(), MINISTRY_A, deadline.instant).day
    assert the_day_after > deadline.on
    for since, warned in ((the_day_after, 0), (deadline.on, 1)):
        away = _away(MINISTRY_A_HEAD, since=since, until=None)
        assert len(absences_at_deadline(state, _directory(away), NOW)) == warned


def test_of_a_request_the_deadline_asked_for_counts() -> None:
    state = given((issued(), assigned(), acknowledged(), extension_requested())).known
    extension = state.record.extension
    assert extension is not None
    assert extension.until.on is not None
    away = _away(MINISTRY_A_HEAD, since=extension.until.on, until=extension.until.on)
    directory = _directory(away)
    assert absences_at_deadline(state, directory, NOW) == ()
    [one] = absences_at_deadline(state, directory, NOW, asked_for=True)
    assert (one.role, one.attendance.day) == ("lead", extension.until.on)
