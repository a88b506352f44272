"""The one door, on memory and on PostgreSQL: an occurrence and its instruction, together or not at all."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.deadline import DeadlineRequest
from domain.identifiers import SYSTEM, instruction_id, recurrence_stream
from domain.instruction import commands as i
from domain.instruction.state import Assigned
from domain.outcomes import Recorded, Rejected
from domain.programme.commands import AdoptProgramme, CloseProgramme
from domain.recurrence import commands as c
from domain.recurrence import events as e
from domain.recurrence.decisions import recurrence_decider
from domain.recurrence.state import Recurrence, fields_of
from eventstore.codec import decoded
from eventstore.handle import CommandHandler
from eventstore.persons import MemoryPersonStore
from eventstore.protocol import EventStore
from eventstore.replay import fold
from tests.staging import CONTROL, COUNCIL, ISSUER, MINISTRY, TZDATA, stage

NAME = "tax-return"
STREAM = recurrence_stream(NAME)
NOW = datetime(2030, 1, 10, 9, tzinfo=UTC)
"""After the staging, and a Thursday."""


class RecurrenceDesk:
    def __init__(self, store: EventStore) -> None:
        self.store = store
        self.handler = CommandHandler(store, tzdata=TZDATA)

    async def send(self, command: Any, at: datetime = NOW) -> Recorded:
        outcome = await self.handler.handle(command, at)
        assert isinstance(outcome, Recorded), outcome
        return outcome

    async def start(self, **changes: Any) -> Recorded:
        fields: dict[str, Any] = {
            "title": "Quarterly tax return",
            "rule": "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1",
            "first_day": date(2030, 3, 1),
            "number": "TAX-{year}-{n}",
            "text": "Submit the return.",
            "issuer": COUNCIL,
            "controller": CONTROL,
            "lead": MINISTRY,
        }
        return await self.send(made(c.StartRecurrence, **{**fields, **changes}))

    async def check(self, at: datetime) -> Recorded:
        return await self.send(made(c.CheckRecurrence, SYSTEM), at)

    async def events(self) -> list[e.RecurrenceEvent]:
        return list(decoded(await self.store.read_stream(STREAM)))

    async def state(self) -> Recurrence:
        state = recurrence_decider.fold(await self.events())
        assert state is not None
        return state


def made(command: type[c.RecurrenceCommand], actor: str = ISSUER, **fields: Any) -> Any:
    return command(command_id=str(uuid4()), actor=actor, recurrence=NAME, **fields)


@pytest.fixture
async def desk(store: EventStore) -> RecurrenceDesk:
    desk = RecurrenceDesk(store)
    await stage(desk.handler, MemoryPersonStore())
    return desk


async def test_an_occurrence_and_its_instruction_are_one_append(desk: RecurrenceDesk) -> None:
    await desk.start()
    wake = (await desk.state()).next
    assert wake is not None
    recorded = await desk.check(wake.issue_at)
    state = fold(await desk.store.read_stream(instruction_id("TAX-2030-1")))
    assert isinstance(state, Assigned)
    record = state.record
    assert (record.lead, record.recurrence, record.deadline) == (MINISTRY, NAME, wake.deadline)
    own = await desk.store.read_stream(STREAM)
    founded = await desk.store.read_stream(instruction_id("TAX-2030-1"))
    both = [own[-1], *founded]
    assert len({event.command_id for event in both}) == 1
    assert recorded.next_wake is not None
    assert recorded.next_wake > wake.issue_at


async def test_whoever_asks_is_told_what_began_beside_it(desk: RecurrenceDesk) -> None:
    await desk.start()
    began: list[str] = []
    at = datetime(2030, 3, 5, tzinfo=UTC)
    await desk.handler.handle(made(c.CheckRecurrence, SYSTEM), at, beside=began.append)
    assert began == [instruction_id("TAX-2030-1")]
    await desk.handler.handle(made(c.CheckRecurrence, SYSTEM), at, beside=began.append)
    assert len(began) == 1


async def test_the_same_check_sent_again_issues_nothing_more(desk: RecurrenceDesk) -> None:
    await desk.start()
    check = made(c.CheckRecurrence, SYSTEM)
    at = datetime(2030, 3, 5, tzinfo=UTC)
    first = await desk.send(check, at)
    again = await desk.send(check, at)
    assert (again.version, again.position) == (first.version, first.position)
    assert (await desk.check(at)).position == 0
    assert [event.type for event in await desk.events()] == [
        "RecurrenceStarted",
        "OccurrenceIssued",
    ]


async def test_a_taken_number_pauses_it_and_it_goes_on_once_that_is_mended(
    desk: RecurrenceDesk,
) -> None:
    await desk.start()
    await desk.send(
        i.Issue(
            command_id=str(uuid4()),
            actor=ISSUER,
            instruction=instruction_id("TAX-2030-1"),
            number="TAX-2030-1",
            text="By hand.",
            issuer=COUNCIL,
            deadline=DeadlineRequest(on=date(2030, 4, 1)),
        )
    )
    at = datetime(2030, 3, 5, tzinfo=UTC)
    recorded = await desk.check(at)
    assert (recorded.next_wake, recorded.closed) == (None, True)
    paused = (await desk.events())[-1]
    assert isinstance(paused, e.RecurrencePaused)
    assert paused.refusal == "already-issued"
    assert "TAX-2030-1" in paused.reason

    terms = (await desk.state()).terms.model_dump()
    mended = {**terms, "number": "TAX-{year}-Q{quarter}"}
    await desk.send(made(c.ChangeRecurrence, reason="the number was taken", **mended), at)
    await desk.send(made(c.ResumeRecurrence, reason="mended"), at)
    await desk.check(at)
    assert await desk.store.stream_head(instruction_id("TAX-2030-Q1")) is not None


async def test_a_programme_that_has_closed_meanwhile_pauses_it(desk: RecurrenceDesk) -> None:
    about: dict[str, Any] = {"actor": ISSUER, "programme": "p"}
    adopt = AdoptProgramme(
        command_id="adopt",
        **about,
        title="P",
        body=COUNCIL,
        period_start=date(2030, 1, 1),
        period_end=date(2031, 1, 1),
    )
    await desk.send(adopt)
    await desk.start(programme="p")
    await desk.send(CloseProgramme(command_id="close", **about))
    await desk.check(datetime(2030, 3, 5, tzinfo=UTC))
    paused = (await desk.events())[-1]
    assert isinstance(paused, e.RecurrencePaused)
    assert paused.refusal == "programme-not-in-force"


async def test_a_year_with_one_missed(desk: RecurrenceDesk) -> None:
    """March on time; down from May to October: June is too late, September's deadline has passed too."""
    await desk.start()
    await desk.check(datetime(2030, 3, 1, 12, tzinfo=UTC))
    back = datetime(2030, 10, 5, tzinfo=UTC)
    recorded = await desk.check(back)
    assert [event.type for event in (await desk.events())[2:]] == ["OccurrenceSkipped"] * 2
    assert recorded.next_wake is not None
    await desk.check(recorded.next_wake)
    last = (await desk.events())[-1]
    assert isinstance(last, e.OccurrenceIssued)
    assert (last.n, last.number, last.late) == (4, "TAX-2030-4", False)


async def test_a_recurrence_is_found_overdue_and_open_like_any_stream(desk: RecurrenceDesk) -> None:
    await desk.start()
    wake = (await desk.state()).next
    assert wake is not None
    late = wake.issue_at + timedelta(minutes=5)
    assert [head.stream_id for head in await desk.store.overdue(late, limit=10)] == [STREAM]
    open_ones = await desk.store.open_streams(prefix="recurrence-", limit=10)
    assert [head.stream_id for head in open_ones] == [STREAM]


async def test_a_rule_that_makes_no_sense_is_refused_with_its_field(desk: RecurrenceDesk) -> None:
    with pytest.raises(AssertionError, match="BYMONTH takes numbers from 1 to 12"):
        await desk.start(rule="FREQ=YEARLY;BYMONTH=13")
    assert await desk.events() == []


async def test_two_checks_at_once_issue_it_once(desk: RecurrenceDesk) -> None:
    await desk.start()
    at = datetime(2030, 3, 5, tzinfo=UTC)
    other = CommandHandler(desk.store, tzdata=TZDATA)
    one, two = await asyncio.gather(
        desk.handler.handle(made(c.CheckRecurrence, SYSTEM), at),
        other.handle(made(c.CheckRecurrence, SYSTEM), at),
    )
    assert not isinstance(one, Rejected)
    assert not isinstance(two, Rejected)
    assert [event.type for event in await desk.events()].count("OccurrenceIssued") == 1


async def _with_seventy_days_left_out(desk: RecurrenceDesk) -> date:
    """The days of a daily recurrence after its next one's; that day."""
    await desk.start(
        rule="FREQ=DAILY", first_day=date(2030, 3, 1), number="TAX-{year}-{month}-{day}"
    )
    upcoming = (await desk.state()).next
    assert upcoming is not None
    for n in range(1, 71):
        day = upcoming.day + timedelta(days=n)
        await desk.send(made(c.SkipOccurrence, day=day, reason="A strike."))
    return upcoming.day


async def test_it_goes_on_after_however_many_days_that_are_left_out(desk: RecurrenceDesk) -> None:
    first = await _with_seventy_days_left_out(desk)
    await desk.check(datetime(2030, 3, 1, 12, tzinfo=UTC))
    state = await desk.state()
    assert state.phase == "Active"
    assert state.next is not None
    assert (state.next.n, state.next.day) == (72, first + timedelta(days=71))


async def test_changed_it_goes_on_after_however_many_days_that_are_left_out(
    desk: RecurrenceDesk,
) -> None:
    first = await _with_seventy_days_left_out(desk)
    terms = fields_of((await desk.state()).terms)
    later: dict[str, Any] = {**terms, "first_day": first + timedelta(days=1)}
    await desk.send(made(c.ChangeRecurrence, **later, reason="A new law."))
    after = (await desk.state()).next
    assert after is not None
    assert after.day == first + timedelta(days=71)
