"""Tables made anew take the place of the live ones while these are read: nobody sees the half of it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from eventstore.replay import NOW
from readmodels.figures import FiguresByCount
from readmodels.projections import PROJECTIONS
from readmodels.rebuild import Rebuild
from readmodels.register import Register
from tests.readmodels.random_lives import BEGIN
from tests.readmodels.staged import Staged, staged

_WAIT = "select count(*) from pg_locks where relation = $1::regclass and not granted"
_HELD = "select count(*) from pg_locks where relation = $1::regclass and granted and pid <> pg_backend_pid()"

_READS: dict[str, Callable[[Staged], Awaitable[object]]] = {
    "a programme's instructions": lambda at: Register(at.pool).of_programme("first"),
    "its figures": lambda at: FiguresByCount(at.store, at.pool).of_programme("first", NOW, BEGIN),
}


@asynccontextmanager
async def _someone(at: Staged) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(at.database_url)
    try:
        yield connection
    finally:
        await connection.close()


async def _until(
    someone: "asyncpg.Connection[asyncpg.Record]", waiting: int, *, for_table: str
) -> None:
    async with asyncio.timeout(30):
        while await someone.fetchval(_WAIT, for_table) < waiting:
            pass


@pytest.mark.parametrize("read", _READS.values(), ids=list(_READS))
async def test_readers_lock_departures_before_the_register_as_a_switch_does(
    staged_url: str, read: Callable[[Staged], Awaitable[object]]
) -> None:
    async with staged(staged_url) as at, _someone(at) as switch:
        for _ in ("when the statement is read", "when its plan is kept"):
            async with switch.transaction():
                await switch.execute("lock table readmodel.departures in access exclusive mode")
                reading = asyncio.ensure_future(read(at))
                await _until(switch, 1, for_table="readmodel.departures")
                assert not await switch.fetchval(_HELD, "readmodel.register")
            await reading


async def test_figures_lock_their_tally_before_the_register_as_a_switch_does(
    staged_url: str,
) -> None:
    async with staged(staged_url) as at, _someone(at) as switch:
        for _ in ("when the statement is read", "when its plan is kept"):
            async with switch.transaction():
                await switch.execute("lock table readmodel.register_alike in access exclusive mode")
                reading = asyncio.ensure_future(_READS["its figures"](at))
                await _until(switch, 1, for_table="readmodel.register_alike")
                assert not await switch.fetchval(_HELD, "readmodel.register")
            await reading


async def test_a_switch_locks_tallies_before_the_register(staged_url: str) -> None:
    async with staged(staged_url) as at, _someone(at) as reader:
        await at.lives(3)
        await at.catch_up()
        await at.as_superuser("update readmodel.register set lead = 'x'")
        async with reader.transaction():
            await reader.fetch("select from readmodel.register_alike")
            rebuild = Rebuild(at.database_url, at.store, at.pool, PROJECTIONS, processes=1)
            rebuilding = asyncio.create_task(rebuild.run())
            await _until(reader, 1, for_table="readmodel.register_alike")
            await reader.fetch("select from readmodel.register")  # goes on, and gives way
        assert all(one.switched for one in await rebuilding)


async def test_a_switch_that_a_reader_holds_up_in_a_circle_is_tried_again(
    staged_url: str,
) -> None:
    """No reader of ours does, but whoever asks the tables by hand may."""
    async with staged(staged_url) as at, _someone(at) as reader:
        await at.lives(8)
        await at.catch_up()
        right = await at.rows()
        await at.as_superuser("update readmodel.register set lead = 'x'")
        await reader.execute("set deadlock_timeout = '1h'")  # it is the switch that gives up
        async with reader.transaction():
            await reader.fetch("select from readmodel.register")
            rebuild = Rebuild(at.database_url, at.store, at.pool, PROJECTIONS, processes=1)
            rebuilding = asyncio.create_task(rebuild.run())
            await _until(reader, 1, for_table="readmodel.register")
            await reader.fetch("select from readmodel.departures")
        assert all(one.switched for one in await rebuilding)
        assert await at.rows() == right
