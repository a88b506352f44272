"""The lead splits a measure into parts for two regions; the whole is not reported while one is open."""

from domain.identifiers import instruction_id
from domain.instruction.commands import (
    Accept,
    Acknowledge,
    Assign,
    Cancel,
    IssueSubInstruction,
    SubmitReport,
)
from domain.instruction.events import InstructionIssued, SubInstructionIssued
from tests.acceptance.findings import UNION
from tests.acceptance.story import CONTROL, COUNCIL, Story

MINISTRY = "min-transport-by"
BREST, GOMEL = "region-brest", "region-gomel"
WHOLE, PART_BREST, PART_GOMEL = "TR-5", "TR-5/1", "TR-5/2"


async def test_the_lead_charges_two_regions_with_parts_of_its_own_measure(story: Story) -> None:
    await _split(story)
    parts = await story.every(SubInstructionIssued, WHOLE)
    assert [part.number for part in parts] == [PART_BREST, PART_GOMEL]
    for number, region in {PART_BREST: BREST, PART_GOMEL: GOMEL}.items():
        row = await story.row(number)
        assert (row.issuer, row.lead, row.controller) == (MINISTRY, region, MINISTRY)
        assert row.parent == instruction_id(WHOLE)
        issued = await story.the(InstructionIssued, number)
        assert issued.by.office == f"{MINISTRY}.head"
    assert (await story.report()).total == 1, "the parts are no measures of the programme"


async def test_a_part_is_issued_by_the_lead_alone_and_due_no_later_than_the_whole(
    story: Story,
) -> None:
    await _split(story)
    part = {"number": "TR-5/3", "text": "Mark the bypass.", "deadline": "2026-08-31"}
    await story.refused(COUNCIL, IssueSubInstruction, WHOLE, because="not-authorised", **part)
    await story.refused(BREST, IssueSubInstruction, WHOLE, because="not-authorised", **part)
    too_late = part | {"deadline": "2026-10-01"}
    why = await story.refused(
        MINISTRY, IssueSubInstruction, WHOLE, because="deadline-after-parent", **too_late
    )
    assert WHOLE in why


async def test_the_whole_is_reported_only_once_every_part_is_closed(story: Story) -> None:
    await _split(story)
    await story.until("2026-07-15")
    why = await _not_yet(story)
    assert PART_BREST in why
    assert PART_GOMEL in why

    await story.does(BREST, SubmitReport, PART_BREST, text="The western section is repaired.")
    assert PART_BREST in await _not_yet(story), "reported, it still waits for the ministry"
    await story.does(MINISTRY, Accept, PART_BREST)
    assert PART_BREST not in await _not_yet(story)
    await story.does(MINISTRY, Cancel, PART_GOMEL, reason="The eastern section is sound.")

    await story.does(MINISTRY, SubmitReport, WHOLE, text="The road is repaired.")
    await story.does(CONTROL, Accept, WHOLE)
    assert (await story.row(WHOLE)).phase == "Completed"
    assert (await story.report()).implemented_line == "1 of 1 (100 %)"


async def _split(story: Story) -> None:
    await story.until("2026-03-02")
    await story.charged(WHOLE, lead=MINISTRY, deadline="2026-09-30", programme=UNION)
    for number, region in {PART_BREST: BREST, PART_GOMEL: GOMEL}.items():
        await story.does(
            MINISTRY,
            IssueSubInstruction,
            WHOLE,
            number=number,
            text="Repair the section of the M1 in the region.",
            deadline="2026-08-31",
        )
        await story.does(MINISTRY, Assign, number, lead=region)
        await story.does(region, Acknowledge, number)


async def _not_yet(story: Story) -> str:
    return await story.refused(
        MINISTRY, SubmitReport, WHOLE, text="The road is repaired.", because="parts-still-open"
    )
