"""A joint standardisation body is founded mid-period, and charged from then on."""

from domain.directory.commands import EstablishBody, ReorganiseBody
from domain.instruction.commands import Accept, Acknowledge, Assign, Issue, SubmitReport
from domain.instruction.events import AssignmentAcknowledged, BodySucceeded
from tests.acceptance.findings import UNION, told
from tests.acceptance.story import CONTROL, COUNCIL, STANDARDS, Story
from tests.programmes import ADMINISTRATOR

AGENCY_BY, AGENCY_RU = "standards-by", "standards-ru"


async def test_it_is_refused_the_day_before_and_charged_from_its_first_day(story: Story) -> None:
    await _issued(story)
    await story.until("2025-02-28")
    why = await story.refused(
        COUNCIL, Assign, "ST-1", lead=STANDARDS, because="body-not-established"
    )
    assert "2025-03-01" in why
    await story.until("2025-03-01")
    await story.does(COUNCIL, Assign, "ST-1", lead=STANDARDS)
    await story.does(STANDARDS, Acknowledge, "ST-1")
    assert (await story.row("ST-1")).lead == STANDARDS


async def test_its_founding_is_put_off_and_so_is_the_first_day_it_can_be_charged(
    story: Story,
) -> None:
    await _issued(story)
    await story.until("2025-02-10")
    await story.does(ADMINISTRATOR, EstablishBody, body=STANDARDS, on="2025-09-01")
    for too_early in ("2025-03-01", "2025-08-31"):
        await story.until(too_early)
        await story.refused(COUNCIL, Assign, "ST-1", lead=STANDARDS, because="body-not-established")
    await story.until("2025-09-01")
    await story.does(COUNCIL, Assign, "ST-1", lead=STANDARDS)


async def test_what_its_predecessors_had_open_goes_on_in_it_with_a_record(story: Story) -> None:
    await story.until("2025-01-20")
    await story.charged("ST-2", lead=AGENCY_BY, co=[AGENCY_RU], deadline="2025-12-15")
    await story.charged("ST-3", lead=AGENCY_RU, deadline="2025-12-15")
    await story.charged("ST-4", lead=AGENCY_BY, deadline="2025-12-15")
    await story.does(AGENCY_BY, SubmitReport, "ST-4", text="The catalogue is out.")
    await story.does(CONTROL, Accept, "ST-4")
    of_the_agency = await story.head_of(AGENCY_BY)

    await story.until("2025-07-01")
    for agency in (AGENCY_BY, AGENCY_RU):
        await story.does(
            ADMINISTRATOR,
            ReorganiseBody,
            body=agency,
            kind="merged",
            into=[STANDARDS],
            heir=STANDARDS,
        )

    for number, bodies in {"ST-2": [AGENCY_BY, AGENCY_RU], "ST-3": [AGENCY_RU]}.items():
        successions = await story.every(BodySucceeded, number)
        assert [(one.body, one.heir) for one in successions] == [(b, STANDARDS) for b in bodies]
        for one in successions:
            assert told(one) == await story.people_of(STANDARDS)
        assert (await story.row(number)).lead == STANDARDS
    assert await story.every(BodySucceeded, "ST-4") == [], "it was closed before"

    await story.refused(of_the_agency, SubmitReport, "ST-2", text="Done.", because="not-authorised")
    await story.does(STANDARDS, SubmitReport, "ST-2", text="The rules are agreed.")
    await story.does(CONTROL, Accept, "ST-2")
    assert (await story.row("ST-2")).phase == "Completed"
    begun = await story.the(AssignmentAcknowledged, "ST-2")
    assert begun.by.on_behalf_of == AGENCY_BY, "history stays as it was"


async def test_its_predecessors_are_charged_no_more_and_the_refusal_names_the_heir(
    story: Story,
) -> None:
    await story.until("2025-07-01")
    await story.does(
        ADMINISTRATOR,
        ReorganiseBody,
        body=AGENCY_BY,
        kind="merged",
        into=[STANDARDS],
        heir=STANDARDS,
    )
    await _issued(story)
    why = await story.refused(COUNCIL, Assign, "ST-1", lead=AGENCY_BY, because="body-closed")
    assert STANDARDS in why


async def _issued(story: Story) -> None:
    await story.does(
        COUNCIL,
        Issue,
        "ST-1",
        text="Draft a common programme of standards.",
        issuer=COUNCIL,
        controller=CONTROL,
        deadline="2026-06-30",
        programme=UNION,
    )
