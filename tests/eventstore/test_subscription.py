"""Following the log: what is handed over, and when a reader must not go on."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest

from eventstore.memory import MemoryEventStore
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import EpochChanged, EventStore, PositionGap, StoredEvent
from eventstore.subscription import follow, listening
from tests.eventstore.appends import append, write
from tests.polling import Polling


async def test_a_reader_gets_what_there_is_and_then_what_comes(store: EventStore) -> None:
    await store.append(append("c1", write(events=3)))
    log = follow(
        store, epoch=1, after_position=1, wakeup=Polling(), poll_interval=0.01, batch_size=2
    )
    assert [e.position for e in await anext(log)] == [2, 3]
    await store.append(append("c2", write(expected_version=3)))
    assert [e.position for e in await anext(log)] == [4]


async def test_a_cursor_beyond_the_head_is_refused(store: EventStore) -> None:
    with pytest.raises(PositionGap, match="5 was expected, 0 came"):
        await anext(follow(store, epoch=1, after_position=4, wakeup=Polling()))


async def test_a_cursor_of_another_epoch_is_refused(
    postgres_store: PostgresEventStore, log_url: str
) -> None:
    await postgres_store.append(append("c1"))
    connection = await asyncpg.connect(log_url)
    assert await connection.fetchval("select remit.begin_epoch()") == 2
    await connection.close()
    assert await postgres_store.epoch() == 2
    with pytest.raises(EpochChanged):
        await anext(follow(postgres_store, epoch=1, after_position=1, wakeup=Polling()))


@pytest.mark.parametrize(("missing", "met"), [(2, 3), (3, 4)])
async def test_a_missing_event_is_never_passed_over(
    postgres_store: PostgresEventStore, log_url: str, missing: int, met: int
) -> None:
    await postgres_store.append(append("c1", write(events=3)))
    connection = await asyncpg.connect(log_url)
    await connection.execute("alter table remit.events disable trigger all")
    await connection.execute("delete from remit.events where position = $1", missing)
    await connection.close()
    with pytest.raises(PositionGap, match=f"{missing} was expected, {met} came"):
        async for _ in postgres_store.read_all():
            pass


async def test_a_listener_wakes_at_once_and_survives_its_connection(
    postgres_store: PostgresEventStore, log_url: str
) -> None:
    async with listening(log_url) as wakeup:
        await wakeup.wait(5)  # connected: look once
        waiting = asyncio.create_task(wakeup.wait(60))
        await postgres_store.append(append("c1"))
        await asyncio.wait_for(waiting, 30)

        connection = await asyncpg.connect(log_url)
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where query ilike 'listen%' and datname = current_database()"
        )
        await connection.close()
        await asyncio.sleep(0.1)
        await asyncio.wait_for(wakeup.wait(60), 30)  # connected again: look once


async def test_several_readers_hear_over_one_connection(
    postgres_store: PostgresEventStore, log_url: str
) -> None:
    async with listening(log_url) as wakeup:
        readers = [wakeup.another() for _ in range(3)]
        await asyncio.gather(*(reader.wait(5) for reader in readers))  # connected: look once
        waiting = [asyncio.create_task(reader.wait(60)) for reader in readers]
        await postgres_store.append(append("c1"))
        await asyncio.wait_for(asyncio.gather(*waiting), 30)
        connection = await asyncpg.connect(log_url)
        assert (
            await connection.fetchval(
                "select count(*) from pg_stat_activity"
                " where query ilike 'listen%' and datname = current_database()"
            )
            == 1
        )
        await connection.close()


@pytest.mark.parametrize("growing", [False, True], ids=["at rest", "while it is told of growth"])
async def test_a_reader_that_is_cancelled_ends(
    postgres_store: PostgresEventStore, log_url: str, growing: bool
) -> None:
    """Also if the cancellation and the news come at the same moment."""
    async with listening(log_url) as wakeup:
        for number in range(20):
            log = follow(postgres_store, epoch=1, after_position=0, wakeup=wakeup)
            reading = asyncio.create_task(_read_on(log))
            await asyncio.sleep(0.01)
            if growing:
                connection = await asyncpg.connect(log_url)
                await connection.execute("select pg_notify('remit_log', '1')")
                await connection.close()
            reading.cancel()
            done, _ = await asyncio.wait([reading], timeout=10)
            assert done, f"at {number} it read on"
            assert reading.cancelled()


async def _read_on(log: AsyncIterator[Sequence[StoredEvent]]) -> None:
    async for _ in log:
        pass


async def test_a_poll_needs_no_listener() -> None:
    store = MemoryEventStore()
    log = follow(store, epoch=1, after_position=0, wakeup=Polling(), poll_interval=0.01)
    coming = asyncio.ensure_future(anext(log))
    await asyncio.sleep(0.03)
    await store.append(append("c1"))
    assert [e.position for e in await coming] == [1]
