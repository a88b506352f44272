"""2027-30 is drafted while 2024-26 runs; adopted, it takes over what was left unfinished."""

from domain.instruction.commands import Accept, Adopt, CarryOver, Issue, Propose, SubmitReport
from domain.instruction.events import CarriedOver, InstructionIssued, Proposed
from domain.programme.commands import AdoptProgramme, CloseProgramme, DraftProgramme
from domain.programme.report import figures, report
from domain.programme.state import Meeting
from readmodels.register import RegisterRow
from tests.acceptance.findings import NEXT, UNION
from tests.acceptance.story import CONTROL, COUNCIL, Story
from tests.programmes import EXAMPLE_MEASURES, read_rows

GRID, ROAMING = "G-1", "G-2"
"""What is proposed under the draft."""


async def test_under_the_draft_it_is_only_proposed_and_nothing_is_issued(story: Story) -> None:
    await _drafted(story)
    why = await _issue_under(story, NEXT, because="programme-not-in-force")
    assert "adopt" in why
    await story.refused(COUNCIL, Adopt, GRID, because="programme-not-in-force")
    for number in (GRID, ROAMING):
        assert [type(event) for event in await story.history(number)] == [Proposed]
    drafted = await story.report(NEXT)
    assert (drafted.total, drafted.proposed) == (0, 2)


async def test_the_draft_does_not_touch_the_programme_that_runs(story: Story) -> None:
    await _running(story)
    before = await story.as_of(story.now)
    await _draft(story)
    assert await story.as_of(story.now) == before
    assert (await story.programme(UNION)).phase == "Adopted"
    assert (await story.programme(NEXT)).phase == "Drafted"


async def test_once_it_is_adopted_its_proposals_may_become_measures(story: Story) -> None:
    await _drafted(story)
    await story.until("2026-12-16")
    await story.does(COUNCIL, AdoptProgramme, NEXT)
    await story.does(COUNCIL, Adopt, GRID)
    made = await story.report(NEXT)
    assert (made.total, made.proposed) == (1, 1)


async def test_what_is_unfinished_goes_on_in_it_with_its_history(story: Story) -> None:
    await _drafted(story)
    _, unfinished = await _last_meeting_and_handing_over(story)
    assert len(unfinished) > 5
    for left in unfinished:
        row = await story.row(left.number)
        assert (row.programme, row.carried_from) == (NEXT, UNION)
        assert (row.phase, row.lead, row.deadline) == (left.phase, left.lead, left.deadline)
        issued, *_, last = await story.history(left.number)
        assert isinstance(issued, InstructionIssued)
        assert issued.programme == UNION
        assert isinstance(last, CarriedOver)
    made = await story.report(NEXT)
    assert (made.total, made.implemented) == (len(unfinished), 0)
    assert made.late_against_original > 0, "no deadline is forgiven by moving on"

    one = next(row for row in unfinished if row.phase == "InProgress")
    await story.until("2027-03-01")
    assert one.lead is not None
    await story.does(one.lead, SubmitReport, one.number, text="Done at last.")
    await story.does(CONTROL, Accept, one.number)
    assert (await story.report(NEXT)).implemented == 1


async def test_the_old_programmes_figures_of_its_last_meeting_stay_as_they_were(
    story: Story,
) -> None:
    await _drafted(story)
    meeting, unfinished = await _last_meeting_and_handing_over(story)
    assert meeting.report is not None
    await story.until("2027-06-01")
    assert figures(await story.as_of(meeting.at), meeting.at) == meeting.report.figures

    now, then = await story.report(UNION), report(await story.as_of(meeting.at), meeting.at)
    assert now.implemented_line == then.implemented_line
    assert now.behind_schedule_line == then.behind_schedule_line, "as late as when they left"
    assert (then.carried_over, now.carried_over) == (0, len(unfinished))
    await _issue_under(story, UNION, because="programme-not-in-force")


async def _running(story: Story) -> None:
    """2024-26 with forty of its measures, on the day of the council's meeting in 2025."""
    await story.until("2025-12-14")
    await story.enters(read_rows(EXAMPLE_MEASURES)[:40])
    await story.until("2025-12-15")


async def _draft(story: Story) -> None:
    await story.does(
        COUNCIL,
        DraftProgramme,
        NEXT,
        title="Main guidelines for 2027-30",
        body=COUNCIL,
        period_start="2027-01-01",
        period_end="2030-12-31",
    )
    texts = {GRID: "Open the common electricity market.", ROAMING: "End roaming charges."}
    for number, text in texts.items():
        await story.does(
            COUNCIL,
            Propose,
            number,
            text=text,
            issuer=COUNCIL,
            controller=CONTROL,
            deadline="2028-06-30",
            programme=NEXT,
        )


async def _drafted(story: Story) -> None:
    await _running(story)
    await _draft(story)


async def _issue_under(story: Story, programme: str, *, because: str) -> str:
    return await story.refused(
        COUNCIL,
        Issue,
        "G-3",
        text="Build it.",
        issuer=COUNCIL,
        deadline="2029-06-30",
        programme=programme,
        because=because,
    )


async def _last_meeting_and_handing_over(story: Story) -> tuple[Meeting, list[RegisterRow]]:
    """The old programme's last meeting, and its measures that were open then and went on."""
    await story.until("2026-12-15")
    meeting = await story.meets("council-2026-12")
    await story.does(COUNCIL, AdoptProgramme, NEXT)
    unfinished = [row for row in await story.rows(UNION) if not row.closed]
    for row in unfinished:
        await story.does(row.issuer, CarryOver, row.number, into=NEXT)
    await story.does(COUNCIL, CloseProgramme, UNION)
    return meeting, unfinished
