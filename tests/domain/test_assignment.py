"""Who answers for it changes: declined, reassigned, another controller, observers."""

from domain.instruction import events as e
from domain.instruction.commands import (
    Accept,
    Acknowledge,
    Assign,
    Cancel,
    Decline,
    Reassign,
    ReportProgress,
    RequestProgress,
    SetController,
    SetObservers,
    SubmitReport,
)
from domain.instruction.deadlines import planned
from domain.instruction.state import Assigned, Completed, InProgress, Issued
from domain.rejections import Code
from tests.domain.specification import given
from tests.domain.world import (
    ASSIGNED_AT,
    AT_WORK,
    CONTROL,
    CONTROL_OFFICER,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    DAY,
    JOINT,
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
    done_by,
    extension_requested,
    issued,
    observers_set,
    sent_by,
    submitted,
    told,
)


def test_a_declined_assignment_goes_back_to_the_issuer() -> None:
    declined = given([issued(), assigned()]).when(
        Decline(**sent_by(MINISTRY_A_HEAD), reason="It is the region's to do."), at=NOW
    )
    declined.then(
        [
            e.AssignmentDeclined(
                **done_by(MINISTRY_A_HEAD, NOW),
                reason="It is the region's to do.",
                notices=told(COUNCIL_HEAD, COUNCIL_OFFICER, CONTROL_OFFICER, MINISTRY_B_HEAD),
            )
        ]
    )
    state = given(declined.history + declined.events).state
    assert isinstance(state, Issued)
    assert (state.record.lead, state.record.co_assignees) == (None, ())
    assert not [m for m in planned(state) if m.key.rule.startswith("unacknowledged")]


def test_what_the_lead_had_asked_for_lapses_when_it_declines() -> None:
    state = given([issued(), assigned(), extension_requested()]).and_then(
        Decline(**sent_by(MINISTRY_A_HEAD), reason="Not ours."), at=NOW
    )
    assert state.known.record.extension is None


def test_a_helper_that_reports_progress_does_not_take_note_for_the_lead() -> None:
    reported = given([issued(), assigned()]).and_then(
        ReportProgress(**sent_by(MINISTRY_B_HEAD), percent=0), at=ASSIGNED_AT
    )
    assert isinstance(reported.state, Assigned)
    assert reported.when(Decline(**sent_by(MINISTRY_A_HEAD), reason="Not ours."), at=NOW).events
    by_the_lead = given([issued(), assigned()]).and_then(
        ReportProgress(**sent_by(MINISTRY_A_HEAD), percent=0), at=ASSIGNED_AT
    )
    assert isinstance(by_the_lead.state, InProgress)


def test_what_the_former_lead_had_asked_for_lapses() -> None:
    moved = given([*AT_WORK, extension_requested()]).and_then(
        Reassign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_B), at=NOW
    )
    assert moved.known.record.extension is None


def test_work_that_has_begun_is_declined_no_more() -> None:
    given(AT_WORK).when(Decline(**sent_by(MINISTRY_A_HEAD), reason="Not ours."), at=NOW).refused(
        Code.NOT_IN_THIS_PHASE
    )


def test_a_new_lead_has_yet_to_acknowledge_and_the_old_one_is_told() -> None:
    reassign = Reassign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_B, co_assignees=(REGION,))
    decided = given(AT_WORK).when(reassign, at=NOW)
    decided.then(
        [
            e.InstructionAssigned(
                **done_by(COUNCIL_OFFICER, NOW),
                lead=MINISTRY_B,
                co_assignees=(REGION,),
                scheduled_from=NOW,
                notices=told(
                    MINISTRY_B_HEAD, REGION_HEAD, OF_TWO_BODIES, MINISTRY_A_HEAD, MINISTRY_A_OFFICER
                ),
            )
        ]
    )
    state = given(AT_WORK + decided.events).state
    assert isinstance(state, Assigned)
    assert state.record.assignment is not None
    assert state.record.assignment.assigned_at == NOW
    reminder = next(m for m in planned(state) if m.key.rule == "unacknowledged-3d")
    assert (reminder.due_at, reminder.key.revision) == (NOW + 3 * DAY, 2)


def test_with_the_same_lead_only_the_helpers_change_and_work_goes_on() -> None:
    for history, phase in ((AT_WORK, InProgress), (AT_WORK[:2], Assigned)):
        reassign = Reassign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A, co_assignees=(REGION,))
        state = given(history).and_then(reassign, at=NOW).known
        assert isinstance(state, phase)
        assert state.record.co_assignees == (REGION,)
        assert state.record.assignment is not None
        assert state.record.assignment.assigned_at == ASSIGNED_AT


def test_naming_the_same_again_is_refused() -> None:
    same = Reassign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A, co_assignees=(MINISTRY_B,))
    given(AT_WORK).when(same, at=NOW).refused(Code.INVALID, "lead")


def test_nobody_is_reassigned_to_a_body_that_is_yet_to_be_established() -> None:
    given(AT_WORK).when(Reassign(**sent_by(COUNCIL_OFFICER), lead=JOINT), at=NOW).refused(
        Code.BODY_NOT_ESTABLISHED, "lead"
    )
    twice = Assign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A, co_assignees=(REGION, REGION))
    given([issued()]).when(twice, at=NOW).refused(Code.INVALID, "co_assignees")


def test_the_acknowledgement_is_the_new_leads_to_give() -> None:
    moved = given(AT_WORK).and_then(Reassign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_B), at=NOW)
    moved.when(Acknowledge(**sent_by(MINISTRY_A_HEAD)), at=NOW).refused(
        Code.NOT_AUTHORISED, "actor"
    )
    assert moved.when(Acknowledge(**sent_by(MINISTRY_B_HEAD)), at=NOW).events


def test_another_controller_is_told_and_so_are_the_old_one_and_the_lead() -> None:
    given(AT_WORK).when(SetController(**sent_by(COUNCIL_OFFICER), controller=REGION), at=NOW).then(
        [
            e.ControllerSet(
                **done_by(COUNCIL_OFFICER, NOW),
                controller=REGION,
                notices=told(
                    REGION_HEAD, OF_TWO_BODIES, CONTROL_OFFICER, MINISTRY_A_HEAD, MINISTRY_A_OFFICER
                ),
            )
        ]
    )


def test_without_a_controller_the_next_report_completes_it() -> None:
    nobody = given(AT_WORK).and_then(
        SetController(**sent_by(COUNCIL_OFFICER), controller=None), at=NOW
    )
    reported = nobody.and_then(SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done."), at=NOW)
    assert isinstance(reported.state, Completed)


def test_a_report_that_waits_keeps_a_controller() -> None:
    given([*AT_WORK, submitted()]).when(
        SetController(**sent_by(COUNCIL_OFFICER), controller=None), at=NOW
    ).refused(Code.INVALID, "controller")
    given(AT_WORK).when(
        SetController(**sent_by(COUNCIL_OFFICER), controller=CONTROL), at=NOW
    ).refused(Code.INVALID, "controller")


def test_observers_are_told_how_it_ends() -> None:
    set_ = SetObservers(**sent_by(COUNCIL_OFFICER), observers=(REGION,))
    given(AT_WORK).when(set_, at=NOW).then([observers_set(REGION, at=NOW)])
    watched = given([*AT_WORK, observers_set(REGION), submitted()])
    [accepted] = watched.when(Accept(**sent_by(CONTROL_OFFICER)), at=NOW).events
    [cancelled] = watched.when(Cancel(**sent_by(COUNCIL_HEAD), reason="Overtaken."), at=NOW).events
    for event in (accepted, cancelled):
        assert isinstance(event, e.NotifyingEvent)
        assert set(told(REGION_HEAD, OF_TWO_BODIES)) <= set(event.notices)
    twice = SetObservers(**sent_by(COUNCIL_OFFICER), observers=(REGION, REGION))
    given(AT_WORK).when(twice, at=NOW).refused(Code.INVALID, "observers")
    unknown = SetObservers(**sent_by(COUNCIL_OFFICER), observers=("nobody",))
    given(AT_WORK).when(unknown, at=NOW).refused(Code.UNKNOWN, "observers")


def test_progress_is_asked_of_all_who_work_on_it() -> None:
    given(AT_WORK).when(
        RequestProgress(**sent_by(CONTROL_OFFICER), text="How far is it?"), at=NOW
    ).then(
        [
            e.ProgressRequested(
                **done_by(CONTROL_OFFICER, NOW),
                text="How far is it?",
                notices=told(MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES, MINISTRY_B_HEAD),
            )
        ]
    )
