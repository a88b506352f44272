"""The log's connection is cut while it appends: what is told of a command that was on its way."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import asyncpg

T = TypeVar("T")

_CUT = (
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock'"
    " and strpos(query, 'remit.append(') > 0"
)


async def answered_when_cut(url: str, sending: Coroutine[Any, Any, T]) -> T:
    """What is answered to what is sent, where the log keeps it waiting, and then is gone.

    Args:
        url: of the database, a superuser's.
    """
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(), asyncio.timeout(10):
            await connection.execute("select from remit.counter for update")
            answer = asyncio.create_task(sending)
            while not await connection.fetch(_CUT):
                await connection.execute("select pg_stat_clear_snapshot()")
                await asyncio.sleep(0.01)
            return await answer
    finally:
        await connection.close()
