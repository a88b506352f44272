"""Puts the web application together."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from eventstore.handle import CommandHandler
from eventstore.postgres import PostgresEventStore
from readmodels.projector import open_projection_pool
from web.feeds import feeds

_READER = "remit_auditor"


@asynccontextmanager
async def web_app(database_url: str, *, tzdata: str) -> AsyncGenerator[FastAPI]:
    """The application, connected for as long as the block runs, as a role that only reads.

    Args:
        tzdata: version of the time zone database that this process computes with.

    Raises what PostgreSQL raises if it cannot be reached.
    """
    async with (
        PostgresEventStore.open(database_url, pool_size=2, role=_READER) as store,
        open_projection_pool(database_url, pool_size=4, role=_READER) as pool,
    ):
        app = FastAPI(title="Remit", openapi_url=None, docs_url=None, redoc_url=None)
        app.include_router(feeds(pool, CommandHandler(store, tzdata=tzdata).directory))
        yield app
