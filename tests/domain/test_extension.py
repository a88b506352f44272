"""Asking for a later deadline, and the answer."""

from datetime import date, datetime

import pytest

from domain.attribution import Backdating
from domain.deadline import DeadlineRequest
from domain.instruction import events as e
from domain.instruction.commands import (
    ApproveExtension,
    ChangeDeadline,
    RefuseExtension,
    RequestExtension,
    Resume,
    Return,
)
from domain.instruction.deadlines import planned
from domain.policies import Policy
from domain.rejections import Code
from tests.domain.specification import Given, given
from tests.domain.world import (
    CONTROL_OFFICER,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    COUNCIL_REGISTRAR,
    DAY,
    DEADLINE_AT,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    NOW,
    OF_TWO_BODIES,
    acknowledged,
    assigned,
    by_system,
    done_by,
    extension_requested,
    issued,
    key,
    sent_by,
    submitted,
    suspended,
    told,
    until,
    utc,
)

_MAY = DeadlineRequest(on=date(2026, 5, 15))
_IN_PROGRESS = (issued(), assigned(), acknowledged())
_REQUESTED = (*_IN_PROGRESS, extension_requested())
_DECIDED_AT = utc("2026-01-22 09:00")


def _request(until: DeadlineRequest = _MAY) -> RequestExtension:
    return RequestExtension(**sent_by(MINISTRY_A_HEAD), until=until, reason="The region is late.")


def test_a_request_tells_the_controller_and_expires_after_a_week() -> None:
    given(_IN_PROGRESS).when(_request(), at=NOW).then(
        [
            e.ExtensionRequested(
                **done_by(MINISTRY_A_HEAD, NOW),
                until=until(date(2026, 5, 15)),
                reason="The region is late.",
                decide_by=NOW + 7 * DAY,
                notices=told(CONTROL_OFFICER),
            )
        ]
    )


def test_without_a_controller_the_request_goes_to_the_issuer() -> None:
    [event] = given([issued(controller=None), assigned()]).when(_request(), at=NOW).events
    assert isinstance(event, e.ExtensionRequested)
    assert event.notices == told(COUNCIL_HEAD, COUNCIL_OFFICER)


def test_the_days_to_decide_are_days_of_the_calendar_across_summer_time() -> None:
    berlin = issued(deadline=date(2026, 6, 30), zone="Europe/Berlin")
    [event] = (
        given([berlin, assigned()]).when(_request_for_july(), at=utc("2026-03-25 17:00")).events
    )
    assert isinstance(event, e.ExtensionRequested)
    assert event.decide_by == utc("2026-04-01 16:00"), "18:00 before, 18:00 after"


def _request_for_july() -> RequestExtension:
    return _request(DeadlineRequest(on=date(2026, 7, 31)))


@pytest.mark.parametrize(
    ("until", "code"),
    [
        (DeadlineRequest(at=NOW), Code.DEADLINE_IN_THE_PAST),
        (DeadlineRequest(on=date(2026, 3, 31)), Code.DEADLINE_NOT_LATER),
        (DeadlineRequest(at=DEADLINE_AT), Code.DEADLINE_NOT_LATER),
    ],
)
def test_a_request_must_ask_for_a_later_deadline(until: DeadlineRequest, code: Code) -> None:
    given(_IN_PROGRESS).when(_request(until), at=NOW).refused(code, "until")


def test_one_request_is_open_at_a_time() -> None:
    given(_REQUESTED).when(_request(), at=_DECIDED_AT).refused(Code.EXTENSION_ALREADY_OPEN)


def test_the_controller_approves_the_deadline_asked_for() -> None:
    command = ApproveExtension(**sent_by(CONTROL_OFFICER))
    given(_REQUESTED).when(command, at=_DECIDED_AT).then(
        [
            e.ExtensionApproved(
                **done_by(CONTROL_OFFICER, _DECIDED_AT),
                deadline=until(date(2026, 4, 30)),
                scheduled_from=_DECIDED_AT,
                notices=told(MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES),
            )
        ]
    )


def test_the_controller_may_approve_another_deadline_and_the_original_one_stays_on_file() -> None:
    command = ApproveExtension(**sent_by(CONTROL_OFFICER), until=_MAY)
    record = given(_REQUESTED).and_then(command, at=_DECIDED_AT).known.record
    assert record.deadline == until(date(2026, 5, 15))
    assert record.original_deadline == until(date(2026, 3, 31))
    assert record.extension is None


def test_an_instant_that_was_asked_for_is_approved_to_the_second() -> None:
    noon = utc("2026-04-01 12:00")
    history = (*_IN_PROGRESS, extension_requested(to=noon))
    command = ApproveExtension(**sent_by(CONTROL_OFFICER))
    assert given(history).and_then(command, at=_DECIDED_AT).known.record.deadline == until(noon)


def test_without_a_controller_the_issuer_approves() -> None:
    history = [issued(controller=None), assigned(), acknowledged(), extension_requested()]
    command = ApproveExtension(**sent_by(COUNCIL_OFFICER))
    assert given(history).when(command, at=_DECIDED_AT).types == ["ExtensionApproved"]


@pytest.mark.parametrize(
    ("until", "at", "code"),
    [
        (DeadlineRequest(on=date(2026, 3, 31)), _DECIDED_AT, Code.DEADLINE_NOT_LATER),
        (DeadlineRequest(at=_DECIDED_AT), _DECIDED_AT, Code.DEADLINE_IN_THE_PAST),
        (None, utc("2026-05-01 00:00"), Code.DEADLINE_IN_THE_PAST),
    ],
)
def test_what_is_approved_must_be_later_and_still_ahead(
    until: DeadlineRequest | None, at: datetime, code: Code
) -> None:
    command = ApproveExtension(**sent_by(CONTROL_OFFICER), until=until)
    given(_REQUESTED).when(command, at=at).refused(code, "until")


def test_refusing_keeps_the_deadline_and_tells_the_lead() -> None:
    command = RefuseExtension(**sent_by(CONTROL_OFFICER), reason="There was time enough.")
    given(_REQUESTED).when(command, at=_DECIDED_AT).then(
        [
            e.ExtensionRefused(
                **done_by(CONTROL_OFFICER, _DECIDED_AT),
                reason="There was time enough.",
                notices=told(MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES),
            )
        ]
    )
    record = given(_REQUESTED).and_then(command, at=_DECIDED_AT).known.record
    assert (record.deadline, record.deadline_revision) == (until(date(2026, 3, 31)), 1)


def test_there_is_nothing_to_decide_without_a_request() -> None:
    approve = ApproveExtension(**sent_by(CONTROL_OFFICER), until=_MAY)
    refuse = RefuseExtension(**sent_by(CONTROL_OFFICER), reason="No.")
    given(_IN_PROGRESS).when(approve, at=NOW).refused(Code.NO_EXTENSION_OPEN)
    given(_IN_PROGRESS).when(refuse, at=NOW).refused(Code.NO_EXTENSION_OPEN)


def test_a_request_not_decided_in_time_expires_and_both_sides_are_told() -> None:
    expires = utc("2026-01-27 09:00")
    specified = given(
        [issued(policy=Policy(id="quiet")), assigned(), acknowledged(), extension_requested()]
    )
    specified.when_checked(at=expires - DAY / 86400).then_nothing()
    specified.when_checked(at=expires).then(
        [
            e.ExtensionExpired(
                **by_system(expires),
                moment=key("extension-decision"),
                due_at=expires,
                late=False,
                notices=told(MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES, CONTROL_OFFICER),
            )
        ]
    )


def test_a_request_expires_although_a_report_is_already_with_the_controller() -> None:
    submitted_since = e.CompletionReported(
        **done_by(MINISTRY_A_HEAD, _DECIDED_AT),
        text="Done after all.",
        evidence=(),
        scheduled_from=_DECIDED_AT,
    )
    specified = given((*_REQUESTED, submitted_since))
    assert specified.when_checked(at=utc("2026-02-28 09:00")).types == ["ExtensionExpired"]


def test_after_a_request_has_expired_another_may_be_made() -> None:
    expired = given(_REQUESTED).and_checked(at=utc("2026-01-27 09:00"))
    expired.when(ApproveExtension(**sent_by(CONTROL_OFFICER)), at=NOW).refused(
        Code.NO_EXTENSION_OPEN
    )
    again = expired.and_then(_request(), at=NOW)
    [event] = again.when_checked(at=NOW + 7 * DAY).events
    assert isinstance(event, e.ExtensionExpired)
    assert event.moment == key("extension-decision", revision=2)


def test_an_expired_request_tells_the_issuer_where_there_is_no_controller() -> None:
    history = [issued(controller=None), assigned(), acknowledged(), extension_requested()]
    [event] = given(history).when_checked(at=utc("2026-01-27 09:00")).events
    assert isinstance(event, e.ExtensionExpired)
    assert event.notices == told(
        MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES, COUNCIL_HEAD, COUNCIL_OFFICER
    )


def test_an_approval_that_is_entered_late_makes_up_for_no_reminder_in_between() -> None:
    approved_at, entered_at = utc("2026-01-22 09:00"), utc("2026-04-10 09:00")
    command = ApproveExtension(
        **sent_by(COUNCIL_REGISTRAR),
        backdated=Backdating(at=approved_at, reason="It arrived on paper."),
    )
    long_to_decide = extension_requested(decide_by=utc("2026-12-31 09:00"))
    approved, suppressed = (
        given((*_IN_PROGRESS, long_to_decide)).when(command, at=entered_at).events
    )
    assert isinstance(approved, e.ExtensionApproved)
    assert (approved.occurred_at, approved.scheduled_from) == (approved_at, entered_at)
    assert isinstance(suppressed, e.ReminderSuppressed)
    assert suppressed.moments == (key("before-30d", revision=2),)


def test_what_was_held_by_a_request_is_not_late_when_it_is_approved() -> None:
    """Nobody has acknowledged for days, and nothing was down: the chain was held."""
    at = utc("2026-01-19 09:00")
    held = given([issued(), assigned(), extension_requested(utc("2026-01-15 09:00"))])
    sooner = DeadlineRequest(on=date(2026, 4, 15))
    for until_ in (None, sooner):
        approve = ApproveExtension(**sent_by(CONTROL_OFFICER), until=until_)
        approved = held.and_then(approve, at=at).and_checked(at=at)
        steps = [event for event in approved.history if isinstance(event, e.Escalated)]
        assert [event.late for event in steps] == [False, False]


def _change(day: date) -> ChangeDeadline:
    return ChangeDeadline(
        **sent_by(COUNCIL_OFFICER), deadline=DeadlineRequest(on=day), reason="The treaty is late."
    )


def _by_another_deadline(day: date) -> list[Given]:
    """Of an instruction with a request until 30 April: changed, returned, resumed."""
    deadline = DeadlineRequest(on=day)
    return [
        given(_REQUESTED).and_then(_change(day), at=_DECIDED_AT),
        given((*_REQUESTED, submitted(_DECIDED_AT))).and_then(
            Return(**sent_by(CONTROL_OFFICER), reason="No annex.", deadline=deadline),
            at=_DECIDED_AT + DAY,
        ),
        given((*_REQUESTED, suspended(_DECIDED_AT))).and_then(
            Resume(**sent_by(CONTROL_OFFICER), deadline=deadline), at=_DECIDED_AT + DAY
        ),
    ]


@pytest.mark.parametrize("day", [date(2026, 4, 30), date(2026, 5, 15)])
def test_a_request_that_has_what_it_asks_for_holds_no_step_and_may_still_be_refused(
    day: date,
) -> None:
    for moved in _by_another_deadline(day):
        assert any(m.key.rule == "overdue-1d" for m in planned(moved.state))
        refuse = RefuseExtension(**sent_by(CONTROL_OFFICER), reason="You have it.")
        refused = moved.and_then(refuse, at=_DECIDED_AT + 2 * DAY)
        assert refused.known.record.extension is None
        expired = moved.and_checked(at=NOW)
        assert "ExtensionExpired" in [event.type for event in expired.history]


def test_a_request_for_more_than_the_new_deadline_stays_open() -> None:
    for moved in _by_another_deadline(date(2026, 4, 15)):
        assert moved.known.record.extension is not None
