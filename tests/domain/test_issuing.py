"""Issue, Assign and Cancel: what the issuer decides."""

from datetime import date

import pytest

from domain.attribution import Backdating
from domain.deadline import DeadlineRequest
from domain.instruction import events as e
from domain.instruction.commands import Assign, Cancel, Comment
from domain.policies import DEFAULT_POLICY, EscalationStep, Policy, policy_hash
from domain.rejections import Code
from tests.domain.specification import given
from tests.domain.world import (
    ASSIGNED_AT,
    CONTROL,
    CONTROL_OFFICER,
    COUNCIL,
    COUNCIL_OFFICER,
    COUNCIL_REGISTRAR,
    DAY,
    ISSUED_AT,
    JOINT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    MINISTRY_B,
    MINISTRY_B_HEAD,
    NOW,
    NUMBER,
    OF_TWO_BODIES,
    PROGRAMME,
    SUPREME,
    SUPREME_HEAD,
    acknowledged,
    assigned,
    by,
    done_by,
    facts_with_programme,
    issue,
    issued,
    sent_by,
    submitted,
    told,
    until,
    utc,
)


def test_issuing_founds_the_instruction_with_its_deadline_computed_and_its_policy_copied() -> None:
    given().when(issue(), at=ISSUED_AT).then(
        [
            e.InstructionIssued(
                **done_by(COUNCIL_OFFICER, ISSUED_AT),
                number=NUMBER,
                text="Agree on common phytosanitary rules.",
                issuer=COUNCIL,
                controller=CONTROL,
                programme=None,
                sector=None,
                source=None,
                deadline=until(date(2026, 3, 31)),
                policy=DEFAULT_POLICY,
                policy_hash=policy_hash(DEFAULT_POLICY),
                priority="normal",
                scheduled_from=ISSUED_AT,
            )
        ]
    )


def test_an_instruction_may_be_issued_as_a_measure_of_a_programme() -> None:
    command = issue(programme=PROGRAMME, sector="Agriculture")
    [event] = given(facts=facts_with_programme).when(command, at=ISSUED_AT).events
    assert isinstance(event, e.InstructionIssued)
    assert (event.programme, event.sector) == (PROGRAMME, "Agriculture")


def test_the_deadline_ends_in_the_zone_given_rather_than_the_issuers() -> None:
    [event] = given().when(issue(zone="Asia/Vladivostok"), at=ISSUED_AT).events
    assert isinstance(event, e.InstructionIssued)
    assert event.deadline == until(date(2026, 3, 31), "Asia/Vladivostok")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"text": " \n"}, Code.INVALID, "text"),
        ({"controller": "nobody"}, Code.UNKNOWN, "controller"),
        ({"controller": JOINT}, Code.BODY_NOT_ESTABLISHED, "controller"),
        ({"programme": "programme-2030"}, Code.UNKNOWN, "programme"),
        ({"zone": "Europe/Atlantis"}, Code.INVALID, "zone"),
        ({"zone": "../etc/passwd"}, Code.INVALID, "zone"),
        (
            {"deadline": DeadlineRequest(at=ISSUED_AT)},
            Code.DEADLINE_IN_THE_PAST,
            "deadline",
        ),
        (
            {"deadline": DeadlineRequest(on=date(2026, 1, 11))},
            Code.DEADLINE_IN_THE_PAST,
            "deadline",
        ),
        (
            {
                "policy": Policy(
                    id="to-nobody",
                    escalation=(
                        EscalationStep(id="step", after=DAY, since="deadline", to="body:nobody"),
                    ),
                )
            },
            Code.UNKNOWN,
            "policy",
        ),
        ({"actor": MINISTRY_A_HEAD}, Code.NOT_AUTHORISED, "actor"),
        ({"issuer": "nobody"}, Code.UNKNOWN, "issuer"),
        (
            {"backdated": Backdating(at=ISSUED_AT + DAY, reason="?")},
            Code.OCCURRED_IN_THE_FUTURE,
            "backdated",
        ),
    ],
)
def test_issuing_is_refused_for(changes: dict[str, object], code: Code, field: str) -> None:
    given().when(issue(**changes), at=ISSUED_AT).refused(code, field)


def test_a_policy_may_name_a_body_that_is_yet_to_be_established() -> None:
    step = EscalationStep(id="step", after=DAY, since="deadline", to=f"body:{JOINT}")
    policy = Policy(id="to-the-joint-body", escalation=(step,))
    assert given().when(issue(policy=policy), at=ISSUED_AT).events == (issued(policy=policy),)


def test_an_instruction_is_issued_once() -> None:
    given([issued()]).when(issue(), at=NOW).refused(Code.ALREADY_ISSUED, "number")


def test_nothing_can_be_done_to_an_instruction_that_is_not_issued() -> None:
    comment = Comment(**sent_by(COUNCIL_OFFICER), text="Where is it?")
    given().when(comment, at=NOW).refused(Code.NOT_ISSUED, "instruction")


def test_assigning_names_lead_and_co_assignees_and_tells_both() -> None:
    command = Assign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A, co_assignees=(MINISTRY_B,))
    given([issued()]).when(command, at=ASSIGNED_AT).then(
        [
            e.InstructionAssigned(
                **done_by(COUNCIL_OFFICER, ASSIGNED_AT),
                lead=MINISTRY_A,
                co_assignees=(MINISTRY_B,),
                scheduled_from=ASSIGNED_AT,
                notices=told(MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES, MINISTRY_B_HEAD),
            )
        ]
    )


@pytest.mark.parametrize(
    ("lead", "co_assignees", "code", "field"),
    [
        ("nobody", (), Code.UNKNOWN, "lead"),
        (JOINT, (), Code.BODY_NOT_ESTABLISHED, "lead"),
        (MINISTRY_A, ("nobody",), Code.UNKNOWN, "co_assignees"),
        (MINISTRY_A, (MINISTRY_B, JOINT), Code.BODY_NOT_ESTABLISHED, "co_assignees"),
        (MINISTRY_A, (MINISTRY_B, MINISTRY_A), Code.INVALID, "co_assignees"),
    ],
)
def test_assigning_is_refused_to(
    lead: str, co_assignees: tuple[str, ...], code: Code, field: str
) -> None:
    command = Assign(**sent_by(COUNCIL_OFFICER), lead=lead, co_assignees=co_assignees)
    given([issued()]).when(command, at=NOW).refused(code, field)


def test_a_body_can_be_charged_from_the_first_hour_of_its_founding_day_where_it_sits() -> None:
    history = [issued(deadline=date(2027, 6, 30))]
    command = Assign(**sent_by(COUNCIL_OFFICER), lead=JOINT)
    new_year_in_minsk = utc("2026-12-31 21:00")
    given(history).when(command, at=new_year_in_minsk - DAY / 86400).refused(
        Code.BODY_NOT_ESTABLISHED, "lead"
    )
    assert given(history).when(command, at=new_year_in_minsk).types == ["InstructionAssigned"]


def test_cancelling_tells_assignees_and_controller() -> None:
    command = Cancel(**sent_by(COUNCIL_OFFICER), reason="Overtaken by the treaty.")
    given([issued(), assigned(), acknowledged(), submitted()]).when(command, at=NOW).then(
        [
            e.Cancelled(
                **done_by(COUNCIL_OFFICER, NOW),
                reason="Overtaken by the treaty.",
                notices=told(
                    MINISTRY_A_HEAD,
                    MINISTRY_A_OFFICER,
                    OF_TWO_BODIES,
                    MINISTRY_B_HEAD,
                    CONTROL_OFFICER,
                ),
            )
        ]
    )


def test_what_happened_earlier_is_entered_by_a_registrar_and_tells_nobody() -> None:
    happened = utc("2026-01-13 15:00")
    command = Assign(
        **sent_by(COUNCIL_REGISTRAR),
        on_behalf_of=COUNCIL,
        backdated=Backdating(at=happened, reason="Decided by word of mouth."),
        lead=MINISTRY_A,
    )
    attribution = by(COUNCIL_REGISTRAR).model_copy(
        update={"backdating_reason": "Decided by word of mouth."}
    )
    given([issued()]).when(command, at=utc("2026-01-14 09:00")).then(
        [
            e.InstructionAssigned(
                occurred_at=happened,
                by=attribution,
                lead=MINISTRY_A,
                co_assignees=(),
                scheduled_from=utc("2026-01-14 09:00"),
                notices=(),
            )
        ]
    )


def test_nothing_happened_to_an_instruction_before_it_was_issued() -> None:
    early = Backdating(at=ISSUED_AT - DAY, reason="By mistake.")
    command = Comment(**sent_by(COUNCIL_REGISTRAR), backdated=early, text="?")
    given([issued()]).when(command, at=NOW).refused(Code.INVALID, "backdated")


def test_what_happened_cannot_be_entered_before_it_happened() -> None:
    tomorrow = Backdating(at=NOW + DAY, reason="In good time.")
    command = Comment(**sent_by(COUNCIL_REGISTRAR), backdated=tomorrow, text="?")
    given([issued()]).when(command, at=NOW).refused(Code.OCCURRED_IN_THE_FUTURE, "backdated")


def test_a_co_assignee_is_named_once() -> None:
    assign = Assign(
        **sent_by(COUNCIL_OFFICER), lead=MINISTRY_A, co_assignees=(MINISTRY_B, MINISTRY_B)
    )
    given([issued()]).when(assign, at=NOW).refused(Code.INVALID, "co_assignees")


def test_a_measure_is_issued_by_the_programmes_body_or_one_below_it() -> None:
    below = issue(actor=MINISTRY_A_HEAD, issuer=MINISTRY_A, programme=PROGRAMME)
    assert given([], facts_with_programme).when(below, at=NOW).types == ["InstructionIssued"]
    above = issue(actor=SUPREME_HEAD, issuer=SUPREME, programme=PROGRAMME)
    given([], facts_with_programme).when(above, at=NOW).refused(Code.NOT_AUTHORISED, "programme")


def test_whoever_may_not_issue_is_told_that_alone() -> None:
    """Neither whether the number is taken nor, without an office, whether there is such a body."""
    stranger = issue(actor=MINISTRY_A_HEAD)
    for before in ([], [issued()]):
        given(before).when(stranger, at=NOW).refused(Code.NOT_AUTHORISED, "actor")
        nobody = issue(actor="p-nobody", issuer="nowhere")
        given(before).when(nobody, at=NOW).refused(Code.NOT_AUTHORISED, "actor")
        given(before).when(issue(issuer="nowhere"), at=NOW).refused(Code.UNKNOWN, "issuer")


def test_an_existing_number_is_refused_as_such_to_whoever_uses_it() -> None:
    other = issue(actor=MINISTRY_A_HEAD, issuer=MINISTRY_A)
    given([issued()]).when(other, at=NOW).refused(Code.ALREADY_ISSUED, "number")
