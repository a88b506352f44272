"""The one door, on memory and on PostgreSQL: parts and their whole, in one append."""

import asyncio

from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.instruction.state import Cancelled, Completed, Suspended
from domain.outcomes import Recorded, Rejected
from eventstore.handle import CommandHandler
from tests.eventstore.desk import IN_A_MONTH, NOW, WHOLE, Desk, made
from tests.staging import COUNCIL, ISSUER, LEAD, MINISTRY, TZDATA


async def test_a_part_and_its_assignment_are_one_append(desk: Desk) -> None:
    await desk.compound(["P"])
    part = await desk.state("P")
    assert (part.phase, part.record.issuer, part.record.lead) == ("Assigned", COUNCIL, MINISTRY)
    events = await desk.store.read_stream(instruction_id("P"))
    whole = await desk.store.read_stream(instruction_id(WHOLE))
    assert {event.command_id for event in events} == {whole[-1].command_id}


async def test_the_end_of_a_part_is_on_record_in_the_whole_by_the_same_append(desk: Desk) -> None:
    await desk.compound(["P", "Q"])
    await desk.does(c.SubmitReport, "P", LEAD, text="Done.")
    assert (await desk.types(WHOLE))[-1] == "PartClosed"
    await desk.does(c.Reopen, "P", reason="Not done.")
    assert (await desk.types(WHOLE))[-1] == "PartReopened"
    await desk.does(c.Cancel, "P", reason="Not needed.")
    await desk.does(c.SubmitReport, "Q", LEAD, text="Done.")
    last = await desk.store.read_stream(instruction_id("Q"))
    both = await desk.store.read_stream(instruction_id(WHOLE))
    assert both[-1].command_id == last[-1].command_id
    assert isinstance(await desk.state(WHOLE), Completed)


async def test_the_end_of_a_whole_is_on_record_in_its_own_whole(desk: Desk) -> None:
    """However deep: the part of a part completes both."""
    await desk.compound([])
    await desk.charges(WHOLE, "P", closes_with="all-parts")
    await desk.charges("P", "P/1")
    await desk.does(c.SubmitReport, "P/1", LEAD, text="Done.")
    assert await desk.phases(WHOLE, "P", "P/1") == ["Completed"] * 3
    last = [(await desk.store.read_stream(instruction_id(n)))[-1] for n in (WHOLE, "P", "P/1")]
    assert len({event.command_id for event in last}) == 1


async def test_cancelled_with_its_parts_all_below_it_is_cancelled_at_once(desk: Desk) -> None:
    await desk.compound(["P", "Q"])
    await desk.does(
        c.IssueSubInstruction, "P", LEAD, number="P/1", text="Some.", deadline=IN_A_MONTH
    )
    await desk.does(c.SubmitReport, "Q", LEAD, text="Done.")
    looks: list[str] = []
    cancel = made(c.Cancel, WHOLE, ISSUER, reason="Overtaken.", with_parts=True)
    recorded = await desk.handler.handle(cancel, NOW, beside=looks.append)
    assert isinstance(recorded, Recorded)
    assert await desk.phases(WHOLE, "P", "P/1", "Q") == [
        "Cancelled", "Cancelled", "Cancelled", "Completed",
    ]  # fmt: skip
    assert sorted(looks) == sorted(map(instruction_id, ["P", "P/1"])), "their workflows may end"
    assert isinstance(await desk.state("P/1"), Cancelled)
    both = [(await desk.state(one)).record.parts[0].closed for one in (WHOLE, "P")]
    assert both == ["cancelled", "cancelled"], "each whole knows of its own parts"
    again = await desk.handler.handle(cancel, NOW)
    assert again == recorded


async def test_suspended_and_resumed_with_its_parts_but_those_that_were_suspended_before(
    desk: Desk,
) -> None:
    await desk.compound(["P", "Q"])
    await desk.charges("P", "P/1")
    await desk.charges("Q", "Q/1")
    await desk.does(c.Suspend, "P", reason="By itself.")
    await desk.does(c.Suspend, WHOLE, reason="Renegotiated.", with_parts=True)
    names = (WHOLE, "P", "P/1", "Q", "Q/1")
    assert await desk.phases(*names) == ["Suspended"] * 5
    before = await desk.store.read_stream(instruction_id("P"))
    await desk.does(c.Resume, WHOLE, with_parts=True)
    assert await desk.phases(*names) == ["Issued", "Suspended", "Assigned", "Assigned", "Assigned"]
    assert await desk.store.read_stream(instruction_id("P")) == before, "it is left as it was"
    p = await desk.state("P")
    assert isinstance(p, Suspended)
    assert p.because_of is None


async def test_a_repeated_part_number_leaves_nothing_of_either_half(desk: Desk) -> None:
    await desk.compound(["P"])
    head = await desk.store.head()
    said = {"text": "Its part.", "deadline": IN_A_MONTH, "number": "P"}
    outcome = await desk.handler.handle(made(c.IssuePart, WHOLE, ISSUER, **said), NOW)
    assert isinstance(outcome, Rejected)
    assert await desk.store.head() == head


async def test_a_part_that_moved_meanwhile_is_read_again(desk: Desk) -> None:
    """The other process completes it between this one's reading and writing: one of both yields."""
    await desk.compound([str(n) for n in range(6)])
    elsewhere = CommandHandler(desk.store, tzdata=TZDATA)
    cancel = made(c.Cancel, WHOLE, ISSUER, reason="Overtaken.", with_parts=True)
    report = [made(c.SubmitReport, str(n), LEAD, text="Done.") for n in range(6)]
    outcomes = await asyncio.gather(
        *(elsewhere.handle(one, NOW) for one in report), desk.handler.handle(cancel, NOW)
    )
    whole = await desk.state(WHOLE)
    parts = [(await desk.state(str(n))).phase.lower() for n in range(6)]
    assert parts == [part.closed for part in whole.record.parts], "the whole has it as it is"
    done = [isinstance(outcome, Recorded) for outcome in outcomes]
    assert parts.count("completed") == sum(done[:-1])


async def test_two_hundred_parts_that_close_at_once_all_get_through(postgres_desk: Desk) -> None:
    """Half of them through another process's handler. The whole is completed once, with the last."""
    desk, numbers = postgres_desk, [str(n) for n in range(200)]
    await desk.compound(numbers)
    elsewhere = CommandHandler(desk.store, tzdata=TZDATA)
    outcomes = await asyncio.gather(
        *(
            (desk.handler if n % 2 else elsewhere).handle(
                made(c.SubmitReport, number, LEAD, text="Done."), NOW
            )
            for n, number in enumerate(numbers)
        )
    )
    assert all(isinstance(outcome, Recorded) for outcome in outcomes)
    types = await desk.types(WHOLE)
    assert types.count("PartClosed") == 200
    assert types[-2:] == ["CompletionReported", "InstructionCompleted"]
    assert types.count("InstructionCompleted") == 1


async def test_up_to_three_hundred_instructions_are_cancelled_at_once(postgres_desk: Desk) -> None:
    desk, numbers = postgres_desk, [str(n) for n in range(300)]
    await desk.compound(numbers)
    cancel = made(c.Cancel, WHOLE, ISSUER, reason="Overtaken.", with_parts=True)
    outcome = await desk.handler.handle(cancel, NOW)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.field) == ("too-many-parts", "with_parts")
    assert await desk.phases(WHOLE, *numbers[:2]) == ["Issued", "Assigned", "Assigned"]

    await desk.does(c.SubmitReport, numbers.pop(), LEAD, text="Done.")
    await desk.does(c.Suspend, WHOLE, reason="Renegotiated.", with_parts=True)
    await desk.does(c.Resume, WHOLE, with_parts=True)
    await desk.does(c.Cancel, WHOLE, reason="Overtaken.", with_parts=True)
    assert set(await desk.phases(WHOLE, *numbers)) == {"Cancelled"}
