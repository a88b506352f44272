"""Under another policy: what is changed comes when it says now, what is not comes once."""

from dataclasses import replace
from datetime import date, time

import pytest

from domain.directory.commands import PublishCalendar
from domain.instruction import events as e
from domain.instruction.commands import (
    ReportProgress,
    Resume,
    SetController,
    Snooze,
    Suspend,
)
from domain.instruction.deadlines import planned
from domain.policies import (
    Again,
    EscalationStep,
    Policy,
    ProgressCycle,
    ReminderRule,
    Repeat,
    WorkingSpan,
)
from domain.working_time import PLAIN
from tests.domain.day_by_day import (
    FAR,
    OVERDUE,
    WEEKLY,
    asked_since,
    at_work,
    checked_daily,
    policy_of,
    told_since,
    with_policy,
)
from tests.domain.specification import Given, given
from tests.domain.world import (
    ADMINISTRATOR,
    ASSIGNED_AT,
    COUNCIL_OFFICER,
    COUNCIL_OPERATOR,
    DAY,
    DEADLINE_AT,
    ISSUED_AT,
    MINISTRY_A_HEAD,
    MINISTRY_B,
    assigned,
    facts,
    issued,
    sent_by,
    set_up_further,
)

_ONCE = ReminderRule(id="r", offset=20 * DAY)
_REPEATED = ReminderRule(id="r", side="after", offset=DAY, repeat=Repeat(every=DAY, times=1))


def test_a_cycle_that_another_policy_makes_longer_or_shorter_comes_round_by_the_new_one() -> None:
    weekly = checked_daily(
        at_work(policy_of(progress=WEEKLY), FAR), ASSIGNED_AT, ASSIGNED_AT + 50 * DAY
    )
    monthly = with_policy(
        weekly, policy_of(progress=ProgressCycle(every=30 * DAY)), ASSIGNED_AT + 50 * DAY
    )
    later = checked_daily(monthly, ASSIGNED_AT + 50 * DAY, ASSIGNED_AT + 100 * DAY)
    assert asked_since(later, monthly) == [ASSIGNED_AT + 60 * DAY, ASSIGNED_AT + 90 * DAY]
    again = with_policy(later, policy_of(progress=WEEKLY), ASSIGNED_AT + 100 * DAY)
    end = checked_daily(again, ASSIGNED_AT + 100 * DAY, ASSIGNED_AT + 115 * DAY)
    assert asked_since(end, again) == [ASSIGNED_AT + 105 * DAY, ASSIGNED_AT + 112 * DAY]


def test_a_report_since_the_former_cycle_came_round_answers_the_first_of_the_new_one() -> None:
    day = ASSIGNED_AT + 21 * DAY
    weekly = checked_daily(at_work(policy_of(progress=WEEKLY), FAR), ASSIGNED_AT, day)
    told = weekly.and_then(ReportProgress(**sent_by(MINISTRY_A_HEAD), percent=10), at=day + DAY)
    changed = with_policy(told, policy_of(progress=ProgressCycle(every=10 * DAY)), day + 2 * DAY)
    later = checked_daily(changed, day + 2 * DAY, ASSIGNED_AT + 45 * DAY)
    assert asked_since(later, changed) == [ASSIGNED_AT + 40 * DAY], (
        "answered on day 30, asked on day 40"
    )


@pytest.mark.parametrize(
    ("before", "after", "days"),
    [
        (policy_of(_ONCE), policy_of(_ONCE.model_copy(update={"offset": DAY})), [-1]),
        (policy_of(_ONCE), policy_of(_ONCE.model_copy(update={"side": "after"})), [20]),
        (policy_of(_ONCE), policy_of(ReminderRule(id="r", percent=99)), [0]),
        (
            policy_of(_REPEATED),
            policy_of(_REPEATED.model_copy(update={"repeat": Repeat(every=10 * DAY, times=2)})),
            [11, 21],
        ),
        (
            policy_of(OVERDUE),
            policy_of(OVERDUE.model_copy(update={"after": 9 * DAY})),
            [9],
        ),
        (
            policy_of(OVERDUE, again=Again(since="overdue", every=DAY, times=2)),
            policy_of(OVERDUE, again=Again(since="overdue", every=10 * DAY, times=2)),
            [11, 21],
        ),
    ],
)
def test_a_changed_rule_comes_when_it_says_now_though_it_had_fired_before(
    before: Policy, after: Policy, days: list[int]
) -> None:
    at = DEADLINE_AT + (5 if days[0] > 1 else -3) * DAY
    fired = checked_daily(at_work(before), ISSUED_AT.replace(hour=21), at)
    changed = with_policy(fired, after, at)
    later = checked_daily(changed, at, DEADLINE_AT + 40 * DAY)
    assert [(at - DEADLINE_AT).days for _, at in told_since(later, changed)] == days


def test_what_counts_from_a_changed_step_is_changed_too() -> None:
    first = EscalationStep(id="first", after=DAY, since="deadline", to="controller")
    second = EscalationStep(id="second", after=DAY, since="previous", to="issuer")
    through = checked_daily(at_work(policy_of(first, second)), DEADLINE_AT, DEADLINE_AT + 5 * DAY)
    other = policy_of(first.model_copy(update={"after": 9 * DAY}), second)
    changed = with_policy(through, other, DEADLINE_AT + 5 * DAY)
    later = checked_daily(changed, DEADLINE_AT + 5 * DAY, DEADLINE_AT + 30 * DAY)
    assert told_since(later, changed) == [
        ("first", DEADLINE_AT + 9 * DAY),
        ("second", DEADLINE_AT + 10 * DAY),
    ]


def test_a_step_that_counts_from_something_else_shares_no_identity_with_what_it_was() -> None:
    """Also where the deadline has been moved more often than it was assigned."""
    by_deadline = EscalationStep(id="s", after=DAY, since="deadline", to="controller")
    assignment = EscalationStep(id="s", after=200 * DAY, since="assignment", to="controller")
    twice = given(
        [
            issued(policy=policy_of(by_deadline), deadline=FAR),
            assigned(),
            assigned(ASSIGNED_AT + DAY, lead=MINISTRY_B),
        ]
    )
    changed = with_policy(twice, policy_of(assignment), ASSIGNED_AT + 2 * DAY)
    back = with_policy(changed, policy_of(by_deadline), ASSIGNED_AT + 3 * DAY)
    keys = [
        moment.key
        for event in back.history
        if isinstance(event, e.MomentsPlanned)
        for moment in event.moments
    ]
    assert len(keys) == 3
    assert len(set(keys)) == 3


def test_a_rule_that_another_policy_leaves_as_it_is_does_not_fire_again() -> None:
    kept = ReminderRule(id="kept", offset=20 * DAY)
    weekly = ReminderRule(
        id="weekly", side="after", offset=DAY, repeat=Repeat(every=7 * DAY, times=3)
    )
    day = DEADLINE_AT + 3 * DAY
    before = checked_daily(
        at_work(policy_of(kept, weekly, OVERDUE, progress=WEEKLY)), ISSUED_AT.replace(hour=21), day
    )
    other = policy_of(
        kept,
        weekly,
        OVERDUE.model_copy(update={"to": "issuer"}),
        ReminderRule(id="new", side="after", offset=5 * DAY),
        progress=WEEKLY,
    )
    changed = with_policy(before, other, day)
    later = checked_daily(changed, day, DEADLINE_AT + 60 * DAY)
    assert [(rule, (at - DEADLINE_AT).days) for rule, at in told_since(later, changed)] == [
        ("new", 5),
        ("weekly", 8),
        ("weekly", 15),
        ("weekly", 22),
    ]


def test_a_rule_taken_away_and_brought_back_comes_when_it_says() -> None:
    rule = ReminderRule(id="r", side="after", offset=DAY, repeat=Repeat(every=7 * DAY, times=2))
    fired = checked_daily(at_work(policy_of(rule)), DEADLINE_AT, DEADLINE_AT + 2 * DAY)
    gone = with_policy(fired, policy_of(), DEADLINE_AT + 2 * DAY)
    back = with_policy(gone, policy_of(rule), DEADLINE_AT + 3 * DAY)
    later = checked_daily(back, DEADLINE_AT + 3 * DAY, DEADLINE_AT + 30 * DAY)
    assert [(at - DEADLINE_AT).days for _, at in told_since(later, back)] == [8, 15]


def test_by_a_slower_calendar_the_cycle_of_working_days_still_comes_round() -> None:
    """Five weeks of work are seven months of it: by their numbers all rounds of those would have fired."""
    mondays = PublishCalendar(
        command_id="publish",
        actor=ADMINISTRATOR,
        calendar="mondays",
        title="Mondays",
        week=(PLAIN.week[0], (), (), (), (), (), ()),
        days=(),
        first=date(2026, 1, 1),
        last=date(2027, 12, 31),
        origin="this test",
    )
    known = replace(facts(), directory=set_up_further(facts().directory, [mondays], at=ISSUED_AT))
    cycle = ProgressCycle(every=WorkingSpan(length=5 * DAY))
    at = ASSIGNED_AT + 35 * DAY
    quick = checked_daily(at_work(policy_of(progress=cycle), FAR), ASSIGNED_AT, at)
    slow = with_policy(
        Given(quick.history, known), policy_of(progress=cycle, calendar="mondays"), at
    )
    later = checked_daily(slow, at, at + 7 * 12 * DAY)
    assert len(asked_since(later, slow)) == 2


def test_an_overdue_step_that_is_silenced_outlives_another_policy_and_a_suspension() -> None:
    overdue = checked_daily(at_work(policy_of(OVERDUE)), DEADLINE_AT, DEADLINE_AT)
    silenced_until = DEADLINE_AT + 60 * DAY
    silent = overdue.and_then(
        Snooze(**sent_by(COUNCIL_OPERATOR), until=silenced_until), at=DEADLINE_AT
    )
    other = policy_of(OVERDUE, ReminderRule(id="new", offset=DAY))
    changed = with_policy(silent, other, DEADLINE_AT + 3 * DAY)
    stopped = changed.and_then(
        Suspend(**sent_by(COUNCIL_OFFICER), reason="Renegotiated."), at=DEADLINE_AT + 4 * DAY
    )
    resumed = stopped.and_then(Resume(**sent_by(COUNCIL_OFFICER)), at=DEADLINE_AT + 10 * DAY)
    assert [m.acts_at for m in planned(resumed.state)] == [silenced_until]
    later = resumed.and_checked(at=silenced_until)
    assert told_since(later, resumed) == [("overdue", silenced_until)]


def test_an_overdue_step_that_is_silenced_outlives_another_policy_and_another_hour() -> None:
    step = EscalationStep(id="s", after=DAY, since="deadline", to="controller", at=time(9))
    silenced_until = DEADLINE_AT + 60 * DAY
    silent = at_work(policy_of(step)).and_then(
        Snooze(**sent_by(COUNCIL_OPERATOR), until=silenced_until), at=DEADLINE_AT - DAY
    )
    changed = with_policy(silent, policy_of(step, _ONCE), DEADLINE_AT + 3 * DAY)
    elsewhere = changed.and_then(
        SetController(**sent_by(COUNCIL_OFFICER), controller=MINISTRY_B), at=DEADLINE_AT + 4 * DAY
    )
    later = elsewhere.and_checked(at=silenced_until)
    assert told_since(later, elsewhere) == [("s", silenced_until)]
