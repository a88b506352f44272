"""What operators decide about escalations; what the machinery does is in test_escalation_chain."""

from datetime import date

import pytest

from domain.deadline import DeadlineRequest
from domain.instruction import events as e
from domain.instruction.commands import (
    AcknowledgeEscalation,
    ApproveExtension,
    ChangeDeadline,
    Deescalate,
    Escalate,
    Reassign,
    RefuseExtension,
    RequestExtension,
    Snooze,
)
from domain.instruction.deadlines import planned
from domain.rejections import Code
from tests.domain.specification import given
from tests.domain.world import (
    CONTROL_OFFICER,
    COUNCIL,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    COUNCIL_OPERATOR,
    DAY,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    MINISTRY_B,
    MINISTRY_B_HEAD,
    NOW,
    OF_TWO_BODIES,
    acknowledged,
    assigned,
    done_by,
    escalated,
    extension_requested,
    issued,
    sent_by,
    told,
    utc,
)

_IN_PROGRESS = (issued(), assigned(), acknowledged())


@pytest.mark.parametrize(
    ("to", "body", "recipients"),
    [
        ("lead", MINISTRY_A, (MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES)),
        ("controller", "control", (CONTROL_OFFICER,)),
        ("issuer", COUNCIL, (COUNCIL_HEAD, COUNCIL_OFFICER)),
        ("issuer-head", COUNCIL, (COUNCIL_HEAD,)),
        ("superior", COUNCIL, (COUNCIL_HEAD, COUNCIL_OFFICER)),
        ("body:ministry-b", MINISTRY_B, (MINISTRY_B_HEAD,)),
    ],
)
def test_an_operator_escalates_to(to: str, body: str, recipients: tuple[str, ...]) -> None:
    command = Escalate(**sent_by(COUNCIL_OPERATOR), to=to, reason="No word for a week.")
    given(_IN_PROGRESS).when(command, at=NOW).then(
        [
            e.Escalated(
                **done_by(COUNCIL_OPERATOR, NOW),
                to=to,
                body=body,
                reason="No word for a week.",
                moment=None,
                due_at=None,
                late=False,
                notices=told(*recipients),
            )
        ]
    )


@pytest.mark.parametrize("to", ["lead", "controller", "superior"])
def test_escalating_is_refused_to_a_party_the_instruction_does_not_have(to: str) -> None:
    command = Escalate(**sent_by(COUNCIL_OPERATOR), to=to, reason="No word.")
    given([issued(controller=None)]).when(command, at=NOW).refused(Code.INVALID, "to")


def test_a_lead_without_a_superior_has_none_to_escalate_to() -> None:
    command = Escalate(**sent_by(COUNCIL_OPERATOR), to="superior", reason="No word.")
    given([issued(), assigned(lead="supreme")]).when(command, at=NOW).refused(Code.INVALID, "to")


def test_escalating_is_refused_to_a_body_nobody_knows() -> None:
    command = Escalate(**sent_by(COUNCIL_OPERATOR), to="body:nobody", reason="No word.")
    given(_IN_PROGRESS).when(command, at=NOW).refused(Code.UNKNOWN, "to")


def test_acknowledging_an_escalation_says_until_when_to_keep_silent() -> None:
    command = AcknowledgeEscalation(**sent_by(COUNCIL_OPERATOR), until=NOW + DAY)
    given((*_IN_PROGRESS, escalated())).when(command, at=NOW).then(
        [e.EscalationAcknowledged(**done_by(COUNCIL_OPERATOR, NOW), until=NOW + DAY)]
    )


def test_silence_must_end_in_the_future() -> None:
    command = AcknowledgeEscalation(**sent_by(COUNCIL_OPERATOR), until=NOW)
    given((*_IN_PROGRESS, escalated())).when(command, at=NOW).refused(Code.INVALID, "until")


def test_de_escalating_ends_the_escalation() -> None:
    command = Deescalate(**sent_by(COUNCIL_OPERATOR), reason="Settled by telephone.")
    specified = given((*_IN_PROGRESS, escalated()))
    specified.when(command, at=NOW).then(
        [e.Deescalated(**done_by(COUNCIL_OPERATOR, NOW), reason="Settled by telephone.")]
    )
    specified.and_then(command, at=NOW).when(command, at=NOW).refused(Code.NO_ESCALATION)


def test_what_is_not_escalated_can_be_neither_acknowledged_nor_de_escalated() -> None:
    acknowledge = AcknowledgeEscalation(**sent_by(COUNCIL_OPERATOR), until=NOW + DAY)
    deescalate = Deescalate(**sent_by(COUNCIL_OPERATOR), reason="All is well.")
    given(_IN_PROGRESS).when(acknowledge, at=NOW).refused(Code.NO_ESCALATION)
    given(_IN_PROGRESS).when(deescalate, at=NOW).refused(Code.NO_ESCALATION)


def test_what_an_operator_snoozed_stays_silent_though_the_escalation_is_ended() -> None:
    until_december = Snooze(**sent_by(COUNCIL_OPERATOR), until=utc("2026-12-01 00:00"))
    settled = (
        given([issued(), assigned(), acknowledged(), escalated()])
        .and_then(until_december, at=NOW)
        .and_then(Deescalate(**sent_by(COUNCIL_OPERATOR), reason="Settled."), at=NOW)
        .and_then(
            ChangeDeadline(
                **sent_by(COUNCIL_OFFICER),
                deadline=DeadlineRequest(on=date(2026, 2, 20)),
                reason="Needed sooner.",
            ),
            at=NOW,
        )
    )
    steps = [m for m in planned(settled.state) if m.key.rule.startswith("overdue")]
    assert {m.acts_at for m in steps} == {utc("2026-12-01 00:00")}


def test_by_asking_again_nobody_holds_the_chain_up() -> None:
    asked = given([issued(), assigned(), acknowledged(), extension_requested()]).and_then(
        RefuseExtension(**sent_by(CONTROL_OFFICER), reason="No."), at=NOW
    )
    again = asked.and_then(
        RequestExtension(
            **sent_by(MINISTRY_A_HEAD),
            until=DeadlineRequest(on=date(2026, 5, 31)),
            reason="Please.",
        ),
        at=NOW,
    )
    assert next(m for m in planned(again.state) if m.key.rule == "overdue-1d")


def test_steps_held_by_a_request_go_on_when_it_is_approved() -> None:
    """Nobody has acknowledged for days: a later deadline does not change that."""
    requested = utc("2026-01-15 09:00")
    approved = (
        given([issued(), assigned(), extension_requested(requested)])
        .and_checked(at=utc("2026-01-19 09:00"))
        .and_then(ApproveExtension(**sent_by(CONTROL_OFFICER)), at=utc("2026-01-19 09:00"))
        .and_checked(at=utc("2026-01-19 09:00"))
    )
    fired = [e_.moment.rule for e_ in approved.history if isinstance(e_, e.Escalated) and e_.moment]
    assert fired == ["unacknowledged-3d", "unacknowledged-5d"]


def test_a_new_leads_first_request_holds_the_chain_whoever_asked_before() -> None:
    asked_again = (
        given([issued(), assigned(), acknowledged(), extension_requested()])
        .and_then(Reassign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_B), at=NOW)
        .and_then(
            RequestExtension(
                **sent_by(MINISTRY_B_HEAD),
                until=DeadlineRequest(on=date(2026, 5, 31)),
                reason="We are new to it.",
            ),
            at=NOW,
        )
    )
    assert not [m for m in planned(asked_again.state) if m.key.rule.startswith("overdue")]
