"""What looks on in this process: it waits for whom an event concerns, and looks anew at whoever it begins again with."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

import asyncpg
import pytest

from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction.commands import Issue
from domain.outcomes import Recorded
from domain.reading import Scope
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import EventStore
from readmodels.parties import PartiesProjection
from readmodels.projector import Projector, open_projection_pool
from tests.polling import Polling
from tests.staging import COUNCIL, ISSUER, TZDATA, stage
from web.live.live_log import LiveLog
from web.live.stream import Audience, Client, Rhythm, stream


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    async with open_projection_pool(database_url) as pool:
        yield pool


async def _issued(store: EventStore, number: str) -> int:
    issue = Issue(
        command_id=str(uuid4()),
        actor=ISSUER,
        instruction=instruction_id(number),
        number=number,
        text="Agree on common rules.",
        issuer=COUNCIL,
        deadline=DeadlineRequest(at=datetime.now(UTC) + timedelta(days=30)),
    )
    outcome = await CommandHandler(store, tzdata=TZDATA).handle(issue, datetime.now(UTC))
    assert isinstance(outcome, Recorded), outcome
    return outcome.position


async def test_what_was_recorded_before_it_began_is_told_once_it_is_known_whom_it_concerns(
    database_url: str, pool: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    async with PostgresEventStore.open(database_url) as store:
        await stage(CommandHandler(store, tzdata=TZDATA), MemoryPersonStore())
        position = await _issued(store, "1")
        log = LiveLog(store, pool, Polling())
        await log.begin()
        place = log.place(position - 1)
        assert await place.next(0.1) == ()  # nobody has projected anything yet
        await Projector(store, pool, PartiesProjection()).catch_up()
        [one] = await place.next(0.1)
    assert one.position == position
    assert one.instruction is not None
    assert one.instruction.number == "1"


async def test_after_a_failover_everybody_is_told_to_read_anew(
    database_url: str, pool: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    async def allowed() -> None:
        return None

    nothing = Scope({})
    async with PostgresEventStore.open(database_url) as store:
        log = LiveLog(store, pool, Polling())
        await log.begin()
        client = Client(
            audience=Audience(summary=nothing, deliveries=nothing),
            refused=allowed,
            clock=asyncio.get_running_loop().time,
        )
        place = log.place(log.position)
        messages = stream(log, client, place, Rhythm(heartbeat=0.1), anew=False)
        assert b"following" in await anext(messages)
        running = asyncio.create_task(log.run())
        try:
            owner = await asyncpg.connect(database_url)
            await owner.execute("select remit.begin_epoch()")
            await owner.close()
            async with asyncio.timeout(60):
                while b"event: reset" not in (told := await anext(messages)):
                    assert b": here" in told
        finally:
            running.cancel()
    assert f"id: {place.epoch + 1}-".encode() in told


async def test_who_begins_again_is_looked_at_before_anything_is_told() -> None:
    """Their rights may have ended by what lies before the place that they begin at."""
    nowhere: Any = None
    log = LiveLog(MemoryEventStore(), nowhere, Polling())
    await log.begin()
    nothing = Scope({})

    async def refused() -> Literal["rights-changed"]:
        return "rights-changed"

    client = Client(
        audience=Audience(summary=nothing, deliveries=nothing),
        refused=refused,
        clock=asyncio.get_running_loop().time,
    )
    messages = stream(log, client, log.place(log.position), Rhythm(heartbeat=0.1), anew=False)
    assert b"following" in await anext(messages)
    await log.begin()
    assert b"rights-changed" in await anext(messages)
    with pytest.raises(StopAsyncIteration):
        await anext(messages)
