"""The council meets twice over 310 measures; every measure that moved in between is accounted for."""

from audit.difference import Passed
from domain.instruction.commands import (
    Accept,
    ApproveExtension,
    Cancel,
    CarryOver,
    ChangeDeadline,
    Reopen,
    RequestExtension,
    Return,
    SubmitReport,
    Suspend,
)
from domain.instruction.events import DeadlinePassed, Escalated, ExtensionExpired
from domain.programme.commands import AdoptProgramme
from domain.programme.report import figures, report
from domain.programme.state import Meeting
from tests.acceptance.findings import NEXT, UNION
from tests.acceptance.story import COMMITTEE, CONTROL, COUNCIL, Story
from tests.programmes import REGISTRAR

Meetings = tuple[Meeting, Meeting]

WAITING_FOR_ACCEPTANCE = ("U-127", "U-266", "U-035", "U-144", "U-142")
PASSING_THEIR_DEADLINE = ("U-034", "U-036", "U-079", "U-270")
PAST_THEIR_FIRST_DEADLINE = ("U-002", "U-053", "U-094", "U-098", "U-164", "U-235", "U-271")
"""Which was extended, or submitted reports returned, so that they are not behind schedule."""


async def test_at_the_first_meeting_the_report_reads_as_the_councils(
    story_of_310_measures: Story,
) -> None:
    story = story_of_310_measures
    first = await _first_meeting(story)
    made = report(await story.as_of(first.at), first.at)
    assert made.implemented_line == "125 of 310 (40 %)"
    assert made.behind_schedule_line == "14 (4.5 %)"


async def test_at_the_second_meeting_every_measure_that_moved_is_accounted_for(
    story_of_310_measures: Story,
) -> None:
    story = story_of_310_measures
    first, second = await _both_meetings(story)
    assert await story.moved(first, second) == {
        "total +": ["U-311", "U-312"],
        "total -": ["U-232"],
        "implemented +": sorted((*WAITING_FOR_ACCEPTANCE, "U-013", "U-245")),
        "implemented -": ["U-002"],
        "behind_schedule +": list(PASSING_THEIR_DEADLINE),
        "behind_schedule -": ["U-069", "U-103", "U-110", "U-232", "U-245"],
        "cancelled +": ["U-232"],
        "carried_over +": ["U-028", "U-062", "U-181"],
        "deadline": ["U-002", "U-053", "U-103", "U-164"],
        "open_late +": list(PASSING_THEIR_DEADLINE),
        "open_late -": ["U-035", "U-103", "U-144", "U-232", "U-245"],
        "completed_late +": ["U-035", "U-144", "U-245"],
        "late_against_original +": sorted((*PASSING_THEIR_DEADLINE, *PAST_THEIR_FIRST_DEADLINE)),
        "late_against_original -": ["U-232"],
    }
    made = report(await story.as_of(second.at), second.at)
    assert made.total == 310 + 2 - 1
    assert made.implemented_line == "131 of 311 (42 %)", "125 and seven more, one less"
    assert made.behind_schedule_line == "13 (4.2 %)", "14 and four more, five less"
    assert (made.cancelled, made.carried_over) == (1, 3)


async def test_what_did_it_is_an_event_of_the_log_or_the_time_that_passed(
    story_of_310_measures: Story,
) -> None:
    story = story_of_310_measures
    first, second = await _both_meetings(story)
    found = await story.difference(first, second)
    did = {
        (one.change.aspect, one.change.measure.number): [
            "time" if isinstance(cause, Passed) else cause.type for cause in one.causes
        ]
        for one in found.moved
    }
    for number in PASSING_THEIR_DEADLINE:
        assert did["behind_schedule", number] == ["time"]
    assert did["behind_schedule", "U-245"] == ["CompletionReported"]
    assert did["behind_schedule", "U-069"] == ["Suspended"]
    assert did["behind_schedule", "U-103"] == ["DeadlineChanged"]
    assert did["deadline", "U-164"] == ["ReturnedForRework"]
    assert did["implemented", "U-002"] == ["Reopened"]
    assert did["total", "U-312"] == ["InstructionIssued"]


async def test_whoever_passed_a_deadline_was_escalated_as_far_as_the_time_allowed(
    story_of_310_measures: Story,
) -> None:
    story = story_of_310_measures
    await _both_meetings(story)
    by_number = {
        "U-034": ["controller", "issuer", "issuer-head"],  # due on 19 December
        "U-079": ["controller", "issuer", "issuer-head"],  # 9 January
        "U-036": ["controller"],  # 23 January
        "U-270": ["controller"],  # 27 January
    }
    for number, reached in by_number.items():
        await story.the(DeadlinePassed, number)
        steps = await story.every(Escalated, number)
        assert [step.to for step in steps] == reached
        assert not any(step.late for step in steps)
    expired, raised = (
        await story.the(ExtensionExpired, "U-036"),
        await story.the(Escalated, "U-036"),
    )
    assert raised.occurred_at >= expired.occurred_at, "the chain waited while its request was open"


async def test_both_reports_come_out_of_the_log_again_whatever_is_entered_later(
    story_of_310_measures: Story,
) -> None:
    story = story_of_310_measures
    meetings = await _both_meetings(story)
    await story.until("2026-02-03")
    await story.does(
        REGISTRAR,
        SubmitReport,
        "U-015",
        text="Done.",
        backdated={"at": "2025-12-10T09:00:00Z", "reason": "The letter lay in another office."},
    )
    behind_as_known_now: list[int] = []
    for meeting in meetings:
        published = meeting.report
        assert published is not None
        pinned = await story.as_of(meeting.at, until_position=published.position)
        assert figures(pinned, meeting.at) == published.figures
        as_known_now = figures(await story.as_of(meeting.at), meeting.at)
        assert as_known_now != published.figures
        behind_as_known_now.append(as_known_now.behind_schedule)
    assert behind_as_known_now == [13, 12], "and in hindsight one fewer was behind at each"


async def test_the_register_comes_to_the_same_figures_as_replay(
    story_of_310_measures: Story,
) -> None:
    story = story_of_310_measures
    await _both_meetings(story)
    assert await story.report() == report(await story.as_of(story.now), story.now)


async def _both_meetings(story: Story) -> Meetings:
    first = await _first_meeting(story)
    await _until_the_second(story)
    await story.until("2026-01-30")
    return first, await story.meets("council-2026-01")


async def _first_meeting(story: Story) -> Meeting:
    """On the day and at the hour that were announced."""
    assert not (await story.programme()).meetings["council-2025-12"].held
    await story.until("2025-12-15")
    return await story.meets("council-2025-12")


async def _until_the_second(story: Story) -> None:
    await story.until("2025-12-17")
    for number in WAITING_FOR_ACCEPTANCE:
        await story.does(CONTROL, Accept, number)
    await story.does("min-finance-by", SubmitReport, "U-013", text="Done in time.")
    await story.does(CONTROL, Accept, "U-013")
    await story.does(
        CONTROL, Return, "U-164", reason="The annex is missing.", deadline="2026-02-20"
    )
    await story.does(CONTROL, ApproveExtension, "U-053")
    await story.does(COUNCIL, Reopen, "U-002", reason="The Duma objects.", deadline="2026-05-29")

    await story.until("2025-12-22")  # of those that were behind at the first meeting
    await story.does("min-economy-by", SubmitReport, "U-245", text="Done, if late.")
    await story.does(CONTROL, Accept, "U-245")
    await story.does("min-agriculture-by", SubmitReport, "U-110", text="Done; please accept.")
    await story.does(
        COUNCIL, ChangeDeadline, "U-103", reason="Harvest first.", deadline="2026-06-30"
    )
    await story.does(COMMITTEE, Suspend, "U-069", reason="Waits for a court.")
    await story.does(COUNCIL, Cancel, "U-232", reason="Overtaken by a treaty.")

    await story.until("2026-01-15")
    for number in ("U-311", "U-312"):
        await story.charged(number, lead="min-energy-ru", deadline="2026-12-01", programme=UNION)

    await story.until("2026-01-20")
    await story.does(
        COUNCIL,
        AdoptProgramme,
        NEXT,
        title="Main guidelines for 2027-30",
        body=COUNCIL,
        period_start="2027-01-01",
        period_end="2030-12-31",
    )
    for number in ("U-028", "U-062", "U-181"):
        await story.does(COUNCIL, CarryOver, number, into=NEXT)

    await story.until("2026-01-22")  # the day before it is due; nobody answers for a week
    await story.does(
        "customs-ru", RequestExtension, "U-036", reason="No answer yet.", until="2026-05-29"
    )
