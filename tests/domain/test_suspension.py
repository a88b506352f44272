"""The clock stands still: what was pending waits, and what was late stays as late as it was."""

from datetime import date, datetime, timedelta

import pytest

from domain.attribution import Backdating
from domain.deadline import DeadlineRequest
from domain.instruction import events as e
from domain.instruction.commands import (
    Accept,
    Acknowledge,
    Cancel,
    Deescalate,
    Escalate,
    RequestExtension,
    RequestProgress,
    Resume,
    Suspend,
)
from domain.instruction.deadlines import next_wake, planned
from domain.instruction.lateness import lateness
from domain.instruction.state import InProgress, Reported, Suspended
from domain.policies import EscalationStep, Policy, ReminderRule, Repeat
from domain.rejections import Code
from tests.domain.specification import Given, given
from tests.domain.world import (
    AT_WORK,
    CONTROL_OFFICER,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    COUNCIL_OPERATOR,
    COUNCIL_REGISTRAR,
    DAY,
    DEADLINE_AT,
    DEADLINE_DAY,
    MINISTRY_A_HEAD,
    NOW,
    WORKERS,
    acknowledged,
    assigned,
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
    utc,
)

_SUSPENDED_AT = utc("2026-02-10 09:00")


def _suspend() -> Suspend:
    return Suspend(**sent_by(COUNCIL_OFFICER), reason="The treaty is being renegotiated.")


def _resumed(history: Given, at: datetime, *, to: date | None = None) -> Given:
    request = DeadlineRequest(on=to) if to else None
    return history.and_then(Resume(**sent_by(COUNCIL_OFFICER), deadline=request), at=at)


def test_a_suspended_instruction_waits_for_nothing_and_is_not_behind() -> None:
    given(AT_WORK).when(_suspend(), at=NOW).then(
        [
            e.Suspended(
                **done_by(COUNCIL_OFFICER, NOW),
                reason="The treaty is being renegotiated.",
                notices=told(*WORKERS, CONTROL_OFFICER),
            )
        ]
    )
    stopped = given([*AT_WORK, suspended(NOW)])
    assert next_wake(stopped.state) is None
    stopped.when_checked(at=DEADLINE_AT + 100 * DAY).then_nothing()
    late = lateness(stopped.known, DEADLINE_AT + 100 * DAY)
    assert (late.behind_schedule, late.behind_by) == (False, timedelta(0))
    assert late.late_by == 100 * DAY, "nothing moves the original deadline"


def test_the_deadline_moves_by_the_calendar_days_of_the_suspension() -> None:
    stopped = given([*AT_WORK, suspended(_SUSPENDED_AT)])
    at = _SUSPENDED_AT + 12 * DAY
    stopped.when(Resume(**sent_by(CONTROL_OFFICER)), at=at).then(
        [
            e.Resumed(
                **done_by(CONTROL_OFFICER, at),
                deadline=until(DEADLINE_DAY + 12 * DAY),
                given=False,
                milestones=(),
                suspended_for=12 * DAY,
                scheduled_from=at,
                notices=told(*WORKERS),
            )
        ]
    )
    state = _resumed(stopped, at).known
    assert isinstance(state, InProgress)
    assert state.record.original_deadline == until(DEADLINE_DAY)


@pytest.mark.parametrize(
    ("since", "at", "days"),
    [
        ("2026-02-10 05:00", "2026-02-10 20:00", 0),
        ("2026-02-10 20:59", "2026-02-10 21:00", 1),  # midnight in Minsk lies between
        ("2026-02-10 21:00", "2026-02-11 20:59", 0),
        ("2026-03-28 09:00", "2026-03-30 09:00", 2),
    ],
)
def test_days_are_counted_by_the_calendar_of_the_instructions_zone(
    since: str, at: str, days: int
) -> None:
    state = _resumed(given([*AT_WORK, suspended(utc(since))]), utc(at)).known
    assert state.record.deadline.on == DEADLINE_DAY + days * DAY


def test_an_instant_moves_as_its_zone_counts_days() -> None:
    """Berlin changes to summer time on 29 March: 18:00 stays 18:00."""
    due = utc("2026-03-25 17:00")
    history = (issued(deadline=due, zone="Europe/Berlin"), assigned(), acknowledged())
    state = _resumed(given([*history, suspended(_SUSPENDED_AT)]), _SUSPENDED_AT + 10 * DAY).known
    assert state.record.deadline.instant == utc("2026-04-04 16:00")


def test_what_was_pending_waits_as_many_days_longer() -> None:
    pending = given([issued(), assigned(), extension_requested()])
    before = {m.key: m.due_at for m in planned(pending.state)}
    stopped = pending.and_then(_suspend(), at=NOW)
    after = {m.key: m.due_at for m in planned(_resumed(stopped, NOW + 12 * DAY).state)}
    assert after == {moment: due_at + 12 * DAY for moment, due_at in before.items()}
    assert key("extension-decision") in after


def test_what_has_fired_does_not_fire_again_when_the_deadline_has_only_moved() -> None:
    reminded = given(AT_WORK).and_checked(at=DEADLINE_AT - 29 * DAY)
    assert key("before-30d") in reminded.known.record.fired
    stopped = reminded.and_then(_suspend(), at=DEADLINE_AT - 28 * DAY)
    going_on = _resumed(stopped, DEADLINE_AT - 8 * DAY)
    going_on.when_checked(at=DEADLINE_AT - 8 * DAY).then_nothing()
    [reminder] = going_on.when_checked(at=DEADLINE_AT + 20 * DAY - 7 * DAY).events
    assert isinstance(reminder, e.ReminderDue)
    assert reminder.moment == key("before-7d")


def test_a_step_after_the_previous_one_waits_longer_too() -> None:
    policy = Policy(
        id="chain",
        escalation=(
            EscalationStep(id="first", after=DAY, since="deadline", to="controller"),
            EscalationStep(id="second", after=10 * DAY, since="previous", to="issuer"),
        ),
    )
    escalated = given([issued(policy=policy), assigned(), acknowledged()]).and_checked(
        at=DEADLINE_AT + DAY
    )
    stopped = escalated.and_then(_suspend(), at=DEADLINE_AT + 5 * DAY)
    going_on = _resumed(stopped, DEADLINE_AT + 12 * DAY)
    assert next_wake(going_on.state) == DEADLINE_AT + (1 + 10 + 7) * DAY


def test_what_was_late_stays_as_late_as_it_was() -> None:
    late = given(AT_WORK).and_checked(at=DEADLINE_AT + 3 * DAY)
    stopped = late.and_then(_suspend(), at=DEADLINE_AT + 3 * DAY)
    frozen = lateness(stopped.known, DEADLINE_AT + 50 * DAY)
    assert (frozen.behind_schedule, frozen.behind_by) == (False, 3 * DAY)
    going_on = _resumed(stopped, DEADLINE_AT + 13 * DAY)
    now = lateness(going_on.known, DEADLINE_AT + 13 * DAY)
    assert (now.behind_schedule, now.behind_by, now.late_by) == (True, 3 * DAY, 13 * DAY)
    passed = [ev.type for ev in going_on.and_checked(at=DEADLINE_AT + 40 * DAY).history]
    assert passed.count("DeadlinePassed") == 1


def test_resumed_with_a_new_deadline_everything_begins_afresh() -> None:
    stopped = (
        given(AT_WORK)
        .and_checked(at=DEADLINE_AT + 3 * DAY)
        .and_then(_suspend(), at=DEADLINE_AT + 3 * DAY)
    )
    going_on = _resumed(stopped, DEADLINE_AT + 13 * DAY, to=date(2026, 7, 31))
    record = going_on.known.record
    assert (record.deadline, record.deadline_revision) == (until(date(2026, 7, 31)), 2)
    assert not record.escalation.raised
    stopped.when(
        Resume(**sent_by(COUNCIL_HEAD), deadline=DeadlineRequest(on=DEADLINE_DAY)),
        at=DEADLINE_AT + 13 * DAY,
    ).refused(Code.DEADLINE_IN_THE_PAST, "deadline")


def test_a_moment_of_the_day_of_suspension_fires_when_it_is_resumed_that_day() -> None:
    policy = Policy(id="one", reminders=(ReminderRule(id="soon", offset=timedelta(hours=12)),))
    due = utc("2026-03-10 20:00")  # reminded at 08:00
    stopped = given([issued(deadline=due, policy=policy), assigned(), acknowledged()]).and_then(
        _suspend(), at=utc("2026-03-10 07:00")
    )
    going_on = _resumed(stopped, utc("2026-03-10 10:00"))
    [reminder] = going_on.when_checked(at=utc("2026-03-10 10:00")).events
    assert isinstance(reminder, e.ReminderDue)
    assert reminder.due_at == utc("2026-03-10 08:00")
    assert not reminder.late, "it was stopped, nothing was down"


def test_a_report_that_waits_for_its_verdict_waits_on_after_the_suspension() -> None:
    stopped = given([*AT_WORK, submitted(), suspended()])
    assert isinstance(stopped.state, Suspended)
    assert lateness(stopped.known, DEADLINE_AT + DAY).late_by == timedelta(0)
    going_on = _resumed(stopped, DEADLINE_AT)
    assert isinstance(going_on.state, Reported)
    assert going_on.when(Accept(**sent_by(CONTROL_OFFICER)), at=DEADLINE_AT + DAY).events


def test_while_suspended_only_what_cannot_wait_is_taken() -> None:
    stopped = given([*AT_WORK, suspended(NOW)])
    for refused in (
        Acknowledge(**sent_by(MINISTRY_A_HEAD)),
        RequestExtension(
            **sent_by(MINISTRY_A_HEAD), until=DeadlineRequest(at=NOW + 90 * DAY), reason="Late."
        ),
    ):
        stopped.when(refused, at=NOW).refused(Code.NOT_IN_THIS_PHASE)
    for taken in (
        Escalate(**sent_by(COUNCIL_OPERATOR), to="issuer", reason="Two months are enough."),
        RequestProgress(**sent_by(COUNCIL_OPERATOR)),
        Cancel(**sent_by(COUNCIL_OFFICER), reason="Overtaken."),
    ):
        assert stopped.when(taken, at=NOW).events


def test_an_imported_step_that_waits_for_the_one_before_waits_on() -> None:
    """The one before was suppressed at the import; it still counts from when it was planned for."""
    policy = Policy(
        id="chain",
        escalation=(
            EscalationStep(id="first", after=DAY, since="deadline", to="controller"),
            EscalationStep(id="second", after=30 * DAY, since="previous", to="issuer"),
        ),
    )
    overdue = issued(policy=policy, deadline=NOW - 5 * DAY, scheduled_from=NOW)
    skipped = e.ReminderSuppressed(
        **done_by(COUNCIL_OFFICER, utc("2024-01-01 09:00")),
        moments=(key("first"),),
        why="before-schedule",
    )
    imported = given([overdue, skipped, assigned(), acknowledged()]).and_checked(at=NOW)
    planned_for = NOW + 26 * DAY
    assert [m.due_at for m in planned(imported.state)] == [planned_for]
    stopped = imported.and_then(_suspend(), at=NOW)
    going_on = _resumed(stopped, NOW + 10 * DAY)
    assert [m.due_at for m in planned(going_on.state)] == [planned_for + 10 * DAY]


def test_a_deadline_beyond_the_calendar_and_a_clock_that_steps_back_are_no_crash() -> None:
    far = given([issued(deadline=date(2999, 12, 31)), assigned(), suspended(NOW)])
    far.when(Resume(**sent_by(COUNCIL_OFFICER)), at=NOW + DAY).refused(Code.INVALID, "deadline")
    back = given([*AT_WORK, suspended(NOW)])
    [event] = back.when(Resume(**sent_by(COUNCIL_OFFICER)), at=NOW - DAY).events
    assert isinstance(event, e.Resumed)
    assert event.suspended_for == timedelta(0)


def test_a_view_without_the_suspension_takes_the_resumption_for_nothing() -> None:
    history = [*AT_WORK, resumed(NOW, days=12, to=DEADLINE_DAY + 12 * DAY)]
    assert given(history).known.record.deadline == until(DEADLINE_DAY)


def test_resumed_with_a_deadline_no_step_comes_that_fell_due_while_the_chain_was_ended() -> None:
    undecided = EscalationStep(
        id="undecided",
        after=7 * DAY,
        since="submission",
        to="issuer",
        repeat=Repeat(every=7 * DAY, times=1),
    )
    history = (
        issued(policy=Policy(id="chain", escalation=(undecided,))),
        assigned(),
        acknowledged(),
        submitted(NOW),
    )
    operator = sent_by(COUNCIL_OPERATOR)
    ended = (
        given(history)
        .and_then(Escalate(**operator, to="issuer", reason="No word."), at=NOW + DAY)
        .and_then(Deescalate(**operator, reason="It is read."), at=NOW + 2 * DAY)
    )
    stopped = ended.and_then(_suspend(), at=NOW + 8 * DAY)
    at = NOW + 10 * DAY
    going_on = _resumed(stopped, at, to=date(2026, 7, 31))
    going_on.when_checked(at=at).then_nothing()
    assert [m.due_at for m in planned(going_on.state)] == [NOW + 16 * DAY]


@pytest.mark.parametrize(
    ("resumed_at", "behind_by"),
    [
        ("2026-03-30 08:00", timedelta(hours=3)),  # five days later it would be due only at 09:00
        ("2026-03-30 12:00", timedelta(hours=3)),
        ("2026-03-30 14:00", timedelta(hours=5)),
        ("2026-03-25 13:00", timedelta(hours=4)),
    ],
)
def test_what_was_late_against_an_instant_stays_so_at_whatever_hour_it_is_resumed(
    resumed_at: str, behind_by: timedelta
) -> None:
    due = utc("2026-03-25 09:00")
    history = (issued(deadline=due), assigned(), acknowledged())
    late = given(history).and_checked(at=due)
    stopped = late.and_then(_suspend(), at=utc("2026-03-25 12:00"))
    at = utc(resumed_at)
    going_on = _resumed(stopped, at)
    now = lateness(going_on.known, at)
    assert (now.behind_schedule, now.behind_by) == (True, behind_by)
    first = planned(going_on.state)[0]
    assert (first.key, first.acts_at) == (key("overdue-1d"), at - behind_by + DAY)
    passed = [ev.type for ev in going_on.and_checked(at=at + 9 * DAY).history]
    assert passed.count("DeadlinePassed") == 1


def test_it_is_no_later_than_it_was_when_it_was_cancelled_though_suspended_later() -> None:
    late = given((*AT_WORK, suspended(DEADLINE_AT + 3 * DAY)))
    on_paper = Cancel(
        **sent_by(COUNCIL_REGISTRAR),
        reason="Overtaken.",
        backdated=Backdating(at=DEADLINE_AT - DAY, reason="It arrived on paper."),
    )
    cancelled = late.and_then(on_paper, at=DEADLINE_AT + 9 * DAY)
    now = lateness(cancelled.known, DEADLINE_AT + 9 * DAY)
    assert (now.behind_by, now.late_by) == (timedelta(0), timedelta(0))
