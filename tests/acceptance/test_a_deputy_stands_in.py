"""The minister is away for six weeks. The deputy acts in the minister's office, and is told in her place."""

from domain.directory.commands import RegisterPerson, Substitute
from domain.directory.commitment import commitment
from domain.instruction.commands import Acknowledge, Assign, Issue
from domain.instruction.events import AssignmentAcknowledged, InstructionAssigned, ReminderDue
from tests.acceptance.findings import told
from tests.acceptance.story import CONTROL, COUNCIL, Story
from tests.programmes import ADMINISTRATOR

MINISTRY = "min-transport-by"
MINISTER, OFFICER, DEPUTY = "p-0026", "p-0027", "p-0200"


async def test_the_deputy_acknowledges_in_the_ministers_office_and_the_event_says_so(
    story: Story,
) -> None:
    await _minister_is_away(story)
    await _assigned(story)
    await story.until("2026-02-04")
    await story.does(DEPUTY, Acknowledge, "TR-8")
    by = (await story.the(AssignmentAcknowledged, "TR-8")).by
    assert (by.actor, by.office, by.substituting) == (DEPUTY, f"{MINISTRY}.head", MINISTER)
    assert by.on_behalf_of == MINISTRY


async def test_notices_and_reminders_reach_the_deputy_until_the_minister_is_back(
    story: Story,
) -> None:
    await _minister_is_away(story)
    await _assigned(story)
    assert told(await story.the(InstructionAssigned, "TR-8")) == {DEPUTY, OFFICER}
    await story.until("2026-02-04")
    await story.does(DEPUTY, Acknowledge, "TR-8")

    await story.until("2026-03-15")
    before = await story.every(ReminderDue, "TR-8")
    assert [one.moment.rule for one in before] == ["before-30d", "before-7d"]
    assert all(told(one) == {DEPUTY, OFFICER} for one in before)

    await story.until("2026-03-22")
    *_, back = await story.every(ReminderDue, "TR-8")
    assert back.moment.rule == "before-1d"
    assert told(back) == {MINISTER, OFFICER}


async def test_before_and_after_the_absence_the_deputy_may_do_nothing(story: Story) -> None:
    await _minister_is_away(story)
    await story.until("2026-01-30")
    await _issued_and_assigned(story)
    await story.refused(DEPUTY, Acknowledge, "TR-8", because="not-authorised")
    await story.until("2026-03-16")
    await story.refused(DEPUTY, Acknowledge, "TR-8", because="not-authorised")
    await story.does(MINISTER, Acknowledge, "TR-8")


async def _minister_is_away(story: Story) -> None:
    """From 1 February to 15 March 2026, as is known some days before."""
    await story.until("2026-01-26")
    await story.does(
        ADMINISTRATOR,
        RegisterPerson,
        person=DEPUTY,
        commitment=commitment(b"salt", "Deputy Minister", None),
    )
    await story.does(
        ADMINISTRATOR,
        Substitute,
        absent=MINISTER,
        substitute=DEPUTY,
        since="2026-02-01",
        until="2026-03-15",
        reason="Leave.",
    )


async def _assigned(story: Story) -> None:
    await story.until("2026-02-02")
    await _issued_and_assigned(story)


async def _issued_and_assigned(story: Story) -> None:
    await story.does(
        COUNCIL,
        Issue,
        "TR-8",
        text="Agree the timetable of cross-border trains.",
        issuer=COUNCIL,
        controller=CONTROL,
        deadline="2026-03-20",
    )
    await story.does(COUNCIL, Assign, "TR-8", lead=MINISTRY)
