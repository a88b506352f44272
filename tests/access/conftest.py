from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from access.pool import open_access_pool
from cli.devstack import EmbeddedPostgres
from tests.conftest import fresh_database


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def access_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database with the schema, for a module: its tests keep to people of their own."""
    async with fresh_database(postgres) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(access_url: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    async with open_access_pool(access_url) as pool:
        yield pool
