"""What pools of connections have in common."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from eventstore.codec import FORMAT

DATABASE_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # it shuts down, starts, or gave up on a statement
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,  # waited for longer than `SESSION` allows
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg makes of a connection cut at a bad moment
    OSError,
)
"""What asyncpg raises when the database is out of reach, for those who wait and try again."""


OTHER_SCHEMA = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
)
"""What asyncpg raises where the database's schema is not this version's."""

PROGRAM = f"remit, format {FORMAT}"
"""How a process that writes to the log is called among PostgreSQL's sessions: `remit migrate --finish` looks for older ones."""

LONGEST_STATEMENT = 600.0
"""Seconds. asyncpg never notices that the server's machine has vanished; without a limit whoever waits for an answer
waits for ever. A rebuild's statements take longest."""


SESSION: Mapping[str, str] = {
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "idle_in_transaction_session_timeout": "60s",
    "lock_timeout": "30s",
}
"""PostgreSQL's settings for sessions that hold locks or wait for them.

If the client's machine vanishes, its session ends within half a minute, and its locks with it: otherwise
whoever would take over waits for two hours.
"""


async def untouched(connection: Any) -> None:
    """A pool's `reset` where no statement changes the session: nothing to do.

    asyncpg's own is a round trip after each statement.
    """
    del connection
