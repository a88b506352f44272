"""A preview says what `handle` would record or refuse, on memory and on PostgreSQL, and writes nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded, Rejected
from domain.rejections import Code
from eventstore.codec import decoded
from eventstore.handle import CommandHandler
from eventstore.persons import MemoryPersonStore
from eventstore.protocol import EventStore
from tests.staging import COUNCIL, ISSUER, LEAD, MINISTRY, TZDATA, stage

_NOW = datetime.now(UTC)
_ID = instruction_id("1")


@pytest.fixture
async def handler(store: EventStore) -> CommandHandler:
    made = CommandHandler(store, tzdata=TZDATA)
    await stage(made, MemoryPersonStore())
    issued = await made.handle(
        c.Issue(
            command_id="issue",
            actor=ISSUER,
            instruction=_ID,
            number="1",
            text="Agree on common rules.",
            issuer=COUNCIL,
            deadline=DeadlineRequest(at=_NOW + timedelta(days=30)),
        ),
        _NOW,
    )
    assert isinstance(issued, Recorded)
    return made


def _assign(actor: str, command_id: str = "assign", lead: str = MINISTRY) -> c.Assign:
    return c.Assign(command_id=command_id, actor=actor, instruction=_ID, lead=lead)


async def test_it_tells_the_very_events_that_are_then_recorded(
    handler: CommandHandler, store: EventStore
) -> None:
    head = await store.head()
    foreseen = await handler.preview(_assign(ISSUER), _NOW)
    assert await store.head() == head
    assert isinstance(await handler.handle(_assign(ISSUER), _NOW), Recorded)
    recorded = tuple(decoded(await store.read_stream(_ID)))
    assert not isinstance(foreseen, Rejected)
    assert foreseen == recorded[-len(foreseen) :]


async def test_it_refuses_as_handle_does(handler: CommandHandler) -> None:
    foreseen = await handler.preview(_assign(LEAD), _NOW)
    assert isinstance(foreseen, Rejected)
    assert foreseen.code == Code.NOT_AUTHORISED
    assert foreseen == await handler.handle(_assign(LEAD), _NOW)


async def test_what_is_recorded_already_would_record_nothing(
    handler: CommandHandler, store: EventStore
) -> None:
    await handler.handle(_assign(ISSUER), _NOW)
    head = await store.head()
    assert await handler.preview(_assign(ISSUER), _NOW) == ()
    other = await handler.preview(_assign(ISSUER, lead=COUNCIL), _NOW)
    assert isinstance(other, Rejected)
    assert other.code == Code.COMMAND_ID_REUSED
    assert await store.head() == head


async def test_of_a_part_that_is_issued_only_what_the_whole_s_stream_takes_is_foreseen(
    handler: CommandHandler, store: EventStore
) -> None:
    await handler.handle(_assign(ISSUER), _NOW)
    part = c.IssueSubInstruction(
        command_id="part",
        actor=LEAD,
        instruction=_ID,
        number="1/1",
        text="Draft the annex.",
        deadline=DeadlineRequest(at=_NOW + timedelta(days=20)),
    )
    foreseen = await handler.preview(part, _NOW)
    assert isinstance(foreseen, tuple)
    assert [event.type for event in foreseen] == ["SubInstructionIssued"]
    assert await store.read_stream(instruction_id("1/1")) == []


async def test_it_sees_what_another_process_has_recorded(
    handler: CommandHandler, store: EventStore
) -> None:
    await handler.preview(_assign(ISSUER), _NOW)
    elsewhere = CommandHandler(store, tzdata=TZDATA)
    assert isinstance(await elsewhere.handle(_assign(ISSUER, "theirs"), _NOW), Recorded)
    foreseen = await handler.preview(_assign(ISSUER), _NOW)
    assert isinstance(foreseen, Rejected)
    assert foreseen.code == Code.NOT_IN_THIS_PHASE
