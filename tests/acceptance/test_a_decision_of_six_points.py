"""A decision with six points for two states: parts of their own deadlines, one of them led jointly."""

from domain.identifiers import instruction_id
from domain.instruction.commands import (
    Accept,
    Acknowledge,
    Assign,
    Cancel,
    Issue,
    IssuePart,
    IssueSubInstruction,
    Reopen,
    Resume,
    Return,
    SubmitReport,
    Suspend,
)
from domain.instruction.events import (
    Cancelled,
    CompletionReported,
    Escalated,
    InstructionAssigned,
    JointReportSubmitted,
    PartClosed,
    Resumed,
)
from tests.acceptance.findings import UNION, told
from tests.acceptance.story import CONTROL, COUNCIL, Story

WHOLE = "D-9"
TAXES_BY, TAXES_RU = "min-taxes-by", "taxes-ru"
TRANSPORT_BY, TRANSPORT_RU = "min-transport-by", "min-transport-ru"
POINTS = {
    "D-9/1": (TAXES_BY, "2026-05-31"),
    "D-9/2": (TAXES_RU, "2026-05-31"),
    "D-9/3": (TRANSPORT_BY, "2026-06-30"),
    "D-9/4": (TRANSPORT_RU, "2026-06-30"),
    "D-9/5": ("region-brest", "2026-07-31"),
}
JOINT = "D-9/6"
"""Led by the ministries of transport of both states."""


async def test_the_council_charges_each_body_with_its_point(story: Story) -> None:
    await _decided(story)
    for number, (lead, _) in POINTS.items():
        row = await story.row(number)
        assert (row.issuer, row.lead, row.controller) == (COUNCIL, lead, CONTROL)
        assert (row.phase, row.parent) == ("InProgress", instruction_id(WHOLE))
    assert (await story.report()).total == 1, "the points are no measures of the programme"


async def test_the_decision_is_carried_out_once_the_last_point_is_accepted(story: Story) -> None:
    await _decided(story)
    await story.until("2026-05-20")
    for number in ("D-9/1", "D-9/2", "D-9/3", "D-9/4"):
        await _carried_out(story, number)
    await story.does(COUNCIL, Cancel, "D-9/5", reason="The bridge was built by others.")
    assert (await story.row(WHOLE)).phase == "Issued"
    await _carried_out(story, JOINT)
    row = await story.row(WHOLE)
    assert (row.phase, row.lead) == ("Reported", None), "it waits for the control department"
    reported = await story.the(CompletionReported, WHOLE)
    assert (reported.closed_with, reported.by.on_behalf_of) == ("all-parts", None)
    assert told(reported) == await story.people_of(CONTROL)
    closed = await story.every(PartClosed, WHOLE)
    assert [part.how for part in closed].count("completed") == 5
    await story.does(CONTROL, Accept, WHOLE)
    assert (await story.report()).implemented_line == "1 of 1 (100 %)"


async def test_a_point_that_turns_out_undone_brings_the_decision_back(story: Story) -> None:
    await _decided(story)
    for number in (*POINTS, JOINT):
        await _carried_out(story, number)
    await story.refused(
        COUNCIL, Reopen, "D-9/1", reason="The form is missing.", because="whole-not-open"
    )
    await story.does(CONTROL, Return, WHOLE, reason="The form of point 1 is missing.")
    await story.does(COUNCIL, Reopen, "D-9/1", reason="The form is missing.")
    assert (await story.row(WHOLE)).phase == "Issued"
    await _carried_out(story, "D-9/1")
    assert (await story.row(WHOLE)).phase == "Reported"


async def test_both_ministries_report_on_what_they_lead_together(story: Story) -> None:
    await _decided(story)
    assigned = await story.the(InstructionAssigned, JOINT)
    assert assigned.joint_leads == (TRANSPORT_RU,)
    both = await story.people_of(TRANSPORT_BY) | await story.people_of(TRANSPORT_RU)
    assert told(assigned) == both
    row = await story.row(JOINT)
    assert (row.lead, row.joint_leads) == (TRANSPORT_BY, TRANSPORT_RU)
    assert JOINT in {one.number for one in await story.led_by(TRANSPORT_RU)}

    await story.does(TRANSPORT_RU, SubmitReport, JOINT, text="Our section is ready.")
    half = await story.the(JointReportSubmitted, JOINT)
    assert told(half) >= await story.people_of(TRANSPORT_BY)
    assert (await story.row(JOINT)).phase == "InProgress"
    await story.until("2026-09-02")
    late = [step for step in await story.every(Escalated, JOINT) if step.to == "controller"]
    assert late, "half a report stops no clock"
    await story.does(TRANSPORT_BY, SubmitReport, JOINT, text="Ours too.")
    await story.does(
        CONTROL,
        Return,
        JOINT,
        reason="The Belarusian act is not signed.",
        deadline="2026-09-30",
        sides=[TRANSPORT_BY],
    )
    await story.refused(TRANSPORT_RU, SubmitReport, JOINT, text="Ready.", because="invalid")
    await story.does(TRANSPORT_BY, SubmitReport, JOINT, text="Signed.")
    assert (await story.row(JOINT)).phase == "Reported"


async def test_suspended_and_resumed_the_points_wait_as_long(story: Story) -> None:
    await _decided(story)
    await story.does(COUNCIL, Suspend, "D-9/2", reason="Their law is being changed.")
    await story.until("2026-03-10")
    await story.does(COUNCIL, Suspend, WHOLE, reason="The treaty is renegotiated.", with_parts=True)
    assert {(await story.row(number)).phase for number in (*POINTS, JOINT)} == {"Suspended"}
    await story.until("2026-03-20")
    await story.does(COUNCIL, Resume, WHOLE, with_parts=True)
    assert (await story.row("D-9/1")).phase == "InProgress"
    resumed = await story.the(Resumed, "D-9/1")
    assert (resumed.suspended_for.days, resumed.because_of) == (10, instruction_id(WHOLE))
    assert resumed.deadline.on is not None
    assert resumed.deadline.on.isoformat() == "2026-06-10"
    assert (await story.row("D-9/2")).phase == "Suspended", "for a reason of its own"


async def test_cancelled_with_its_points_nothing_of_it_is_left_open(story: Story) -> None:
    await _decided(story)
    await _carried_out(story, "D-9/1")
    await story.does(
        TRANSPORT_BY,
        IssueSubInstruction,
        "D-9/3",
        number="D-9/3.1",
        text="Survey the road.",
        deadline="2026-04-30",
    )
    await story.does(TRANSPORT_BY, Assign, "D-9/3.1", lead="region-gomel")
    await story.does(COUNCIL, Cancel, WHOLE, reason="Overtaken by the treaty.", with_parts=True)
    assert (await story.row("D-9/1")).phase == "Completed"
    for number in (WHOLE, "D-9/2", "D-9/3", "D-9/3.1", "D-9/4", "D-9/5", JOINT):
        assert (await story.row(number)).phase == "Cancelled"
    below = await story.the(Cancelled, "D-9/3.1")
    assert (below.by.on_behalf_of, below.because_of) == (COUNCIL, instruction_id(WHOLE))
    assert told(below) >= await story.people_of("region-gomel"), "whom it concerns is told"


async def _decided(story: Story) -> None:
    await story.until("2026-03-02")
    await story.does(
        COUNCIL,
        Issue,
        WHOLE,
        text="Carry out the decision on border crossings.",
        issuer=COUNCIL,
        controller=CONTROL,
        programme=UNION,
        deadline="2026-08-31",
        closes_with="all-parts",
    )
    for number, (lead, due) in POINTS.items():
        await _charged(story, number, due, lead=lead)
        await story.does(lead, Acknowledge, number)
    await _charged(story, JOINT, "2026-08-31")
    leads = {"lead": TRANSPORT_BY, "joint_leads": [TRANSPORT_RU]}
    await story.does(COUNCIL, Assign, JOINT, **leads)
    await story.does(TRANSPORT_BY, Acknowledge, JOINT)
    assert (await story.row(JOINT)).phase == "Assigned"
    await story.does(TRANSPORT_RU, Acknowledge, JOINT)


async def _charged(story: Story, number: str, due: str, **more: object) -> None:
    said = {"number": number, "text": "See the decision.", "deadline": due}
    await story.does(COUNCIL, IssuePart, WHOLE, **said, **more)


async def _carried_out(story: Story, number: str) -> None:
    leads = [TRANSPORT_BY, TRANSPORT_RU] if number == JOINT else [POINTS[number][0]]
    for lead in leads:
        await story.does(lead, SubmitReport, number, text="Done.")
    await story.does(CONTROL, Accept, number)
