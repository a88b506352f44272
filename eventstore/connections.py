"""What pools of connections have in common."""

from typing import Any

import asyncpg

DATABASE_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # it shuts down, starts, or gave up on a statement
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg makes of a connection cut at a bad moment
    OSError,
)
"""What asyncpg raises when the database is out of reach, for those who wait and try again."""


async def untouched(connection: Any) -> None:
    """A pool's `reset` where no statement changes the session: nothing to do.

    asyncpg's own is a round trip after each statement.
    """
    del connection
