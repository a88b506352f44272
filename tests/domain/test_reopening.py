"""What was settled is taken up again: a report withdrawn, a deadline changed, a closed one reopened."""

from datetime import date, timedelta

from domain.deadline import DeadlineRequest
from domain.instruction import events as e
from domain.instruction.commands import (
    ChangeDeadline,
    Reopen,
    Resume,
    SubmitReport,
    Suspend,
    WithdrawExtension,
    WithdrawReport,
)
from domain.instruction.deadlines import next_wake, planned
from domain.instruction.lateness import lateness
from domain.instruction.state import Assigned, Completed, InProgress, Reported, Suspended
from domain.rejections import Code
from tests.domain.specification import given
from tests.domain.world import (
    AT_WORK,
    CLOSED_AT,
    CONTROL_OFFICER,
    COUNCIL_HEAD,
    COUNCIL_REGISTRAR,
    DAY,
    DEADLINE_AT,
    MINISTRY_A_HEAD,
    NOW,
    WORKERS,
    assigned,
    cancelled,
    completed,
    done_by,
    extension_requested,
    issued,
    key,
    resumed,
    sent_by,
    submitted,
    suspended,
    told,
    until,
)

_DONE = (*AT_WORK, submitted(), completed())


def test_a_withdrawn_report_sets_the_clock_going_again() -> None:
    reported = given([*AT_WORK, submitted()])
    late = DEADLINE_AT + 5 * DAY
    assert not lateness(reported.known, late).behind_schedule
    withdraw = WithdrawReport(**sent_by(MINISTRY_A_HEAD))
    reported.when(withdraw, at=NOW).then(
        [
            e.ReportWithdrawn(
                **done_by(MINISTRY_A_HEAD, NOW), scheduled_from=NOW, notices=told(CONTROL_OFFICER)
            )
        ]
    )
    working = reported.and_then(withdraw, at=NOW)
    assert isinstance(working.state, InProgress)
    assert lateness(working.known, late).behind_by == 5 * DAY
    assert next_wake(working.state) is not None


def test_what_fell_due_while_the_report_stood_is_on_record_as_suppressed() -> None:
    withdraw = WithdrawReport(**sent_by(MINISTRY_A_HEAD))
    withdrawn, skipped = given([*AT_WORK, submitted()]).when(withdraw, at=DEADLINE_AT - DAY).events
    assert isinstance(withdrawn, e.ReportWithdrawn)
    assert isinstance(skipped, e.ReminderSuppressed)
    assert {moment.rule for moment in skipped.moments} == {"before-30d", "before-7d", "before-1d"}


def test_a_request_that_is_withdrawn_leaves_the_deadline_as_it_is() -> None:
    requested = given([*AT_WORK, extension_requested()])
    requested.when(WithdrawExtension(**sent_by(MINISTRY_A_HEAD)), at=NOW).then(
        [e.ExtensionWithdrawn(**done_by(MINISTRY_A_HEAD, NOW), notices=told(CONTROL_OFFICER))]
    )
    record = requested.and_then(WithdrawExtension(**sent_by(MINISTRY_A_HEAD)), at=NOW).known.record
    assert (record.extension, record.deadline) == (None, until(date(2026, 3, 31)))
    assert record.escalation.resumed_at == NOW
    given(AT_WORK).when(WithdrawExtension(**sent_by(MINISTRY_A_HEAD)), at=NOW).refused(
        Code.NO_EXTENSION_OPEN
    )


def test_the_issuer_changes_the_deadline_and_the_original_one_stays() -> None:
    sooner = ChangeDeadline(
        **sent_by(COUNCIL_HEAD),
        deadline=DeadlineRequest(on=date(2026, 3, 15)),
        reason="The council meets on the 20th.",
    )
    given(AT_WORK).when(sooner, at=NOW).then(
        [
            e.DeadlineChanged(
                **done_by(COUNCIL_HEAD, NOW),
                deadline=until(date(2026, 3, 15)),
                reason="The council meets on the 20th.",
                scheduled_from=NOW,
                notices=told(*WORKERS, CONTROL_OFFICER),
            )
        ]
    )
    changed = given(AT_WORK).and_then(sooner, at=NOW).known
    assert changed.record.original_deadline == until(date(2026, 3, 31))
    reminder = next(m for m in planned(changed) if m.key == key("before-7d", revision=2))
    assert reminder.due_at == until(date(2026, 3, 8)).instant


def test_a_deadline_is_changed_to_another_one_ahead() -> None:
    for day, code in (
        (date(2026, 3, 31), Code.INVALID),
        (date(2026, 1, 31), Code.DEADLINE_IN_THE_PAST),
    ):
        change = ChangeDeadline(
            **sent_by(COUNCIL_HEAD), deadline=DeadlineRequest(on=day), reason="A mistake."
        )
        given(AT_WORK).when(change, at=NOW).refused(code, "deadline")


def test_what_was_completed_is_worked_on_again() -> None:
    reopen = Reopen(**sent_by(COUNCIL_HEAD), reason="The annex was not signed.")
    given(_DONE).when(reopen, at=NOW).then(
        [
            e.Reopened(
                **done_by(COUNCIL_HEAD, NOW),
                reason="The annex was not signed.",
                deadline=None,
                scheduled_from=NOW,
                notices=told(*WORKERS, CONTROL_OFFICER),
            )
        ]
    )
    state = given(_DONE).and_then(reopen, at=NOW).known
    assert isinstance(state, InProgress)
    assert lateness(state, DEADLINE_AT + DAY).late_by == DAY, "no submission stands any more"
    assert next_wake(state) is not None


def test_after_the_deadline_it_is_reopened_only_with_a_new_one() -> None:
    at = DEADLINE_AT + 10 * DAY
    given(_DONE).when(Reopen(**sent_by(COUNCIL_HEAD), reason="Forged."), at=at).refused(
        Code.DEADLINE_REQUIRED, "deadline"
    )
    new = DeadlineRequest(on=date(2026, 6, 30))
    reopened = given(_DONE).and_then(
        Reopen(**sent_by(COUNCIL_HEAD), reason="Forged.", deadline=new), at=at
    )
    record = reopened.known.record
    assert (record.deadline, record.deadline_revision) == (until(date(2026, 6, 30)), 2)
    assert lateness(reopened.known, at).late_by == 10 * DAY


def test_what_was_cancelled_is_where_it_was_before() -> None:
    for history, phase in (
        ((issued(), assigned()), Assigned),
        (AT_WORK, InProgress),
        ((*AT_WORK, submitted()), Reported),
        ((*AT_WORK, suspended(CLOSED_AT - timedelta(hours=1))), Suspended),
    ):
        reopened = given([*history, cancelled()]).and_then(
            Reopen(**sent_by(COUNCIL_HEAD), reason="Needed after all."), at=NOW
        )
        assert isinstance(reopened.state, phase)
        assert reopened.known.record.lead == "ministry-a"


def test_reopened_while_suspended_it_has_been_suspended_only_since() -> None:
    """The new deadline takes the time until then into account: it must not be added once more."""
    stopped = [*AT_WORK, suspended(CLOSED_AT - timedelta(hours=1)), cancelled()]
    new = DeadlineRequest(on=date(2026, 6, 30))
    at = NOW + 100 * DAY
    reopened = given(stopped).and_then(
        Reopen(**sent_by(COUNCIL_HEAD), reason="Needed after all.", deadline=new), at=at
    )
    resumed = reopened.and_then(Resume(**sent_by(COUNCIL_HEAD)), at=at + DAY)
    assert resumed.known.record.deadline == until(date(2026, 7, 1))


def test_reopened_while_suspended_without_a_deadline_all_moves_by_the_suspension_alone() -> None:
    plain = given([issued(), assigned(), suspended(CLOSED_AT)])
    detour = given(
        [issued(), assigned(), suspended(CLOSED_AT), cancelled(CLOSED_AT + DAY)]
    ).and_then(Reopen(**sent_by(COUNCIL_HEAD), reason="Needed after all."), at=NOW)
    resume = Resume(**sent_by(COUNCIL_HEAD))
    expected = plain.and_then(resume, at=NOW + DAY)
    found = detour.and_then(resume, at=NOW + DAY)
    assert planned(found.state) == planned(expected.state)
    assert found.known.record.deadline == expected.known.record.deadline


def test_nobody_is_late_to_acknowledge_for_the_time_it_was_cancelled() -> None:
    history = [issued(), assigned(), cancelled(CLOSED_AT - 17 * DAY + timedelta(hours=1))]
    reopened = given(history).and_then(
        Reopen(**sent_by(COUNCIL_HEAD), reason="Needed after all."), at=NOW
    )
    reopened.when_checked(at=NOW).then_nothing()
    first = next(m for m in planned(reopened.state) if m.key.rule == "unacknowledged-3d")
    assert first.due_at == NOW + 3 * DAY


def test_what_is_returned_or_resumed_is_not_undone_on_paper() -> None:
    returned = e.ReturnedForRework(
        **done_by(CONTROL_OFFICER, NOW - DAY), reason="No annex.", deadline=None, scheduled_from=NOW
    )
    taken_back = [*AT_WORK, submitted(), returned]
    again = SubmitReport.model_validate(
        {
            **sent_by(COUNCIL_REGISTRAR),
            "text": "Done.",
            "backdated": {"at": NOW - 2 * DAY, "reason": "It arrived on paper."},
        }
    )
    given(taken_back).when(again, at=NOW).refused(Code.INVALID, "backdated")
    resumed_ = [*AT_WORK, suspended(), resumed(NOW - DAY, days=2, to=date(2026, 4, 2))]
    stop = Suspend.model_validate(
        {
            **sent_by(COUNCIL_REGISTRAR),
            "reason": "It was.",
            "backdated": {"at": CLOSED_AT + timedelta(hours=1), "reason": "It arrived on paper."},
        }
    )
    given(resumed_).when(stop, at=NOW).refused(Code.INVALID, "backdated")


def test_a_request_left_open_when_it_closed_lapses() -> None:
    reopened = given([*AT_WORK, extension_requested(), cancelled()]).and_then(
        Reopen(**sent_by(COUNCIL_HEAD), reason="Needed after all."), at=NOW + 30 * DAY
    )
    assert reopened.known.record.extension is None
    assert "ExtensionExpired" not in reopened.when_checked(at=NOW + 30 * DAY).types


def test_reopened_and_reported_again_it_is_completed_again() -> None:
    twice = [*_DONE, *given(_DONE).when(
        Reopen(**sent_by(COUNCIL_HEAD), reason="Forged."), at=NOW
    ).events, submitted(NOW + DAY), completed(NOW + 2 * DAY)]  # fmt: skip
    state = given(twice).state
    assert isinstance(state, Completed)
    assert state.submitted_at == NOW + DAY
