"""A log on a real PostgreSQL with the small world in it, and the register beside it."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import pytest

from eventstore.handle import CommandHandler
from eventstore.postgres import PostgresEventStore
from importing.measures import ImportResult
from readmodels.projection import Projection
from readmodels.projector import Projector, open_projection_pool
from readmodels.register import Register
from readmodels.register_projection import RegisterProjection
from tests.programmes import NOW, SMALL_DIRECTORY, Row, import_rows, set_up


@dataclass(frozen=True, kw_only=True)
class Desk:
    database_url: str
    store: PostgresEventStore
    pool: "asyncpg.Pool[asyncpg.Record]"
    handler: CommandHandler

    @property
    def register(self) -> Register:
        return Register(self.pool)

    def projector(
        self, projection: Projection | None = None, *, batch_size: int = 1000
    ) -> Projector:
        return Projector(
            self.store, self.pool, projection or RegisterProjection(), batch_size=batch_size
        )

    async def enter(self, *rows: Row) -> ImportResult:
        result = await import_rows(self.store, self.handler, rows)
        assert result.problems == ()
        return result

    async def as_superuser(self, statement: str) -> None:
        connection = await asyncpg.connect(self.database_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def checkpoint(self) -> int | None:
        """The position that the rows stand at, as the database has it."""
        return await self.pool.fetchval(
            "select position from remit.checkpoints where projection = 'register'"
        )


@asynccontextmanager
async def open_desk(database_url: str, directory: bytes = SMALL_DIRECTORY) -> AsyncGenerator[Desk]:
    async with (
        PostgresEventStore.open(database_url, pool_size=4) as store,
        open_projection_pool(database_url, pool_size=4) as pool,
    ):
        handler = await set_up(store, directory, at=NOW)
        yield Desk(database_url=database_url, store=store, pool=pool, handler=handler)


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with open_desk(database_url) as opened:
        yield opened
