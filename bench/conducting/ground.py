"""What the benchmarks run on: embedded servers, a log with a directory, and workers in this process."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from temporalio.client import Client

from bench.servers import servers
from cli.devstack import EmbeddedTemporal
from eventstore.handle import CommandHandler
from eventstore.migrate import migrate
from eventstore.persons import PersonStore, PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from notifications.log import LogChannel
from readmodels.projector import open_projection_pool
from tests import staging
from worker import conducting
from workflows.client import CommandSender, connect

TIME_SKIPPING = {"frontend.WorkflowTimeSkippingEnabled": "true"}


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Servers, and a log in which the staged directory is set up."""

    temporal: EmbeddedTemporal
    skipping: EmbeddedTemporal
    """Another Temporal server, on which time can skip."""
    client: Client
    database_url: str
    store: PostgresEventStore
    persons: PersonStore
    handler: CommandHandler

    @asynccontextmanager
    async def working(
        self, *, eager: bool = True, client: Client | None = None, max_cached_workflows: int = 1000
    ) -> AsyncGenerator[CommandSender]:
        """A worker as deployed, in this process; the sender sends commands to it."""
        client, task_queue = client or self.client, f"remit-{uuid4()}"
        async with (
            open_projection_pool(self.database_url, pool_size=2) as pool,
            conducting(
                client,
                self.store,
                self.persons,
                pool,
                [LogChannel()],
                task_queue=task_queue,
                tzdata=staging.TZDATA,
                eager=eager,
                max_cached_workflows=max_cached_workflows,
            ),
        ):
            yield CommandSender(client, task_queue)


@asynccontextmanager
async def ground() -> AsyncGenerator[Ground]:
    """Everything up, on free ports of 127.0.0.1; ends and deletes all of it on leaving."""
    with (
        servers() as (postgres, temporal, folder),
        EmbeddedTemporal(
            folder / "skipping", headless=True, dynamic_config=TIME_SKIPPING
        ) as skipping,
    ):
        await migrate(postgres.database_url)
        async with (
            PostgresEventStore.open(postgres.database_url) as store,
            PostgresPersonStore.open(postgres.database_url) as persons,
        ):
            handler = CommandHandler(store, tzdata=staging.TZDATA)
            await staging.stage(handler, persons)
            yield Ground(
                temporal=temporal,
                skipping=skipping,
                client=await connect(temporal.address),
                database_url=postgres.database_url,
                store=store,
                persons=persons,
                handler=handler,
            )
