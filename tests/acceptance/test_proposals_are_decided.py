"""Cross-border railway services: one proposal is adopted at a meeting, the other refused at the next."""

from datetime import date

from domain.instruction.commands import Adopt, Assign, Propose, Refuse
from domain.instruction.events import Cancelled, InstructionIssued, Proposed
from domain.instruction.terms import SourceDocument
from domain.programme.state import Meeting
from tests.acceptance.findings import UNION
from tests.acceptance.story import CONTROL, COUNCIL, Story

MINSK_SMOLENSK, GOMEL_BRYANSK = "RW-1", "RW-2"
OF_MARCH = SourceDocument(kind="protocol", number="1/26", dated=date(2026, 3, 17))
OF_JUNE = SourceDocument(kind="protocol", number="2/26", dated=date(2026, 6, 16))


async def test_a_proposal_is_no_measure_and_nothing_of_it_falls_due(story: Story) -> None:
    await _two_are_proposed(story)
    await story.until("2026-03-17")
    figures = await story.report()
    assert (figures.total, figures.proposed, figures.behind_schedule) == (1, 2, 0)
    for number in (MINSK_SMOLENSK, GOMEL_BRYANSK):
        assert [type(event) for event in await story.history(number)] == [Proposed]
        await story.refused(
            COUNCIL, Assign, number, lead="min-transport-by", because="not-in-this-phase"
        )


async def test_the_adopted_one_counts_from_its_meeting_on_with_the_protocol_as_its_source(
    story: Story,
) -> None:
    await _two_are_proposed(story)
    march = await _adopted_in_march(story)
    assert march.report is not None
    figures = march.report.figures
    assert (figures.total, figures.proposed) == (1, 2), "the report is of before the decision"

    issued = await story.the(InstructionIssued, MINSK_SMOLENSK)
    assert issued.source == OF_MARCH
    assert issued.deadline.on == date(2026, 12, 1)
    after = await story.report()
    assert (after.total, after.proposed, after.refused) == (2, 1, 0)
    await story.does(COUNCIL, Assign, MINSK_SMOLENSK, lead="min-transport-by")


async def test_the_refused_one_never_counts_and_the_protocol_says_why(story: Story) -> None:
    await _two_are_proposed(story)
    march = await _adopted_in_march(story)
    await story.until("2026-06-16")
    await story.does(
        COUNCIL, Refuse, GOMEL_BRYANSK, reason="Too few passengers.", source=OF_JUNE.model_dump()
    )
    june = await story.meets("council-2026-06")

    refused = await story.the(Cancelled, GOMEL_BRYANSK)
    assert (refused.source, refused.reason) == (OF_JUNE, "Too few passengers.")
    assert (await story.row(GOMEL_BRYANSK)).refused
    figures = await story.report()
    assert (figures.total, figures.proposed, figures.refused) == (2, 0, 1)
    assert figures.cancelled == 0, "it never was a measure, so none was cancelled"
    assert await story.moved(march, june) == {
        "total +": [MINSK_SMOLENSK],
        "behind_schedule +": ["RW-0"],
        "late_against_original +": ["RW-0"],
        "open_late +": ["RW-0"],
        "proposed -": [MINSK_SMOLENSK, GOMEL_BRYANSK],
        "refused +": [GOMEL_BRYANSK],
    }
    await story.refused(
        COUNCIL, Assign, GOMEL_BRYANSK, lead="min-transport-by", because="not-in-this-phase"
    )


async def _two_are_proposed(story: Story) -> None:
    """Beside a measure that is in force."""
    await story.until("2026-01-15")
    await story.charged(
        "RW-0", lead="min-transport-ru", deadline="2026-05-29", programme=UNION, sector="transport"
    )
    services = {MINSK_SMOLENSK: "Minsk and Smolensk", GOMEL_BRYANSK: "Gomel and Bryansk"}
    for number, cities in services.items():
        await story.does(
            COUNCIL,
            Propose,
            number,
            text=f"Run a railway service between {cities}.",
            issuer=COUNCIL,
            controller=CONTROL,
            deadline="2026-12-01",
            programme=UNION,
            sector="transport",
        )


async def _adopted_in_march(story: Story) -> Meeting:
    await story.until("2026-03-17")
    meeting = await story.meets("council-2026-03")
    await story.does(COUNCIL, Adopt, MINSK_SMOLENSK, source=OF_MARCH.model_dump())
    return meeting
