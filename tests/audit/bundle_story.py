"""Two measures told by commands: between them they meet all that a status can go through."""

from datetime import UTC, date, datetime

from domain.deadline import DeadlineRequest
from domain.directory.commands import ErasePerson
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.programme import commands as p
from domain.programme.membership import measures_by_programme
from domain.programme.report import figures
from eventstore.handle import CommandHandler
from eventstore.replay import AsOf, read_as_of
from tests.audit.bundles import SignedLog, Telling
from tests.programmes import ADMINISTRATOR, HEAD, PROGRAMME, set_up

OFFICER = "p-0007"
TAX, ROADS = "TAX-1", "ROADS-2"
NEXT = "next-programme"
MEETING = "m-1"
MEETING_AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
BEGIN = datetime(2026, 1, 10, 9, tzinfo=UTC)


def on(day: str) -> DeadlineRequest:
    return DeadlineRequest(on=date.fromisoformat(day))


async def told() -> SignedLog:
    """The small world, with the two in it and a second programme."""
    log = SignedLog()
    handler = await set_up(log.store, persons=log.persons, at=BEGIN)
    story = Telling(handler=handler, at=BEGIN)
    head = {"actor": HEAD, "instruction": instruction_id(TAX)}
    lead = {"actor": OFFICER, "instruction": instruction_id(TAX)}
    issue = {"issuer": "council", "controller": "council", "programme": PROGRAMME}
    programme = {"actor": HEAD, "programme": PROGRAMME}

    await story.tell(
        p.AdoptProgramme,
        actor=HEAD,
        programme=NEXT,
        title="Next",
        body="council",
        period_start=date(2027, 1, 1),
        period_end=date(2030, 12, 31),
    )
    text = "Agree on a common tax register."
    await story.tell(
        c.Issue, **head, **issue, number=TAX, text=text, deadline=on("2026-03-01"), sector="tax"
    )
    await story.tell(c.Assign, **head, lead="ministry", co_assignees=("region",))
    await story.tell(c.Acknowledge, **lead)
    await story.tell(c.ReportProgress, **lead, percent=30, text="A draft.")
    await story.tell(c.RequestExtension, **lead, until=on("2026-03-20"), reason="Ill.")
    await story.tell(c.ApproveExtension, **head)
    await story.tell(c.Suspend, **head, reason="The treaty is renegotiated.")
    story.wait(9)
    await story.tell(c.Resume, **head)
    story.wait(4)
    await story.tell(c.SubmitReport, **lead, text="Done.")
    await story.tell(c.Return, **head, reason="The annex is missing.", deadline=on("2026-04-15"))
    story.wait(2)
    await story.tell(c.SubmitReport, **lead, text="With annex.")
    await story.tell(c.Accept, **head)

    other = {"actor": HEAD, "instruction": instruction_id(ROADS)}
    await story.tell(
        c.Issue, **other, **issue, number=ROADS, text="Open the road.", deadline=on("2026-03-15")
    )
    await story.tell(c.Assign, **other, lead="ministry")
    story.wait(2)
    await story.tell(c.Cancel, **other, reason="Overtaken.")
    story.wait(19)
    await story.tell(c.Reopen, **other, reason="Not overtaken after all.")
    await story.tell(c.Suspend, **other, reason="Floods.")

    story.at = MEETING_AT
    await story.tell(p.HoldMeeting, **programme, meeting=MEETING, title="First", at=MEETING_AT)
    await publish(log, story, MEETING)

    story.wait(29)
    await story.tell(c.Reopen, **head, reason="It is empty.", deadline=on("2026-08-01"))
    correction = {"version": 1, "field": "text", "value": "Agree on the tax register."}
    await story.tell(c.Correct, **head, **correction, reason="A slip.")
    await story.tell(c.Resume, **other, deadline=on("2026-09-01"))
    story.wait(99)
    await story.tell(c.CarryOver, **head, into=NEXT)
    return log


async def publish(log: SignedLog, story: Telling, meeting: str, *, too_many: int = 0) -> None:
    """The figures as replay has them; with `too_many`, so many more are said to be implemented."""
    position = await log.store.head()
    found = [
        measures_by_programme(
            instruction_id(number),
            read_as_of(
                await log.store.read_stream(instruction_id(number)), AsOf(occurred=MEETING_AT)
            ),
        )
        for number in (TAX, ROADS)
    ]
    measures = [each[PROGRAMME] for each in found if PROGRAMME in each]
    true = figures(measures, MEETING_AT)
    await story.tell(
        p.PublishReport,
        actor=HEAD,
        programme=PROGRAMME,
        meeting=meeting,
        as_of=MEETING_AT,
        position=position,
        figures=true.model_copy(update={"implemented": true.implemented + too_many}),
    )


async def erase(log: SignedLog, person: str, at: datetime) -> None:
    """As `remit erase-person` does it."""
    story = Telling(handler=CommandHandler(log.store, tzdata="2026a"), at=at, count=900)
    await story.tell(ErasePerson, actor=ADMINISTRATOR, person=person, reason="At their own wish.")
    await log.persons.erase(person)
