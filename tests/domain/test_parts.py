"""Sub-instructions, measures carried over, and heirs of bodies that were reorganised."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from domain.deadline import DeadlineRequest
from domain.directory.commands import (
    AnyDirectoryCommand,
    Appoint,
    RegisterOffice,
    ReorganiseBody,
)
from domain.facts import Facts
from domain.identifiers import BodyId, instruction_id
from domain.instruction import events as e
from domain.instruction.commands import (
    Acknowledge,
    Adopt,
    ApproveExtension,
    CarryOver,
    ChangeDeadline,
    Comment,
    IssueAsPart,
    IssueSubInstruction,
    Reopen,
    RequestExtension,
    Resume,
    Return,
    SubmitReport,
)
from domain.instruction.deadlines import next_wake
from domain.instruction.decisions.parts import founded_with
from domain.instruction.state import Departure, InProgress, Issued, Part, Reported
from domain.outcomes import Rejected
from domain.rejections import Code
from domain.value import to_the_minute
from tests.domain.specification import Given, given
from tests.domain.world import (
    ADMINISTRATOR,
    AT_WORK,
    CONTROL,
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
    MINISTRY_B,
    MINISTRY_B_HEAD,
    NEXT_PROGRAMME,
    NOW,
    OF_TWO_BODIES,
    PROGRAMME,
    REGION,
    REGION_HEAD,
    SUPREME,
    SUPREME_HEAD,
    SUPREME_REGISTRAR,
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
    issue,
    issued,
    observers_set,
    part_ended,
    proposed,
    sent_by,
    set_up_further,
    submitted,
    suspended,
    told,
    utc,
)

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
    split = given(AT_WORK).when(command, at=NOW)
    part = founded_with(command, split.events, given(AT_WORK + split.events).known)
    assert part is not None
    return part


def test_the_lead_splits_off_a_part_and_charges_with_it_itself() -> None:
    command = _issue_part()
    here = given(AT_WORK).when(command, at=NOW)
    here.then(
        [
            e.SubInstructionIssued(
                **done_by(MINISTRY_A_HEAD, NOW), part=instruction_id(_PART), number=_PART
            )
        ]
    )
    [there] = given([], partial(_under, given(AT_WORK))).when(_founded(command), at=NOW).events[:1]
    assert isinstance(there, e.InstructionIssued)
    assert (there.number, there.issuer, there.controller) == (_PART, MINISTRY_A, MINISTRY_A)
    assert (there.parent, there.by) == (INSTRUCTION, done_by(MINISTRY_A_HEAD, NOW)["by"])
    parent = given(AT_WORK + here.events).known
    assert parent.record.parts == (Part(instruction=instruction_id(_PART), number=_PART),)


def test_nothing_is_founded_by_any_other_command() -> None:
    assert founded_with(Acknowledge(**sent_by(MINISTRY_A_HEAD)), [], given(AT_WORK).known) is None


def test_a_part_is_due_no_later_than_the_whole() -> None:
    later = DeadlineRequest(at=DEADLINE_AT + timedelta(seconds=1))
    under = given([], partial(_under, given(AT_WORK)))
    under.when(_founded(_issue_part(later)), at=NOW).refused(Code.DEADLINE_AFTER_PARENT, "deadline")
    assert under.when(_founded(_issue_part(DeadlineRequest(at=DEADLINE_AT))), at=NOW).events
    part = [issued(parent=instruction_id("SC-17")), assigned(), extension_requested()]
    whole = partial(_under, given(AT_WORK))
    change = ChangeDeadline(**sent_by(COUNCIL_OFFICER), deadline=later, reason="More to do.")
    given(part, whole).when(change, at=NOW).refused(Code.DEADLINE_AFTER_PARENT, "deadline")
    approve = ApproveExtension(**sent_by(CONTROL_OFFICER))
    given(part, whole).when(approve, at=NOW).refused(Code.DEADLINE_AFTER_PARENT, "until")


def test_who_leads_a_part_is_not_told_of_the_whole_what_they_need_not_see() -> None:
    later = DeadlineRequest(at=DEADLINE_AT + timedelta(seconds=1))
    part = [issued(parent=instruction_id("SC-17")), assigned()]
    ask = RequestExtension(**sent_by(MINISTRY_A_HEAD), until=later, reason="More to do.")
    outcome = given(part, partial(_under, given(AT_WORK))).when(ask, at=NOW).outcome
    assert isinstance(outcome, Rejected)
    assert outcome.code == Code.DEADLINE_AFTER_PARENT
    whole = given(AT_WORK).known.record
    assert whole.number not in outcome.message
    assert to_the_minute(whole.deadline.instant) not in outcome.message


def test_a_part_has_a_number_of_its_own() -> None:
    number = issued().number
    given(AT_WORK).when(_issue_part(number=number), at=NOW).refused(Code.INVALID, "number")


def test_the_whole_is_not_reported_while_parts_are_open() -> None:
    submit = SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done.")
    split = given(AT_WORK).and_then(_issue_part(), at=NOW)
    decided = split.when(submit, at=NOW)
    decided.refused(Code.PARTS_STILL_OPEN)
    assert _PART in str(decided.outcome)
    assert isinstance(given(AT_WORK).and_then(submit, at=NOW).state, Reported)
    closed = split.and_then(part_ended("cancelled", _PART), at=NOW)
    assert isinstance(closed.and_then(submit, at=NOW).state, Reported)


def _with_open_part() -> Facts:
    """As if one like the whole were a part of it."""
    return replace(facts(), open_parts=(given(AT_WORK).known.record,))


def test_the_whole_is_due_no_sooner_than_its_parts() -> None:
    sooner = DeadlineRequest(at=DEADLINE_AT - DAY)
    change = ChangeDeadline(**sent_by(COUNCIL_OFFICER), deadline=sooner, reason="Needed sooner.")
    given(AT_WORK, _with_open_part).when(change, at=NOW).refused(
        Code.DEADLINE_BEFORE_PARTS, "deadline"
    )
    assert given(AT_WORK).when(change, at=NOW).events


def test_a_whole_that_is_overdue_or_stopped_limits_its_parts_no_more() -> None:
    """Or work sent back could not be given a deadline at all."""
    part = [issued(parent=instruction_id("SC-17")), assigned(), acknowledged(), submitted()]
    at = DEADLINE_AT + 10 * DAY
    rework = Return(
        **sent_by(CONTROL_OFFICER), reason="No annex.", deadline=DeadlineRequest(at=at + DAY)
    )
    for whole in (
        given(AT_WORK),
        given([*AT_WORK, suspended()]),
        given([*AT_WORK, cancelled()]),
    ):
        assert given(part, partial(_under, whole)).when(rework, at=at).events


def test_a_suspended_part_moves_as_far_as_it_was_suspended_whatever_the_whole_is_due() -> None:
    part = [issued(parent=instruction_id("SC-17")), assigned(), acknowledged(), suspended(NOW)]
    resumed = given(part, partial(_under, given(AT_WORK))).and_then(
        Resume(**sent_by(COUNCIL_OFFICER)), at=NOW + 10 * DAY
    )
    assert resumed.known.record.deadline.instant == DEADLINE_AT + 10 * DAY


def test_a_part_is_not_reopened_under_a_whole_that_is_reported_or_closed() -> None:
    part = [issued(parent=instruction_id("SC-17")), assigned(), acknowledged(), cancelled()]
    reopen = Reopen(**sent_by(COUNCIL_OFFICER), reason="Needed after all.")
    for whole in (
        [*AT_WORK, submitted()],
        [*AT_WORK, submitted(), suspended()],
        [*AT_WORK, submitted(), completed()],
    ):
        given(part, partial(_under, given(whole))).when(reopen, at=NOW).refused(Code.WHOLE_NOT_OPEN)
    assert given(part, partial(_under, given(AT_WORK))).when(reopen, at=NOW).events


_MEASURE = (issued(programme=PROGRAMME), assigned(), acknowledged())
_NEXT = partial(facts_with_programme, NEXT_PROGRAMME)


def _carry_over(into: str = NEXT_PROGRAMME) -> CarryOver:
    return CarryOver(**sent_by(COUNCIL_OFFICER), into=into)


def test_a_measure_goes_on_in_the_next_programme_with_its_history() -> None:
    given(_MEASURE, _NEXT).when(_carry_over(), at=NOW).then(
        [
            e.CarriedOver(
                **done_by(COUNCIL_OFFICER, NOW),
                programme=NEXT_PROGRAMME,
                sector=None,
                carried_from=PROGRAMME,
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


def test_a_proposal_that_was_carried_over_remembers_it_when_it_is_adopted() -> None:
    adopted = (
        given([proposed(programme=PROGRAMME)], _NEXT)
        .and_then(_carry_over(), at=NOW)
        .and_then(Adopt(**sent_by(COUNCIL_HEAD)), at=NOW)
    )
    assert isinstance(adopted.state, Issued)
    assert adopted.known.record.programme == NEXT_PROGRAMME
    assert adopted.known.record.carried_over == (Departure(programme=PROGRAMME, at=NOW),)


def test_only_a_measure_is_carried_over_and_only_into_another_programme_in_force() -> None:
    given(AT_WORK, _NEXT).when(_carry_over(), at=NOW).refused(Code.INVALID, "into")
    here = partial(facts_with_programme, PROGRAMME)
    given(_MEASURE, here).when(_carry_over(PROGRAMME), at=NOW).refused(Code.INVALID, "into")
    given(_MEASURE).when(_carry_over(), at=NOW).refused(Code.UNKNOWN, "into")
    draft = partial(facts_with_programme, NEXT_PROGRAMME, phase="Drafted")
    given(_MEASURE, draft).when(_carry_over(), at=NOW).refused(Code.PROGRAMME_NOT_IN_FORCE, "into")
    elsewhere = _NEXT()
    assert elsewhere.programme is not None
    foreign = replace(elsewhere, programme=replace(elsewhere.programme, body=REGION))
    given(_MEASURE, lambda: foreign).when(_carry_over(), at=NOW).refused(
        Code.NOT_AUTHORISED, "into"
    )


def test_the_body_of_the_programme_carries_over_what_bodies_below_it_have_issued() -> None:
    of_the_council = [
        issued(programme=PROGRAMME).model_copy(update={"issuer": CONTROL}), assigned(), acknowledged(),
    ]  # fmt: skip
    [carried] = given(of_the_council, _NEXT).when(_carry_over(), at=NOW).events
    assert carried.by.on_behalf_of == COUNCIL
    nobodys = CarryOver(**sent_by(MINISTRY_B_HEAD), into=NEXT_PROGRAMME)
    given(of_the_council, _NEXT).when(nobodys, at=NOW).refused(Code.NOT_AUTHORISED, "actor")


def test_a_measure_is_carried_over_into_a_sector_that_is_there() -> None:
    of_customs = [issued(programme=PROGRAMME).model_copy(update={"sector": "customs"}), assigned()]
    there = partial(facts_with_programme, NEXT_PROGRAMME, sectors=("transport",))
    given(of_customs, there).when(_carry_over(), at=NOW).refused(Code.UNKNOWN, "into")
    transport = CarryOver(**sent_by(COUNCIL_OFFICER), into=NEXT_PROGRAMME, sector="transport")
    carried = given(of_customs, there).and_then(transport, at=NOW)
    assert carried.known.record.sector == "transport"


def test_a_proposal_goes_on_in_a_draft_or_a_programme_in_force() -> None:
    history = [proposed(programme=PROGRAMME)]
    for phase in ("Drafted", "Adopted"):
        facts_there = partial(facts_with_programme, NEXT_PROGRAMME, phase=phase)
        carried = given(history, facts_there).and_then(_carry_over(), at=NOW)
        assert carried.known.record.programme == NEXT_PROGRAMME


def test_under_an_heir_of_its_body_a_programme_goes_on() -> None:
    merged = partial(after_merger, COUNCIL, heir=SUPREME)
    programme = facts_with_programme().programme
    by_the_heir = issue(programme=PROGRAMME, issuer=SUPREME, actor=SUPREME_HEAD)
    assert (
        given([], lambda: replace(merged(), programme=programme)).when(by_the_heir, at=NOW).events
    )


def after_merger(*merged: BodyId, heir: BodyId) -> Facts:
    """The bodies are merged into the heir on 1 February 2026; the heir has an administrator."""
    office = f"{heir}-keeper"
    commands: list[AnyDirectoryCommand] = [
        RegisterOffice(
            command_id="keeper",
            actor=ADMINISTRATOR,
            office=office,
            body=heir,
            office_kind="administrator",
        ),
        Appoint(
            command_id="appoint-keeper",
            actor=ADMINISTRATOR,
            person=ADMINISTRATOR,
            office=office,
            since=date(2026, 1, 1),
        ),
    ]
    commands += [
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
    merged = partial(after_merger, MINISTRY_A, heir=REGION)
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
    merged = partial(after_merger, MINISTRY_A, heir=REGION)
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
    merged = partial(after_merger, MINISTRY_A, CONTROL, heir=MINISTRY_B)
    record = given(history, merged).and_checked(at=NOW).known.record
    assert (record.lead, record.co_assignees) == (REGION, (MINISTRY_B,))
    assert (record.issuer, record.controller) == (COUNCIL, MINISTRY_B)
    assert record.observers == (MINISTRY_B,)


def test_a_lead_that_inherits_from_its_helper_helps_itself_no_more() -> None:
    merged = partial(after_merger, MINISTRY_B, heir=MINISTRY_A)
    record = given(AT_WORK, merged).and_checked(at=NOW).known.record
    assert (record.lead, record.co_assignees) == (MINISTRY_A, ())


def test_the_heir_of_an_issuer_reopens_what_is_closed() -> None:
    """The machinery leaves it alone, and nobody is told before somebody takes it up."""
    merged = partial(after_merger, COUNCIL, heir=SUPREME)
    closed = given([*AT_WORK, submitted(), completed()], merged)
    closed.when_checked(at=NOW).then_nothing()
    reopen = Reopen(**sent_by(SUPREME_HEAD), reason="No annex.")
    succeeded, reopened = closed.when(reopen, at=NOW).events[:2]
    assert isinstance(succeeded, e.BodySucceeded)
    assert (succeeded.heir, succeeded.notices) == (SUPREME, ())
    assert isinstance(reopened, e.Reopened)


def test_history_was_made_by_the_bodies_of_its_time_and_tells_nobody() -> None:
    merged = partial(after_merger, MINISTRY_A, heir=REGION)
    enter = Acknowledge.model_validate(
        {
            **sent_by(COUNCIL_REGISTRAR),
            "backdated": {"at": utc("2026-01-20 09:00"), "reason": "It arrived on paper."},
            "on_behalf_of": MINISTRY_A,
        }
    )
    for history in (
        [issued(), assigned()],
        given([issued(), assigned()], merged).and_checked(at=NOW).history,
    ):
        for named in (enter, enter.model_copy(update={"on_behalf_of": None})):
            [event] = given(history, merged).when(named, at=NOW).events
            assert (event.type, event.by.on_behalf_of) == ("AssignmentAcknowledged", MINISTRY_A)
            assert not getattr(event, "notices", ())


def test_history_of_a_programme_is_of_the_body_of_its_time() -> None:
    merged = partial(after_merger, COUNCIL, heir=SUPREME)
    programme = facts_with_programme().programme
    entered = issue(
        programme=PROGRAMME,
        actor=SUPREME_REGISTRAR,
        backdated={"at": utc("2026-01-12 09:00"), "reason": "It arrived on paper."},
    )
    assert given([], lambda: replace(merged(), programme=programme)).when(entered, at=NOW).events


def test_whose_place_is_taken_matters_for_nothing_that_is_closed_already() -> None:
    merged = partial(after_merger, MINISTRY_A, heir=REGION)
    for history in ((*AT_WORK, submitted(), completed()), (*AT_WORK, cancelled())):
        events = (
            given(history, merged)
            .when(Comment(**sent_by(COUNCIL_OFFICER), text="Filed."), at=NOW)
            .events
        )
        assert [event.type for event in events] == ["BodySucceeded", "Commented"]


def test_a_refused_command_moves_nothing() -> None:
    merged = partial(after_merger, MINISTRY_A, heir=REGION)
    given([issued(), assigned()], merged).when(
        Acknowledge(**sent_by(MINISTRY_B_HEAD)), at=NOW
    ).refused(Code.NOT_AUTHORISED, "actor")


def test_before_the_reorganisation_nothing_moves() -> None:
    merged = partial(after_merger, MINISTRY_A, heir=REGION)
    given(AT_WORK, merged).when_checked(at=utc("2026-01-31 09:00") - 3 * DAY).then_nothing()
