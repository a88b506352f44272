"""The heartbeat: one process beats, another goes on, and what is wrong is said without saying too much."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio
from temporalio.client import Client

from cli.devstack import EmbeddedTemporal
from monitoring.findings import Limits
from monitoring.heartbeat import Heartbeat
from tests.monitoring.listener import Listener, listening
from workflows.client import connect

pytestmark = pytest.mark.asyncio(loop_scope="module")
_OFTEN = 0.05
_LONG = timedelta(hours=1)
_LIMITS = Limits(lag=_LONG, unsent=_LONG, uncovered=None)


@pytest_asyncio.fixture(loop_scope="module")
async def outside() -> AsyncIterator[Listener]:
    async with listening() as listener:
        yield listener


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(temporal_server: EmbeddedTemporal) -> Client:
    return await connect(temporal_server.address)


@asynccontextmanager
async def _beating(
    pool: "asyncpg.Pool[asyncpg.Record]", client: Client, url: str, limits: Limits = _LIMITS
) -> AsyncGenerator[None]:
    task = asyncio.create_task(Heartbeat(pool, client, url, limits).run(_OFTEN))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_one_process_beats_and_another_goes_on_when_its_session_is_lost(
    pool: "asyncpg.Pool[asyncpg.Record]", client: Client, outside: Listener
) -> None:
    async with _beating(pool, client, f"{outside.url}/first"):
        await outside.hears(lambda beat: beat.path == "/first")
        async with _beating(pool, client, f"{outside.url}/second"):
            for _ in range(5):
                await outside.hears(lambda beat: beat.path == "/first")
            assert {beat.path for beat in outside.heard} == {"/first"}
            beat = outside.heard[-1]
            while beat.path != "/second":  # the first may be the quicker one to come back
                await _end_the_session_of_the_leader(pool)
                beat = await outside.hears(lambda _: True)


async def test_whoever_waits_takes_over_from_one_that_stops(
    pool: "asyncpg.Pool[asyncpg.Record]", client: Client, outside: Listener
) -> None:
    first = asyncio.create_task(
        Heartbeat(pool, client, f"{outside.url}/first", _LIMITS).run(_OFTEN)
    )
    await outside.hears(lambda beat: beat.path == "/first")
    async with _beating(pool, client, f"{outside.url}/second"):
        first.cancel()
        await asyncio.wait([first])
        await outside.hears(lambda beat: beat.path == "/second")
        done = len(outside.heard)
        for _ in range(3):
            await outside.hears(lambda _: True)
        assert {beat.path for beat in outside.heard[done:]} == {"/second"}


async def test_without_the_watchdog_it_says_so(
    pool: "asyncpg.Pool[asyncpg.Record]", client: Client, outside: Listener
) -> None:
    limits = Limits(lag=_LONG, unsent=_LONG, uncovered=None, watchdog=timedelta(0))
    async with _beating(pool, client, f"{outside.url}/ping/", limits):
        beat = await outside.hears(lambda _: True)
    assert (beat.path, beat.said) == ("/ping/fail", "the watchdog has not looked for 0 minutes")


async def test_without_temporal_it_says_so(
    pool: "asyncpg.Pool[asyncpg.Record]", outside: Listener
) -> None:
    gone = await Client.connect("127.0.0.1:1", lazy=True)
    async with _beating(pool, gone, outside.url):
        beat = await outside.hears(lambda _: True)
    assert (beat.path, beat.said) == ("/fail", "Temporal does not answer")


@pytest.mark.parametrize("answer", [404, None])
async def test_whoever_does_not_hear_it_is_told_of_without_the_address(
    pool: "asyncpg.Pool[asyncpg.Record]",
    client: Client,
    outside: Listener,
    caplog: pytest.LogCaptureFixture,
    answer: int | None,
) -> None:
    outside.answer = answer or 200
    url = f"{outside.url if answer else 'http://127.0.0.1:1'}/ping-secret"
    caplog.set_level(logging.WARNING, "monitoring.heartbeat")
    async with asyncio.timeout(30):
        async with _beating(pool, client, url):
            while True:
                await asyncio.sleep(0.01)
                if "heartbeat" in caplog.text:
                    break
    assert "ping-secret" not in caplog.text


async def _end_the_session_of_the_leader(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """As if its machine had died: its lock goes with it."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("set local role none")
        async with asyncio.timeout(30):
            while True:
                ended = await connection.fetchval(
                    """
                    select count(pg_terminate_backend(pid)) from pg_locks
                    where locktype = 'advisory' and granted and pid <> pg_backend_pid() and database
                        = (select oid from pg_database where datname = current_database())
                    """
                )
                if ended == 1:  # between one leader and the next there is none
                    return
                await asyncio.sleep(0.01)
