"""The cycle of asking for progress: it goes on over outages, suspensions and imports, and with another lead begins anew."""

from datetime import timedelta

from domain.attribution import Backdating
from domain.instruction.commands import (
    Reassign,
    ReportProgress,
    Resume,
    Suspend,
)
from domain.instruction.deadlines import planned
from domain.policies import (
    ProgressCycle,
    ReminderRule,
)
from tests.domain.day_by_day import (
    FAR,
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
    COUNCIL_OFFICER,
    COUNCIL_REGISTRAR,
    DAY,
    DEADLINE_AT,
    MINISTRY_A_HEAD,
    MINISTRY_B,
    acknowledged,
    assigned,
    issued,
    sent_by,
    utc,
)

_HOUR = timedelta(hours=1)


def test_the_cycle_goes_on_as_long_as_the_deadline_lets_it() -> None:
    daily = at_work(policy_of(progress=ProgressCycle(every=DAY)), FAR)
    planned_at_once = len(planned(daily.state))
    last = ASSIGNED_AT + 420 * DAY
    asked = asked_since(checked_daily(daily, ASSIGNED_AT, last), daily)
    assert asked == [ASSIGNED_AT + n * DAY for n in range(1, 421)]
    assert planned_at_once < 50


def test_after_a_long_outage_the_cycle_asks_once_and_goes_on() -> None:
    daily = at_work(policy_of(progress=ProgressCycle(every=DAY)), FAR)
    back = ASSIGNED_AT + 400 * DAY + timedelta(hours=5)
    caught_up = daily.and_checked(at=back)
    assert asked_since(caught_up, daily) == [back]
    on = ASSIGNED_AT + 401 * DAY
    assert asked_since(caught_up.and_checked(at=on), caught_up) == [on]


def test_another_lead_is_asked_by_a_cycle_of_its_own() -> None:
    weekly = checked_daily(
        at_work(policy_of(progress=WEEKLY), FAR), ASSIGNED_AT, ASSIGNED_AT + 29 * DAY
    )
    at = ASSIGNED_AT + 30 * DAY
    given_on = weekly.and_then(Reassign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_B), at=at)
    later = checked_daily(given_on, at, at + 8 * DAY)
    assert asked_since(later, given_on) == [at + 7 * DAY]


def test_a_report_once_it_is_resumed_answers_the_next_round() -> None:
    daily = at_work(policy_of(progress=ProgressCycle(every=DAY)), FAR)
    suspended_at = ASSIGNED_AT + 5 * DAY + _HOUR
    daily = checked_daily(daily, ASSIGNED_AT, ASSIGNED_AT + 5 * DAY).and_then(
        Suspend(**sent_by(COUNCIL_OFFICER), reason="Talks."), at=suspended_at
    )
    resumed_at = suspended_at + 10 * DAY - 5 * _HOUR
    resumed = daily.and_then(Resume(**sent_by(COUNCIL_OFFICER)), at=resumed_at)
    told = resumed.and_then(
        ReportProgress(**sent_by(MINISTRY_A_HEAD), percent=10), at=resumed_at + _HOUR
    )
    later = checked_daily(told, ASSIGNED_AT + 15 * DAY, ASSIGNED_AT + 17 * DAY)
    assert asked_since(later, told) == [ASSIGNED_AT + 17 * DAY], "answered on day 16"


def test_a_cycle_entered_long_after_it_began_begins_with_what_lies_ahead() -> None:
    since = utc("1990-01-01 09:00")
    entered = utc("2026-02-01 12:00")
    old = given(
        [
            issued(since, policy=policy_of(progress=WEEKLY), deadline=FAR, scheduled_from=entered),
            assigned(since).model_copy(update={"scheduled_from": entered}),
            acknowledged(since),
        ]
    )
    rounds = [m.due_at for m in planned(old.state) if m.key.rule == "progress"]
    assert entered < rounds[0] <= entered + 7 * DAY
    assert (rounds[0] - since) % (7 * DAY) in (timedelta(0), 7 * DAY - timedelta(hours=1))


def test_what_an_entered_suspension_moves_ahead_of_the_import_comes_then() -> None:
    """Left out at the import, as it lay before that; the suspension, entered next, has moved it."""
    entered = DEADLINE_AT - 20 * DAY
    policy = policy_of(
        ReminderRule(id="before-30d", offset=30 * DAY),
        ReminderRule(id="before-15d", offset=15 * DAY),
        ReminderRule(id="before-50d", offset=50 * DAY),
        progress=WEEKLY,
    )
    imported = entered_at(policy, entered)
    stopped = imported.and_then(
        Suspend(
            **sent_by(COUNCIL_REGISTRAR),
            reason="Renegotiated.",
            backdated=Backdating(at=entered - 30 * DAY, reason="Taken over."),
        ),
        at=entered,
    )
    resumed = stopped.and_then(
        Resume(
            **sent_by(COUNCIL_REGISTRAR),
            backdated=Backdating(at=entered - 15 * DAY, reason="Taken over."),
        ),
        at=entered,
    )
    assert resumed.known.record.scheduled_from == entered, "not in the future"
    later = checked_daily(resumed, entered.replace(hour=21), DEADLINE_AT + 15 * DAY)
    reminded = [(rule, at) for rule, at in told_since(later, resumed) if rule != "progress"]
    assert reminded == [("before-30d", DEADLINE_AT - 15 * DAY), ("before-15d", DEADLINE_AT)]
    first = asked_since(later, resumed)[0]
    assert first < entered + 8 * DAY, "the cycle goes on from the import"
