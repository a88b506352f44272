"""Reminders and the deadline itself: what is due when, fires once, and what is left out."""

from datetime import date, datetime, timedelta

import pytest

from domain.attribution import Backdating
from domain.deadline import DeadlineRequest
from domain.instruction import events as e
from domain.instruction.commands import ApproveExtension, Assign, Return
from domain.instruction.deadlines import next_wake, planned
from domain.policies import DEFAULT_POLICY, Policy, ReminderRule, Repeat
from tests.domain.specification import Given, given
from tests.domain.world import (
    CONTROL_OFFICER,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    COUNCIL_REGISTRAR,
    DAY,
    DEADLINE_AT,
    ISSUED_AT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    MINISTRY_B_HEAD,
    OF_TWO_BODIES,
    acknowledged,
    assigned,
    by_system,
    cancelled,
    completed,
    done_by,
    extension_requested,
    issue,
    issued,
    key,
    sent_by,
    submitted,
    told,
    until,
    utc,
)

_REMINDERS = DEFAULT_POLICY.model_copy(update={"escalation": ()})
_IN_PROGRESS = (issued(policy=_REMINDERS), assigned(), acknowledged())
_ASSIGNEES = told(MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES, MINISTRY_B_HEAD)
_TICK = timedelta(microseconds=1)


def _reminders(specified: Given, at: datetime) -> list[e.ReminderDue]:
    return [
        event for event in specified.when_checked(at=at).events if isinstance(event, e.ReminderDue)
    ]


def _fired(specified: Given) -> dict[str, datetime]:
    """`rule/occurrence/revision` of every reminder and passed deadline, and when it was planned for."""
    return {
        f"{event.moment.rule}/{event.moment.occurrence}/{event.moment.revision}": event.due_at
        for event in specified.history
        if isinstance(event, e.ReminderDue | e.DeadlinePassed)
    }


def _through(specified: Given, end: datetime) -> Given:
    """The machinery wakes whenever it asked to, until `end`."""
    while (wake := next_wake(specified.state)) is not None and wake <= end:
        specified = specified.and_checked(at=wake)
    return specified


def test_before_anything_is_due_nothing_is_recorded() -> None:
    given(_IN_PROGRESS).when_checked(at=utc("2026-03-01 20:59")).then_nothing()


def test_the_assignees_are_reminded_thirty_days_before_the_deadline() -> None:
    at = utc("2026-03-01 21:00")
    assert next_wake(given(_IN_PROGRESS).state) == at
    given(_IN_PROGRESS).when_checked(at=at).then(
        [
            e.ReminderDue(
                **by_system(at),
                moment=key("before-30d"),
                due_at=at,
                late=False,
                notices=_ASSIGNEES,
            )
        ]
    )


def test_until_somebody_is_assigned_the_issuer_is_reminded() -> None:
    [reminder] = _reminders(given([issued(policy=_REMINDERS)]), utc("2026-03-01 21:00"))
    assert reminder.notices == told(COUNCIL_HEAD, COUNCIL_OFFICER)


def test_all_moments_of_the_default_policy_come_on_their_days() -> None:
    whole_course = _through(given(_IN_PROGRESS), DEADLINE_AT + 365 * DAY)
    assert _fired(whole_course) == {
        "before-30d/1/1": utc("2026-03-01 21:00"),
        "before-7d/1/1": utc("2026-03-24 21:00"),
        "before-1d/1/1": utc("2026-03-30 21:00"),
        "deadline/1/1": utc("2026-03-31 21:00"),
        "after-weekly/1/1": utc("2026-04-07 21:00"),
        "after-weekly/2/1": utc("2026-04-14 21:00"),
        "after-weekly/3/1": utc("2026-04-21 21:00"),
        "after-weekly/4/1": utc("2026-04-28 21:00"),
    }
    assert next_wake(whole_course.state) is None


def test_a_moment_that_has_fired_does_not_fire_again() -> None:
    at = utc("2026-03-01 21:00")
    given(_IN_PROGRESS).and_checked(at=at).when_checked(at=at).then_nothing()
    given(_IN_PROGRESS).and_checked(at=at).when_checked(at=at + DAY).then_nothing()


def test_the_deadline_passes_at_its_instant_and_tells_nobody() -> None:
    specified = given([issued(policy=Policy(id="quiet")), assigned(), acknowledged()])
    specified.when_checked(at=DEADLINE_AT - _TICK).then_nothing()
    specified.when_checked(at=DEADLINE_AT).then(
        [
            e.DeadlinePassed(
                **by_system(DEADLINE_AT),
                moment=key("deadline"),
                due_at=DEADLINE_AT,
                late=False,
            )
        ]
    )


@pytest.mark.parametrize(
    ("delay", "late"),
    [(timedelta(0), False), (timedelta(minutes=1), False), (timedelta(minutes=1) + _TICK, True)],
)
def test_what_fires_more_than_a_minute_after_its_moment_says_so(
    delay: timedelta, late: bool
) -> None:
    due_at = utc("2026-03-01 21:00")
    [reminder] = _reminders(given(_IN_PROGRESS), due_at + delay)
    assert (reminder.late, reminder.due_at, reminder.occurred_at) == (late, due_at, due_at + delay)


def test_repeats_that_were_missed_fire_once_and_name_those_they_stand_for() -> None:
    before = _through(given(_IN_PROGRESS), DEADLINE_AT)
    back_up = utc("2026-04-22 06:00")
    before.when_checked(at=back_up).then(
        [
            e.ReminderDue(
                **by_system(back_up),
                moment=key("after-weekly", 3),
                due_at=utc("2026-04-21 21:00"),
                late=True,
                collapsed=(key("after-weekly", 1), key("after-weekly", 2)),
                notices=_ASSIGNEES,
            )
        ]
    )
    after = given((*before.history, *before.when_checked(at=back_up).events))
    after.when_checked(at=back_up).then_nothing()
    assert next_wake(after.state) == utc("2026-04-28 21:00")


def test_rules_that_were_missed_fire_once_each_in_the_order_of_their_moments() -> None:
    back_up = utc("2026-04-01 06:00")
    decided = given(_IN_PROGRESS).when_checked(at=back_up)
    assert [event.model_dump()["moment"]["rule"] for event in decided.events] == [
        "before-30d",
        "before-7d",
        "before-1d",
        "deadline",
    ]


def test_reminders_keep_the_hour_of_the_deadline_across_summer_time() -> None:
    deadline = utc("2026-04-02 16:00")  # 18:00 in Berlin, in summer
    history = [issued(deadline=deadline, zone="Europe/Berlin", policy=_REMINDERS), assigned()]
    fired = _fired(_through(given(history), deadline))
    assert fired["before-1d/1/1"] == utc("2026-04-01 16:00")
    assert fired["before-7d/1/1"] == utc("2026-03-26 17:00"), "18:00 in winter"


def test_a_demonstration_policy_counts_in_seconds() -> None:
    second = timedelta(seconds=1)
    policy = Policy(
        id="demo",
        reminders=(
            ReminderRule(id="soon", offset=2 * second),
            ReminderRule(
                id="each", offset=second, side="after", repeat=Repeat(every=second, times=2)
            ),
        ),
    )
    specified = given([issued(deadline=ISSUED_AT + 10 * second, policy=policy)])
    due = [(m.due_at - ISSUED_AT).total_seconds() for m in planned(specified.state)]
    assert due == [8, 10, 11, 12, 13]


def test_an_instruction_of_five_days_gets_no_reminder_for_thirty() -> None:
    command = issue(deadline=DeadlineRequest(on=date(2026, 1, 17)), policy=_REMINDERS)
    founded = given().when(command, at=ISSUED_AT)
    founded.then(
        [
            issued(deadline=date(2026, 1, 17), policy=_REMINDERS),
            e.ReminderSuppressed(
                **done_by(COUNCIL_OFFICER, ISSUED_AT),
                moments=(key("before-30d"), key("before-7d")),
                why="before-schedule",
            ),
        ]
    )
    assert list(_fired(_through(given(founded.events), utc("2026-01-18 00:00")))) == [
        "before-1d/1/1",
        "deadline/1/1",
    ]


def test_a_moment_at_the_very_instant_of_issue_is_before_the_schedule() -> None:
    command = issue(deadline=DeadlineRequest(at=ISSUED_AT + 7 * DAY), policy=_REMINDERS)
    suppressed = given().when(command, at=ISSUED_AT).events[1]
    assert isinstance(suppressed, e.ReminderSuppressed)
    assert key("before-7d") in suppressed.moments


def test_importing_an_old_measure_mails_nobody_about_the_past() -> None:
    imported_at = DEADLINE_AT + 10 * DAY
    history = Backdating(at=ISSUED_AT, reason="Taken over from the register of 2026.")
    imported = given().and_then(issue(actor=COUNCIL_REGISTRAR, backdated=history), at=imported_at)
    suppressed = imported.history[1]
    assert isinstance(suppressed, e.ReminderSuppressed)
    assert {moment.rule for moment in suppressed.moments} == {
        "before-30d",
        "before-7d",
        "before-1d",
        "after-weekly",
        "overdue-1d",
        "overdue-7d",
    }
    assert suppressed.occurred_at == ISSUED_AT
    assigned_too = imported.and_then(
        Assign(**sent_by(COUNCIL_REGISTRAR), lead=MINISTRY_A, backdated=history), at=imported_at
    )
    for event in assigned_too.and_checked(at=imported_at).history:
        assert not getattr(event, "notices", ())


def test_what_lies_ahead_of_an_imported_measure_is_told_as_usual() -> None:
    imported_at = DEADLINE_AT + 10 * DAY
    history = Backdating(at=ISSUED_AT, reason="Taken over from the register of 2026.")
    imported = given().and_then(issue(actor=COUNCIL_REGISTRAR, backdated=history), at=imported_at)
    settled = imported.and_checked(at=imported_at)
    assert isinstance(settled.history[-1], e.DeadlinePassed), "a fact"
    assert not settled.history[-1].late, "it is recorded as soon as it could be: nothing was down"
    assert [(m.key.rule, m.key.occurrence) for m in planned(settled.state)] == [
        ("after-weekly", 2),
        ("overdue-14d", 1),
        ("after-weekly", 3),
        ("after-weekly", 4),
    ]


def test_steps_against_silence_that_lie_before_a_backdated_assignment_are_left_out() -> None:
    entered_at = ISSUED_AT + 4 * DAY
    backdated = Backdating(at=ISSUED_AT, reason="Decided by word of mouth.")
    command = Assign(**sent_by(COUNCIL_REGISTRAR), lead=MINISTRY_A, backdated=backdated)
    events = given([issued()]).when(command, at=entered_at).events
    assert isinstance(events[1], e.ReminderSuppressed)
    assert events[1].moments == (key("unacknowledged-3d"),)


def test_a_reminder_that_reaches_nobody_is_recorded_as_such() -> None:
    specified = given([issued(policy=_REMINDERS), assigned(lead="nobody", co_assignees=())])
    at = utc("2026-03-01 21:00")
    specified.when_checked(at=at).then(
        [e.ReminderSuppressed(**by_system(at), moments=(key("before-30d"),), why="no-recipient")]
    )


def test_repeats_that_were_missed_and_reach_nobody_are_all_recorded() -> None:
    only_repeats = Policy(id="repeats", reminders=DEFAULT_POLICY.reminders[3:])
    specified = given([issued(policy=only_repeats), assigned(lead="nobody", co_assignees=())])
    suppressed = specified.when_checked(at=DEADLINE_AT + 15 * DAY).events[-1]
    assert isinstance(suppressed, e.ReminderSuppressed)
    assert suppressed.moments == (key("after-weekly", 1), key("after-weekly", 2))


def test_an_extension_begins_a_new_revision_with_reminders_of_its_own() -> None:
    in_march = _through(given(_IN_PROGRESS), utc("2026-03-25 00:00"))
    requested = given(
        (*in_march.history, extension_requested(utc("2026-03-26 09:00"), to=date(2026, 4, 30)))
    )
    approved = requested.and_then(
        ApproveExtension(**sent_by(CONTROL_OFFICER)), at=utc("2026-03-27 09:00")
    )
    fired = _fired(_through(approved, utc("2026-05-01 00:00")))
    assert {moment: at for moment, at in fired.items() if moment.endswith("/2")} == {
        "before-30d/1/2": utc("2026-03-31 21:00"),
        "before-7d/1/2": utc("2026-04-23 21:00"),
        "before-1d/1/2": utc("2026-04-29 21:00"),
        "deadline/1/2": utc("2026-04-30 21:00"),
    }
    assert "before-1d/1/1" not in fired, "the old deadline's moments are gone"


def test_a_short_extension_suppresses_what_would_lie_before_it() -> None:
    requested = given((*_IN_PROGRESS, extension_requested(to=date(2026, 4, 2))))
    approve = ApproveExtension(**sent_by(CONTROL_OFFICER))
    events = requested.when(approve, at=utc("2026-03-30 09:00")).events
    assert isinstance(events[1], e.ReminderSuppressed)
    assert events[1].moments == (
        key("before-30d", revision=2),
        key("before-7d", revision=2),
    )


@pytest.mark.parametrize("end", [submitted(), cancelled()])
def test_a_report_or_a_cancellation_stops_every_reminder(end: e.InstructionEvent) -> None:
    stopped = given((*_IN_PROGRESS, end))
    assert next_wake(stopped.state) is None
    stopped.when_checked(at=DEADLINE_AT + 365 * DAY).then_nothing()


def test_a_completed_instruction_has_nothing_due() -> None:
    done = given((*_IN_PROGRESS, extension_requested(), submitted(), completed()))
    assert next_wake(done.state) is None
    done.when_checked(at=DEADLINE_AT + 365 * DAY).then_nothing()


def test_what_fell_due_while_the_report_lay_with_the_controller_is_not_made_up_for() -> None:
    reported = given((*_IN_PROGRESS, submitted(utc("2026-02-20 09:00"))))
    command = Return(**sent_by(CONTROL_OFFICER), reason="The annex is missing.")
    returned = reported.and_then(command, at=utc("2026-03-26 09:00"))
    suppressed, _ = returned.history[-2:]
    assert isinstance(suppressed, e.ReminderSuppressed)
    assert suppressed.moments == (key("before-30d"), key("before-7d"))
    assert list(_fired(_through(returned, DEADLINE_AT))) == ["before-1d/1/1", "deadline/1/1"]


def test_returning_with_a_new_deadline_plans_a_new_schedule() -> None:
    reported = given((*_IN_PROGRESS, submitted(utc("2026-03-30 09:00"))))
    command = Return(
        **sent_by(CONTROL_OFFICER),
        reason="The annex is missing.",
        deadline=DeadlineRequest(on=date(2026, 4, 20)),
    )
    returned = reported.and_then(command, at=utc("2026-04-10 09:00"))
    assert returned.known.record.deadline == until(date(2026, 4, 20))
    assert list(_fired(_through(returned, utc("2026-04-21 00:00")))) == [
        "before-7d/1/2",
        "before-1d/1/2",
        "deadline/1/2",
    ]


def test_checking_what_is_not_issued_records_nothing() -> None:
    given().when_checked(at=ISSUED_AT).then_nothing()
    assert next_wake(given().state) is None


def test_checking_is_never_refused_even_by_a_clock_that_lags_behind() -> None:
    given([issued()]).when_checked(at=ISSUED_AT - DAY).then_nothing()
