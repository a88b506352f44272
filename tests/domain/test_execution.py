"""From acknowledgement to acceptance: what the assignees do and the controller's verdict."""

from datetime import date

from domain.attribution import Backdating
from domain.deadline import DeadlineRequest
from domain.instruction import events as e
from domain.instruction.commands import (
    Accept,
    Acknowledge,
    Comment,
    RecordDelivery,
    ReportProgress,
    Return,
    SubmitReport,
)
from domain.instruction.state import Completed, InProgress
from domain.instruction.terms import Evidence
from domain.outcomes import NoticeKey
from domain.policies import Policy
from domain.rejections import Code
from tests.domain.specification import given
from tests.domain.world import (
    CONTROL_OFFICER,
    COUNCIL,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    COUNCIL_REGISTRAR,
    DAY,
    DEADLINE_AT,
    INSTRUCTION,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    MINISTRY_B_HEAD,
    NOW,
    OF_TWO_BODIES,
    REGION,
    REGION_HEAD,
    acknowledged,
    assigned,
    by_system,
    completed,
    done_by,
    issued,
    sent_by,
    submitted,
    told,
    until,
)

_QUIET = Policy(id="quiet")
_EVIDENCE = Evidence(sha256="ab" * 32, name="act.pdf", size=90_112)


def test_the_lead_acknowledges_and_work_begins() -> None:
    specified = given([issued(), assigned()])
    specified.when(Acknowledge(**sent_by(MINISTRY_A_OFFICER)), at=NOW).then(
        [e.AssignmentAcknowledged(**done_by(MINISTRY_A_OFFICER, NOW))]
    )
    assert isinstance(given([issued(), assigned(), acknowledged()]).state, InProgress)


def test_an_assignment_is_acknowledged_once() -> None:
    given([issued(), assigned(), acknowledged()]).when(
        Acknowledge(**sent_by(MINISTRY_A_OFFICER)), at=NOW
    ).refused(Code.NOT_IN_THIS_PHASE)


def test_progress_is_reported_by_a_co_assignee_as_well() -> None:
    command = ReportProgress(**sent_by(MINISTRY_B_HEAD), percent=40, text="Draft two of five.")
    given([issued(), assigned(), acknowledged()]).when(command, at=NOW).then(
        [e.ProgressReported(**done_by(MINISTRY_B_HEAD, NOW), percent=40, text="Draft two of five.")]
    )


def test_reporting_progress_acknowledges_the_assignment() -> None:
    command = ReportProgress(**sent_by(MINISTRY_A_HEAD), percent=5)
    state = given([issued(), assigned()]).and_then(command, at=NOW).known
    assert isinstance(state, InProgress)
    assert state.record.percent == 5


def test_progress_that_is_entered_of_an_earlier_day_takes_nothing_back() -> None:
    at_work = given([issued(), assigned(), acknowledged()])
    earlier = NOW - 5 * DAY
    on_paper = ReportProgress(
        **sent_by(COUNCIL_REGISTRAR),
        on_behalf_of=MINISTRY_A,
        percent=30,
        backdated=Backdating(at=earlier, reason="It arrived on paper."),
    )
    for sender, heard in ((MINISTRY_A_HEAD, NOW), (MINISTRY_B_HEAD, earlier)):
        told_now = at_work.and_then(ReportProgress(**sent_by(sender), percent=60), at=NOW)
        record = told_now.and_then(on_paper, at=NOW).known.record
        assert (record.percent, record.reported_at) == (60, heard)
    alone = at_work.and_then(on_paper, at=NOW).known.record
    assert (alone.percent, alone.reported_at) == (30, earlier)


def test_a_report_goes_to_the_controller_for_acceptance() -> None:
    command = SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done.", evidence=(_EVIDENCE,))
    given([issued(), assigned(), acknowledged()]).when(command, at=NOW).then(
        [
            e.CompletionReported(
                **done_by(MINISTRY_A_HEAD, NOW),
                text="Done.",
                evidence=(_EVIDENCE,),
                scheduled_from=NOW,
                notices=told(CONTROL_OFFICER),
            )
        ]
    )


def test_a_report_without_a_controller_completes_the_instruction() -> None:
    command = SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done.")
    given([issued(controller=None), assigned(), acknowledged()]).when(command, at=NOW).then(
        [
            e.CompletionReported(
                **done_by(MINISTRY_A_HEAD, NOW), text="Done.", evidence=(), scheduled_from=NOW
            ),
            e.InstructionCompleted(
                **done_by(MINISTRY_A_HEAD, NOW),
                text="",
                notices=told(COUNCIL_HEAD, COUNCIL_OFFICER),
            ),
        ]
    )


def test_nobody_accepts_their_own_report_a_controller_who_leads_completes_by_reporting() -> None:
    command = SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done.")
    completed = given([issued(controller=MINISTRY_A), assigned()]).and_then(command, at=NOW)
    assert isinstance(completed.state, Completed)
    assert completed.state.submitted_at == completed.state.accepted_at == NOW


def test_accepting_completes_the_instruction_and_tells_lead_and_issuer() -> None:
    command = Accept(**sent_by(CONTROL_OFFICER), text="Agreed.")
    given([issued(), assigned(), acknowledged(), submitted()]).when(command, at=NOW).then(
        [
            e.InstructionCompleted(
                **done_by(CONTROL_OFFICER, NOW),
                text="Agreed.",
                notices=told(
                    MINISTRY_A_HEAD,
                    MINISTRY_A_OFFICER,
                    OF_TWO_BODIES,
                    COUNCIL_HEAD,
                    COUNCIL_OFFICER,
                ),
            )
        ]
    )


def test_nobody_is_told_what_they_did_themselves() -> None:
    history = [issued(controller=COUNCIL), assigned(lead=REGION), acknowledged(), submitted()]
    [event] = given(history).when(Accept(**sent_by(COUNCIL_OFFICER)), at=NOW).events
    assert isinstance(event, e.InstructionCompleted)
    assert event.notices == told(REGION_HEAD, OF_TWO_BODIES, COUNCIL_HEAD)


def test_returning_in_time_keeps_the_deadline() -> None:
    command = Return(**sent_by(CONTROL_OFFICER), reason="The annex is missing.")
    specified = given([issued(), assigned(), acknowledged(), submitted()])
    specified.when(command, at=NOW).then(
        [
            e.ReturnedForRework(
                **done_by(CONTROL_OFFICER, NOW),
                reason="The annex is missing.",
                deadline=None,
                scheduled_from=NOW,
                notices=told(MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES, MINISTRY_B_HEAD),
            )
        ]
    )
    state = specified.and_then(command, at=NOW).known
    assert isinstance(state, InProgress)
    assert (state.record.deadline.instant, state.record.deadline_revision) == (DEADLINE_AT, 1)


def test_returning_with_a_new_deadline_begins_a_new_revision_of_it() -> None:
    command = Return(
        **sent_by(CONTROL_OFFICER),
        reason="The annex is missing.",
        deadline=DeadlineRequest(on=date(2026, 4, 15)),
    )
    specified = given([issued(), assigned(), acknowledged(), submitted()])
    record = specified.and_then(command, at=NOW).known.record
    assert (record.deadline, record.deadline_revision) == (until(date(2026, 4, 15)), 2)
    assert record.original_deadline == until(date(2026, 3, 31))


def test_returning_after_the_deadline_needs_a_new_one() -> None:
    history = [issued(policy=_QUIET), assigned(), acknowledged(), submitted()]
    command = Return(**sent_by(CONTROL_OFFICER), reason="The annex is missing.")
    given(history).when(command, at=DEADLINE_AT).refused(Code.DEADLINE_REQUIRED, "deadline")


def test_returning_cannot_set_a_deadline_in_the_past() -> None:
    command = Return(
        **sent_by(CONTROL_OFFICER), reason="No annex.", deadline=DeadlineRequest(at=NOW)
    )
    given([issued(), assigned(), acknowledged(), submitted()]).when(command, at=NOW).refused(
        Code.DEADLINE_IN_THE_PAST, "deadline"
    )


def test_a_comment_is_kept_even_when_the_instruction_is_closed() -> None:
    command = Comment(**sent_by(MINISTRY_B_HEAD), text="See annex 2.")
    given([issued(), assigned(), submitted(), completed()]).when(command, at=NOW).then(
        [e.Commented(**done_by(MINISTRY_B_HEAD, NOW), text="See annex 2.")]
    )


def test_what_became_of_a_notice_is_recorded_in_the_systems_name() -> None:
    notice = NoticeKey(version=2, recipient=MINISTRY_A_HEAD, channel="email")

    def outcome(kind: str) -> RecordDelivery:
        return RecordDelivery.model_validate(
            {
                "command_id": "delivery",
                "actor": "system",
                "instruction": INSTRUCTION,
                "notice": notice,
                "outcome": kind,
                "detail": "<id@example.org>",
                "attempts": 3,
            }
        )

    specified = given([issued(), assigned()])
    specified.when(outcome("delivered"), at=NOW).then(
        [
            e.NotificationDelivered(
                **by_system(NOW), notice=notice, detail="<id@example.org>", attempts=3
            )
        ]
    )
    specified.when(outcome("failed"), at=NOW).then(
        [
            e.NotificationFailed(
                **by_system(NOW), notice=notice, detail="<id@example.org>", attempts=3
            )
        ]
    )
    specified.when(outcome("suppressed"), at=NOW).then(
        [e.NotificationSuppressed(**by_system(NOW), notice=notice, detail="<id@example.org>")]
    )
