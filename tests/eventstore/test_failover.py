"""What a process read or kept of a tail that a failover lost decides nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from cli.devstack import EmbeddedPostgres
from domain.attribution import Command
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.outcomes import Outcome
from domain.rejections import Code
from eventstore.handle import CommandHandler
from eventstore.migrate import migrate
from eventstore.persons import MemoryPersonStore
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import AppendStatus
from tests.eventstore.appends import append, write
from tests.eventstore.desk import NOW, issue, made, recorded, refused
from tests.staging import ISSUER, LEAD, MINISTRY, TZDATA, stage

_INSTRUCTION = instruction_id("1")


async def _handle(store: PostgresEventStore, *commands: Command) -> list[Outcome]:
    """As a process of its own does, that has kept nothing."""
    handler = CommandHandler(store, tzdata=TZDATA)
    return [await handler.handle(command, NOW) for command in commands]


async def _issued(handler: CommandHandler) -> None:
    await stage(handler, MemoryPersonStore())
    await recorded(handler, issue("1"))


async def _assigned(handler: CommandHandler) -> None:
    await recorded(handler, made(c.Assign, "1", ISSUER, lead=MINISTRY))


_OF_ASSIGNMENT = 2
"""How many events it leads to: that it was assigned, and what it waits for since."""


async def _lose_end(url: str, stream_id: str, events: int, *, epoch: bool = False) -> None:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("alter table remit.events disable trigger append_only")
            await connection.execute(
                "delete from remit.events where position > (select position - $1 from remit.counter)",
                events,
            )
            await connection.execute("alter table remit.events enable always trigger append_only")
            await connection.execute("update remit.counter set position = position - $1", events)
            await connection.execute(
                "update remit.streams set version = version - $2 where stream_id = $1",
                stream_id,
                events,
            )
            if epoch:
                await connection.execute("select remit.begin_epoch()")
    finally:
        await connection.close()


async def test_what_was_kept_in_another_epoch_counts_no_longer(
    postgres_store: PostgresEventStore, log_url: str
) -> None:
    """The tail was lost, and written anew by somebody else: the same version, another event."""
    handler = CommandHandler(postgres_store, tzdata=TZDATA)
    await _issued(handler)
    await _assigned(handler)
    await _lose_end(log_url, _INSTRUCTION, _OF_ASSIGNMENT, epoch=True)
    await _handle(postgres_store, made(c.Comment, "1", ISSUER, text="nobody is assigned"))
    assert (await refused(handler, made(c.Acknowledge, "1", LEAD))).code == Code.NOT_AUTHORISED


@pytest.fixture
async def server(server_dir: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A server of the test's own, to be restarted."""
    # Short: where the path is too long for a socket, a server has it elsewhere after each start.
    server = EmbeddedPostgres(server_dir / f"f{uuid4().hex[:8]}", durable=False)
    with ExitStack() as stack:
        await asyncio.to_thread(server.__enter__)
        stack.callback(server.__exit__)
        await migrate(server.database_url)
        yield server


async def _fail_over(server: EmbeddedPostgres, stream_id: str, events: int = 1) -> None:
    """The stream's last events are lost, and nobody has begun an epoch yet."""
    await _lose_end(server.database_url, stream_id, events)
    await asyncio.to_thread(server.__exit__)
    await asyncio.to_thread(server.__enter__)


async def test_what_was_kept_before_a_failover_counts_no_longer_though_no_epoch_was_begun(
    server: EmbeddedPostgres,
) -> None:
    async with PostgresEventStore.open(server.database_url) as store:
        handler = CommandHandler(store, tzdata=TZDATA)
        await _issued(handler)
        await _assigned(handler)
        await _fail_over(server, _INSTRUCTION, _OF_ASSIGNMENT)
        async with PostgresEventStore.open(server.database_url) as another:
            await _handle(another, made(c.Comment, "1", ISSUER, text="nobody is assigned"))
        assert (await refused(handler, made(c.Acknowledge, "1", LEAD))).code == Code.NOT_AUTHORISED


async def test_what_is_being_decided_during_a_failover_is_decided_again(
    server: EmbeddedPostgres,
) -> None:
    async with PostgresEventStore.open(server.database_url) as store:
        await store.append(append("c1", write("s")))
        await store.append(append("lost", write("s", 1)))
        before = await store.load("s", command_id=None, shared="shared", shared_after=0)
        await _fail_over(server, "s")
        async with PostgresEventStore.open(server.database_url) as another:
            await another.append(append("c2", write("s", 1)))
        resting = append("c3", write("s", 2), session=before.session)
        assert (await store.append(resting)).status is AppendStatus.CONFLICT
        (in_bulk,) = await store.append_many([resting])
        assert in_bulk.status is AppendStatus.CONFLICT
        after = await store.load("s", command_id=None, shared="shared", shared_after=0)
        again = append("c3", write("s", 2), session=after.session)
        free = append("c4", write("t"))
        results = await store.append_many([resting, free, again])
        assert [result.status for result in results] == [
            AppendStatus.CONFLICT,
            AppendStatus.OK,
            AppendStatus.OK,
        ]


async def test_what_was_read_lasts_while_the_same_server_is_connected_to_again(
    postgres_store: PostgresEventStore, log_url: str
) -> None:
    before = await postgres_store.load("s", command_id=None, shared="shared", shared_after=0)
    connection = await asyncpg.connect(log_url)
    try:
        await connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()
    result = await postgres_store.append(append("c1", write("s"), session=before.session))
    assert result.status is AppendStatus.OK
