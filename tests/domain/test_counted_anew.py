"""What begins anew is waited for anew, and what goes on is not: another policy, a reopening, a suspension."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from domain.attribution import Backdating
from domain.deadline import DeadlineRequest
from domain.directory.commands import PublishCalendar
from domain.instruction import events as e
from domain.instruction.commands import (
    Accept,
    Acknowledge,
    Assign,
    Cancel,
    ChangeDeadline,
    ChangePolicy,
    Deescalate,
    Escalate,
    Issue,
    Reassign,
    Reopen,
    ReportProgress,
    Resume,
    Return,
    SetController,
    Snooze,
    SubmitReport,
    Suspend,
    WithdrawReport,
)
from domain.instruction.deadlines import planned
from domain.instruction.state import submission
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
from tests.domain.specification import Given, given
from tests.domain.world import (
    ADMINISTRATOR,
    ASSIGNED_AT,
    CONTROL_OFFICER,
    COUNCIL_OFFICER,
    COUNCIL_OPERATOR,
    COUNCIL_REGISTRAR,
    DAY,
    DEADLINE_AT,
    ISSUED_AT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_B,
    acknowledged,
    assigned,
    facts,
    issue,
    issued,
    sent_by,
    set_up_further,
    utc,
)

_FAR = utc("2027-12-31 21:00")
_HOUR = timedelta(hours=1)
_TWICE = Repeat(every=7 * DAY, times=1)
_WEEKLY = ProgressCycle(every=7 * DAY)
_OVERDUE = EscalationStep(id="overdue", after=DAY, since="deadline", to="controller")


def _policy(*rules: ReminderRule | EscalationStep, **further: object) -> Policy:
    return Policy.model_validate(
        {
            "id": "tested",
            "reminders": [rule for rule in rules if isinstance(rule, ReminderRule)],
            "escalation": [rule for rule in rules if isinstance(rule, EscalationStep)],
            **further,
        }
    )


def _at_work(policy: Policy, deadline: datetime = DEADLINE_AT) -> Given:
    return given([issued(policy=policy, deadline=deadline), assigned(), acknowledged()])


def _changed(so_far: Given, policy: Policy, at: datetime) -> Given:
    command = ChangePolicy(**sent_by(COUNCIL_OFFICER), policy=policy, reason="It is pressing.")
    return so_far.and_then(command, at=at)


def _daily(so_far: Given, first: datetime, last: datetime) -> Given:
    """The machinery looks once a day."""
    for day in range((last - first).days + 1):
        so_far = so_far.and_checked(at=first + day * DAY)
    return so_far


def _warned(after: Given, before: Given) -> list[tuple[str, datetime]]:
    """Each that somebody was told of since, and when."""
    found: list[tuple[str, datetime]] = []
    for event in after.history[len(before.history) :]:
        match event:
            case e.ReminderDue() | e.ProgressRequested() | e.Escalated() if event.moment:
                found.append((event.moment.rule, event.occurred_at))
            case _:
                pass
    return found


def _asked(after: Given, before: Given) -> list[datetime]:
    return [at for rule, at in _warned(after, before) if rule == "progress"]


def test_a_cycle_that_another_policy_makes_longer_or_shorter_comes_round_by_the_new_one() -> None:
    weekly = _daily(_at_work(_policy(progress=_WEEKLY), _FAR), ASSIGNED_AT, ASSIGNED_AT + 50 * DAY)
    monthly = _changed(
        weekly, _policy(progress=ProgressCycle(every=30 * DAY)), ASSIGNED_AT + 50 * DAY
    )
    later = _daily(monthly, ASSIGNED_AT + 50 * DAY, ASSIGNED_AT + 100 * DAY)
    assert _asked(later, monthly) == [ASSIGNED_AT + 60 * DAY, ASSIGNED_AT + 90 * DAY]
    again = _changed(later, _policy(progress=_WEEKLY), ASSIGNED_AT + 100 * DAY)
    end = _daily(again, ASSIGNED_AT + 100 * DAY, ASSIGNED_AT + 115 * DAY)
    assert _asked(end, again) == [ASSIGNED_AT + 105 * DAY, ASSIGNED_AT + 112 * DAY]


def test_a_report_since_the_former_cycle_came_round_answers_the_first_of_the_new_one() -> None:
    day = ASSIGNED_AT + 21 * DAY
    weekly = _daily(_at_work(_policy(progress=_WEEKLY), _FAR), ASSIGNED_AT, day)
    told = weekly.and_then(ReportProgress(**sent_by(MINISTRY_A_HEAD), percent=10), at=day + DAY)
    changed = _changed(told, _policy(progress=ProgressCycle(every=10 * DAY)), day + 2 * DAY)
    later = _daily(changed, day + 2 * DAY, ASSIGNED_AT + 45 * DAY)
    assert _asked(later, changed) == [ASSIGNED_AT + 40 * DAY], "answered on day 30, asked on day 40"


_ONCE = ReminderRule(id="r", offset=20 * DAY)
_REPEATED = ReminderRule(id="r", side="after", offset=DAY, repeat=Repeat(every=DAY, times=1))


@pytest.mark.parametrize(
    ("before", "after", "days"),
    [
        (_policy(_ONCE), _policy(_ONCE.model_copy(update={"offset": DAY})), [-1]),
        (_policy(_ONCE), _policy(_ONCE.model_copy(update={"side": "after"})), [20]),
        (_policy(_ONCE), _policy(ReminderRule(id="r", percent=99)), [0]),
        (
            _policy(_REPEATED),
            _policy(_REPEATED.model_copy(update={"repeat": Repeat(every=10 * DAY, times=2)})),
            [11, 21],
        ),
        (
            _policy(_OVERDUE),
            _policy(_OVERDUE.model_copy(update={"after": 9 * DAY})),
            [9],
        ),
        (
            _policy(_OVERDUE, again=Again(since="overdue", every=DAY, times=2)),
            _policy(_OVERDUE, again=Again(since="overdue", every=10 * DAY, times=2)),
            [11, 21],
        ),
    ],
)
def test_a_changed_rule_comes_when_it_says_now_though_it_had_fired_before(
    before: Policy, after: Policy, days: list[int]
) -> None:
    at = DEADLINE_AT + (5 if days[0] > 1 else -3) * DAY
    fired = _daily(_at_work(before), ISSUED_AT.replace(hour=21), at)
    changed = _changed(fired, after, at)
    later = _daily(changed, at, DEADLINE_AT + 40 * DAY)
    assert [(at - DEADLINE_AT).days for _, at in _warned(later, changed)] == days


def test_what_counts_from_a_changed_step_is_changed_too() -> None:
    first = EscalationStep(id="first", after=DAY, since="deadline", to="controller")
    second = EscalationStep(id="second", after=DAY, since="previous", to="issuer")
    through = _daily(_at_work(_policy(first, second)), DEADLINE_AT, DEADLINE_AT + 5 * DAY)
    other = _policy(first.model_copy(update={"after": 9 * DAY}), second)
    changed = _changed(through, other, DEADLINE_AT + 5 * DAY)
    later = _daily(changed, DEADLINE_AT + 5 * DAY, DEADLINE_AT + 30 * DAY)
    assert _warned(later, changed) == [
        ("first", DEADLINE_AT + 9 * DAY),
        ("second", DEADLINE_AT + 10 * DAY),
    ]


def test_a_step_that_counts_from_something_else_shares_no_identity_with_what_it_was() -> None:
    """Also where the deadline has been moved more often than it was assigned."""
    by_deadline = EscalationStep(id="s", after=DAY, since="deadline", to="controller")
    assignment = EscalationStep(id="s", after=200 * DAY, since="assignment", to="controller")
    twice = given(
        [
            issued(policy=_policy(by_deadline), deadline=_FAR),
            assigned(),
            assigned(ASSIGNED_AT + DAY, lead=MINISTRY_B),
        ]
    )
    changed = _changed(twice, _policy(assignment), ASSIGNED_AT + 2 * DAY)
    back = _changed(changed, _policy(by_deadline), ASSIGNED_AT + 3 * DAY)
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
    before = _daily(
        _at_work(_policy(kept, weekly, _OVERDUE, progress=_WEEKLY)), ISSUED_AT.replace(hour=21), day
    )
    other = _policy(
        kept,
        weekly,
        _OVERDUE.model_copy(update={"to": "issuer"}),
        ReminderRule(id="new", side="after", offset=5 * DAY),
        progress=_WEEKLY,
    )
    changed = _changed(before, other, day)
    later = _daily(changed, day, DEADLINE_AT + 60 * DAY)
    assert [(rule, (at - DEADLINE_AT).days) for rule, at in _warned(later, changed)] == [
        ("new", 5),
        ("weekly", 8),
        ("weekly", 15),
        ("weekly", 22),
    ]


def test_a_rule_taken_away_and_brought_back_comes_when_it_says() -> None:
    rule = ReminderRule(id="r", side="after", offset=DAY, repeat=Repeat(every=7 * DAY, times=2))
    fired = _daily(_at_work(_policy(rule)), DEADLINE_AT, DEADLINE_AT + 2 * DAY)
    gone = _changed(fired, _policy(), DEADLINE_AT + 2 * DAY)
    back = _changed(gone, _policy(rule), DEADLINE_AT + 3 * DAY)
    later = _daily(back, DEADLINE_AT + 3 * DAY, DEADLINE_AT + 30 * DAY)
    assert [(at - DEADLINE_AT).days for _, at in _warned(later, back)] == [8, 15]


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
    quick = _daily(_at_work(_policy(progress=cycle), _FAR), ASSIGNED_AT, at)
    slow = _changed(Given(quick.history, known), _policy(progress=cycle, calendar="mondays"), at)
    later = _daily(slow, at, at + 7 * 12 * DAY)
    assert len(_asked(later, slow)) == 2


def test_after_reopening_the_cycle_begins_anew() -> None:
    weekly = _daily(_at_work(_policy(progress=_WEEKLY), _FAR), ASSIGNED_AT, ASSIGNED_AT + 29 * DAY)
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
    later = _daily(reopened, reopened_at, reopened_at + 15 * DAY)
    assert _asked(later, reopened) == [reopened_at + 7 * DAY, reopened_at + 14 * DAY]


def test_cancelled_and_reopened_the_lead_is_reminded_to_acknowledge_again() -> None:
    silent = EscalationStep(id="silent", after=3 * DAY, since="assignment", to="controller")
    policy = _policy(silent, acknowledge_within=2 * DAY)
    unread = given([issued(policy=policy), assigned()]).and_checked(at=ASSIGNED_AT + 4 * DAY)
    assert _warned(unread, given()) == [("silent", ASSIGNED_AT + 4 * DAY)]
    cancelled = unread.and_then(
        Cancel(**sent_by(COUNCIL_OFFICER), reason="Overtaken."), at=ASSIGNED_AT + 5 * DAY
    )
    at = ASSIGNED_AT + 10 * DAY
    reopened = cancelled.and_then(Reopen(**sent_by(COUNCIL_OFFICER), reason="Not so."), at=at)
    later = _daily(reopened, at, at + 5 * DAY)
    assert _warned(later, reopened) == [("silent", at + 3 * DAY)]
    passed = [ev.due_at for ev in later.history if isinstance(ev, e.DeadlinePassed)]
    assert passed == [ASSIGNED_AT + 2 * DAY, at + 2 * DAY]


def test_cancelled_and_reopened_a_report_is_decided_on_in_as_long_again() -> None:
    undecided = EscalationStep(id="undecided", after=7 * DAY, since="submission", to="issuer")
    reported = _at_work(_policy(undecided, accept_within=5 * DAY), _FAR).and_then(
        SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done."), at=ASSIGNED_AT + 10 * DAY
    )
    reported = _daily(reported, ASSIGNED_AT + 10 * DAY, ASSIGNED_AT + 16 * DAY)
    cancelled = reported.and_then(
        Cancel(**sent_by(COUNCIL_OFFICER), reason="Overtaken."), at=ASSIGNED_AT + 16 * DAY
    )
    at = ASSIGNED_AT + 60 * DAY
    reopened = cancelled.and_then(Reopen(**sent_by(COUNCIL_OFFICER), reason="Not so."), at=at)
    assert submission(reopened.known) == ASSIGNED_AT + 10 * DAY
    later = _daily(reopened, at, at + 10 * DAY)
    assert _warned(later, reopened) == [("undecided", at + 7 * DAY)]
    passed = [ev.due_at for ev in later.history if isinstance(ev, e.DeadlinePassed)]
    assert passed == [ASSIGNED_AT + 15 * DAY, at + 5 * DAY]


def test_another_deadline_brings_back_no_step_that_fell_due_while_the_chain_was_ended() -> None:
    undecided = EscalationStep(
        id="undecided", after=7 * DAY, since="submission", to="issuer", repeat=_TWICE
    )
    at = ASSIGNED_AT + 10 * DAY
    reported = _at_work(_policy(undecided), _FAR).and_then(
        SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done."), at=at
    )
    operator = sent_by(COUNCIL_OPERATOR)
    ended = reported.and_then(
        Escalate(**operator, to="issuer", reason="No word."), at=at + DAY
    ).and_then(Deescalate(**operator, reason="It is read."), at=at + 2 * DAY)
    later = ChangeDeadline(
        **sent_by(COUNCIL_OFFICER), deadline=DeadlineRequest(at=_FAR + DAY), reason="A mistake."
    )
    changed = ended.and_then(later, at=at + 10 * DAY)
    end = _daily(changed, at + 10 * DAY, at + 20 * DAY)
    assert _warned(end, changed) == [("undecided", at + 14 * DAY)]


def test_a_report_once_it_is_resumed_answers_the_next_round() -> None:
    daily = _at_work(_policy(progress=ProgressCycle(every=DAY)), _FAR)
    suspended_at = ASSIGNED_AT + 5 * DAY + _HOUR
    daily = _daily(daily, ASSIGNED_AT, ASSIGNED_AT + 5 * DAY).and_then(
        Suspend(**sent_by(COUNCIL_OFFICER), reason="Talks."), at=suspended_at
    )
    resumed_at = suspended_at + 10 * DAY - 5 * _HOUR
    resumed = daily.and_then(Resume(**sent_by(COUNCIL_OFFICER)), at=resumed_at)
    told = resumed.and_then(
        ReportProgress(**sent_by(MINISTRY_A_HEAD), percent=10), at=resumed_at + _HOUR
    )
    later = _daily(told, ASSIGNED_AT + 15 * DAY, ASSIGNED_AT + 17 * DAY)
    assert _asked(later, told) == [ASSIGNED_AT + 17 * DAY], "answered on day 16"


def test_a_step_counts_from_when_the_one_before_fired_also_once_the_report_is_withdrawn() -> None:
    told = EscalationStep(id="told", after=7 * DAY, since="previous", to="issuer")
    silence = Snooze(**sent_by(COUNCIL_OPERATOR), until=DEADLINE_AT + 20 * DAY, reason="A holiday.")
    late = _at_work(_policy(_OVERDUE, told)).and_then(silence, at=DEADLINE_AT)
    late = _daily(late, DEADLINE_AT, DEADLINE_AT + 20 * DAY)
    reported = late.and_then(
        SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done."), at=DEADLINE_AT + 21 * DAY
    )
    withdrawn = reported.and_then(
        WithdrawReport(**sent_by(MINISTRY_A_HEAD)), at=DEADLINE_AT + 22 * DAY
    )
    later = _daily(withdrawn, DEADLINE_AT + 22 * DAY, DEADLINE_AT + 30 * DAY)
    assert _warned(later, withdrawn) == [("told", DEADLINE_AT + 27 * DAY)]


def test_a_report_that_is_taken_back_silences_no_step() -> None:
    told = EscalationStep(id="told", after=7 * DAY, since="previous", to="issuer")
    reminded = ReminderRule(id="after-2d", offset=2 * DAY, side="after")
    reported = _at_work(_policy(reminded, _OVERDUE, told)).and_then(
        SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done."), at=DEADLINE_AT - DAY
    )
    withdrawn_at = DEADLINE_AT + 10 * DAY
    withdrawn = reported.and_then(WithdrawReport(**sent_by(MINISTRY_A_HEAD)), at=withdrawn_at)
    later = _daily(withdrawn, withdrawn_at, withdrawn_at + 8 * DAY)
    assert _warned(later, withdrawn) == [
        ("overdue", withdrawn_at),
        ("told", withdrawn_at + 7 * DAY),
    ]


def _imported(policy: Policy, at: datetime) -> Given:
    """Entered at that moment, with its beginnings as they happened."""
    founded = Issue.model_validate(
        {
            **issue(policy=policy).model_dump(exclude={"type"}),
            "actor": COUNCIL_REGISTRAR,
            "backdated": Backdating(at=ISSUED_AT, reason="Taken over."),
        }
    )
    given_to = Assign(
        **sent_by(COUNCIL_REGISTRAR),
        lead=MINISTRY_A,
        backdated=Backdating(at=ASSIGNED_AT, reason="Taken over."),
    )
    read = Acknowledge(
        **sent_by(COUNCIL_REGISTRAR),
        on_behalf_of=MINISTRY_A,
        backdated=Backdating(at=ASSIGNED_AT, reason="Taken over."),
    )
    return given().and_then(founded, at=at).and_then(given_to, at=at).and_then(read, at=at)


def test_what_an_entered_suspension_moves_ahead_of_the_import_comes_then() -> None:
    """Left out at the import, as it lay before that; the suspension, entered next, has moved it."""
    entered = DEADLINE_AT - 20 * DAY
    policy = _policy(
        ReminderRule(id="before-30d", offset=30 * DAY),
        ReminderRule(id="before-15d", offset=15 * DAY),
        ReminderRule(id="before-50d", offset=50 * DAY),
        progress=_WEEKLY,
    )
    imported = _imported(policy, entered)
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
    later = _daily(resumed, entered.replace(hour=21), DEADLINE_AT + 15 * DAY)
    reminded = [(rule, at) for rule, at in _warned(later, resumed) if rule != "progress"]
    assert reminded == [("before-30d", DEADLINE_AT - 15 * DAY), ("before-15d", DEADLINE_AT)]
    first = _asked(later, resumed)[0]
    assert first < entered + 8 * DAY, "the cycle goes on from the import"


def test_an_overdue_step_that_is_silenced_outlives_another_policy_and_a_suspension() -> None:
    overdue = _daily(_at_work(_policy(_OVERDUE)), DEADLINE_AT, DEADLINE_AT)
    silenced_until = DEADLINE_AT + 60 * DAY
    silent = overdue.and_then(
        Snooze(**sent_by(COUNCIL_OPERATOR), until=silenced_until), at=DEADLINE_AT
    )
    other = _policy(_OVERDUE, ReminderRule(id="new", offset=DAY))
    changed = _changed(silent, other, DEADLINE_AT + 3 * DAY)
    stopped = changed.and_then(
        Suspend(**sent_by(COUNCIL_OFFICER), reason="Renegotiated."), at=DEADLINE_AT + 4 * DAY
    )
    resumed = stopped.and_then(Resume(**sent_by(COUNCIL_OFFICER)), at=DEADLINE_AT + 10 * DAY)
    assert [m.acts_at for m in planned(resumed.state)] == [silenced_until]
    later = resumed.and_checked(at=silenced_until)
    assert _warned(later, resumed) == [("overdue", silenced_until)]


def test_an_overdue_step_that_is_silenced_outlives_another_policy_and_another_hour() -> None:
    step = EscalationStep(id="s", after=DAY, since="deadline", to="controller", at=time(9))
    silenced_until = DEADLINE_AT + 60 * DAY
    silent = _at_work(_policy(step)).and_then(
        Snooze(**sent_by(COUNCIL_OPERATOR), until=silenced_until), at=DEADLINE_AT - DAY
    )
    changed = _changed(silent, _policy(step, _ONCE), DEADLINE_AT + 3 * DAY)
    elsewhere = changed.and_then(
        SetController(**sent_by(COUNCIL_OFFICER), controller=MINISTRY_B), at=DEADLINE_AT + 4 * DAY
    )
    later = elsewhere.and_checked(at=silenced_until)
    assert _warned(later, elsewhere) == [("s", silenced_until)]


def test_the_cycle_goes_on_as_long_as_the_deadline_lets_it() -> None:
    daily = _at_work(_policy(progress=ProgressCycle(every=DAY)), _FAR)
    planned_at_once = len(planned(daily.state))
    last = ASSIGNED_AT + 420 * DAY
    asked = _asked(_daily(daily, ASSIGNED_AT, last), daily)
    assert asked == [ASSIGNED_AT + n * DAY for n in range(1, 421)]
    assert planned_at_once < 50


def test_after_a_long_outage_the_cycle_asks_once_and_goes_on() -> None:
    daily = _at_work(_policy(progress=ProgressCycle(every=DAY)), _FAR)
    back = ASSIGNED_AT + 400 * DAY + timedelta(hours=5)
    caught_up = daily.and_checked(at=back)
    assert _asked(caught_up, daily) == [back]
    on = ASSIGNED_AT + 401 * DAY
    assert _asked(caught_up.and_checked(at=on), caught_up) == [on]


def test_a_cycle_entered_long_after_it_began_begins_with_what_lies_ahead() -> None:
    since = utc("1990-01-01 09:00")
    entered = utc("2026-02-01 12:00")
    old = given(
        [
            issued(since, policy=_policy(progress=_WEEKLY), deadline=_FAR, scheduled_from=entered),
            assigned(since).model_copy(update={"scheduled_from": entered}),
            acknowledged(since),
        ]
    )
    rounds = [m.due_at for m in planned(old.state) if m.key.rule == "progress"]
    assert entered < rounds[0] <= entered + 7 * DAY
    assert (rounds[0] - since) % (7 * DAY) in (timedelta(0), 7 * DAY - timedelta(hours=1))


def test_a_milestone_whose_day_passed_while_a_report_stood_is_missed_without_delay() -> None:
    day = date(2026, 3, 10)
    policy = _policy()
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
    imported = _imported(_policy(), entered)
    [passed] = imported.when_checked(at=entered).events
    assert isinstance(passed, e.DeadlinePassed)
    assert (passed.due_at, passed.late) == (DEADLINE_AT, False)


def test_another_lead_is_asked_by_a_cycle_of_its_own() -> None:
    weekly = _daily(_at_work(_policy(progress=_WEEKLY), _FAR), ASSIGNED_AT, ASSIGNED_AT + 29 * DAY)
    at = ASSIGNED_AT + 30 * DAY
    given_on = weekly.and_then(Reassign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_B), at=at)
    later = _daily(given_on, at, at + 8 * DAY)
    assert _asked(later, given_on) == [at + 7 * DAY]
