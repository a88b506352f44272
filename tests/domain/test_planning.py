"""Which instant each due moment is, what it rests on, and that a change plans anew what it touches only."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from domain.deadline import DeadlineRequest
from domain.directory.commands import PublishCalendar
from domain.directory.events import CalendarDay
from domain.facts import Facts
from domain.instruction import events as e
from domain.instruction.commands import (
    ApproveExtension,
    Assign,
    ChangeDeadline,
    ChangePolicy,
    Reassign,
    ReportProgress,
    Resume,
    SetController,
)
from domain.policies import (
    Again,
    EscalationStep,
    Policy,
    ProgressCycle,
    ReminderRule,
    Repeat,
    WorkingSpan,
)
from domain.working_time import PLAIN, OffDays
from tests.domain.specification import Decided, Given, given
from tests.domain.world import (
    ACKNOWLEDGED_AT,
    ADMINISTRATOR,
    ASSIGNED_AT,
    CONTROL_OFFICER,
    COUNCIL_OFFICER,
    DAY,
    DEADLINE_AT,
    ISSUED_AT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_B,
    NOW,
    TZDATA,
    acknowledged,
    assigned,
    extension_requested,
    facts,
    issue,
    issued,
    key,
    sent_by,
    set_up_further,
    suspended,
    utc,
)


def _working(days: int, hours: int = 0) -> WorkingSpan:
    return WorkingSpan(length=timedelta(days=days, hours=hours))


def _planned(decided: Decided) -> e.MomentsPlanned:
    [planned] = [event for event in decided.recorded if isinstance(event, e.MomentsPlanned)]
    return planned


def _instants(planned: e.MomentsPlanned) -> dict[str, datetime]:
    return {f"{m.key.rule}/{m.key.occurrence}": m.due_at for m in planned.moments}


def _of(*rules: ReminderRule | EscalationStep, **further: object) -> Policy:
    return Policy.model_validate(
        {
            "id": "tested",
            "reminders": [rule for rule in rules if isinstance(rule, ReminderRule)],
            "escalation": [rule for rule in rules if isinstance(rule, EscalationStep)],
            **further,
        }
    )


def _issuing(policy: Policy, **fields: object) -> e.MomentsPlanned:
    return _planned(given().when(issue(policy=policy, **fields), at=ISSUED_AT))


def test_a_plan_names_each_moment_its_instant_and_what_that_rests_on() -> None:
    planned = _planned(given().when(issue(), at=ISSUED_AT))
    assert _instants(planned) == {
        "before-30d/1": utc("2026-03-01 21:00"),
        "before-7d/1": utc("2026-03-24 21:00"),
        "before-1d/1": utc("2026-03-30 21:00"),
        "after-weekly/1": utc("2026-04-07 21:00"),
        "after-weekly/2": utc("2026-04-14 21:00"),
        "after-weekly/3": utc("2026-04-21 21:00"),
        "after-weekly/4": utc("2026-04-28 21:00"),
        "overdue-1d/1": utc("2026-04-01 21:00"),
        "overdue-7d/1": utc("2026-04-07 21:00"),
        "overdue-14d/1": utc("2026-04-14 21:00"),
    }
    assert (planned.calendar, planned.calendar_version) == (PLAIN.id, 0)
    assert planned.counted is None, "no moment of it is counted in working time"
    assert (planned.tzdata, planned.dropped) == (TZDATA, ())
    assert {moment.zone for moment in planned.moments} == {"Europe/Minsk"}


def test_an_instruction_of_five_days_gets_no_reminder_thirty_days_before() -> None:
    short = issue(deadline=DeadlineRequest(on=date(2026, 1, 17)))
    decided = given().when(short, at=ISSUED_AT)
    assert "before-30d/1" not in _instants(_planned(decided))
    [left_out] = [ev for ev in decided.recorded if isinstance(ev, e.ReminderSuppressed)]
    assert left_out.moments == (key("before-30d"), key("before-7d"))
    assert left_out.why == "before-schedule"
    later = given().and_then(short, at=ISSUED_AT).and_checked(at=DEADLINE_AT)
    reminded = [ev.moment.rule for ev in later.history if isinstance(ev, e.ReminderDue)]
    assert "before-30d" not in reminded
    assert "before-1d" in reminded


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # 31 March 2026 is a Tuesday.
        (ReminderRule(id="r", offset=_working(2)), "2026-03-27 21:00"),
        (ReminderRule(id="r", offset=_working(2), at=time(9)), "2026-03-27 06:00"),
        (ReminderRule(id="r", offset=_working(0), at=time(9)), "2026-03-31 06:00"),
        (ReminderRule(id="r", offset=_working(0, 3)), "2026-03-31 12:00"),
        (ReminderRule(id="r", offset=3 * DAY, at=time(9)), "2026-03-28 06:00"),
        (ReminderRule(id="r", offset=3 * DAY, at=time(9), off_days="earlier"), "2026-03-27 06:00"),
        (ReminderRule(id="r", offset=3 * DAY, at=time(9), off_days="later"), "2026-03-30 06:00"),
        (ReminderRule(id="r", offset=3 * DAY, off_days="earlier"), "2026-03-27 21:00"),
        (ReminderRule(id="r", offset=DAY, side="after", at=time(9)), "2026-04-01 06:00"),
        (ReminderRule(id="r", offset=_working(4), side="after"), "2026-04-06 21:00"),
        (ReminderRule(id="r", on=date(2026, 3, 8), at=time(10)), "2026-03-08 07:00"),
        (ReminderRule(id="r", on=date(2026, 3, 8), off_days="later"), "2026-03-08 21:00"),
        (ReminderRule(id="r", percent=50), "2026-02-20 15:00"),
        (ReminderRule(id="r", percent=50, at=time(9)), "2026-02-20 06:00"),
    ],
)
def test_the_instants_of_reminders(rule: ReminderRule, expected: str) -> None:
    assert _instants(_issuing(_of(rule))) == {"r/1": utc(expected)}


@pytest.mark.parametrize(("on", "off_days"), [(2, "as-is"), (2, "earlier"), (1, "later")])
def test_a_day_given_is_a_day_where_those_reminded_are_also_with_no_hour(
    on: int, off_days: OffDays
) -> None:
    """Monday, 2 March, begins in Minsk while it is still Sunday where the deadline is counted."""
    rule = ReminderRule(id="r", on=date(2026, 3, on), off_days=off_days)
    [moment] = _issuing(_of(rule), zone="Europe/Berlin").moments
    assert (moment.due_at, moment.zone) == (utc("2026-03-01 21:00"), "Europe/Minsk")


def test_before_an_instant_working_time_is_counted_from_the_hour_itself() -> None:
    policy = _of(ReminderRule(id="r", offset=_working(1, 2)))
    at = DeadlineRequest(at=utc("2026-03-30 08:00"))  # Monday, 11:00 in Minsk
    assert _instants(_issuing(policy, deadline=at)) == {"r/1": utc("2026-03-27 06:00")}


def test_the_hour_is_that_of_whoever_is_reminded() -> None:
    policy = _of(ReminderRule(id="r", offset=DAY, at=time(9)))
    [moment] = _issuing(policy, zone="Asia/Vladivostok").moments
    assert moment.zone == "Europe/Minsk", "the issuer's, while nobody is assigned"
    assert moment.due_at == utc("2026-03-30 06:00")


def test_a_step_goes_by_the_hour_of_whom_it_turns_to() -> None:
    step = EscalationStep(id="s", after=DAY, since="deadline", to=f"body:{MINISTRY_B}", at=time(9))
    [moment] = _issuing(_of(step)).moments
    assert (moment.zone, moment.due_at) == ("Europe/Moscow", utc("2026-04-01 06:00"))


def test_rounds_begin_again_with_the_step_that_is_named() -> None:
    policy = _of(
        EscalationStep(id="first", after=DAY, since="deadline", to="controller"),
        EscalationStep(
            id="second",
            after=2 * DAY,
            since="deadline",
            to="issuer",
            repeat=Repeat(every=DAY, times=1),
        ),
        EscalationStep(id="third", after=5 * DAY, since="deadline", to="issuer-head"),
        again=Again(since="second", every=7 * DAY, times=2),
    )
    days = {name: (at - DEADLINE_AT).days for name, at in _instants(_issuing(policy)).items()}
    assert days == {
        "first/1": 1,
        "second/1": 2,
        "second/2": 3,
        "third/1": 5,
        "second/3": 9,
        "second/4": 10,
        "third/2": 12,
        "second/5": 16,
        "second/6": 17,
        "third/3": 19,
    }


def test_rounds_fire_one_after_another_to_their_end() -> None:
    policy = _of(
        EscalationStep(id="first", after=DAY, since="deadline", to="controller"),
        EscalationStep(id="next", after=DAY, since="previous", to="issuer"),
        again=Again(since="first", every=7 * DAY, times=1),
    )
    at_work = given([issued(policy=policy), assigned(), acknowledged()])
    fired: list[tuple[str, int, int]] = []
    for day in range(40):
        at_work = at_work.and_checked(at=DEADLINE_AT + day * DAY)
    for event in at_work.history:
        if isinstance(event, e.Escalated) and event.moment is not None:
            days = (event.occurred_at - DEADLINE_AT).days
            fired.append((event.moment.rule, event.moment.occurrence, days))
    assert fired == [("first", 1, 1), ("next", 1, 2), ("first", 2, 8), ("next", 2, 9)]


_BOTH = _of(
    ReminderRule(id="calendar", offset=7 * DAY),
    ReminderRule(id="working", offset=_working(3), at=time(9)),
    EscalationStep(id="silent", after=_working(20), since="assignment", to="controller"),
)


def _at_work(policy: Policy = _BOTH) -> Given:
    founded = given().and_then(issue(policy=policy), at=ISSUED_AT)
    return founded.and_then(Assign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A), at=ASSIGNED_AT)


def test_a_moved_deadline_plans_anew_what_counts_from_it_and_nothing_else() -> None:
    command = ChangeDeadline(
        **sent_by(COUNCIL_OFFICER),
        deadline=DeadlineRequest(on=date(2026, 4, 14)),
        reason="The treaty is late.",
    )
    planned = _planned(_at_work().when(command, at=NOW))
    assert {(m.key.rule, m.key.revision) for m in planned.moments} == {
        ("calendar", 2),
        ("working", 2),
    }
    assert planned.dropped == (key("calendar"), key("working"))


def test_an_approved_extension_does_the_same() -> None:
    requested = given([*_at_work().history, acknowledged(), extension_requested()])
    planned = _planned(requested.when(ApproveExtension(**sent_by(CONTROL_OFFICER)), at=NOW))
    assert {m.key.rule for m in planned.moments} == {"calendar", "working"}


def test_another_policy_plans_anew_what_differs_and_nothing_else() -> None:
    other = _BOTH.model_copy(
        update={
            "reminders": (
                _BOTH.reminders[0],
                ReminderRule(id="working", offset=_working(4), at=time(9)),
                ReminderRule(id="new", offset=DAY),
                ReminderRule(id="too-late", on=date(2026, 1, 30)),
            )
        }
    )
    command = ChangePolicy(**sent_by(COUNCIL_OFFICER), policy=other, reason="It is pressing.")
    decided = _at_work().when(command, at=NOW)
    planned = _planned(decided)
    assert [(m.key.rule, m.key.revision) for m in planned.moments] == [("working", 2), ("new", 1)]
    assert planned.dropped == (key("working"),), "its moments under the other rule are others"
    [left_out] = [ev for ev in decided.recorded if isinstance(ev, e.ReminderSuppressed)]
    assert left_out.moments == (key("too-late"),), "it asks for nothing that is past"


def test_a_rule_that_the_other_policy_lacks_is_waited_for_no_more() -> None:
    other = _BOTH.model_copy(update={"reminders": _BOTH.reminders[:1]})
    command = ChangePolicy(**sent_by(COUNCIL_OFFICER), policy=other, reason="It is enough.")
    planned = _planned(_at_work().when(command, at=NOW))
    assert (planned.moments, planned.dropped) == ((), (key("working"),))


def test_what_has_fired_is_not_planned_again_by_another_policy() -> None:
    late = _at_work().and_checked(at=DEADLINE_AT - 2 * DAY)
    other = _BOTH.model_copy(update={"escalation": ()})
    command = ChangePolicy(**sent_by(COUNCIL_OFFICER), policy=other, reason="It is pressing.")
    changed = late.when(command, at=DEADLINE_AT - 2 * DAY)
    assert [type(event) for event in changed.recorded] == [e.PolicyChanged]


def test_another_controller_moves_only_what_goes_by_the_controllers_hour() -> None:
    policy = _of(
        ReminderRule(id="r", offset=DAY, at=time(9)),
        EscalationStep(id="s", after=DAY, since="deadline", to="controller", at=time(9)),
    )
    command = SetController(**sent_by(COUNCIL_OFFICER), controller=MINISTRY_B)
    # Minsk and Moscow keep the same hour, so that only the zone differs.
    [moment] = _planned(_at_work(policy).when(command, at=NOW)).moments
    assert (moment.key.rule, moment.zone) == ("s", "Europe/Moscow")


def _with_calendar(*days: date, base: Facts | None = None) -> Facts:
    """A calendar `BY`, which the bodies follow by their country, with these days off."""
    before = base or facts()
    bodies = {id_: replace(body, country="BY") for id_, body in before.directory.bodies.items()}
    published = set_up_further(
        replace(before.directory, bodies=bodies),
        [
            PublishCalendar(
                command_id=f"publish-{len(days)}",
                actor=ADMINISTRATOR,
                calendar="BY",
                title="Belarus",
                week=PLAIN.week,
                days=tuple(CalendarDay(on=day, hours=(), name="") for day in days),
                first=date(2026, 1, 1),
                last=date(2026, 12, 31),
                origin="this test",
            )
        ],
        at=ISSUED_AT,
    )
    return replace(before, directory=published)


def test_a_new_calendar_plans_anew_what_is_counted_over_the_changed_days_and_nothing_else() -> None:
    first = _with_calendar()
    before = Given(
        Given((), first)
        .and_then(issue(policy=_BOTH), at=ISSUED_AT)
        .and_then(Assign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A), at=ASSIGNED_AT)
        .history,
        _with_calendar(date(2026, 3, 26), base=first),
    )
    planned = _planned(before.when_checked(at=NOW))
    [moment] = planned.moments
    assert moment.key == key("working")
    assert moment.due_at == utc("2026-03-26 06:00") - DAY
    assert (planned.calendar, planned.calendar_version) == ("BY", 2)
    settled = before.and_checked(at=NOW)
    assert settled.when_checked(at=NOW).recorded == ()


def test_a_new_calendar_that_changes_other_days_touches_nothing() -> None:
    first = _with_calendar()
    before = Given(
        Given((), first)
        .and_then(issue(policy=_BOTH), at=ISSUED_AT)
        .and_then(Assign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A), at=ASSIGNED_AT)
        .history,
        _with_calendar(date(2026, 7, 3), base=first),
    )
    assert before.when_checked(at=NOW).recorded == ()


def test_what_a_new_calendar_moves_into_the_past_fires_late() -> None:
    first = _with_calendar()
    policy = _of(ReminderRule(id="working", offset=_working(3), at=time(9)))
    off = (date(2026, 3, 26), date(2026, 3, 27))
    before = Given(
        Given((), first).and_then(issue(policy=policy), at=ISSUED_AT).history,
        _with_calendar(*off, base=first),
    )
    at = utc("2026-03-25 12:00")
    recorded = before.when_checked(at=at).recorded
    assert [type(event) for event in recorded] == [e.MomentsPlanned, e.ReminderDue]
    reminder = recorded[1]
    assert isinstance(reminder, e.ReminderDue)
    assert (reminder.late, reminder.due_at) == (True, utc("2026-03-24 06:00"))


def test_another_lead_is_planned_for_by_its_own_hours() -> None:
    policy = _of(
        ReminderRule(id="r", offset=DAY, at=time(9)),
        EscalationStep(id="silent", after=3 * DAY, since="assignment", to="controller"),
    )
    command = Reassign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_B)
    planned = _planned(_at_work(policy).when(command, at=NOW))
    assert [(m.key.rule, m.key.revision, m.zone) for m in planned.moments] == [
        ("r", 1, "Europe/Moscow"),
        ("silent", 2, "Europe/Minsk"),
    ]


def test_a_cycle_asks_unless_the_lead_has_reported_since_it_came_round() -> None:
    policy = _of(progress=ProgressCycle(every=30 * DAY))
    at_work = given([issued(policy=policy), assigned(), acknowledged()])
    assert _instants(_planned_at_the_end(at_work)) == {
        "progress/1": ASSIGNED_AT + 30 * DAY,
        "progress/2": ASSIGNED_AT + 60 * DAY,
    }
    asked = at_work.when_checked(at=ASSIGNED_AT + 30 * DAY)
    [request] = asked.events
    assert isinstance(request, e.ProgressRequested)
    assert request.moment == key("progress")
    assert request.notices
    reported = e.ProgressReported(
        occurred_at=ACKNOWLEDGED_AT + DAY, by=acknowledged().by, percent=10, text=""
    )
    silent = given([issued(policy=policy), assigned(), acknowledged(), reported])
    [left_out] = silent.when_checked(at=ASSIGNED_AT + 30 * DAY).events
    assert isinstance(left_out, e.ReminderSuppressed)
    assert (left_out.moments, left_out.why) == ((key("progress"),), "reported")
    again = silent.and_checked(at=ASSIGNED_AT + 30 * DAY)
    [request] = again.when_checked(at=ASSIGNED_AT + 60 * DAY).events
    assert isinstance(request, e.ProgressRequested)


def _planned_at_the_end(of: Given) -> e.MomentsPlanned:
    planned = of.history[-1]
    assert isinstance(planned, e.MomentsPlanned)
    return planned


def test_a_new_day_off_on_the_very_day_of_a_reminder_moves_it() -> None:
    first = _with_calendar()
    policy = _of(ReminderRule(id="r", offset=_working(3)))
    issued_by = Given((), first).and_then(issue(policy=policy), at=ISSUED_AT)
    [moment] = _planned_at_the_end(issued_by).moments
    on = date(2026, 3, 26)
    assert moment.due_at == utc("2026-03-26 21:00"), "the end of that day"
    moved = Given(issued_by.history, _with_calendar(on, base=first)).when_checked(at=NOW)
    assert _instants(_planned(moved)) == {"r/1": utc("2026-03-25 21:00")}


def test_a_policy_changed_while_suspended_asks_for_all_that_comes_after_it_is_resumed() -> None:
    stopped = Given((*_at_work().history, suspended(NOW)), facts())
    reminder = ReminderRule(id="late", offset=7 * DAY)
    other = ChangePolicy(**sent_by(COUNCIL_OFFICER), policy=_of(reminder), reason="Clearer.")
    changed = stopped.and_then(other, at=NOW + 80 * DAY)
    resumed = changed.when(Resume(**sent_by(COUNCIL_OFFICER)), at=NOW + 90 * DAY)
    assert _instants(_planned(resumed)) == {"late/1": DEADLINE_AT + (90 - 7) * DAY}


def test_after_an_outage_a_report_from_before_it_answers_no_request() -> None:
    policy = _of(progress=ProgressCycle(every=7 * DAY))
    reported = e.ProgressReported(
        occurred_at=ACKNOWLEDGED_AT, by=acknowledged().by, percent=10, text=""
    )
    told = given([issued(policy=policy), assigned(), acknowledged(), reported])
    told = told.and_checked(at=ASSIGNED_AT + 7 * DAY)
    [request] = told.when_checked(at=ASSIGNED_AT + 42 * DAY).events
    assert isinstance(request, e.ProgressRequested)
    assert (request.late, len(request.collapsed)) == (False, 4)


def test_a_report_before_a_suspension_still_answers_the_cycle_after_it() -> None:
    policy = _of(progress=ProgressCycle(every=7 * DAY))
    cycle = ASSIGNED_AT + 7 * DAY
    told = given([issued(policy=policy), assigned(), acknowledged()]).and_checked(at=cycle)
    reported = ReportProgress(**sent_by(MINISTRY_A_HEAD), percent=10)
    told = told.and_then(reported, at=cycle + DAY)
    stopped = Given((*told.history, suspended(cycle + 2 * DAY)), told.facts)
    resumed = stopped.and_then(Resume(**sent_by(COUNCIL_OFFICER)), at=cycle + 32 * DAY)
    [answered] = resumed.when_checked(at=cycle + 37 * DAY).events
    assert isinstance(answered, e.ReminderSuppressed)
    assert answered.why == "reported"
