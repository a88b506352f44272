"""Joint leads: bodies of two sides that answer for one instruction, each for itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.deadline import DeadlineRequest
from domain.directory.commands import ReorganiseBody
from domain.facts import Facts
from domain.identifiers import BodyId, PersonId
from domain.instruction import events as e
from domain.instruction.commands import (
    Accept,
    Acknowledge,
    ApproveExtension,
    Assign,
    Decline,
    IssueSubInstruction,
    Reassign,
    Reopen,
    ReportProgress,
    RequestExtension,
    Return,
    SubmitReport,
    WithdrawReport,
)
from domain.instruction.decisions.openings import openings
from domain.instruction.decisions.parts import founded_with
from domain.instruction.lateness import lateness
from domain.instruction.state import Assigned, Completed, InProgress, Issued, Reported, Unissued
from domain.instruction.terms import Addressee
from domain.policies import EscalationStep, Policy, ProgressCycle
from domain.rejections import Code
from tests.domain.specification import Given, given
from tests.domain.world import (
    ACKNOWLEDGED_AT,
    ADMINISTRATOR,
    ASSIGNED_AT,
    CONTROL_OFFICER,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    DAY,
    DEADLINE_AT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    MINISTRY_B,
    MINISTRY_B_HEAD,
    NOW,
    OF_TWO_BODIES,
    REGION,
    REGION_HEAD,
    assigned,
    directory,
    done_by,
    facts,
    issued,
    sent_by,
    set_up_further,
    told,
    utc,
)

_ASSIGNED = (issued(), assigned(joint_leads=(MINISTRY_B,), co_assignees=()))
_A, _B = Acknowledge(**sent_by(MINISTRY_A_HEAD)), Acknowledge(**sent_by(MINISTRY_B_HEAD))


def _open_to(person: PersonId, before: Given) -> dict[str, tuple[BodyId, ...]]:
    assert not isinstance(before.state, Unissued)
    found = openings(person, before.state, facts(), NOW)
    return {one.command.__name__: one.bodies for one in found}


def _at_work() -> Given:
    return given(_ASSIGNED).and_then(_A, at=ACKNOWLEDGED_AT).and_then(_B, at=ACKNOWLEDGED_AT)


def _report(person: str, **more: object) -> SubmitReport:
    return SubmitReport.model_validate({**sent_by(person), "text": "Our half is done.", **more})


def test_both_are_named_and_told() -> None:
    command = Assign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A, joint_leads=(MINISTRY_B,))
    [event] = given([issued()]).when(command, at=NOW).events
    assert isinstance(event, e.InstructionAssigned)
    assert (event.lead, event.joint_leads) == (MINISTRY_A, (MINISTRY_B,))
    people = (MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES, MINISTRY_B_HEAD)
    assert event.notices == told(*people)


@pytest.mark.parametrize(
    ("joint", "helpers", "field"),
    [
        ((MINISTRY_A,), (), "joint_leads"),
        ((MINISTRY_B, MINISTRY_B), (), "joint_leads"),
        ((MINISTRY_B,), (MINISTRY_B,), "co_assignees"),
    ],
)
def test_a_body_has_one_place(
    joint: tuple[BodyId, ...], helpers: tuple[BodyId, ...], field: str
) -> None:
    command = Assign(
        **sent_by(COUNCIL_OFFICER), lead=MINISTRY_A, joint_leads=joint, co_assignees=helpers
    )
    given([issued()]).when(command, at=NOW).refused(Code.INVALID, field)


def test_it_is_assigned_until_each_has_taken_note() -> None:
    one = given(_ASSIGNED).and_then(_A, at=NOW)
    assert isinstance(one.state, Assigned)
    one.when(_A, at=NOW).refused(Code.INVALID, "on_behalf_of")
    assert isinstance(one.and_then(_B, at=NOW).state, InProgress)


def test_who_reports_progress_has_taken_note() -> None:
    progress = ReportProgress(**sent_by(MINISTRY_B_HEAD), percent=30)
    other = given(_ASSIGNED).and_then(progress, at=NOW)
    assert isinstance(other.state, Assigned)
    assert isinstance(other.and_then(_A, at=NOW).state, InProgress)


def test_only_those_who_have_not_taken_note_are_reminded_of_it() -> None:
    one = given(_ASSIGNED).and_then(_A, at=ACKNOWLEDGED_AT)
    [step] = one.when_checked(at=ASSIGNED_AT + 3 * DAY).events
    assert isinstance(step, e.Escalated)
    assert (step.to, step.body, step.others) == ("lead", MINISTRY_B, ())
    assert step.notices == told(MINISTRY_B_HEAD)
    [both] = given(_ASSIGNED).when_checked(at=ASSIGNED_AT + 3 * DAY).events
    assert isinstance(both, e.Escalated)
    assert (both.body, both.others) == (MINISTRY_A, (MINISTRY_B,))


def test_where_one_declines_somebody_else_must_be_named_for_all() -> None:
    decline = Decline(**sent_by(MINISTRY_B_HEAD), reason="It is the region's to do.")
    one = given(_ASSIGNED).and_then(_A, at=NOW)
    [declined] = one.when(decline, at=NOW).events
    assert isinstance(declined, e.AssignmentDeclined)
    assert MINISTRY_A_HEAD in {to.person for to in declined.notices}, "the other side is told"
    assert isinstance(one.and_then(decline, at=NOW).state, Issued)
    too_late = Decline(**sent_by(MINISTRY_A_HEAD), reason="Ours neither.")
    one.when(too_late, at=NOW).refused(Code.INVALID, "on_behalf_of")


def test_the_report_of_one_waits_for_that_of_the_other() -> None:
    first = _at_work().when(_report(MINISTRY_B_HEAD), at=NOW)
    first.then(
        [
            e.JointReportSubmitted(
                **done_by(MINISTRY_B_HEAD, NOW),
                body=MINISTRY_B,
                text="Our half is done.",
                evidence=(),
                notices=told(MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES, CONTROL_OFFICER),
            )
        ]
    )
    half = _at_work().and_then(_report(MINISTRY_B_HEAD), at=NOW)
    assert isinstance(half.state, InProgress)
    half.when(_report(MINISTRY_B_HEAD), at=NOW).refused(Code.INVALID, "on_behalf_of")
    whole = half.and_then(_report(MINISTRY_A_HEAD), at=NOW + DAY)
    assert isinstance(whole.state, Reported)
    assert whole.state.submitted_at == NOW + DAY


def test_half_a_report_stops_no_clock() -> None:
    half = _at_work().and_then(_report(MINISTRY_B_HEAD), at=NOW)
    assert lateness(half.known, DEADLINE_AT + DAY).behind_schedule


def test_who_reports_before_taking_note_has_taken_note() -> None:
    half = given(_ASSIGNED).and_then(_report(MINISTRY_B_HEAD), at=NOW)
    assert isinstance(half.state, Assigned)
    assert isinstance(half.and_then(_A, at=NOW).state, InProgress)


def test_after_half_a_report_the_other_side_is_what_is_overdue() -> None:
    policy = Policy(
        id="to-the-lead",
        escalation=(
            EscalationStep(id="late", since="deadline", after=timedelta(days=1), to="lead"),
        ),
    )
    history = (issued(policy=policy), *_ASSIGNED[1:])
    half = (
        given(history)
        .and_then(_A, at=NOW)
        .and_then(_B, at=NOW)
        .and_then(_report(MINISTRY_B_HEAD), at=NOW)
    )
    steps = half.when_checked(at=DEADLINE_AT + DAY).events
    [late] = [event for event in steps if isinstance(event, e.Escalated)]
    assert (late.body, late.others) == (MINISTRY_A, ())


def test_reminders_go_to_those_who_have_yet_to_report() -> None:
    def reminded(history: Given) -> tuple[Addressee, ...]:
        events = history.when_checked(at=DEADLINE_AT - 30 * DAY).events
        [reminder] = [event for event in events if isinstance(event, e.ReminderDue)]
        return reminder.notices

    side_a = told(MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES)
    both = (*side_a, *told(MINISTRY_B_HEAD))
    assert reminded(given(_ASSIGNED).and_then(_A, at=ACKNOWLEDGED_AT)) == both, "noted by one"
    assert reminded(_at_work()) == both
    assert reminded(_at_work().and_then(_report(MINISTRY_B_HEAD), at=NOW)) == side_a


def test_the_cycle_asks_those_who_have_yet_to_report() -> None:
    """A report of the one side is no word from the other."""
    policy = Policy(id="asking", progress=ProgressCycle(every=timedelta(days=7)))
    noted = given((issued(policy=policy), *_ASSIGNED[1:])).and_then(_A, at=ACKNOWLEDGED_AT)
    half = noted.and_then(_report(MINISTRY_A_HEAD), at=ACKNOWLEDGED_AT)
    side_a = told(MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES)
    for history, people in (
        (noted, (*side_a, *told(MINISTRY_B_HEAD))),
        (half, told(MINISTRY_B_HEAD)),
        (half.and_then(_B, at=ACKNOWLEDGED_AT), told(MINISTRY_B_HEAD)),
    ):
        for weeks in (1, 2):
            at = ASSIGNED_AT + weeks * 7 * DAY
            [asked] = history.and_checked(at=at - DAY).when_checked(at=at).events
            assert isinstance(asked, e.ProgressRequested)
            assert asked.notices == people


def test_each_withdraws_its_own_report() -> None:
    withdraw = WithdrawReport(**sent_by(MINISTRY_B_HEAD))
    _at_work().when(withdraw, at=NOW).refused(Code.NO_REPORT)
    half = _at_work().and_then(_report(MINISTRY_B_HEAD), at=NOW)
    none = half.and_then(withdraw, at=NOW)
    assert not _reported(none)
    both = half.and_then(_report(MINISTRY_A_HEAD), at=NOW)
    one = both.and_then(withdraw, at=NOW)
    assert isinstance(one.state, InProgress)
    assert _reported(one) == (MINISTRY_A,), "that of the other side stands"


def test_a_return_says_which_side_must_report_again() -> None:
    both = (
        _at_work()
        .and_then(_report(MINISTRY_B_HEAD), at=NOW)
        .and_then(_report(MINISTRY_A_HEAD), at=NOW)
    )
    for sides, left in (((), ()), ((MINISTRY_B,), (MINISTRY_A,))):
        back = Return(**sent_by(CONTROL_OFFICER), reason="No annex.", sides=sides)
        returned = both.and_then(back, at=NOW)
        assert isinstance(returned.state, InProgress)
        assert _reported(returned) == left
    foreign = Return(**sent_by(CONTROL_OFFICER), reason="No annex.", sides=(REGION,))
    both.when(foreign, at=NOW).refused(Code.INVALID, "sides")


def test_completed_and_reopened_all_report_again() -> None:
    done = (
        _at_work()
        .and_then(_report(MINISTRY_B_HEAD), at=NOW)
        .and_then(_report(MINISTRY_A_HEAD), at=NOW)
        .and_then(Accept(**sent_by(CONTROL_OFFICER)), at=NOW)
    )
    assert isinstance(done.state, Completed)
    reopened = done.and_then(Reopen(**sent_by(COUNCIL_HEAD), reason="No annex."), at=NOW)
    assert isinstance(reopened.state, InProgress)
    assert not _reported(reopened)


def test_who_reports_last_and_controls_it_completes_it() -> None:
    history = (issued(controller=MINISTRY_A), *_ASSIGNED[1:])
    begun = given(history).and_then(_A, at=NOW).and_then(_B, at=NOW)
    last = begun.and_then(_report(MINISTRY_B_HEAD), at=NOW)
    assert isinstance(last.and_then(_report(MINISTRY_A_HEAD), at=NOW).state, Completed)
    first = begun.and_then(_report(MINISTRY_A_HEAD), at=NOW)
    awaiting = first.and_then(_report(MINISTRY_B_HEAD), at=NOW)
    assert isinstance(awaiting.state, Reported), "ministry A has yet to accept what B reported"


def test_either_asks_for_more_time_and_both_learn_the_answer() -> None:
    ask = RequestExtension(
        **sent_by(MINISTRY_B_HEAD), until=DeadlineRequest(at=DEADLINE_AT + DAY), reason="Late."
    )
    approve = ApproveExtension(**sent_by(CONTROL_OFFICER))
    [approved] = _at_work().and_then(ask, at=NOW).when(approve, at=NOW).events
    assert isinstance(approved, e.ExtensionApproved)
    people = (MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES, MINISTRY_B_HEAD)
    assert approved.notices == told(*people)


def test_named_beside_another_a_lead_goes_on_and_the_other_has_yet_to_take_note() -> None:
    alone = given([issued(), assigned(co_assignees=())]).and_then(_A, at=NOW)
    both = Reassign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A, joint_leads=(MINISTRY_B,))
    joined = alone.and_then(both, at=NOW)
    assert isinstance(joined.state, Assigned)
    assert isinstance(joined.and_then(_B, at=NOW).state, InProgress)


def test_what_is_left_of_joint_leads_has_to_report_for_itself() -> None:
    half = _at_work().and_then(_report(MINISTRY_A_HEAD), at=NOW)
    alone = half.and_then(Reassign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A), at=NOW)
    assert isinstance(alone.state, InProgress), "it took note before"
    assert isinstance(alone.and_then(_report(MINISTRY_A_HEAD), at=NOW).state, Reported)


def test_another_in_the_place_of_one_leaves_the_report_of_the_other() -> None:
    half = _at_work().and_then(_report(MINISTRY_A_HEAD), at=NOW)
    instead = Reassign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A, joint_leads=(REGION,))
    changed = half.and_then(instead, at=NOW)
    assert _reported(changed) == (MINISTRY_A,)
    assert isinstance(changed.and_then(_report(REGION_HEAD), at=NOW).state, Reported)


def test_the_same_leads_in_another_order_go_on() -> None:
    swap = Reassign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_B, joint_leads=(MINISTRY_A,))
    swapped = _at_work().and_then(swap, at=NOW)
    assert isinstance(swapped.state, InProgress)
    assert swapped.known.record.leads == (MINISTRY_B, MINISTRY_A)


def test_a_step_that_reassigns_takes_it_from_who_is_behind() -> None:
    """From the region to the ministry above it; ministry B, which took note, leads on."""
    policy = Policy(
        id="upwards",
        escalation=(
            EscalationStep(
                id="up",
                since="assignment",
                after=timedelta(days=3),
                to="superior",
                action="reassign",
            ),
        ),
    )
    history = (
        issued(policy=policy),
        assigned(lead=REGION, joint_leads=(MINISTRY_B,), co_assignees=()),
    )
    one = given(history).and_then(_B, at=ACKNOWLEDGED_AT)
    escalated, taken = one.when_checked(at=ASSIGNED_AT + 3 * DAY).events
    assert isinstance(escalated, e.Escalated)
    assert (escalated.body, escalated.others) == (MINISTRY_A, ())
    assert isinstance(taken, e.InstructionAssigned)
    assert (taken.lead, taken.joint_leads) == (MINISTRY_A, (MINISTRY_B,))
    assert taken.co_assignees == (REGION,)


def test_an_heir_of_both_has_done_what_both_have_done() -> None:
    half = _at_work().and_then(_report(MINISTRY_A_HEAD), at=NOW)
    moved = given(half.history, _ministry_a_merged_into(MINISTRY_B)).and_checked(at=NOW)
    assignment = moved.known.record.assignment
    assert assignment is not None
    assert (assignment.leads, assignment.acknowledged) == ((MINISTRY_B,), (MINISTRY_B,))
    assert assignment.reported == (), "B had not reported"
    assert isinstance(moved.and_then(_report(MINISTRY_B_HEAD), at=NOW).state, Reported)


def test_an_heir_of_one_side_stands_where_it_stood() -> None:
    half = _at_work().and_then(_report(MINISTRY_A_HEAD), at=NOW)
    moved = given(half.history, _ministry_a_merged_into(REGION)).and_checked(at=NOW)
    assert moved.known.record.leads == (REGION, MINISTRY_B)
    assert _reported(moved) == (REGION,)


def test_who_acts_for_two_of_the_leads_says_for_which() -> None:
    history = (issued(), assigned(joint_leads=(REGION,), co_assignees=()))
    first = given(history).and_then(Acknowledge(**sent_by(OF_TWO_BODIES)), at=NOW)
    assert isinstance(first.state, Assigned)
    for_the_region = Acknowledge.model_validate({**sent_by(OF_TWO_BODIES), "on_behalf_of": REGION})
    assert isinstance(first.and_then(for_the_region, at=NOW).state, InProgress)


def test_each_splits_off_parts_of_its_own() -> None:
    command = IssueSubInstruction(
        **sent_by(MINISTRY_B_HEAD),
        number="B-1",
        text="Draft it.",
        deadline=DeadlineRequest(at=DEADLINE_AT),
    )
    split = _at_work().when(command, at=NOW)
    part = founded_with(command, split.events, _at_work().known)
    assert part is not None
    assert (part.issuer, part.controller) == (MINISTRY_B, MINISTRY_B)


def _reported(specified: Given) -> tuple[BodyId, ...]:
    assignment = specified.known.record.assignment
    assert assignment is not None
    return assignment.reported


def _ministry_a_merged_into(heir: BodyId) -> Callable[[], Facts]:
    merge = ReorganiseBody(
        command_id="merge",
        actor=ADMINISTRATOR,
        body=MINISTRY_A,
        kind="merged",
        into=(heir,),
        heir=heir,
        on=date(2026, 2, 1),
    )

    def merged() -> Facts:
        state = set_up_further(directory(), [merge], at=utc("2026-02-01 09:00"))
        return replace(facts(), directory=state)

    return merged


def test_what_is_open_to_a_lead_is_open_for_those_of_its_bodies_that_have_not_done_it() -> None:
    """Who holds offices in both leads does it for each."""
    both = given((issued(), assigned(joint_leads=(REGION,), co_assignees=())))
    assert _open_to(OF_TWO_BODIES, both)["Acknowledge"] == (MINISTRY_A, REGION)
    noted = both.and_then(_A, at=ACKNOWLEDGED_AT)
    assert _open_to(OF_TWO_BODIES, noted)["Acknowledge"] == (REGION,)
    assert "Acknowledge" not in _open_to(MINISTRY_A_HEAD, noted)
    assert "WithdrawReport" not in _open_to(MINISTRY_A_HEAD, noted)
    report = SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Our side is done.")
    reported = noted.and_then(report, at=NOW)
    assert "SubmitReport" not in _open_to(MINISTRY_A_HEAD, reported)
    assert _open_to(OF_TWO_BODIES, reported)["SubmitReport"] == (REGION,)
    assert _open_to(OF_TWO_BODIES, reported)["WithdrawReport"] == (MINISTRY_A,)
