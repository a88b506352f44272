"""Compound instructions: the issuer charges several bodies with parts, and they complete the whole."""

from dataclasses import replace
from datetime import datetime

import pytest

from domain.attribution import BY_SYSTEM
from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction import events as e
from domain.instruction.commands import (
    Adopt,
    IssuePart,
    Propose,
    Reopen,
    Resume,
    Return,
    SubmitReport,
)
from domain.instruction.decisions.parts import founded_with, told_to_the_whole
from domain.instruction.lateness import lateness
from domain.instruction.state import Completed, InProgress, Issued, Reported, Suspended
from domain.instruction.terms import ClosesWith
from domain.rejections import Code
from tests.domain.specification import Given, given
from tests.domain.world import (
    AT_WORK,
    CONTROL,
    CONTROL_OFFICER,
    COUNCIL,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    DAY,
    DEADLINE_AT,
    INSTRUCTION,
    MINISTRY_A_HEAD,
    MINISTRY_B,
    MINISTRY_B_HEAD,
    NOW,
    acknowledged,
    assigned,
    by,
    cancelled,
    completed,
    done_by,
    facts,
    issue,
    issued,
    part_ended,
    sent_by,
    submitted,
    suspended,
    told,
)


def part_of(number: str, **changes: object) -> IssuePart:
    return IssuePart.model_validate(
        {
            **sent_by(COUNCIL_OFFICER),
            "number": number,
            "text": "Draft the annex.",
            "deadline": DeadlineRequest(at=DEADLINE_AT),
            **changes,
        }
    )


def _whole(
    closes_with: ClosesWith, *numbers: str, controller: str | None = None, lead_part: str = ""
) -> Given:
    """A compound instruction with these parts, issued at `NOW`."""
    whole = given([issued(controller=controller, closes_with=closes_with)])
    for number in numbers:
        whole = whole.and_then(part_of(number, is_lead_part=number == lead_part), at=NOW)
    return whole


def test_the_issuer_charges_a_body_with_a_part_that_is_assigned_at_once() -> None:
    command = part_of("A", lead=MINISTRY_B)
    whole = given([issued(closes_with="all-parts")])
    split = whole.when(command, at=NOW)
    split.then(
        [
            e.SubInstructionIssued(
                **done_by(COUNCIL_OFFICER, NOW), part=instruction_id("A"), number="A"
            )
        ]
    )
    founding = founded_with(command, split.events, whole.known)
    assert founding is not None
    there = given([], lambda: replace(facts(), parent=whole.known)).when(founding, at=NOW)
    founded, charged = there.events[0], there.events[-1]
    assert isinstance(founded, e.InstructionIssued)
    assert (founded.issuer, founded.controller, founded.parent) == (COUNCIL, CONTROL, INSTRUCTION)
    assert isinstance(charged, e.InstructionAssigned)
    assert (charged.lead, charged.by) == (MINISTRY_B, by(COUNCIL_OFFICER))
    assert charged.notices == told(MINISTRY_B_HEAD)


def test_a_part_that_charges_an_unknown_body_is_refused() -> None:
    whole = given([issued(closes_with="all-parts")])
    command = part_of("A", lead="nobody")
    founding = founded_with(command, whole.when(command, at=NOW).events, whole.known)
    assert founding is not None
    given([], lambda: replace(facts(), parent=whole.known)).when(founding, at=NOW).refused(
        Code.UNKNOWN, "lead"
    )


def test_there_is_one_lead_part_and_only_where_the_whole_closes_with_it() -> None:
    leading = part_of("B", is_lead_part=True)
    _whole("all-parts").when(leading, at=NOW).refused(Code.INVALID, "is_lead_part")
    whole = _whole("lead-part", "A", lead_part="A")
    whole.when(leading, at=NOW).refused(Code.INVALID, "is_lead_part")
    without = whole.and_then(part_ended("cancelled", "A"), at=NOW)
    assert without.when(leading, at=NOW).events, "another may lead once that one is cancelled"


def test_with_the_last_of_its_parts_the_whole_is_complete() -> None:
    whole = _whole("all-parts", "A", "B").and_then(
        part_ended("completed", "A", submitted_at=NOW), at=NOW + DAY
    )
    assert isinstance(whole.state, Issued)
    last = whole.when(part_ended("completed", "B", submitted_at=NOW + DAY), at=NOW + 3 * DAY)
    assert last.types == ["PartClosed", "CompletionReported", "InstructionCompleted"]
    assert [event.by for event in last.events] == [BY_SYSTEM] * 3
    state = given(whole.history + last.recorded).state
    assert isinstance(state, Completed)
    assert state.submitted_at == NOW + DAY, "what counts is the submission, not its acceptance"


def test_a_part_that_is_cancelled_is_no_hindrance_to_the_others() -> None:
    whole = (
        _whole("all-parts", "A", "B")
        .and_then(part_ended("completed", "A", submitted_at=NOW), at=NOW)
        .and_then(part_ended("cancelled", "B"), at=NOW + DAY)
    )
    assert isinstance(whole.state, Completed)
    assert whole.state.submitted_at == NOW


def test_where_all_parts_are_cancelled_the_issuer_decides() -> None:
    whole = (
        _whole("all-parts", "A", "B")
        .and_then(part_ended("cancelled", "A"), at=NOW)
        .and_then(part_ended("cancelled", "B"), at=NOW)
    )
    assert isinstance(whole.state, Issued)


def test_with_its_lead_part_the_whole_is_complete_whatever_the_others_do() -> None:
    whole = _whole("lead-part", "A", "B", lead_part="B")
    by_another = whole.and_then(part_ended("completed", "A", submitted_at=NOW), at=NOW)
    assert isinstance(by_another.state, Issued)
    by_its_lead = whole.and_then(part_ended("completed", "B", submitted_at=NOW), at=NOW)
    assert isinstance(by_its_lead.state, Completed)
    afterwards = by_its_lead.when(part_ended("completed", "A", submitted_at=NOW), at=NOW)
    assert afterwards.types == ["PartClosed"], "it is complete already"


def test_one_that_closes_with_a_report_waits_for_it() -> None:
    whole = given(AT_WORK).and_then(part_of("A"), at=NOW)
    submit = SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done.")
    whole.when(submit, at=NOW).refused(Code.PARTS_STILL_OPEN)
    closed = whole.and_then(part_ended("completed", "A", submitted_at=NOW), at=NOW)
    assert isinstance(closed.state, InProgress)
    assert isinstance(closed.and_then(submit, at=NOW).state, Reported)


def test_with_a_controller_the_whole_awaits_acceptance() -> None:
    whole = _whole("all-parts", "A", controller=CONTROL)
    reported, *_ = whole.when(part_ended("completed", "A", submitted_at=NOW), at=NOW).events[1:]
    assert isinstance(reported, e.CompletionReported)
    assert (reported.closed_with, reported.notices) == ("all-parts", told(CONTROL_OFFICER))


def test_returned_it_is_reported_again_once_a_part_has_closed_again() -> None:
    whole = _whole("all-parts", "A", controller=CONTROL).and_then(
        part_ended("completed", "A", submitted_at=NOW), at=NOW
    )
    returned = whole.and_then(Return(**sent_by(CONTROL_OFFICER), reason="No annex."), at=NOW + DAY)
    assert isinstance(returned.state, Issued), "nobody is assigned"
    again = returned.and_then(part_ended("reopened", "A"), at=NOW + 2 * DAY).and_then(
        part_ended("completed", "A", submitted_at=NOW + 3 * DAY), at=NOW + 4 * DAY
    )
    assert isinstance(again.state, Reported)
    assert again.state.submitted_at == NOW + 3 * DAY


def test_what_closed_while_it_was_suspended_completes_it_when_it_is_resumed() -> None:
    whole = _whole("all-parts", "A")
    stopped = given((*whole.history, suspended(NOW + DAY))).and_then(
        part_ended("completed", "A", submitted_at=NOW + 2 * DAY), at=NOW + 2 * DAY
    )
    assert isinstance(stopped.state, Suspended)
    resumed = stopped.and_then(Resume(**sent_by(COUNCIL_OFFICER)), at=NOW + 9 * DAY)
    assert isinstance(resumed.state, Completed)
    assert resumed.state.submitted_at == NOW + 2 * DAY


def test_suspended_after_a_return_it_does_not_complete_by_being_resumed() -> None:
    whole = (
        _whole("all-parts", "A", controller=CONTROL)
        .and_then(part_ended("completed", "A", submitted_at=NOW), at=NOW)
        .and_then(Return(**sent_by(CONTROL_OFFICER), reason="No annex."), at=NOW + DAY)
    )
    resumed = given((*whole.history, suspended(NOW + 2 * DAY))).and_then(
        Resume(**sent_by(COUNCIL_OFFICER)), at=NOW + 3 * DAY
    )
    assert isinstance(resumed.state, Issued)


def test_parts_done_in_time_and_accepted_late_leave_the_whole_in_time() -> None:
    late = DEADLINE_AT + 5 * DAY
    whole = _whole("all-parts", "A")
    assert lateness(whole.known, late).behind_schedule
    done = whole.and_then(part_ended("completed", "A", submitted_at=DEADLINE_AT - DAY), at=late)
    assert not lateness(done.known, late).late_by


def test_a_proposal_closes_as_it_was_proposed() -> None:
    terms = issue(closes_with="all-parts").model_dump(exclude={"type"})
    proposed = given().and_then(Propose.model_validate(terms), at=NOW)
    adopted = proposed.and_then(Adopt(**sent_by(COUNCIL_HEAD)), at=NOW)
    assert adopted.known.record.closes_with == "all-parts"


_PART_AT_WORK = (issued(parent=instruction_id("SC-17")), assigned(), acknowledged())


@pytest.mark.parametrize(
    ("events", "how", "submitted_at"),
    [
        ((submitted(NOW), completed(NOW + DAY)), "completed", NOW),
        ((cancelled(NOW),), "cancelled", None),
    ],
)
def test_the_whole_is_told_how_a_part_ended(
    events: tuple[e.InstructionEvent, ...], how: str, submitted_at: datetime | None
) -> None:
    part = given((*_PART_AT_WORK, *events)).known
    command = SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done.")
    note = told_to_the_whole(command, events, part)
    assert note is not None
    assert (note.instruction, note.part) == (instruction_id("SC-17"), INSTRUCTION)
    assert (note.how, note.submitted_at) == (how, submitted_at)


def test_nobody_is_told_of_what_is_no_part_or_goes_on() -> None:
    command = SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done.")
    assert told_to_the_whole(command, [cancelled()], given([*AT_WORK, cancelled()]).known) is None
    assert (
        told_to_the_whole(command, [submitted()], given([*_PART_AT_WORK, submitted()]).known)
        is None
    )


def test_a_part_is_issued_only_while_the_whole_is_worked_on() -> None:
    for history in ([*AT_WORK, submitted()], [*AT_WORK, cancelled()], [*AT_WORK, suspended()]):
        given(history).when(part_of("A"), at=NOW).refused(Code.NOT_IN_THIS_PHASE)
    given(AT_WORK).when(part_of("A", actor=MINISTRY_A_HEAD), at=NOW).refused(
        Code.NOT_AUTHORISED, "actor"
    )


def test_a_lead_part_that_was_replaced_is_not_taken_up_beside_the_one_that_leads_now() -> None:
    replaced = (
        _whole("lead-part", "A", lead_part="A")
        .and_then(part_ended("cancelled", "A"), at=NOW)
        .and_then(part_of("B", is_lead_part=True), at=NOW)
    )
    part = [issued(parent=INSTRUCTION), assigned(), acknowledged(), cancelled(NOW)]
    fields = {**sent_by(COUNCIL_OFFICER), "instruction": instruction_id("A"), "reason": "Needed."}
    reopen = Reopen.model_validate(fields)
    for whole in (
        replaced,
        given((*replaced.history, suspended(NOW))).and_then(
            part_ended("completed", "B", submitted_at=NOW), at=NOW
        ),
    ):
        beside = given(part, lambda whole=whole: replace(facts(), parent=whole.known))
        refused = beside.when(reopen, at=NOW + DAY)
        refused.refused(Code.INVALID, "instruction")
        assert " B " in str(refused.outcome)
    alone = replaced.and_then(part_ended("cancelled", "B"), at=NOW)
    again = given(part, lambda: replace(facts(), parent=alone.known))
    assert again.when(reopen, at=NOW + DAY).types == ["Reopened"]
    other = reopen.model_copy(update={"instruction": instruction_id("C")})
    no_lead_part = given(part, lambda: replace(facts(), parent=replaced.known))
    assert no_lead_part.when(other, at=NOW + DAY).types == ["Reopened"]
