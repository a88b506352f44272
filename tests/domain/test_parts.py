"""Sub-instructions, measures carried over, and heirs of bodies that were reorganised."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from domain.deadline import DeadlineRequest
from domain.directory.commands import ReorganiseBody
from domain.facts import Facts
from domain.identifiers import BodyId, instruction_id
from domain.instruction import events as e
from domain.instruction.commands import (
    Acknowledge,
    ApproveExtension,
    CarryOver,
    ChangeDeadline,
    Comment,
    IssueAsPart,
    IssueSubInstruction,
    SubmitReport,
)
from domain.instruction.deadlines import next_wake
from domain.instruction.decisions.parts import founded_with
from domain.instruction.state import Departure, InProgress, Part, Reported
from domain.rejections import Code
from tests.domain.specification import Given, given
from tests.domain.world import (
    ADMINISTRATOR,
    CONTROL,
    CONTROL_OFFICER,
    COUNCIL,
    COUNCIL_OFFICER,
    DAY,
    DEADLINE_AT,
    INSTRUCTION,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    MINISTRY_B,
    MINISTRY_B_HEAD,
    NEXT_PROGRAMME,
    NOW,
    OF_TWO_BODIES,
    PROGRAMME,
    REGION,
    REGION_HEAD,
    acknowledged,
    assigned,
    by_system,
    cancelled,
    completed,
    directory,
    done_by,
    extension_requested,
    facts,
    facts_with_programme,
    issued,
    observers_set,
    sent_by,
    set_up_further,
    submitted,
    suspended,
    told,
    utc,
)

_AT_WORK = (issued(), assigned(), acknowledged())
_PART = "SC-17/4-1"
_IN_FEBRUARY = DeadlineRequest(on=date(2026, 2, 28))


def _issue_part(
    deadline: DeadlineRequest = _IN_FEBRUARY, number: str = _PART
) -> IssueSubInstruction:
    return IssueSubInstruction(
        **sent_by(MINISTRY_A_HEAD), number=number, text="Draft the annex.", deadline=deadline
    )


def _under(parent: Given) -> Facts:
    return replace(facts(), parent=parent.known)


def _founded(command: IssueSubInstruction) -> IssueAsPart:
    part = founded_with(command, given(_AT_WORK).state)
    assert part is not None
    return part


def test_the_lead_splits_off_a_part_and_charges_with_it_itself() -> None:
    command = _issue_part()
    here = given(_AT_WORK).when(command, at=NOW)
    here.then(
        [
            e.SubInstructionIssued(
                **done_by(MINISTRY_A_HEAD, NOW), part=instruction_id(_PART), number=_PART
            )
        ]
    )
    [there] = given([], partial(_under, given(_AT_WORK))).when(_founded(command), at=NOW).events[:1]
    assert isinstance(there, e.InstructionIssued)
    assert (there.number, there.issuer, there.controller) == (_PART, MINISTRY_A, MINISTRY_A)
    assert (there.parent, there.by) == (INSTRUCTION, done_by(MINISTRY_A_HEAD, NOW)["by"])
    parent = given(_AT_WORK + here.events).known
    assert parent.record.parts == (Part(instruction=instruction_id(_PART), number=_PART),)


def test_nothing_is_founded_by_any_other_command_or_without_a_lead() -> None:
    assert founded_with(Acknowledge(**sent_by(MINISTRY_A_HEAD)), given(_AT_WORK).state) is None
    assert founded_with(_issue_part(), given([issued()]).state) is None
    assert founded_with(_issue_part(), given([]).state) is None


def test_a_part_is_due_no_later_than_the_whole() -> None:
    later = DeadlineRequest(at=DEADLINE_AT + timedelta(seconds=1))
    under = given([], partial(_under, given(_AT_WORK)))
    under.when(_founded(_issue_part(later)), at=NOW).refused(Code.DEADLINE_AFTER_PARENT, "deadline")
    assert under.when(_founded(_issue_part(DeadlineRequest(at=DEADLINE_AT))), at=NOW).events
    part = [issued(parent=instruction_id("SC-17")), assigned(), extension_requested()]
    whole = partial(_under, given(_AT_WORK))
    change = ChangeDeadline(**sent_by(COUNCIL_OFFICER), deadline=later, reason="More to do.")
    given(part, whole).when(change, at=NOW).refused(Code.DEADLINE_AFTER_PARENT, "deadline")
    approve = ApproveExtension(**sent_by(CONTROL_OFFICER))
    given(part, whole).when(approve, at=NOW).refused(Code.DEADLINE_AFTER_PARENT, "until")


def test_a_part_has_a_number_of_its_own() -> None:
    number = issued().number
    given(_AT_WORK).when(_issue_part(number=number), at=NOW).refused(Code.INVALID, "number")


def test_the_whole_is_not_reported_while_parts_are_open() -> None:
    submit = SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done.")
    with_open_parts = partial(replace, facts(), open_parts=(_PART, "SC-17/4-2"))
    decided = given(_AT_WORK, with_open_parts).when(submit, at=NOW)
    decided.refused(Code.PARTS_STILL_OPEN)
    assert _PART in str(decided.outcome)
    assert isinstance(given(_AT_WORK).and_then(submit, at=NOW).state, Reported)


_MEASURE = (issued(programme=PROGRAMME), assigned(), acknowledged())
_NEXT = partial(facts_with_programme, NEXT_PROGRAMME)


def _carry_over(into: str = NEXT_PROGRAMME) -> CarryOver:
    return CarryOver(**sent_by(COUNCIL_OFFICER), into=into)


def test_a_measure_goes_on_in_the_next_programme_with_its_history() -> None:
    given(_MEASURE, _NEXT).when(_carry_over(), at=NOW).then(
        [
            e.CarriedOver(
                **done_by(COUNCIL_OFFICER, NOW), programme=NEXT_PROGRAMME, carried_from=PROGRAMME
            )
        ]
    )
    before = given(_MEASURE, _NEXT)
    after = before.and_then(_carry_over(), at=NOW)
    assert isinstance(after.state, InProgress)
    assert after.known.record.programme == NEXT_PROGRAMME
    assert after.known.record.carried_over == (Departure(programme=PROGRAMME, at=NOW),)
    assert next_wake(after.state) == next_wake(before.state), "deadline and reminders are the same"


def test_what_is_suspended_may_be_carried_over_and_what_is_closed_may_not() -> None:
    assert given([*_MEASURE, suspended()], _NEXT).when(_carry_over(), at=NOW).events
    closed = [*_MEASURE, submitted(), completed()]
    given(closed, _NEXT).when(_carry_over(), at=NOW).refused(Code.NOT_IN_THIS_PHASE)


def test_only_a_measure_is_carried_over_and_only_into_another_programme_in_force() -> None:
    given(_AT_WORK, _NEXT).when(_carry_over(), at=NOW).refused(Code.INVALID, "into")
    here = partial(facts_with_programme, PROGRAMME)
    given(_MEASURE, here).when(_carry_over(PROGRAMME), at=NOW).refused(Code.INVALID, "into")
    given(_MEASURE).when(_carry_over(), at=NOW).refused(Code.UNKNOWN, "into")
    draft = partial(facts_with_programme, NEXT_PROGRAMME, phase="Drafted")
    given(_MEASURE, draft).when(_carry_over(), at=NOW).refused(Code.PROGRAMME_NOT_IN_FORCE, "into")
    elsewhere = _NEXT()
    assert elsewhere.programme is not None
    foreign = replace(elsewhere, programme=replace(elsewhere.programme, body=REGION))
    given(_MEASURE, lambda: foreign).when(_carry_over(), at=NOW).refused(
        Code.NOT_AUTHORISED, "actor"
    )


def _after_merger(*merged: BodyId, heir: BodyId) -> Facts:
    """The bodies are merged into the heir on 1 February 2026."""
    commands = [
        ReorganiseBody(
            command_id=f"reorganise-{body}",
            actor=ADMINISTRATOR,
            body=body,
            kind="merged",
            into=(heir,),
            heir=heir,
            on=date(2026, 2, 1),
        )
        for body in merged
    ]
    state = set_up_further(directory(), commands, at=utc("2026-02-01 09:00"))
    return replace(facts(), directory=state)


def test_an_heir_takes_the_place_of_a_merged_body_before_anything_else() -> None:
    merged = partial(_after_merger, MINISTRY_A, heir=REGION)
    given([issued(), assigned()], merged).when(Acknowledge(**sent_by(REGION_HEAD)), at=NOW).then(
        [
            e.BodySucceeded(
                **by_system(NOW),
                body=MINISTRY_A,
                heir=REGION,
                notices=told(REGION_HEAD, OF_TWO_BODIES),
            ),
            e.AssignmentAcknowledged(**done_by(REGION_HEAD, NOW)),
        ]
    )
    moved = given([issued(), assigned()], merged).and_checked(at=NOW)
    assert moved.known.record.lead == REGION
    assert [ev.type for ev in moved.history].count("BodySucceeded") == 1


def test_a_body_that_was_merged_has_no_say_any_more() -> None:
    merged = partial(_after_merger, MINISTRY_A, heir=REGION)
    for person in (MINISTRY_A_HEAD, MINISTRY_A_OFFICER):
        given([issued(), assigned()], merged).when(Acknowledge(**sent_by(person)), at=NOW).refused(
            Code.NOT_AUTHORISED, "actor"
        )


def test_the_heir_stands_in_every_role_and_once_in_each() -> None:
    history = (
        issued(controller=MINISTRY_A),
        observers_set(MINISTRY_A, CONTROL),
        assigned(co_assignees=(MINISTRY_A, MINISTRY_B), lead=REGION),
    )
    merged = partial(_after_merger, MINISTRY_A, CONTROL, heir=MINISTRY_B)
    record = given(history, merged).and_checked(at=NOW).known.record
    assert (record.lead, record.co_assignees) == (REGION, (MINISTRY_B,))
    assert (record.issuer, record.controller) == (COUNCIL, MINISTRY_B)
    assert record.observers == (MINISTRY_B,)


def test_a_lead_that_inherits_from_its_helper_helps_itself_no_more() -> None:
    merged = partial(_after_merger, MINISTRY_B, heir=MINISTRY_A)
    record = given(_AT_WORK, merged).and_checked(at=NOW).known.record
    assert (record.lead, record.co_assignees) == (MINISTRY_A, ())


def test_what_is_closed_stays_with_the_bodies_that_closed_it() -> None:
    merged = partial(_after_merger, MINISTRY_A, heir=REGION)
    for history in ((*_AT_WORK, submitted(), completed()), (*_AT_WORK, cancelled())):
        given(history, merged).when(
            Comment(**sent_by(COUNCIL_OFFICER), text="Filed."), at=NOW
        ).then([e.Commented(**done_by(COUNCIL_OFFICER, NOW), text="Filed.")])


def test_a_refused_command_moves_nothing() -> None:
    merged = partial(_after_merger, MINISTRY_A, heir=REGION)
    given([issued(), assigned()], merged).when(
        Acknowledge(**sent_by(MINISTRY_B_HEAD)), at=NOW
    ).refused(Code.NOT_AUTHORISED, "actor")


def test_before_the_reorganisation_nothing_moves() -> None:
    merged = partial(_after_merger, MINISTRY_A, heir=REGION)
    given(_AT_WORK, merged).when_checked(at=utc("2026-01-31 09:00") - 3 * DAY).then_nothing()
