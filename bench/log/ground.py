"""A durable PostgreSQL server for the log's benchmarks, and databases on it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count

import asyncpg

from bench.servers import servers_folder
from cli.devstack import EmbeddedPostgres
from eventstore.migrate import migrate

_CONNECTIONS = 400
"""4 processes × 64 connections of raw SQL, and some."""


class LogGround:
    """A server; made by `log_ground`."""

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        self._postgres = postgres
        self._names = (f"bench_{number}" for number in count(1))

    @asynccontextmanager
    async def database(self, *, empty: bool = False) -> AsyncGenerator[str]:
        """The URL of a new database that holds an empty log, or nothing; dropped on leaving."""
        name = next(self._names)
        await self._at_server(f"create database {name}")
        try:
            url = self._postgres.url_of(name)
            if not empty:
                await migrate(url)
            yield url
        finally:
            await self._at_server(f"drop database {name} with (force)")
            await self.checkpoint()

    async def checkpoint(self) -> None:
        """What was written before, the next measurement must not wait for."""
        await self._at_server("checkpoint")

    async def _at_server(self, statement: str) -> None:
        connection = await asyncpg.connect(self._postgres.database_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@asynccontextmanager
async def log_ground() -> AsyncGenerator[LogGround]:
    """The server up; ends and is deleted on leaving."""
    with (
        servers_folder() as folder,
        EmbeddedPostgres(folder / "postgres", max_connections=_CONNECTIONS) as postgres,
    ):
        yield LogGround(postgres)
