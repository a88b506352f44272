"""What begins anew is waited for anew, and what goes on is not: reopenings, other deadlines, reports taken back."""

from datetime import date, timedelta

from domain.deadline import DeadlineRequest
from domain.instruction import events as e
from domain.instruction.commands import (
    Accept,
    Assign,
    Cancel,
    ChangeDeadline,
    Deescalate,
    Escalate,
    Reopen,
    ReportProgress,
    Return,
    Snooze,
    SubmitReport,
    WithdrawReport,
)
from domain.instruction.state import submission
from domain.policies import (
    EscalationStep,
    ReminderRule,
    Repeat,
)
from tests.domain.day_by_day import (
    FAR,
    OVERDUE,
    WEEKLY,
    asked_since,
    at_work,
    checked_daily,
    entered_at,
    policy_of,
    told_since,
)
from tests.domain.specification import given
from tests.domain.world import (
    ASSIGNED_AT,
    CONTROL_OFFICER,
    COUNCIL_OFFICER,
    COUNCIL_OPERATOR,
    DAY,
    DEADLINE_AT,
    ISSUED_AT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    assigned,
    issue,
    issued,
    sent_by,
    utc,
)

_TWICE = Repeat(every=7 * DAY, times=1)


def test_after_reopening_the_cycle_begins_anew() -> None:
    weekly = checked_daily(
        at_work(policy_of(progress=WEEKLY), FAR), ASSIGNED_AT, ASSIGNED_AT + 29 * DAY
    )
    reported = weekly.and_then(
        ReportProgress(**sent_by(MINISTRY_A_HEAD), percent=90), at=ASSIGNED_AT + 29 * DAY
    )
    done = reported.and_then(
        SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done."), at=ASSIGNED_AT + 30 * DAY
    ).and_then(Accept(**sent_by(CONTROL_OFFICER)), at=ASSIGNED_AT + 31 * DAY)
    reopened_at = ASSIGNED_AT + 60 * DAY
    reopened = done.and_then(
        Reopen(**sent_by(COUNCIL_OFFICER), reason="It does not hold."), at=reopened_at
    )
    later = checked_daily(reopened, reopened_at, reopened_at + 15 * DAY)
    assert asked_since(later, reopened) == [reopened_at + 7 * DAY, reopened_at + 14 * DAY]


def test_cancelled_and_reopened_the_lead_is_reminded_to_acknowledge_again() -> None:
    silent = EscalationStep(id="silent", after=3 * DAY, since="assignment", to="controller")
    policy = policy_of(silent, acknowledge_within=2 * DAY)
    unread = given([issued(policy=policy), assigned()]).and_checked(at=ASSIGNED_AT + 4 * DAY)
    assert told_since(unread, given()) == [("silent", ASSIGNED_AT + 4 * DAY)]
    cancelled = unread.and_then(
        Cancel(**sent_by(COUNCIL_OFFICER), reason="Overtaken."), at=ASSIGNED_AT + 5 * DAY
    )
    at = ASSIGNED_AT + 10 * DAY
    reopened = cancelled.and_then(Reopen(**sent_by(COUNCIL_OFFICER), reason="Not so."), at=at)
    later = checked_daily(reopened, at, at + 5 * DAY)
    assert told_since(later, reopened) == [("silent", at + 3 * DAY)]
    passed = [ev.due_at for ev in later.history if isinstance(ev, e.DeadlinePassed)]
    assert passed == [ASSIGNED_AT + 2 * DAY, at + 2 * DAY]


def test_cancelled_and_reopened_a_report_is_decided_on_in_as_long_again() -> None:
    undecided = EscalationStep(id="undecided", after=7 * DAY, since="submission", to="issuer")
    reported = at_work(policy_of(undecided, accept_within=5 * DAY), FAR).and_then(
        SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done."), at=ASSIGNED_AT + 10 * DAY
    )
    reported = checked_daily(reported, ASSIGNED_AT + 10 * DAY, ASSIGNED_AT + 16 * DAY)
    cancelled = reported.and_then(
        Cancel(**sent_by(COUNCIL_OFFICER), reason="Overtaken."), at=ASSIGNED_AT + 16 * DAY
    )
    at = ASSIGNED_AT + 60 * DAY
    reopened = cancelled.and_then(Reopen(**sent_by(COUNCIL_OFFICER), reason="Not so."), at=at)
    assert submission(reopened.known) == ASSIGNED_AT + 10 * DAY
    later = checked_daily(reopened, at, at + 10 * DAY)
    assert told_since(later, reopened) == [("undecided", at + 7 * DAY)]
    passed = [ev.due_at for ev in later.history if isinstance(ev, e.DeadlinePassed)]
    assert passed == [ASSIGNED_AT + 15 * DAY, at + 5 * DAY]


def test_another_deadline_brings_back_no_step_that_fell_due_while_the_chain_was_ended() -> None:
    undecided = EscalationStep(
        id="undecided", after=7 * DAY, since="submission", to="issuer", repeat=_TWICE
    )
    at = ASSIGNED_AT + 10 * DAY
    reported = at_work(policy_of(undecided), FAR).and_then(
        SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done."), at=at
    )
    operator = sent_by(COUNCIL_OPERATOR)
    ended = reported.and_then(
        Escalate(**operator, to="issuer", reason="No word."), at=at + DAY
    ).and_then(Deescalate(**operator, reason="It is read."), at=at + 2 * DAY)
    later = ChangeDeadline(
        **sent_by(COUNCIL_OFFICER), deadline=DeadlineRequest(at=FAR + DAY), reason="A mistake."
    )
    changed = ended.and_then(later, at=at + 10 * DAY)
    end = checked_daily(changed, at + 10 * DAY, at + 20 * DAY)
    assert told_since(end, changed) == [("undecided", at + 14 * DAY)]


def test_a_step_counts_from_when_the_one_before_fired_also_once_the_report_is_withdrawn() -> None:
    told = EscalationStep(id="told", after=7 * DAY, since="previous", to="issuer")
    silence = Snooze(**sent_by(COUNCIL_OPERATOR), until=DEADLINE_AT + 20 * DAY, reason="A holiday.")
    late = at_work(policy_of(OVERDUE, told)).and_then(silence, at=DEADLINE_AT)
    late = checked_daily(late, DEADLINE_AT, DEADLINE_AT + 20 * DAY)
    reported = late.and_then(
        SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done."), at=DEADLINE_AT + 21 * DAY
    )
    withdrawn = reported.and_then(
        WithdrawReport(**sent_by(MINISTRY_A_HEAD)), at=DEADLINE_AT + 22 * DAY
    )
    later = checked_daily(withdrawn, DEADLINE_AT + 22 * DAY, DEADLINE_AT + 30 * DAY)
    assert told_since(later, withdrawn) == [("told", DEADLINE_AT + 27 * DAY)]


def test_a_report_that_is_taken_back_silences_no_step() -> None:
    told = EscalationStep(id="told", after=7 * DAY, since="previous", to="issuer")
    reminded = ReminderRule(id="after-2d", offset=2 * DAY, side="after")
    reported = at_work(policy_of(reminded, OVERDUE, told)).and_then(
        SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done."), at=DEADLINE_AT - DAY
    )
    withdrawn_at = DEADLINE_AT + 10 * DAY
    withdrawn = reported.and_then(WithdrawReport(**sent_by(MINISTRY_A_HEAD)), at=withdrawn_at)
    later = checked_daily(withdrawn, withdrawn_at, withdrawn_at + 8 * DAY)
    assert told_since(later, withdrawn) == [
        ("overdue", withdrawn_at),
        ("told", withdrawn_at + 7 * DAY),
    ]


def test_a_milestone_whose_day_passed_while_a_report_stood_is_missed_without_delay() -> None:
    day = date(2026, 3, 10)
    policy = policy_of()
    founded = given().and_then(
        issue(
            policy=policy,
            milestones=[{"id": "draft", "title": "The draft.", "due": DeadlineRequest(on=day)}],
        ),
        at=ISSUED_AT,
    )
    reported = founded.and_then(
        Assign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A), at=ASSIGNED_AT
    ).and_then(SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done."), at=utc("2026-03-01 09:00"))
    returned_at = utc("2026-03-20 09:00")
    returned = reported.and_then(
        Return(**sent_by(CONTROL_OFFICER), reason="No annex."), at=returned_at
    )
    [missed] = returned.when_checked(at=returned_at).events
    assert isinstance(missed, e.MilestoneMissed)
    assert not missed.late, "nothing was down: until now a report stood"
    [missed] = returned.when_checked(at=returned_at + timedelta(hours=1)).events
    assert isinstance(missed, e.MilestoneMissed)
    assert missed.late


def test_a_deadline_that_had_passed_when_it_was_entered_is_recorded_without_delay() -> None:
    entered = DEADLINE_AT + 40 * DAY
    imported = entered_at(policy_of(), entered)
    [passed] = imported.when_checked(at=entered).events
    assert isinstance(passed, e.DeadlinePassed)
    assert (passed.due_at, passed.late) == (DEADLINE_AT, False)
