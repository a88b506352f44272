"""A point that the body has yet to decide: proposed, then adopted or refused."""

from datetime import date
from functools import partial

import pytest

from domain.deadline import DeadlineRequest
from domain.instruction import events as e
from domain.instruction.commands import Adopt, Comment, Propose, Refuse, Reopen
from domain.instruction.deadlines import next_wake
from domain.instruction.lateness import lateness
from domain.instruction.state import Cancelled, Issued, Proposed
from domain.instruction.terms import SourceDocument
from domain.policies import DEFAULT_POLICY, policy_hash
from domain.programme.terms import ProgrammePhase
from domain.rejections import Code
from tests.domain.specification import given
from tests.domain.world import (
    CONTROL_OFFICER,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    DAY,
    DEADLINE_AT,
    DEADLINE_DAY,
    ISSUED_AT,
    MINISTRY_A_HEAD,
    NOW,
    PROGRAMME,
    cancelled,
    done_by,
    facts_with_programme,
    issue,
    proposed,
    sent_by,
    told,
    until,
)

_PROTOCOL = SourceDocument(kind="protocol", number="3", dated=date(2026, 2, 1))


def _propose(**changes: object) -> Propose:
    fields = issue(**changes).model_dump(exclude={"type"})
    return Propose.model_validate(fields)


def test_a_proposal_is_put_on_record_and_nothing_falls_due() -> None:
    decided = given().when(_propose(), at=ISSUED_AT)
    decided.then([proposed()])
    state = given([proposed()]).known
    assert isinstance(state, Proposed)
    assert next_wake(state) is None
    given([proposed()]).when_checked(at=DEADLINE_AT + 30 * DAY).then_nothing()
    assert not lateness(state, DEADLINE_AT + 30 * DAY).behind_schedule


def test_a_proposal_is_checked_like_an_instruction() -> None:
    given().when(_propose(text="  "), at=ISSUED_AT).refused(Code.INVALID, "text")
    given().when(_propose(issuer="nobody"), at=ISSUED_AT).refused(Code.UNKNOWN, "issuer")
    given().when(_propose(), at=DEADLINE_AT).refused(Code.DEADLINE_IN_THE_PAST, "deadline")


def test_adopted_it_is_issued_with_the_deadline_proposed() -> None:
    given([proposed()]).when(Adopt(**sent_by(COUNCIL_HEAD), source=_PROTOCOL), at=NOW).then(
        [
            e.InstructionIssued(
                **done_by(COUNCIL_HEAD, NOW),
                number=proposed().number,
                text=proposed().text,
                issuer=proposed().issuer,
                controller=proposed().controller,
                programme=None,
                sector=None,
                source=_PROTOCOL,
                deadline=until(DEADLINE_DAY),
                policy=DEFAULT_POLICY,
                policy_hash=policy_hash(DEFAULT_POLICY),
                priority="normal",
                scheduled_from=NOW,
            )
        ]
    )
    state = given([proposed()]).and_then(Adopt(**sent_by(COUNCIL_HEAD)), at=NOW).known
    assert isinstance(state, Issued)
    assert state.record.issued_at == NOW
    assert next_wake(state) is not None


def test_adopted_with_another_deadline_that_one_is_the_original() -> None:
    later = DeadlineRequest(on=date(2026, 6, 30))
    state = given([proposed()]).and_then(Adopt(**sent_by(COUNCIL_HEAD), deadline=later), at=NOW)
    assert state.known.record.original_deadline == until(date(2026, 6, 30))


def test_a_proposal_whose_deadline_has_passed_is_adopted_only_with_a_new_one() -> None:
    given([proposed()]).when(Adopt(**sent_by(COUNCIL_HEAD)), at=DEADLINE_AT).refused(
        Code.DEADLINE_IN_THE_PAST, "deadline"
    )


def test_refused_it_is_closed_and_may_come_back_as_a_proposal() -> None:
    refuse = Refuse(**sent_by(COUNCIL_HEAD), reason="The railways are not ready.", source=_PROTOCOL)
    given([proposed()]).when(refuse, at=NOW).then(
        [
            e.Cancelled(
                **done_by(COUNCIL_HEAD, NOW),
                reason="The railways are not ready.",
                source=_PROTOCOL,
                notices=told(COUNCIL_OFFICER, CONTROL_OFFICER),
            )
        ]
    )
    refused = given([proposed()]).and_then(refuse, at=NOW)
    assert isinstance(refused.state, Cancelled)
    assert refused.state.refused_proposal
    again = refused.and_then(Reopen(**sent_by(COUNCIL_HEAD), reason="They are now."), at=NOW)
    assert isinstance(again.state, Proposed), "even after the deadline that was proposed"


def test_what_was_in_force_and_is_cancelled_was_no_proposal() -> None:
    state = given([proposed(), *given([proposed()]).when(
        Adopt(**sent_by(COUNCIL_HEAD)), at=NOW
    ).events, cancelled(NOW)]).state  # fmt: skip
    assert isinstance(state, Cancelled)
    assert not state.refused_proposal


def test_the_lead_to_be_has_no_say_in_a_proposal() -> None:
    given([proposed()]).when(Comment(**sent_by(MINISTRY_A_HEAD), text="We could."), at=NOW).refused(
        Code.NOT_AUTHORISED, "actor"
    )


@pytest.mark.parametrize(
    ("phase", "proposal", "charge"),
    [
        ("Drafted", None, Code.PROGRAMME_NOT_IN_FORCE),
        ("Adopted", None, None),
        ("Closed", Code.PROGRAMME_NOT_IN_FORCE, Code.PROGRAMME_NOT_IN_FORCE),
    ],
)
def test_a_draft_takes_proposals_and_only_a_programme_in_force_takes_measures(
    phase: ProgrammePhase, proposal: Code | None, charge: Code | None
) -> None:
    facts = partial(facts_with_programme, phase=phase)
    for decided, code in (
        (given([], facts).when(_propose(programme=PROGRAMME), at=ISSUED_AT), proposal),
        (given([], facts).when(issue(programme=PROGRAMME), at=ISSUED_AT), charge),
        (
            given([proposed(programme=PROGRAMME)], facts).when(
                Adopt(**sent_by(COUNCIL_HEAD)), at=NOW
            ),
            charge,
        ),
    ):
        if code is None:
            assert decided.events
        else:
            decided.refused(code, "programme")


def test_a_sector_is_one_of_those_the_programme_names() -> None:
    facts = partial(facts_with_programme, sectors=("transport",))
    inside = issue(programme=PROGRAMME, sector="transport")
    outside = issue(programme=PROGRAMME, sector="fisheries")
    assert given([], facts).when(inside, at=ISSUED_AT).events
    given([], facts).when(outside, at=ISSUED_AT).refused(Code.UNKNOWN, "sector")
