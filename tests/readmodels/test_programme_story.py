"""2027–30 is drafted while 2024–26 runs; two meetings take stock; what is unfinished is carried over."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import date, datetime

from audit.difference import Point, difference
from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction import commands as i
from domain.outcomes import Outcome, Recorded, Rejected
from domain.programme import commands as p
from domain.programme.decisions import programme_decider
from domain.programme.report import ProgrammeReport, figures, report
from domain.programme.state import Programme
from eventstore.codec import decoded
from eventstore.replay import AsOf
from readmodels.programme_report import measures_as_of
from readmodels.programmes import ProgrammesProjection, all_programmes
from tests.programmes import HEAD, PROGRAMME
from tests.readmodels.conftest import Desk
from tests.readmodels.lives import utc
from tests.registered import measures_registered

NEXT = "next-programme"
OFFICER = "p-0007"
"""Of the ministry."""
FIRST, SECOND = "council-2026-12", "council-2027-01"
FIRST_AT, SECOND_AT = utc("2026-12-15 09:00"), utc("2027-01-20 09:00")
THE_END = utc("2027-03-01 09:00")


@dataclass
class Story:
    """Sends commands at moments of business time, which may only be told in order."""

    desk: Desk
    sent: int = 0

    def _envelope(self, actor: str) -> dict[str, str]:
        self.sent += 1
        return {"command_id": f"story-{self.sent}", "actor": actor}

    async def instruction(
        self,
        when: str,
        type_: type[i.InstructionCommand],
        number: str,
        actor: str = HEAD,
        /,
        **told: object,
    ) -> Outcome:
        head = self._envelope(actor) | {"instruction": instruction_id(number)}
        return await self.desk.handler.handle(type_.model_validate(head | told), utc(when))

    async def programme(
        self, when: str, type_: type[p.ProgrammeCommand], programme: str, /, **told: object
    ) -> Outcome:
        head = self._envelope(HEAD) | {"programme": programme}
        return await self.desk.handler.handle(type_.model_validate(head | told), utc(when))

    async def charge(
        self,
        at: str,
        number: str,
        deadline: date,
        *,
        programme: str = PROGRAMME,
        propose: bool = False,
    ) -> Outcome:
        return await self.instruction(
            at,
            i.Propose if propose else i.Issue,
            number,
            number=number,
            text="Agree on it.",
            issuer="council",
            programme=programme,
            sector="transport",
            deadline=DeadlineRequest(on=deadline),
        )

    async def publish(self, at: str, meeting: str) -> None:
        _recorded(await self.programme(at, p.HoldMeeting, PROGRAMME, meeting=meeting))
        held = (await self.state(PROGRAMME)).meetings[meeting]
        position = await self.desk.store.head()
        await self.desk.projector().catch_up()
        measures = await measures_as_of(
            self.desk.store, self.desk.register, PROGRAMME, AsOf(occurred=held.at)
        )
        _recorded(
            await self.programme(
                at,
                p.PublishReport,
                PROGRAMME,
                meeting=meeting,
                as_of=held.at,
                position=position,
                figures=figures(measures, held.at),
            )
        )

    async def state(self, programme: str) -> Programme:
        stored = await self.desk.store.read_stream(f"programme-{programme}")
        state = programme_decider.replay(decoded(stored))
        assert state is not None
        return state

    async def report(self, programme: str, at: datetime) -> ProgrammeReport:
        await self.desk.projector().catch_up()
        measures = await measures_as_of(
            self.desk.store, self.desk.register, programme, AsOf(occurred=at)
        )
        return report(measures, at)


def _recorded(*outcomes: Outcome) -> None:
    for outcome in outcomes:
        assert isinstance(outcome, Recorded), outcome


def _lines(made: ProgrammeReport) -> tuple[str, str]:
    return made.implemented_line, made.behind_schedule_line


async def _told(desk: Desk) -> Story:
    story = Story(desk)
    await _until_the_first_meeting(story)
    await _until_the_second_meeting(story)
    await _into_the_next_programme(story)
    return story


async def _until_the_first_meeting(story: Story) -> None:
    _recorded(
        await story.programme(
            "2026-11-25 09:00",
            p.DraftProgramme,
            NEXT,
            title="Main guidelines 2027–30",
            body="council",
            period_start=date(2027, 1, 1),
            period_end=date(2030, 12, 31),
        ),
        await story.programme(
            "2026-11-25 09:05",
            p.ScheduleMeeting,
            PROGRAMME,
            meeting=FIRST,
            title="Council meeting",
            at=FIRST_AT,
        ),
    )
    days = {"N-1": date(2026, 12, 10), "N-2": date(2026, 12, 10), "N-3": date(2027, 1, 15)}
    for number, day in {**days, "N-4": date(2027, 6, 30)}.items():
        _recorded(
            await story.charge("2026-11-26 09:00", number, day),
            await story.instruction("2026-11-26 10:00", i.Assign, number, lead="ministry"),
            await story.instruction("2026-11-27 10:00", i.Acknowledge, number, OFFICER),
        )
    for number in ("P-1", "P-2"):
        charged = story.charge("2026-11-28 09:00", number, date(2027, 9, 30), propose=True)
        _recorded(await charged)
    done = story.instruction("2026-12-05 09:00", i.SubmitReport, "N-1", OFFICER, text="Done.")
    _recorded(await done)
    await story.publish("2026-12-15 12:00", FIRST)


async def _until_the_second_meeting(story: Story) -> None:
    early = await story.charge("2026-12-16 09:00", "N-9", date(2028, 6, 30), programme=NEXT)
    assert isinstance(early, Rejected), "nothing is issued under a draft"
    _recorded(
        await story.instruction("2026-12-16 10:00", i.Adopt, "P-1"),
        await story.instruction("2026-12-16 10:05", i.Refuse, "P-2", reason="Not needed."),
        await story.instruction("2026-12-18 10:00", i.SubmitReport, "N-2", OFFICER, text="Done."),
        await story.programme(
            "2027-01-05 09:00",
            p.ScheduleMeeting,
            PROGRAMME,
            meeting=SECOND,
            title="Council meeting",
            at=utc("2027-01-13 09:00"),
        ),
        await story.programme(
            "2027-01-06 09:00",
            p.ScheduleMeeting,
            PROGRAMME,
            meeting=SECOND,
            title="Council meeting, moved",
            at=SECOND_AT,
        ),
    )
    await story.publish("2027-01-20 12:00", SECOND)


async def _into_the_next_programme(story: Story) -> None:
    _recorded(await story.programme("2027-01-21 09:00", p.AdoptProgramme, NEXT))
    for number in ("N-3", "N-4", "P-1"):
        _recorded(await story.instruction("2027-01-22 09:00", i.CarryOver, number, into=NEXT))
    closed = await story.instruction("2027-01-22 09:00", i.CarryOver, "N-1", into=NEXT)
    assert isinstance(closed, Rejected), "what is implemented stays where it was"
    _recorded(await story.programme("2027-01-23 09:00", p.CloseProgramme, PROGRAMME))
    late = await story.charge("2027-01-24 09:00", "N-8", date(2028, 6, 30))
    assert isinstance(late, Rejected), "nothing is issued under a closed programme"
    submit = story.instruction("2027-02-10 09:00", i.SubmitReport, "N-3", OFFICER, text="Done.")
    _recorded(await submit)


async def test_the_reports_of_two_meetings(desk: Desk) -> None:
    story = await _told(desk)
    first = await story.report(PROGRAMME, FIRST_AT)
    assert _lines(first) == ("1 of 4 (25 %)", "1 (25 %)")
    assert (first.proposed, first.refused) == (2, 0)
    second = await story.report(PROGRAMME, SECOND_AT)
    assert _lines(second) == ("2 of 5 (40 %)", "1 (20 %)")
    assert (second.proposed, second.refused) == (0, 1)


async def test_no_report_is_read_beyond_the_end_of_the_log(desk: Desk) -> None:
    story = Story(desk)
    await _until_the_first_meeting(story)
    published = (await story.state(PROGRAMME)).meetings[FIRST].report
    assert published is not None
    held = "2026-12-16 09:00"
    _recorded(
        await story.programme(
            held, p.HoldMeeting, PROGRAMME, meeting="extra", title="Extra", at=utc(held)
        )
    )
    head = await desk.store.head()

    def publish(position: int) -> Awaitable[Outcome]:
        return story.programme(
            held,
            p.PublishReport,
            PROGRAMME,
            meeting="extra",
            as_of=utc(held),
            position=position,
            figures=published.figures,
        )

    refused = await publish(head + 1)
    assert isinstance(refused, Rejected)
    assert refused.field == "position"
    _recorded(await publish(head))


async def test_what_was_published_is_what_replay_comes_to(desk: Desk) -> None:
    story = await _told(desk)
    await desk.projector().catch_up()
    meetings = (await story.state(PROGRAMME)).meetings
    assert list(meetings) == [FIRST, SECOND]
    for meeting in meetings.values():
        assert meeting.report is not None
        measures = await measures_as_of(
            desk.store,
            desk.register,
            PROGRAMME,
            AsOf(occurred=meeting.at),
            until_position=meeting.report.position,
        )
        assert figures(measures, meeting.at) == meeting.report.figures


async def test_a_position_keeps_a_report_from_what_was_entered_later(desk: Desk) -> None:
    story = await _told(desk)
    report_ = (await story.state(PROGRAMME)).meetings[FIRST].report
    assert report_ is not None
    pinned = await measures_as_of(
        desk.store, desk.register, PROGRAMME, AsOf(), until_position=report_.position
    )
    assert _lines(report(pinned, THE_END))[0] == "1 of 4 (25 %)"


async def test_what_moved_between_the_meetings(desk: Desk) -> None:
    await _told(desk)
    await desk.projector().catch_up()
    found = await difference(
        desk.store,
        await desk.register.of_programme(PROGRAMME),
        PROGRAMME,
        Point(at=FIRST_AT, position=0),
        Point(at=SECOND_AT, position=await desk.store.head()),
        "occurred",
    )
    moved = {(one.change.aspect, one.change.measure.number): one.change.now for one in found.moved}
    assert moved == {
        ("total", "P-1"): True,
        ("implemented", "N-2"): True,
        ("behind_schedule", "N-2"): False,
        ("behind_schedule", "N-3"): True,
        ("late_against_original", "N-3"): True,
        ("open_late", "N-2"): False,
        ("open_late", "N-3"): True,
        ("completed_late", "N-2"): True,
        ("proposed", "P-1"): False,
        ("proposed", "P-2"): False,
        ("refused", "P-2"): True,
    }


async def test_the_unfinished_goes_on_with_its_history_and_stays_in_the_old_report(
    desk: Desk,
) -> None:
    story = await _told(desk)
    old = await story.report(PROGRAMME, THE_END)
    assert old.implemented_line == "2 of 5 (40 %)"
    assert (old.carried_over, old.behind_schedule) == (3, 1)
    new = await story.report(NEXT, THE_END)
    assert new.implemented_line == "1 of 3 (33 %)"
    assert (new.behind_schedule, new.late_against_original) == (0, 1)
    (row,) = [row for row in await desk.register.page(programme=NEXT) if row.number == "N-3"]
    assert row.carried_from == PROGRAMME
    types = [event.type for event in await desk.store.read_stream(instruction_id("N-3"))]
    assert types[0] == "InstructionIssued"
    assert "CarriedOver" in types


async def test_the_register_says_what_replay_says_of_both_programmes(desk: Desk) -> None:
    await _told(desk)
    for batch_size in (3, 1000):
        await desk.projector(batch_size=batch_size).catch_up()
        for programme in (PROGRAMME, NEXT):
            replayed = await measures_as_of(desk.store, desk.register, programme, AsOf())
            assert await measures_registered(desk.pool, programme, page_size=2) == replayed
            assert replayed
        await desk.as_superuser("select remit.begin_epoch()")  # from the first event again
    assert await desk.register.count_open(PROGRAMME) == 0
    assert await desk.register.count_open(NEXT) == 2


async def test_both_programmes_are_listed_as_they_stand(desk: Desk) -> None:
    await _told(desk)
    await desk.projector(ProgrammesProjection(), batch_size=7).catch_up()
    listed = [(row.programme, row.phase) for row in await all_programmes(desk.pool)]
    assert listed == [(PROGRAMME, "Closed"), (NEXT, "Adopted")]
