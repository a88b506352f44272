"""A log on a real PostgreSQL with the staged directory and random lives in it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

import asyncpg

from domain.identifiers import instruction_id
from domain.instruction.commands import Comment
from domain.outcomes import Recorded
from eventstore.handle import CommandHandler
from eventstore.postgres import PostgresEventStore
from readmodels.checkpoints import ConsumerLag, lags
from readmodels.projections import PROJECTIONS
from readmodels.projector import Projector, open_projection_pool
from tests import staging
from tests.readmodels.random_lives import lead_lives, operators_act, set_up_programmes


@dataclass(frozen=True, kw_only=True)
class Staged:
    database_url: str
    store: PostgresEventStore
    pool: "asyncpg.Pool[asyncpg.Record]"
    handler: CommandHandler

    async def lives(self, seed: int, *, lives: int = 4, steps: int = 60) -> None:
        rng = Random(seed)  # noqa: S311 - for choosing, not for secrets
        assert await lead_lives(self.handler, rng, lives=lives, steps=steps)

    async def operators_act(self, seed: int, at: datetime, *, lives: int = 4) -> None:
        rng = Random(seed)  # noqa: S311 - as above
        assert await operators_act(self.handler, rng, lives=lives, at=at)

    async def one_more_event(self, name: str) -> None:
        """A remark on the first instruction there is."""
        stream = await self.pool.fetchval(
            "select stream_id from remit.streams where stream_id like 'instruction-%' limit 1"
        )
        command = Comment(command_id=name, actor=staging.ISSUER, instruction=stream, text="Noted.")
        at = await self.pool.fetchval("select clock_timestamp()")
        assert isinstance(await self.handler.handle(command, at), Recorded)

    async def catch_up(self) -> None:
        for projection in PROJECTIONS:
            await Projector(self.store, self.pool, projection).catch_up()

    async def lag(self, projection: str) -> ConsumerLag:
        found = await lags(self.pool, [projection])
        return next(one for one in found if one.projection == projection)

    async def rows(self) -> dict[str, Sequence[Any]]:
        """All rows of all read models, in an order of their own."""
        return {
            table.name: await self.pool.fetch(
                f"select * from readmodel.{table.name} order by {', '.join(table.key)}"
            )
            for projection in PROJECTIONS
            for table in projection.tables
        }

    async def as_superuser(self, statement: str, *arguments: object) -> None:
        connection = await asyncpg.connect(self.database_url)
        try:
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()


FIRST_LIFE = instruction_id("R-0")


@asynccontextmanager
async def staged(staged_url: str, *, programmes: bool = True) -> AsyncGenerator[Staged]:
    """With two programmes in force; or with a directory only."""
    async with (
        PostgresEventStore.open(staged_url, pool_size=4) as store,
        open_projection_pool(staged_url, pool_size=6) as pool,
    ):
        handler = CommandHandler(store, tzdata=staging.TZDATA)
        if programmes:
            await set_up_programmes(handler)
        yield Staged(database_url=staged_url, store=store, pool=pool, handler=handler)
