"""What was left out of its schedule, and comes to lie within it again: also at the instant that it had before."""

from dataclasses import replace
from datetime import date, datetime, time

from domain.attribution import Backdating
from domain.deadline import DeadlineRequest
from domain.directory.commands import PublishCalendar, RegisterBody
from domain.directory.events import CalendarDay
from domain.facts import Facts
from domain.instruction import events as e
from domain.instruction.commands import Assign, Reassign, SetController
from domain.instruction.deadlines import next_wake
from domain.policies import EscalationStep, Policy, ReminderRule, WorkingSpan
from domain.working_time import PLAIN
from tests.domain.specification import Given
from tests.domain.world import (
    ADMINISTRATOR,
    CONTROL,
    COUNCIL,
    COUNCIL_OFFICER,
    COUNCIL_REGISTRAR,
    DAY,
    ISSUED_AT,
    MINISTRY_A,
    facts,
    issue,
    sent_by,
    set_up_further,
    utc,
)

_FAR_EAST = "kamchatka"
_AT_NINE = utc("2026-03-09 06:00")
"""In Minsk; in Kamchatka it is evening then."""


def _with_far_east() -> Facts:
    body = RegisterBody(
        command_id="register",
        actor=ADMINISTRATOR,
        body=_FAR_EAST,
        name="Kamchatka",
        body_kind="region",
        parent=COUNCIL,
        zone="Asia/Kamchatka",
    )
    directory = set_up_further(facts().directory, [body], at=utc("2026-01-01 09:00"))
    return replace(facts(), directory=directory)


def _to(lead: str) -> Reassign:
    return Reassign(**sent_by(COUNCIL_OFFICER), lead=lead)


def _controlled_by(body: str) -> SetController:
    return SetController(**sent_by(COUNCIL_OFFICER), controller=body)


def _left_out(of: Given) -> list[str]:
    return [
        key.rule
        for event in of.history
        if isinstance(event, e.ReminderSuppressed) and event.why == "before-schedule"
        for key in event.moments
    ]


def _fired(of: Given) -> list[tuple[str, datetime]]:
    return [
        (event.moment.rule, event.occurred_at)
        for event in of.history
        if isinstance(event, e.ReminderDue | e.Escalated) and event.moment is not None
    ]


def test_back_with_the_lead_it_comes_at_the_leads_hour_as_it_was_planned() -> None:
    policy = Policy(id="tested", reminders=(ReminderRule(id="r", offset=DAY, at=time(9)),))
    founded = issue(policy=policy, deadline=DeadlineRequest(on=date(2026, 3, 10)))
    with_a = (
        Given((), _with_far_east())
        .and_then(founded, at=utc("2026-03-09 05:00"))
        .and_then(Assign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A), at=utc("2026-03-09 05:05"))
    )
    assert next_wake(with_a.state) == _AT_NINE
    far = with_a.and_then(_to(_FAR_EAST), at=utc("2026-03-09 05:10"))
    assert _left_out(far) == ["r"]
    back = far.and_then(_to(MINISTRY_A), at=utc("2026-03-09 05:20"))
    assert next_wake(back.state) == _AT_NINE
    assert _fired(back.and_checked(at=_AT_NINE)) == [("r", _AT_NINE)]


def test_a_step_comes_back_with_whom_it_turns_to() -> None:
    step = EscalationStep(id="s", after=DAY, since="deadline", to="controller", at=time(9))
    founded = issue(
        actor=COUNCIL_REGISTRAR,
        policy=Policy(id="tested", escalation=(step,)),
        deadline=DeadlineRequest(at=utc("2026-03-08 08:00")),
        backdated=Backdating(at=ISSUED_AT, reason="Taken over."),
    )
    entered = Given((), _with_far_east()).and_then(founded, at=utc("2026-03-09 05:00"))
    far = entered.and_then(_controlled_by(_FAR_EAST), at=utc("2026-03-09 05:10"))
    assert _left_out(far) == ["s"]
    back = far.and_then(_controlled_by(CONTROL), at=utc("2026-03-09 05:20"))
    assert _fired(back.and_checked(at=_AT_NINE)) == [("s", _AT_NINE)]


def _calendar(base: Facts, *days_off: date) -> Facts:
    """The next version of a calendar."""
    published = PublishCalendar(
        command_id=f"publish-{len(days_off)}",
        actor=ADMINISTRATOR,
        calendar="office",
        title="The office",
        week=PLAIN.week,
        days=tuple(CalendarDay(on=day, hours=(), name="") for day in days_off),
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
        origin="this test",
    )
    directory = set_up_further(base.directory, [published], at=utc("2026-01-01 09:00"))
    return replace(base, directory=directory)


def test_by_a_calendar_that_is_mended_it_comes_when_it_would_have() -> None:
    """Monday, 30 March, is a day off by the second version alone."""
    rule = ReminderRule(id="r", offset=WorkingSpan(length=DAY), at=time(9))
    policy = Policy(id="tested", reminders=(rule,), calendar="office")
    first = _calendar(facts())
    second = _calendar(first, date(2026, 3, 30))
    third = _calendar(second)
    at_nine = utc("2026-03-30 06:00")
    founded = Given((), first).and_then(issue(policy=policy), at=utc("2026-03-30 05:00"))
    assert next_wake(founded.state) == at_nine
    off = Given(founded.history, second).and_checked(at=utc("2026-03-30 05:10"))
    assert _left_out(off) == ["r"]
    mended = Given(off.history, third).and_checked(at=utc("2026-03-30 05:20"))
    assert _fired(mended.and_checked(at=at_nine)) == [("r", at_nine)]
