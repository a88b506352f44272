"""What asyncpg raises when the database is out of reach, for those who wait and try again."""

import asyncpg

DATABASE_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # it shuts down, starts, or gave up on a statement
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg makes of a connection cut at a bad moment
    OSError,
)
