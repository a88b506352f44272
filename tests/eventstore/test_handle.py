"""The one door, on memory and on PostgreSQL: what one command writes to several streams or looks up there."""

from datetime import date, timedelta

import pytest

from domain.deadline import DeadlineRequest
from domain.directory.commands import ReorganiseBody
from domain.identifiers import InstructionId, instruction_id
from domain.instruction import commands as c
from domain.programme.commands import AdoptProgramme, DraftProgramme
from domain.rejections import Code
from eventstore.protocol import EventStore
from tests.eventstore.desk import IN_A_MONTH, NOW, Desk, issue, made
from tests.staging import CONTROL, COUNCIL, ISSUER, LEAD, MINISTRY, REGISTRAR


@pytest.fixture
async def desk(desk: Desk) -> Desk:
    """With an instruction that is assigned."""
    await desk.recorded(issue("1"))
    await desk.recorded(made(c.Assign, "1", ISSUER, lead=MINISTRY))
    return desk


def _part(of: str, number: str, deadline: DeadlineRequest = IN_A_MONTH) -> c.IssueSubInstruction:
    said = {"number": number, "text": "Draft the annex.", "deadline": deadline}
    return made(c.IssueSubInstruction, of, LEAD, **said)


async def _versions(store: EventStore, *instructions: InstructionId) -> list[int]:
    return [len(await store.read_stream(instruction)) for instruction in instructions]


async def test_a_part_is_founded_in_the_same_append_or_not_at_all(desk: Desk) -> None:
    before = await desk.store.head()
    await desk.recorded(_part("1", "1/1"))
    new = await desk.store.read_streams([instruction_id("1"), instruction_id("1/1")])
    new = [event for event in new if event.position > before]
    assert [event.type for event in new][:2] == ["SubInstructionIssued", "InstructionIssued"]
    assert len({event.command_id for event in new}) == 1
    assert len({event.recorded_at for event in new}) == 1
    part = await desk.state("1/1")
    assert (part.record.issuer, part.record.controller) == (MINISTRY, MINISTRY)
    assert part.record.parent == instruction_id("1")
    head = await desk.store.stream_head(instruction_id("1/1"))
    assert head is not None
    assert head.next_wake is not None, "the part waits for its own moments"


async def test_a_part_that_is_refused_leaves_nothing_behind(desk: Desk) -> None:
    await desk.recorded(_part("1", "1/1"))
    head = await desk.store.head()
    await desk.refused(_part("1", "1/1"), Code.ALREADY_ISSUED, "number")
    later = DeadlineRequest(at=NOW + timedelta(days=31))
    await desk.refused(_part("1", "1/2", later), Code.DEADLINE_AFTER_PARENT, "deadline")
    assert await desk.store.head() == head
    assert await _versions(desk.store, instruction_id("1/2")) == [0]


async def test_a_repeated_command_founds_no_second_part(desk: Desk) -> None:
    command = _part("1", "1/1")
    first = await desk.recorded(command)
    again = await desk.recorded(command)
    assert (again.version, again.position) == (first.version, first.position)
    assert len((await desk.state("1")).record.parts) == 1


async def test_the_whole_is_reported_once_its_parts_are_closed(desk: Desk) -> None:
    await desk.recorded(_part("1", "1/1"))
    submit = made(c.SubmitReport, "1", LEAD, text="Done.")
    await desk.refused(submit, Code.PARTS_STILL_OPEN)
    await desk.recorded(made(c.Cancel, "1/1", LEAD, reason="Done by ourselves."))
    await desk.recorded(submit)


async def test_an_extension_of_a_part_ends_no_later_than_the_whole(desk: Desk) -> None:
    await desk.recorded(_part("1", "1/1", DeadlineRequest(at=NOW + timedelta(days=20))))
    await desk.recorded(made(c.Assign, "1/1", LEAD, lead=CONTROL))
    ask = {"reason": "Late.", "until": DeadlineRequest(at=NOW + timedelta(days=40))}
    await desk.refused(
        made(c.RequestExtension, "1/1", "p-controller", **ask),
        Code.DEADLINE_AFTER_PARENT,
        "until",
    )


async def test_a_measure_is_carried_over_once_the_next_programme_is_adopted(desk: Desk) -> None:
    old = AdoptProgramme(
        command_id="old",
        actor=ISSUER,
        programme="2024-26",
        title="Union programmes 2024-26",
        body=COUNCIL,
        period_start=date(2024, 1, 1),
        period_end=date(2026, 12, 31),
    )
    draft = DraftProgramme(
        command_id="draft",
        actor=ISSUER,
        programme="2027-30",
        title="Main Guidelines 2027-30",
        body=COUNCIL,
        period_start=date(2027, 1, 1),
        period_end=date(2030, 12, 31),
    )
    await desk.recorded(old)
    await desk.recorded(issue("2", programme="2024-26"))
    await desk.recorded(draft)
    await desk.refused(issue("3", programme="2027-30"), Code.PROGRAMME_NOT_IN_FORCE, "programme")
    carry = made(c.CarryOver, "2", ISSUER, into="2027-30")
    await desk.refused(carry, Code.PROGRAMME_NOT_IN_FORCE, "into")
    await desk.recorded(AdoptProgramme(command_id="adopt", actor=ISSUER, programme="2027-30"))
    await desk.recorded(carry)
    record = (await desk.state("2")).record
    assert (record.programme, [left.programme for left in record.carried_over]) == (
        "2027-30", ["2024-26"],
    )  # fmt: skip


async def test_a_correction_names_an_event_of_the_stream_and_counts_at_once(desk: Desk) -> None:
    moment = (NOW - timedelta(seconds=1)).isoformat()
    said = {"field": "occurred_at", "value": moment, "reason": "A slip."}
    await desk.refused(made(c.Correct, "1", REGISTRAR, version=99, **said), Code.INVALID, "version")
    await desk.recorded(made(c.Correct, "1", REGISTRAR, version=1, **said))
    assert (await desk.state("1")).record.issued_at == NOW - timedelta(seconds=1)


async def test_a_reorganisation_reaches_an_instruction_with_its_next_command(desk: Desk) -> None:
    await desk.recorded(
        ReorganiseBody(
            command_id="reorganise",
            actor="set-up",
            body=MINISTRY,
            kind="merged",
            into=(CONTROL,),
            heir=CONTROL,
            on=NOW.date() - timedelta(days=1),
        )
    )
    await desk.recorded(
        c.CheckDeadlines(command_id="check", actor="system", instruction=instruction_id("1"))
    )
    state = await desk.state("1")
    assert state.record.lead == CONTROL
    undelivered = await desk.store.undelivered(instruction_id("1"))
    assert [notice.recipient for notice in undelivered] == [LEAD, "p-controller"]
