"""Recurrences: an instruction for each day of a rule."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from domain.directory.commands import ReorganiseBody
from domain.identifiers import instruction_id
from domain.outcomes import Rejected
from domain.recurrence import commands as c
from domain.recurrence import events as e
from domain.recurrence.issuing import founded_with
from domain.recurrence.planning import Plan
from domain.recurrence.state import at_rest, evolve, next_wake
from domain.recurrence.terms import Terms
from domain.rejections import Code
from domain.working_time import PLAIN
from tests.domain.recurring import (
    QUARTERS,
    RECURRENCE,
    STARTED_AT,
    TERMS,
    asked,
    change,
    check,
    given,
    occurrence,
    start,
    started,
)
from tests.domain.world import (
    ADMINISTRATOR,
    CONTROL_OFFICER,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    COUNCIL_REGISTRAR,
    DAY,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_B,
    PROGRAMME,
    STRANGER,
    TZDATA,
    by_system,
    directory,
    done_by,
    facts_with_programme,
    set_up_further,
    utc,
)

MARCH, JUNE, SEPTEMBER, DECEMBER = QUARTERS
FIRST_ISSUE = utc("2026-03-01 06:00")
"""9 o'clock in Minsk, thirty days before the 31st of March."""
MARCH_ENDS = utc("2026-03-31 21:00")
SECOND_ISSUE = utc("2026-05-31 06:00")


def _issued(n: int, day: date, at: Any, *, late: bool = False, last: bool = False) -> Any:
    planned = occurrence(n, day)
    following = None if last else occurrence(n + 1, QUARTERS[QUARTERS.index(day) + 1])
    number = f"TAX-2026-{n}"
    return e.OccurrenceIssued(
        **by_system(at),
        n=n,
        day=day,
        deadline=planned.deadline,
        instruction=instruction_id(number),
        number=number,
        due_at=planned.issue_at,
        late=late,
        next=following,
    )


def _skipped(n: int, day: date, at: Any) -> Any:
    return e.OccurrenceSkipped(
        **by_system(at),
        n=n,
        day=day,
        why="deadline-passed",
        reason="",
        next=occurrence(n + 1, QUARTERS[QUARTERS.index(day) + 1]),
    )


def test_it_is_started_by_the_issuer_and_waits_for_its_first_day() -> None:
    given().when(start(), at=STARTED_AT).then([started()])
    state = given(started()).known
    assert next_wake(state) == FIRST_ISSUE
    assert not at_rest(state)


def test_what_lies_behind_when_it_is_started_was_never_an_occurrence_of_it() -> None:
    decided = given().when(start(first_day=date(2026, 1, 1)), at=MARCH_ENDS)
    [event] = decided.events
    assert isinstance(event, e.RecurrenceStarted)
    assert event.next == occurrence(1, JUNE)


def test_an_id_is_started_once() -> None:
    given(started()).when(start(), at=STARTED_AT).refused(Code.ALREADY_EXISTS, "recurrence")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"issuer": "nobody"}, Code.UNKNOWN, "issuer"),
        ({"lead": "nobody"}, Code.UNKNOWN, "lead"),
        ({"co_assignees": ("nobody",)}, Code.UNKNOWN, "co_assignees"),
        ({"controller": "nobody"}, Code.UNKNOWN, "controller"),
        ({"programme": PROGRAMME}, Code.UNKNOWN, "programme"),
        ({"lead": "joint-standards"}, Code.BODY_NOT_ESTABLISHED, "lead"),
        ({"zone": "Europe/Nowhere"}, Code.INVALID, "zone"),
        ({"rule": "FREQ=HOURLY"}, Code.INVALID, "rule"),
        ({"number": "TAX-{yaer}"}, Code.INVALID, "number"),
        ({"number": "TAX-{year}"}, Code.INVALID, "number"),
        ({"text": "In {week}."}, Code.INVALID, "text"),
        ({"number": "{n}" * 33}, Code.INVALID, "number"),
    ],
)
def test_terms_are_refused_at_the_door(changes: dict[str, Any], code: Code, field: str) -> None:
    given().when(start(**changes), at=STARTED_AT).refused(code, field)
    given(started()).when(change(**changes), at=STARTED_AT).refused(
        Code.INVALID if field == "issuer" else code, field
    )


def test_a_body_that_is_established_by_the_time_may_be_charged_before() -> None:
    joint = start(lead="joint-standards")
    accepted = given().on(date(2027, 3, 31)).when(joint, at=STARTED_AT)
    assert accepted.types == ["RecurrenceStarted"]
    given().on(date(2027, 1, 15)).when(joint, at=STARTED_AT).refused(
        Code.BODY_NOT_ESTABLISHED, "lead"
    )


def test_a_rule_without_a_day_ahead_is_refused() -> None:
    given().on().when(start(), at=STARTED_AT).refused(Code.INVALID, "rule")
    given().on(MARCH).when(start(), at=MARCH_ENDS).refused(Code.INVALID, "rule")


def test_a_measure_recurs_under_a_programme_in_force() -> None:
    of_programme = start(programme=PROGRAMME)
    known = given().with_programme(facts_with_programme().programme)
    assert known.when(of_programme, at=STARTED_AT).types == ["RecurrenceStarted"]
    known.with_programme(facts_with_programme(phase="Closed").programme).when(
        of_programme, at=STARTED_AT
    ).refused(Code.PROGRAMME_NOT_IN_FORCE, "programme")


@pytest.mark.parametrize(
    "command",
    [
        change(),
        asked(c.PauseRecurrence, reason="why"),
        asked(c.EndRecurrence, reason="why"),
        asked(c.SkipOccurrence, day=MARCH, reason="why"),
    ],
    ids=lambda command: type(command).__name__,
)
@pytest.mark.parametrize("actor", [STRANGER, MINISTRY_A_HEAD, CONTROL_OFFICER, COUNCIL_REGISTRAR])
def test_only_the_issuer_has_a_say(command: Any, actor: str) -> None:
    by_another = command.model_copy(update={"actor": actor})
    given(started()).when(by_another, at=STARTED_AT).refused(Code.NOT_AUTHORISED, "actor")
    by_the_head = command.model_copy(update={"actor": COUNCIL_HEAD})
    assert len(given(started()).when(by_the_head, at=STARTED_AT).events) == 1


@pytest.mark.parametrize("actor", [STRANGER, MINISTRY_A_HEAD])
def test_only_the_issuer_starts_it(actor: str) -> None:
    given().when(start(actor), at=STARTED_AT).refused(Code.NOT_AUTHORISED, "actor")


def test_who_holds_no_office_learns_of_no_body() -> None:
    nowhere = start(STRANGER, issuer="nobody")
    given().when(nowhere, at=STARTED_AT).refused(Code.NOT_AUTHORISED, "actor")


def test_nothing_is_asked_of_one_that_is_not_there() -> None:
    pause = asked(c.PauseRecurrence, reason="why")
    given().when(pause, at=STARTED_AT).refused(Code.UNKNOWN, "recurrence")


def test_at_its_moment_an_occurrence_is_issued_and_not_before() -> None:
    given(started()).when(check(), at=FIRST_ISSUE - DAY).then_nothing()
    given(started()).when(check(), at=FIRST_ISSUE).then([_issued(1, MARCH, FIRST_ISSUE)])


def test_an_occurrence_is_never_issued_twice() -> None:
    once = given(started()).and_then(check(), at=FIRST_ISSUE)
    once.when(check(), at=FIRST_ISSUE).then_nothing()
    assert next_wake(once.known) == SECOND_ISSUE


def test_what_is_issued_is_an_instruction_to_the_lead() -> None:
    decided = given(started()).when(check(), at=FIRST_ISSUE)
    state = given(started(), *decided.events).known
    command = founded_with("check", decided.events, state, directory(), FIRST_ISSUE)
    assert command is not None
    assert (command.number, command.text) == (
        "TAX-2026-1",
        "Submit the return for quarter 1 of 2026.",
    )
    assert (command.lead, command.co_assignees) == (MINISTRY_A, (MINISTRY_B,))
    assert (command.recurrence, command.deadline.on) == (RECURRENCE, MARCH)


def test_where_nothing_is_issued_no_instruction_is_founded() -> None:
    pause = given(started()).when(asked(c.PauseRecurrence, reason="why"), at=STARTED_AT)
    state = given(started()).known
    assert founded_with("check", pause.events, state, directory(), STARTED_AT) is None


def test_the_heir_of_a_body_is_charged_in_its_place() -> None:
    merged = ReorganiseBody(
        command_id="merge",
        actor=ADMINISTRATOR,
        body=MINISTRY_A,
        kind="merged",
        into=(MINISTRY_B,),
        heir=MINISTRY_B,
        on=date(2026, 2, 1),
    )
    after = set_up_further(directory(), [merged], at=utc("2026-02-01 09:00"))
    decided = given(started()).knowing(directory=after).when(check(), at=FIRST_ISSUE)
    state = given(started(), *decided.events).known
    command = founded_with("check", decided.events, state, after, FIRST_ISSUE)
    assert command is not None
    assert (command.lead, command.co_assignees) == (MINISTRY_B, ())


def test_issued_a_little_late_it_says_so() -> None:
    at = FIRST_ISSUE + 2 * DAY
    given(started()).when(check(), at=at).then([_issued(1, MARCH, at, late=True)])


def test_missed_ones_are_issued_while_their_deadline_is_ahead_and_recorded_as_skipped_after() -> (
    None
):
    at = utc("2026-09-15 09:00")  # of March and June the deadlines have passed
    missed = given(started()).when(check(), at=at)
    missed.then(
        [
            _skipped(1, MARCH, at),
            _skipped(2, JUNE, at),
            _issued(3, SEPTEMBER, at, late=True),
        ]
    )
    assert next_wake(given(started(), *missed.events).known) == occurrence(4, DECEMBER).issue_at


def test_of_missed_ones_that_are_all_still_to_do_each_check_issues_one() -> None:
    far_ahead = {"lead_days": 250}
    history = given(started(**far_ahead))
    at = utc("2026-03-15 09:00")
    first = history.when(check(), at=at)
    assert first.types == ["OccurrenceIssued"]
    second = given(*history.history, *first.events).when(check(), at=at)
    assert [event.type for event in second.events] == ["OccurrenceIssued"]


def test_all_of_many_missed_ones_are_passed_over_in_the_end() -> None:
    days = tuple(date(2026, 3, 2) + n * DAY for n in range(60))
    daily = {"rule": "FREQ=DAILY", "lead_days": 0}
    first = replace(given(started(**daily)), days=days)
    at = utc("2026-05-01 20:00")  # after all of them
    once = first.and_then(check(), at=at)
    assert 0 < len(once.history) - 1 < len(days)
    twice = once.and_then(check(), at=at)
    assert twice.known.phase == "Ended"


def test_after_its_last_day_it_has_ended() -> None:
    only_one = given(started()).on(MARCH)
    only_one.when(check(), at=FIRST_ISSUE).then([_issued(1, MARCH, FIRST_ISSUE, last=True)])
    ended = only_one.and_then(check(), at=FIRST_ISSUE).known
    assert (ended.phase, next_wake(ended), at_rest(ended)) == ("Ended", None, True)


def test_while_it_is_paused_nothing_falls_due() -> None:
    paused = given(started()).and_then(asked(c.PauseRecurrence, reason="why"), at=STARTED_AT)
    assert (next_wake(paused.known), at_rest(paused.known)) == (None, True)
    paused.when(check(), at=FIRST_ISSUE).then_nothing()
    paused.when(asked(c.PauseRecurrence, reason="why"), at=STARTED_AT).refused(
        Code.NOT_IN_THIS_PHASE
    )


def test_resumed_it_goes_on_with_what_is_still_to_do() -> None:
    resumed = (
        given(started())
        .and_then(asked(c.PauseRecurrence, reason="why"), at=STARTED_AT)
        .and_then(asked(c.ResumeRecurrence, reason="why"), at=FIRST_ISSUE + DAY)
    )
    assert next_wake(resumed.known) == FIRST_ISSUE
    at = FIRST_ISSUE + DAY
    resumed.when(check(), at=at).then([_issued(1, MARCH, at, late=True)])


def test_only_what_is_paused_is_resumed() -> None:
    resume = asked(c.ResumeRecurrence, reason="why")
    given(started()).when(resume, at=STARTED_AT).refused(Code.NOT_IN_THIS_PHASE)


def test_ended_it_takes_no_more_commands() -> None:
    ended = given(started()).and_then(asked(c.EndRecurrence, reason="why"), at=STARTED_AT)
    assert (next_wake(ended.known), at_rest(ended.known)) == (None, True)
    ended.when(check(), at=FIRST_ISSUE).then_nothing()
    for command in (
        change(),
        asked(c.PauseRecurrence, reason="why"),
        asked(c.ResumeRecurrence, reason="why"),
        asked(c.EndRecurrence, reason="why"),
        asked(c.SkipOccurrence, day=MARCH, reason="why"),
    ):
        ended.when(command, at=STARTED_AT).refused(Code.NOT_IN_THIS_PHASE)


def test_the_next_occurrence_is_skipped() -> None:
    skip = asked(c.SkipOccurrence, day=MARCH, reason="elections")
    given(started()).when(skip, at=STARTED_AT).then(
        [
            e.OccurrenceSkipped(
                **done_by(COUNCIL_OFFICER, STARTED_AT),
                n=1,
                day=MARCH,
                why="asked",
                reason="elections",
                next=occurrence(2, JUNE),
            )
        ]
    )


def test_a_later_one_is_left_out_when_its_turn_comes() -> None:
    skip = asked(c.SkipOccurrence, day=JUNE, reason="elections")
    ahead = given(started()).and_then(skip, at=STARTED_AT)
    assert ahead.known.next == occurrence(1, MARCH)
    ahead.when(skip, at=STARTED_AT).refused(Code.INVALID, "day")
    [issued] = ahead.when(check(), at=FIRST_ISSUE).events
    assert isinstance(issued, e.OccurrenceIssued)
    assert issued.next == occurrence(3, SEPTEMBER), "the one left out counts too"


def test_only_a_day_of_the_rule_is_skipped() -> None:
    skip = asked(c.SkipOccurrence, day=date(2026, 4, 1), reason="elections")
    given(started()).when(skip, at=STARTED_AT).refused(Code.INVALID, "day", saying="2026-03-31")


def test_a_change_holds_from_the_next_occurrence_on() -> None:
    once = given(started()).and_then(check(), at=FIRST_ISSUE)
    sooner = change(lead=MINISTRY_B, co_assignees=(), lead_days=10)
    [changed] = once.on(JUNE, SEPTEMBER).when(sooner, at=FIRST_ISSUE + DAY).events
    assert isinstance(changed, e.RecurrenceChanged)
    assert changed.next == occurrence(2, JUNE, lead_days=10)
    after = evolve(once.known, changed)
    assert after is not None
    assert (after.terms.lead, next_wake(after)) == (MINISTRY_B, utc("2026-06-20 06:00"))


def test_its_issuer_stays() -> None:
    given(started()).when(change(issuer=MINISTRY_A), at=STARTED_AT).refused(Code.INVALID, "issuer")


def test_where_the_instruction_is_refused_it_pauses_and_says_why() -> None:
    taken = Rejected(code="already-issued", message="TAX-2026-1 exists already", field="number")
    refused = given(started()).knowing(refused=taken)
    refused.when(check(), at=FIRST_ISSUE).then(
        [
            e.RecurrencePaused(
                **by_system(FIRST_ISSUE),
                reason="occurrence 1 of 2026-03-31 could not be issued: TAX-2026-1 exists already",
                refusal="already-issued",
            )
        ]
    )
    paused = refused.and_then(check(), at=FIRST_ISSUE).known
    assert paused.next == occurrence(1, MARCH), "nothing is lost: resumed, it is tried again"


def test_a_new_calendar_moves_what_is_planned() -> None:
    planned_otherwise = started().model_copy(
        update={"next": occurrence(1, MARCH, lead_days=10)}  # as if by another calendar
    )
    at = FIRST_ISSUE - DAY
    given(planned_otherwise).when(check(), at=at).then(
        [e.OccurrenceReplanned(**by_system(at), next=occurrence(1, MARCH))]
    )
    moved = given(planned_otherwise).and_then(check(), at=at)
    assert next_wake(moved.known) == FIRST_ISSUE


_HOLIDAYS = replace(
    PLAIN, id="BY", version=3, days={date(2026, 12, 31): (), date(2026, 12, 30): ()}
)


@pytest.mark.parametrize(
    ("off_days", "lead_in", "lead_days", "due_on", "issue_at"),
    [
        ("as-is", "calendar", 10, date(2026, 12, 31), "2026-12-21 06:00"),
        ("earlier", "calendar", 10, date(2026, 12, 29), "2026-12-19 06:00"),
        ("later", "calendar", 10, date(2027, 1, 1), "2026-12-22 06:00"),
        ("earlier", "working", 10, date(2026, 12, 29), "2026-12-15 06:00"),
        ("later", "working", 1, date(2027, 1, 1), "2026-12-29 06:00"),
        ("as-is", "calendar", 0, date(2026, 12, 31), "2026-12-31 06:00"),
    ],
)
def test_days_off_move_the_deadline_and_working_days_count_back_from_it(
    off_days: str, lead_in: str, lead_days: int, due_on: date, issue_at: str
) -> None:
    terms = Terms.model_validate(
        {**TERMS, "off_days": off_days, "lead_in": lead_in, "lead_days": lead_days}
    )
    plan = Plan(terms=terms, zone="Europe/Minsk", calendar=_HOLIDAYS, tzdata=TZDATA)
    planned = plan.occurrence(4, DECEMBER)
    assert planned.deadline.on == due_on
    assert planned.issue_at == utc(issue_at)
    assert (planned.calendar, planned.calendar_version) == ("BY", 3)


@pytest.mark.parametrize(
    ("day", "hour", "issue_at"),
    [
        (date(2026, 3, 28), time(9), "2026-03-28 08:00"),
        (date(2026, 3, 29), time(9), "2026-03-29 07:00"),  # summer time begins
        (date(2026, 3, 29), time(2, 30), "2026-03-29 01:30"),  # an hour that is not there
        (date(2026, 10, 25), time(9), "2026-10-25 08:00"),  # summer time has ended
    ],
)
def test_the_hour_is_that_of_the_zone_across_summer_time(
    day: date, hour: time, issue_at: str
) -> None:
    terms = Terms.model_validate({**TERMS, "lead_days": 0, "hour": hour})
    plan = Plan(terms=terms, zone="Europe/Berlin", calendar=PLAIN, tzdata=TZDATA)
    assert plan.occurrence(1, day).issue_at == utc(issue_at)
