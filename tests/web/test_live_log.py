"""What looks on in this process: it waits for whom an event concerns, and looks anew at whoever it begins again with."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal, cast
from uuid import uuid4

import asyncpg
import pytest
from starlette.requests import Request
from starlette.types import Message

from access.scopes import SCOPES
from domain.deadline import DeadlineRequest
from domain.directory.state import Directory
from domain.identifiers import instruction_id
from domain.instruction.commands import Issue, SetObservers
from domain.outcomes import Recorded
from domain.reading import Reader, Scope
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import EventStore
from readmodels.parties import PartiesProjection
from readmodels.projector import Projector, open_projection_pool
from tests.polling import Polling
from tests.staging import COUNCIL, ISSUER, MINISTRY, TZDATA, stage
from web.api.asking import Asking
from web.api.feed import EventStream, follow_feed
from web.identity.authenticated import Authenticated
from web.live.live_log import LiveLog
from web.live.stream import Audience, Client, Rhythm, stream
from web.problems import Problem
from web.services import Services


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
    messages = stream(log, client, log.place(log.position), Rhythm(heartbeat=3600), anew=False)
    assert b"following" in await anext(messages)
    await log.begin()
    async with asyncio.timeout(60):  # whatever the heartbeat is
        assert b"rights-changed" in await anext(messages)
    with pytest.raises(StopAsyncIteration):
        await anext(messages)


async def test_what_was_before_is_told_to_those_who_may_see_it_when_they_ask(
    database_url: str, pool: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    async with PostgresEventStore.open(database_url) as store:
        handler = CommandHandler(store, tzdata=TZDATA)
        await stage(handler, MemoryPersonStore())
        projector = Projector(store, pool, PartiesProjection())
        await projector.catch_up()
        log = LiveLog(store, pool, Polling())
        await log.begin()
        running = asyncio.create_task(log.run())
        place, observers = log.place(log.position), list[frozenset[str]]()
        for bodies in ((MINISTRY,), ()):
            change = {"instruction": instruction_id("1"), "observers": bodies}
            if bodies:
                await _issued(store, "1")
            observe = SetObservers.model_validate(
                {"command_id": str(uuid4()), "actor": ISSUER, **change}
            )
            outcome = await handler.handle(observe, datetime.now(UTC))
            assert isinstance(outcome, Recorded), outcome
            await projector.catch_up()
            async with asyncio.timeout(60):
                while log.position < outcome.position:
                    await log.place(log.position).next(1)
            first = (await place.next(1))[0]  # it stays where it is, as one who comes back
            assert first.instruction is not None
            observers.append(first.instruction.parties.get("observer", frozenset()))
        running.cancel()
    assert observers == [frozenset({MINISTRY}), frozenset()]


async def test_who_opens_many_feeds_at_once_gets_no_more_than_one_after_the_other() -> None:
    store = MemoryEventStore()
    nowhere: Any = None
    log = LiveLog(store, nowhere, Polling())
    await log.begin()
    at = datetime.now(UTC)
    asking = Asking(
        services=cast(
            Services,
            SimpleNamespace(
                live=log, handler=CommandHandler(store, tzdata=TZDATA), rhythm=Rhythm()
            ),
        ),
        request=Request({"type": "http"}),
        authenticated=Authenticated(
            person="p-1", method="session", scopes=SCOPES, directory=Directory()
        ),
        reader=Reader.of("p-1", Directory(), at),
        at=at,
    )
    answers = await asyncio.gather(
        *(follow_feed(asking) for _ in range(21)), return_exceptions=True
    )
    streams = [one for one in answers if isinstance(one, EventStream)]
    [refused] = [one for one in answers if isinstance(one, Problem)]
    assert (len(streams), refused.status) == (20, 429)

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        del message

    await streams[0]({"type": "http", "asgi": {"spec_version": "2.3"}}, gone, send)
    assert log.streams_of("p-1") == 19
