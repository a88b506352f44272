"""Steps that give the work to a superior, and what comes back; time to acknowledge and to accept."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from domain.instruction import events as e
from domain.instruction.commands import Deescalate, Return, SubmitReport, WithdrawReport
from domain.instruction.state import Assigned
from domain.policies import EscalationStep, Policy
from domain.rejections import Code
from tests.domain.specification import Given, given
from tests.domain.test_parts import after_merger
from tests.domain.world import (
    ASSIGNED_AT,
    CONTROL_OFFICER,
    COUNCIL,
    COUNCIL_HEAD,
    COUNCIL_OPERATOR,
    DAY,
    DEADLINE_AT,
    JOINT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_B,
    NOW,
    REGION,
    SUBMITTED_AT,
    acknowledged,
    assigned,
    issued,
    key,
    sent_by,
    submitted,
)

_TAKING = Policy(
    id="taking",
    escalation=(
        EscalationStep(id="take", after=DAY, since="deadline", to="superior", action="reassign"),
    ),
)
_TAKEN = given((issued(policy=_TAKING), assigned(), acknowledged())).and_checked(
    at=DEADLINE_AT + DAY
)


def _give_back(**fields: object) -> Deescalate:
    return Deescalate.model_validate(
        {**sent_by(COUNCIL_OPERATOR), "reason": "Settled.", "give_back": True, **fields}
    )


def test_the_superior_takes_the_work_and_the_lead_helps_on() -> None:
    given((issued(policy=_TAKING), assigned(), acknowledged()))
    record = _TAKEN.known.record
    assert isinstance(_TAKEN.known, Assigned)
    assert (record.lead, record.co_assignees) == (COUNCIL, (MINISTRY_A, MINISTRY_B))
    escalated, taken = [
        ev for ev in _TAKEN.history if isinstance(ev, e.Escalated | e.InstructionAssigned)
    ][1:]
    assert isinstance(escalated, e.Escalated)
    assert escalated.body == COUNCIL
    assert isinstance(taken, e.InstructionAssigned)
    assert COUNCIL_HEAD in {to.person for to in taken.notices}
    assert MINISTRY_A_HEAD in {to.person for to in taken.notices}


@pytest.mark.parametrize("since", ["submission", "previous"])
def test_no_step_on_from_a_submission_may_reassign(since: str) -> None:
    steps = [
        {"id": "tell", "after": "P1D", "since": "submission", "to": "issuer"},
        {"id": "take", "after": "P1D", "since": since, "to": "superior", "action": "reassign"},
    ]
    with pytest.raises(ValidationError, match="take: what is reported is not reassigned"):
        Policy.model_validate({"id": "taking", "escalation": steps})
    steps[0]["since"], steps[1]["since"] = "deadline", "previous"
    assert Policy.model_validate({"id": "taking", "escalation": steps}).step("take")


def test_what_is_reported_is_brought_before_the_superior_but_not_taken() -> None:
    """Such a policy is refused; one that came here all the same says nothing that is then not so."""
    take = _TAKING.escalation[0].model_copy(update={"since": "submission"})
    policy = _TAKING.model_copy(update={"escalation": (take,)})
    founded = issued().model_copy(update={"policy": policy})
    reported = given((founded, assigned(), acknowledged(), submitted()))
    told = reported.and_checked(at=SUBMITTED_AT + DAY)
    [escalated] = [ev for ev in told.history if isinstance(ev, e.Escalated)]
    assert escalated.body == COUNCIL
    assert len([ev for ev in told.history if isinstance(ev, e.InstructionAssigned)]) == 1
    told.when(_give_back(), at=SUBMITTED_AT + 2 * DAY).refused(Code.INVALID, "give_back")


def test_ending_the_escalation_gives_it_back_only_if_told_to() -> None:
    at = DEADLINE_AT + 2 * DAY
    assert _TAKEN.and_then(_give_back(give_back=False), at=at).known.record.lead == COUNCIL
    back = _TAKEN.and_then(_give_back(), at=at).known.record
    assert (back.lead, back.co_assignees) == (MINISTRY_A, (MINISTRY_B,))
    assert back.escalation.taken_from is None


def test_it_is_given_back_to_the_heir_of_whom_it_was_taken_from() -> None:
    merged = Given(_TAKEN.history, after_merger(MINISTRY_A, heir=REGION))
    back = merged.and_then(_give_back(), at=DEADLINE_AT + 2 * DAY).known.record
    assert (back.lead, back.co_assignees) == (REGION, (MINISTRY_B,))


def test_what_no_escalation_took_is_not_given_back() -> None:
    quiet = EscalationStep(id="tell", after=DAY, since="deadline", to="controller")
    told_only = Policy(id="telling", escalation=(quiet,))
    specified = given((issued(policy=told_only), assigned(), acknowledged()))
    late = specified.and_checked(at=DEADLINE_AT + DAY)
    late.when(_give_back(), at=DEADLINE_AT + 2 * DAY).refused(Code.INVALID, "give_back")


def test_while_nobody_is_assigned_there_is_nothing_to_take() -> None:
    unassigned = given((issued(policy=_TAKING),)).and_checked(at=DEADLINE_AT + DAY)
    assert unassigned.known.record.lead is None
    assert "Escalated" in [ev.type for ev in unassigned.history]


_ACCEPTANCE = Policy(
    id="acceptance",
    acknowledge_within=2 * DAY,
    accept_within=3 * DAY,
    escalation=(
        EscalationStep(id="undecided", after=5 * DAY, since="submission", to="issuer-head"),
    ),
)


def _reported(at_work: Given) -> Given:
    return at_work.and_then(SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done."), at=NOW)


def _passed(of: Given) -> list[tuple[str, timedelta]]:
    return [
        (ev.moment.rule, ev.occurred_at - NOW)
        for ev in of.history
        if isinstance(ev, e.DeadlinePassed | e.Escalated) and ev.moment is not None
    ]


def test_what_is_not_acknowledged_in_time_is_on_record() -> None:
    silent = given((issued(policy=_ACCEPTANCE), assigned()))
    [passed] = silent.when_checked(at=ASSIGNED_AT + 2 * DAY).events
    assert isinstance(passed, e.DeadlinePassed)
    assert passed.moment == key("acknowledgement")
    begun = given((issued(policy=_ACCEPTANCE), assigned(), acknowledged()))
    begun.when_checked(at=ASSIGNED_AT + 2 * DAY).then_nothing()


def test_a_report_that_nobody_decides_on_goes_up() -> None:
    reported = _reported(given((issued(policy=_ACCEPTANCE), assigned(), acknowledged())))
    for day in range(8):
        reported = reported.and_checked(at=NOW + day * DAY)
    assert _passed(reported) == [("acceptance", 3 * DAY), ("undecided", 5 * DAY)]


def test_a_verdict_or_a_withdrawal_ends_the_wait_and_the_next_report_begins_another() -> None:
    reported = _reported(given((issued(policy=_ACCEPTANCE), assigned(), acknowledged())))
    for ends in (
        Return(**sent_by(CONTROL_OFFICER), reason="The annex is missing."),
        WithdrawReport(**sent_by(MINISTRY_A_HEAD)),
    ):
        back = reported.and_then(ends, at=NOW + DAY)
        back.when_checked(at=NOW + 20 * DAY).then_nothing()
        again = back.and_then(
            SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Now."), at=NOW + 20 * DAY
        )
        [passed] = again.when_checked(at=NOW + 23 * DAY).events
        assert isinstance(passed, e.DeadlinePassed)
        assert passed.moment == key("acceptance", revision=2)


def test_a_report_entered_as_history_is_not_asked_after() -> None:
    entered = submitted(NOW - 10 * DAY).model_copy(update={"scheduled_from": NOW})
    reported = given((issued(policy=_ACCEPTANCE), assigned(), acknowledged(), entered))
    rules = [ev.type for ev in reported.and_checked(at=NOW + 20 * DAY).history]
    assert "Escalated" not in rules


def test_a_body_that_is_not_established_yet_is_told_but_takes_nothing_and_nothing_is_given_back() -> (
    None
):
    to_joint = EscalationStep(
        id="take", after=DAY, since="deadline", to=f"body:{JOINT}", action="reassign"
    )
    history = (
        issued(policy=Policy(id="joint", escalation=(to_joint,))),
        assigned(),
        acknowledged(),
    )
    late = given(history).and_checked(at=DEADLINE_AT + DAY)
    assert [ev.body for ev in late.history if isinstance(ev, e.Escalated)] == [JOINT]
    assert late.known.record.leads == (MINISTRY_A,)
    late.when(_give_back(), at=DEADLINE_AT + 2 * DAY).refused(Code.INVALID, "give_back")
