"""Several processes at one log. Each store here is what one process has: a pool and a batcher."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import pytest

from eventstore.postgres import PostgresEventStore
from eventstore.protocol import Append, AppendFailed, AppendResult, AppendStatus, StreamRead
from eventstore.subscription import follow, listening
from tests.eventstore.appends import append, write

OK, DUPLICATE = AppendStatus.OK, AppendStatus.DUPLICATE


@pytest.fixture
async def processes(log_url: str) -> AsyncIterator[Sequence[PostgresEventStore]]:
    async with AsyncExitStack() as stack:
        opened = PostgresEventStore.open
        yield [await stack.enter_async_context(opened(log_url, pool_size=4)) for _ in range(3)]


class _Held:
    """A session that holds the counter, so that appends reach their verdicts and then wait."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.connection = connection

    async def until_waiting(self, calls: int, function: str = "append") -> None:
        waiting = (
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
            " and strpos(query, $1) > 0"
        )
        async with asyncio.timeout(10):
            while await self.connection.fetchval(waiting, f"remit.{function}(") < calls:
                await self.connection.execute("select pg_stat_clear_snapshot()")
                await asyncio.sleep(0.01)


@asynccontextmanager
async def _held_counter(url: str) -> AsyncGenerator[_Held]:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("select from remit.counter for update")
            yield _Held(connection)
    finally:
        await connection.close()


@pytest.fixture(params=["append", "append_bulk"])
def function(request: pytest.FixtureRequest) -> str:
    """What of the log is called first."""
    return request.param


async def _at_once(
    url: str,
    processes: Sequence[PostgresEventStore],
    function: str,
    commands: Sequence[Sequence[Append]],
) -> list[tuple[AppendResult, ...]]:
    """Send each row's commands to one process each, all of them judged before any is recorded.

    In one call per process: the batcher, which sends the commands of a failed call again, would hide
    a collision.
    """
    async with _held_counter(url) as held:
        calls = [
            # What has the same command twice is not fit for bulk.
            asyncio.create_task(
                store.append_many(column if function == "append_bulk" else (*column, column[0]))
            )
            for store, column in zip(processes, zip(*commands, strict=True), strict=True)
        ]
        await held.until_waiting(len(calls), function)
    answers = await asyncio.gather(*calls)
    return list(zip(*(answer[: len(commands)] for answer in answers), strict=True))


_Send = Callable[[PostgresEventStore, Append], Coroutine[Any, Any, AppendResult]]


@pytest.fixture
def send(function: str) -> _Send:
    async def in_bulk(store: PostgresEventStore, append: Append) -> AppendResult:
        (result,) = await store.append_many([append])
        return result

    return in_bulk if function == "append_bulk" else PostgresEventStore.append


async def _positions(store: PostgresEventStore) -> list[int]:
    return [e.position async for batch in store.read_all() for e in batch]


async def test_a_command_sent_to_all_processes_is_recorded_once(
    processes: Sequence[PostgresEventStore], log_url: str, function: str
) -> None:
    commands = [
        [append(f"c{number}", write(f"s{number}"), claims=[f"n{number}"])] * 3
        for number in range(100)
    ]
    for answers in await _at_once(log_url, processes, function, commands):
        assert sorted(answer.status for answer in answers) == [DUPLICATE, DUPLICATE, OK]
        assert len({(answer.version, answer.position) for answer in answers}) == 1
    assert await _positions(processes[0]) == list(range(1, 101))


async def test_a_command_id_reused_at_once_for_another_stream_is_a_mismatch(
    processes: Sequence[PostgresEventStore], log_url: str, function: str
) -> None:
    commands = [
        [append(f"c{number}", write(f"s-{number}-{n}"), request=str(n)) for n in range(3)]
        for number in range(50)
    ]
    for answers in await _at_once(log_url, processes, function, commands):
        statuses = Counter(answer.status for answer in answers)
        assert statuses == {OK: 1, AppendStatus.MISMATCH: 2}


async def test_a_key_claimed_at_once_by_several_goes_to_one(
    processes: Sequence[PostgresEventStore], log_url: str, function: str
) -> None:
    commands = [
        [
            append(f"c-{number}-0", write(f"s-{number}-0"), claims=[f"n{number}", f"m{number}"]),
            append(f"c-{number}-1", write(f"s-{number}-1"), claims=[f"m{number}", f"n{number}"]),
            append(f"c-{number}-2", write(f"s-{number}-2"), claims=[f"n{number}"]),
        ]
        for number in range(50)
    ]
    for answers in await _at_once(log_url, processes, function, commands):
        statuses = Counter(answer.status for answer in answers)
        assert statuses == {OK: 1, AppendStatus.TAKEN: 2}


async def test_what_rests_on_a_stream_is_a_conflict_behind_its_writer(
    processes: Sequence[PostgresEventStore], log_url: str, function: str, send: _Send
) -> None:
    """Each was judged before any was recorded, and found nothing against it."""
    await processes[0].append(append("c0", write("read")))
    read = [StreamRead(stream_id="read", version=1)]
    commands = [
        append("before", write("s1"), read=read),
        append("writer", write("read", 1)),
        append("behind", write("s2"), read=read),
    ]
    async with _held_counter(log_url) as held:
        calls: list[asyncio.Task[AppendResult]] = []
        for store, command in zip(processes, commands, strict=True):
            calls.append(asyncio.create_task(send(store, command)))
            await held.until_waiting(len(calls), function)
    statuses = [result.status for result in await asyncio.gather(*calls)]
    assert statuses == [OK, OK, AppendStatus.CONFLICT]
    assert await processes[0].stream_head("s2") is None
    assert await _positions(processes[0]) == [1, 2, 3]


async def test_an_epoch_that_begins_under_the_lock_is_a_conflict_for_all_that_wait(
    processes: Sequence[PostgresEventStore], log_url: str, function: str, send: _Send
) -> None:
    async with _held_counter(log_url) as held:
        calls = [
            asyncio.create_task(send(store, append(f"c{number}", write(f"s{number}"))))
            for number, store in enumerate(processes)
        ]
        await held.until_waiting(len(calls), function)
        await held.connection.execute("select remit.begin_epoch()")
    statuses = {result.status for result in await asyncio.gather(*calls)}
    assert statuses == {AppendStatus.CONFLICT}
    assert await _positions(processes[0]) == []
    result = await send(processes[0], append("c0", write("s0"), epoch=2))
    assert result.status is OK


async def test_writers_of_several_streams_in_any_order_do_not_deadlock(
    processes: Sequence[PostgresEventStore],
) -> None:
    async def writer(number: int) -> int:
        store, written = processes[number % 3], 0
        for attempt in range(10):
            names = ["a", "b", "c"][:: 1 - 2 * (number % 2)]
            heads = [await store.stream_head(name) for name in names]
            streams = [
                write(name, head.version if head else 0)
                for name, head in zip(names, heads, strict=True)
            ]
            result = await store.append(append(f"c-{number}-{attempt}", *streams))
            assert result.status in (OK, AppendStatus.CONFLICT)
            written += result.status is OK
        return written

    written = sum(await asyncio.gather(*(writer(number) for number in range(12))))
    assert written >= 10
    assert await _positions(processes[0]) == list(range(1, written * 3 + 1))


async def test_a_tailing_reader_sees_every_position(
    processes: Sequence[PostgresEventStore], log_url: str
) -> None:
    seen: list[int] = []

    async def reader() -> None:
        async with listening(log_url) as wakeup:
            log = follow(processes[0], epoch=1, after_position=0, wakeup=wakeup, poll_interval=5)
            async for batch in log:
                seen.extend(event.position for event in batch)
                if seen[-1] == 600:
                    return

    async def writer(number: int) -> None:
        for version in range(20):
            stream = write(f"instruction-{number}", version)
            result = await processes[number % 3].append(append(f"c-{number}-{version}", stream))
            assert result.status is OK

    await asyncio.gather(reader(), *(writer(number) for number in range(30)))
    assert seen == list(range(1, 601))
    recorded = [e.recorded_at async for b in processes[0].read_all() for e in b]
    assert recorded == sorted(recorded)


async def test_a_call_that_writes_nothing_waits_for_no_writer(
    processes: Sequence[PostgresEventStore], log_url: str
) -> None:
    await processes[0].append(append("c1"))
    async with _held_counter(log_url), asyncio.timeout(30):
        assert (await processes[0].append(append("c1"))).status is DUPLICATE
        assert (await processes[1].append(append("c2"))).status is AppendStatus.CONFLICT


async def test_a_lost_reply_is_found_again_by_a_retry(
    processes: Sequence[PostgresEventStore], log_url: str
) -> None:
    async with _held_counter(log_url) as held:
        caller = asyncio.create_task(processes[0].append(append("c1")))
        await held.until_waiting(1)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
    # The other process never heard of it; the first one blocks nobody.
    other = processes[0].append(append("c2", write("instruction-2")))
    retry, other = await asyncio.gather(processes[0].append(append("c1")), other)
    assert (retry.status, retry.version) == (DUPLICATE, 1)
    assert other.status is OK
    assert (await processes[1].append(append("c1"))).status is DUPLICATE


async def test_a_command_that_cannot_be_stored_fails_alone(
    processes: Sequence[PostgresEventStore],
) -> None:
    bad = append("bad", write("instruction-\0"))
    good = [append(f"c{n}", write(f"instruction-{n}")) for n in range(5)]
    answers = await asyncio.gather(
        *(processes[0].append(command) for command in [*good, bad]), return_exceptions=True
    )
    assert [a.status for a in answers[:5] if isinstance(a, AppendResult)] == [OK] * 5
    assert isinstance(answers[5], AppendFailed)


async def test_one_of_many_that_cannot_be_stored_fails_no_other(
    processes: Sequence[PostgresEventStore],
) -> None:
    bad = append("bad", write("instruction-\0"))
    good = [append(f"c{n}", write("instruction-1", n)) for n in range(5)]
    with pytest.raises(AppendFailed, match="5 of 6 were answered: command bad"):
        await processes[0].append_many([*good[:3], bad, *good[3:]])
    assert await _positions(processes[0]) == [1, 2, 3, 4, 5]
    again = await processes[0].append_many(good)
    assert [result.version for result in again] == [1, 2, 3, 4, 5]


async def test_a_lost_connection_fails_what_it_carried_and_no_more(
    processes: Sequence[PostgresEventStore], log_url: str
) -> None:
    async with _held_counter(log_url) as held:
        caller = asyncio.create_task(processes[0].append(append("c1")))
        await held.until_waiting(1)
        await held.connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        )
        with pytest.raises(AppendFailed, match="command c1"):
            await caller
    assert (await processes[0].append(append("c1"))).status is OK
