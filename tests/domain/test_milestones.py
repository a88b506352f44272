"""Steps on the way to the deadline: set, reached, missed, moved by a suspension, and what they say of lateness."""

from datetime import date, timedelta

import pytest

from domain.deadline import DeadlineRequest
from domain.instruction import events as e
from domain.instruction.commands import (
    Adopt,
    ChangeDeadline,
    Propose,
    ReportProgress,
    Resume,
    SetMilestones,
)
from domain.instruction.deadlines import next_wake
from domain.instruction.lateness import lateness
from domain.instruction.terms import Milestone, MilestoneRequest
from domain.policies import Policy, ReminderRule
from domain.rejections import Code
from tests.domain.specification import Given, given
from tests.domain.world import (
    CONTROL_OFFICER,
    COUNCIL_OFFICER,
    DAY,
    DEADLINE_AT,
    ISSUED_AT,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    NOW,
    OF_TWO_BODIES,
    WORKERS,
    acknowledged,
    assigned,
    by_system,
    done_by,
    issue,
    issued,
    sent_by,
    suspended,
    told,
    until,
    utc,
)

_DRAFT_ON = date(2026, 2, 20)
_DRAFT_AT = utc("2026-02-20 21:00")
_READING_ON = date(2026, 3, 10)
_QUIET = Policy(id="quiet")
_AT_WORK = (issued(policy=_QUIET), assigned(), acknowledged())


def _request(id_: str = "draft", on: date = _DRAFT_ON) -> MilestoneRequest:
    return MilestoneRequest(id=id_, title=f"The {id_}.", due=DeadlineRequest(on=on))


def _set(*milestones: MilestoneRequest) -> SetMilestones:
    return SetMilestones(**sent_by(COUNCIL_OFFICER), milestones=milestones)


def _reaching(*ids: str) -> ReportProgress:
    return ReportProgress(**sent_by(MINISTRY_A_HEAD), percent=30, milestones=ids)


def _with_milestones(*milestones: MilestoneRequest) -> Given:
    return given(_AT_WORK).and_then(_set(*milestones or (_request(),)), at=NOW)


def _missed(of: Given) -> list[tuple[str, int]]:
    return [
        (ev.milestone, ev.moment.revision) for ev in of.history if isinstance(ev, e.MilestoneMissed)
    ]


def test_the_issuer_names_the_steps_and_the_assignees_are_told() -> None:
    given(_AT_WORK).when(_set(_request()), at=NOW).then(
        [
            e.MilestonesSet(
                **done_by(COUNCIL_OFFICER, NOW),
                milestones=(Milestone(id="draft", title="The draft.", due=until(_DRAFT_ON)),),
                scheduled_from=NOW,
                notices=told(*WORKERS),
            )
        ]
    )


@pytest.mark.parametrize(
    ("milestones", "field"),
    [
        ((_request(), _request()), "milestones"),
        ((_request("reading"), _request(on=date(2026, 4, 1))), "milestones.1.due"),
        ((_request(on=date(2026, 1, 30)),), "milestones.0.due"),
    ],
    ids=["named twice", "after the deadline", "in the past"],
)
def test_what_makes_no_sense_is_refused(
    milestones: tuple[MilestoneRequest, ...], field: str
) -> None:
    given(_AT_WORK).when(_set(*milestones), at=NOW).refused(Code.INVALID, field)
    given().when(issue(milestones=milestones), at=NOW).refused(Code.INVALID, field)


def test_they_may_be_named_when_it_is_issued_or_proposed() -> None:
    founded = given().and_then(issue(milestones=(_request(),)), at=ISSUED_AT)
    assert [s.milestone.id for s in founded.known.record.milestones] == ["draft"]
    proposal = Propose.model_validate(issue(milestones=(_request(),)).model_dump(exclude={"type"}))
    proposed = given().and_then(proposal, at=ISSUED_AT)
    assert next_wake(proposed.state) is None
    adopted = proposed.and_then(Adopt(**sent_by(COUNCIL_OFFICER)), at=NOW)
    [standing] = adopted.known.record.milestones
    assert (standing.milestone.id, standing.scheduled_from) == ("draft", NOW)
    early = Adopt(**sent_by(COUNCIL_OFFICER), deadline=DeadlineRequest(on=date(2026, 2, 10)))
    proposed.when(early, at=NOW).refused(Code.INVALID, "deadline")


def test_what_is_adopted_after_the_day_of_a_milestone_has_it_set_anew() -> None:
    proposal = Propose.model_validate(issue(milestones=(_request(),)).model_dump(exclude={"type"}))
    proposed = given().and_then(proposal, at=ISSUED_AT)
    adopt = Adopt(**sent_by(COUNCIL_OFFICER))
    proposed.when(adopt, at=_DRAFT_AT).refused(Code.INVALID, "milestones")
    anew = adopt.model_copy(update={"milestones": (_request(on=date(2026, 3, 25)),)})
    adopted = proposed.and_then(anew, at=_DRAFT_AT)
    assert not lateness(adopted.known, _DRAFT_AT).behind_schedule
    [standing] = adopted.known.record.milestones
    assert (standing.milestone.due.on, standing.revision) == (date(2026, 3, 25), 2)
    without = proposed.and_then(adopt.model_copy(update={"milestones": ()}), at=_DRAFT_AT)
    assert not any(s.open for s in without.known.record.milestones)


def test_one_that_is_not_reached_by_its_day_is_missed_once() -> None:
    there = _with_milestones()
    assert next_wake(there.state) == _DRAFT_AT
    [missed] = there.when_checked(at=_DRAFT_AT).events
    assert isinstance(missed, e.MilestoneMissed)
    assert missed == e.MilestoneMissed(
        **by_system(_DRAFT_AT),
        milestone="draft",
        moment=missed.moment,
        due_at=_DRAFT_AT,
        late=False,
        notices=told(MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES, CONTROL_OFFICER),
    )
    there.and_checked(at=_DRAFT_AT).when_checked(at=_DRAFT_AT + DAY).then_nothing()


def test_a_report_names_those_that_are_reached() -> None:
    there = _with_milestones()
    [_, reached] = there.when(_reaching("draft"), at=NOW).events
    assert reached == e.MilestoneReached(**done_by(MINISTRY_A_HEAD, NOW), milestone="draft")
    done = there.and_then(_reaching("draft"), at=NOW)
    done.when_checked(at=_DRAFT_AT).then_nothing()
    [again] = done.when(_reaching("draft"), at=NOW).events
    assert isinstance(again, e.ProgressReported)
    there.when(_reaching("final"), at=NOW).refused(Code.UNKNOWN, "milestones")


def test_behind_schedule_is_what_has_missed_one_until_it_is_reached() -> None:
    there = _with_milestones().and_checked(at=_DRAFT_AT)
    at = _DRAFT_AT + 2 * DAY
    late = lateness(there.known, at)
    assert (late.behind_schedule, late.behind_by) == (True, 2 * DAY)
    assert late.late_by == timedelta(0), "against the original deadline it is in time"
    caught_up = there.and_then(_reaching("draft"), at=at)
    assert not lateness(caught_up.known, at).behind_schedule


def test_named_anew_with_the_same_day_it_is_as_reached_as_it_was() -> None:
    there = _with_milestones().and_then(_reaching("draft"), at=NOW)
    again = there.and_then(_set(_request(), _request("reading", _READING_ON)), at=NOW)
    assert [s.reached_at is not None for s in again.known.record.milestones] == [True, False]
    moved = there.and_then(_set(_request(on=_READING_ON)), at=NOW)
    [standing] = moved.known.record.milestones
    assert (standing.revision, standing.reached_at) == (2, None)


def test_with_another_day_it_may_be_missed_anew() -> None:
    there = _with_milestones().and_checked(at=_DRAFT_AT)
    moved = there.and_then(_set(_request(on=_READING_ON)), at=_DRAFT_AT + DAY)
    later = moved.and_checked(at=DEADLINE_AT - DAY)
    assert _missed(later) == [("draft", 1), ("draft", 2)]


def test_one_that_is_named_no_more_is_waited_for_no_more() -> None:
    there = _with_milestones(_request(), _request("reading", _READING_ON))
    fewer = there.and_then(_set(_request("reading", _READING_ON)), at=NOW)
    assert _missed(fewer.and_checked(at=DEADLINE_AT - DAY)) == [("reading", 1)]


def test_reminders_of_milestones_come_before_each() -> None:
    policy = Policy(
        id="tested", reminders=(ReminderRule(id="soon", of="milestones", offset=3 * DAY),)
    )
    there = given((issued(policy=policy), assigned(), acknowledged())).and_then(
        _set(_request(), _request("reading", _READING_ON)), at=NOW
    )
    later = there.and_checked(at=DEADLINE_AT - DAY)
    reminded = [
        (ev.moment.rule, ev.due_at) for ev in later.history if isinstance(ev, e.ReminderDue)
    ]
    # All at once, since nobody looked in between: each for its own milestone.
    assert sorted(reminded) == [
        ("soon/draft", _DRAFT_AT - 3 * DAY),
        ("soon/reading", utc("2026-03-07 21:00")),
    ]


def test_a_suspension_moves_those_that_are_not_reached() -> None:
    there = _with_milestones(_request(), _request("reading", _READING_ON)).and_then(
        _reaching("draft"), at=NOW
    )
    stopped = Given((*there.history, suspended(NOW)), there.facts)
    resumed = stopped.when(Resume(**sent_by(CONTROL_OFFICER)), at=NOW + 12 * DAY)
    [event] = [ev for ev in resumed.events if isinstance(ev, e.Resumed)]
    assert [(m.id, m.due) for m in event.milestones] == [("reading", until(_READING_ON + 12 * DAY))]


def test_resumed_with_a_deadline_nobody_is_reminded_of_one_that_fell_into_the_suspension() -> None:
    policy = Policy(
        id="tested", reminders=(ReminderRule(id="soon", of="milestones", offset=3 * DAY),)
    )
    there = given((issued(policy=policy), assigned(), acknowledged())).and_then(
        _set(_request()), at=NOW
    )
    stopped = Given((*there.history, suspended(_DRAFT_AT - 5 * DAY)), there.facts)
    deadline = DeadlineRequest(on=DEADLINE_AT.date() + 30 * DAY)
    resume = Resume(**sent_by(CONTROL_OFFICER), deadline=deadline)
    resumed = stopped.and_then(resume, at=_DRAFT_AT + 10 * DAY)
    suppressed = [ev for ev in resumed.history if isinstance(ev, e.ReminderSuppressed)]
    assert [m.rule for ev in suppressed for m in ev.moments] == ["soon/draft"]
    checked = resumed.and_checked(at=_DRAFT_AT + 10 * DAY)
    assert [ev for ev in checked.history if isinstance(ev, e.ReminderDue)] == []
    assert _missed(checked) == [("draft", 1)]


def test_the_deadline_is_not_set_before_an_open_milestone() -> None:
    there = _with_milestones()
    earlier = ChangeDeadline(
        **sent_by(COUNCIL_OFFICER), deadline=DeadlineRequest(on=date(2026, 2, 15)), reason="Now."
    )
    there.when(earlier, at=NOW).refused(Code.INVALID, "deadline")
    there.and_then(_reaching("draft"), at=NOW).and_then(earlier, at=NOW)


def test_it_is_not_resumed_with_a_deadline_before_an_open_milestone() -> None:
    there = _with_milestones(_request("reading", _READING_ON))
    stopped = Given((*there.history, suspended(NOW)), there.facts)
    early = Resume(**sent_by(CONTROL_OFFICER), deadline=DeadlineRequest(on=date(2026, 3, 1)))
    stopped.when(early, at=NOW + DAY).refused(Code.INVALID, "deadline")


def test_named_again_it_is_reminded_of_from_then_on_and_the_others_as_before() -> None:
    """Nobody waited for it in between: what lay there is over."""
    soon = ReminderRule(id="soon", of="milestones", offset=3 * DAY)
    soonest = ReminderRule(id="soonest", of="milestones", offset=DAY)
    policy = Policy(id="tested", reminders=(soon, soonest))
    both = (_request(), _request("reading"))
    there = given((issued(policy=policy), assigned(), acknowledged())).and_then(_set(*both), at=NOW)
    fewer = there.and_then(_set(_request("reading")), at=NOW + DAY)
    again = fewer.and_then(_set(*both), at=_DRAFT_AT - 2 * DAY)
    checked = again.and_checked(at=_DRAFT_AT - 2 * DAY)
    reminded = [ev.moment.rule for ev in checked.history if isinstance(ev, e.ReminderDue)]
    assert reminded == ["soon/reading"]
    later = checked.and_checked(at=_DRAFT_AT - DAY)
    reminded = [ev.moment.rule for ev in later.history if isinstance(ev, e.ReminderDue)]
    assert sorted(reminded[1:]) == ["soonest/draft", "soonest/reading"]
    assert [s.revision for s in again.known.record.milestones] == [1, 1]


def test_one_whose_day_went_by_while_it_was_not_named_is_missed_without_delay() -> None:
    fewer = _with_milestones().and_then(_set(), at=NOW + DAY)
    at = _DRAFT_AT + 5 * DAY
    [missed] = fewer.and_then(_set(_request()), at=at).when_checked(at=at).events
    assert isinstance(missed, e.MilestoneMissed)
    assert (missed.due_at, missed.late) == (_DRAFT_AT, False)


def test_one_that_was_late_at_an_hour_is_so_after_a_suspension_that_ends_at_an_earlier_one() -> (
    None
):
    noon = utc("2026-02-20 12:00")
    draft = MilestoneRequest(id="draft", title="The draft.", due=DeadlineRequest(at=noon))
    there = _with_milestones(draft)
    stopped = Given((*there.history, suspended(noon + timedelta(hours=3))), there.facts)
    at = noon + 5 * DAY - timedelta(hours=2)
    resumed = stopped.and_then(Resume(**sent_by(CONTROL_OFFICER)), at=at)
    assert lateness(resumed.known, at).behind_by == timedelta(hours=3)
