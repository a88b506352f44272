"""A PostgreSQL and a Temporal server, on which the two sides take turns."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from temporalio.client import Client

from bench.servers import servers
from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from eventstore.handle import CommandHandler
from eventstore.migrate import migrate
from eventstore.persons import PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from tests import staging
from workflows.client import connect


@dataclass(frozen=True, kw_only=True)
class DueGround:
    """The servers, and a log whose people are told by mail."""

    postgres: EmbeddedPostgres
    temporal: EmbeddedTemporal
    client: Client
    handler: CommandHandler


@asynccontextmanager
async def due_ground() -> AsyncGenerator[DueGround]:
    """Everything up, on free ports of 127.0.0.1; ends and deletes all of it on leaving."""
    with servers() as (postgres, temporal, _):
        await migrate(postgres.database_url)
        async with (
            PostgresEventStore.open(postgres.database_url) as store,
            PostgresPersonStore.open(postgres.database_url) as persons,
        ):
            handler = CommandHandler(store, tzdata=staging.TZDATA)
            await staging.stage(handler, persons, channels=("email",))
            yield DueGround(
                postgres=postgres,
                temporal=temporal,
                client=await connect(temporal.address),
                handler=handler,
            )
