"""Statements to PostgreSQL past all links, by whoever breaks it and looks at it: it may be down, or about to be."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import asyncpg

from eventstore.connections import DATABASE_LOST

_PAUSE = 0.3
_LONGEST_RECOVERY = 90.0


class Lost(Exception):
    """A process did not come up again: a finding."""


async def ask(database_url: str, statement: str, *arguments: object) -> Sequence["asyncpg.Record"]:
    """The rows that it answers, tried again for as long as a recovery may take. Raises `Lost`."""
    for _ in range(int(_LONGEST_RECOVERY / _PAUSE)):
        with suppress(TimeoutError, *DATABASE_LOST):
            connection: asyncpg.Connection[Any] = await asyncpg.connect(database_url, timeout=5)
            try:
                return await connection.fetch(statement, *arguments)
            finally:
                connection.terminate()
        await asyncio.sleep(_PAUSE)
    raise Lost(f"PostgreSQL takes no connections for {_LONGEST_RECOVERY:.0f} s")
