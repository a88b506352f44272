"""The one door, on memory and on PostgreSQL: what is done to a whole with its parts, in one append."""

from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.instruction.state import Completed
from domain.outcomes import Recorded
from eventstore.handle import CommandHandler
from tests.eventstore.desk import NOW, WHOLE, Desk, made
from tests.staging import ISSUER, LEAD, TZDATA


async def _with_a_part_whose_parts_closed_while_all_was_suspended(desk: Desk) -> None:
    await desk.compound([])
    await desk.charges(WHOLE, "P", closes_with="all-parts")
    for part in ("P/1", "P/2"):
        await desk.charges("P", part)
    await desk.does(c.SubmitReport, "P/1", LEAD, text="Done.")
    await desk.does(c.Suspend, WHOLE, reason="Renegotiated.", with_parts=True)
    await desk.does(c.Cancel, "P/2", reason="Not needed.")
    assert await desk.phases(WHOLE, "P", "P/1") == ["Suspended", "Suspended", "Completed"]


async def test_a_part_that_is_complete_once_resumed_completes_the_whole_it_was_resumed_with(
    desk: Desk,
) -> None:
    await _with_a_part_whose_parts_closed_while_all_was_suspended(desk)
    looks: list[str] = []
    resume = made(c.Resume, WHOLE, ISSUER, with_parts=True)
    resumed = await desk.handler.handle(resume, NOW, beside=looks.append)
    assert isinstance(resumed, Recorded)
    assert resumed.closed
    assert await desk.phases(WHOLE, "P") == ["Completed", "Completed"]
    assert (await desk.types(WHOLE))[-4:] == [
        "Resumed", "PartClosed", "CompletionReported", "InstructionCompleted",
    ]  # fmt: skip
    whole = await desk.store.read_stream(instruction_id(WHOLE))
    part = await desk.store.read_stream(instruction_id("P"))
    assert whole[-1].command_id == whole[-4].command_id == part[-1].command_id, "one append"
    assert looks == [instruction_id("P")], "its workflow may end"
    assert resumed.version == len(whole)
    assert await desk.handler.handle(resume, NOW) == resumed


async def test_through_however_many_wholes_the_first_one_hears_of_it(desk: Desk) -> None:
    """The whole that is resumed is a part itself: of one that was never suspended."""
    await desk.compound([], closes_with="all-parts")
    await desk.charges(WHOLE, "M", closes_with="all-parts")
    await desk.charges("M", "P", closes_with="all-parts")
    for part in ("P/1", "P/2"):
        await desk.charges("P", part, closes_with="all-parts")
        await desk.charges(part, f"{part}/1")
    await desk.does(c.Suspend, "M", reason="Renegotiated.", with_parts=True)
    for part in ("P/1/1", "P/2/1"):
        await desk.does(c.Resume, part)
        await desk.does(c.SubmitReport, part, LEAD, text="Done.")
    names = ("M", "P", "P/1", "P/2")
    assert await desk.phases(WHOLE, *names) == ["Issued", *["Suspended"] * 4]
    await desk.does(c.Resume, "M", with_parts=True)
    assert await desk.phases(WHOLE, *names) == ["Completed"] * 5
    for name in (WHOLE, *names):
        assert (await desk.types(name)).count("InstructionCompleted") == 1
    whole = await desk.state(WHOLE)
    p11 = await desk.state("P/1/1")
    assert isinstance(whole, Completed)
    assert isinstance(p11, Completed)
    assert whole.submitted_at == p11.submitted_at


async def test_two_processes_that_resume_in_turn_read_what_the_other_has_written(
    desk: Desk,
) -> None:
    """On what was kept, and on what has to be read again."""
    await _with_a_part_whose_parts_closed_while_all_was_suspended(desk)
    elsewhere = CommandHandler(desk.store, tzdata=TZDATA)
    comment = made(c.Comment, WHOLE, ISSUER, text="Soon.")
    assert isinstance(await elsewhere.handle(comment, NOW), Recorded)
    await desk.does(c.Resume, WHOLE, with_parts=True)
    reopen = made(c.Reopen, WHOLE, ISSUER, reason="Not done.")
    assert isinstance(await elsewhere.handle(reopen, NOW), Recorded)
    assert await desk.phases(WHOLE, "P") == ["Issued", "Completed"]


async def _with_an_open_part_below_closed_ones(desk: Desk) -> None:
    """`P/1/1` is open, below `P/1` and `P`, which have closed with their lead parts."""
    await desk.compound([])
    await desk.charges(WHOLE, "P", closes_with="lead-part")
    await desk.charges("P", "P/1", closes_with="lead-part", is_lead_part=True)
    await desk.charges("P/1", "P/1/1")
    await desk.charges("P/1", "P/1/2", is_lead_part=True)
    await desk.charges(WHOLE, "Q")
    await desk.does(c.SubmitReport, "P/1/2", LEAD, text="Done.")
    assert await desk.phases(WHOLE, "P", "P/1", "P/1/1") == [
        "Issued", "Completed", "Completed", "Assigned",
    ]  # fmt: skip


async def test_an_open_part_below_closed_ones_is_suspended_resumed_and_cancelled(
    desk: Desk,
) -> None:
    await _with_an_open_part_below_closed_ones(desk)
    before = [await desk.types(name) for name in ("P", "P/1")]
    for kind, phase in ((c.Suspend, "Suspended"), (c.Resume, "Assigned")):
        said = {"reason": "Renegotiated."} if kind is c.Suspend else {}
        await desk.does(kind, WHOLE, with_parts=True, **said)
        assert await desk.phases("P/1/1", "Q") == [phase, phase]
    assert [await desk.types(name) for name in ("P", "P/1")] == before, "left as they are"
    await desk.does(c.Cancel, WHOLE, reason="Overtaken.", with_parts=True)
    assert await desk.phases(WHOLE, "P", "P/1", "P/1/1", "Q") == [
        "Cancelled", "Completed", "Completed", "Cancelled", "Cancelled",
    ]  # fmt: skip
    assert [part.closed for part in (await desk.state("P/1")).record.parts] == [
        "cancelled", "completed",
    ]  # fmt: skip


async def test_what_a_part_left_open_was_closed_since_and_is_looked_for_in_vain(
    desk: Desk,
) -> None:
    await _with_an_open_part_below_closed_ones(desk)
    await desk.does(c.SubmitReport, "P/1/1", LEAD, text="Done.")
    done = {name: await desk.types(name) for name in ("P", "P/1", "P/1/1")}
    await desk.does(c.Cancel, WHOLE, reason="Overtaken.", with_parts=True)
    assert await desk.phases("Q") == ["Cancelled"]
    assert {name: await desk.types(name) for name in done} == done


async def test_what_was_kept_of_a_whole_that_moved_elsewhere_is_read_again(desk: Desk) -> None:
    """A part's reopening rests on how the whole stands, which this process has kept from before."""
    await desk.compound(["P", "Q"])
    await desk.does(c.SubmitReport, "P", LEAD, text="Done.")
    elsewhere = CommandHandler(desk.store, tzdata=TZDATA)
    comment = made(c.Comment, WHOLE, ISSUER, text="Is it?")
    assert isinstance(await elsewhere.handle(comment, NOW), Recorded)
    await desk.does(c.Reopen, "P", reason="Not done.")
    assert (await desk.types(WHOLE))[-2:] == ["Commented", "PartReopened"]
