"""Steps that give the work to a superior, and what comes back; time to acknowledge and to accept."""

from datetime import timedelta

from domain.instruction import events as e
from domain.instruction.commands import Deescalate, Return, SubmitReport, WithdrawReport
from domain.instruction.state import Assigned
from domain.policies import EscalationStep, Policy
from domain.rejections import Code
from tests.domain.specification import Given, given
from tests.domain.world import (
    ASSIGNED_AT,
    CONTROL_OFFICER,
    COUNCIL,
    COUNCIL_HEAD,
    COUNCIL_OPERATOR,
    DAY,
    DEADLINE_AT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_B,
    NOW,
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


def test_ending_the_escalation_gives_it_back_only_if_told_to() -> None:
    at = DEADLINE_AT + 2 * DAY
    assert _TAKEN.and_then(_give_back(give_back=False), at=at).known.record.lead == COUNCIL
    back = _TAKEN.and_then(_give_back(), at=at).known.record
    assert (back.lead, back.co_assignees) == (MINISTRY_A, (MINISTRY_B,))
    assert back.escalation.taken_from is None


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
