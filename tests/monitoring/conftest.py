"""A database with the schema, for all tests of a file."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from cli.devstack import EmbeddedPostgres
from readmodels.projector import open_projection_pool
from tests.conftest import fresh_database


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def migrated(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """Its URL."""
    async with fresh_database(postgres) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(migrated: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """Of a role that only reads, as a process looks after Remit with."""
    async with open_projection_pool(migrated, pool_size=4, role="remit_auditor") as made:
        yield made
